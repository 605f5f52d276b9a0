"""Verdicts on claims, and how the verdicts of single regimes combine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symdiff.notation.storable import Storable

PROVED, REFUTED, CONDITIONAL = "proved", "refuted", "conditional"
CONSISTENT, UNDECIDED, SILENT = "consistent", "undecided", "silent"


@dataclass(frozen=True)
class RegimeVerdict:
    """What one regime says of a claim; "silent" where it has none of the claim's quantities.

    A refutation may carry ``correct`` (what stands where the claim is wrong), ``ratio`` (claimed/correct) and ``mend``
    (the usual slip that explains the difference). ``reservation`` is how the claim had to be read in order to hold.
    """

    name: str
    verdict: str
    derived: tuple[tuple[str, sp.Expr], ...] = ()
    why: str = ""
    witness: tuple[tuple[str, str], ...] = ()
    left: str = ""
    right: str = ""
    correct: sp.Expr | None = None
    ratio: sp.Expr | None = None
    mend: str = ""
    reservation: str = ""
    case: str = ""  # where the regime has several, by the range of a parameter
    beyond: str = ""  # of a refutation: that the regime keeps nothing of the size of what is claimed
    constant: str = ""  # of a proportionality that holds: that its numbers are not those of an equality
    found_where: str = ""  # of a regime that no file states: where it lies, "f_2 - f_1 is small"

    @property
    def title(self) -> str:
        """The name of the regime, with the case."""
        return f"{self.name} ({self.case})" if self.case else self.name


@dataclass(frozen=True)
class Verdict(Storable):
    """The verdict on a claim, how it was read, what each regime says, and for a refutation a witness.

    ``error`` is (where, message, instead) of a claim that could not be judged because it is written wrongly.
    """

    id: str
    statement: str
    verdict: str
    equations: tuple[sp.Basic, ...]
    warnings: tuple[str, ...]
    roles: tuple[tuple[str, str], ...]
    regimes: tuple[RegimeVerdict, ...]
    why: str
    expect: str = ""
    regime: str = ""
    source: str = ""
    error: tuple[str, str, str] | None = None

    @property
    def as_expected(self) -> bool | None:
        """Whether the verdict is the one that the model file expects; None where it expects nothing."""
        return None if not self.expect else self.verdict == self.expect

    @property
    def in_found_limits_alone(self) -> bool:
        """Whether the claim is wrong in general, and holds to leading order in limits that no file states."""
        true = [r for r in self.regimes if r.verdict == PROVED]
        false = [r for r in self.regimes if r.verdict == REFUTED]
        return self.verdict == CONDITIONAL and bool(_limits_found(true, false))

    @property
    def elsewhere(self) -> RegimeVerdict | None:
        """What holds elsewhere of a claim that holds in some regimes only; None where that is not known."""
        found = self.witness if self.verdict == CONDITIONAL else None
        return None if found is None or found.correct is None else found

    @property
    def witness(self) -> RegimeVerdict | None:
        """The regime whose numbers refute the claim: one where a usual slip explains it, else the exact value, else ``long-wave``."""
        found = [r for r in self.regimes if r.verdict == REFUTED and (r.witness or r.left)]
        return min(found, key=lambda r: (not r.mend, r.name != "lattice", r.name != "long-wave"), default=None)


def combine(regimes: Sequence[RegimeVerdict], stated: str) -> tuple[str, str]:
    """The verdict of a claim from those of its regimes, and why.

    Numbers alone make it consistent. With a stated regime: that of the regime. Without: proved if it holds in ``long-wave`` (``large-system``) and wherever else its
    quantities exist; conditional if in some regimes only; refuted if it fails in all that speak of it; undecided where it is proved in
    none and open in some: the reason names those in which it fails, and what is missing in the others.
    """
    speaking = [r for r in regimes if r.verdict != SILENT]
    if stated:
        cases = [r for r in regimes if r.name == stated]
        if len(cases) > 1:
            return combine(cases, "")
        own = cases[0] if cases else None
        if own is None or own.verdict == SILENT:
            return UNDECIDED, f"the regime '{stated}' has no quantity of this claim" + (
                f": {own.why}" if own and own.why else ""
            )
        return own.verdict, own.why
    if not speaking:
        reasons = "; ".join(dict.fromkeys(r.why for r in regimes if r.why))
        return UNDECIDED, reasons or "no regime has the quantities of this claim"
    true = [r for r in speaking if r.verdict == PROVED]
    partly = [r for r in speaking if r.verdict == CONDITIONAL]
    false = [r for r in speaking if r.verdict == REFUTED]
    quiet_cases = any(r.case and r.verdict == SILENT for r in regimes)
    if (
        len(true) == len(speaking)
        and not quiet_cases
        and any(r.name in ("long-wave", "large-system", "lattice", "model") for r in true)
    ):
        return PROVED, "; ".join([f"holds in {_names(true)}", *_reservations(true), *_constants(true)])
    numbers = [r for r in speaking if r.verdict == CONSISTENT]
    if numbers and len(true) + len(numbers) == len(speaking):
        return CONSISTENT, "; ".join(dict.fromkeys(r.why for r in numbers))
    if true or partly:
        open_ones = [r for r in speaking if r.verdict == UNDECIDED]
        held = [f"holds in {_names(true)}", *_reservations(true)] if true else []
        held += [f"{r.title}: {r.why}" for r in partly]
        held += [f"fails in {_names(false)}"] if false else []
        held += _constants((*true, *partly))
        held += _limits_found(true, false)
        held += [f"undecided in {_names(open_ones)}"] if open_ones else []
        silent = [r.title for r in regimes if r.verdict == SILENT]
        held += [f"{', '.join(silent)} has no such quantity"] if silent and not false else []
        return CONDITIONAL, "; ".join(held)
    if len(false) == len(speaking):
        return REFUTED, "; ".join(dict.fromkeys(r.why for r in false)) or "fails in every regime"
    return UNDECIDED, _open(speaking, false)


def _limits_found(true: Sequence[RegimeVerdict], false: Sequence[RegimeVerdict]) -> list[str]:
    """What a claim is worth that fails with all parameters fixed, and holds only in limits that were found, not stated."""
    general = any(r.name in ("long-wave", "large-system") for r in false)
    if not (general and true and all(r.found_where for r in true)):
        return []
    where = [f"{r.title} is the limit in which {r.found_where}" for r in true]
    return [
        f"{', '.join(where)}: the file does not state it, and the claim holds there to leading order alone; in general it is wrong"
    ]


def _open(speaking: Sequence[RegimeVerdict], false: Sequence[RegimeVerdict]) -> str:
    """Why a claim that is proved in no regime is not refuted either: where it fails is said first, then what is missing."""
    by_reason: dict[tuple[str, str], list[RegimeVerdict]] = {}
    for r in speaking:
        if r.verdict in (UNDECIDED, CONSISTENT):
            by_reason.setdefault((r.verdict, r.why), []).append(r)
    if not false:
        return "; ".join(dict.fromkeys(why for _, why in by_reason if why))
    word = {UNDECIDED: "open", CONSISTENT: "numbers agree"}
    told = [f"{word[v]} in {_names(some)}{': ' if why else ''}{why}" for (v, why), some in by_reason.items()]
    return "; ".join([f"fails in {_names(false)}", *told])


def _reservations(regimes: Sequence[RegimeVerdict]) -> list[str]:
    return list(dict.fromkeys(r.reservation for r in regimes if r.reservation))


def _constants(regimes: Sequence[RegimeVerdict]) -> list[str]:
    return list(dict.fromkeys(r.constant for r in regimes if r.constant))


def _names(regimes: Sequence[RegimeVerdict]) -> str:
    return ", ".join(r.title for r in regimes)


def together(name: str, parts: Sequence[RegimeVerdict]) -> RegimeVerdict:
    """Several relations of one claim in one regime: all must hold."""
    for wanted in (REFUTED, UNDECIDED, CONDITIONAL, CONSISTENT):
        found = next((p for p in parts if p.verdict == wanted), None)
        if found is not None:
            return replace(found, name=name)
    speaking = [p for p in parts if p.verdict == PROVED]
    if not speaking:
        return replace(parts[0], name=name)
    derived = tuple(dict(pair for p in speaking for pair in p.derived).items())
    return replace(speaking[0], name=name, derived=derived, reservation="; ".join(_reservations(speaking)))
