"""Between and outside of concentric spheres (or ellipsoids as long as the walk spreads): exits of diffusion without drift.

With rho^2 = (x - x0).A.(x - x0), A D = m 1, the density's backward operator acts on functions of rho as m (u'' + (d - 1) u'/rho):
m times the Laplacian of d dimensions. Source: Redner, A Guide to First-Passage Processes, ch. 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.exit_modes import OVER_TARGET
from symdiff.continuum.observables.result import Found
from symdiff.errors import DerivationError, NotYetError, UsageError
from symdiff.model.boundary import Region
from symdiff.model.jump_model import JumpModel, ObservableStatement

ZERO, ONE = sp.Integer(0), sp.Integer(1)
NEVER = DerivationError(
    "walkers never leave: no boundary absorbs", where="boundaries", instead='write kind = "absorbing" at one wall'
)


@dataclass(frozen=True)
class Shell:
    """Walls at rho^2 = ``inner`` and ``outer`` (None: open), their kinds, and the square of rho at the start."""

    dimension: int
    strength: sp.Expr
    start: sp.Expr
    inner: sp.Expr | None
    outer: sp.Expr | None
    kinds: tuple[str, str]
    counted: tuple[bool, bool]

    @property
    def every(self) -> bool:
        """Whether each wall that absorbs counts."""
        return all(c or k != "absorbing" for c, k in zip(self.counted, self.kinds, strict=True))


def exit_from_shell(model: JumpModel, generator: Backward, statement: ObservableStatement) -> Found:
    """Splitting probability and mean exit time, also over those that leave through the target."""
    shell = shell_of(model, generator, statement.target)
    chance, notes = _chance(shell)
    if statement.kind == "splitting_probability":
        return Found(chance, notes)
    if statement.kind != "mean_exit_time":
        raise NotYetError(
            "for a curved domain mean exit times and splitting probabilities are handled", where="boundaries"
        )
    if shell.outer is None:
        if (
            statement.target is not None and shell.dimension > 4
        ):  # of those that come; the source a^(d-2) r^(2-d) has a decaying answer
            assert shell.inner is not None
            return Found(
                (shell.start - shell.inner) / (2 * (shell.dimension - 4) * shell.strength), (*notes, OVER_TARGET)
            )
        why = (
            "walkers escape for ever with a finite chance"
            if shell.dimension > 2
            else "every walker arrives, after times without a mean"
        )
        return Found(sp.oo, (why,))
    if shell.every:
        return Found(_solved(shell, (ONE, ZERO)), notes)
    joint = _solved(shell, _harmonic(shell))
    return Found(joint / chance, (*notes, OVER_TARGET))


def survival_in_round(model: JumpModel, generator: Backward, statement: ObservableStatement, t: sp.Symbol) -> Found:
    """S, or -dS/dt, in three dimensions, where rho u is a function of diffusion on a line.

    Outside of a ball S = 1 - (a/rho) erfc((rho - a)/sqrt(4 m t)); inside of one, and between two, a sum over the modes
    sin(k pi (rho - a)/(b - a))/rho with the factors 2 (a - (-1)^k b)/(k pi), a = 0 inside of a ball.
    """
    shell = shell_of(model, generator, statement.target)
    if shell.dimension != 3 or any(k == "reflecting" for k in shell.kinds) or not shell.every:
        modes = (
            " elsewhere their modes are Bessel functions, whose zeros have no closed form"
            if shell.dimension != 3
            else ""
        )
        raise NotYetError("time-dependent exits from curved domains are handled in three dimensions, through walls that all absorb and count"
                          + (";" + modes if modes else ""), where="boundaries",
                          instead="ask for mean_exit_time, or for decay_rate, at which the survival falls off at late times")  # fmt: skip
    place, dies = sp.sqrt(shell.start), statement.kind == "survival_probability"
    radius = sp.sqrt(shell.inner) if shell.inner is not None else ZERO
    if shell.outer is not None:
        k, wide = sp.Symbol("_k", integer=True, positive=True), sp.sqrt(shell.outer) - radius
        rate = shell.strength * (sp.pi * k / wide) ** 2
        factor = 2 * (radius - (-1) ** k * sp.sqrt(shell.outer)) / (sp.pi * k)
        shape = sp.pi * k / wide if shell.start == 0 else sp.sin(sp.pi * k * (place - radius) / wide) / place
        return Found(sp.Sum(factor * shape * sp.exp(-rate * t) * (1 if dies else rate), (k, 1, sp.oo)))
    gap = place - radius
    if dies:
        return Found(1 - radius / place * sp.erfc(gap / sp.sqrt(4 * shell.strength * t)))
    width = 4 * shell.strength * t
    return Found(radius * gap / (place * sp.sqrt(sp.pi * width) * t) * sp.exp(-(gap**2) / width))


def decay_in_shell(model: JumpModel, generator: Backward) -> Found:
    """Between two absorbing spheres of three dimensions rho u is a sine: m (pi/(b - a))^2."""
    shell = shell_of(model, generator, None)
    if shell.inner is None or shell.outer is None:
        raise DerivationError(
            "outside of a ball there is no slowest rate: the modes decay arbitrarily slowly", where="boundaries"
        )
    if shell.dimension != 3 or shell.kinds != ("absorbing", "absorbing"):
        raise NotYetError(
            "the slowest rate between these spheres is the root of a transcendental equation", where="boundaries"
        )
    return Found(shell.strength * sp.pi**2 / (sp.sqrt(shell.outer) - sp.sqrt(shell.inner)) ** 2)


# --- the geometry ---------------------------------------------------------------------------------------------------


def shell_of(model: JumpModel, generator: Backward, target: Region | None) -> Shell:
    if generator.moves:
        raise NotYetError("the exit from a curved domain has no closed form on the lattice")
    x = list(model.coordinate_symbols)
    spread = _diffusion(generator, x)
    walls: dict[bool, tuple[sp.Expr, str, bool]] = {}
    common: tuple[sp.Matrix, sp.Matrix] | None = None
    strength = ZERO
    for boundary in model.boundaries:
        for side in boundary.domain:
            if boundary.kind not in ("absorbing", "reflecting"):
                raise NotYetError("a partly absorbing curved wall is not handled yet", where="boundaries")
            shape, centre, level, size = _sphere(side.gap, x, spread)
            if common is not None and (common[0] - shape, common[1] - centre) != (
                sp.zeros(len(x)),
                sp.zeros(len(x), 1),
            ):
                raise NotYetError("curved walls about different centres, or of different shapes, are not handled yet",
                                  where="boundaries")  # fmt: skip
            common, strength = (shape, centre), size
            outside = level.is_negative is True
            if outside in walls:
                raise UsageError(
                    "two curved walls bound the same side", where="boundaries", instead="state the nearer one"
                )
            walls[outside] = (abs(level) if level.is_number else (-level if outside else level), boundary.kind,
                              boundary.kind == "absorbing" and _counts(side.gap, target, x))  # fmt: skip
    if common is None:
        raise DerivationError("walkers never leave: no boundary absorbs", where="boundaries",
                              instead='write [[boundaries]] with domain = "x**2 + y**2 < R**2" and kind = "absorbing", or a target')  # fmt: skip
    inner, outer = walls.get(True), walls.get(False)
    counted = (inner is not None and inner[2], outer is not None and outer[2])
    if target is not None and not any(counted):
        raise UsageError(f"no exit lies in the target '{target.as_text()}'", where="target",
                         instead="name the side of an absorbing boundary")  # fmt: skip
    if inner and outer and sp.expand(outer[0] - inner[0]).is_nonpositive:
        raise DerivationError("nothing lies between the two curved walls", where="boundaries", instead="exchange them")
    away = sp.Matrix(x) - common[1]
    start = (away.T * common[0] * away)[0]
    if model.preparation.stated:
        start = start.xreplace(dict(zip(x, model.preparation.position, strict=True)))
    kinds = (inner[1] if inner else "", outer[1] if outer else "")
    return Shell(len(x), strength, start, inner[0] if inner else None, outer[0] if outer else None, kinds, counted)


def _sphere(gap: sp.Expr, x: list[sp.Symbol], spread: sp.Matrix) -> tuple[sp.Matrix, sp.Matrix, sp.Expr, sp.Expr]:
    """(A, centre, level, m) of the wall (x - x0).A.(x - x0) = |level| with A D = m 1; the level is negative outside of it."""
    gap = sp.expand(gap)
    if not gap.is_polynomial(*x) or sp.Poly(gap, *x).total_degree() != 2:
        raise NotYetError("domains bounded by surfaces beyond the second degree are not handled", where="boundaries")
    shape = -sp.hessian(gap, x) / 2
    product = (shape * spread).applyfunc(sp.cancel)
    strength = product[0, 0]
    if strength == 0 or (product - strength * sp.eye(len(x))).applyfunc(sp.cancel) != sp.zeros(len(x)):
        raise NotYetError("exits between curved walls are handled for balls, and for ellipsoids that are as long as the walk spreads in "
                          "each direction", where="boundaries")  # fmt: skip
    slope = sp.Matrix([sp.diff(gap, c) for c in x]).xreplace(dict.fromkeys(x, ZERO))
    centre = (shape.LUsolve(slope) / 2).applyfunc(sp.cancel)
    level = sp.cancel(gap.xreplace(dict(zip(x, centre, strict=True))))
    if strength.is_negative:
        return -shape, centre, level, -strength
    if strength.is_positive is None:
        raise NotYetError(
            f"on which side of the curved wall walkers are depends on the sign of {strength}", where="boundaries"
        )
    return shape, centre, level, strength


def _diffusion(generator: Backward, x: list[sp.Symbol]) -> sp.Matrix:
    spread = sp.zeros(len(x))
    if len(generator.states) > 1:
        raise NotYetError("curved domains are handled for one density so far", where="boundaries")
    for term in generator.local:
        axes = [i for i, n in enumerate(term.order) for _ in range(n)]
        if term.coefficient.has(*x) or len(axes) != 2:
            raise NotYetError(
                "curved domains are handled for constant diffusion without drift only", where="boundaries"
            )
        spread[axes[0], axes[1]] += term.coefficient / 2
        spread[axes[1], axes[0]] += term.coefficient / 2
    return spread


def _counts(gap: sp.Expr, target: Region | None, x: list[sp.Symbol]) -> bool:
    """Whether the target lies beyond this wall."""
    if target is None:
        return True
    if len(target.signs) != 1:
        raise NotYetError(
            f"the target '{target.as_text()}' is no region beyond one wall", instead='write "x**2 + y**2 >= R**2"'
        )
    left, right = target.members
    beyond = {"<": right - left, ">": left - right}.get(target.signs[0][0], left - right)
    ratio = sp.cancel(beyond / -gap)
    if ratio.has(*x):
        return False
    return bool(ratio.is_positive or target.signs[0][0] == "=")


# --- functions of rho -----------------------------------------------------------------------------------------------


def _potential(shell: Shell, square: sp.Expr) -> sp.Expr:
    """The harmonic function of rho that is no constant: log rho, or rho^(2 - d)."""
    if shell.dimension == 2:
        return sp.log(square) / 2
    return square ** sp.Rational(2 - shell.dimension, 2)


def _particular(shell: Shell, square: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Functions with the Laplacian -1 and minus the harmonic function, both over m."""
    d, m = shell.dimension, shell.strength
    if d == 2:
        return -square / (2 * d * m), -square * (sp.log(square) / 2 - 1) / (4 * m)
    if d == 4:
        return -square / (2 * d * m), -sp.log(square) / (4 * m)
    return -square / (2 * d * m), -(square ** sp.Rational(4 - d, 2)) / (2 * (4 - d) * m)


