"""Internal states, first visits, non-reversing and self-avoiding walks, against enumeration of every walk."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdiff.errors import UsageError
from symdiff.evidence.counting import (
    StateSteps,
    StepSet,
    any_end_sequence,
    any_end_total,
    dynamic_programming_law,
    first_passage,
    first_return,
    non_reversing_law,
    self_avoiding_law,
    self_avoiding_sequence,
    sequence,
    state_endpoint_law,
)
from symdiff.evidence.counting.avoiding_square import TRANSFER
from symdiff.evidence.counting.self_avoiding import _Avoiding
from symdiff.evidence.counting.steps import one_state

SQUARE = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
HONEYCOMB = StateSteps.from_transitions(
    [("A", "B", s, 1) for s in [(0, 0), (-1, 0), (0, -1)]] + [("B", "A", s, 1) for s in [(0, 0), (1, 0), (0, 1)]]
)
PERSISTENT = StateSteps.from_transitions(
    [
        ("right", "right", 1, Fraction(3, 4)),
        ("right", "left", -1, Fraction(1, 4)),
        ("left", "left", -1, Fraction(3, 4)),
        ("left", "right", 1, Fraction(1, 4)),
    ]
)
ONE_WAY = StateSteps.from_transitions([("a", "b", (1, 0), 2), ("b", "b", (0, 1), 1), ("b", "c", (0, 0), 5)])


def every_walk(
    steps: StepSet | StateSteps, n: int, start: tuple[object, ...]
) -> Iterator[tuple[list[tuple[object, ...]], list[object], Fraction]]:
    """All walks by the definition: the places (coordinates and state), the transitions, the weight."""
    machine = one_state(steps)
    todo = [([start], [], Fraction(1))]
    while todo:
        places, taken, weight = todo.pop()
        if len(taken) == n:
            yield places, taken, weight
            continue
        for t in machine.transitions:
            if t.source == places[-1][-1]:
                moved = tuple(a + b for a, b in zip(places[-1][:-1], t.step, strict=True))  # type: ignore[operator]
                todo.append(([*places, (*moved, t.target)], [*taken, t], weight * t.weight))


def ends(walks: Iterator[tuple[list[tuple[object, ...]], list[object], Fraction]]) -> dict[object, Fraction]:
    found: Counter[object] = Counter()
    for places, _, weight in walks:
        place = places[-1]
        found[place if place[-1] != "" else place[:-1]] += weight
    return dict(found)


@st.composite
def machines(draw: st.DrawFn) -> StateSteps:
    dimension = draw(st.integers(1, 2))
    names = ["A", "B", "C"][: draw(st.integers(1, 3))]
    one = st.tuples(
        st.sampled_from(names),
        st.sampled_from(names),
        st.tuples(*[st.integers(-2, 2)] * dimension),
        st.one_of(st.integers(1, 3), st.just(Fraction(1, 2))),
    )
    found = draw(st.lists(one, min_size=1, max_size=6))
    return StateSteps.from_transitions(found, states=names)


def start_of(steps: StepSet | StateSteps) -> tuple[object, ...]:
    return (*(0,) * steps.dimension, one_state(steps).states[0])


@settings(deadline=None, max_examples=100)
@given(machines(), st.integers(0, 4))
def test_state_law_vs_every_walk(steps: StateSteps, n: int) -> None:
    start = start_of(steps)
    expected = ends(every_walk(steps, n, start))
    law = state_endpoint_law(steps, n, start)
    assert dict(law.counts) == expected
    assert dict(dynamic_programming_law(steps, n, start).counts) == expected
    assert any_end_total(steps, n, start) == sum(expected.values())
    target = (*(1,) * steps.dimension, steps.states[-1])
    terms = [ends(every_walk(steps, m, start)).get(target, 0) for m in range(n + 1)]
    assert list(sequence(steps, n, start, target).values) == terms


def test_states_of_a_law() -> None:
    law = state_endpoint_law(HONEYCOMB, 4, (0, 0, "A"))
    assert law.walks((0, 0, "A")) == 15
    assert law.walks((0, 0, "B")) == 0
    assert law.walks((0, 0)) == 15
    assert law.total == 3**4 == any_end_sequence(HONEYCOMB, 4, (0, 0, "A")).values[4]
    assert {site[-1] for site, _ in law.items()} == {"A"}
    assert law.to_dict()["counts"][0]["site"][-1] == "A"
    with pytest.raises(UsageError, match="state"):
        law.walks((0, 0, "C"))


def test_persistent_walk_spreads_as_it_should() -> None:
    """E x^2 = n (1 + a)/(1 - a) - 2 a (1 - a^n)/(1 - a)^2 with a = 1/2 the correlation of successive steps."""
    n, a = 9, Fraction(1, 2)
    right = state_endpoint_law(PERSISTENT, n, (0, "right")).moments(2)[(2,)]
    left = state_endpoint_law(PERSISTENT, n, (0, "left")).moments(2)[(2,)]
    # The first step turns with the others; reversing it mirrors the walk, so both starts agree.
    assert right == left == n * (1 + a) / (1 - a) - 2 * a * (1 - a**n) / (1 - a) ** 2


def test_walks_that_end_in_a_state_without_a_way_out() -> None:
    law = state_endpoint_law(ONE_WAY, 4, (0, 0, "a"))
    assert dict(law.counts) == {(1, 3, "b"): 2, (1, 2, "c"): 10}
    stuck = state_endpoint_law(ONE_WAY, 1, (0, 0, "c"))
    assert stuck.total == 0
    with pytest.raises(UsageError, match="no walk"):
        stuck.probability((0, 0, "c"))


@settings(deadline=None, max_examples=60)
@given(machines(), st.integers(0, 5))
def test_first_visits_vs_every_walk(steps: StateSteps, n: int) -> None:
    start = start_of(steps)
    other = (*(1,) * steps.dimension, steps.states[-1])
    back, there = first_return(steps, n, start).values, first_passage(steps, n, start, other).values
    for m in range(n + 1):
        walks = list(every_walk(steps, m, start))
        assert back[m] == sum(w for p, _, w in walks if m and p[-1] == start and start not in p[1:-1])
        assert there[m] == sum(w for p, _, w in walks if p[-1] == other and other not in p[:-1])


def test_a_rest_is_a_return() -> None:
    lazy = StepSet.from_steps([-1, 0, 1])
    assert first_return(lazy, 4).values == (0, 1, 2, 2, 4)
    assert first_return(StepSet.from_steps([1, -1]), 4).values == (0, 0, 2, 0, 2)


def test_first_passage_to_the_start_is_refused() -> None:
    with pytest.raises(UsageError, match="first_return"):
        first_passage(SQUARE, 3, (1, 0), (1, 0))


def test_first_passage_of_the_line_vs_ballot_numbers() -> None:
    """f_n = (x/n) N_n(x) to a site at distance x (hitting-time theorem)."""
    line = StepSet.from_steps([1, -1])
    passage, visits = first_passage(line, 41, 0, 3).values, sequence(line, 41, 0, 3).values
    for m in range(1, 42):
        assert passage[m] * m == 3 * visits[m]


def reverses(walk: list[object], states_are_sites: bool) -> bool:
    return any(
        b.step == tuple(-x for x in a.step) and (b.target == a.source or not states_are_sites)  # type: ignore[attr-defined]
        for a, b in itertools.pairwise(walk)
    )


@settings(deadline=None, max_examples=60)
@given(machines(), st.integers(0, 4), st.booleans())
def test_non_reversing_vs_every_walk(steps: StateSteps, n: int, states_are_sites: bool) -> None:
    if any(not any(t.step) and (t.source == t.target or not states_are_sites) for t in steps.transitions):
        with pytest.raises(UsageError, match="rest"):
            non_reversing_law(steps, n, start_of(steps), states_are_sites=states_are_sites)
        return
    walks = every_walk(steps, n, start_of(steps))
    expected = ends(w for w in walks if not reverses(w[1], states_are_sites))
    law = non_reversing_law(steps, n, start_of(steps), states_are_sites=states_are_sites)
    assert dict(law.counts) == expected


def test_non_reversing_totals() -> None:
    assert [non_reversing_law(SQUARE, n).total for n in range(1, 6)] == [4 * 3 ** (n - 1) for n in range(1, 6)]
    assert [non_reversing_law(HONEYCOMB, n, (0, 0, "A")).total for n in range(1, 6)] == [3, 6, 12, 24, 48]


@settings(deadline=None, max_examples=60)
@given(machines(), st.integers(0, 4), st.booleans())
def test_self_avoiding_vs_every_walk(steps: StateSteps, n: int, states_are_sites: bool) -> None:
    start = start_of(steps)

    def mark(place: tuple[object, ...]) -> tuple[object, ...]:
        return place if states_are_sites else place[:-1]

    def avoiding(m: int, closing: bool = False) -> Iterator[tuple[list[tuple[object, ...]], list[object], Fraction]]:
        for places, taken, weight in every_walk(steps, m, start):
            before = [mark(p) for p in (places[:-1] if closing and m else places)]
            if len(set(before)) == len(before):
                yield places, taken, weight

    assert dict(self_avoiding_law(steps, n, start, states_are_sites=states_are_sites).counts) == ends(avoiding(n))
    totals = self_avoiding_sequence(steps, n, start, states_are_sites=states_are_sites).values
    assert list(totals) == [sum(w for _, _, w in avoiding(m)) for m in range(n + 1)]
    closed = self_avoiding_sequence(steps, n, start, start, states_are_sites=states_are_sites).values
    assert list(closed) == [sum(w for p, _, w in avoiding(m, closing=True) if p[-1] == start) for m in range(n + 1)]


def test_self_avoiding_walks_in_one_dimension() -> None:
    assert self_avoiding_sequence(StepSet.from_steps([1, -1]), 300).values[-1] == 2
    assert self_avoiding_sequence(StepSet.from_steps([1]), 1500).values[-1] == 1
    assert self_avoiding_law(StepSet.from_steps([0]), 1).total == 0
    assert self_avoiding_sequence(SQUARE, 3, None, (1, 0)).values == (0, 1, 0, 2)


# --- compiled ------------------------------------------------------------------------------------------------------

_SQUARE_STEPS = [(1, 0), (-1, 0), (0, 1), (0, -1)]


@pytest.mark.parametrize(
    ("steps", "n"),
    [
        (StepSet.from_steps(_SQUARE_STEPS), 9),
        (StepSet.from_steps([(1, 0), (0, 1), (-1, 0), (1, 1)]), 9),
        (HONEYCOMB, 11),
    ],
)
def test_compiled_search_vs_plain_search(steps: StepSet | StateSteps, n: int) -> None:
    pytest.importorskip("numba")
    for states_are_sites in (True, False):
        search = _Avoiding(one_state(steps), n, states_are_sites)
        assert search.compiled
        assert search.best_tallies(0)[0] == search.tallies(0)


def test_transfer_matrix_vs_search() -> None:
    pytest.importorskip("numba")
    sheared = StepSet.from_steps([(1, 1), (-1, -1), (1, 2), (-1, -2)])  # the square lattice in other coordinates
    for end in (None, (0, 0)):
        long = self_avoiding_sequence(sheared, 16, None, end)
        assert long.method == TRANSFER
        search = self_avoiding_sequence(sheared, 12, None, end, max_walks=10**9)
        assert long.values[:13] == search.values
    # N. Madras, G. Slade, The Self-Avoiding Walk, table C.1: c_16, and polygons of 16 edges times 2 16
    assert self_avoiding_sequence(sheared, 16).values[16] == 17_245_332
    assert self_avoiding_sequence(sheared, 16, None, (0, 0)).values[16] == 2 * 16 * 2938


def test_long_sequences_of_alternating_walks_vs_one_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Honeycomb with unequal weights: every second step is a plain walk, whose numbers come over another denominator."""
    bonds = [((0, 0), Fraction(1, 2)), ((-1, 0), Fraction(1, 3)), ((0, -1), Fraction(1, 6))]
    steps = StateSteps.from_transitions(
        [("A", "B", s, w) for s, w in bonds] + [("B", "A", (-s[0], -s[1]), w) for s, w in bonds]
    )
    for end in ((0, 0, "A"), (1, -1, "A")):
        expected = sequence(steps, 24, (0, 0, "A"), end)
        with monkeypatch.context() as patched:
            patched.setattr("symdiff.evidence.counting.sequences._MANY_ELSEWHERE", 2)
            found = sequence(steps, 24, (0, 0, "A"), end)
        assert "two steps as one" in found.method
        assert found.values == expected.values
    assert len(first_return(HONEYCOMB, 520, (0, 0, "A")).values) == 521
