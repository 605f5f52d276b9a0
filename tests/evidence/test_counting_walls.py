"""Walks between walls against walks enumerated one by one, and against known sequences; any length; row sweeps."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdiff.errors import InternalFaultError, NotYetError, ResourceError, UsageError
from symdiff.evidence.counting import StepSet
from symdiff.evidence.counting import recurrence as recurrence_module
from symdiff.evidence.counting.any_length import any_length
from symdiff.evidence.counting.anywhere import site_anywhere
from symdiff.evidence.counting.row_sweep import in_limbs
from symdiff.evidence.counting.rows import row_sequence
from symdiff.evidence.counting.terrain import (
    ABSORBING,
    MIRROR,
    STAY,
    Condition,
    Polynomial,
    Side,
    Terrain,
    Wall,
    WalledSteps,
    box,
    half_space,
    orthant,
)
from symdiff.evidence.counting.walled import layers, walled_first_visit, walled_law, walled_sequence

KNOWN = {
    e["name"]: e["expected"] for e in json.loads((Path(__file__).parents[1] / "data/walk_counts.json").read_text())
}
SQUARE = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
GESSEL = StepSet.from_steps([(1, 0), (-1, 0), (1, 1), (-1, -1)])
KREWERAS = StepSet.from_steps([(1, 1), (-1, 0), (0, -1)])
KING = StepSet.from_steps([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b])
SIX = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)])


def numbers(name: str) -> list[int]:
    return [int(x) for x in KNOWN[name].split(",")]


@pytest.mark.parametrize(
    ("name", "steps", "terrain", "end", "stride"),
    [
        ("line_nonneg_excursion", StepSet.from_steps([1, -1]), orthant(1), (0,), 2),
        ("line_nonneg_total", StepSet.from_steps([1, -1]), orthant(1), None, 1),
        ("lazy_line_nonneg_excursion", StepSet.from_steps([1, 0, -1]), orthant(1), (0,), 1),
        ("lazy_line_nonneg_total", StepSet.from_steps([1, 0, -1]), orthant(1), None, 1),
        ("halfplane_return", SQUARE, Terrain((half_space((0, 1)),)), (0, 0), 2),
        ("halfplane_total", SQUARE, Terrain((half_space((0, 1)),)), None, 1),
        ("quadrant_total", SQUARE, orthant(2), None, 1),
        ("quadrant_return", SQUARE, orthant(2), (0, 0), 2),
        ("gessel_return", GESSEL, orthant(2), (0, 0), 2),
        ("gessel_total", GESSEL, orthant(2), None, 1),
        ("kreweras_return", KREWERAS, orthant(2), (0, 0), 3),
        ("kreweras_total", KREWERAS, orthant(2), None, 1),
        ("quadrant_king_total", KING, orthant(2), None, 1),
        ("quadrant_triangular_total", SIX, orthant(2), None, 1),
        ("path4_walks", StepSet.from_steps([1, -1]), box([0], [3]), None, 1),
    ],
)
def test_walls_against_known(
    name: str, steps: StepSet, terrain: Terrain, end: tuple[int, ...] | None, stride: int
) -> None:
    expected = numbers(name)
    n = (len(expected) - 1) * stride
    found = walled_sequence(WalledSteps(steps, terrain), n, (0,) * steps.dimension, end)
    assert list(found.values[::stride]) == expected


def test_any_length_against_known() -> None:
    delannoy, schroeder = numbers("delannoy"), numbers("schroeder")
    steps = StepSet.from_steps([(1, 0), (0, 1), (1, 1)])
    below = WalledSteps(steps, Terrain((half_space((1, -1)),)))
    for n in range(9):
        assert any_length(steps, (0, 0), (n, n)).count == delannoy[n]
        assert any_length(below, (0, 0), (n, n)).count == schroeder[n]


def test_any_length_beside_mirrors() -> None:
    """Above a mirror y >= 0 the walks (1, 0), (1, 1), (1, -1) to (6, 0) are all free ones, central trinomial numbers; a drift into the mirror too."""
    fan = StepSet.from_steps([(1, 0), (1, 1), (1, -1)])
    assert any_length(WalledSteps(fan, half_space((0, 1), 0, MIRROR)), (0, 0), (6, 0)).count == 141
    corner = WalledSteps(StepSet.from_steps([(1, 0), (0, 1)]), half_space((1, -1), 0, MIRROR))
    expected = sum(walled_law(corner, n, (0, 0)).walks((4, 3)) for n in range(9))
    assert any_length(corner, (0, 0), (4, 3)).count == expected == 70


@pytest.mark.parametrize(("rule", "expected"), [(ABSORBING, Fraction(27, 31)), (STAY, Fraction(9, 8)), (MIRROR, Fraction(9, 8))])  # fmt: skip
def test_any_length_with_weights_vs_the_gamblers_ruin(
    rule: str, expected: Fraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expected visits of 3 from 2 among 1..4, up with 1/3: P(hit 3 before 0) / P(no return), by hand; the upper wall by its rule."""
    steps = StepSet.from_steps([1, -1], [Fraction(1, 3), Fraction(2, 3)])
    walk = WalledSteps(steps, [half_space((1,), 1), half_space((-1,), -4, rule)])
    found = any_length(walk, 2, 3)
    assert (found.count, found.longest) == (expected, None)
    monkeypatch.setitem(sys.modules, "flint", None)
    assert any_length(walk, 2, 3).count == expected
    with pytest.raises(UsageError, match="infinite in number"):
        any_length(WalledSteps(steps, box([1], [4], STAY)), 2, 3)  # nothing is lost: the sum of all weights is infinite
    with pytest.raises(NotYetError, match="not known"):
        any_length(steps, 0, 1)


