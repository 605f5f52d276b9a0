"""Zero range: the mean rate of a site as a function of its density, the fugacity z(C).

With the rate g(n) of a site with n agents, the local equilibrium has the weights z^n / (g(1)...g(n)); the mean of g is z and
the mean number is rho(z) = z Z'(z)/Z(z). For g = P/Q, polynomials with P(0) = 0, the weights obey
P(theta) Z = z Q(theta + 1) Z, theta = z d/dz. For P = p n and Q = q n + r this is z = p C/(q C + q + r); if
they are of second degree, theta rho follows from it and z(C) is known by its differential equation z' = z/(theta rho).
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel

NAMES = ("z", "fugacity", "z_C")


@dataclass(frozen=True)
class Fugacity:
    """The mean rate of a site: in closed form in ``density``, or a function called ``name`` that is known by its slope.

    ``slope`` is z'(C) in the symbols ``value`` and ``density``.
    """

    closed: sp.Expr | None
    density: sp.Symbol
    name: str = ""
    value: sp.Symbol | None = None
    slope: sp.Expr | None = None
    largest: sp.Expr | None = None  # where the weights stop to be summable; None: never

    def at(self, density: sp.Expr) -> sp.Expr:
        """The mean rate of a site with this density."""
        if self.closed is not None:
            return self.closed.xreplace({self.density: density})
        return sp.Function(self.name)(density)


def fugacity(model: JumpModel) -> Fugacity:
    """z(C) of the site rate; raises :class:`NotYetError` for one that is no quotient of polynomials up to second degree."""
    n = sp.Dummy("n", positive=True)
    g = sp.together(site_rate_of(model, n))
    density = sp.Dummy("C", positive=True)
    top, bottom = (sp.Poly(part, n) if part.is_polynomial(n) else None for part in sp.fraction(sp.cancel(g)))
    if top is None or bottom is None:
        raise _unknown(model)
    if top.coeff_monomial(1) != 0:
        top, bottom = top * sp.Poly(n, n), bottom * sp.Poly(n, n)
    if max(top.degree(), bottom.degree()) > 2:
        raise _unknown(model)
    (p1, p2), (q0, q1, q2) = (_coefficients(top)[1:], _coefficients(bottom))
    if p2 == 0 and q2 == 0:  # p1 theta Z = z (q1 (theta + 1) + q0) Z
        return Fugacity(sp.factor(p1 * density / (q1 * density + q0 + q1)), density)
    if p2 == 0:
        raise DerivationError(
            "a site with more agents is left ever more slowly, down to a rate of zero: no stationary law of a site exists at any "
            "density, and agents gather on single sites",
            where="[model] site_rate",
            instead="state a rate that stays positive for large numbers, as in 1 + b/C(x)",
        )
    z = sp.Dummy("z", positive=True)
    spread = (z * ((2 * q2 + q1) * density + q2 + q1 + q0) - p1 * density) / (p2 - q2 * z) - density**2
    slope = sp.factor(z / spread)
    taken = (
        {p.name for p in model.parameters}
        | {d.name for d in model.functions}
        | set(model.coordinates)
        | {model.density}
    )
    name = next(name for name in (*NAMES, *(f"z_{i}" for i in range(1, 99))) if name not in taken)
    largest = sp.cancel(p2 / q2) if q2 != 0 else None
    return Fugacity(None, density, name, z, slope, largest)


def site_rate_of(model: JumpModel, number: sp.Expr) -> sp.Expr:
    """The rate of a site with a number of agents."""
    here = sp.Function(model.density)(*model.coordinate_symbols)
    rate = model.crowd.site_rate
    assert rate is not None
    value = sp.expand(rate.xreplace({here: number}))
    if value.has(*model.coordinate_symbols) or value.atoms(AppliedUndef):
        raise NotYetError("a site rate that depends on place is not handled yet", where="[model] site_rate",
                          instead="let the rates of the jumps depend on place, and the site rate on the number alone")  # fmt: skip
    return value


def fugacity_assumptions(model: JumpModel) -> tuple[str, ...]:
    """What z(C) is, where it has no closed form, and where it holds."""
    found = fugacity(model)
    if found.slope is None or found.value is None:
        return ()
    n = sp.Symbol("n")
    z, c = sp.Symbol(found.name), sp.Symbol(model.density)
    slope = found.slope.xreplace({found.value: z, found.density: c})
    said = [
        f"{found.name}({c}) is the mean rate of a site of density {c} (its fugacity): {c} = z Z'(z)/Z(z) with "
        f"Z(z) = sum of z**n/(g(1)...g(n)), g(n) = {site_rate_of(model, n)}; so {found.name}(0) = 0 and "
        f"{found.name}'({c}) = {slope}"
    ]
    if found.largest is not None:
        said.append(f"the density stays below that at which {found.name} = {found.largest}, if there is one: beyond it agents "
                    "gather on single sites (condensation)")  # fmt: skip
    return tuple(said)


def _coefficients(polynomial: sp.Poly) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    (n,) = polynomial.gens
    return polynomial.coeff_monomial(1), polynomial.coeff_monomial(n), polynomial.coeff_monomial(n**2)


def _unknown(model: JumpModel) -> NotYetError:
    return NotYetError(
        f"the local equilibrium of the site rate {model.crowd.site_rate} has no fugacity that is known here",
        where="[model] site_rate",
        instead="handled: quotients of polynomials in the number of agents, up to second degree",
    )
