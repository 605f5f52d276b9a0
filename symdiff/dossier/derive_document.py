"""The JSON document of ``symdiff derive``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

import symdiff
from symdiff.algebra.nested_integrals import decimal_value
from symdiff.continuum import forms
from symdiff.continuum.crossovers import crossovers
from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit, SystemSizeExpansion
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.typography import latex, typography_of
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.model.dimensions import dimensions_of
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import fingerprint
from symdiff.notation.display.build import Typography

FORMAT = 1


def derive_document(derivation: Derivation) -> dict[str, Any]:
    """The document of the contract; every expression twice, as SymPy text and as LaTeX."""
    model = derivation.model
    writer = _Writer(model, bool(derivation.settings.values))
    master = derivation.master_equation
    return {
        "format": FORMAT,
        "title": model.title,
        "symbols": symbols_document(model),
        "master_equation": {
            "equations": [{"state": e.state, "lhs": writer(e.lhs), "rhs": writer(e.rhs)} for e in master.equations],
            "closed": None
            if master.closed is None
            else {"lhs": writer(master.closed[0]), "rhs": writer(master.closed[1])},
        },
        "limits": [limit_document(limit, writer) for limit in derivation.limits],
        "observables": {
            o.name: {
                "kind": o.kind,
                "lattice": None if o.lattice is None else writer(o.lattice),
                "equation": {name: writer(value) for name, value in o.equation},
                "assumptions": list(o.assumptions),
                "why": o.why,
                "instead": o.instead,
                "branches": [writer(b) for b in o.branches],
            }
            for o in derivation.observables
        },
        "crossovers": [
            {
                "between": list(c.between),
                "at": {name: writer(value) for name, value in c.at},
                "commute": c.commute,
                "why": c.why,
            }
            for c in crossovers(derivation.model, derivation.limits)
        ],
        "dimensions": dimensions_document(model, derivation.limits),
        "settings": {name: str(value) for name, value in derivation.settings.values},
        "provenance": provenance(model),
    }


def provenance(model: JumpModel) -> dict[str, str]:
    """Versions and the model's fingerprint."""
    return {"symdiff": symdiff.__version__, "sympy": sp.__version__, "model_sha256": fingerprint(model)}


def symbols_document(model: JumpModel) -> dict[str, Any]:
    """Which names of the expressions are symbols and which functions."""
    return {
        "parameters": [p.name for p in model.parameters],
        "functions": [d.name for d in model.functions],
        "densities": list(dict.fromkeys((*model.density_names, *model.states))),
        "coordinates": [*model.coordinates, *(() if model.population is None else model.population.scaled)],
        "time": "t",
    }


class _Writer:
    """An expression as {"sympy", "latex"}, and with settings its decimal value."""

    def __init__(self, model: JumpModel, with_values: bool) -> None:
        self.style: Typography = typography_of(model)
        self.with_values = with_values
        names = {p.name for p in model.parameters}
        self.unambiguous: dict[sp.Basic, sp.Basic] = {}
        if "I" in names:
            self.unambiguous[sp.I] = sp.Pow(sp.Integer(-1), sp.Rational(1, 2), evaluate=False)
        if "E" in names:
            self.unambiguous[sp.E] = sp.exp(1, evaluate=False)

    def __call__(self, expression: sp.Basic) -> dict[str, str]:
        shown = expression.xreplace(self.unambiguous) if self.unambiguous else expression
        result = {"sympy": in_plain_text(shown), "latex": latex(expression, self.style)}
        if (
            self.with_values
            and isinstance(expression, sp.Expr)
            and expression.is_number
            and expression.is_finite is not False
        ):
            value = decimal(expression)
            if value:
                result["value"] = value
        return result


def in_plain_text(expression: sp.Basic) -> str:
    """str(); with integrals or sums in the order of the arguments, since SymPy sorts numbers by their value, which takes minutes to find."""
    return str(sp.sstr(expression, order="none")) if expression.has(sp.Integral, sp.Sum) else str(expression)


def decimal(number: sp.Expr) -> str:
    """15 significant digits; nothing where integrals in it are not found so precisely in a few seconds."""
    if number == 0:
        return "0"
    value = decimal_value(number, 15)
    return "" if value is None else str(value)


def limit_document(limit: ContinuumLimit, writer: _Writer) -> dict[str, Any]:
    """One limit of the document."""
    regime = limit.regime
    return {
        "regime": {
            "name": regime.name,
            "origin": regime.origin,
            "scaling": {str(key): _power(value) for key, value in regime.powers},
            "frame": None if limit.frame is None else {"velocity": {c: writer(v) for c, v in limit.frame}},
        },
        "assumptions": list(limit.assumptions),
        "equations": [_equation(e, writer, "density") for e in limit.equations],
        "system": [_equation(e, writer, "state") for e in limit.system],
        "local_equilibrium": {name: writer(value) for name, value in limit.local_equilibrium},
        "coefficients": _coefficients(limit, writer),
        "flux_form": {name: writer(value) for name, value in limit.flux_form},
        "growth_rate": None if limit.growth_rate is None else writer(limit.growth_rate),
        "backward": None
        if limit.backward is None
        else {"lhs": writer(limit.backward[0]), "rhs": writer(limit.backward[1])},
        "closure": {"kind": limit.closure.kind, "why": limit.closure.why},
        "moments_exist_below": None if limit.moments_exist_below is None else writer(limit.moments_exist_below),
        "boundary_conditions": [_boundary(b, writer) for b in limit.boundary_conditions],
        "discarded": [
            ({"density": d.density} if d.density else {})
            | {
                "power": _power(d.whole_power),
                "terms": writer(sp.Add(*(t.expression(limit.coordinates, sp.Symbol("t", real=True)) for t in d.terms))),
            }
            for d in limit.discarded
        ],
        "remainder_power": str(limit.remainder_power),
        **forms_document(limit, writer),
        "system_size_expansion": None if limit.system_size is None else _system_size(limit.system_size, writer),
        "steps": [{"title": s.title, "lhs": writer(s.lhs), "rhs": writer(s.rhs), "why": s.why} for s in limit.steps],
        "confirmation": {
            "method": limit.confirmation.method,
            "predicted_power": limit.confirmation.predicted_power,
            "observed_power": None
            if limit.confirmation.observed_power is None
            else f"{limit.confirmation.observed_power:.4f}",
            "digits": limit.confirmation.digits,
        },
    }


