"""The model of a certificate: its events, each with the agents that it takes and brings, its motions and its clock."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.str import StrPrinter

from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.motion import Motion
from symdiff.model.step_law import StepLaw
from symdiff.model.transform_law import LAPLACE, wave_symbols
from symdiff.model.waiting import S, WaitingLaw

WHERE = "--certificate"
Table = Mapping[str, sp.Expr]


class _Printer(StrPrinter):  # type: ignore[misc]  # sympy has no types
    """The text of a formula, every derivative with each of its variables: Derivative(V(x), x, x)."""

    def _print_Derivative(self, expression: sp.Derivative) -> str:
        return f"Derivative({', '.join(map(self._print, (expression.expr, *expression.variables)))})"


READABLE = (sp.Symbol, sp.Rational, sp.Add, sp.Mul, sp.Pow, sp.exp, AppliedUndef, sp.Derivative, sp.Tuple)


def text_of(expression: sp.Basic) -> str:
    """A formula as the checker of certificates reads it; raises :class:`NotYetError` for what it does not read."""
    for e in sp.preorder_traversal(expression):
        if not isinstance(e, READABLE) and e is not sp.pi:
            raise NotYetError(f"there is no certificate yet for formulas with {e.func.__name__}", where=WHERE,
                              instead="handled: sums, products, quotients, numeric powers, exp, sqrt and functions left open")  # fmt: skip
        if isinstance(e, sp.Pow) and not e.exp.is_number:
            raise NotYetError(f"there is no certificate yet for the power {e}, whose exponent is no number", where=WHERE,
                              instead="give the exponent a value")  # fmt: skip
    return str(_Printer().doprint(expression))


def require_covered(model: JumpModel) -> None:
    """Refuse a class of models whose limits the checker cannot rebuild."""
    time = sp.Symbol("t", real=True)
    crowd = model.crowd
    reasons = {
        "places with rules of their own": any(j.region is not None for j in model.jumps),
        "continuous internal states": bool(model.internals),
        "jumps to fixed places": bool(model.resets),
        "a symbolic number of dimensions": model.space_dimension is not None,
        "site rates and rods": crowd.site_rate is not None or crowd.rod_length is not None,
        "reactions in discrete time": bool(crowd.reactions) and model.clock == "discrete",
        "waits beside motion between the jumps": model.clock == "waiting" and bool(model.motions),
        "rates that depend on time": any(j.intensity.has(time) or any(d.has(time) for d in j.displacement) for j in model.jumps),
    }  # fmt: skip
    found = [name for name, applies in reasons.items() if applies]
    if found:
        raise NotYetError(f"there is no certificate yet for {', '.join(found)}", where=WHERE)


def model_document(model: JumpModel) -> dict[str, Any]:
    """What the checker reads of a model away from its walls; raises :class:`NotYetError` for a law without a transform in closed form."""
    names = model.state_names
    document: dict[str, Any] = {
        "coordinates": list(model.coordinates),
        "states": list(names),
        "parameters": {p.name: "positive" if p.symbol.is_positive else "" for p in model.parameters},
        "functions": {f.name: [list(f.arguments), "" if f.body is None else text_of(f.body)] for f in model.functions},
        "clock": _clock(model),
        "motion": {names[j]: text_of(_generator(m, model)) for j in range(len(names)) if (m := model.motion_of(j)) is not None},
        "events": [*_jumps(model), *_deaths(model), *_reactions(model)],
    }  # fmt: skip
    said = json.dumps([document[k] for k in ("clock", "motion", "events")])
    functions = document["functions"]
    used = [
        n
        for n in functions
        if re.search(rf"\b{re.escape(n)}\(", said + "".join(f[1] for m, f in functions.items() if m != n))
    ]
    return document | {"functions": {n: functions[n] for n in used}}  # what is written out already is not said twice


def slope(coordinate: str) -> sp.Symbol:
    """d_x, the derivative to the left."""
    return sp.Symbol(f"d_{coordinate}")


D_T = sp.Symbol("d_t")


def _slopes(model: JumpModel) -> tuple[sp.Symbol, ...]:
    return tuple(map(slope, model.coordinates))


def _clock(model: JumpModel) -> str:
    """F(d_t, d) of F P = K P: d_t for rates, 1/psi(d_t) - 1 for jumps after waits of the law psi, the scheme of a scheme."""
    if model.scheme is not None:
        return text_of(sp.Add(*(_scheme_term(t, model) for t in model.scheme.terms)))
    if model.time_step is not None:
        return text_of(sp.exp(model.time_step * D_T) - 1)
    if model.clock != "waiting":
        return text_of(D_T)
    law = model.waiting
    if not isinstance(law, WaitingLaw):
        raise _no_transform("the waits")
    if law.transform is not None:
        value = None if law.remainder is not None else law.transform.xreplace({S: D_T})
    else:
        value = named_transform(law.distribution, dict(law.arguments), D_T)
    return _closed(None if value is None else 1 / value - 1, "the waits")


def named_transform(name: str, a: Table, q: sp.Expr) -> sp.Expr | None:
    """E[e^(-q s)] of the named laws that have it in closed form; None for the others."""
    rules = {
        "fixed": lambda: sp.exp(-a["value"] * q),
        "normal": lambda: sp.exp(-a["mean"] * q + a["variance"] * q**2 / 2),
        "laplace": lambda: 1 / (1 - a["scale"] ** 2 * q**2),
        "uniform": lambda: (sp.exp(-a["low"] * q) - sp.exp(-a["high"] * q)) / ((a["high"] - a["low"]) * q),
        "exponential": lambda: 1 / (1 + a["mean"] * q),
        "gamma": lambda: (1 + a["scale"] * q) ** (-a["shape"]),
        "binomial": lambda: (1 + a["success"] * (sp.exp(-q) - 1)) ** a["trials"],
        "poisson": lambda: sp.exp(a["mean"] * (sp.exp(-q) - 1)),
        "geometric": lambda: 1 / (1 + a["mean"] * (1 - sp.exp(-q))),
    }
    return rules[name]() if name in rules else None


def _transform(law: StepLaw, directions: tuple[tuple[sp.Expr, ...], ...], model: JumpModel) -> str:
    """E[e^(-sum_a s_a e_a.d)] of the random lengths s_a along their directions e_a."""
    along = [sp.Add(*(r * d for r, d in zip(row, _slopes(model), strict=True))) for row in directions]
    a, what = dict(law.arguments), f"the law '{law.distribution}'"
    value = None
    if law.inner is None and law.lengths == 1:
        value = named_transform(law.distribution, a, along[0])
    elif law.inner is None and law.distribution == "normal":
        spread = (
            a[f"covariance.{min(i, j)}.{max(i, j)}"] * p * q / 2
            for i, p in enumerate(along)
            for j, q in enumerate(along)
        )
        value = sp.exp(sp.Add(*spread) - sp.Add(*(a[f"mean.{i}"] * q for i, q in enumerate(along))))  # fmt: skip
    if law.distribution == "laplace_transform":
        value = a["transform"].xreplace({LAPLACE: along[0]})
    if law.distribution == "characteristic_function":
        imaginary = {k: sp.I * q for k, q in zip(wave_symbols(law.lengths), along, strict=True)}
        value = sp.expand(a["transform"].xreplace(imaginary)).rewrite(sp.exp)
    return _closed(value, what)


def _closed(value: sp.Expr | None, what: str) -> str:
    """The formula as text, where it is one that the checker reads."""
    if value is None or value.has(sp.I) or any(not isinstance(e, READABLE) for e in sp.preorder_traversal(value)):
        raise _no_transform(what)
    return text_of(value)


def _no_transform(what: str) -> NotYetError:
    return NotYetError(f"there is no certificate yet for {what}: its transform is not at hand in closed form", where=WHERE,
                       instead="handled: normal, uniform, exponential, gamma, Laplace, Poisson, binomial, geometric and fixed laws, formulas of exponentials and quotients")  # fmt: skip


def _jumps(model: JumpModel) -> list[dict[str, Any]]:
    """Every jump but resting: who leaves and comes back at once changes nothing, and nothing would hold its rate."""
    names, here = model.state_names, ["0"] * model.dimension
    moves = (
        (i, j, jump) for i, j, jump in model.transitions() if i != j or jump.law is not None or any(jump.displacement)
    )
    return [{"from": [[names[j], here]], "to": [[names[i], *_step(jump, model)]], "rate": text_of(jump.intensity)}
            for i, j, jump in moves]  # fmt: skip


def _step(jump: Jump, model: JumpModel) -> list[Any]:
    shift: list[Any] = [[text_of(d) for d in jump.displacement]]
    if jump.law is None:
        return shift
    if jump.intensity.free_symbols & set(jump.law.variables):
        raise NotYetError("there is no certificate yet for rates that weigh the random step", where=WHERE)
    return [*shift, _transform(jump.law, jump.directions, model)]


def _deaths(model: JumpModel) -> list[dict[str, Any]]:
    """Who does not jump dies, where the model says so."""
    if not model.lossy:
        return []
    found = []
    for k, name in enumerate(model.state_names):
        stays = 1 - sp.Add(*(jump.intensity for _, j, jump in model.transitions() if j == k))
        found.append({"from": [[name, ["0"] * model.dimension]], "to": [], "rate": text_of(sp.factor(stays))})
    return found


def _reactions(model: JumpModel) -> list[dict[str, Any]]:
    return [{"from": [[p.state, [text_of(d) for d in p.displacement]] for p in r.consumes],
             "to": [[p.state, [text_of(d) for d in p.displacement]] for p in r.produces], "rate": text_of(r.intensity)}
            for r in model.crowd.reactions]  # fmt: skip


def _generator(motion: Motion, model: JumpModel) -> sp.Expr:
    """- d_i (v_i + a d_j D_ij) + d_ij D_ij, derivatives to the left."""
    total, slopes = sp.Integer(0), _slopes(model)
    for i, velocity in enumerate(motion.velocity):
        total -= slopes[i] * velocity
        for j, entry in enumerate(motion.diffusivity[i] if motion.diffusivity else ()):
            place = model.coordinate_symbols[j]
            changes = bool(motion.evaluation != 0 and (entry.has(place) or entry.atoms(AppliedUndef)))
            drift = motion.evaluation * sp.Derivative(entry, place) if changes else sp.Integer(0)
            total += slopes[i] * slopes[j] * entry - slopes[i] * drift
    return total


def _scheme_term(term: Any, model: JumpModel) -> sp.Expr:
    """c d^orders e^(a.d) d_t^m e^(b d_t)."""
    slopes = _slopes(model)
    shift = sp.Add(*(a * d for a, d in zip(term.shift, slopes, strict=True))) + term.time_shift * D_T
    orders = sp.Mul(*(d**n for d, n in zip(slopes, term.space_orders, strict=True)))
    return term.coefficient * orders * D_T**term.time_order * sp.exp(shift)
