"""The derivation of a model's continuum limits, regime by regime, each confirmed by the second route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import sympy as sp

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.continuum import assembly
from symdiff.continuum.assembly import GradedTerm, graded_terms
from symdiff.continuum.assumptions import assumptions
from symdiff.continuum.cases import cut, in_cases
from symdiff.continuum.confirmation import confirm, digits_of_numbers
from symdiff.continuum.confirmation_probe import OperatorTerm, Result
from symdiff.continuum.derivation import (
    Derived,
    composed_equilibrium,
    derive_operator,
    leading_part,
    with_ring,
)
from symdiff.continuum.fast_states import closed_classes
from symdiff.continuum.limit import Closure, Coefficients, ContinuumLimit, Discarded, without_equation
from symdiff.continuum.master import master_equation
from symdiff.continuum.regimes import LONG_WAVE, prepare
from symdiff.continuum.slow import are_densities, shared_out_notes, slow_names, stands_still
from symdiff.continuum.staged import NOT_YET, confirmed, in_stages
from symdiff.continuum.steps import derivation_steps
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import DerivationError, NotYetError, OpenCaseError, SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel, ScalingRegime, make_model
from symdiff.model.occupancy import is_crowd

MAX_ORDER = 40
LARGEST_CLOSED = 4  # states: beyond, a single equation of that order in time helps nobody


def derive_regime(model: JumpModel, regime: ScalingRegime, order: int | None = None) -> ContinuumLimit:
    """The continuum limit in one regime.

    ``order`` is the highest derivative in ``long-wave``, elsewhere the number of further powers of eps. Raises
    :class:`DerivationError` where the regime has no limit (what diverges is named), :class:`NotYetError` where symdiff
    cannot handle the model, :class:`InternalFaultError` where the two routes disagree.
    """
    if model.clock == "none":
        raise DerivationError("the jumps have weights but no rates or probabilities: there is no evolution in time",
                              instead="write a rate or a probability for every jump, or [model] total_rate or time_step, which the weights "
                                      "share out; weights alone can be counted")  # fmt: skip
    digits_of_numbers(model)  # raises where no second route could follow
    if model.space_dimension is not None:
        from symdiff.continuum.isotropic import derive_isotropic  # loaded when used: start-up time

        return derive_isotropic(model, regime, order, derive_regime)
    if model.depends_on_time:
        from symdiff.continuum.clock import derive_in_time  # loaded when used: start-up time

        return derive_in_time(model, regime, order, derive_regime)
    if model.scheme is not None and (model.boundaries or model.internals):
        raise NotYetError(
            "walls and internal states beside a master equation are not handled yet", where="master_equation"
        )
    if any(j.region is not None for j in model.jumps):
        from symdiff.continuum.junctions import derive_junction  # loaded when used: start-up time

        return derive_junction(model, regime, order, derive_regime)
    if model.resets:
        from symdiff.continuum.resetting import derive_resetting  # loaded when used: start-up time

        return derive_resetting(model, regime, order, derive_regime)
    if model.boundaries:
        from symdiff.continuum.walls import with_conditions, without_walls  # loaded when used: start-up time

        return with_conditions(model, derive_regime(without_walls(model), regime, order))
    if model.internals and is_crowd(model):
        raise NotYetError("continuous internal states of crowds are not handled yet", where="internal")
    if order is not None and not (isinstance(order, int) and 0 <= order <= MAX_ORDER):
        raise UsageError(f"order {order} is not in 0..{MAX_ORDER}", where="--order")
    highest = min((d.slope_to for d in model.functions if d.slope_to), default=MAX_ORDER)
    if order is not None and order > highest:
        raise NotYetError("on an unknown grid higher orders are not handled yet", where="--order",
                          instead=f"ask for {highest} or less")  # fmt: skip
    if regime.origin == "long-wave" and order == 0:
        raise UsageError("order 0 keeps no derivative", where="--order", instead="ask for 1 or more")
    if model.clock == "waiting":
        from symdiff.continuum.waiting import derive_waiting  # loaded when used: start-up time

        return derive_waiting(model, regime, order)
    if model.population is not None and regime.origin != "long-wave":
        from symdiff.continuum.populations import derive_population  # loaded when used: start-up time

        return derive_population(model, regime, order)
    if is_crowd(model):
        from symdiff.continuum.crowd import derive_crowd  # loaded when used: start-up time

        return derive_crowd(model, regime, order)
    prepared = prepare(regime, model)
    if model.scheme is not None:
        from symdiff.continuum.scheme import derive_scheme  # loaded when used: start-up time

        scheme_rules = derive_scheme
        return with_ring(model, prepared, lambda ring: _assemble(scheme_rules(model, prepared, ring, order)))

    def run(ring: DifferentialRing) -> ContinuumLimit:
        return _assemble(derive_operator(model, prepared, ring, order, bare=True))

    return with_ring(model, prepared, run)


def regimes_of(model: JumpModel) -> tuple[ScalingRegime, ...]:
    """The regimes that are derived in any case: ``large-system`` of a population, the stated ones, then ``long-wave``."""
    return (*stated_regimes(model), LONG_WAVE)


def stated_regimes(model: JumpModel) -> tuple[ScalingRegime, ...]:
    """The regimes of the file; for a population ``large-system`` comes first."""
    if model.population is None:
        return model.regimes
    from symdiff.continuum.populations import population_regimes  # loaded when used: start-up time

    return population_regimes(model)


def derive_all(
    model: JumpModel, order: int | None = None, tell: Callable[[ContinuumLimit], None] | None = None
) -> tuple[ContinuumLimit, ...]:
    """Every limit, case by case where it depends on the range of a parameter; ``tell`` is called with each as it comes, see :func:`in_stages`."""
    return in_cases(model, lambda case: _derive_all(case, order, tell if case is model else None))


def _derive_all(
    model: JumpModel, order: int | None, tell: Callable[[ContinuumLimit], None] | None
) -> tuple[ContinuumLimit, ...]:
    """Every limit: the stated regimes, ``long-wave``, and where none is stated every distinguished limit that is found.

    A stated regime without a limit is an error. Where ``long-wave``, or the ``large-system`` of a population, has none but another
    regime does, it is listed without an equation and with the reason. ``tell`` is told every limit as it comes, first without its last steps.
    """
    regimes = stated_regimes(model)
    found: list[ContinuumLimit | tuple[ScalingRegime, SymdiffError]] = []
    for regime in (*regimes, LONG_WAVE):
        try:
            find = partial(derive_regime, model, regime, order)
            found.append(find() if tell is None else in_stages(find, tell))
        except (DerivationError, NotYetError) as error:
            if regime in model.regimes or (isinstance(error, OpenCaseError) and cut(model, error)):
                raise
            found.append((regime, error))
    sample = next((f for f in found if isinstance(f, ContinuumLimit)), None)
    timed = model.clock == "scheme" or model.depends_on_time
    searched = not regimes and not timed and not is_crowd(model)
    long_wave = found[-1] if isinstance(found[-1], ContinuumLimit) else None
    others: list[ContinuumLimit] = []
    if searched and (long_wave is None or long_wave.equations):
        others = _found_limits(model, long_wave, tell)
    sample = sample or next(iter(others), None)
    if sample is None:
        raise next(f[1] for f in found if not isinstance(f, ContinuumLimit))
    return (*(f if isinstance(f, ContinuumLimit) else without_equation(sample, *f) for f in found), *others)


def _regimes_to_try(model: JumpModel, long_wave: ContinuumLimit | None) -> list[ScalingRegime]:
    """The distinguished regimes of the long-wave limit, and those of slow dying, which need no limit where walkers die fast."""
    from symdiff.continuum.distinguished import distinguished_regimes  # loaded when used: start-up time

    regimes = [] if long_wave is None else list(distinguished_regimes(model, long_wave))
    deaths = [r for r in model.crowd.reactions if not r.produces]
    if not deaths or len(model.state_names) == 1 or model.clock != "continuous":
        return regimes
    rest = tuple(r for r in model.crowd.reactions if r.produces)
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    try:
        immortal = derive_regime(make_model(fields | {"crowd": replace(model.crowd, reactions=rest)}), LONG_WAVE)
    except (DerivationError, NotYetError):
        return regimes
    known = [{*r.powers} for r in regimes]
    slow = distinguished_regimes(model, immortal, tuple(r.intensity for r in deaths))
    return regimes + [r for r in slow if {*r.powers} not in known]


def _found_limits(
    model: JumpModel,
    long_wave: ContinuumLimit | None,
    tell: Callable[[ContinuumLimit], None] | None,
) -> list[ContinuumLimit]:
    from symdiff.continuum.distinguished import regime_name  # loaded when used: start-up time

    found: list[ContinuumLimit] = []
    taken = {LONG_WAVE.name}
    timeless = False
    further = None  # --order speaks of derivatives in long-wave; in found regimes the leading order is shown
    if model.resets:
        from symdiff.continuum.resetting import without_gain, without_resets  # loaded when used: start-up time

        killed, loss = without_resets(model), None if long_wave is None else without_gain(long_wave)
    elif model.clock == "waiting":
        from symdiff.continuum.waiting import without_memory  # loaded when used: start-up time

        memoryless = without_memory(model)
        if memoryless is None:
            return []
        killed, loss = memoryless, long_wave
        timeless = any(model.wait_before(j, jump).mean_is_infinite for _, j, jump in model.transitions())
        if timeless and long_wave is not None:
            loss = derive_regime(memoryless, LONG_WAVE)
    else:
        killed, loss = model, long_wave
    for regime in _regimes_to_try(killed, loss):
        if timeless:  # the power of time follows, by the index of the waits
            regime = replace(regime, powers=tuple((k, v) for k, v in regime.powers if k != model.time))
        if model.clock == "discrete" and not _rarely_reset(model, regime):
            continue  # who is reset comes back: the loss of a step can't be divided out
        try:
            limit = derive_regime(model, regime, further)
        except DerivationError:
            continue  # the polytope's facet has no limit of its own in a frame at rest
        name = regime_name(limit, taken)
        taken.add(name)
        steps = tuple(replace(s, why=s.why.replace("the regime 'found'", f"the regime '{name}'")) for s in limit.steps)
        found.append(replace(limit, regime=ScalingRegime(name, "found", regime.powers), steps=steps))
        if tell is not None:
            tell(found[-1])
    return found


def _rarely_reset(model: JumpModel, regime: ScalingRegime) -> bool:
    """Whether every reset becomes rare in the regime: its probability holds a small parameter."""
    small = {s for key, power in regime.powers if power > 0 for s in key.free_symbols}
    return all(j.intensity.free_symbols & small for j in model.resets)


def _assemble(derived: Derived) -> ContinuumLimit:
    if len(derived.operator) == 1:
        return _one_density(derived)
    if are_densities(derived):
        return _coupled_densities(derived)
    return _several_states(derived)


def _one_density(derived: Derived) -> ContinuumLimit:
    model, ring = derived.model, derived.ring
    terms = graded_terms(ring, derived.operator[0][0])
    kept = [t for t in terms if t.power <= derived.kept]
    note: tuple[str, ...] = ()
    if not kept and terms and not derived.prepared.is_long_wave:
        lowest = terms[0].power
        kept = [t for t in terms if t.power == lowest]
        note = (f"nothing happens on this time scale; what is shown is of order eps**({lowest})",)
        terms = [t for t in terms if t.power <= lowest or t.power > derived.kept]
    elif not kept and not derived.prepared.is_long_wave:
        first = assembly.remainder_power(derived)
        note = (f"nothing happens on this time scale: what follows is of order eps**({first}) or smaller",)
    elements = assembly.merged_elements(derived, kept)
    equation = assembly.scalar_equation(derived, elements)
    kept_power = max((t.power for t in kept), default=derived.kept) if note else derived.kept
    highest = int(derived.kept) if derived.prepared.is_long_wave else max((sum(s) for s, _ in elements), default=0)
    coefficients = assembly.named_coefficients(derived, elements, highest)
    limit = ContinuumLimit(
        density=model.density,
        regime=derived.prepared.regime,
        assumptions=(*note, *assumptions(derived, equation)),
        master_equation=master_equation(model),
        equations=(equation,),
        system=_kramers_moyal_system(derived),
        local_equilibrium=_local_equilibrium(derived),
        coefficients=coefficients,
        flux_form=assembly.flux_coefficients(derived, elements),
        growth_rate=assembly.growth_rate(derived, elements),
        backward=assembly.backward_equation(derived, equation.right),
        closure=_closure(derived),
        moments_exist_below=_moments(model),
        discarded=assembly.discarded_terms(derived, terms, kept_power, model.density),
        remainder_power=assembly.remainder_power(derived),
        kept_power=Fraction(derived.kept),
        steps=derivation_steps(derived, (equation,)),
        confirmation=NOT_YET,
    )
    return _confirmed(limit, derived)


def _coupled_densities(derived: Derived) -> ContinuumLimit:
    from symdiff.continuum import coupled  # loaded when used: start-up time

    model, names = derived.model, slow_names(derived)
    equations = coupled.coupled_equations(derived, names)
    equilibrium: Coefficients = ()
    if derived.reductions:
        columns = coupled.shares(derived)
        equilibrium = tuple(
            (name, sum(row, sp.Integer(0))) for name, row in zip(model.state_names, columns, strict=True)
        )
    notes = tuple(
        f"{name} is the density of {' + '.join(model.state_names[i] for i in basin)}"
        for name, basin in zip(names, derived.slow, strict=True)
        if len(basin) > 1 or model.state_names[basin[0]] != name
    )
    why = "; ".join(("one equation for every density", *notes))
    limit = ContinuumLimit(
        density=names[0],
        regime=derived.prepared.regime,
        assumptions=assumptions(derived, None),
        master_equation=master_equation(model),
        equations=equations,
        system=(),
        local_equilibrium=equilibrium,
        coefficients=(),
        flux_form=(),
        growth_rate=None,
        backward=None,
        closure=Closure(_closure(derived).kind, why),
        moments_exist_below=_moments(model),
        discarded=coupled.coupled_discarded(derived, names),
        remainder_power=assembly.remainder_power(derived),
        kept_power=Fraction(derived.kept),
        steps=derivation_steps(derived, equations),
        confirmation=NOT_YET,
        coupled=coupled.coupled_coefficients(derived, names),
    )
    return _confirmed(limit, derived)


def _several_states(derived: Derived) -> ContinuumLimit:
    model = derived.model
    system = () if model.scheme is not None else assembly.system_equations(derived, slow_names(derived))
    equation: EvolutionEquation | None = None
    coefficients: Coefficients = ()
    rate: sp.Expr | None = None
    discarded: tuple[Discarded, ...] = ()
    closed: list[GradedTerm] | None = None
    closed_order = Fraction(0)
    remainder = assembly.remainder_power(derived)
    if len(closed_classes(model)) > 1:
        closure = Closure(
            "none", "the states evolve on the same time scale and fall into several closed classes; use the system"
        )
    elif stands_still(derived):
        closure = Closure("none", "on this time scale walkers do no more than change their states: the total density stays as it is; its "
                                  "motion is seen at longer times, which have a lower power of eps (t = -2, say)")  # fmt: skip
    elif derived.homogeneous and len(derived.operator) <= LARGEST_CLOSED:
        from symdiff.continuum.telegraph import closed_equation  # loaded when used: start-up time

        closed_form = closed_equation(derived)
        equation, coefficients, rate = closed_form.equation, closed_form.coefficients, closed_form.growth_rate
        discarded, closed, closed_order = closed_form.discarded, closed_form.all_terms, closed_form.known_below
        remainder = sp.Rational(closed_order.numerator, closed_order.denominator)  # of the products in the determinant
        why = "the states have constant coefficients: every one of them, and their sum, obeys det(d_t - L) u = 0"
        if model.scheme is not None:
            why = "a linear scheme with constant coefficients: two of its branches are slow, and obey one equation of second order"
        closure = Closure("exact", why)
    elif derived.homogeneous:
        closure = Closure("none", f"{len(derived.operator)} states evolve on the same time scale: an equation for the total alone is of "
                                  f"order {len(derived.operator)} in time; use the system")  # fmt: skip
    else:
        closure = Closure("none", "the coefficients depend on place and do not commute: the total density obeys no equation "
                                  "of its own; use the system")  # fmt: skip
    limit = ContinuumLimit(
        density=model.density,
        regime=derived.prepared.regime,
        assumptions=(*assumptions(derived, equation), *shared_out_notes(derived), *_idle(derived)),
        master_equation=master_equation(model),
        equations=() if equation is None else (equation,),
        system=system,
        local_equilibrium=(),
        coefficients=coefficients,
        flux_form=(),
        growth_rate=rate,
        backward=None,
        closure=closure,
        moments_exist_below=_moments(model),
        discarded=discarded,
        remainder_power=remainder,
        kept_power=Fraction(derived.kept),
        steps=derivation_steps(derived, () if equation is None else (equation,)),
        confirmation=NOT_YET,
    )
    return _confirmed(limit, derived, closed, closed_order)


def _idle(derived: Derived) -> tuple[str, ...]:
    """Where walkers are kept in number and place: what the equation shows is the relaxation of their states."""
    columns = zip(*([leading_part(x, derived.kept) for x in row] for row in derived.operator), strict=True)
    kept = [[c for x in column for c in x.terms.values()] for column in columns]
    if derived.model.scheme is not None or any(not derived.ring.is_zero(sum(c, derived.ring.zero)) for c in kept):
        return ()
    return (
        "on this time scale walkers do no more than change their states; their motion is seen at longer times (t = -2, say)",
    )


def _confirmed(
    limit: ContinuumLimit,
    derived: Derived,
    closed: list[GradedTerm] | None = None,
    closed_order: Fraction = Fraction(0),
) -> ContinuumLimit:
    """The limit with the second route's verdict on it."""
    result = _to_confirm(derived, closed, closed_order)
    return confirmed(limit, lambda: confirm(derived.model, derived.prepared.regime, result))


