"""Wrong equations made from right ones, for the tests of the cross-check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import sympy as sp

import symdiff as sd
from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_claim import with_term_scaled
from symdiff.dossier.verify_growth import walkers_tier
from symdiff.dossier.verify_numbers import base_values
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.verification.tier import TierResult

SMALL = sp.Rational(1, 10**6)


def mutations(equation: EvolutionEquation) -> Iterator[tuple[str, EvolutionEquation]]:
    """Coefficients off by one in a million, dropped, of the wrong sign, off by factors of two; other powers; added terms."""
    terms = (*equation.left, *equation.right)
    top = max(t.time for t in terms)
    for n, term in enumerate(terms):
        if term.coefficient == 0 or (term.time == top and not any(term.space)):
            continue
        for factor in (1 + SMALL, 1 - SMALL, sp.Integer(0), sp.Integer(-1), sp.Integer(2), sp.Rational(1, 2)):
            yield f"term {n} times {factor}", with_term_scaled(equation, n, factor)
        if term.fractional is not None:
            moved = [
                replace(t, fractional=t.fractional + sp.Rational(1, 2000)) if t is term else t for t in equation.right
            ]
            yield f"term {n} with another power", replace(equation, right=tuple(moved))
        if term.inside:
            flat = [replace(t, inside=False) if t is term else t for t in equation.right]
            if any(t.coefficient.has(*equation.coordinates) for t in flat):
                yield f"term {n} outside of its derivative", replace(equation, right=tuple(flat))
    size = len(equation.coordinates)
    unit = next(t.coefficient for t in equation.right if t.coefficient != 0)
    present = {t.space for t in terms if not t.time}
    for orders in {(1, *(0,) * (size - 1)), (2, *(0,) * (size - 1)), (0,) * size, (*(0,) * (size - 1), 1)} - present:
        added = Term(unit / 1000, equation.density, orders, power=Fraction(0))
        yield f"added derivative {orders}", replace(equation, right=(*equation.right, added))


def wall_mutations(limit: ContinuumLimit) -> Iterator[tuple[str, ContinuumLimit]]:
    """Conditions at walls with one side off by one in a million, by factors of two, without it, and walls half a cell off."""
    conditions = limit.boundary_conditions
    for n, b in enumerate(conditions):
        others = (conditions[:n], conditions[n + 1 :])

        def put(wrong: BoundaryCondition, others: tuple[tuple[BoundaryCondition, ...], ...] = others) -> ContinuumLimit:
            return replace(limit, boundary_conditions=(*others[0], wrong, *others[1]))

        if b.rhs != 0:
            for factor in (1 + SMALL, 1 - SMALL, sp.Integer(0), sp.Integer(-1), sp.Integer(2), sp.Rational(1, 2)):
                yield f"condition {n} times {factor}", put(replace(b, rhs=b.rhs * factor))
        named = dict(b.coefficients)
        if "wall" in named:
            for off in (sp.Rational(1, 2), -sp.Rational(1, 2), SMALL):
                wall = named["wall"] + off * _spacing(limit)
                changed = tuple((k, wall if k == "wall" else v) for k, v in b.coefficients)
                yield f"condition {n}: wall off by {off} cells", put(replace(b, coefficients=changed))


def _spacing(limit: ContinuumLimit) -> sp.Symbol:
    """The length in the equation's parameters, which the models of the tests call h or a."""
    names = {s for e in limit.master_equation.equations for s in e.rhs.free_symbols}
    return next((s for s in names if s.name in ("h", "a", "ell")), sp.Integer(1))


def verdict_on(model: sd.JumpModel, limit: ContinuumLimit, equation: EvolutionEquation | None = None) -> TierResult:
    """The exact tier's verdict on an equation in one regime; without one, on the derived equation."""
    return walkers_tier(model, limit, base_values(model, Settings()), equation)
