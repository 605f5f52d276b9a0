"""The reference sequences of walk_counts.json that free lattices, states and self-avoidance can answer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from symdiff.evidence.counting import (
    StateSteps,
    StepSet,
    any_end_total,
    count_to,
    endpoint_law,
    first_return,
    non_reversing_law,
    self_avoiding_sequence,
    sequence,
)

DATA = json.loads((Path(__file__).parents[1] / "data" / "walk_counts.json").read_text(encoding="utf-8"))
KNOWN = {entry["name"]: [int(x) for x in entry["expected"].split(",")] for entry in DATA}


def axes(dimension: int) -> StepSet:
    return StepSet.from_steps(
        [tuple(a * (i == j) for j in range(dimension)) for i in range(dimension) for a in (1, -1)]
    )


def ball(dimension: int, squared_length: int) -> StepSet:
    box = itertools.product(range(-2, 3), repeat=dimension)
    return StepSet.from_steps([s for s in box if sum(x * x for x in s) == squared_length])


def two_sublattices(steps: Sequence[tuple[int, ...]]) -> StateSteps:
    there = [("A", "B", s, 1) for s in steps]
    back = [("B", "A", tuple(-x for x in s), 1) for s in steps]
    return StateSteps.from_transitions(there + back)


LINE, SQUARE, CUBIC = axes(1), axes(2), axes(3)
LAZY = StepSet.from_steps([-1, 0, 1])
TRIANGULAR = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
KING = StepSet.from_steps([s for s in itertools.product((-1, 0, 1), repeat=2) if any(s)])
KNIGHT = ball(2, 5)
BCC = StepSet.from_steps(list(itertools.product((1, -1), repeat=3)))
FCC = ball(3, 2)
DELANNOY = StepSet.from_steps([(1, 0), (0, 1), (1, 1)])
HONEYCOMB = two_sublattices([(0, 0), (-1, 0), (0, -1)])
DIAMOND = two_sublattices([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)])
HONEY_A, DIAMOND_A = (0, 0, "A"), (0, 0, 0, "A")


def returns(steps: StepSet | StateSteps, start: object = None, every: int = 1) -> Callable[[int], list[int]]:
    def values(count: int) -> list[int]:
        return list(sequence(steps, every * (count - 1), start, start).values[::every])  # type: ignore[arg-type]

    return values


def first_returns(steps: StepSet) -> Callable[[int], list[int]]:
    return lambda count: list(first_return(steps, 2 * count).values[2::2])  # type: ignore[arg-type]


def avoiding(steps: StepSet | StateSteps, start: object = None) -> Callable[[int], list[int]]:
    return lambda count: list(self_avoiding_sequence(steps, count - 1, start).values)  # type: ignore[arg-type]


COVERED: dict[str, Callable[[int], list[int]]] = {
    "line_return": returns(LINE, every=2),
    "lazy_line_return": returns(LAZY),
    "line_first_return": first_returns(LINE),
    "square_three_steps": lambda _: [
        *(count_to(SQUARE, 3, site) for site in [(3, 0), (1, 2), (1, 0)]),
        any_end_total(SQUARE, 3),
    ],
    "square_return": returns(SQUARE, every=2),
    "square_to_neighbour": lambda count: list(sequence(SQUARE, 2 * count - 1, None, (1, 0)).values[1::2]),
    "square_first_return": first_returns(SQUARE),
    "honeycomb_return": returns(HONEYCOMB, HONEY_A, every=2),
    "triangular_return": returns(TRIANGULAR),
    "king_return": returns(KING),
    "knight_return": returns(KNIGHT, every=2),
    "cubic_return": returns(CUBIC, every=2),
    "cubic_first_return": first_returns(CUBIC),
    "diamond_return": returns(DIAMOND, DIAMOND_A, every=2),
    "bcc_return": returns(BCC, every=2),
    "fcc_return": returns(FCC),
    "hypercubic4_return": returns(axes(4), every=2),
    "nonreversing_square_return": lambda count: [non_reversing_law(SQUARE, 2 * k).walks((0, 0)) for k in range(count)],
    # All numbers of steps together: k diagonal steps replace k pairs.
    "delannoy": lambda count: [sum(count_to(DELANNOY, m, (k, k)) for m in range(k, 2 * k + 1)) for k in range(count)],
    "saw_square": avoiding(SQUARE),
    "saw_triangular": avoiding(TRIANGULAR),
    "saw_honeycomb": avoiding(HONEYCOMB, HONEY_A),
    "saw_cubic": avoiding(CUBIC),
    "saw_diamond": avoiding(DIAMOND, DIAMOND_A),
    "saw_fcc": avoiding(FCC),
    "saw_bcc": avoiding(BCC),
    "sap_square": lambda count: list(self_avoiding_sequence(SQUARE, 2 * count + 2, None, (0, 0)).values[4::2]),
}

# These walks are confined to a region (half-line, half-plane, quadrant, strip), which the counters of a free lattice
# do not know.
NOT_COVERED = {
    "line_nonneg_excursion",
    "line_nonneg_total",
    "lazy_line_nonneg_excursion",
    "lazy_line_nonneg_total",
    "halfplane_return",
    "halfplane_total",
    "quadrant_total",
    "quadrant_return",
    "gessel_return",
    "gessel_total",
    "kreweras_return",
    "kreweras_total",
    "quadrant_king_total",
    "quadrant_triangular_total",
    "schroeder",
    "path4_walks",
}


def test_every_reference_sequence_is_accounted_for() -> None:
    assert set(COVERED) | NOT_COVERED == set(KNOWN)
    assert not set(COVERED) & NOT_COVERED


@pytest.mark.parametrize("name", COVERED)
def test_reference_sequence(name: str) -> None:
    expected = KNOWN[name]
    assert COVERED[name](len(expected)) == expected


def test_reference_comparison_can_fail() -> None:
    """Negative control: the same comparison with the steps of another lattice."""
    assert returns(KING)(len(KNOWN["triangular_return"])) != KNOWN["triangular_return"]
    assert avoiding(TRIANGULAR)(len(KNOWN["saw_cubic"])) != KNOWN["saw_cubic"]


@pytest.mark.parametrize("name", ["square_return", "triangular_return", "king_return", "cubic_return", "fcc_return"])
def test_whole_law_has_the_reference_count_at_the_origin(name: str) -> None:
    steps = {"square": SQUARE, "triangular": TRIANGULAR, "king": KING, "cubic": CUBIC, "fcc": FCC}[name.split("_")[0]]
    every = 2 if name in ("square_return", "cubic_return") else 1
    for k, expected in enumerate(KNOWN[name]):
        assert endpoint_law(steps, every * k).walks((0,) * steps.dimension) == expected
