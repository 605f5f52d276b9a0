"""The exact tier: which comparison a model allows, its verdict, and its negative control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import mpmath
import sympy as sp

from symdiff.dossier.verify_claim import Claim, term_name, time_order, with_term_scaled
from symdiff.dossier.verify_homogeneous import HomogeneousTest
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.dossier.verify_rules import assumed_laws
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.evidence.propagation.renewal import NoGrowthError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.convergence import Convergence, does_not_settle, falls_away, smallest_seen
from symdiff.verification.tier import NegativeControl, TierResult, frozen

Number = Any

SMALL = mpmath.mpf(10) ** -6
"""Relative error of a coefficient that the negative control plants, beside a factor of two."""
WRONG = "a kept coefficient is wrong: the difference does not vanish with eps"
_QUANTITY = "power of eps of (growth rate on the lattice - growth rate of the equation)"


def homogeneous_tier(model: JumpModel, claim: Claim, path: EpsPath) -> TierResult:
    """The verdict on one regime of a model with constant coefficients."""
    try:
        test = HomogeneousTest(model, claim, path)
    except NoGrowthError as reason:
        return TierResult("exact", True, str(reason), claim.regime.name, _QUANTITY, passed=None,
                          details=frozen(values=path.base.texts()))  # fmt: skip
    with mpmath.workdps(test.digits):
        try:
            return _system_verdict(test) if claim.equation is None else _verdict(test, claim.equation)
        except ArithmeticError as error:
            return TierResult("exact", True, str(error), claim.regime.name, _QUANTITY, passed=False,
                              details=_setting(test))  # fmt: skip


def _verdict(test: HomogeneousTest, equation: EvolutionEquation) -> TierResult:
    predicted, claim = test.predicted, test.claim
    table = test.table(equation)
    errors = test.errors(table)
    first = predicted.first
    main = test.study(errors, first, mpmath.mpf(0))
    if claim.users and not main.vanishes:  # it may be right and have another error than the derived one
        first = predicted.grid[0]
        main = test.study(errors, first, mpmath.mpf(0))
    checks = {WRONG: main.vanishes and does_not_settle(main, first)}
    if predicted.below_first > 0 and not claim.users:
        lower = test.study(errors, predicted.first, predicted.below_first)
        checks["the difference vanishes more slowly than predicted"] = lower.vanishes
    residual = None
    if predicted.remainder is not None and not claim.users:
        extra = tuple(t for _, terms in claim.discarded for t in terms)
        more = test.table(replace(equation, left=(), right=extra))
        full = [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(table, more, strict=True)]
        residual = test.study(test.errors(full), predicted.remainder, predicted.below_remainder)
        checks["the discarded terms do not account for the difference"] = falls_away(
            residual, predicted.remainder - predicted.below_remainder
        )
    if claim.system:
        checks["the system of equations is wrong"] = _system_study(test, claim.system).vanishes

    def study(index: int, factor: Number) -> Convergence:
        return test.study(test.errors(table, (index, factor)), first, mpmath.mpf(0))

    named = [
        (term_name(equation, t), partial(study, n))
        for n, t in _open_terms(equation)
        if any(row[n][0] != 0 for rows in table for row in rows)  # a factor of a term that is zero here changes nothing
    ]
    control, detectable = negative_control(main, named)
    return _result(test, main, residual, checks, control, detectable if checks[WRONG] else None)


def _system_verdict(test: HomogeneousTest) -> TierResult:
    """Several densities that stay apart: the entries of the matrix of their equations."""
    system = test.claim.system
    main = _system_study(test, system)

    def study(row: int, index: int, factor: Number) -> Convergence:
        exact = sp.Integer(2) if factor == 2 else 1 + sp.Rational(1, 10**6)
        changed = [with_term_scaled(e, index, exact) if n == row else e for n, e in enumerate(system)]
        return _system_study(test, changed)

    named = [(f"{term_name(e, t)} in the equation of {e.density}", partial(study, row, n))
             for row, e in enumerate(system) for n, t in _open_terms(e)]  # fmt: skip
    return _result(test, main, None, {WRONG: main.vanishes}, *negative_control(main, named))


def _open_terms(equation: EvolutionEquation) -> list[tuple[int, Term]]:
    """The terms whose coefficients can be wrong: all but the highest time derivative, which sets the scale."""
    terms = (*equation.left, *equation.right)
    top = time_order(equation)
    return [
        (n, t)
        for n, t in enumerate(terms)
        if t.coefficient != 0 and not ((t.caputo is not None or t.time == top) and sum(t.space) == 0)
    ]


def negative_control(
    main: Convergence, named: Sequence[tuple[str, Callable[[Number], Convergence]]]
) -> tuple[NegativeControl, float | None]:
    """Every kept coefficient wrong by a factor 1 + 1e-6, and by a factor 2; the smallest error that would be seen."""
    claims, missed, detectable = [], [], mpmath.mpf(0)
    for name, study in named:
        for factor in (1 + SMALL, mpmath.mpf(2)):
            claim = f"coefficient of {name} times {'2' if factor == 2 else '(1 + 1e-6)'}"
            wrong = study(factor)
            claims.append(claim)
            if wrong.vanishes:
                missed.append(claim)
            if factor != 2 and main.vanishes:
                detectable = max(detectable, smallest_seen(main, wrong, SMALL))
    return NegativeControl(tuple(claims), tuple(missed)), float(detectable) if claims and main.vanishes else None


def _system_study(test: HomogeneousTest, system: Sequence[EvolutionEquation]) -> Convergence:
    return test.study(test.system_errors(system), test.predicted.grid[0], mpmath.mpf(0))


def _setting(test: HomogeneousTest) -> tuple[tuple[str, Any], ...]:
    return frozen(
        levels=[mpmath.nstr(e, 3) for e in test.eps],
        wave_vectors=len(test.waves[0]),
        digits=test.digits,
        values=test.path.base.texts(),
        drawn=list(test.path.base.drawn),
        assumed=list(assumed_laws(test.model)),
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
