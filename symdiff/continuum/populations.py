"""Populations in the limit of a large system: Kramers-Moyal in the scaled coordinate x = n/V, to leading order in 1/V.

The model is rewritten in x: a jump by r moves by r/V, a propensity w(n) becomes w(V x), and the general engine expands in 1/V.
Each derivative costs a power of 1/V; drift and diffusion are kept each to its own leading order (the drift is usually one
power larger than the diffusion), the corrections to them are listed as discarded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.continuum import assembly
from symdiff.continuum.assembly import GradedTerm, graded_terms
from symdiff.continuum.assumptions import RARE_EVENTS, assumptions
from symdiff.continuum.confirmation import confirm
from symdiff.continuum.derivation import Derived, derive_operator, with_ring
from symdiff.continuum.limit import Closure, ContinuumLimit, Step
from symdiff.continuum.master import master_equation
from symdiff.continuum.rare_events import absorbing_states, conserved_numbers
from symdiff.continuum.regimes import PreparedRegime, prepare
from symdiff.continuum.staged import NOT_YET, completed, confirmed
from symdiff.continuum.steps import derivation_steps
from symdiff.continuum.system_size import system_size_expansion, with_stationary_points
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.crowd import Population
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import FunctionDeclaration, JumpModel, ScalingRegime, make_model

LARGE_SYSTEM = "large-system"


def large_system(population: Population) -> ScalingRegime:
    """The regime that comes first for every population."""
    return ScalingRegime(LARGE_SYSTEM, "stated", ((population.system_size, Fraction(-1)),))


def population_regimes(model: JumpModel) -> tuple[ScalingRegime, ...]:
    """``large-system``, then those that the file states."""
    return () if model.population is None else (large_system(model.population), *model.regimes)


def derive_population(model: JumpModel, regime: ScalingRegime, order: int | None) -> ContinuumLimit:
    """The limit in one regime other than long-wave; the arguments and errors are those of ``derive_regime``."""
    from symdiff.continuum.derive import result_to_confirm  # the general engine calls this module

    if model.states:
        raise NotYetError("populations with further states are not handled yet", where="[model] states",
                          instead="count the individuals of every state by a coordinate of its own")  # fmt: skip
    scaled, change = scaled_problem(model, regime)
    prepared = prepare(change, scaled)

    def run(ring: DifferentialRing) -> ContinuumLimit:
        derived = derive_scaled(scaled, prepared, ring, order)
        terms = graded_terms(ring, derived.operator[0][0])
        kept = kept_terms(terms, order)
        elements = assembly.merged_elements(derived, kept)
        equation = assembly.scalar_equation(derived, elements)
        left = [t for t in terms if t not in kept]
        highest = max((t.power for t in kept), default=0)
        derived = replace(derived, kept=highest)
        result = result_to_confirm(derived)
        limit = ContinuumLimit(
            density=model.density,
            regime=regime,
            assumptions=(*assumptions(derived, equation), *_structure(model), RARE_EVENTS),
            master_equation=master_equation(model),
            equations=(equation,),
            system=(),
            local_equilibrium=(),
            coefficients=assembly.named_coefficients(derived, elements, max((sum(s) for s, _ in elements), default=2)),
            flux_form=assembly.flux_coefficients(derived, elements),
            growth_rate=assembly.growth_rate(derived, elements),
            backward=assembly.backward_equation(derived, equation.right),
            closure=Closure("exact", "the master equation is linear in the probability; its expansion in the inverse system size is "
                            "truncated"),
            moments_exist_below=None,
            discarded=assembly.discarded_terms(derived, left, min((t.power for t in terms), default=0) - 1, model.density),
            remainder_power=assembly.remainder_power(derived),
            kept_power=Fraction(highest),
            steps=_without_walkers(derivation_steps(derived, (equation,)), scaled),
            confirmation=NOT_YET,
            system_size=system_size_expansion(derived, terms, model),
            in_shares=True,
        )  # fmt: skip
        limit = confirmed(limit, lambda: confirm(scaled, change, result))
        return completed(limit, with_stationary_points)

    return with_ring(scaled, prepared, run)


def _without_walkers(steps: tuple[Step, ...], scaled: JumpModel) -> tuple[Step, ...]:
    """The steps with the words for numbers of individuals."""
    why = f"balance of gains and losses at every value of {', '.join(scaled.coordinates)}"
    return tuple(replace(s, why=why) if s.title.startswith("Master equation") else s for s in steps)


def _structure(model: JumpModel) -> tuple[str, ...]:
    kept = tuple(f"{n} is conserved: the law stays on the states with its first value, and has no noise along it"
                 for n in conserved_numbers(model))  # fmt: skip
    ends = tuple(
        f"no jump leaves {state}: it is absorbing, and any other stationary law is quasi-stationary only"
        for state in absorbing_states(model)
    )
    return (*kept, *ends)


def scaled_problem(model: JumpModel, regime: ScalingRegime) -> tuple[JumpModel, ScalingRegime]:
    """The model and the regime in the coordinates x = n/V."""
    return scaled_model(model), _scaled_powers(model, regime)


def derive_scaled(scaled: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: int | None) -> Derived:
    """The operator in the scaled coordinates, one power further than the drift."""
    beyond = None if scaled.time_step is None else 1  # the logarithm of one step grows fast
    return derive_operator(scaled, prepared, ring, (order or 0) + 1, beyond)


def kept_terms(terms: list[GradedTerm], order: int | None) -> list[GradedTerm]:
    """Every drift at its own leading order, the diffusion at its leading order; ``order`` keeps further powers of both."""
    second = min((t.power for t in terms if sum(t.space) == 2), default=None)
    if second is None or order:
        last = (second if second is not None else min((t.power for t in terms), default=0)) + (order or 0)
        return [t for t in terms if t.power <= last]
    lowest: dict[tuple[int, ...], Any] = {}
    for t in terms:
        if sum(t.space) <= 1:
            lowest[t.space] = min(t.power, lowest.get(t.space, t.power))
    return [
        t
        for t in terms
        if (sum(t.space) == 2 and t.power == second)
        or (sum(t.space) <= 1 and t.power == lowest[t.space] and t.power <= second)
    ]


def _scaled_powers(model: JumpModel, regime: ScalingRegime) -> ScalingRegime:
    """A power of a copy number n becomes one of x = n/V."""
    population = model.population
    assert population is not None
    names = dict(zip(model.coordinate_symbols, _symbols(population), strict=True))
    size = dict(regime.powers).get(population.system_size, Fraction(0))
    powers = tuple((names[k], p - size) if k in names else (k, p) for k, p in regime.powers)
    return ScalingRegime(
        regime.name, regime.origin, tuple((k, p) for k, p in powers if not (k in names.values() and p == 0))
    )


def _symbols(population: Population) -> tuple[sp.Symbol, ...]:
    return tuple(sp.Symbol(name, real=True) for name in population.scaled)


def _per_size(value: sp.Expr, x: tuple[sp.Symbol, ...], size: sp.Symbol) -> sp.Expr:
    """A quotient such as (V + b) x/(V + s V x) as (1 + b/V) x/(1 + s x), so that its leading value is seen."""
    if value.is_polynomial(*x) or not value.is_rational_function():
        return value
    top, bottom = sp.fraction(sp.cancel(value))
    if not bottom.has(*x):
        return value
    common = size ** sp.degree(bottom, size)
    return sp.expand(top / common) / sp.expand(bottom / common)


def scaled_model(model: JumpModel) -> JumpModel:
    """The same process in the coordinates x = n/V; raises where a declared function is read at other places than x."""
    population = model.population
    assert population is not None
    size, x = population.system_size, _symbols(population)
    numbers = {n: size * c for n, c in zip(model.coordinate_symbols, x, strict=True)}
    names = dict(zip(model.coordinates, population.scaled, strict=True))
    open_functions = {d.name for d in model.functions if d.body is None}

    def put(value: sp.Expr) -> sp.Expr:
        expanded = expand_definitions(value, model.functions).xreplace(numbers)
        calls = {
            c: c.func(*(sp.cancel(a) for a in c.args))
            for c in expanded.atoms(AppliedUndef)
            if c.func.__name__ in open_functions
        }
        for call in calls.values():
            if not set(call.args) <= set(x):
                raise DerivationError(f"{call} is read far from {', '.join(population.scaled)}: it is no function of the scaled coordinate",
                                      where="[functions]", instead=f"write it as a function of n/{size}")  # fmt: skip
        return _per_size(expanded.xreplace(calls), x, size)

    jumps = tuple(
        replace(j, displacement=tuple(put(r) / size for r in j.displacement), intensity=put(j.intensity),
                direction=tuple(put(e) / size for row in j.directions for e in row) if j.law else (), law=j.law.substitute(put) if j.law else None)
        for j in model.jumps
    )  # fmt: skip
    functions = tuple(
        FunctionDeclaration(d.name, tuple(names[a] for a in d.arguments)) for d in model.functions if d.body is None
    )
    started = replace(model.preparation, position=tuple(sp.cancel(p / size) for p in model.preparation.position))
    fields: Mapping[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model({**fields, "preparation": started, "coordinates": population.scaled, "jumps": jumps, "functions": functions, "population": None,
                       "conditions": (), "regimes": ()})  # fmt: skip