def test_any_length_refuses_what_is_infinite() -> None:
    with pytest.raises(UsageError, match="infinite in number"):
        any_length(SQUARE, (0, 0), (1, 0))
    with pytest.raises(UsageError, match="infinite in number"):
        any_length(WalledSteps(StepSet.from_steps([1, -1]), box([0], [3])), 0, 2)
    still = WalledSteps(StepSet.from_steps([(1, -1), (-1, 1)]), orthant(2))
    assert any_length(still, (0, 0), (1, 1)).count == 0  # no step is possible, so nothing is infinite


# --- against enumeration ------------------------------------------------------------------------------------------


def reflected(site: tuple[int, ...], axis: int, low: int) -> tuple[int, ...]:
    return tuple(2 * low - x if i == axis else x for i, x in enumerate(site))


def enumerated(
    steps: StepSet, walls: list[tuple[int, int, str]], n: int, site: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], Fraction | int]]:
    """Every walk with its weight; walls are (axis, smallest coordinate, rule)."""
    if n == 0:
        yield site, 1
        return
    for step, weight in zip(steps.steps, steps.weights, strict=True):
        there = tuple(x + y for x, y in zip(site, step, strict=True))
        while True:
            broken = [w for w in walls if there[w[0]] < w[1]]
            if any(w[2] == ABSORBING for w in broken):
                there = ()
            elif broken and broken[0][2] == STAY:
                there = site
            elif broken:
                there = reflected(there, broken[0][0], broken[0][1])
                continue
            break
        if there:
            for end, rest in enumerated(steps, walls, n - 1, there):
                yield end, weight * rest


vectors = st.tuples(st.integers(-2, 2), st.integers(-2, 2))
step_sets = st.lists(st.tuples(vectors, st.sampled_from([1, 1, 2, Fraction(1, 3)])), min_size=1, max_size=4).map(
    lambda found: StepSet.from_steps([v for v, _ in found], [w for _, w in found])
)
rules = st.sampled_from([ABSORBING, STAY, MIRROR])


@settings(max_examples=60, deadline=None)
@given(step_sets, rules, rules, st.integers(0, 4), st.integers(0, 2), st.integers(-1, 0))
def test_walls_against_enumeration(steps: StepSet, first: str, second: str, n: int, x: int, low: int) -> None:
    terrain = Terrain((half_space((1, 0), low, first), half_space((0, 1), 0, second)))
    walk = WalledSteps(steps, terrain)
    start = (x, 0)
    expected: Counter[tuple[int, ...]] = Counter()
    for end, weight in enumerated(steps, [(0, low, first), (1, 0, second)], n, start):
        expected[end] += weight  # type: ignore[assignment]
    law = walled_law(walk, n, start)
    assert {s: Fraction(c) for s, c in law.counts.items()} == {s: Fraction(c) for s, c in expected.items() if c}
    values = walled_sequence(walk, n, start, start).values
    assert values[-1] == expected.get(start, 0)


