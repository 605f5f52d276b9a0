"""Observables of homogeneous walkers: on the lattice, exactly, and from the equation of each regime.

For independent increments the cumulants of the displacement grow linearly: with d_t u = sum_a A_a d^a u the cumulant of
multi-index a is (-1)^|a| a! A_a t. On the lattice all A_a are exact (the long-wave expansion to the order asked for);
from an equation only the terms that it keeps count.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import NotYetError, UsageError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.notation.storable import Storable

HIGHEST_MOMENT = 12


@dataclass(frozen=True)
class ObservableResult(Storable):
    """An observable's value on the lattice (None where symdiff has no exact form yet) and by regime."""

    name: str
    kind: str
    lattice: sp.Expr | None
    equation: tuple[tuple[str, sp.Expr], ...]
    why: str = ""


def observable_results(
    model: JumpModel, limits: tuple[ContinuumLimit, ...], wanted: tuple[ObservableStatement, ...]
) -> tuple[ObservableResult, ...]:
    """Every observable asked for, once."""
    found: list[ObservableResult] = []
    for statement in wanted:
        if all(f.name != statement.name for f in found):
            found.append(observable(model, limits, statement))
    return tuple(found)


def observable(
    model: JumpModel, limits: tuple[ContinuumLimit, ...], statement: ObservableStatement
) -> ObservableResult:
    """One observable; raises :class:`NotYetError` where no form is known on any level."""
    if statement.kind in ("moment", "variance"):
        return _moment_result(model, limits, statement)
    if statement.kind == "dispersion_relation":
        return ObservableResult(
            statement.name, statement.kind, lattice_dispersion(model), _by_regime(limits, "growth_rate")
        )
    if statement.kind == "propagator":
        pairs = [(limit.regime.name, propagator(model, limit)) for limit in limits]
        return ObservableResult(statement.name, statement.kind, None, tuple((n, v) for n, v in pairs if v is not None),
                                "the lattice law itself is counted by 'symdiff count'")  # fmt: skip
    if statement.kind == "scaling_exponent":
        pairs = [(limit.regime.name, scaling_exponent(limit)) for limit in limits]
        return ObservableResult(statement.name, statement.kind, None, tuple((n, v) for n, v in pairs if v is not None),
                                "the exponent of a typical width squared; where the second moment exists, of the variance")  # fmt: skip
    raise NotYetError(f"the observable '{statement.kind}' is not handled yet", where="observables")


def _by_regime(limits: tuple[ContinuumLimit, ...], attribute: str) -> tuple[tuple[str, sp.Expr], ...]:
    return tuple((x.regime.name, getattr(x, attribute)) for x in limits if getattr(x, attribute) is not None)


# --- moments ------------------------------------------------------------------------------------------------------


def _moment_result(
    model: JumpModel, limits: tuple[ContinuumLimit, ...], statement: ObservableStatement
) -> ObservableResult:
    power = _powers(model, statement)
    lattice = lattice_moment(model, power, central=statement.kind == "variance")
    found = []
    for limit in limits:
        value = equation_moment(model, limit, power, central=statement.kind == "variance")
        if value is not None:
            found.append((limit.regime.name, value))
    why = (
        ""
        if lattice is not None
        else "no exact form on the lattice for models with internal states or place-dependent rates yet"
    )
    return ObservableResult(statement.name, statement.kind, lattice, tuple(found), why)


def _powers(model: JumpModel, statement: ObservableStatement) -> sp.Poly:
    x = model.coordinate_symbols
    of = statement.of if statement.of is not None else x[0]
    if statement.kind == "variance":
        if of not in x:
            raise UsageError(
                'the variance of one coordinate is asked for as of = "x"', where=f"observable '{statement.name}'"
            )
        return sp.Poly(of, *x)
    if not of.is_polynomial(*x):
        raise NotYetError(f"moments of {of}, which is no polynomial in the coordinates, are not handled yet",
                          where=f"observable '{statement.name}'")  # fmt: skip
    poly = sp.Poly(sp.expand(of), *x)
    if poly.total_degree() > HIGHEST_MOMENT:
        raise UsageError(f"a moment of order {poly.total_degree()}; at most {HIGHEST_MOMENT} is handled",
                         where=f"observable '{statement.name}'")  # fmt: skip
    return poly


def lattice_moment(model: JumpModel, power: sp.Poly, *, central: bool = False) -> sp.Expr | None:
    """The exact moment of the displacement at time t (a multiple of the time step in discrete time), one state only."""
    if model.states or any(j.law is not None and j.law.tail is not None for j in model.jumps):
        return sp.oo if _infinite(model, power) else None
    order = max(2 if central else 1, power.total_degree())
    try:
        limit = derive_regime(model, LONG_WAVE, order)
    except NotYetError:
        return None
    return equation_moment(model, limit, power, central=central)


def _infinite(model: JumpModel, power: sp.Poly) -> bool:
    return power.total_degree() >= 2 and any(j.law is not None and j.law.tail is not None for j in model.jumps)


