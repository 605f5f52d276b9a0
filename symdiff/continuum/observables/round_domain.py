"""Balls and ellipsoids: mean exit times without drift (a quadratic function solves D_ij d_ij T = -1), and slowest rates."""

from __future__ import annotations

import mpmath
import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.shells import decay_in_shell, exit_from_shell
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement


def exit_from_quadric(model: JumpModel, generator: Backward, statement: ObservableStatement) -> Found:
    """T = gap/(-D_ij d_ij gap), where gap > 0 is the one quadratic domain, absorbing on its surface."""
    if statement.kind != "mean_exit_time" or statement.target is not None or not _one_ball(model):
        return exit_from_shell(model, generator, statement)
    if generator.moves:
        raise NotYetError("the exit from a curved domain has no closed form on the lattice")
    x = model.coordinate_symbols
    gap = sp.expand(model.boundaries[0].domain[0].gap)
    if not gap.is_polynomial(*x) or sp.Poly(gap, *x).total_degree() != 2:
        raise NotYetError("domains bounded by surfaces beyond the second degree are not handled", where="boundaries")
    total = sp.Integer(0)
    for term in generator.local:
        if term.coefficient.has(*x) or sum(term.order) not in (1, 2):
            raise NotYetError("curved domains are handled for constant diffusion only")
        derivative = gap
        for c, n in zip(x, term.order, strict=True):
            derivative = sp.diff(derivative, c, n) if n else derivative
        total += term.coefficient * derivative
    total = sp.expand(total)
    if total.has(*x) or total == 0:
        raise NotYetError("curved domains are handled without drift only")
    value = gap / (-total)
    if model.preparation.stated:
        value = value.xreplace(dict(zip(x, model.preparation.position, strict=True)))
    return Found(sp.factor(value) if model.preparation.stated else value)


def _one_ball(model: JumpModel) -> bool:
    """Whether one quadric absorbs all around; outside of it, or between two, other functions solve the problem."""
    if len(model.boundaries) != 1 or len(model.boundaries[0].domain) != 1 or model.boundaries[0].kind != "absorbing":
        return False
    gap, x = model.boundaries[0].domain[0].gap, model.coordinate_symbols
    return not all(sp.diff(gap, c, 2).is_positive for c in x)


DIGITS = 16


def decay_in_quadric(model: JumpModel, generator: Backward) -> Found:
    """z^2 m/c + v.D^-1.v/4 in the domain c - (x - x0).A.(x - x0) > 0 with A D = m 1, a ball where D is 1 times a number.

    z is the first zero of J_(d/2-1) at an absorbing surface; at a reflecting one, without drift, the first one of the derivative of
    r^(1-d/2) J_(d/2). Source: the radial Laplacian; the drift goes into a factor e^(v.D^-1.x/2).
    """
    boundary = model.boundaries[0]
    if len(model.boundaries) != 1 or len(boundary.domain) != 1:
        return decay_in_shell(model, generator)
    if boundary.kind not in ("absorbing", "reflecting"):
        raise NotYetError(
            "the slowest rate beside a partly absorbing curved wall is not handled yet", where="boundaries"
        )
    if generator.moves:
        raise NotYetError("the slowest rate in a curved domain has no closed form on the lattice")
    x = list(model.coordinate_symbols)
    drift, spread = constant_parts(generator, x)
    gap = sp.expand(boundary.domain[0].gap)
    if not gap.is_polynomial(*x) or sp.Poly(gap, *x).total_degree() != 2:
        raise NotYetError("domains bounded by surfaces beyond the second degree are not handled", where="boundaries")
    shape = -sp.hessian(gap, x) / 2
    product = (shape * spread).applyfunc(sp.cancel)
    strength = product[0, 0]
    if (product - strength * sp.eye(len(x))).applyfunc(sp.cancel) != sp.zeros(len(x)) or strength == 0:
        raise NotYetError("the slowest rate is handled in balls, and in ellipsoids that are as long as the walk spreads in each direction",
                          where="boundaries")  # fmt: skip
    if strength.is_negative:
        raise DerivationError(
            "outside of a ball there is no slowest rate: the modes decay arbitrarily slowly", where="boundaries"
        )
    centre = shape.LUsolve(sp.Matrix([sp.diff(gap, c) for c in x]).xreplace({c: sp.Integer(0) for c in x}) / 2)
    size = sp.expand(gap.xreplace(dict(zip(x, centre, strict=True))))
    pushed = (drift.T * spread.LUsolve(drift))[0]
    zero, notes = _zero(len(x), boundary.kind)
    if boundary.kind == "reflecting" and pushed != 0:
        raise NotYetError("the slowest rate of a drift inside a reflecting ball is no zero of a Bessel function")
    return Found(sp.factor(sp.cancel(strength / size)) * zero**2 + sp.factor(pushed) / 4, notes)


def constant_parts(generator: Backward, x: list[sp.Symbol]) -> tuple[sp.Matrix, sp.Matrix]:
    """Drift and diffusion tensor of a generator with constant coefficients."""
    drift, spread = sp.zeros(len(x), 1), sp.zeros(len(x))
    for term in generator.local:
        axes = [i for i, n in enumerate(term.order) for _ in range(n)]
        if term.coefficient.has(*x) or len(axes) not in (1, 2):
            raise NotYetError("curved domains are handled for constant drift and diffusion only")
        if len(axes) == 1:
            drift[axes[0]] += term.coefficient
        else:
            spread[axes[0], axes[1]] += term.coefficient / 2
            spread[axes[1], axes[0]] += term.coefficient / 2
    return drift, spread


def _zero(dimension: int, kind: str) -> tuple[sp.Expr, tuple[str, ...]]:
    """The wave number of the slowest mode of the unit ball."""
    known = {(1, "absorbing"): sp.pi / 2, (1, "reflecting"): sp.pi / 2, (3, "absorbing"): sp.pi}
    if (dimension, kind) in known:
        return known[dimension, kind], ()
    with mpmath.workdps(30):
        order = mpmath.mpf(dimension) / 2
        if kind == "absorbing":
            found, name = (
                mpmath.besseljzero(order - 1, 1),
                f"the first zero of J of order {sp.Rational(dimension, 2) - 1}",
            )
        else:
            found = mpmath.findroot(
                lambda r: mpmath.diff(lambda u: u ** (1 - order) * mpmath.besselj(order, u), r),
                order / 2 + mpmath.mpf("1.3"),
            )
            name = f"the first zero of the slope of r^(1 - {sp.Rational(dimension, 2)}) J of order {sp.Rational(dimension, 2)}"
        return sp.Float(mpmath.nstr(found, DIGITS), DIGITS), (f"{name}, squared, is given to {DIGITS} digits",)
