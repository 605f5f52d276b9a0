"""Continuum limits of walks that are put back to fixed places (resetting): loss where the walker is, gain where it begins anew.

A jump to the place x0 at rate r(x) adds - r(x) u + delta(x - x0) int r(y) u(y) dy to the equation of the walk without it.
The loss is derived like a killing. The gain then follows from it, since no walker is lost: in continuous time it is exact.
In discrete time d_t is the logarithm of one step T = S + rho |x0><1| with <1|S = (1 - rho) <1|, which is log S + |g><1| with
g = rho log(S)/(S - 1) delta(x - x0): the gain takes derivatives of delta along beyond the leading order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product
from math import lcm

import sympy as sp

from symdiff.continuum.fast_states import closed_classes
from symdiff.continuum.limit import Closure, ContinuumLimit, Discarded, ResetSource, Step, backward_field
from symdiff.continuum.master import gain_by_reset, master_equation
from symdiff.continuum.observables.backward import without_sources
from symdiff.continuum.regimes import prepare
from symdiff.continuum.staged import completed
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.crowd import INDEPENDENT, Crowd, Participant, Reaction
from symdiff.model.jump_model import Jump, JumpModel, ScalingRegime, make_model
from symdiff.model.occupancy import is_crowd

Derive = Callable[[JumpModel, ScalingRegime, int | None], ContinuumLimit]
ONE_WALKER = "the density of one walker, whose total is 1"
HIGHEST_KERNEL = 12  # derivatives of the delta function in discrete time


def without_resets(model: JumpModel) -> JumpModel:
    """The same walk with a walker that dies instead of being put back."""
    zero = (sp.Integer(0),) * model.dimension
    moving = tuple(j for j in model.jumps if j.destination is None)
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    if model.clock == "continuous":
        names = model.state_names
        deaths = tuple(
            Reaction((Participant(names[j], zero),), (), jump.intensity, jump.label)
            for _, j, jump in model.transitions()
            if jump.destination is not None
        )
        return make_model(fields | {"jumps": moving, "crowd": Crowd(deaths)})
    rests = []
    for state in model.states or (None,):
        leaving = sp.Add(*(j.intensity for j in model.jumps if j.source in (None, state)))
        stay = sp.expand(1 - leaving)
        if stay != 0:
            rests.append(Jump(zero, stay, state, state, label=model.resets[0].label))
    return make_model(fields | {"jumps": (*moving, *rests), "lossy": True})


def refuse_beside_resets(model: JumpModel) -> None:
    """Raise for what resetting is not derived together with yet."""
    where = f"{model.resets[0].label}: destination"
    beside = {
        "agents that see each other or react": is_crowd(model) or model.crowd != INDEPENDENT,
        "coordinates that count individuals": model.population is not None,
        "jumps with 'where'": any(j.region is not None for j in model.jumps),
        "signed weights": model.signed,
        'survival = "lossy"': model.lossy,
        "several named densities": len(model.densities) > 1,
    }
    named = [name for name, there in beside.items() if there]
    if named:
        raise NotYetError(f"a destination beside {named[0]} is not handled yet", where=where,
                          instead="handled: independent walkers, also with states, laws of steps, walls and rates that depend on place")  # fmt: skip


def derive_resetting(model: JumpModel, regime: ScalingRegime, order: int | None, derive: Derive) -> ContinuumLimit:
    """The limit in one regime: that of the walk without resetting, and the gain at the places where walkers begin anew.

    Raises :class:`DerivationError` where resetting is as fast as the relaxation of the states, :class:`NotYetError` for what
    is not handled.
    """
    refuse_beside_resets(model)
    if len(closed_classes(model)) > 1:
        raise NotYetError("resetting of walkers whose states fall into several classes is not handled yet",
                          where=model.resets[0].label)  # fmt: skip
    if order and model.time_step is not None and regime.origin != "long-wave":
        raise NotYetError("beyond the leading order resetting in discrete time is handled in long-wave only",
                          where="--order", instead="ask for --regime long-wave")  # fmt: skip
    killed = without_resets(model)
    if (
        any(j.intensity.has(*model.coordinate_symbols) for j in model.resets)
        and regime.origin == "long-wave"
        and model.time_step
    ):
        raise DerivationError("a share of the walkers of order one is put back at every step, and it depends on the place: the logarithm of one "
                              "step does not exist as a series", where=f"regime '{regime.name}'",
                              instead="make the probability of resetting small in [scaling], as in rho = 2 beside tau = 2")  # fmt: skip
    try:
        limit = derive(killed, regime, order)
    except DerivationError as error:
        raise DerivationError(error.message.replace("the rate of growth", "minus the rate of resetting"),
                              where=error.where, instead=error.instead) from None  # fmt: skip
    sources = _sources(model, limit)
    limit = replace(limit, master_equation=master_equation(model), resets=sources, growth_rate=None)
    limit = _with_gain(model, limit)
    limit = replace(limit, steps=_steps(model, killed, limit))
    return completed(limit, partial(_confirmed, model, killed, limit))


# --- the gain ---------------------------------------------------------------------------------------------------------


def _sources(model: JumpModel, limit: ContinuumLimit) -> tuple[ResetSource, ...]:
    """The gains, one per jump to a place (and state)."""
    names = model.state_names
    if len(limit.system) > 1:
        found = []
        for i, j, jump in model.transitions():
            if jump.destination is not None:
                weight = _at_leading_order(model, limit, jump.intensity / (model.time_step or 1))
                found.append(_source(model, jump, weight, names[j], names[i]))
        return tuple(found)
    if len(limit.equations) != 1:
        raise NotYetError("resetting of several densities is not handled yet", where=model.resets[0].label)
    if (len(names) > 1 or model.internals) and limit.regime.origin == "long-wave":
        raise DerivationError(
            "walkers are put back as often as their states relax: those just put back have not relaxed, and the total density obeys "
            "no equation of its own", where=f"regime '{limit.regime.name}'",
            instead="make resetting rare in [scaling] against the switching of the states")  # fmt: skip
    shares = dict(limit.local_equilibrium) or {names[0]: sp.Integer(1)}
    loss = -dict(limit.coefficients).get("a_0", sp.Integer(0))
    each = [
        sp.Add(*(shares[names[j]] * jump.intensity for _, j, jump in model.transitions() if jump is own))
        for own in model.resets
    ]
    total, kernel = sp.Add(*each), _kernel(model, limit)
    return tuple(
        _source(model, jump, sp.factor_terms(sp.cancel(loss * rate / total)) if len(each) > 1 else loss, model.density, model.density,
                tuple((space, c) for space, c in kernel if sum(space) <= limit.kept_power))
        for jump, rate in zip(model.resets, each, strict=True)
        if loss != 0
    )  # fmt: skip


def _source(
    model: JumpModel,
    jump: Jump,
    weight: sp.Expr,
    source: str,
    target: str,
    kernel: tuple[tuple[tuple[int, ...], sp.Expr], ...] = (),
) -> ResetSource:
    assert jump.destination is not None
    kept = not any(b.kind in ("absorbing", "partial") for b in model.boundaries) and source == model.density
    varies = weight.has(*model.coordinate_symbols)
    return ResetSource(jump.destination, weight, source, target, kernel, kept and not varies)


def _at_leading_order(model: JumpModel, limit: ContinuumLimit, rate: sp.Expr) -> sp.Expr:
    from symdiff.continuum.leading import leading  # loaded when used: start-up time

    prepared = prepare(limit.regime, model)
    power, value = leading(model, prepared, rate)
    if power < prepared.time_power:
        raise DerivationError(f"the rate of resetting {rate} is of order eps**({power}) in this regime: it diverges as eps -> 0",
                              where=f"regime '{limit.regime.name}'", instead="make it small in the scaling")  # fmt: skip
    return value if power <= prepared.time_power else sp.Integer(0)


def _kernel(model: JumpModel, limit: ContinuumLimit) -> tuple[tuple[tuple[int, ...], sp.Expr], ...]:
    """The derivatives of delta beside the gain in the long-wave regime of discrete time, each over the gain itself, as far as L is known.

    g(z) = rho z/(e^z - 1) at z = tau L, expanded about z_0 = log(1 - rho) along the gradients in L.
    """
    tau = model.time_step
    if tau is None or limit.regime.origin != "long-wave":
        return ()
    order = int(limit.remainder_power) - 1
    if order > HIGHEST_KERNEL:
        raise NotYetError(f"the gain of resetting is handled to order {HIGHEST_KERNEL}", where="--order")
    zero = (0,) * model.dimension
    terms = (*limit.equations[0].right, *(t for d in limit.discarded for t in d.terms))
    gradients = {t.space: tau * t.coefficient for t in terms if t.space != zero}
    z, step = sp.Symbol("z"), sp.Symbol("step")  # step = e^z is the chance 1 - rho to be left where one is
    alive = 1 - sp.Add(*(j.intensity for j in model.resets))
    base = slope = z / (step - 1)
    power: dict[tuple[int, ...], sp.Expr] = {zero: sp.Integer(1)}
    total: dict[tuple[int, ...], sp.Expr] = {}
    for n in range(1, order + 1):
        slope = sp.cancel((sp.diff(slope, z) + step * sp.diff(slope, step)) / n)
        ratio = sp.factor(slope / base).xreplace({z: sp.log(alive), step: alive})
        longer: dict[tuple[int, ...], sp.Expr] = {}
        for (a, x), (b, y) in product(power.items(), gradients.items()):
            key = tuple(p + q for p, q in zip(a, b, strict=True))
            if sum(key) <= order:
                longer[key] = longer.get(key, sp.Integer(0)) + x * y
        power = longer
        for key, x in power.items():
            total[key] = total.get(key, sp.Integer(0)) + ratio * x
    ordered = sorted(total.items(), key=lambda item: (sum(item[0]), item[0]))
    return tuple((key, sp.factor_terms(c)) for key, c in ordered if sp.expand(c) != 0)


def _with_gain(model: JumpModel, limit: ContinuumLimit) -> ContinuumLimit:
    """The equations with their gains, and what else changes with them."""
    names = {e.density: e for e in limit.equations} if len(limit.system) < 2 else {}
    system = tuple(_gained(e, model, limit.resets) for e in limit.system)
    notes = [f"{model.density} is {ONE_WALKER}"] if any(s.is_total for s in limit.resets) else []
    notes.append("the gain is concentrated in one place: the equation holds weakly, against functions that vary slowly")
    if model.boundaries:
        notes.append("integrals over the density run over the domain between the walls")
    if not limit.resets:
        notes = ["resetting does not happen on this time scale"]
    if not names:
        why = "walkers are put back, and an equation for the total density alone would need derivatives of the gain; use the system"
        return replace(limit, system=system, equations=(), coefficients=(), backward=None, discarded=(), closure=Closure("none", why),
                       assumptions=(*limit.assumptions, *notes))  # fmt: skip
    equation = limit.equations[0]
    loss = dict(limit.coefficients).get("a_0", sp.Integer(0))
    source = sp.Add(*(source_term(s, model) for s in limit.resets))
    discarded, remainder = limit.discarded, limit.remainder_power
    if model.time_step is not None and limit.resets:
        discarded, remainder = _with_next_gain(model, limit, equation)
    if limit.resets and (len(model.state_names) > 1 or model.internals):
        discarded, remainder = _as_far_as_relaxed(model, limit, discarded, remainder)
    closure = limit.closure
    if closure.kind == "exact":
        closure = Closure(
            "exact",
            "one walker without internal states that is put back: a linear equation with a gain that is not local",
        )
    return replace(
        limit,
        system=system,
        equations=(_gained(equation, model, limit.resets),),
        coefficients=(*limit.coefficients, ("source", source)) if limit.resets else limit.coefficients,
        flux_form=tuple((n, v) for n, v in limit.flux_form),
        backward=_backward(model, limit, loss),
        discarded=discarded,
        remainder_power=remainder,
        closure=closure,
        assumptions=(*limit.assumptions, *notes),
    )


def _gained(equation: EvolutionEquation, model: JumpModel, sources: tuple[ResetSource, ...]) -> EvolutionEquation:
    zero = (0,) * model.dimension
    more = []
    for s in sources:
        if s.target == equation.density:
            more.append(Term(source_term(s, model), "", zero))
            more += [Term(c * source_term(s, model), "", space) for space, c in s.kernel]
    return replace(equation, right=(*equation.right, *more))


def source_term(source: ResetSource, model: JumpModel) -> sp.Expr:
    """The gain at leading order, weight delta(x - x0) times the walkers that are put back."""
    return gain_by_reset(model, source.place, source.weight, sp.Function(source.source), total=source.is_total)


def without_gain(limit: ContinuumLimit) -> ContinuumLimit:
    """The limit with the loss alone, also in what it discards."""
    discarded = tuple(replace(d, terms=tuple(t for t in d.terms if t.density)) for d in limit.discarded)
    return replace(limit, equations=tuple(map(without_sources, limit.equations)), resets=(), discarded=discarded,
                   coefficients=tuple((n, v) for n, v in limit.coefficients if n != "source"))  # fmt: skip


def _backward(model: JumpModel, limit: ContinuumLimit, loss: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """d_t f = L f + sum of r(x) (f(x0, t) - f(x, t)), the equation of averages; the loss stands in L already."""
    if limit.backward is None or any(s.kernel for s in limit.resets):
        return None
    lhs, rhs = limit.backward
    f = backward_field(model).func
    back = sp.Add(*(s.weight * f(*s.place, model.time) for s in limit.resets))
    return lhs, rhs + back


def _with_next_gain(
    model: JumpModel, limit: ContinuumLimit, equation: EvolutionEquation
) -> tuple[tuple[Discarded, ...], sp.Expr]:
    """In discrete time the next gain is -(tau/2) L times the leading one; further ones are worked out in long-wave."""
    from symdiff.continuum.leading import leading  # loaded when used: start-up time

    powers = {d.power: d.terms for d in limit.discarded}
    if limit.regime.origin == "long-wave":
        for s, (space, c) in product(limit.resets, _kernel(model, limit)):
            if sum(space) > limit.kept_power:
                beyond = Fraction(sum(space))
                powers[beyond] = (*powers.get(beyond, ()), Term(c * source_term(s, model), "", space))
        return tuple(
            Discarded(p, powers[p], coordinates=model.coordinate_symbols) for p in sorted(powers)
        ), limit.remainder_power
    prepared = prepare(limit.regime, model)
    tau = model.time_step
    assert tau is not None
    step, shown = leading(model, prepared, tau)
    relative = step + prepared.time_power
    own = prepared.time_power + relative
    gaps = [d.power - prepared.time_power for d in limit.discarded] + [relative]
    terms = tuple(
        Term(-shown / 2 * t.coefficient * source_term(s, model), "", t.space)
        for s in limit.resets for t in equation.right if t.fractional is None and not t.inside
    )  # fmt: skip
    powers[own] = (*powers.get(own, ()), *terms)
    end = min(Fraction(str(limit.remainder_power)), own + min(gaps))
    if any(t.inside or t.fractional is not None for t in equation.right):
        end = min(end, own)
    kept = tuple(Discarded(p, powers[p], coordinates=model.coordinate_symbols) for p in sorted(powers) if p < end)
    return kept, sp.Rational(end.numerator, end.denominator)


def _as_far_as_relaxed(
    model: JumpModel, limit: ContinuumLimit, discarded: tuple[Discarded, ...], remainder: sp.Expr
) -> tuple[tuple[Discarded, ...], sp.Expr]:
    """Where states are eliminated: what is known while those who have been put back still relax.

    They move while they relax: the gain is at x0 up to terms with derivatives of delta, smaller by a power of eps or more. The
    first of these is zero where resetting leaves the law of the states as it is: everybody is put back as often, in the state he is in.
    """
    from symdiff.continuum.leading import leading  # loaded when used: start-up time

    prepared = prepare(limit.regime, model)
    inside = {s: sp.Rational(2, 7) for v in model.internals for s in v.symbols}
    least = min(
        leading(model, prepared, j.intensity.xreplace(inside) / (model.time_step or 1))[0] for j in model.resets
    )
    rates = [*(e for j in model.jumps for e in (*j.displacement, *j.direction, j.intensity)),
             *(e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))),
             *(e for v in model.internals for e in (v.diffusivity, v.rate or sp.Integer(0), *v.drift))]  # fmt: skip
    fair = not any(e.has(*model.coordinate_symbols) for e in rates) and all(
        j.source is None and j.target is None and not j.redraw and not j.intensity.free_symbols & set(inside)
        for j in model.resets
    )
    unit = sp.Rational(1, lcm(*(Fraction(str(p)).denominator for _, p in limit.regime.powers)))  # of all powers of eps
    end = sp.Rational(str(least)) + unit * (2 if fair else 1)
    if end >= remainder:
        return discarded, remainder
    return tuple(d for d in discarded if sp.Rational(str(d.power)) < end), end


# --- the second route, and the steps ----------------------------------------------------------------------------------


def _confirmed(model: JumpModel, killed: JumpModel, limit: ContinuumLimit, later: ContinuumLimit) -> ContinuumLimit:
    """The second route of the walk without resets, and that of what comes back, put to the ``limit``."""
    from symdiff.continuum.resetting_confirmation import confirm_gain  # loaded when used: start-up time

    confirm_gain(model, killed, limit)
    loss = later.confirmation
    return replace(later, confirmation=replace(loss, method=f"{loss.method}; the balance of loss and gain"))


def _steps(model: JumpModel, killed: JumpModel, limit: ContinuumLimit) -> tuple[Step, ...]:
    """The balance with its gain, the steps of the walk without it, and the gain put in."""
    masters = len(limit.master_equation.equations)
    first = [
        replace(step, lhs=e.lhs, rhs=e.rhs)
        for step, e in zip(limit.steps[:masters], limit.master_equation.equations, strict=True)
    ]
    rest = [replace(s, title=s.title.replace("Continuum limit", "Loss and motion")) for s in limit.steps[masters:]]
    why = "no walker is lost: who leaves by resetting comes back at the place of the destination"
    if any(s.kernel for s in limit.resets):
        why += "; the logarithm of one step, S + rho |x0><1|, is log S + rho log(S)/(S - 1) |x0><1|"
    last = [Step("Gain by resetting", e.lhs, e.rhs, why) for e in (limit.equations or limit.system)]
    return (*first, *rest, *last)
