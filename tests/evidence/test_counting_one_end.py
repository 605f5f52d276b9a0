"""One end of walks with states and between walls, against the law of all ends."""

from __future__ import annotations

import builtins
import itertools
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdiff.errors import InternalFaultError, ResourceError
from symdiff.evidence.counting import (
    StateSteps,
    StepSet,
    abridged,
    dynamic_programming_law,
    exact_text,
    finite_places,
    independent_axes,
    sequence,
    single_site,
    state_endpoint_law,
    state_site,
)
from symdiff.evidence.counting.anywhere import site_anywhere
from symdiff.evidence.counting.finite_places import finite_count
from symdiff.evidence.counting.grouped_signs import grouped_signs
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.single_site import best_site_count
from symdiff.evidence.counting.state_site import state_site_count
from symdiff.evidence.counting.terrain import MIRROR, STAY, Terrain, Wall, WalledSteps, box, half_space
from symdiff.evidence.counting.walled import walled_law

SQUARE = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
HONEYCOMB = StateSteps.from_transitions(
    [("A", "B", (0, 0), 1), ("A", "B", (-1, 0), 2), ("A", "B", (0, -1), 1),
     ("B", "A", (0, 0), 1), ("B", "A", (1, 0), 2), ("B", "A", (0, 1), Fraction(1, 3))]
)  # fmt: skip
PERSISTENT = StateSteps.from_transitions(
    [
        ("r", "r", 1, Fraction(2, 3)),
        ("r", "l", -1, Fraction(1, 3)),
        ("l", "l", -1, 2),
        ("l", "r", 1, 1),
        ("l", "l", 3, 1),
    ]
)
PLANE = StateSteps.from_transitions(
    [
        ("a", "b", (2, 0), 1),
        ("b", "c", (0, 2), 1),
        ("c", "a", (-2, -2), 3),
        ("a", "a", (0, 0), 1),
        ("c", "b", (2, 2), 1),
    ]
)


@pytest.mark.parametrize("n", [0, 1, 8, 13])
@pytest.mark.parametrize(("steps", "first"), [(HONEYCOMB, "A"), (PERSISTENT, "l"), (PLANE, "a")])
def test_one_site_with_states_vs_law(steps: StateSteps, first: str, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_site, "CHEAP_UPDATES", -1)  # no twin inside
    start = (*(1,) * steps.dimension, first)
    law = state_endpoint_law(steps, n, start)
    sites = {site[:-1] for site in law.numerators} | {(40,) * steps.dimension, (1,) * steps.dimension}
    for site in sorted(sites)[:40]:
        for state in steps.states:
            found = state_site_count(steps, n, start, (*site, state))
            assert found.count == law.walks((*site, state))
            assert bool(found.count) == (found.why is None)
        assert state_site_count(steps, n, start, site).count == law.walks(site)
        assert found.total == law.total


def test_matrix_power_without_flint(monkeypatch: pytest.MonkeyPatch) -> None:
    with_flint = state_site_count(PERSISTENT, 60, (0, "r"), (4, "l"))
    genuine = builtins.__import__

    def no_flint(name: str, *args: Any, **more: Any) -> Any:
        if name == "flint":
            raise ImportError(name)
        return genuine(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", no_flint)
    assert state_site_count(PERSISTENT, 60, (0, "r"), (4, "l")).count == with_flint.count


def test_wrong_matrix_power_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = state_site._power
    monkeypatch.setattr(state_site, "_power", lambda matrix, n, make: genuine(matrix, n + 1, make))
    with pytest.raises(InternalFaultError, match="modulo a prime"):
        state_site_count(PERSISTENT, 60, (0, "r"), (4, "l"))


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=4, unique=True),
    st.sampled_from([("absorbing", 0), (STAY, 0), (MIRROR, 0), (STAY, Fraction(1, 3))]), st.integers(0, 3),
)  # fmt: skip
def test_few_places_vs_law(steps: list[tuple[int, int]], wall: tuple[str, Fraction], more: int) -> None:
    pytest.importorskip("flint")
    rule, absorbed = wall
    walls = tuple(Wall(w.sides, rule, Fraction(absorbed)) for w in box((0, 0), (3, 2)).walls)
    walk = WalledSteps(StepSet.from_steps(steps), Terrain(walls))
    n = 49 + more
    law = walled_law(walk, n, (0, 0))
    sites = [(x, y) for x in range(4) for y in range(3)]
    found = finite_count(walk, n, ((0, 0), 0), [*((s, 0) for s in sites), None])
    assert found is not None
    values = [Fraction(v) / walk.denominator**n for v in found[0]]
    assert values == [*(law.walks(s) for s in sites), law.total]