def forms_document(limit: ContinuumLimit, writer: _Writer) -> dict[str, Any]:
    """The other forms of the equation; null where a form does not exist."""
    frame = forms.moving_frame(limit)
    drifts, scaled, pade = forms.drifts(limit), forms.dimensionless(limit), forms.regularised(limit)

    def pair(found: tuple[sp.Expr, sp.Expr]) -> dict[str, Any]:
        return {"lhs": writer(found[0]), "rhs": writer(found[1])}

    return {
        "forms": {name: pair(found) for name, found in forms.divergence_forms(limit).items()},
        "interpretation": None if drifts is None else {
            "name": drifts.name or None,
            "evaluation": None if drifts.evaluation is None else writer(drifts.evaluation),
            "drift": {"ito": writer(drifts.ito), "stratonovich": writer(drifts.stratonovich), "isothermal": writer(drifts.isothermal)},
        },
        "dimensionless": None if scaled is None else {
            "length": "L", "time": writer(scaled.time), "groups": {name: writer(value) for name, value in scaled.groups},
            **pair(scaled.equation),
        },
        "regularised": None if pade is None else {**pair(pade.equation), "condition": pade.condition or None,
                                                "why": pade.why + (f" where {pade.condition}" if pade.condition else "")},
        "moving_frame": None if frame is None else {"velocity": {c: writer(v) for c, v in frame[0]}, **pair(frame[1])},
        "isotropy": {str(order): found for order, found in forms.isotropy(limit)},
    }  # fmt: skip


def dimensions_document(model: JumpModel, limits: tuple[ContinuumLimit, ...]) -> dict[str, Any] | None:
    """The dimension of every symbol, and whether the equations of the limits are dimensionally right."""
    found = dimensions_of(model)
    if found is None:
        return None
    names = [p.name for p in model.parameters] + [d.name for d in model.functions]
    wrong = []
    for limit in limits:
        at = found if model.population is None else dimensions_of(model, [c.name for c in limit.coordinates])
        assert at is not None
        wrong += [f"{limit.regime.name}: {said}" for e in limit.equations if (said := at.difference(e.lhs, e.rhs))]
    return {
        "symbols": {n: found.words(found.table[n]) for n in names if n in found.table},
        "consistent": not wrong,
        "wrong": wrong,
    }


def _coefficients(limit: ContinuumLimit, writer: _Writer) -> dict[str, Any]:
    """By role; with several densities by density first, and by the density that a coefficient multiplies."""
    found: dict[str, Any] = {name: writer(value) for name, value in limit.coefficients}
    for c in limit.coupled:
        roles = found.setdefault(c.density, {})
        if c.of:
            roles.setdefault(c.role, {})[c.of] = writer(c.value)
        else:
            roles[c.role] = writer(c.value)
    return found


def _system_size(found: SystemSizeExpansion, writer: _Writer) -> dict[str, Any]:
    """Van Kampen's expansion, by coordinate: n = V x + V**(1/2) xi, Cov(n) = V S + C, delta = <n> - V x, third cumulants V K."""
    names = found.coordinates

    def matrix(rows: tuple[tuple[sp.Expr, ...], ...]) -> dict[str, Any]:
        return {a: {b: writer(v) for b, v in zip(names, row, strict=True)} for a, row in zip(names, rows, strict=True)}

    return {
        "system_size": str(found.size),
        "macroscopic": {name: writer(v) for name, v in zip(names, found.macroscopic, strict=True)},
        "drift_matrix": matrix(found.drift_matrix),
        "noise_covariance": matrix(found.noise_covariance),
        "covariance": {name: writer(v) for name, v in found.covariance},
        "mean_correction": {name: writer(v) for name, v in found.mean_correction},
        "third_cumulants": {name: writer(v) for name, v in found.third_cumulants},
        "covariance_correction": {name: writer(v) for name, v in found.covariance_correction},
        "next_order": writer(found.next_order),
        "stationary": [{name: writer(v) for name, v in point} for point in found.stationary],
        "stationary_conditions": [[writer(c) for c in conditions] for conditions in found.stationary_conditions],
        "stationary_missing": found.stationary_missing or None,
        "rare_events": None
        if found.rare_events is None
        else {"jumps": writer(found.rare_events.jumps), "diffusion": writer(found.rare_events.diffusion)},
    }


def _boundary(condition: BoundaryCondition, writer: _Writer) -> dict[str, Any]:
    return {
        "at": condition.at,
        "kind": condition.kind,
        "lhs": writer(condition.lhs),
        "rhs": writer(condition.rhs),
        "coefficients": {name: writer(value) for name, value in condition.coefficients},
    }


def _equation(equation: EvolutionEquation, writer: _Writer, role: str) -> dict[str, Any]:
    return {role: equation.density, "lhs": writer(equation.lhs), "rhs": writer(equation.rhs)}


def _power(value: Fraction) -> str:
    return str(value)
