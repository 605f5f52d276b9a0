"""Recurrences for walks with states, in strips and in boxes: against counts place by place; checkers that reject forged proofs."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest

from symdiff import counting
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import state_site
from symdiff.evidence.counting.dynamic_programming import layers
from symdiff.evidence.counting.finite_check import finite_recurrence_holds
from symdiff.evidence.counting.finite_recurrence import FiniteRecurrence
from symdiff.evidence.counting.laurent import lowest_terms, product, resolvent
from symdiff.evidence.counting.rational_telescoping import MOST_ENTRIES, RationalAnsatz, entries_expected
from symdiff.evidence.counting.recurrence import Recurrence
from symdiff.evidence.counting.state_recurrence import StateRecurrence
from symdiff.evidence.counting.steps import StateSteps
from symdiff.evidence.counting.terrain import Terrain, half_space
from symdiff.evidence.counting.walled import layers as walled_layers
from symdiff.evidence.counting.walled import start_place

SQUARE = [(1, 0), (-1, 0), (0, 1), (0, -1)]
NEIGHBOURS = {  # of the kagome lattice: (own sublattice, other, cell), from a drawing of a triangle up and one down
    "kagome": [("A", "B", (0, 0)), ("A", "B", (-1, 0)), ("A", "C", (0, 0)), ("A", "C", (0, -1)), ("B", "C", (0, 0)), ("B", "C", (1, -1))],
    "lieb": [("A", "B", (0, 0)), ("A", "B", (-1, 0)), ("A", "C", (0, 0)), ("A", "C", (0, -1))],
    "honeycomb": [("A", "B", (0, 0)), ("A", "B", (-1, 0)), ("A", "B", (0, -1))],
    "ladder": [("A", "B", (0,)), ("A", "A", (1,)), ("B", "B", (1,))],
}  # fmt: skip
PERSISTENT = [("r", "r", 1, 3), ("r", "l", -1, 1), ("l", "l", -1, 3), ("l", "r", 1, 1)]


def lattice(name: str) -> StateSteps:
    """Both ways along every bond."""
    bonds = NEIGHBOURS[name]
    return StateSteps.from_transitions(
        [(a, b, s, 1) for a, b, s in bonds] + [(b, a, tuple(-x for x in s), 1) for a, b, s in bonds]
    )


def counted(
    steps: StateSteps, n: int, start: tuple[int, ...], first: str, end: tuple[int, ...], last: str | None
) -> list[int]:
    """By dynamic programming, the slow twin."""
    number = steps.states.index(first)
    ends = range(len(steps.states)) if last is None else [steps.states.index(last)]
    return [sum(layer.get((end, e), 0) for e in ends) for layer in layers(steps, n, {(start, number): 1})]


CASES = [
    pytest.param(lattice("kagome"), (0, 0), "A", (0, 0), "A", marks=pytest.mark.slow),
    (lattice("lieb"), (0, 0), "B", (0, 0), "B"),
    (lattice("lieb"), (0, 0), "B", (1, 0), "C"),
    (lattice("honeycomb"), (0, 0), "A", (0, 0), "B"),
    (lattice("ladder"), (0,), "A", (1,), "B"),
    (StateSteps.from_transitions(PERSISTENT), (0,), "r", (0,), "r"),
    (StateSteps.from_transitions(PERSISTENT), (3,), "l", (1,), None),
    (StateSteps.from_transitions([("u", "d", 1, Fraction(1, 2)), ("d", "u", -1, 1), ("u", "u", -1, Fraction(1, 2))]), (0,), "u", (0,), None),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "start", "first", "end", "last"), CASES)
def test_walks_with_states_vs_dynamic_programming(
    steps: StateSteps, start: tuple[int, ...], first: str, end: tuple[int, ...], last: str | None
) -> None:
    found = counting.recurrence(steps, end if last is None else (*end, last), (*start, first))
    assert isinstance(found, StateRecurrence)
    expected = counted(steps, 24, start, first, end, last)
    assert list(itertools.islice(found.terms(), 25)) == expected
    assert [found.nth(n) for n in range(25)] == expected
    assert any(expected[1:])
    assert found.holds()


def test_a_single_state_is_a_plain_walk() -> None:
    arcs = [("A", "A", (-1, 1), 1), ("A", "A", (-1, 0), 2), ("A", "A", (0, 1), 2), ("A", "A", (1, -1), 2)]
    steps = StateSteps.from_transitions(arcs)
    found = counting.recurrence(steps, (1, 0, "A"), (0, 1, "A"))
    assert isinstance(found, Recurrence)
    assert list(itertools.islice(found.terms(), 17)) == counted(steps, 16, (0, 1), "A", (1, 0), "A")
    assert isinstance(counting.recurrence(steps, any_end=True, start=(0, 0, "A")), FiniteRecurrence)


def test_states_with_any_end_vs_dynamic_programming() -> None:
    """Fibonacci: after a step of one kind the other must follow."""
    steps = StateSteps.from_transitions([("a", "a", 1, 1), ("a", "b", 1, 1), ("b", "a", -1, 1)])
    found = counting.recurrence(steps, None, (0, "a"), any_end=True)
    assert isinstance(found, FiniteRecurrence)
    assert found.coefficients == ((-1,), (-1,), (1,))
    assert [found.nth(n) for n in (0, 1, 2, 10, 100)] == [1, 2, 3, 144, 927372692193078999176]


WALLED = [  # steps, walls, start, end (None: any), order of the recurrence where it is known
    (SQUARE, counting.box((-50, 0), (50, 1)), (0, 0), None, None),
    ([1, -1], counting.box((0,), (5,)), (0,), (2,), 6),
    ([1, -1], counting.box((0,), (5,), "stay"), (0,), (2,), 6),
    ([2, 1, -1], counting.box((0,), (6,), "mirror"), (3,), None, None),
    (SQUARE, counting.box((0, 0), (3, 3)), (1, 1), (2, 2), None),
    (SQUARE, Terrain((half_space((0, 1)), half_space((0, -1), -2))), (0, 1), (2, 0), None),
    (SQUARE, Terrain((half_space((0, 1)), half_space((0, -1), -1))), (0, 0), None, 1),
    (SQUARE, Terrain((half_space((1, 1)), half_space((-1, -1), -2))), (0, 0), (1, 1), None),
    (SQUARE, Terrain((), ((0, 0, 4),)), (0, 0), (2, 1), None),
    ([(1, 0), (-1, 1), (0, -1)], Terrain((half_space((1, 0)), half_space((-1, 0), -2))), (1, 0), (0, 0), None),
    ([(0, 1), (0, -1), (1, 0)], Terrain((half_space((1, 0)), half_space((-1, 0), -1, "stay"))), (0, 0), (1, 1), None),
]


@pytest.mark.parametrize(("steps", "terrain", "start", "end", "order"), WALLED)
def test_strips_and_boxes_vs_place_by_place(
    steps: list[object], terrain: Terrain, start: tuple[int, ...], end: tuple[int, ...] | None, order: int | None
) -> None:
    walk = counting.WalledSteps(counting.StepSet.from_steps(steps), terrain)  # type: ignore[arg-type]
    if terrain == counting.box((-50, 0), (50, 1)):
        with pytest.raises(NotYetError):  # too many places, and no mirrors without end
            counting.recurrence(walk, end, start, any_end=end is None)
        return
    found = counting.recurrence(walk, end, start, any_end=end is None)
    assert found.holds()
    expected = []
    for layer in walled_layers(walk, 30, {start_place(walk, start): 1}):
        expected.append(sum(layer.values()) if end is None else layer.get((end, 0), 0))
    assert list(itertools.islice(found.terms(), 31)) == expected
    assert [found.nth(n) for n in range(31)] == expected
    assert any(expected[1:])
    assert order in (None, found.order)


def test_weights_in_a_strip_are_numerators_over_the_denominator() -> None:
    steps = counting.StepSet.from_steps(SQUARE, [Fraction(1, 3), Fraction(1, 6), Fraction(1, 4), Fraction(1, 4)])
    walk = counting.WalledSteps(steps, Terrain((half_space((0, 1)), half_space((0, -1), -1))))
    for end, any_end in (((1, 1), False), (None, True)):
        found = counting.recurrence(walk, end, (0, 0), any_end=any_end)
        values = counting.walled_sequence(walk, 12, (0, 0), end).values
        assert [Fraction(found.nth(n), found.denominator**n) for n in range(13)] == list(values)
        assert found.weighted


@pytest.mark.parametrize("name", ["honeycomb", "ladder"])
def test_forged_proofs_of_rational_functions_are_rejected(name: str) -> None:
    steps = lattice(name)
    site = (0,) * steps.dimension
    found = counting.recurrence(steps, (*site, "B"), (*site, "A"))
    assert isinstance(found, StateRecurrence)
    assert found.holds()
    proof, c = found.proof, found.coefficients
    place, value = next(iter(proof.parts[0].items()))
    p, k, number = proof.operator[-1]
    above, below = found.fraction
    one = (0,) * (steps.dimension + 1)
    forgeries = [
        replace(found, proof=replace(proof, parts=({**proof.parts[0], place: value + 1}, *proof.parts[1:]))),
        replace(found, proof=replace(proof, operator=(*proof.operator[:-1], (p, k, number + 1)))),
        replace(found, proof=replace(proof, operator=(), parts=({},) * steps.dimension, logarithms=({},) * steps.dimension)),
        replace(found, proof=replace(proof, pole=proof.pole - 1)),
        replace(found, proof=replace(proof, parts=proof.parts[:-1])),
        replace(found, proof=replace(proof, logarithms=({(0, *(1,) * steps.dimension): 1}, *proof.logarithms[1:]))),
        replace(found, coefficients=(*c[:-1], (c[-1][0] + 1, *c[-1][1:]))),
        replace(found, coefficients=((0,),)),
        replace(found, start=1),
        replace(found, ends=(0,)),
        replace(found, displacement=tuple(x + 1 for x in site)),
        replace(found, determinant=found.determinant | {one: 2}),
        replace(found, fraction=({x: 2 * v for x, v in above.items()}, below)),
        replace(found, fraction=({}, {(1, *site): 1})),
        replace(found, steps=StateSteps(steps.states, tuple(replace(t, weight=1 + (i == 0)) for i, t in enumerate(steps.transitions)))),
    ]  # fmt: skip
    assert [forgery.holds() for forgery in forgeries] == [False] * len(forgeries)


def test_operator_that_hides_a_first_number_proves_nothing() -> None:
    """1 from three steps on: a(n+1) = a(n) fails at n = 2 only, and z d/dz - 3 annihilates what it leaves, z^3."""
    chain = StateSteps.from_transitions([("s", "t", 0, 1), ("t", "u", 0, 1), ("u", "v", 1, 1), ("v", "v", 0, 1)])
    column, determinant = resolvent(chain, [3])
    fraction = lowest_terms({(k, x - 1): v for (k, x), v in column[0].items()}, determinant)
    wrong = ((-1,), (1,))
    proof = RationalAnsatz(*fraction, wrong, [0, 0, 0, 1], 1).solution()
    assert proof is not None
    assert {(p, k): v for p, k, v in proof.operator} == {(0, 0): -3, (0, 1): 1}
    claim = StateRecurrence(chain, 0, (3,), (1,), (1,), wrong, (0,), tuple(column), determinant, fraction, proof)
    assert not claim.holds()
    assert counting.recurrence(chain, (1, "v"), (0, "s")).nth(40) == 1


def test_forged_finite_recurrences_are_rejected() -> None:
    walk = counting.WalledSteps(counting.StepSet.from_steps([1, -1]), counting.box((0,), (5,)))
    found = counting.recurrence(walk, (0,), (0,))
    assert isinstance(found, FiniteRecurrence)
    assert found.holds()
    (c,), *rest = found.coefficients
    assert not replace(found, coefficients=((c + 1,), *rest)).holds()
    assert not replace(found, coefficients=((0,), (0,))).holds()
    assert not replace(found, coefficients=((c, 0), *rest)).holds()
    assert not replace(found, ends=(1,)).holds() or found.order == len(found.matrix)
    matrix = ({j: 2 * w for j, w in found.matrix[0].items()}, *found.matrix[1:])
    assert not replace(found, matrix=matrix).holds()


def test_agreement_for_fewer_numbers_than_places_proves_nothing() -> None:
    """On a ring of nine places the way round is seen after nine steps only: 0 = 0 for the first ones."""
    ring = [{(i + 1) % 9: 1} for i in range(9)]
    assert not finite_recurrence_holds(ring, {8}, ((1,), (0,)))
    assert finite_recurrence_holds(ring, {8}, ((-1,), *((0,),) * 8, (1,)))


def test_resolvent_against_its_definition() -> None:
    steps = lattice("kagome")
    column, determinant = resolvent(steps, [1])
    for i, arcs in enumerate(steps.arcs):
        left = dict(column[i])
        for j, step, w in arcs:
            for x, v in column[j].items():
                there = (x[0] + 1, x[1] + step[0], x[2] + step[1])
                left[there] = left.get(there, 0) - w * v
        assert {x: v for x, v in left.items() if v} == (determinant if i == 1 else {})


def test_lowest_terms_against_a_product() -> None:
    above, below, common = {(0, 1): 1, (1, 0): 2}, {(0, 0): 1, (1, 1): -3, (1, -1): -1}, {(0, 0): 1, (1, 0): -1}
    assert lowest_terms(product(above, common), product(below, common)) == (above, below)


def test_unreachable_ends_are_refused() -> None:
    steps = StateSteps.from_transitions([("a", "a", 1, 1), ("b", "a", 1, 1)])
    with pytest.raises(UsageError, match="no walk"):
        counting.recurrence(steps, (0, "b"), (0, "a"))
    walk = counting.WalledSteps(counting.StepSet.from_steps([2, -2]), counting.box((0,), (5,)))
    with pytest.raises(UsageError, match="no walk"):
        counting.recurrence(walk, (1,), (0,))
    with pytest.raises(UsageError, match="outside"):
        counting.recurrence(walk, (7,), (0,))


def test_a_search_that_would_take_minutes_is_not_begun() -> None:
    """A slab of three planes: 320 terms would take minutes, and so would the system of eight degrees of 30 monomials."""
    cubic = [tuple(a * (i == j) for j in range(3)) for i in range(3) for a in (1, -1)]
    slab = Terrain((half_space((0, 0, 1)), half_space((0, 0, -1), -7)))
    with pytest.raises(NotYetError, match="no recurrence"):
        counting.recurrence(counting.WalledSteps(counting.StepSet.from_steps(cubic), slab), (0, 0, 0), (0, 0, 0))
    below = {(k, x, y): 1 for k in range(4) for x in range(-2, 3) for y in range(-2, 3)}
    assert entries_expected(below, ((1,) * 9, (1,)), 0) > MOST_ENTRIES


@pytest.mark.parametrize(("start", "end"), [((0, "r"), (0, "r")), ((3, "l"), (1,)), ((0, "r"), (1, "l"))])
def test_long_counts_with_states_by_recurrence_vs_powers(
    monkeypatch: pytest.MonkeyPatch, start: tuple[int | str, ...], end: tuple[int | str, ...]
) -> None:
    steps = StateSteps.from_transitions(PERSISTENT)
    n = 300 + (end == (1, "l"))
    expected = counting.count(steps, n, end, start)
    assert expected.method == state_site.POWER
    monkeypatch.setattr(state_site, "_LONG", 0)
    found = counting.count(steps, n, end, start)
    assert (found.count, found.total) == (expected.count, expected.total)
    assert found.count > 0
    assert "certified recurrence" in found.method
    assert counting.count(steps, n, (*end[:1], "r" if end[-1] == "l" else "l"), start).count != found.count
    if len(end) > 1:
        assert counting.sequence(steps, n, start, end).values[-1] == found.count


def test_long_sequences_with_states_by_recurrence_vs_sweep() -> None:
    """The recurrence takes over at 250 steps."""
    steps = lattice("lieb")
    found = counting.sequence(steps, 260, (0, 0, "B"), (0, 0, "B"))
    assert "certified recurrence" in found.method
    assert list(found.values[:13]) == counted(steps, 12, (0, 0), "B", (0, 0), "B")
    assert found.values[260] == counting.count(steps, 260, (0, 0, "B"), (0, 0, "B")).count