def test_wrong_matrix_of_places_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("flint")
    genuine = finite_places._modular
    monkeypatch.setattr(finite_places, "_modular", lambda matrix, n, wanted: genuine(matrix, n + 1, wanted))
    with pytest.raises(InternalFaultError, match="disagree"):
        finite_count(WalledSteps(StepSet.from_steps([1, -1]), box((0,), (4,))), 100, ((0,), 0), [None])


def test_half_plane_without_and_with_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = WalledSteps(SQUARE, Terrain((half_space((0, 1)),)))
    law = walled_law(walk, 30, (0, 0))
    monkeypatch.setattr("symdiff.evidence.counting.anywhere._FEW_UPDATES", 0)
    found = site_anywhere(walk, 30, (0, 0), (2, 4))
    assert (found.count, found.total) == (law.walks((2, 4)), law.total)
    assert site_anywhere(walk, 30, (0, 0), (0, -1)).why == "the site lies outside the domain"


def test_numbers_too_long_to_work_with_are_refused() -> None:
    with pytest.raises(ResourceError, match=r"6.02e\+08 digits"):
        best_site_count(SQUARE, 10**9, (0, 0))
    with pytest.raises(ResourceError, match="digits"):
        state_site_count(HONEYCOMB, 10**9, (0, 0, "A"), (0, 0, "A"))


@given(st.integers(-(10**4000), 10**4000), st.sampled_from([1, 3, 10**3000 + 1]))
def test_abridged_vs_all_digits(above: int, below: int) -> None:
    value = Fraction(above, below)
    text = exact_text(value)
    assert abridged(value) == (text if len(text) <= 60 else f"{text[:24]}...{text[-8:]} ({len(text)} digits)")


def test_a_walk_that_cannot_go_on_is_no_error() -> None:
    once = StateSteps.from_transitions([("a", "b", 1, 1)])
    assert state_site_count(once, 1, (0, "a"), 1).count == 1
    assert state_site_count(once, 3, (0, "a"), 0).count == 0
    assert state_site_count(once, 3, (0, "a"), 0).why