def result_to_confirm(derived: Derived) -> Result:
    """What the second route is given of a model with one density."""
    return _to_confirm(derived, None)


def _to_confirm(derived: Derived, closed: list[GradedTerm] | None, closed_order: Fraction = Fraction(0)) -> Result:
    """What the second route is given: expressions only."""
    operator = [[assembly.operator_terms(derived, x) for x in row] for row in derived.operator]
    local = None
    if derived.reductions and (len(operator) > 1 or not derived.homogeneous):
        local = [[assembly.operator_terms(derived, x) for x in row] for row in composed_equilibrium(derived)]
    shown = None
    if closed is not None:
        shown = [OperatorTerm(derived.ring.to_expression(t.coefficient), t.space, t.time, t.fractional) for t in closed]
    known, modes = assembly.remainder_power(derived), derived.generator.modes
    return Result(
        operator, local, shown, known, sp.Rational(closed_order.numerator, closed_order.denominator), derived.homogeneous,
        () if modes is None or modes.is_ball else modes.functions(),
    )  # fmt: skip


def _kramers_moyal_system(derived: Derived) -> tuple[EvolutionEquation, ...]:
    """Without internal states the system is the equation itself and is not repeated."""
    return ()


def _local_equilibrium(derived: Derived) -> Coefficients:
    """The share of every state at leading order."""
    if not derived.reductions:
        return ()
    ring = derived.ring
    shares: Any = [row[0] for row in derived.reductions[-1].split.right]
    for reduction in reversed(derived.reductions[:-1]):
        right = reduction.split.right
        shares = [sum((right[i][a] * shares[a] for a in range(len(shares))), ring.zero) for i in range(len(right))]
    if derived.generator.modes is not None:  # the walkers are in the first moment of every state
        if len(derived.model.state_names) == 1:
            return ()
        shares = shares[:: derived.generator.modes.size]
    return tuple((name, ring.to_expression(s)) for name, s in zip(derived.model.state_names, shares, strict=True))


def _closure(derived: Derived) -> Closure:
    if derived.model.scheme is not None:
        return Closure(
            "exact", "a linear scheme with constant coefficients: its slow branch obeys a linear equation of its own"
        )
    if derived.model.population is not None and not derived.reductions:
        return Closure(
            "exact", "the master equation is linear in the probability; its expansion in the jumps is truncated"
        )
    if not derived.reductions:
        return Closure(
            "exact", "independent walkers without internal states: the density obeys a linear equation of its own"
        )
    return Closure(
        "local-equilibrium", "the states relax fast to their local equilibrium and are eliminated order by order"
    )


def _moments(model: JumpModel) -> sp.Expr | None:
    """Below which order the moments of the displacement exist, where a law has a heavy tail."""
    indices = []
    for jump in model.jumps:
        if jump.law is not None and jump.law.singular:
            indices.append(jump.law.singular[0].exponent)
    return sp.Min(*indices) if indices else None