def _harmonic(shell: Shell) -> tuple[sp.Expr, sp.Expr]:
    """h = a + b g, 1 at the walls that count and 0 at the others that absorb."""
    assert shell.inner is not None
    assert shell.outer is not None
    low, high = _potential(shell, shell.inner), _potential(shell, shell.outer)
    if shell.counted[1]:
        return -low / (high - low), 1 / (high - low)
    return high / (high - low), -1 / (high - low)


def _chance(shell: Shell) -> tuple[sp.Expr, tuple[str, ...]]:
    """The chance to leave through the walls that count."""
    if shell.outer is None:
        if shell.kinds[0] != "absorbing":
            raise NEVER
        if shell.dimension <= 2:
            return ONE, ()
        assert shell.inner is not None
        return sp.sqrt(shell.inner / shell.start) ** (shell.dimension - 2), ()
    if "absorbing" not in shell.kinds:
        raise NEVER
    if shell.every:
        return ONE, ()
    a, b = _harmonic(shell)
    return sp.factor(a + b * _potential(shell, shell.start)), ()


def _solved(shell: Shell, source: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    """T with m times its Laplacian equal to -(c1 + c2 g): zero at absorbing walls, with zero slope at reflecting ones."""
    q = sp.Dummy("q", positive=True)
    particular = sp.Add(*(c * u for c, u in zip(source, _particular(shell, q), strict=True)))
    g = _potential(shell, q)
    a, b = sp.Dummy("a"), sp.Dummy("b")
    conditions = []
    for wall, kind in zip((shell.inner, shell.outer), shell.kinds, strict=True):
        if wall is None:  # regular at the centre
            conditions.append(b)
            continue
        value = particular + a + b * g
        conditions.append((value if kind == "absorbing" else sp.diff(value, q)).xreplace({q: wall}))
    (solution,) = sp.linsolve(conditions, a, b)
    value = (particular + a + b * g).xreplace({a: solution[0], b: solution[1]}).xreplace({q: shell.start})
    return sp.factor(value) if value.is_rational_function() else sp.together(value)
