"""Walkers that wait and die meanwhile: u(x, t) = e^(-kt) p(x, t), with p the walk of those that do not die.

Death at one rate k, everywhere and in every state, takes a walker whatever its clock says. So an ordinary equation
p_t = L p becomes u_t = L u - k u, while a fractional one keeps the memory of those alive only:

    D_t^a p = A p  (Caputo)    becomes    u_t = e^(-kt) D_t^(1-a) [e^(kt) A u] - k u  (Riemann-Liouville),

which is not the fractional equation with - k u added.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import sympy as sp

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.continuum.derivation import with_ring
from symdiff.continuum.limit import ContinuumLimit, Discarded, Step
from symdiff.continuum.regimes import prepare
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.jump_model import JumpModel, ScalingRegime, make_model


def death_rate(model: JumpModel) -> sp.Expr:
    """The one rate k at which every walker dies; raises :class:`NotYetError` for any other reaction beside waits."""
    rates = dict.fromkeys(model.state_names, sp.Integer(0))
    for reaction in model.crowd.reactions:
        if len(reaction.consumes) != 1 or reaction.produces or any(reaction.consumes[0].displacement):
            raise NotYetError("beside waits only the death of single walkers is handled: whether the clocks of those that a "
                              "reaction leaves or brings forth start afresh is not part of the model", where=reaction.label,
                              instead=f'rule = "{model.state_names[0]} -> 0" with a constant rate, or exponential waits as rates')  # fmt: skip
        rates[reaction.consumes[0].state] += reaction.intensity
    found = {sp.expand(rate) for rate in rates.values()}
    varying = any(r.has(*model.coordinate_symbols) or r.atoms(sp.core.function.AppliedUndef) for r in found)
    if len(found) > 1 or varying:
        raise NotYetError("walkers that wait and die at a rate that depends on place, on the state or on others are not "
                          "handled yet", where="reactions", instead="give every state the same constant rate")  # fmt: skip
    return found.pop()


def without_death(model: JumpModel) -> JumpModel:
    """The walk of those that do not die."""
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model(fields | {"crowd": INDEPENDENT})


def with_death(model: JumpModel, regime: ScalingRegime, limit: ContinuumLimit) -> ContinuumLimit:
    """The limit of the walk that dies, from that of the walk that does not."""
    from symdiff.continuum.waiting_master import renewal_equations, renewal_steps  # loaded when used: start-up time

    rate = death_rate(model)
    keeps_rate = _is_kept(model, regime, limit, rate)
    equations = tuple(_dying(e, rate) for e in limit.equations) if keeps_rate else limit.equations
    shown = dict(limit.coefficients)
    coefficients = (("a_0", -rate), *shown.items()) if keeps_rate and equations else limit.coefficients
    backward = None
    if limit.backward is not None:
        left, right = limit.backward
        backward = (left, right - rate * left.args[0]) if keeps_rate else limit.backward
    final = [Step("Continuum limit", e.lhs, e.rhs, "u = e^(-kt) p, with p the density of the walk without death and k its rate")
             for e in equations]  # fmt: skip
    return replace(
        limit,
        master_equation=renewal_equations(model),
        equations=equations,
        coefficients=coefficients,
        growth_rate=None if limit.growth_rate is None else limit.growth_rate - (rate if keeps_rate else 0),
        backward=backward,
        discarded=limit.discarded if not _is_fractional(limit) else tuple(
            Discarded(d.power, tuple(_tempered(t, _index(limit), rate) for t in d.terms), d.density, d.coordinates) for d in limit.discarded),
        steps=(*renewal_steps(model), *(s for s in limit.steps if s.title == "Long waits"), *final),
        assumptions=(*limit.assumptions, f"walkers die at the rate {rate} while they wait, whatever their clock says; "
                                         "the second route confirms the walk of those that do not die"),
    )  # fmt: skip


def _is_kept(model: JumpModel, regime: ScalingRegime, limit: ContinuumLimit, rate: sp.Expr) -> bool:
    """Whether the death is as fast as the regime's time; in long-wave every parameter is fixed."""
    if regime.origin == "long-wave":
        return True
    prepared = prepare(regime, model)

    def grade(ring: DifferentialRing) -> Fraction:
        return Fraction(Expansion(ring, prepared.grading).series(prepared.replace(rate), 1).valuation)

    power = with_ring(model, prepared, grade)
    if power != prepared.time_power:
        raise NotYetError(f"death at a rate of order eps**({power}) beside times of order eps**({-prepared.time_power}) is not handled yet",
                          where=f"regime '{regime.name}'", instead="give the rate the power of d/dt")  # fmt: skip
    return True


def _is_fractional(limit: ContinuumLimit) -> bool:
    return any(t.caputo is not None for e in limit.equations for t in e.left)


def _index(limit: ContinuumLimit) -> sp.Expr:
    return next(t.caputo for e in limit.equations for t in e.left if t.caputo is not None)


def _tempered(term: Term, index: sp.Expr, rate: sp.Expr) -> Term:
    return replace(term, memory=(1 - index, rate))


def _dying(equation: EvolutionEquation, rate: sp.Expr) -> EvolutionEquation:
    (head,) = equation.left
    death = Term(-rate, equation.density, head.space)
    if head.caputo is None:
        return replace(equation, right=(*equation.right, death))
    left = (replace(head, caputo=None, time=1),)
    return replace(equation, left=left, right=(*(_tempered(t, head.caputo, rate) for t in equation.right), death))


def of_those_alive(equation: EvolutionEquation) -> EvolutionEquation | None:
    """The fractional equation of the walk without death, from the tempered one; None for any other equation."""
    memories = {t.memory for t in equation.right if t.memory is not None}
    if len(memories) != 1:
        return None
    (memory,) = memories
    assert memory is not None
    left = tuple(replace(t, time=0, caputo=sp.expand(1 - memory[0])) for t in equation.left)
    return replace(equation, left=left, right=tuple(replace(t, memory=None) for t in equation.right if t.memory))
