"""Sampled walks, exact moments without the law, and the local limit law, against exact laws and enumeration."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest

import symdiff as sd
from symdiff import counting
from symdiff.errors import InternalFaultError, ResourceError, UsageError
from symdiff.evidence.counting import bridges

LINE = counting.StepSet.from_steps([-1, 1])
SQUARE = counting.StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
SKEW = counting.StepSet.from_steps([(1, 0), (0, 2), (-1, -1)], [2, Fraction(1, 3), 1])


def _chi_square(seen: Counter[tuple[object, ...]], expected: dict[tuple[object, ...], Fraction], number: int) -> float:
    assert set(seen) <= set(expected)
    return float(sum((seen[w] - number * p) ** 2 / (number * p) for w, p in expected.items()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_excursions_come_equally_often(seed: int) -> None:
    half_line = counting.WalledSteps(LINE, counting.orthant(1))
    drawn = counting.sample_walks(half_line, 8, 0, 0, number=2800, seed=seed)
    assert drawn.total == 14  # Catalan number
    seen = Counter(drawn.walks)
    assert len(seen) == 14
    assert all(min(x for (x,) in walk) == 0 and walk[-1] == (0,) for walk in seen)
    # 13 degrees of freedom: above 45 with probability 2e-5
    assert _chi_square(seen, dict.fromkeys(seen, Fraction(1, 14)), 2800) < 45
    assert _chi_square(seen, {w: Fraction(1 + i, 105) for i, w in enumerate(seen)}, 2800) > 45  # the control


WEDGE = counting.Terrain((counting.half_space((0, 1)), counting.half_space((1, -1))))  # 0 <= y <= x


@pytest.mark.parametrize(
    ("walk", "n", "start", "end"),
    [
        (SQUARE, 10, (0, 0), (2, 0)),  # a bridge
        (SKEW, 7, (1, 0), (2, 2)),  # with weights
        (counting.WalledSteps(SQUARE, WEDGE), 10, (1, 0), (3, 2)),  # in a cone of 45 degrees
        (counting.WalledSteps(SQUARE, counting.box((0, 0), (2, 2), counting.STAY)), 7, (0, 0), None),
    ],
)
def test_middle_of_sampled_walks_vs_law(
    walk: counting.Walk, n: int, start: tuple[int, int], end: tuple[int, int] | None
) -> None:
    """P(walk is at x after m steps) = N_m(start -> x) N_(n-m)(x -> end) / N_n(start -> end)."""
    number, m = 4000, n // 2
    ends = counting.walled_law if isinstance(walk, counting.WalledSteps) else counting.endpoint_law
    drawn = counting.sample_walks(walk, n, start, end, number=number, seed=11)
    expected = {}
    for site, ways in ends(walk, m, start).items():  # type: ignore[operator]
        rest = ends(walk, n - m, site)  # type: ignore[operator]
        share = Fraction(ways) * (rest.total if end is None else rest.walks(end)) / Fraction(drawn.total)
        if share:
            expected[site] = share
    assert sum(expected.values()) == 1
    seen = Counter(path[m] for path in drawn.walks)
    freedom = len(expected) - 1
    limit = freedom + 5 * math.sqrt(2 * freedom) + 10  # beyond five standard deviations
    assert _chi_square(seen, expected, number) < limit
    wrong = counting.sample_walks(walk, n, start, None if end else start, number=number, seed=11)  # another condition
    beside = Counter(path[m] for path in wrong.walks if path[m] in expected)
    assert _chi_square(beside, expected, number) > limit


def test_weighted_walks_come_by_weight() -> None:
    drawn = counting.sample_walks(SKEW, 2, number=3000, seed=5)
    law = counting.endpoint_law(SKEW, 2)
    ends = Counter(walk[-1] for walk in drawn.walks)
    assert _chi_square(ends, {site: law.probability(site) for site in law.numerators}, 3000) < 35
    assert drawn.total == law.total


def test_walks_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UsageError, match="no walk of 3 steps"):
        counting.sample_walks(SQUARE, 3, None, (0, 0))


@pytest.mark.parametrize("steps", [SQUARE, SKEW, counting.StepSet.from_steps([-2, 0, 1])])
def test_moments_without_law_vs_law(steps: counting.StepSet) -> None:
    law = counting.endpoint_law(steps, 6)
    for order in range(5):
        assert counting.displacement_moments(steps, 6, order) == law.moments(order)


@pytest.mark.parametrize(
    ("steps", "n", "site", "parity"),
    [(SQUARE, 400, (10, 4), 2), (SKEW, 300, None, 5), (counting.StepSet.from_steps([(1, 1), (3, 1)]), 200, (400, 200), None)],
)  # fmt: skip
def test_local_limit_vs_law(steps: counting.StepSet, n: int, site: tuple[int, ...] | None, parity: int | None) -> None:
    limit = counting.local_limit(steps)
    law = counting.endpoint_law(steps, n)
    at = site if site is not None else max(law.numerators, key=law.numerators.__getitem__)
    exact, found = float(law.probability(at)), limit.probability(n, at)
    assert math.isclose(exact, found, rel_tol=3 / n)
    assert limit.parity_factor == parity
    beside = (at[0] + 1, *at[1:])
    assert limit.probability(n, beside) == 0 == law.walks(beside)


def test_steps_of_a_model() -> None:
    steps = counting.steps_of(sd.load("square_walk_three_steps"))
    assert isinstance(steps, counting.StepSet)
    assert counting.count(steps, 3, (1, 2)).probability == Fraction(3, 64)


@pytest.mark.parametrize("end", [(3, 0), None])
def test_long_free_walks_come_by_weight(end: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the place in the middle, against an enumeration of all walks of four weighted steps."""
    monkeypatch.setattr(bridges, "_MANY_CELLS", 0)
    steps = counting.StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (2, 0)], [2, 1, Fraction(1, 2), 1])
    weights: Counter[tuple[object, ...]] = Counter()
    for chosen in itertools.product(range(4), repeat=4):
        path = [(1, 0)]
        for i in chosen:
            path.append((path[-1][0] + steps.steps[i][0], path[-1][1] + steps.steps[i][1]))
        if end in (None, path[-1]):
            weights[tuple(path)] += math.prod(steps.weights[i] for i in chosen)
    drawn = counting.sample_walks(steps, 4, (1, 0), end, number=4000, seed=5)
    assert drawn.total == sum(weights.values())
    assert "middle" in drawn.method or end is None
    expected = {w: Fraction(v) / sum(weights.values()) for w, v in weights.items()}
    degrees = len(expected) - 1
    limit = degrees + 5 * math.sqrt(2 * degrees) + 9
    assert _chi_square(Counter(drawn.walks), expected, 4000) < limit
    equal = dict.fromkeys(expected, Fraction(1, len(expected)))
    assert _chi_square(Counter(drawn.walks), equal, 4000) > limit  # the control


