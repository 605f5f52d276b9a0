"""Walkers that move against their mean while they wait, by a law whose second moment is infinite: Levy walks, biased waits.

With 1 - psi(s) = T s + B s^g + ..., 1 < g < 2, what lives for long obeys sum_j pi_j [T_j (s + v_j q) + B_j (s + v_j q)^g] = 0,
q = ik, pi_j the share of flights in state j: with V the mean velocity and w_j = v_j - V,

    s = - V q - sum_j pi_j B_j (w_j q)^g / T,     T = sum_j pi_j T_j,

the equation of the body of the density; beyond it the fronts run ahead, which carry the higher moments. Jumps add their mean
length m_j to T_j v_j: walkers that rest for long between biased jumps lag behind by w_j = -V. At g = 2 the term is
c s^2 log(1/s) with c < 0, and d_t P = - V P_x + D P_xx with D = - sum_j pi_j c_j w_j^2 log(t/T)/(2 T), up to relative terms
of order 1/log: at the width of the body log(1/k) is log(t)/2. For g < 1 time and
space scale alike and no equation of finite order exists; the moments do (:func:`symdiff.continuum.levy_moments`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

import sympy as sp

from symdiff.continuum.assumptions import validity
from symdiff.continuum.confirmation import Confirmation
from symdiff.continuum.confirmation_probe import OperatorTerm
from symdiff.continuum.limit import Closure, ContinuumLimit, Step
from symdiff.continuum.staged import NOT_YET, confirmed
from symdiff.continuum.waiting_fractional import smallest_index
from symdiff.continuum.waiting_master import renewal_equations, renewal_steps
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import Jump, JumpModel, ScalingRegime
from symdiff.model.motion import Motion
from symdiff.model.ranges import enclosure, parameter_intervals
from symdiff.model.waiting import WaitingLaw, WaitTail


@dataclass(frozen=True)
class Flight:
    """One kind of flight: its share among all flights, its velocity, its law, the mean of the jump at its end."""

    share: sp.Expr
    velocity: tuple[sp.Expr, ...]
    law: WaitingLaw
    jump: tuple[sp.Expr, ...] = ()

    def way(self, axis: int) -> sp.Expr:
        """The mean of what a walker covers along one axis."""
        return self.law.moment(1) * self.velocity[axis] + (self.jump[axis] if self.jump else 0)


def is_levy_walk(model: JumpModel) -> bool:
    """Whether walkers move while they wait, by a law without a second moment."""
    return any(_is_heavy(law) for motion, law in _flying(model) if motion is not None and not motion.is_rest)


def _flying(model: JumpModel) -> list[tuple[Motion | None, WaitingLaw]]:
    """How walkers move, by what law, before each of their jumps; along a direction all states move."""
    return [(model.motion_of(j), model.wait_before(j, jump)) for _, j, jump in model.transitions()]


def _is_heavy(law: WaitingLaw) -> bool:
    return law.tail is not None and (law.mean_is_infinite or law.side_of(2) in (-1, 0))


def lags_behind(model: JumpModel) -> bool:
    """Whether walkers rest by a law with a mean and without a second moment, between jumps or flights that have a drift."""
    laws = [law for _, law in _flying(model)]
    if model.internals or any(law.mean_is_infinite for law in laws) or not any(map(_is_heavy, laws)):
        return False
    if any(jump.law is not None and (jump.law.highest_moment or 1) < 1 for jump in model.jumps):
        return False
    shares = visits(model) if len(model.state_names) > 1 else [sp.Integer(1)]
    drift = [sp.Integer(0)] * model.dimension
    for _, j, jump in model.transitions():
        motion, mean = model.motion_of(j), model.wait_before(j, jump).moment(1)
        flown = [v * mean for v in motion.velocity] if motion is not None else drift
        for a, (m, f) in enumerate(zip(mean_jump(jump), flown, strict=True)):
            drift[a] = drift[a] + shares[j] * jump.intensity * (m + (f if motion is not None else 0))
    return any(sp.expand(sp.cancel(d)) != 0 for d in drift)


def mean_jump(jump: Jump) -> tuple[sp.Expr, ...]:
    """The mean displacement of a jump."""
    found = list(jump.displacement)
    if jump.law is not None:
        for n, row in enumerate(jump.directions):
            orders = [int(n == m) for m in range(len(jump.directions))]
            mean = jump.law.raw_moment(*orders)
            found = [d + mean * e for d, e in zip(found, row, strict=True)]
    return tuple(found)


def derive_levy_walk(model: JumpModel, regime: ScalingRegime, order: int | None) -> ContinuumLimit:
    """The equation of the body of a Levy walk, or the reason why there is none."""
    if regime.origin != "long-wave":
        raise NotYetError("scalings of Levy walks are not handled yet", where=f"regime '{regime.name}'",
                          instead="look at the regime long-wave")  # fmt: skip
    if order is not None and order != 2:
        raise DerivationError(
            "further terms of a Levy walk are not of whole order", where="--order", instead="leave --order out"
        )
    flights = flights_of(model)
    index, tail = longest(flights)
    endless = any(f.law.mean_is_infinite and any(f.velocity) for f in flights) or bool(
        model.internals and flights[0].law.mean_is_infinite
    )
    if tail.logarithmic and not endless and (model.internals or any(f.law.mean_is_infinite for f in flights)):
        raise NotYetError(f"the index {index} of the flights needs logarithms of the gradients, which are not handled here yet",
                          where="waiting_time", instead="take an index beside it")  # fmt: skip
    if any(f.law.mean_is_infinite for f in flights):
        resting = [f for f in flights if f.law.mean_is_infinite and not any(f.velocity)]
        if len(resting) == sum(f.law.mean_is_infinite for f in flights) and not model.internals:
            return _beside_rests(model, regime, flights, resting)
        return _ballistic(model, regime, index)
    if model.internals:
        return _isotropic(model, regime, flights[0].law, index)
    return _stable(model, regime, flights, index)


def flights_of(model: JumpModel) -> list[Flight]:
    """Every kind of flight with its share in the long run; raises where flights are more than straight lines at constant speed."""
    x = {*model.coordinate_symbols, model.time}
    for motion in model.motions:
        if any(d != 0 for row in motion.diffusivity for d in row):
            raise NotYetError("Levy walks that diffuse on their way are not handled yet", where="states")
        if any(v.free_symbols & x or v.atoms(sp.core.function.AppliedUndef) for v in motion.velocity):
            raise NotYetError("Levy walks whose velocity depends on place or time are not handled yet", where="states")
    for jump in model.jumps:
        if is_levy_walk(model) and (jump.law is not None or any(jump.displacement)):
            raise NotYetError("Levy walks that also jump are not handled yet", where=jump.label,
                              instead="leave the displacement out: flights are motion inside a state")  # fmt: skip
        if jump.law is not None and (jump.law.highest_moment or 2) < 2:
            raise NotYetError(
                "steps without a second moment beside a drift and waits without one are not handled yet",
                where=jump.label,
            )
        if any(
            e.free_symbols & x or e.atoms(sp.core.function.AppliedUndef) for e in (jump.intensity, *jump.displacement)
        ):
            raise NotYetError("walks whose turns or jumps depend on place or time, with a drift and waits without a second moment, "
                              "are not handled yet", where=jump.label)  # fmt: skip
    if model.internals:
        isotropic_speed(model)
    shares = visits(model)
    found: list[Flight] = []
    for _, j, jump in model.transitions():
        own = model.motion_of(j)
        velocity = own.velocity if own is not None else (sp.Integer(0),) * model.dimension
        law = model.wait_before(j, jump)
        found.append(Flight(sp.cancel(shares[j] * jump.intensity), velocity, law, mean_jump(jump)))
    return found


def visits(model: JumpModel) -> list[sp.Expr]:
    """How often a flight is of each state, in the long run."""
    null = (turning(model) - sp.eye(len(model.state_names))).nullspace(simplify=sp.cancel)
    if len(null) != 1:
        raise NotYetError(
            "states that fall into several classes, with flights of heavy tails, are not handled yet", where="jumps"
        )
    total = sp.Add(*null[0])
    return [sp.cancel(v / total) for v in null[0]]


def turning(model: JumpModel) -> sp.Matrix:
    """The probabilities of the next state, columns the states that are left."""
    size = len(model.state_names)
    matrix = sp.zeros(size, size)
    for i, j, jump in model.transitions():
        matrix[i, j] += jump.intensity
    return matrix.applyfunc(sp.cancel)


def longest(flights: list[Flight]) -> tuple[sp.Expr, WaitTail]:
    """The smallest index of the flights, with one of its tails."""
    tails = [(f.law, f.law.tail) for f in flights if f.law.tail is not None]
    index = smallest_index([(law, tail) for law, tail in tails if tail is not None])
    return index, next(tail for _, tail in tails if tail is not None and tail.index == index)


# --- flights with a mean ----------------------------------------------------------------------------------------------


def _stable(model: JumpModel, regime: ScalingRegime, flights: list[Flight], g: sp.Expr) -> ContinuumLimit:
    from symdiff.continuum.levy_confirmation import confirm_levy_walk  # loaded when used: start-up time

    mean = sp.factor(sp.cancel(sp.Add(*(f.share * f.law.moment(1) for f in flights))))
    drift = [
        sp.factor(sp.cancel(sp.Add(*(f.share * f.way(a) for f in flights)) / mean)) for a in range(model.dimension)
    ]
    if model.dimension > 1:
        _no_plane(model)
    if longest(flights)[1].logarithmic:
        return _logarithmic(model, regime, flights, mean, drift[0])
    moving = [f for f in flights if sp.factor(f.velocity[0] - drift[0]) != 0]
    left_out = _remainder(g)
    if len(moving) < len(flights) and any(f.law.tail is not None for f in moving):
        shortest, (g, _) = (
            g,
            longest(moving),
        )  # walkers that stay with the drift carry nothing away, however long they wait
        left_out = sp.Min(_remainder(g), g * shortest)  # beside s stands s^shortest
    strength, skewed = _strength(model, flights, g, drift[0], mean)
    terms = [OperatorTerm(-strength, (0,), 0, g)]
    right = [Term(-strength, model.density, (0,), fractional=g / 2)]
    named = {"K": strength, "stability_index": g, "waiting_index": sp.Integer(1)}
    if drift[0] != 0:
        terms.insert(0, OperatorTerm(-drift[0], (1,)))
        right.insert(0, Term(-drift[0], model.density, (1,)))
        named = {"v": drift[0], **named}
    if skewed != 0:
        value = -strength * skewed * sp.tan(sp.pi * g / 2)
        terms.append(OperatorTerm(value, (1,), 0, g - 1))
        right.append(Term(value, model.density, (1,), fractional=(g - 1) / 2))
        named["skewness"] = skewed
    equation = EvolutionEquation(model.density, model.coordinate_symbols, model.time,
                                 (Term(sp.Integer(1), model.density, (0,), 1),), tuple(right))  # fmt: skip
    k = wave_symbol(model)
    rate = -sp.I * drift[0] * k - strength * sp.Abs(k) ** g * (1 + sp.I * sp.sign(k) * skewed * sp.tan(sp.pi * g / 2))
    limit = replace(_of_body(model, regime, equation, named, rate, g), remainder_power=left_out)
    return confirmed(limit, lambda: confirm_levy_walk(model, regime, tuple(terms), left_out))


def _strength(
    model: JumpModel, flights: list[Flight], g: sp.Expr, drift: sp.Expr, unit: sp.Expr
) -> tuple[sp.Expr, sp.Expr]:
    """(K, skewness) of sum_j pi_j B_j (w_j q)^g / unit, with w_j the velocity away from the drift."""
    weights: dict[tuple[sp.Expr, sp.Expr], sp.Expr] = {}
    for f in flights:
        tail = f.law.tail
        away = sp.factor(f.velocity[0] - drift)
        if tail is None or tail.index != g or away == 0:
            continue
        key = _size_and_sign(away, model)
        weights[key] = weights.get(key, sp.Integer(0)) + f.share * tail.coefficient / unit
    each = {key: _reflected(sp.factor(weight), g) for key, weight in weights.items()}
    strength = sp.factor_terms(sp.Add(*(value * size**g for (size, _), value in each.items())))
    odd = sp.Add(*(value * size**g * sign for (size, sign), value in each.items()))
    return strength, sp.factor(sp.cancel(odd / strength))


def _beside_rests(
    model: JumpModel, regime: ScalingRegime, flights: list[Flight], resting: list[Flight]
) -> ContinuumLimit:
    """Rests without a mean between flights with a mean and without a second moment: B s^alpha P = sum_j pi_j B_j (v_j q)^g P + B s^(alpha - 1) P_0."""
    from symdiff.continuum.waiting_fractional_confirmation import confirm_fractional  # loaded when used: start-up time

    alpha, tail = longest(resting)
    g, flown = longest([f for f in flights if any(f.velocity)])
    if model.dimension > 1:
        _no_plane(model)
    if tail.logarithmic or flown.logarithmic:
        raise NotYetError(f"the indices {alpha} of the rests and {g} of the flights need logarithms, which are not handled here yet",
                          where="waiting_time", instead="take indices beside them")  # fmt: skip
    drift = sp.factor(sp.Add(*(f.share * f.way(0) for f in flights if any(f.velocity))))
    if drift != 0:
        raise NotYetError("a drift by flights without a second moment, beside rests without a mean, is not handled yet",
                          where="waiting_time", instead="let flights to both sides be alike, or give them a second moment")  # fmt: skip
    strength = sp.factor(sp.cancel(sp.Add(*(f.share * f.law.tail.coefficient for f in resting
                                             if f.law.tail is not None and f.law.tail.index == alpha))))  # fmt: skip
    size, skewed = _strength(model, flights, g, sp.Integer(0), strength)
    terms = [OperatorTerm(-size, (0,), 0, g)]
    right = [Term(-size, model.density, (0,), fractional=g / 2)]
    named = {"K": size, "stability_index": g, "waiting_index": alpha}
    if skewed != 0:
        value = -size * skewed * sp.tan(sp.pi * g / 2)
        terms.append(OperatorTerm(value, (1,), 0, g - 1))
        right.append(Term(value, model.density, (1,), fractional=(g - 1) / 2))
        named["skewness"] = skewed
    left = Term(sp.Integer(1), model.density, (0,), 0, caputo=alpha)
    equation = EvolutionEquation(model.density, model.coordinate_symbols, model.time, (left,), tuple(right))
    remainder = sp.Min(sp.Integer(2), g / alpha)
    notes = [f"0 < {alpha} < 1: rests have no mean; 1 < {g} < 2: flights have a mean duration, and no second moment",
             f"averages of order {g} and beyond are those of single long flights, not of the equation"]  # fmt: skip
    closure = Closure("local-equilibrium", "after many rests the total density obeys an equation of its own")
    limit = _limit(model, regime, (equation,), tuple(named.items()), None, closure, remainder, notes)
    return confirmed(
        limit,
        lambda: confirm_fractional(model, regime, alpha, strength, False, tuple(terms), Fraction(2), remainder, True),
    )


def _no_plane(model: JumpModel) -> NoReturn:
    if is_levy_walk(model):
        raise NotYetError("Levy walks in several dimensions along few directions have no isotropic limit; they are not handled yet",
                          where="states", instead="let the direction be an [[internal]] state")  # fmt: skip
    raise NotYetError("a drift beside waits without a second moment leaves a one-sided fractional derivative along the drift; in several "
                      "dimensions it is not handled yet", where="jumps", instead="take the coordinate along the drift alone")  # fmt: skip


def _logarithmic(
    model: JumpModel, regime: ScalingRegime, flights: list[Flight], mean: sp.Expr, drift: sp.Expr
) -> ContinuumLimit:
    """Index 2: the variance of the body grows like t log t."""
    from symdiff.continuum.levy_confirmation import confirm_logarithmic  # loaded when used: start-up time

    parts = [-f.share * f.law.tail.coefficient * (f.velocity[0] - drift) ** 2 for f in flights
             if f.law.tail is not None and f.law.tail.logarithmic]  # fmt: skip
    strength = sp.factor(sp.cancel(sp.Add(*parts) / mean))
    diffusion = strength * sp.log(model.time / mean) / 2
    right = [Term(diffusion, model.density, (2,))]
    named = {"D": diffusion}
    if drift != 0:
        right.insert(0, Term(-drift, model.density, (1,)))
        named = {"v": drift, **named}
    equation = EvolutionEquation(model.density, model.coordinate_symbols, model.time,
                                 (Term(sp.Integer(1), model.density, (0,), 1),), tuple(right))  # fmt: skip
    two = sp.Integer(2)
    notes = [f"the equation describes the body of the density; walkers in one long wait carry as much of its variance again, which grows "
             f"like t*log(t): only averages of order below {two} are those of the equation",
             f"the second moment of the waits diverges like a logarithm; terms of relative order 1/log(t/({mean})) are left out"]  # fmt: skip
    closure = Closure("local-equilibrium", "after many waits the total density obeys an equation of its own")
    limit = _limit(model, regime, (equation,), tuple(named.items()), None, closure, two, notes)
    return confirmed(limit, lambda: confirm_logarithmic(model, regime, drift, strength))


def _isotropic(model: JumpModel, regime: ScalingRegime, law: WaitingLaw, g: sp.Expr) -> ContinuumLimit:
    """Flights at one speed c in every direction: K holds c^g E[|u_x|^g], what a turn remembers is of higher order."""
    from symdiff.continuum.levy_confirmation import confirm_isotropic_flights  # loaded when used: start-up time

    d, speed, tail = model.dimension, isotropic_speed(model), law.tail
    assert tail is not None
    cosine = sp.gamma((g + 1) / 2) * sp.gamma(sp.Rational(d, 2)) / (sp.sqrt(sp.pi) * sp.gamma((g + d) / 2))
    strength = _reflected(tail.coefficient / law.moment(1), g) * speed**g * cosine
    zero = (0,) * d
    equation = EvolutionEquation(model.density, model.coordinate_symbols, model.time, (Term(sp.Integer(1), model.density, zero, 1),),
                                 (Term(-strength, model.density, zero, fractional=g / 2),))  # fmt: skip
    named = {"K": strength, "stability_index": g, "waiting_index": sp.Integer(1)}
    waves = [sp.Symbol(f"k_{c}", real=True) for c in model.coordinates] if d > 1 else [wave_symbol(model)]
    length = sp.sqrt(sp.Add(*(k**2 for k in waves))) if d > 1 else sp.Abs(waves[0])
    limit = _of_body(model, regime, equation, named, -strength * length**g, g)
    return confirmed(limit, lambda: confirm_isotropic_flights(model, regime, law, speed, strength, g, _remainder(g)))


def isotropic_speed(model: JumpModel) -> sp.Expr:
    """The speed of flights along a direction; raises for anything else."""
    variable, motion = model.internals[0], model.motion_of(0)
    if len(model.internals) > 1 or model.states or motion is None or variable.domain != "direction":
        raise NotYetError("Levy walks with internal states are handled for one direction", where="internal")
    speeds = {sp.cancel(v / u) for v, u in zip(motion.velocity, variable.symbols, strict=True)}
    speed = speeds.pop()
    if speeds or speed.free_symbols & set(variable.symbols) or not speed.is_nonnegative:
        raise NotYetError(
            'Levy walks along a direction are handled at one speed, as in velocity = ["v0*u_x", "v0*u_y"]',
            where="states",
        )
    return speed


def wave_symbol(model: JumpModel) -> sp.Symbol:
    """The wave number in one dimension."""
    return sp.Symbol("k" if "k" not in {p.name for p in model.parameters} else "k_x", real=True)


def _remainder(g: sp.Expr) -> sp.Expr:
    """The first power of the gradient that is left out: the diffusion of the turns, and s (vq)^(g - 1)."""
    return sp.Min(sp.Integer(2), 2 * g - 1)


def _of_body(
    model: JumpModel, regime: ScalingRegime, equation: EvolutionEquation, named: dict[str, sp.Expr], rate: sp.Expr, g: sp.Expr,
) -> ContinuumLimit:  # fmt: skip
    ahead, kind = (
        ("fronts that fly with the walkers", "flights")
        if is_levy_walk(model)
        else ("walkers in one long wait", "waits")
    )
    notes = [f"the equation describes the body of the density; {ahead} carry its averages of order {g} and "
             f"beyond, which are finite", f"1 < {g} < 2: {kind} have a mean duration, and no second moment"]  # fmt: skip
    closure = Closure("local-equilibrium", f"after many {kind} the total density obeys an equation of its own")
    return _limit(model, regime, (equation,), tuple(named.items()), rate, closure, _remainder(g), notes)


def _size_and_sign(value: sp.Expr, model: JumpModel) -> tuple[sp.Expr, sp.Expr]:
    """abs and sign of a product, by the signs of its factors in the ranges of the parameters, where these tell them."""
    box = parameter_intervals(model.parameters)
    size, sign, open_part = sp.Integer(1), sp.Integer(1), sp.Integer(1)
    for factor in sp.Mul.make_args(sp.factor(value)):
        span = enclosure(factor.as_base_exp()[0], box)
        if factor.is_nonnegative or (span.low is not None and span.low >= 0):
            size *= factor
        elif factor.is_nonpositive or (span.high is not None and span.high <= 0 and factor.as_base_exp()[1] == 1):
            size, sign = -size * factor, -sign
        else:
            open_part *= factor
    return size * sp.Abs(open_part), sign * sp.sign(open_part)


def _reflected(value: sp.Expr, g: sp.Expr) -> sp.Expr:
    """value cos(pi g/2), with Gamma(1 - g) cos(pi g/2) = pi/(2 Gamma(g) sin(pi g/2))."""
    gamma = sp.gamma(1 - g)
    if value.has(gamma):
        return sp.powsimp(sp.cancel(value / gamma) * sp.pi / (2 * sp.gamma(g) * sp.sin(sp.pi * g / 2)))
    return value * sp.cos(sp.pi * g / 2)


# --- flights without one ----------------------------------------------------------------------------------------------


def _ballistic(model: JumpModel, regime: ScalingRegime, index: sp.Expr) -> ContinuumLimit:
    compared = f"{index} < 1" if index != 1 else "index 1"
    why = (f"flights have no mean duration ({compared}): place scales like time, and the density obeys no equation of finite order in "
           "gradients; its averages exist (observables: moment, variance)")  # fmt: skip
    nothing = Confirmation("none: there is no result", "0", None, 0)
    return _limit(model, regime, (), (), None, Closure("none", why), sp.Integer(0), [], nothing)


def _limit(
    model: JumpModel, regime: ScalingRegime, equations: tuple[EvolutionEquation, ...], named: tuple[tuple[str, sp.Expr], ...],
    rate: sp.Expr | None, closure: Closure, remainder: sp.Expr, notes: list[str], confirmation: Confirmation = NOT_YET,
) -> ContinuumLimit:  # fmt: skip
    steps = renewal_steps(model)
    for equation in equations:
        why = "the root s of 1 = det of one flight and turn that vanishes with k, at its leading power"
        steps = (*steps, Step("Continuum limit", equation.lhs, equation.rhs, why))
    stated = validity(model)
    stated += [f"stated in the model: {c}" for c in model.constraints]
    kind = "flights" if model.motions or model.internals else "waits"
    long = "flights" if model.motions or model.internals else "jumps"
    stated.insert(0, f"{model.density} varies over lengths that are long against the {long}; all parameters are fixed")
    first = "that of equilibrium" if model.first_wait == "equilibrium" else "an ordinary one, from time zero"
    return ContinuumLimit(
        density=model.density, regime=regime, assumptions=(*stated, *notes,
        f"times are long against the {kind}", f"the first {kind[:-1]} is {first}; it changes averages, not the equation"),
        master_equation=renewal_equations(model), equations=equations, system=(), local_equilibrium=(), coefficients=named,
        flux_form=(), growth_rate=rate, backward=None, closure=closure, moments_exist_below=None, discarded=(),
        remainder_power=remainder, kept_power=Fraction(2), steps=steps, confirmation=confirmation)  # fmt: skip
