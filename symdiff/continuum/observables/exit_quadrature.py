"""Exits from an equation whose drift and diffusion depend on place: quadratures of the scale function.

With psi' = v/D the scale function has the slope e^(-psi) and the speed measure the density e^psi/D; v and D are those of
d_t P = - d_x(v P) + d_xx(D P). Source: Gardiner, Handbook of Stochastic Methods, ch. 5.
"""

from __future__ import annotations

import sympy as sp

from symdiff.algebra.quadrature import antiderivative, definite, integral, unevaluated
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.exit_modes import ONE, ZERO, Exit, OtherRouteError, Solved
from symdiff.continuum.observables.walls import Interval, Wall
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel


def drift_and_diffusion(generator: Backward, axis: int) -> tuple[sp.Expr, sp.Expr]:
    """v and D along one coordinate; raises where there is more in the equation than these."""
    if len(generator.states) > 1 or generator.moves:
        raise OtherRouteError("the equation is no drift and diffusion of one density")
    v, spread = ZERO, ZERO
    for term in generator.local:
        if sum(term.order) != term.order[axis] and term.order[axis] == 0:
            continue  # motion along the wall
        if term.order[axis] == 1 and sum(term.order) == 1:
            v += term.coefficient
        elif term.order[axis] == 2 and sum(term.order) == 2:
            spread += term.coefficient
        elif sum(term.order) == 2:
            continue  # correlation with motion along the wall
        else:
            raise NotYetError(
                "exits of walkers that die on the way, or multiply, are not handled yet"
                if not any(term.order)
                else "derivatives above the second are not handled with place-dependent coefficients"
            )
    if spread == 0:
        raise NotYetError("the equation has no diffusion along the coordinate of the exit")
    return v, spread


