"""The exact tier: which comparison a model allows, its verdict, and its negative control."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath

from symdiff.dossier.verify_claim import Claim, term_name
from symdiff.dossier.verify_homogeneous import HomogeneousTest, Table
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.model.jump_model import JumpModel
from symdiff.verification.convergence import Convergence, smallest_seen
from symdiff.verification.tier import NegativeControl, TierResult, frozen

Number = Any

SMALL = mpmath.mpf(10) ** -6
"""Relative error of a coefficient that the negative control plants, beside a factor of two."""
_QUANTITY = "power of eps of (growth rate on the lattice - growth rate of the equation)"


def homogeneous_tier(model: JumpModel, claim: Claim, path: EpsPath) -> TierResult:
    """The verdict on one regime of a model with constant coefficients."""
    test = HomogeneousTest(model, claim, path)
    with mpmath.workdps(test.digits):
        if claim.equation is None:
            return _system_verdict(test)
        try:
            return _verdict(test, claim.equation)
        except ArithmeticError as error:
            return TierResult("exact", True, str(error), claim.regime.name, _QUANTITY, passed=False,
                              details=_setting(test))  # fmt: skip


def _verdict(test: HomogeneousTest, equation: EvolutionEquation) -> TierResult:
    predicted, claim = test.predicted, test.claim
    table = test.table(equation)
    errors = test.errors(table)
    main = test.study(errors, predicted.first, mpmath.mpf(0))
    checks = {"a kept coefficient is wrong: the difference does not vanish with eps": main.vanishes}
    if predicted.below_first > 0:
        lower = test.study(errors, predicted.first, predicted.below_first)
        checks["the difference vanishes more slowly than predicted"] = lower.vanishes
    residual = None
    if predicted.remainder is not None:
        extra = tuple(t for _, terms in claim.discarded for t in terms)
        more = test.table(replace(equation, left=(), right=extra))
        full = [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(table, more, strict=True)]
        residual = test.study(test.errors(full), predicted.remainder, predicted.below_remainder)
        checks["the discarded terms do not account for the difference"] = residual.vanishes
    if claim.system:
        checks["the system of equations is wrong"] = _system_study(test).vanishes
    control, detectable = _control(test, equation, table, main)
    return _result(test, main, residual, checks, control, detectable)


def _control(
    test: HomogeneousTest, equation: EvolutionEquation, table: Table, main: Convergence
) -> tuple[NegativeControl, float | None]:
    """Every kept coefficient wrong by a factor 1 + 1e-6, and by a factor 2; the smallest error that would be seen."""
    terms = (*equation.left, *equation.right)
    top = max(t.time for t in terms)
    claims, missed, detectable = [], [], mpmath.mpf(0)
    for index, term in enumerate(terms):
        if term.coefficient == 0 or (term.time == top and sum(term.space) == 0):
            continue
        for factor in (1 + SMALL, mpmath.mpf(2)):
            name = f"coefficient of {term_name(equation, term)} times {'2' if factor == 2 else '(1 + 1e-6)'}"
            study = test.study(test.errors(table, (index, factor)), test.predicted.first, mpmath.mpf(0))
            claims.append(name)
            if study.vanishes:
                missed.append(name)
            if factor != 2:
                detectable = max(detectable, smallest_seen(main, study, SMALL))
    return NegativeControl(tuple(claims), tuple(missed)), float(detectable) if claims else None


def _system_study(test: HomogeneousTest) -> Convergence:
    first = test.predicted.grid[0]
    return test.study(test.system_errors(test.claim.system), first, mpmath.mpf(0))


def _system_verdict(test: HomogeneousTest) -> TierResult:
    """A system without a single equation: entries of its matrix."""
    raise NotImplementedError


def _setting(test: HomogeneousTest) -> tuple[tuple[str, Any], ...]:
    return frozen(
        levels=[mpmath.nstr(e, 3) for e in test.eps],
        wave_vectors=len(test.waves[0]),
        digits=test.digits,
        values=test.path.base.texts(),
        drawn=list(test.path.base.drawn),
    )


def _result(
    test: HomogeneousTest, main: Convergence, residual: Convergence | None, checks: dict[str, bool],
    control: NegativeControl, detectable: float | None,
) -> TierResult:  # fmt: skip
    wrong = [why for why, fine in checks.items() if not fine]
    passed: bool | None = not wrong
    why = "; ".join(wrong)
    if passed and not control.rejected:
        passed, why = None, "the negative control was not rejected: this run could not have seen an error"
    predicted = test.predicted
    details = frozen(
        floor=_short(main.floor),
        floor_threshold=_short(main.threshold),
        residual_order=None
        if residual is None or residual.order is None
        else float(residual.order + predicted.below_remainder),
        predicted_residual_order=None if predicted.remainder is None else float(predicted.remainder),
        differences=[_short(s) for s in main.sizes],
        **dict(_setting(test)),
    )
    return TierResult(
        "exact", True, why or "the lattice and the equation agree to the order that the regime keeps", test.claim.regime.name, _QUANTITY,
        float(predicted.first), None if main.order is None else float(main.order), _short(main.threshold), passed, detectable, control, details,
    )  # fmt: skip


def _short(value: Number) -> float:
    """A number for display; what is below the range of a float is shown as zero."""
    return float(mpmath.nstr(value, 6))