@settings(max_examples=30, deadline=None)
@given(step_sets, st.integers(1, 5), vectors)
def test_first_visits_against_paths(steps: StepSet, n: int, end: tuple[int, int]) -> None:
    walk = WalledSteps(steps, Terrain((half_space((1, 1), -1),)))
    if end == (0, 0) or sum(end) < -1:
        return
    found = walled_first_visit(walk, n, (0, 0), end).values
    total: Fraction | int = 0
    waiting: list[tuple[int, tuple[int, int], Fraction | int]] = [(0, (0, 0), 1)]
    while waiting:
        m, site, weight = waiting.pop()
        if site == end:
            total += weight if m == n else 0
        elif m < n:
            for step, w in zip(steps.steps, steps.weights, strict=True):
                there = (site[0] + step[0], site[1] + step[1])
                if sum(there) >= -1:
                    waiting.append((m + 1, there, weight * w))
    assert found[n] == total


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the compiled kernel is an extra")
@pytest.mark.parametrize(
    ("steps", "walls", "start", "end"),
    [
        (SQUARE, orthant(2).walls, (0, 0), (0, 0)),
        (SQUARE, (half_space((2, 1)), half_space((-1, 3), -2)), (1, 0), None),
        (GESSEL, orthant(2).walls, (1, 2), (2, 2)),
        (KREWERAS, orthant(2).walls, (0, 0), None),
        (StepSet.from_steps([(2, 0), (-1, 1), (-1, -1), (0, 0)], [1, 2, 3, 5]), orthant(2).walls, (0, 0), None),
        (StepSet.from_steps([(1, 1), (-1, -1)]), (half_space((1, 0)),), (0, 0), (2, 2)),
        (StepSet.from_steps([3, -2]), (half_space((1,)),), (0,), None),
        (KING, (half_space((1, 0), -3), half_space((0, 2), 3)), (0, 9), None),
        (
            StepSet.from_steps([(2, 1, 0), (-3, 0, 1), (0, -2, -1)]),
            (half_space((1, 0, 0)), half_space((0, 0, 1), -2)),
            (7, 0, 0),
            None,
        ),
        (StepSet.from_steps([(2, 1), (0, 1)]), (half_space((1, 0)), half_space((0, 1))), (1, 1), None),
        (StepSet.from_steps([(1, 0, 0), (-1, 0, 0), (0, 1, -1), (0, -1, 1)]), orthant(3).walls, (0, 0, 4), None),
        # steps refused at both walls, at one of them beside an absorbing one, at an oblique one
        (KREWERAS, orthant(2, STAY).walls, (0, 0), (1, 0)),
        (
            StepSet.from_steps([(2, 1), (-1, -2), (-1, 1)], [1, 2, 3]),
            (half_space((1, 0), 0, STAY), half_space((-1, 1))),
            (0, 1),
            None,
        ),
        (
            StepSet.from_steps([(2, 1), (-1, -2), (-2, 1)]),
            (half_space((1, 0)), half_space((-1, 2), -3, STAY)),
            (2, 1),
            (1, 0),
        ),
        # steps mirrored in both walls, in one through sites beside one that refuses steps, in an oblique one; some of the refused ones lost
        (KREWERAS, orthant(2, MIRROR).walls, (0, 0), (1, 0)),
        (GESSEL, (half_space((2, 0), -1, MIRROR), half_space((0, 1), -2, STAY)), (0, 1), (2, 1)),
        (
            StepSet.from_steps([(2, 0), (-1, -2), (-1, 1)], [1, 2, 3]),
            (half_space((1, -1), -3, MIRROR),),
            (0, 1),
            (1, 1),
        ),
        (KREWERAS, (half_space((1, 0)), Wall(half_space((0, 1)).sides, STAY, Fraction(1, 3))), (1, 0), None),
    ],
)
def test_row_sweep_against_places(
    steps: StepSet, walls: tuple[Wall, ...], start: tuple[int, ...], end: tuple[int, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("symdiff.evidence.counting.rows._WORTHWHILE", 0)
    walk = WalledSteps(steps, Terrain(walls))
    target = None if end is None else (end, 0)
    found = row_sequence(walk, 40, (start, 0), target, check=True, max_bytes=10**9)
    assert found is not None
    slow = [sum(a.values()) if target is None else a.get(target, 0) for a in layers(walk, 40, {(start, 0): 1})]
    assert found[0] == slow


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the compiled kernel is an extra")
@pytest.mark.parametrize("changed", [7, 40])
def test_wrong_term_of_a_row_sweep_is_noticed(changed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One count too many, among the first terms and after them: the walks from the end to the start give another remainder."""
    monkeypatch.setattr("symdiff.evidence.counting.rows._WORTHWHILE", 0)
    monkeypatch.setattr("symdiff.evidence.counting.rows.in_limbs", lambda *given: _one_more(in_limbs(*given), changed))
    with pytest.raises(InternalFaultError, match="a further prime"):
        row_sequence(WalledSteps(KREWERAS, orthant(2, STAY)), 40, ((0, 0), 0), ((1, 0), 0), check=True, max_bytes=10**9)


def _one_more(found: tuple[list[int], int], at: int) -> tuple[list[int], int]:
    return [v + (m == at) for m, v in enumerate(found[0])], found[1]


@pytest.mark.parametrize(
    "wall",
    [
        half_space((1, 2), -1, STAY),
        Wall(half_space((1, 2), -1, STAY).sides, STAY, Fraction(1, 3)),
        half_space((1, 0), Fraction(-1, 2), MIRROR),
    ],
    ids=["stay", "partial", "mirror"],
)
def test_walks_that_refuse_steps_to_any_end_against_places(wall: Wall) -> None:
    """Powers of the sum of weights, and only where nothing is absorbed."""
    walk = WalledSteps(StepSet.from_steps([(1, 0), (-2, 1), (0, -1)], [1, Fraction(1, 2), 3]), wall)
    found = walled_sequence(walk, 7, (0, 0))
    slow = [Fraction(sum(a.values())) / walk.denominator**m for m, a in enumerate(layers(walk, 7, {((0, 0), 0): 1}))]
    assert [Fraction(v) for v in found.values] == slow
    assert found.method.startswith("(sum of weights)") == (not wall.absorbed)


def test_irrational_cone_against_its_angle() -> None:
    """y <= sqrt(3) x decides sites without rounding: 780/1351... below, 265/153... and 1351/780 around sqrt(3)."""
    gap = Polynomial((((1, 0), Fraction(0), Fraction(1)), ((0, 1), Fraction(-1), Fraction(0))), 3)
    side = Side(Condition(gap, ">="))
    assert side.condition.holds((153, 265))
    assert not side.condition.holds((780, 1351))
    assert side.condition.holds((0, 0))


def test_start_outside_is_refused() -> None:
    with pytest.raises(UsageError, match="outside the domain"):
        walled_law(WalledSteps(SQUARE, orthant(2)), 3, (-1, 0))


def test_partial_wall_against_hand_count() -> None:
    """From 0 by half chances: a refused step survives with 2/3, so two steps keep (1/2)(1) + (1/2)(2/3)(5/6)... of all."""
    wall = half_space((1,), 0, STAY)
    walk = WalledSteps(
        StepSet.from_steps([1, -1], [Fraction(1, 2)] * 2), Terrain((Wall(wall.sides, STAY, Fraction(1, 3)),))
    )
    law = walled_law(walk, 1, 0)
    assert law.walks(0) == Fraction(1, 3)
    assert law.walks(1) == Fraction(1, 2)
    second = walled_law(walk, 2, 0)
    assert second.total == Fraction(1, 2) + Fraction(1, 3) * Fraction(5, 6)


@pytest.mark.parametrize(
    ("steps", "walls", "start", "end"),
    [
        ([(1, 0), (-1, 0), (0, 1), (0, -1)], orthant(2), (0, 0), (0, 0)),
        ([(1, 0), (-1, 0), (0, 1), (0, -1)], orthant(2), (1, 0), None),
        ([(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0)], Terrain((half_space((0, 1), -1),)), (0, 0), (1, 2)),
    ],
)  # fmt: skip
def test_long_sequences_by_images_vs_place_by_place(
    steps: list[tuple[int, ...]], walls: Terrain, start: Any, end: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = WalledSteps(StepSet.from_steps(steps), walls)
    expected = walled_sequence(walk, 24, start, end)
    monkeypatch.setattr(recurrence_module, "_LONG_ELSEWHERE", 20)
    found = walled_sequence(walk, 24, start, end)
    assert "certified recurrence" in found.method
    assert "certified recurrence" not in expected.method
    assert found.values == expected.values
    if end is not None:
        one = site_anywhere(walk, 24, start, end)
        assert (one.count, "certified" in one.method) == (expected.values[-1], True)
    genuine = recurrence_module.recurrence_of

    def forged(*given: Any) -> Any:
        proved = genuine(*given)
        return replace(proved, initial=(*proved.initial[:-1], proved.initial[-1] + 1))

    monkeypatch.setattr(recurrence_module, "recurrence_of", forged)
    with pytest.raises(InternalFaultError, match="disagrees with the walks between the walls"):
        walled_sequence(walk, 24, start, end)


def test_sizes_between_walls_are_refused_before_the_work() -> None:
    walk = WalledSteps(StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1)]), orthant(2))
    with pytest.raises(ResourceError, match="bytes"):
        walled_sequence(walk, 10**6, (0, 0), (0, 0))


def test_a_start_that_no_step_leaves_has_no_recurrence() -> None:
    walk = WalledSteps(StepSet.from_steps([(1, -1), (-1, -2)]), Terrain((half_space((0, 1)),)))
    with pytest.raises(UsageError, match="no step from the start stays inside"):
        recurrence_module.recurrence(walk)