def scale_exponent(v: sp.Expr, spread: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """psi, a primitive of v/D."""
    ratio = sp.expand(sp.cancel(sp.together(v / spread))) if not v.atoms(sp.exp) else sp.expand(v / spread)
    found = antiderivative(ratio, x)
    if found is not None:
        return found
    y = sp.Symbol("_s", real=True)
    return sp.Integral(ratio.xreplace({x: y}), (y, 0, x))


def solve(
    model: JumpModel, generator: Backward, limit: ContinuumLimit | None, interval: Interval, wanted: Exit
) -> Solved:
    """Values as quadratures between two walls."""
    if interval.low is None or interval.high is None:
        return _beyond_one_wall(model, generator, interval, wanted)
    x = model.coordinate_symbols[interval.axis]
    values, notes = _between(model, generator, interval, wanted)
    return [_of_one_sign(value, x, interval.low.place, interval.high.place) for value in values], notes


def _between(model: JumpModel, generator: Backward, interval: Interval, wanted: Exit) -> Solved:
    assert interval.low is not None
    assert interval.high is not None
    kinds = (interval.low.boundary.kind, interval.high.boundary.kind)
    if "partial" in kinds:
        raise NotYetError("partial walls and coefficients that depend on place are not handled together yet")
    x = model.coordinate_symbols[interval.axis]
    v, spread = drift_and_diffusion(generator, interval.axis)
    vanishing = [_vanishes(v, spread, x, wall) for wall in (interval.low, interval.high)]
    a, b = interval.low.place, interval.high.place
    notes = positive_between(spread, x, a, b)
    psi = _of_one_sign(scale_exponent(v, spread, x), x, a, b)
    y, z = sp.Symbol("_y", real=True), sp.Symbol("_z", real=True)
    slope = sp.exp(-psi).xreplace({x: y})
    speed = (sp.exp(psi) / spread).xreplace({x: z})
    slope, speed = _tidy(slope), _tidy(speed)
    if "reflecting" in kinds and wanted.kind == "splitting_probability":
        return [ONE], notes
    if kinds == ("reflecting", "absorbing"):
        return [integral(sp.expand(slope * integral(speed, z, a, y)), y, x, b)], notes
    if kinds == ("absorbing", "reflecting"):
        return [integral(sp.expand(slope * integral(speed, z, y, b)), y, a, x)], notes
    chance = sp.factor_terms(integral(slope, y, a, x)) / sp.factor_terms(integral(slope, y, a, b))
    if wanted.kind == "splitting_probability":
        return [ONE if wanted.every else chance if wanted.high else 1 - chance], notes
    if not wanted.every:
        w = sp.Symbol("_w", real=True)
        upward = integral(slope.xreplace({y: w}), w, a, z) / integral(slope.xreplace({y: w}), w, a, b)
        speed = sp.expand(speed * (upward if wanted.high else 1 - upward))
    if any(vanishing):
        joint = _by_green(slope, speed, chance, (y, z), (a, x, b))
        return [joint if wanted.every else joint / (chance if wanted.high else 1 - chance)], notes
    inner = sp.expand(slope * integral(speed, z, a, y))
    joint = chance * integral(inner, y, a, b) - integral(inner, y, a, x)
    return [joint if wanted.every else joint / (chance if wanted.high else 1 - chance)], notes


def _beyond_one_wall(model: JumpModel, generator: Backward, interval: Interval, wanted: Exit) -> Solved:
    """The escape across one absorbing wall, where the other side is open: T = int_x^b e^(-psi(y)) int_(-oo)^y e^psi/D dz dy.

    psi has to be a polynomial and D a constant. Its leading term says what happens far out: psi -> -oo confines, so that both
    inner integrals exist and the wall is reached for certain; psi -> +oo carries walkers away for ever.
    """
    wall = interval.low or interval.high
    assert wall is not None
    if wall.boundary.kind != "absorbing":
        raise NotYetError("a partly absorbing wall beside coefficients that depend on place is not handled yet")
    x = model.coordinate_symbols[interval.axis]
    v, spread = drift_and_diffusion(generator, interval.axis)
    psi = sp.expand(scale_exponent(v, spread, x))
    if spread.has(x) or not psi.is_polynomial(x):
        raise NotYetError("one wall beside a diffusion that depends on place, or a drift that is no polynomial, is not handled yet",
                          instead="add a second wall, absorbing or reflecting, far out")  # fmt: skip
    below = interval.low is not None  # the wall stands below, and the open side is above
    far = sp.oo if below else -sp.oo
    strength = sp.factor(sp.LC(psi, x) if below or sp.degree(psi, x) % 2 == 0 else -sp.LC(psi, x))
    notes = () if strength.is_negative or strength.is_positive else (f"{-strength} > 0: the drift far out leads back",)
    y, z = sp.Symbol("_y", real=True), sp.Symbol("_z", real=True)
    slope, speed = sp.exp(-psi).xreplace({x: y}), (sp.exp(psi) / spread).xreplace({x: z})
    if strength.is_positive:
        if wanted.kind == "mean_exit_time" and not wanted.every:
            raise NotYetError("the mean time of those walkers that reach the wall, where some escape for ever, is not handled yet",
                              instead="leave the target out: then the mean is over all walkers")  # fmt: skip
        if wanted.kind == "mean_exit_time":
            return [sp.oo], ("walkers escape for ever with a finite chance",)
        whole, some = definite(slope, y, *((wall.place, far) if below else (far, wall.place)))
        return [1 - integral(slope, y, *((wall.place, x) if below else (x, wall.place))) / whole], some
    if wanted.kind == "splitting_probability":
        return [ONE], notes
    inner = _tail(speed, z, y, below)
    return [integral(sp.expand(slope * inner), y, *((wall.place, x) if below else (x, wall.place)))], notes


def _tail(speed: sp.Expr, z: sp.Symbol, y: sp.Symbol, above: bool) -> sp.Expr:
    """The integral from y to infinity, or from minus infinity to y, of a weight that falls off there."""
    primitive = antiderivative(speed, z)
    if primitive is None:
        return unevaluated(speed, z, *((y, sp.oo) if above else (-sp.oo, y)))
    rest = sp.limit(primitive, z, sp.oo if above else -sp.oo) if primitive.has(sp.erf) else ZERO
    return rest - primitive.xreplace({z: y}) if above else primitive.xreplace({z: y}) - rest


def _by_green(
    slope: sp.Expr, speed: sp.Expr, chance: sp.Expr, inner: tuple[sp.Symbol, sp.Symbol], places: tuple[sp.Expr, ...]
) -> sp.Expr:
    """chance int_x^b (S(b) - S(z)) m(z) dz + (1 - chance) int_a^x (S(z) - S(a)) m(z) dz.

    The same as the nested integrals, also where the speed measure m has no finite integral up to an absorbing wall.
    """
    y, z = inner
    a, x, b = places
    above = sp.cancel(sp.together(speed * integral(slope, y, z, b)))
    below = sp.cancel(sp.together(speed * integral(slope, y, a, z)))
    found = chance * integral(above, z, x, b) + (1 - chance) * integral(below, z, a, x)
    return found.replace(  # between the walls x - a and b - x are positive
        lambda e: (
            isinstance(e, sp.Abs) and sp.expand(e.args[0]) in {sp.expand(s) for s in (x - a, a - x, b - x, x - b)}
        ),
        lambda e: x - a if sp.expand(e.args[0]) in (sp.expand(x - a), sp.expand(a - x)) else b - x,
    )


def positive_between(spread: sp.Expr, x: sp.Symbol, a: sp.Expr, b: sp.Expr) -> tuple[str, ...]:
    """Raises where a polynomial diffusion vanishes between the walls (nothing need pass there); else what is assumed."""
    top, _ = sp.fraction(sp.cancel(sp.together(spread)))
    if not (top.is_polynomial(x) and top.has(x)):
        return ()
    notes = []
    for root in sp.roots(sp.Poly(top, x)):
        above, below = sp.expand(root - a), sp.expand(b - root)
        if above.is_positive and below.is_positive:
            raise NotYetError(f"the diffusion vanishes at {x} = {root}, between the walls; this is not handled yet")
        if root.is_real is not False and not (above.is_nonpositive or below.is_nonpositive):
            notes.append(f"{x} = {root}, where the diffusion vanishes, does not lie between the walls")
    return tuple(notes)


def _vanishes(v: sp.Expr, spread: sp.Expr, x: sp.Symbol, wall: Wall) -> bool:
    """Whether the diffusion vanishes at a wall; raises unless it is reached there (absorbing) or left again (reflecting).

    With D ~ D'(a) (x - a) the scale function has the slope abs(x - a)^(-c), c = v(a)/D'(a): it is finite at the wall for
    c < 1, the speed measure for c > 0.
    """
    if sp.cancel(spread.xreplace({x: wall.place})) != 0:
        return False
    steepness = sp.cancel(sp.diff(spread, x).xreplace({x: wall.place}))
    if steepness == 0 or steepness.has(sp.nan, sp.zoo):
        raise NotYetError(f"the diffusion vanishes at the wall {x} = {wall.place}, and not linearly; not handled yet")
    c = sp.cancel(v.xreplace({x: wall.place}) / steepness)
    reached, left = (1 - c).is_positive, c.is_positive
    if wall.absorbs and reached is False:
        raise DerivationError(
            f"the wall {x} = {wall.place} is never reached: the diffusion vanishes there and the drift points away",
            instead="ask for the lattice, or move the wall into the domain",
        )
    if not (reached if wall.absorbs else left):
        raise NotYetError(
            f"the diffusion vanishes at the wall {x} = {wall.place}; whether walkers get there and back depends on the drift"
        )
    return True


def _of_one_sign(psi: sp.Expr, x: sp.Symbol, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """abs(f) without its bars, for f linear in place and of one sign between the walls."""
    change: dict[sp.Basic, sp.Expr] = {}
    for size in psi.atoms(sp.Abs):
        inner = size.args[0]
        if inner.is_polynomial(x) and sp.degree(inner, x) == 1:
            ends = [sp.expand(inner.xreplace({x: end})) for end in (a, b)]
            for sign in (1, -1):
                if all((sign * end).is_nonnegative for end in ends):
                    change[size] = sign * inner
    return psi.xreplace(change) if change else psi


def _tidy(value: sp.Expr) -> sp.Expr:
    """e^(log f) written as f."""
    return sp.powsimp(sp.expand(sp.expand_power_exp(value))) if value.has(sp.log) else value