def equation_moment(
    model: JumpModel, limit: ContinuumLimit, power: sp.Poly, *, central: bool = False
) -> sp.Expr | None:
    """The moment of the displacement from the terms that an equation keeps; oo where it does not exist."""
    equation = limit.equation
    if equation is None or not equation.is_homogeneous or any(t.time > 1 for t in equation.left):
        return None
    if any(t.fractional is not None for t in equation.right):
        return sp.oo if power.total_degree() >= 2 else None
    zero = (0,) * model.dimension
    if any(t.space == zero for t in equation.right):
        return None
    cumulants = {
        t.space: (-1) ** sum(t.space) * _factorial(t.space) * t.coefficient * model.time for t in equation.right
    }  # fmt: skip
    if central:
        alpha = power.monoms()[0]
        doubled = tuple(2 * a for a in alpha)
        return cumulants.get(doubled, sp.Integer(0))
    total = sp.Integer(0)
    for monomial, coefficient in power.terms():
        total += coefficient * _moment_from_cumulants(tuple(monomial), cumulants)
    return sp.expand(total)


def _factorial(alpha: tuple[int, ...]) -> sp.Expr:
    return sp.Mul(*(sp.factorial(a) for a in alpha))


def _moment_from_cumulants(alpha: tuple[int, ...], cumulants: dict[tuple[int, ...], sp.Expr]) -> sp.Expr:
    """m_a = sum over b of binomials times cumulant_b m_(a-b), splitting off the block that holds one fixed factor."""
    if sum(alpha) == 0:
        return sp.Integer(1)
    first = next(i for i, a in enumerate(alpha) if a)
    total = sp.Integer(0)
    for beta, value in cumulants.items():
        if beta[first] == 0 or any(b > a for a, b in zip(alpha, beta, strict=True)):
            continue
        ways = sp.Integer(1)
        for i, (a, b) in enumerate(zip(alpha, beta, strict=True)):
            ways *= sp.binomial(a - 1, b - 1) if i == first else sp.binomial(a, b)
        rest = tuple(a - b for a, b in zip(alpha, beta, strict=True))
        total += ways * value * _moment_from_cumulants(rest, cumulants)
    return total


# --- dispersion, propagator, exponent -----------------------------------------------------------------------------


def lattice_dispersion(model: JumpModel) -> sp.Expr | None:
    """s(k) on the lattice, exactly: log(sum p e^(-ikr))/tau or sum w (e^(-ikr) - 1), one state only."""
    x = model.coordinate_symbols
    dependent = any(
        e.has(*x) or e.atoms(sp.core.function.AppliedUndef) for j in model.jumps for e in (j.intensity, *j.displacement)
    )
    if model.states or dependent or not model.rests or any(j.law is not None for j in model.jumps):
        return None
    taken = {p.name for p in model.parameters}
    names = ["k"] if model.dimension == 1 and "k" not in taken else [f"k_{c}" for c in model.coordinates]
    k = [sp.Symbol(n, real=True) for n in names]
    total = sp.Integer(0)
    for jump in model.jumps:
        phase = sp.Add(*(a * r for a, r in zip(k, jump.displacement, strict=True)))
        total += jump.intensity * (sp.exp(-sp.I * phase) - 1)
    if model.clock == "continuous":
        return total
    return sp.log(1 + sp.expand(total)) / model.time_step


def propagator(model: JumpModel, limit: ContinuumLimit) -> sp.Expr | None:
    """The Gaussian solution of drift and diffusion from a point at the origin."""
    equation = limit.equation
    if equation is None or not equation.is_homogeneous or any(t.time > 1 for t in equation.left):
        return None
    if any(t.fractional is not None or sum(t.space) not in (1, 2) for t in equation.right):
        return None
    drift, tensor = limit.drift, limit.diffusion_tensor
    matrix = sp.Matrix(tensor)
    determinant = matrix.det()
    if not tensor or determinant == 0:
        return None
    t = model.time
    shifted = sp.Matrix([c - v * t for c, v in zip(model.coordinate_symbols, drift, strict=True)])
    quadratic = (shifted.T * matrix.inv() * shifted)[0, 0]
    norm = sp.sqrt((4 * sp.pi * t) ** model.dimension * determinant)
    return sp.exp(-quadratic / (4 * t)) / norm


def scaling_exponent(limit: ContinuumLimit) -> sp.Expr | None:
    """The power of t with which the square of a typical width grows, in the frame that moves with the drift."""
    equation = limit.equation
    if equation is None or not equation.is_homogeneous or any(t.time > 1 for t in equation.left):
        return None
    fractional = [t.fractional for t in equation.right if t.fractional is not None]
    if fractional:
        return 1 / fractional[0]
    orders = [sum(t.space) for t in equation.right if sum(t.space) >= 2]
    return sp.Integer(1) if 2 in orders else None
