"""Claims about the law as a function of its start: d_t P(x, t|x_0) = v d_(x_0) P + D d_(x_0)^2 P, the backward equation of Kolmogorov."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import backward_field
from symdiff.dossier.check_equations import compare_terms, normalised
from symdiff.dossier.claim_sites import calls_of
from symdiff.dossier.claimed_terms import claimed_terms
from symdiff.dossier.comparing import Arena
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.dossier.resolving import Resolver
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, SILENT, UNDECIDED, RegimeVerdict

OF_THE_START = "_of_the_start"  # the law as a function of its start; no declared name begins so
OF_AVERAGES = "it is the backward equation, for averages as functions of the start"


def in_the_start(claim: Claim, model: JumpModel) -> Claim:
    """The claim with the law as a field of its start, where it is differentiated by the start and not by the place.

    The start is called x_0, y, ...: an argument of the density that is no coordinate; t_0, s is the time of the start.
    """
    text = claim.statement.latex or claim.statement.expression
    conditional = "|" in text or r"\mid" in text or r"\vert" in text
    relations = tuple(_rewritten(r, model, conditional) for r in claim.relations)
    if len(relations) != 1 or relations == claim.relations:
        return claim
    return replace(claim, relations=relations, warnings=(*claim.warnings, "the law as a function of its start"))


def _rewritten(relation: Relation, model: JumpModel, conditional: bool) -> Relation:
    x, t = model.coordinate_symbols, model.time
    names = {model.density, model.density.lower(), model.density.upper()}
    calls = {c for c in calls_of(relation) if c.func.__name__ in names and len(c.args) > len(x) + 1}
    found = {
        d
        for side in (relation.left, relation.right)
        for d in side.atoms(sp.Derivative)
        if d.atoms(AppliedUndef) & calls
    }
    by = {v for d in found for v in d.variables}
    extra = {a for c in calls for a in c.args if a.is_Symbol and a not in (*x, t)}
    places = _starts(by & extra, model, conditional)
    if relation.kind != "=" or places is None or by & set(x):
        return relation
    field = sp.Function(OF_THE_START)(*x, t)
    ends = {c: sp.Symbol(f"{c.name} (the end)") for c in x}  # D(x) at the end is no D(x_0)
    change: dict[sp.Basic, sp.Basic] = {**ends, **places, **dict.fromkeys(calls, field)}
    for d in found:
        if d.expr in calls and d.variables[0] in extra - set(places) and len(set(d.variables)) == 1:
            n = len(d.variables)  # by the time of the start: the law depends on the time between
            change[d] = (-1) ** n * sp.Derivative(field, (t, n))
    return replace(relation, left=relation.left.xreplace(change), right=relation.right.xreplace(change))


def _starts(by: set[sp.Basic], model: JumpModel, conditional: bool) -> dict[sp.Basic, sp.Symbol] | None:
    """Which coordinate each variable of a start belongs to; None where the law is not differentiated by a start.

    ``conditional``: the law is one given the start, which may then have a letter of its own.
    """
    x = model.coordinate_symbols
    places = {v for v in by if not str(v).startswith("t") and str(v) not in ("s", "tau")}
    found = {v: c for v in places for c in x if str(v) in (f"{c.name}_0", f"{c.name}0", f"{c.name}'")}
    if len(x) == 1 and conditional and len(places) == 1:
        found = dict.fromkeys(places, x[0])
    return found if found and len(found) == len(places) else None


def is_of_the_start(relation: Relation) -> bool:
    """Whether the relation is about the law as a function of its start."""
    return any(c.func.__name__ == OF_THE_START for c in calls_of(relation))


def judge_of_the_start(claim: Claim, relation: Relation, arena: Arena, roles: dict[str, str]) -> RegimeVerdict:
    """Compare with the backward equation of a regime, term by term."""
    limit, model = arena.limit, arena.model
    if limit is None:
        return RegimeVerdict("", SILENT, (), "the backward equation is one of a regime")
    if limit.backward is None:
        return RegimeVerdict("", UNDECIDED, (), "the backward equation of this regime is not derived")
    field = sp.Function(OF_THE_START)(*model.coordinate_symbols, model.time)
    left, right = (side.subs({backward_field(model): field}) for side in limit.backward)
    resolver = Resolver(model, Quantities(model, limit), dict(claim.statement.symbols))
    try:
        claimed = claimed_terms(relation, model, resolver)
        derived = claimed_terms(Relation("=", left, right), model, resolver)
    except MissingQuantityError as missing:
        return RegimeVerdict("", UNDECIDED, (), missing.what)
    except ValueError:
        return RegimeVerdict("", UNDECIDED, (), "the equation is not linear in the law")
    roles.update(resolver.roles)
    highest = max((k.time for k in claimed), default=0)
    if highest != 1:
        return RegimeVerdict("", UNDECIDED, (), "no derivative by time stands in the equation")
    verdict = compare_terms(normalised(claimed), normalised(derived), arena, resolver, highest)
    return replace(verdict, why=OF_AVERAGES) if verdict.verdict == PROVED else verdict
