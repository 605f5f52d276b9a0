"""Recurrences on half-lines for any steps: against counts place by place, known sequences, and a checker that rejects what is false."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Matrix, Rational, ilcm

from symdiff import counting
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting.half_line import HalfLineRecurrence
from symdiff.evidence.counting.half_line_check import _numbers, deciding_number, half_line_recurrence_holds
from symdiff.evidence.counting.steps import StepSet
from symdiff.evidence.counting.terrain import Condition, Polynomial, Side, Terrain, Wall, half_space
from symdiff.evidence.counting.walled import layers, start_place

LINE = counting.orthant(1)
SQUARE = [(1, 0), (-1, 0), (0, 1), (0, -1)]


def partial(share: Fraction) -> Terrain:
    """x >= 0, where that share of a step below is absorbed and the rest stays."""
    condition = Condition(Polynomial((((1,), Fraction(1), Fraction(0)),)), ">=")
    return Terrain((Wall(((Side(condition, (Fraction(1),)),),), "stay", share),))


CASES = [  # steps, weights, terrain, start, end (None: any)
    ([-2, 1], None, LINE, (0,), (0,)),
    ([-1, 2], None, LINE, (3,), (1,)),
    ([-2, -1, 0, 1, 2], None, LINE, (0,), None),
    ([-1, 1], [1, 2], LINE, (1,), None),
    ([-2, 4], None, LINE, (2,), (0,)),
    ([-1, 1, 2], None, counting.orthant(1, "stay"), (0,), (0,)),
    ([-1, 1, 2], [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], counting.orthant(1, "stay"), (0,), (2,)),
    ([-1, 1, 2], None, counting.orthant(1, "mirror"), (1,), (0,)),
    ([-1, 1, 2], None, partial(Fraction(1, 3)), (0,), None),
    ([-1, 1], None, counting.orthant(1, "stay"), (0,), None),
    ([-2, 1], None, Terrain((half_space((-1,), -3),)), (2,), (3,)),
    (SQUARE, [1, 2, 3, 1], Terrain((half_space((1, 1)),)), (0, 0), None),
    ([(2, 0), (-1, 0), (0, 1), (0, -1)], None, Terrain((half_space((1, 0), 2),)), (4, 0), None),
]


@pytest.mark.parametrize(("steps", "weights", "terrain", "start", "end"), CASES)
def test_half_lines_vs_place_by_place(
    steps: list[object],
    weights: list[Fraction] | None,
    terrain: Terrain,
    start: tuple[int, ...],
    end: tuple[int, ...] | None,
) -> None:
    walk = counting.WalledSteps(StepSet.from_steps(steps, weights), terrain)  # type: ignore[arg-type]
    found = counting.recurrence(walk, end, start, any_end=end is None)
    assert isinstance(found, HalfLineRecurrence)
    assert found.holds()
    expected = []
    for n, layer in enumerate(layers(walk, 30, {start_place(walk, start): 1})):
        value = sum(layer.values()) if end is None else layer.get((end, 0), 0)
        expected.append(Fraction(value) / walk.denominator**n)
    assert [Fraction(found.nth(n), found.denominator**n) for n in range(31)] == expected
    assert any(expected[1:])


def test_ternary_trees() -> None:
    """Steps -2 and 1 that end where they begin: C(3m, m) / (2m + 1), by the cycle lemma."""
    found = counting.recurrence(counting.WalledSteps(StepSet.from_steps([-2, 1]), LINE), (0,), (0,))
    assert [found.nth(3 * m) for m in range(8)] == [comb(3 * m, m) // (2 * m + 1) for m in range(8)]
    assert found.nth(3 * 10**4 + 1) == 0


def test_special_site_at_the_wall_vs_place_by_place() -> None:
    """From the last place before the wall a step is open that is not elsewhere."""
    at_wall = Condition(Polynomial((((1,), Fraction(1), Fraction(0)),)), "=")
    terrain = Terrain(LINE.walls, open_where=((), (), (at_wall,)))
    walk = counting.WalledSteps(StepSet((((-1,), (1,), (3,))), (1, 1, 1)), terrain)
    found = counting.recurrence(walk, (0,), (0,))
    expected = [layer.get(((0,), 0), 0) for layer in layers(walk, 30, {((0,), 0): 1})]
    assert [found.nth(n) for n in range(31)] == expected
    assert found.holds()


def test_forged_recurrences_on_a_half_line_are_rejected() -> None:
    walk = counting.WalledSteps(StepSet.from_steps([-1, 1, 2]), counting.orthant(1, "stay"))
    found = counting.recurrence(walk, (0,), (0,))
    assert isinstance(found, HalfLineRecurrence)
    c = found.coefficients
    forgeries = [
        replace(found, coefficients=(*c[:-1], (c[-1][0] + 1, *c[-1][1:]))),
        replace(found, coefficients=(c[0], (c[1][0] - 1, *c[1][1:]), *c[2:])),
        replace(found, coefficients=((0,), (0,))),
        replace(found, row=found.row | {-1: 2}),
        replace(found, rows=()),
        replace(found, rows=({0: 2, 1: 1, 2: 1},)),
        replace(found, start=1),
        replace(found, end=1),
        replace(found, row={1: 1, 2: 1}),
    ]
    assert [forgery.holds() for forgery in forgeries] == [False] * len(forgeries)


steps_down_and_up = st.tuples(
    st.dictionaries(st.integers(-2, 2), st.integers(1, 3), min_size=2, max_size=4),
    st.integers(0, 2), st.sampled_from([None, 0, 1]), st.integers(1, 2), st.integers(0, 2), st.booleans(),
).filter(lambda case: min(case[0]) < 0 < max(case[0]))  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(steps_down_and_up)
def test_what_is_false_fails_before_the_bound(case: tuple[dict[int, int], int, int | None, int, int, bool]) -> None:
    """Coefficients chosen so that the recurrence holds for as many n as can be forced: it never holds up to the bound unless it is true."""
    steps, start, end, order, degree, own_row = case
    rows = ({0: 2, 1: 1},) if own_row else ()
    shape = ((0,) * (degree + 1),) * (order + 1)
    last = deciding_number(steps, rows, start, end, shape)
    values = _numbers(steps, rows, start, end, last + 60)
    table = Matrix([[Rational(n**k * values[n + j]) for j in range(order + 1) for k in range(degree + 1)]
                    for n in range((order + 1) * (degree + 1) - 1)])  # fmt: skip
    for vector in table.nullspace()[:2]:
        scale = ilcm(1, *(x.q for x in vector))
        numbers = [int(x * scale) for x in vector]
        c = tuple(tuple(numbers[j * (degree + 1) : (j + 1) * (degree + 1)]) for j in range(order + 1))
        left = [
            sum(v * n**k * values[n + j] for j, q in enumerate(c) for k, v in enumerate(q))
            for n in range(last + 60 - order)
        ]
        first = next((n for n, v in enumerate(left) if v), None)
        assert first is None or first + order <= last
        assert half_line_recurrence_holds(steps, rows, start, end, c) == (first is None)


def test_more_numbers_than_are_looked_at_prove_nothing() -> None:
    steps = {-8: 1, 8: 1}
    assert not half_line_recurrence_holds(
        steps, (), 0, 1, ((0,), (1,))
    )  # always zero, but too many conjugates to say so


def test_walks_that_are_none_on_a_half_line_are_refused_with_a_guess() -> None:
    kreweras = counting.WalledSteps(StepSet.from_steps([(1, 1), (-1, 0), (0, -1)]), counting.orthant(2))
    with pytest.raises(NotYetError, match=r"no mirrors.*not proved: \(2\*n\*\*2 \+ 21\*n \+ 54\)\*a\(n\+3\)"):
        counting.recurrence(kreweras, (0, 0), (0, 0))
    with pytest.raises(UsageError, match="no walk"):
        counting.recurrence(counting.WalledSteps(StepSet.from_steps([-2, 4]), LINE), (1,), (0,))


@pytest.mark.slow
def test_long_steps_are_refused_in_bounded_time() -> None:
    walk = counting.WalledSteps(StepSet.from_steps([-4, -3, 1, 5]), LINE)
    with pytest.raises(NotYetError, match="recurrence"):
        counting.recurrence(walk, (0,), (0,))


def test_terms_of_the_checker_vs_enumeration() -> None:
    """All words of six steps, one by one."""
    steps, rows = {-2: 1, -1: 3, 2: 2}, ({0: 5, 3: 1},)
    total = 0
    for word in itertools.product((-2, -1, 2, "a", "b"), repeat=6):
        place, weight = 1, 1
        for s in word:
            move = (
                {"a": (0, 5), "b": (3, 1)}.get(s)
                if place == 0
                else ((place + s, steps[s]) if isinstance(s, int) else None)
            )  # type: ignore[operator, call-overload, index]
            if move is None or move[0] < 0:
                weight = 0
                break
            place, weight = move[0], weight * move[1]
        total += weight if place == 1 else 0
    assert _numbers(steps, rows, 1, 1, 6)[6] == total
