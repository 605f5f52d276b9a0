"""The built-in checks catch planted errors: each is the negative control of one check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting import (
    EndpointLaw,
    StateSteps,
    StepSet,
    endpoint,
    endpoint_law,
    first_passage,
    first_return,
    first_visits,
    miller,
    non_reversing,
    non_reversing_law,
    packed_counts,
    polynomial_power,
    self_avoiding,
    self_avoiding_law,
    sequence,
    sequence_sweep,
    site_count,
    state_endpoint_law,
)
from symdiff.evidence.counting import checks as checks_module
from symdiff.evidence.counting.checks import checked_law
from symdiff.evidence.counting.fourier import level_coefficient, site_sequence
from symdiff.evidence.counting.modular import PRIME

SQUARE = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
TRIANGULAR = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
HONEYCOMB = StateSteps.from_transitions(
    [("A", "B", s, 1) for s in [(0, 0), (-1, 0), (0, -1)]] + [("B", "A", s, 1) for s in [(0, 0), (1, 0), (0, 1)]]
)


@pytest.fixture(autouse=True)
def recurrences_also_for_small_laws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors are planted in the recurrences, which powers would pass by."""
    monkeypatch.setattr(endpoint, "power_counts", lambda *_: None)


def with_changes(law: EndpointLaw, changes: dict[tuple[int, ...], int]) -> EndpointLaw:
    return replace(law, numerators={site: count + changes.get(site, 0) for site, count in law.numerators.items()})


@pytest.mark.parametrize(
    "wrong",
    [lambda n, climb, level: n * climb - level, lambda n, climb, level: (n + 1) * climb - level + 1],
    ids=["n for n + 1", "level off by one"],
)
@pytest.mark.parametrize(
    "steps", [SQUARE, TRIANGULAR, StepSet.from_steps([0, 1, 1000003])], ids=["square", "triangular", "sparse"]
)
def test_wrong_recurrence_is_caught(monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., int], steps: StepSet) -> None:
    assert endpoint_law(steps, 12).checked_by
    monkeypatch.setattr(miller, "recurrence_factor", wrong)
    with pytest.raises(InternalFaultError):
        endpoint_law(steps, 12)
    with pytest.raises(InternalFaultError):
        site_count(steps, 12, tuple(6 * (a + b) for a, b in zip(steps.steps[0], steps.steps[-1], strict=True)))


def test_wrong_recurrence_without_remainders_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where divisions happen to be exact (or their check were gone), the other checks still see the error."""
    monkeypatch.setattr(miller, "recurrence_factor", lambda n, climb, level: n * climb - level)
    monkeypatch.setattr(miller, "exact_quotient", lambda value, divisor: abs(value) // divisor)
    with pytest.raises(InternalFaultError, match="total"):
        endpoint_law(SQUARE, 12)
    with pytest.raises(InternalFaultError, match="Fourier"):
        site_count(SQUARE, 12, (2, 2))


def test_sites_in_wrong_places_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = packed_counts.unpack_level

    def shifted(packing: Any, base: Any, value: int, offset: int) -> Any:
        return honest(packing, base, value, offset + 1)

    monkeypatch.setattr(packed_counts, "unpack_level", shifted)
    with pytest.raises(InternalFaultError, match="generating function"):
        endpoint_law(TRIANGULAR, 10)


@pytest.mark.parametrize(
    ("changes", "caught"),
    [
        ({(0, 0): 1}, "total"),
        ({(0, 0): 1, (2, 0): -1}, "generating function"),
        # Total, means and covariances all keep: a third difference along one axis.
        ({(-6, 0): 1, (-2, 0): -3, (2, 0): 3, (6, 0): -1}, "generating function"),
    ],
)
def test_wrong_counts_are_caught(changes: dict[tuple[int, ...], int], caught: str) -> None:
    law = endpoint_law(SQUARE, 20, check=False)
    assert checked_law(law, SQUARE).checked_by
    with pytest.raises(InternalFaultError, match=caught):
        checked_law(with_changes(law, changes), SQUARE)


def test_moment_and_twin_checks_work_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the checks before them switched off, the later ones find the errors that they are for."""
    monkeypatch.setattr(checks_module, "evaluated", lambda *_: {"": 0})
    monkeypatch.setattr(checks_module, "generating_function", lambda *_: {"": 0})
    law = endpoint_law(SQUARE, 8)
    assert "mean and covariances = n times those of one step" in law.checked_by
    with pytest.raises(InternalFaultError, match="mean"):
        checked_law(with_changes(law, {(0, 0): 1, (2, 0): -1}), SQUARE)
    with pytest.raises(InternalFaultError, match="mean"):
        checked_law(with_changes(law, {(0, 0): 2, (2, 0): -1, (-2, 0): -1}), SQUARE)
    with pytest.raises(InternalFaultError, match="dynamic programming"):
        checked_law(with_changes(law, {(-6, 0): 1, (-2, 0): -3, (2, 0): 3, (6, 0): -1}), SQUARE)


