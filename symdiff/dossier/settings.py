"""Values that the user sets (``--set p=1/3``), and how they are put into models and results.

A parameter that a scaling speaks of stays a symbol while the limit is derived, and is put into the result afterwards:
a scaling is a statement about symbols. All others are put into the model at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from symdiff.continuum.limit import Coefficients, ContinuumLimit, RareEvents, SystemSizeExpansion
from symdiff.dossier.typography import latex_of_names
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import DerivationError
from symdiff.model.jump_model import JumpModel
from symdiff.model.substitution import read_settings


@dataclass(frozen=True)
class Settings:
    """Exact values by name."""

    values: tuple[tuple[str, sp.Expr], ...] = ()

    def early(self, model: JumpModel) -> dict[str, sp.Expr]:
        """What is put into the model before the derivation."""
        scaled = {s.name for regime in model.regimes for key, _ in regime.powers for s in key.free_symbols}
        if model.population is not None:  # it goes to infinity, and is put into the result
            scaled |= {s.name for s in model.population.system_size.free_symbols}
        return {name: value for name, value in self.values if name not in scaled}

    def symbols(self, model: JumpModel) -> dict[sp.Symbol, sp.Expr]:
        """Replacements by symbol."""
        table = {p.name: p.symbol for p in model.parameters}
        return {table[name]: value for name, value in self.values if name in table}


def settings_of(model: JumpModel, texts: list[str]) -> Settings:
    """Read ``name=value`` strings for this model."""
    return Settings(tuple(read_settings(model, texts).items()))


def apply_to_model(model: JumpModel, settings: Settings) -> JumpModel:
    """The model with the values put in that no scaling speaks of."""
    early = settings.early(model)
    return model.substitute(early) if early else model


def apply_to_limit(limit: ContinuumLimit, model: JumpModel, settings: Settings) -> ContinuumLimit:
    """The limit with the model's names in print and all values put in; raises where a coefficient is infinite there."""
    names = tuple(latex_of_names(model).items())
    limit = replace(limit, latex_names=names) if names else limit
    change = settings.symbols(model)
    if not change:
        return limit

    def put(value: sp.Expr) -> sp.Expr:
        result = value.xreplace(change)
        if result.has(sp.zoo, sp.nan):
            shown = ", ".join(f"{k} = {v}" for k, v in settings.values)
            raise DerivationError(f"{value} has no finite value at {shown}: the limit of regime '{limit.regime.name}' does not hold there",
                                  where="--set", instead="choose another value, or another regime")  # fmt: skip
        return result

    def term(t: Term) -> Term:
        return replace(
            t, coefficient=put(t.coefficient), fractional=None if t.fractional is None else put(t.fractional)
        )

    def equation(e: EvolutionEquation) -> EvolutionEquation:
        kept = [t for t in map(term, e.right) if t.coefficient != 0]
        left = [t for t in map(term, e.left) if t.coefficient != 0]
        return replace(e, left=tuple(left), right=tuple(kept))

    def pairs(items: Coefficients) -> Coefficients:
        return tuple((name, put(value)) for name, value in items)

    return replace(
        limit,
        equations=tuple(equation(e) for e in limit.equations),
        system=tuple(equation(e) for e in limit.system),
        local_equilibrium=pairs(limit.local_equilibrium),
        coefficients=pairs(limit.coefficients),
        flux_form=pairs(limit.flux_form),
        growth_rate=None if limit.growth_rate is None else put(limit.growth_rate),
        backward=None if limit.backward is None else (limit.backward[0], put(limit.backward[1])),
        moments_exist_below=None if limit.moments_exist_below is None else put(limit.moments_exist_below),
        discarded=tuple(replace(d, terms=tuple(map(term, d.terms))) for d in limit.discarded),
        steps=tuple(replace(s, lhs=put(s.lhs), rhs=put(s.rhs)) for s in limit.steps),
        settings=settings.values,
        coupled=tuple(replace(c, value=put(c.value)) for c in limit.coupled),
        boundary_conditions=tuple(
            replace(b, lhs=put(b.lhs), rhs=put(b.rhs), coefficients=pairs(b.coefficients))
            for b in limit.boundary_conditions
        ),
        frame=None if limit.frame is None else pairs(limit.frame),
        system_size=None if limit.system_size is None else _system_size(limit.system_size, put),
    )


def _system_size(found: SystemSizeExpansion, put: Callable[[sp.Expr], sp.Expr]) -> SystemSizeExpansion:
    def rows(matrix: tuple[tuple[sp.Expr, ...], ...]) -> tuple[tuple[sp.Expr, ...], ...]:
        return tuple(tuple(map(put, row)) for row in matrix)

    def pairs(items: Coefficients) -> Coefficients:
        return tuple((name, put(value)) for name, value in items)

    return replace(
        found,
        macroscopic=tuple(map(put, found.macroscopic)),
        drift_matrix=rows(found.drift_matrix),
        noise_covariance=rows(found.noise_covariance),
        covariance=pairs(found.covariance),
        mean_correction=pairs(found.mean_correction),
        third_cumulants=pairs(found.third_cumulants),
        covariance_correction=pairs(found.covariance_correction),
        next_order=put(found.next_order),
        stationary=tuple(map(pairs, found.stationary)),
        stationary_conditions=tuple(tuple(map(put, conditions)) for conditions in found.stationary_conditions),
        rare_events=None
        if found.rare_events is None
        else RareEvents(put(found.rare_events.jumps), put(found.rare_events.diffusion)),
    )
