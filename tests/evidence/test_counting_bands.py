"""Closed walks by the bands of the matrix of one step: against counts place by place, and against the proved recurrence."""

from __future__ import annotations

import itertools
import math

import pytest

from symdiff import counting
from symdiff.errors import InternalFaultError
from symdiff.evidence.counting import bands, state_site
from symdiff.evidence.counting.dynamic_programming import layers
from symdiff.evidence.counting.laurent import factors, product
from symdiff.evidence.counting.steps import StateSteps

pytest.importorskip("flint")


def corner_sharing(dimension: int, weight: int = 1, rest: int = 0) -> StateSteps:
    """Triangles (kagome) or tetrahedra (pyrochlore): every pair of corners is a bond inside a cell, and one to the next simplex."""
    unit = [tuple(int(k == i - 1) for k in range(dimension)) for i in range(dimension + 1)]
    arcs = []
    for i, j in itertools.permutations(range(dimension + 1), 2):
        arcs += [(str(i), str(j), (0,) * dimension, weight)]
        arcs += [(str(i), str(j), tuple(a - b for a, b in zip(unit[i], unit[j], strict=True)), weight)]
    return StateSteps.from_transitions(
        [*arcs, *((str(i), str(i), (0,) * dimension, rest) for i in range(dimension + 1) if rest)]
    )


def crossed_squares() -> StateSteps:
    """The bonds of the square lattice, neighbours where they share an end."""
    along = [("h", "h", (s, 0), 1) for s in (1, -1)] + [("v", "v", (0, s), 1) for s in (1, -1)]
    across = [("h", "v", (a, -b), 1) for a in (0, 1) for b in (0, 1)]
    return StateSteps.from_transitions([*along, *across, *(("v", "h", (-x, -y), 1) for _, _, (x, y), _ in across)])


@pytest.mark.parametrize(
    ("steps", "flat"),
    [(corner_sharing(2), -2), (corner_sharing(2, 3, 2), -4), (corner_sharing(3), -2), (crossed_squares(), -2)],
)
def test_sums_over_bands_vs_dynamic_programming(steps: StateSteps, flat: int) -> None:
    """Line graphs have the flat band -2 (Mielke 1991); with weights 3 and a rest of 2 it is -6 + 2."""
    found = bands.bands(steps, 1)
    assert found is not None
    assert [band.number for band in found if band.plain is None] == [flat]
    origin = ((0,) * steps.dimension, 1)
    expected = [layer.get(origin, 0) for layer in layers(steps, 9, {origin: 1})]
    assert [bands.closed_by_bands(steps, n, 1) for n in range(10)] == expected
    assert expected[2]


def test_long_closed_walks_of_kagome(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond one block of the splitting, against the recurrence with a proof of its own."""
    steps = corner_sharing(2)
    monkeypatch.setattr(state_site, "_LONG", 0)
    found = counting.count(steps, 530, (0, 0, "1"), (0, 0, "1"))
    assert found.method == bands.METHOD
    assert found.count == counting.recurrence(steps, (0, 0, "1"), (0, 0, "1")).nth(530)
    monkeypatch.setattr(bands, "binomial_sum", lambda plain, n, s: 3)  # a wrong sum is seen at the first numbers
    bands.bands.cache_clear()
    with pytest.raises(InternalFaultError, match="bands"):
        counting.count(steps, 530, (0, 0, "1"), (0, 0, "1"))


def test_states_that_are_not_equivalent_have_no_share_of_the_trace() -> None:
    """Lieb: corners have four neighbours, edges two."""
    bonds = [("A", "B", (0, 0)), ("A", "B", (-1, 0)), ("A", "C", (0, 0)), ("A", "C", (0, -1))]
    lieb = StateSteps.from_transitions(
        [(a, b, s, 1) for a, b, s in bonds] + [(b, a, tuple(-x for x in s), 1) for a, b, s in bonds]
    )
    assert bands.bands(lieb, 1) is None
    assert bands.closed_by_bands(lieb, 10, 0) is None


def test_binomial_sum_vs_its_terms() -> None:
    plain = counting.recurrence(
        counting.StepSet.from_steps([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)], [3, 1, 1, 1, 1])
    )
    assert isinstance(plain, counting.Recurrence)
    for n, s in ((0, 2), (1, -3), (7, -3), (600, 2)):
        expected = sum(
            math.comb(n, 2 * k) * s ** (n - 2 * k) * v for k, v in zip(range(n // 2 + 1), plain.terms(), strict=False)
        )
        assert bands.binomial_sum(plain, n, s) == expected


def test_factors_against_a_product() -> None:
    flat, other = {(0, 0): 1, (1, 0): 2}, {(0, 0): 1, (2, 1): -3, (2, -1): -1}
    found = factors(product(product(flat, flat), other))
    assert sorted(found, key=lambda pair: pair[1]) == [(other, 1), (flat, 2)]
