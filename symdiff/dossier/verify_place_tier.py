"""The verdict of the exact tier where rates depend on place, and its negative control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.verify_claim import Claim, claim_of, term_name, time_order
from symdiff.dossier.verify_layout import DoesNotApply, Planner, writes_coordinates
from symdiff.dossier.verify_modes import QUANTITY as MODES
from symdiff.dossier.verify_modes import RESOLUTION, STEPS, ModesTest, modes_apply
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.dossier.verify_open import opened
from symdiff.dossier.verify_place import CLOSE, PlaceTest
from symdiff.dossier.verify_same import same_when_closed
from symdiff.dossier.verify_second_order import SecondOrderTest
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, SymdiffError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.jump_model import JumpModel
from symdiff.verification.convergence import Convergence, does_not_settle, falls_away, smallest_seen
from symdiff.verification.tier import NegativeControl, TierResult, frozen, not_applicable

Number = Any

RESOLUTIONS = {"plain": (0.25, 0.12), "states": (0.06, 0.03), "drift": (0.08, 0.04), "broken": (0.06, 0.03)}
"""Longest jump at the coarsest level in units of the density's length; internal states need time to relax, and a drift
that is faster than diffusion lowers the powers of the expansion. A second one is tried where the first misses the target."""
WORST = 0.1  # a tier that sees no smaller error than this says nothing
FINER = (0.05, 0.02)  # where none of these applies, as most of a density is carried away in a few steps
TARGET = {
    "plain": 1e-9,
    "states": 1e-8,
    "drift": 1e-7,
    "broken": 1e-6,
}  # relative error of a coefficient that is to be seen
SMALL = sp.Rational(1, 10**6)
QUANTITY = "power of eps of (density on the lattice - density of the equation), low Fourier coefficients"


@dataclass(frozen=True)
class _Attempt:
    """One resolution: the test, the limit of the differences, the solutions, and the smallest error that is seen."""

    test: PlaceTest
    main: Convergence
    first: Number
    solved: list[FloatArray]
    detectable: float


def place_tier(model: JumpModel, claim: Claim, path: EpsPath, tier: str = "exact") -> TierResult:
    """The verdict on one regime, from densities that are propagated on the lattice and by the equation.

    Where the equation is of higher order in time, the system of equations of the states takes its place.
    """
    name = claim.regime.name
    if claim.equation is not None and time_order(claim.equation) > 1 and claim.system and not claim.users:
        claim = replace(claim, equation=None, discarded=(), branches=len(claim.system))
    try:
        if model.dimension > 2 and not (model.dimension == 3 and is_homogeneous(model)):
            raise DoesNotApply(
                "in three dimensions densities are solved where nothing depends on place, in more not at all"
            )
        subject, tested = model, claim
        if claim.regime.origin == "long-wave" and writes_coordinates(model):
            subject = opened(model)
            tested = _opened_claim(model, subject, claim, path)
        attempt = _best(subject, model, tested, path, tier)
        found = _result(attempt, tested, tier)
        if attempt.test.irregular and (found.passed is None or attempt.detectable > WORST):
            raise DoesNotApply(CLOSE)
    except DoesNotApply as reason:
        return not_applicable(tier, str(reason), name)
    except NotYetError as reason:
        return not_applicable(tier, reason.message, name)
    except _Refuted as reason:
        return TierResult(tier, True, str(reason), name, QUANTITY, passed=False)
    return found


class _Refuted(Exception):
    """The shown equation is not the one that was tested."""


def _opened_claim(model: JumpModel, subject: JumpModel, claim: Claim, path: EpsPath) -> Claim:
    """The long-wave equation with all functions of place open; the shown one must be the same once they are put in."""
    try:
        derived = claim_of(derive_regime(subject, LONG_WAVE))
    except SymdiffError as error:
        raise DoesNotApply(
            f"the long-wave equation with open functions of place could not be derived: {error.message}"
        ) from None
    shown, own = claim.equation, derived.equation
    if (shown is None) != (own is None) or (
        shown is not None and own is not None and not same_when_closed(model, shown, own, path.base.numbers())
    ):
        raise _Refuted("a coefficient is wrong: the equation is not the one with open functions of place"
                       + ("; if other terms are meant to be small, state a regime" if claim.users else ""))  # fmt: skip
    return derived


def _best(subject: JumpModel, source: JumpModel, claim: Claim, path: EpsPath, tier: str) -> _Attempt:
    """The sharpest of the resolutions; each further one is tried only where the target is missed."""
    best: _Attempt | None = None
    reason = DoesNotApply("within a few steps the density changes beyond recognition")
    second = claim.users and claim.equation is not None and time_order(claim.equation) > 1
    reference = (claim.equation,) if claim.equation is not None and not second else claim.system
    if not reference:
        raise DoesNotApply(
            "equations with several derivatives in time are solved where the states have equations of their own"
        )
    test = SecondOrderTest if second else PlaceTest
    planner = Planner(subject, source, reference, path)
    if tier == "exact" and modes_apply(subject, claim, planner):
        try:
            return _attempt(ModesTest(subject, claim, path, planner.ring_levels(RESOLUTION, STEPS)))
        except DoesNotApply as error:
            reason = error
    for resolution in (*RESOLUTIONS[planner.kind], *FINER):
        if resolution in FINER and best is not None:
            break
        try:
            layout = planner.plan(resolution)
            if layout is None:
                continue
            attempt = _attempt(test(subject, claim, path, layout))
        except DoesNotApply as error:
            reason = error
            continue
        if best is None or attempt.detectable < best.detectable:
            best = attempt
        if best.detectable <= TARGET[planner.kind]:
            break
    if best is None:
        raise reason
    return best


def judged(test: PlaceTest, tier: str, quantity: str) -> TierResult:
    """The verdict of one test at one resolution."""
    result = _result(_attempt(test), test.claim, tier)
    return replace(result, quantity=quantity)


def _attempt(test: PlaceTest) -> _Attempt:
    solved = test.solve(test.reference)
    errors, first = test.errors(solved), test.first_power()
    main = test.study(errors, first, mpmath.mpf(0))
    if test.claim.users and not main.vanishes:  # it may be right and have another error than the derived one
        first = test.grid[0]
        main = test.study(errors, first, mpmath.mpf(0))
    detectable = 0.0
    for n, index, _ in _kept_terms(test.reference) if main.vanishes else ():
        wrong = _wrong(test, first, n, index, 1 + SMALL)
        detectable = max(detectable, float(smallest_seen(main, wrong, mpmath.mpf(10) ** -6)))
    return _Attempt(test, main, first, solved, detectable)


def _wrong(test: PlaceTest, first: Number, n: int, index: int, factor: sp.Expr) -> Convergence:
    """The limit of the differences where one coefficient is multiplied by a factor."""
    return test.study(test.scaled_errors(n, index, factor), first, mpmath.mpf(0))


def _seen(test: PlaceTest, first: Number, n: int, index: int, factor: sp.Expr) -> bool:
    """Whether a wrong coefficient is rejected."""
    return not _agrees(test, _wrong(test, first, n, index, factor), first)


def _agrees(test: PlaceTest, found: Convergence, first: Number) -> bool:
    """Whether the differences vanish; where broken powers follow each other closely they must still fall, too, or be lost in noise."""
    return found.vanishes and (not test.irregular or _lost(found) or does_not_settle(found, first))


def _lost(found: Convergence) -> bool:
    """Whether the last difference is no larger than noise, whose slope says nothing."""
    return bool(found.sizes[-1] <= found.noise + found.noise_before)


PLANTED = {"exact": (SMALL, 10 * SMALL, 100 * SMALL), "pde": (SMALL, 100 * SMALL, 1000 * SMALL)}
"""Relative errors of the control, the first that is seen counts; the PDE tier looks at solutions whose coefficients are tested already."""


def _control(test: PlaceTest, first: Number, planted: Sequence[sp.Expr]) -> NegativeControl:
    """Every kept coefficient wrong by a factor 2, and by the smallest of the planted errors that is seen."""
    claims, missed = [], []
    for n, index, term in _kept_terms(test.reference):
        name = f"coefficient of {term_name(test.reference[n], term)} times"
        claims.append(f"{name} 2")
        if not _seen(test, first, n, index, sp.Integer(2)):
            missed.append(claims[-1])
        seen = next((e for e in planted if _seen(test, first, n, index, 1 + e)), None)
        claims.append(f"{name} (1 + {float(seen or planted[-1]):.0e})".replace("e-0", "e-"))
        if seen is None:
            missed.append(claims[-1])
    return NegativeControl(tuple(claims), tuple(missed))


def _kept_terms(equations: Sequence[EvolutionEquation]) -> list[tuple[int, int, Any]]:
    return [
        (n, index, term)
        for n, e in enumerate(equations)
        for index, term in enumerate((*e.left, *e.right))
        if not term.time and term.coefficient != 0
    ]


def _result(attempt: _Attempt, claim: Claim, tier: str) -> TierResult:
    test, main, first = attempt.test, attempt.main, attempt.first
    lower = max((p for p in test.grid if p < first - mpmath.mpf("1e-9")), default=mpmath.mpf(0))
    errors, control = test.errors(attempt.solved), _control(test, first, PLANTED[tier])
    checks = {"a kept coefficient is wrong: the difference does not vanish with eps": _agrees(test, main, first)}
    if lower > 0 and not claim.users:
        checks["the difference vanishes more slowly than predicted"] = test.study(errors, first, lower).vanishes
    residual, predicted, below = None, None, mpmath.mpf(0)
    terms = [t for _, group in claim.discarded for t in group]
    remainder = test.remainder()
    if terms and remainder is not None and claim.equation is not None and not claim.users:
        predicted = test.residual_power(first, remainder)
        below = max((p for p in test.grid if p < predicted - mpmath.mpf("1e-9")), default=mpmath.mpf(0))
        corrected = [u + v for u, v in zip(attempt.solved, test.corrections(terms), strict=True)]
        residual = test.study(test.errors(corrected), predicted, below)
        checks["the discarded terms do not account for the difference"] = falls_away(residual, predicted - below)
    wrong = [why for why, fine in checks.items() if not fine]
    passed: bool | None = not wrong
    why = "; ".join(wrong) or "the lattice and the equation agree to the order that the regime keeps"
    if passed and not control.rejected:
        passed, why = None, f"the negative control was not rejected: {'; '.join(control.missed)}"
    details = frozen(
        floor=float(main.floor),
        floor_threshold=float(main.threshold),
        residual_order=None if residual is None or residual.order is None else float(residual.order + below),
        predicted_residual_order=None if predicted is None else float(predicted),
        differences=[float(s) for s in main.sizes],
        levels=[level.eps for level in test.layout.levels],
        steps=[level.steps for level in test.layout.levels] if test.model.clock == "discrete" else None,
        grid_points=test.points,
        domain="ring" if test.layout.ring else "window",
        functions={n: w.text(_arguments(test.model, n)) for n, w in test.layout.drawn},
        values=test.path.base.texts(),
        drawn=list(test.path.base.drawn),
    )
    return TierResult(
        tier, True, why, claim.regime.name, QUANTITY if not isinstance(test, ModesTest) else MODES, float(first), None if main.order is None or _lost(main) else float(main.order),
        float(main.threshold), passed, attempt.detectable if main.vanishes else None, control, details,
    )  # fmt: skip


def _arguments(model: JumpModel, name: str) -> tuple[str, ...]:
    return next(f.arguments for f in model.functions if f.name == name)
