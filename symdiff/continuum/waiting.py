"""Continuum limits of semi-Markov walks: which route a model takes, and the results of the ordinary ones.

Exponential waits are a Markov process and go the way of rates. Waits with a mean give an ordinary equation, by the series
of :mod:`waiting_series`; waits without a mean a fractional one (:mod:`waiting_fractional`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import sympy as sp

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.graded import GradedSeries, Power
from symdiff.continuum import assembly
from symdiff.continuum.assembly import graded_terms
from symdiff.continuum.assumptions import assumptions
from symdiff.continuum.confirmation_probe import Result
from symdiff.continuum.derivation import EXTRA, Derived, derive_operator, kept_power, with_ring
from symdiff.continuum.generator import Generator
from symdiff.continuum.limit import Closure, ContinuumLimit, Step
from symdiff.continuum.regimes import PreparedRegime, prepare
from symdiff.continuum.staged import NOT_YET, confirmed
from symdiff.continuum.waiting_confirmation import confirm_waiting
from symdiff.continuum.waiting_relation import Relation, build_relation, check_internals, is_separable
from symdiff.continuum.waiting_series import solve_for_time
from symdiff.equations.evolution_equation import MasterEquation
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ScalingRegime, make_model
from symdiff.model.occupancy import density_calls
from symdiff.model.ranges import enclosure, parameter_intervals
from symdiff.model.step_law import StepLaw
from symdiff.model.waiting import WaitingLaw


def derive_waiting(model: JumpModel, regime: ScalingRegime, order: int | None) -> ContinuumLimit:
    """The continuum limit of a semi-Markov walk in one regime; raises like :func:`derive_regime`."""
    if any(density_calls(j.intensity, model) for j in model.jumps):
        raise NotYetError("interactions of walkers that wait are not handled yet", where="jumps",
                          instead="give exponential waits as rates, or leave the interactions out")  # fmt: skip
    if model.internals:
        check_internals(model)
    markov = as_markov(model)
    if markov is not None:
        from symdiff.continuum.derive import derive_regime

        note = "the waiting times are exponential: the walk is a Markov process with rates"
        limit = derive_regime(markov, regime, order)
        return replace(limit, assumptions=(*limit.assumptions, note))
    if model.crowd.reactions:
        from symdiff.continuum.waiting_decay import with_death, without_death  # loaded when used: start-up time

        return with_death(model, regime, derive_waiting(without_death(model), regime, order))
    from symdiff.continuum.levy_walks import (
        derive_levy_walk,
        is_levy_walk,
        lags_behind,
    )  # loaded when used: start-up time

    if is_levy_walk(model) or (regime.origin == "long-wave" and order in (None, 2) and lags_behind(model)):
        return derive_levy_walk(model, regime, order)
    laws = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    if any(law.mean_is_infinite for law in laws):
        if model.first_wait == "equilibrium":
            raise DerivationError("waits without a mean have no equilibrium: a first wait of that kind does not exist",
                                  where="waiting_time.first", instead='write first = "ordinary"')  # fmt: skip
        from symdiff.continuum.waiting_fractional import derive_fractional  # loaded when used: start-up time

        return derive_fractional(model, regime, order)
    prepared = prepare(regime, model)

    def run(ring: DifferentialRing) -> ContinuumLimit:
        return assembled(derived_operator(model, prepared, ring, order))

    return with_ring(model, prepared, run)


def as_markov(model: JumpModel) -> JumpModel | None:
    """The same walk with rates, where every state waits by one exponential law; None otherwise."""
    means: dict[int, WaitingLaw] = {}
    for _, j, jump in model.transitions():
        law = model.wait_before(j, jump)
        if model.internals or law.distribution != "exponential" or means.setdefault(j, law) != law:
            return None
    if len(set(means.values())) > 1 and any(j.source is None for j in model.jumps):
        return None
    names = model.state_names

    def rate_of(source: str | None) -> sp.Expr:
        law = means[0 if source is None else names.index(source)]
        return 1 / law.moment(1)

    jumps = tuple(replace(j, intensity=j.intensity * rate_of(j.source), waiting=None) for j in model.jumps)
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model(fields | {"jumps": jumps, "clock": "continuous", "waiting": None})


def without_memory(model: JumpModel) -> JumpModel | None:
    """A walk with rates whose distinguished limits are those of the waiting one, time in units of a mean wait; None where there is none.

    To the lowest power of s 1/psi(s) - 1 is the mean wait times s, and further powers of s are smaller than that; where there is no
    mean it is B s^alpha, and the balance of the jumps' terms among themselves is the same.
    """
    markov = as_markov(model)
    if markov is not None:
        return markov
    laws = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    if len(model.state_names) > 1 or len(laws) > 1 or not model.rests or model.crowd.reactions:
        return None
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    jumps = tuple(replace(j, waiting=None) for j in model.jumps)
    return make_model(fields | {"jumps": jumps, "clock": "continuous", "waiting": None})


def derived_operator(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: int | None) -> Derived:
    """d/dt as a series of gradients, where the waits have a mean."""
    if is_separable(model):
        return derive_operator(with_shared_wait(model), prepared, ring, order)
    kept = kept_power(model, prepared, order)
    relation, root = _root(model, prepared, ring, kept)
    if root.order <= kept:
        raise _too_few_moments(prepared)
    matrix = [[relation.series]]
    generator = Generator(matrix, relation.series.order, None)
    return Derived(model, prepared, ring, generator, relation.reductions, matrix, [[root]], kept, True, everyone(model))


def with_shared_wait(model: JumpModel) -> JumpModel:
    """The same walk with the one law of all its waits as that of the file."""
    shared = next(model.wait_before(j, jump) for _, j, jump in model.transitions())
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model(fields | {"waiting": shared})


def _too_few_moments(prepared: PreparedRegime) -> DerivationError:
    return DerivationError("a waiting time or a step law does not have the moments that this order needs",
                           where=f"regime '{prepared.regime.name}'", instead="ask for a lower --order, or state more of the law")  # fmt: skip


def _root(
    model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, kept: int | Fraction
) -> tuple[Relation, GradedSeries]:
    """s(k): first as if there were no drift (s of second order), which needs less of the laws; then with one."""
    if not prepared.is_long_wave:
        grade = prepared.time_power
        relation = build_relation(
            model, prepared, ring, kept + EXTRA + 9, int(grade) if grade.denominator == 1 else grade
        )
        return relation, solve_for_time(relation.series, relation.variable, relation.algebra).truncated(
            kept + EXTRA + 1
        )
    order = kept + EXTRA + 1
    relation = build_relation(model, prepared, ring, order, 2)
    if relation.series.valuation < 2:
        relation = build_relation(model, prepared, ring, order, 1)
    if relation.series.order <= kept:
        raise _too_few_moments(prepared)
    return relation, solve_for_time(relation.series, relation.variable, relation.algebra)


def assembled(derived: Derived) -> ContinuumLimit:
    """The result for one density, confirmed by the exact relation of Montroll and Weiss as numbers."""
    model, ring = derived.model, derived.ring
    terms = graded_terms(ring, derived.operator[0][0])
    kept = [t for t in terms if t.power <= derived.kept]
    elements = assembly.merged_elements(derived, kept)
    equation = assembly.scalar_equation(derived, elements)
    highest = int(derived.kept) if derived.prepared.is_long_wave else max((sum(s) for s, _ in elements), default=0)
    operator = [[assembly.operator_terms(derived, derived.operator[0][0])]]
    remainder = _remainder(derived)
    result = Result(operator, None, None, remainder, sp.Integer(0), derived.homogeneous)
    limit = ContinuumLimit(
        density=model.density,
        regime=derived.prepared.regime,
        assumptions=(*assumptions(derived, equation), *waiting_notes(model)),
        master_equation=waiting_master(model),
        equations=(equation,),
        system=(),
        local_equilibrium=(),
        coefficients=assembly.named_coefficients(derived, elements, highest),
        flux_form=assembly.flux_coefficients(derived, elements),
        growth_rate=assembly.growth_rate(derived, elements),
        backward=assembly.backward_equation(derived, equation.right),
        closure=closure_of(derived),
        moments_exist_below=None,
        discarded=assembly.discarded_terms(derived, terms, derived.kept, model.density),
        remainder_power=remainder,
        kept_power=Fraction(derived.kept),
        steps=(*waiting_steps(model), Step("Continuum limit", equation.lhs, equation.rhs,
               "the root of 1 = psi(s) phi(k) that vanishes with k, by powers of k")),
        confirmation=NOT_YET,
    )  # fmt: skip
    return confirmed(limit, lambda: confirm_waiting(model, derived.prepared.regime, result))


def _remainder(derived: Derived) -> sp.Expr:
    """The first power of eps that was not computed; symbolic where the index of a wait or of a step decides it."""
    known = assembly.remainder_power(derived)
    if not derived.prepared.is_long_wave:
        return known
    model = derived.model
    waits = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    steps = {jump.law for jump in model.jumps if jump.law is not None}
    grade = _grade_of_time(derived.operator[0][0].valuation, steps)
    bounds: list[tuple[sp.Expr, Power]] = [
        (law.known_below, law.stand_in(law.known_below)) for law in steps if law.known_below is not None
    ]
    bounds += [
        (grade.power * law.open_power, grade.number * law.stand_in(law.open_power))
        for law in waits
        if law.open_power is not None
    ]
    if all(p.is_Rational for p, _ in bounds):
        return known
    box = parameter_intervals(model.parameters)
    lowest = [enclosure(q, box).low for p, _ in bounds for q in (p.args if isinstance(p, sp.Min) else (p,))]
    if known.is_Rational and all(low is not None and low >= known for low in lowest):
        return known
    settled = any(number == known for _, number in bounds)
    return sp.Min(*(p for p, _ in bounds), *(() if settled else (known,)))


class _Grade(NamedTuple):
    """The power of k at which d_t counts, as it is and as the number that stands for it in series."""

    power: sp.Expr
    number: Power


def _grade_of_time(number: Power, steps: Collection[StepLaw]) -> _Grade:
    found = {term.exponent for law in steps for term in law.singular if law.stand_in(term.exponent) == number}
    # tails of several symbolic indices may share the number: the heavier one leads
    return _Grade(sp.Min(*found) if found else sp.Rational(*Fraction(number).as_integer_ratio()), number)


def everyone(model: JumpModel) -> tuple[tuple[int, ...], ...]:
    """One density that sums all states."""
    return (tuple(range(len(model.state_names))),)


def closure_of(derived: Derived) -> Closure:
    """Long times: the memory of the waits is in the higher terms."""
    if derived.reductions:
        return Closure("local-equilibrium", "the states relax to their local equilibrium within a few jumps")
    return Closure("exact", "independent walkers: the density obeys a linear equation; the memory of the waits enters through "
                            "the gradients, term by term")  # fmt: skip


def waiting_notes(model: JumpModel) -> tuple[str, ...]:
    """What the waits add to the assumptions."""
    found = ["times are long against the waiting time"]
    laws = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    if any(law.distribution == "moments" for law in laws):
        found.append("nothing is assumed of the waiting time beyond its stated moments")
    if model.first_wait == "equilibrium":
        found.append("the first wait is that of equilibrium; it changes the transient, not the equation")
    else:
        found.append(
            "the clock starts with an ordinary wait at time zero; another first wait changes the transient only"
        )
    return tuple(found)


def waiting_master(model: JumpModel) -> MasterEquation:
    """The renewal equations: arrivals J at x, t, and the density of those who still wait."""
    from symdiff.continuum.waiting_master import renewal_equations

    return renewal_equations(model)


def waiting_steps(model: JumpModel) -> tuple[Step, ...]:
    """The renewal equations and the formula of Montroll and Weiss."""
    from symdiff.continuum.waiting_master import renewal_steps

    return renewal_steps(model)