def test_long_bridges_end_where_they_should() -> None:
    drawn = counting.sample_walks(SQUARE, 200, (1, 1), (4, 2), number=2, seed=2)
    assert drawn.total == counting.count(SQUARE, 200, (3, 1)).count
    assert all(walk[0] == (1, 1) and walk[-1] == (4, 2) and len(walk) == 201 for walk in drawn.walks)
    assert all(abs(a - c) + abs(b - d) == 1 for walk in drawn.walks for (a, b), (c, d) in itertools.pairwise(walk))
    with pytest.raises(UsageError, match="parity"):
        counting.sample_walks(SQUARE, 201, (1, 1), (4, 2))
    with pytest.raises(ResourceError, match="half of the walk"):
        counting.sample_walks(SQUARE, 10**5, (1, 1), (4, 2))


def test_a_law_of_the_middle_that_misses_walks_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = bridges.endpoint_law

    def one_less(steps: counting.StepSet, n: int) -> counting.EndpointLaw:
        law = genuine(steps, n)
        counts = dict(law.numerators)
        counts[max(counts)] += 1
        return replace(law, numerators=counts)

    monkeypatch.setattr(bridges, "endpoint_law", one_less)
    with pytest.raises(InternalFaultError, match="met in the middle"):
        bridges.Bridges(SQUARE, 8, (2, 0))