def test_wrong_state_law_is_caught() -> None:
    law = state_endpoint_law(HONEYCOMB, 12, (0, 0, "A"), check=False)
    assert checked_law(law, HONEYCOMB).checked_by
    sites = list(law.numerators)
    moved = dict(law.numerators) | {sites[0]: law.numerators[sites[0]] + 1, sites[1]: law.numerators[sites[1]] - 1}
    with pytest.raises(InternalFaultError, match="generating function"):
        checked_law(replace(law, numerators=moved), HONEYCOMB)


@pytest.mark.parametrize("n", [20, 80])
def test_wrong_level_is_caught(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    assert any("Fourier" in text for text in site_count(SQUARE, n, (2, 4)).checked_by)
    honest = endpoint.packed_levels

    def off_by_one(*args: Any, last: int | None = None) -> Any:
        for level, (value, offset) in enumerate(honest(*args, last=last)):
            yield (value + 1, offset) if level == last else (value, offset)

    monkeypatch.setattr(endpoint, "packed_levels", off_by_one)
    with pytest.raises(InternalFaultError, match="Fourier"):
        site_count(SQUARE, n, (2, 4))


def test_wrong_reason_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert site_count(SQUARE, 3, (2, 0)).checked_by == ("dynamic programming, this site",)
    monkeypatch.setattr(endpoint, "obstruction", lambda *_: "parity")
    with pytest.raises(InternalFaultError, match="dynamic programming"):
        site_count(SQUARE, 3, (1, 0))


@pytest.mark.parametrize("steps", [SQUARE, HONEYCOMB], ids=["square", "honeycomb"])
def test_wrong_sequence_is_caught(monkeypatch: pytest.MonkeyPatch, steps: StepSet | StateSteps) -> None:
    place = (0, 0) if isinstance(steps, StepSet) else (0, 0, "A")
    assert sequence(steps, 8, place, place).checked_by

    def last_off_by_one(honest: Any, *args: Any) -> list[int]:
        *most, last = honest(*args)
        return [*most, last + 1]

    for way in ("packed_numerators", "narrow_numerators"):
        monkeypatch.setattr(sequence_sweep, way, partial(last_off_by_one, getattr(sequence_sweep, way)))
    with pytest.raises(InternalFaultError):
        sequence(steps, 8, place, place)
    with pytest.raises(InternalFaultError):
        sequence(steps, 60, place, place)


def test_wrong_first_visits_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = first_visits._first_visits
    monkeypatch.setattr(first_visits, "_first_visits", lambda g, r: [*honest(g, r)[:-1], honest(g, r)[-1] + 1])
    with pytest.raises(InternalFaultError, match="renewal"):
        first_return(SQUARE, 10)
    with pytest.raises(InternalFaultError, match="renewal"):
        first_passage(SQUARE, 10, (0, 0), (1, 0))


def test_visits_taken_for_first_visits_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The renewal equation of a wrong sequence holds; walks that stop at their first visit do not agree."""
    honest = first_visits.best_numerators

    def shifted(*args: Any) -> Any:
        found, method, done = honest(*args)
        return [found[0], *(2 * x for x in found[1:])], method, done

    monkeypatch.setattr(first_visits, "best_numerators", shifted)
    with pytest.raises(InternalFaultError, match="first visit"):
        first_return(SQUARE, 8)


def test_wrong_non_reversing_walks_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "enumeration of all walks" in non_reversing_law(SQUARE, 4).checked_by
    honest = non_reversing._with_memory

    def one_turn_less(*args: Any) -> StateSteps:
        memory = honest(*args)
        assert memory is not None
        return StateSteps(memory.states, memory.transitions[:-1])

    monkeypatch.setattr(non_reversing, "_with_memory", one_turn_less)
    with pytest.raises(InternalFaultError, match="enumeration"):
        non_reversing_law(HONEYCOMB, 4, (0, 0, "A"))
    with pytest.raises(InternalFaultError, match="recurrence"):
        non_reversing_law(SQUARE, 30)


def test_reversals_let_through_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(non_reversing, "_is_reverse", lambda *_: False)
    with pytest.raises(InternalFaultError, match="recurrence"):
        non_reversing_law(SQUARE, 4)


def test_wrong_self_avoiding_walks_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert self_avoiding_law(SQUARE, 6).checked_by == ("two halves joined in the middle, every end, at 6 steps",)
    honest = self_avoiding._Avoiding.tallies

    def one_more(self: Any, state: int) -> list[dict[int, int]]:
        found = honest(self, state)
        found[-1][next(iter(found[-1]))] += 1
        return found

    monkeypatch.setattr(self_avoiding._Avoiding, "tallies", one_more)
    with pytest.raises(InternalFaultError, match="halves"):
        self_avoiding_law(SQUARE, 6)


def test_fourier_sums_vs_laws() -> None:
    law = endpoint_law(TRIANGULAR, 9, check=False)
    for site in [(0, 0), (3, -1), (9, 0), (20, 0)]:
        found = site_sequence(TRIANGULAR, 9, site)
        assert found is not None
        assert found[9] == law.walks(site)
    assert site_sequence(TRIANGULAR, 400, (0, 0)) is None
    assert level_coefficient([0, 1], [1, 1], 10, 4) == 210
    assert level_coefficient([0, 1], [1, 2], 10, 4) == 210 * 16 % PRIME
    assert level_coefficient([0, 10**9], [1, 1], 10, 4) is None


def test_checks_that_ran_are_the_checks_that_are_named() -> None:
    small, large = endpoint_law(SQUARE, 5), endpoint_law(SQUARE, 200)
    assert "dynamic programming, every site" in small.checked_by
    assert "dynamic programming, every site" not in large.checked_by
    assert "mean and covariances = n times those of one step" not in large.checked_by
    unchecked = endpoint_law(SQUARE, 5, check=False)
    assert unchecked.checked_by == (miller.EXACT_DIVISIONS,)
    assert Fraction(unchecked.total) == Fraction(small.total)


def test_counts_that_change_places_in_a_packed_level_are_caught() -> None:
    law = endpoint_law(TRIANGULAR, 60, check=False)
    counts = law.numerators
    assert isinstance(counts, packed_counts.PackedCounts)
    assert checked_law(law, TRIANGULAR).checked_by
    level = len(counts.levels) // 2
    value, first = counts.levels[level]
    moved = value + (1 << 9 * counts.packing.slot_bits) - (1 << 7 * counts.packing.slot_bits)  # the total stays right
    wrong = packed_counts.PackedCounts(
        (*counts.levels[:level], (moved, first), *counts.levels[level + 1 :]),
        counts.chart,
        counts.packing,
        60,
        (0, 0),
        True,
    )
    with pytest.raises(InternalFaultError, match="generating function"):
        checked_law(replace(law, numerators=wrong), TRIANGULAR)


def test_mirrored_levels_are_read_at_their_mirror_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every site of a law of which half is held, against one whose levels are all held; a displaced mirror is caught."""
    monkeypatch.setattr(endpoint, "folded_counts", lambda *_: None)
    law = endpoint_law(TRIANGULAR, 61, check=False)
    counts = law.numerators
    assert isinstance(counts, packed_counts.PackedCounts)
    assert counts.mirrored
    monkeypatch.setattr(packed_counts, "is_mirrored", lambda *_: False)
    whole = endpoint_law(TRIANGULAR, 61, check=False)
    assert dict(whole.numerators) == dict(law.numerators)
    assert all(counts.get(s, 0) == whole.walks(s) for s in [(7, -3), (-7, 3), (61, 0), (-61, 0), (0, -61), (60, 2)])
    monkeypatch.setattr(packed_counts, "is_mirrored", lambda *_: True)
    with pytest.raises(InternalFaultError):
        endpoint_law(StepSet(TRIANGULAR.steps, (1, 1, 1, 2, 1, 1)), 61)
    monkeypatch.undo()
    monkeypatch.setattr(packed_counts.PackedCounts, "_highest_step", (1, 0))
    checks_module._read_rightly.cache_clear()
    misread = endpoint_law(TRIANGULAR, 60)
    with pytest.raises(InternalFaultError, match="dynamic programming at 4 steps"):
        misread.walks((0, 0))
    checks_module._read_rightly.cache_clear()


@pytest.mark.parametrize("steps", [TRIANGULAR, StepSet.from_steps([-2, 0, 1])], ids=["digits", "line"])
def test_powers_with_a_changed_count_or_a_wrong_number_are_caught(monkeypatch: pytest.MonkeyPatch, steps: StepSet) -> None:  # fmt: skip
    monkeypatch.undo()
    monkeypatch.setattr(polynomial_power, "LONG_LINE", 0)
    law = endpoint_law(steps, 12, check=False)
    counts = law.numerators
    assert isinstance(counts, polynomial_power.PowerCounts)
    assert len(checked_law(law, steps).checked_by) == 3
    kind, start = type(counts), (0,) * steps.dimension

    def with_power(power: Any) -> EndpointLaw:
        return replace(law, numerators=kind(power, counts.bits, counts.numbering, 12, start, counts.one))

    if kind is polynomial_power.LineCounts:
        flint = pytest.importorskip("flint")
        moved = counts.power + flint.fmpz_poly([0] * 20 + [1, -1])
    else:
        moved = counts.power + (1 << 20 * counts.bits) - (1 << 21 * counts.bits)
    with pytest.raises(InternalFaultError, match="generating function"):  # the total stays right
        checked_law(with_power(moved), steps)
    with pytest.raises(InternalFaultError, match="total"):
        checked_law(with_power(counts.power + 1), steps)
    wrong = [{"least": (7,) * steps.dimension}]
    if steps.dimension == 2:
        wrong.append({"basis": ((1, 0), (1, 1))})
    for change in wrong:
        misread = kind(counts.power, counts.bits, replace(counts.numbering, **change), 12, start, counts.one)
        one = checked_law(replace(law, numerators=misread), steps)
        monkeypatch.setattr(checks_module, "_READ_AT_ONCE", 0)
        with pytest.raises(InternalFaultError, match="dynamic programming at 4 steps"):
            one.walks(start)
        if "least" in change:
            monkeypatch.setattr(checks_module, "_READ_AT_ONCE", 300)
            with pytest.raises(InternalFaultError, match="sites as they are read"):
                dict(one.numerators)