@pytest.mark.parametrize("rule", ["absorbing", STAY, MIRROR])
def test_law_in_a_box_after_many_steps_vs_place_by_place(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("flint")
    steps = StepSet.from_steps([(1, 0), (-1, 1), (0, -1), (2, -1)], [Fraction(1, 2), 3, 1, Fraction(2, 3)])
    walk = WalledSteps(steps, box((-1, 0), (2, 3), rule))
    expected = walled_law(walk, 70)
    monkeypatch.setattr("symdiff.evidence.counting.walled._MANY_STEPS", 0)
    found = walled_law(walk, 70)
    assert "characteristic polynomial" in found.method
    assert dict(found.items()) == dict(expected.items())
    assert walled_law(WalledSteps(SQUARE, box((0, 0), (3, 4))), 20_000, (1, 1)).total > 0  # the free law would not fit


# --- independent groups of axes ------------------------------------------------------------------------------------


def test_walks_along_independent_axes_vs_dynamic_programming(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triangular and biased steps in two planes, a rest and a third axis: every number, with and without python-flint."""
    plane = [((1, 0), 1), ((-1, 0), 1), ((0, 1), 1), ((0, -1), 1), ((1, -1), 1), ((-1, 1), 1)]
    own = [((a, 0, 0, b, 0), w) for (a, b), w in plane] + [((0, 2, 1, 0, 0), Fraction(1, 2)), ((0, -1, 0, 0, 0), 3)]
    own += [((0, 0, -1, 0, 0), 1), ((0, 0, 0, 0, 0), 2), ((0, 0, 0, 0, 1), 1), ((0, 0, 0, 0, -1), Fraction(1, 3))]
    steps = StepSet.from_steps([s for s, _ in own], [w for _, w in own])
    laws = [dynamic_programming_law(steps, n) for n in range(6)]
    for end in [(0, 0, 0, 0, 0), (0, 1, 0, 0, 0), (1, 1, 1, -1, 0), (0, 0, 0, 0, 6)]:
        expected = [law.walks(end) for law in laws]
        for integer in (fast_integer(), int):
            monkeypatch.setattr(independent_axes, "fast_integer", lambda integer=integer: integer)
            assert list(sequence(steps, 5, None, end).values) == expected
        found = best_site_count(steps, 5, end)
        assert found.count == expected[5]
        assert (found.why is None) == (expected[5] > 0)


def test_closed_walks_in_five_dimensions_vs_multinomials() -> None:
    """Sum over how often each axis is used, k_1 + ... + k_5 = 10, of 20!/prod k_i!^2 (every site at n = 20 would be millions)."""
    steps = StepSet.from_steps([tuple(a * (i == j) for j in range(5)) for i in range(5) for a in (1, -1)])
    uses = (k for k in itertools.product(range(11), repeat=5) if sum(k) == 10)
    expected = sum(math.factorial(20) // math.prod(math.factorial(x) ** 2 for x in k) for k in uses)
    assert best_site_count(steps, 20, (0,) * 5).count == expected


def test_wrong_numbers_along_axes_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = StepSet.from_steps([tuple(a * (i == j) for j in range(4)) for i in range(4) for a in (1, -1)])
    honest = independent_axes._together
    monkeypatch.setattr(independent_axes, "_together", lambda a, b, n: [x + (i == 2) for i, x in enumerate(honest(a, b, n))])  # fmt: skip
    with pytest.raises(InternalFaultError, match="dynamic programming"):
        best_site_count(steps, 10, (0,) * 4)


GROUPED = {
    "cubic": [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)],
    "a line and a square along its diagonals": [(2, 0, 0), (-1, 0, 0), (0, 1, 1), (0, 1, -1), (0, -1, 1), (0, -1, -1)],
    "two lines": [(1, 0), (-1, 0), (0, 2), (0, -1)],
}


@pytest.mark.parametrize("name", GROUPED)
def test_sums_over_two_groups_of_signs_vs_dynamic_programming(name: str) -> None:
    steps = StepSet.from_steps(GROUPED[name], [2 if s[0] else 3 for s in GROUPED[name]])
    law = dict(dynamic_programming_law(steps, 5).numerators)
    for site in itertools.product(range(-4, 5), repeat=steps.dimension):
        found = grouped_signs(steps, 5, site)
        assert found is not None
        assert found[0] == law.get(site, 0)
    assert grouped_signs(StepSet.from_steps([*GROUPED[name], (0,) * steps.dimension]), 5, site) is None


def test_far_sites_after_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recurrences for them are long: cubic by one sum, the plane by a recurrence where the whole levels would be large."""
    cubic = StepSet.from_steps(GROUPED["cubic"])
    found = best_site_count(cubic, 1000, (20, 2, 0))
    assert "two independent groups" in found.method
    assert (
        found.count == best_site_count(cubic, 1000, (0, -2, 20)).count != best_site_count(cubic, 1000, (18, 2, 0)).count
    )
    monkeypatch.setattr(single_site, "grouped_signs", lambda *_: (1, "wrong"))
    with pytest.raises(InternalFaultError):
        best_site_count(cubic, 1000, (20, 2, 0))
    triangular = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
    assert "recurrence" in best_site_count(triangular, 5000, (10, 6)).method
