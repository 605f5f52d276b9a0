"""Whether a front of d_t u = d_x(D(u) d_x u - f(u)) + R(u) into the empty state is pulled, and its speed where it is pushed.

Where D(u) R(u)/u is largest at u = 0, and f bends backwards, the speed is the linear one. Closed forms where it is not:
R = K u (u1 - u)(u - u2): sqrt(D K/2) (u1 - 2 u2) for u2 > -u1/2 (Hadeler and Rothe; for u2 > 0 the front is bistable); D = d u
beside logistic growth: sqrt(d u1 r/2) (Aronson); f = v u + b u^2/2 beside logistic growth: v + b u1/2 + 2 D r/(b u1) for
b u1 > 2 sqrt(D r). Source: Murray, Mathematical Biology I, ch. 13; Malaguti and Marcelli, J. Differential Equations 195 (2003) 471.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from symdiff.continuum.observables.result import Found
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.parameter import Interval
from symdiff.model.ranges import certain_range

PULLED = "the front is pulled: growth is fastest at low density, and the start falls off steeply enough"
PUSHED = "the front is pushed: growth at higher density drives it"
STEEP = "the start falls off steeply enough"


@dataclass(frozen=True)
class Medium:
    """Diffusivity, flux and source as functions of the density ``u``, and the ranges of the parameters."""

    u: sp.Symbol
    spread: sp.Expr
    flux: sp.Expr
    source: sp.Expr
    box: Mapping[sp.Symbol, Interval]

    def at_zero(self, value: sp.Expr) -> sp.Expr:
        """A value in the empty state."""
        return sp.factor(value.xreplace({self.u: sp.Integer(0)}))

    def positive(self, value: sp.Expr) -> bool:
        """Whether a value is positive for all parameters."""
        span = certain_range(value, self.box)
        return bool(value.is_positive) or (span.low is not None and (span.low > 0 or (span.low == 0 and span.low_open)))

    def nonpositive(self, value: sp.Expr) -> bool:
        """Whether a value is nowhere positive."""
        span = certain_range(value, self.box)
        return bool(value.is_nonpositive) or (span.high is not None and span.high <= 0)

    def decisive(self, value: sp.Expr) -> sp.Expr:
        """The value without factors that are positive for all parameters."""
        return sp.Mul(*(f for f in sp.Mul.make_args(sp.factor(value)) if not self.positive(f)))

    def signed(self, value: sp.Expr) -> sp.Expr:
        """The value with abs(e) written as e or -e where the parameters tell."""
        return value.replace(
            lambda e: isinstance(e, sp.Abs),
            lambda e: e.args[0] if self.positive(e.args[0]) else -e.args[0] if self.nonpositive(e.args[0]) else e,
        )


def front(medium: Medium) -> Found:
    """The least speed to the right, with what it assumes; raises where it is not known."""
    u = medium.u
    growth, diffusion = medium.at_zero(sp.diff(medium.source, u)), medium.at_zero(medium.spread)
    drift = sp.expand(medium.at_zero(sp.diff(medium.flux, u)))
    bent = sp.expand(medium.flux - drift * u)
    for family in (_cubic, _degenerate, _with_flux):
        found = family(medium, growth, diffusion, bent)
        if found is not None:
            return Found(drift + found.value, found.assumptions)
    if growth == 0 or medium.nonpositive(growth):
        raise DerivationError("nothing grows at low density: no front is pulled into the empty state",
                              instead="state [[reactions]] with growth at low density")  # fmt: skip
    if diffusion == 0:
        raise NotYetError("the diffusion vanishes in the empty state: the speed of this front has no closed form here")
    notes = [PULLED] if medium.positive(growth) else [PULLED, f"{growth} > 0"]
    driving = sp.cancel(medium.spread * medium.source / u)
    rise = medium.at_zero(sp.diff(driving, u))
    if medium.positive(rise) or medium.positive(medium.at_zero(sp.diff(bent, u, 2))):
        raise NotYetError("the front may be pushed: density helps it to grow or to spread, and its speed then has no closed form here",
                          instead="ask for it by simulation; the linear speed is a lower bound only")  # fmt: skip
    if not medium.nonpositive(rise):
        notes.append(f"{sp.factor(driving)} is largest at {u.name} = 0")
    return Found(drift + 2 * sp.sqrt(sp.factor(diffusion * growth)), tuple(notes))


def _cubic(medium: Medium, growth: sp.Expr, diffusion: sp.Expr, bent: sp.Expr) -> Found | None:
    """R = growth u + c1 u^2 - K u^3 beside a constant diffusion."""
    u = medium.u
    if medium.spread.has(u) or bent != 0 or not medium.source.is_polynomial(u) or sp.degree(medium.source, u) != 3:
        return None
    c1, k = (sp.factor(sign * sp.expand(medium.source).coeff(u, n)) for n, sign in ((2, 1), (3, -1)))
    if medium.nonpositive(k):
        raise DerivationError("growth does not saturate: no uniform state lies behind a front")
    total, square = sp.factor(c1 / k), sp.factor((c1 / k) ** 2 + 4 * growth / k)
    root = medium.signed(sp.sqrt(square))
    upper, lower = sp.factor((total + root) / 2), sp.factor((total - root) / 2)
    pushed = sp.sqrt(sp.factor(diffusion * k / 2)) * sp.factor(upper - 2 * lower)
    pulled = 2 * sp.sqrt(sp.factor(diffusion * growth))
    if medium.nonpositive(growth):
        if medium.nonpositive(square) or medium.nonpositive(c1):
            raise DerivationError("nothing grows at any density: no front advances")
        notes = tuple(f"{e} > 0" for e in (c1, square) if not medium.positive(e))
        return Found(pushed, (f"bistable: the front leads from {medium.u.name} = {upper} to the empty state", *notes))
    excess = sp.factor(2 * c1**2 - growth * k)
    notes = () if medium.positive(growth) else (f"{growth} > 0",)
    if medium.nonpositive(c1) or medium.nonpositive(excess):
        return Found(pulled, (PULLED, *notes))
    if medium.positive(c1) and medium.positive(excess):
        return Found(pushed, (PUSHED, STEEP, *notes))
    condition = sp.And(*(medium.decisive(e) > 0 for e in (c1, excess) if not medium.positive(e)))
    return Found(sp.Piecewise((pushed, condition), (pulled, True)), (STEEP, *notes))


def _logistic(medium: Medium, growth: sp.Expr) -> sp.Expr | None:
    """u1 of R = growth u (1 - u/u1)."""
    u = medium.u
    if not medium.source.is_polynomial(u) or sp.degree(medium.source, u) != 2 or medium.nonpositive(growth):
        return None
    bend = -sp.expand(medium.source).coeff(u, 2)
    return sp.factor(growth / bend) if medium.positive(bend) else None


def _degenerate(medium: Medium, growth: sp.Expr, diffusion: sp.Expr, bent: sp.Expr) -> Found | None:
    """D = d u beside logistic growth: a sharp front."""
    slope, height = sp.cancel(medium.spread / medium.u), _logistic(medium, growth)
    if diffusion != 0 or bent != 0 or slope.has(medium.u) or height is None:
        return None
    return Found(
        sp.sqrt(sp.factor(slope * height * growth / 2)), (f"the front is sharp: ahead of it {medium.u.name} is zero",)
    )


def _with_flux(medium: Medium, growth: sp.Expr, diffusion: sp.Expr, bent: sp.Expr) -> Found | None:
    """f = v u + b u^2/2 with b > 0 beside logistic growth."""
    twice, height = sp.factor(sp.diff(bent, medium.u, 2)), _logistic(medium, growth)
    if medium.spread.has(medium.u) or height is None or twice.has(medium.u) or medium.nonpositive(twice):
        return None
    push, pulled = sp.factor(twice * height), 2 * sp.sqrt(sp.factor(diffusion * growth))
    pushed = push / 2 + 2 * sp.factor(diffusion * growth / push)
    return Found(sp.Piecewise((pushed, push > pulled), (pulled, True)), (STEEP,))
