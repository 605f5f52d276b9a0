"""The usual slip in a refuted equation or flux, found in the equation as a whole: one term changed, missing, or too many.

A slip is named only where the claim with that one change is the derived expression identically.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.check_nonlinear import at_one_instant, resolved_in, solved_for_time
from symdiff.dossier.comparing import Arena
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.text import to_text
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import REFUTED, RegimeVerdict

LARGEST = 300  # operations in a difference that is still searched
Densities = dict[str, AppliedUndef]


def with_slip(verdict: RegimeVerdict, relation: Relation, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """A refuted equation without a named slip, with the one that explains all of it if there is one."""
    limit, model = arena.limit, arena.model
    if (
        verdict.verdict != REFUTED
        or verdict.mend
        or limit is None
        or any(len(e.left) != 1 or e.left[0].time != 1 for e in limit.equations)
    ):
        return verdict
    densities = {e.density: sp.Function(e.density)(*model.coordinate_symbols, model.time) for e in limit.equations}
    try:
        name, claimed = solved_for_time(relation, densities, model)
    except MissingQuantityError:
        return verdict
    equation = next(e for e in limit.equations if e.density == name)
    if limit.resets or any(t.fractional is not None or t.memory is not None for t in equation.right):
        return verdict
    words = slip_in_terms(claimed, equation.rhs, densities, arena, resolver)
    return replace(verdict, mend=words) if words else verdict


def slip_in_terms(claimed: sp.Expr, derived: sp.Expr, densities: Densities, arena: Arena, resolver: Resolver) -> str:
    """The change of one term of ``claimed``, as it is written, that makes it the derived expression; empty where there is none."""
    model = arena.model

    @cache  # the openings below share most of their terms
    def plain(term: sp.Expr) -> sp.Expr:
        return sp.expand(at_one_instant(resolved_in(term, densities, resolver), densities, model))

    try:
        gap = sp.expand(plain(claimed) - at_one_instant(derived, densities, model))
        if gap == 0 or sp.count_ops(gap) > LARGEST or gap.has(sp.nan, sp.zoo, sp.oo):
            return ""
        opened = [_written_terms(e, arena) for e in (claimed, *map(sp.expand, (claimed, _opened_sums(claimed))))]
        opened.append(_by_parameters(sp.expand(claimed), arena))
        opened.append(_by_parameters(sp.expand(_opened_sums(claimed)), arena))
        opened.append(_written_terms(sp.expand(_opened_sums(claimed, products=True)), arena))
        for terms in opened:
            for term in terms:
                share = _multiple(gap, plain(term))
                if share is not None:
                    return _changed(1 - share, term, model.dimension)
        for words, shift in _noise(densities, arena):
            if sp.expand(gap - shift) == 0:
                return words
        for term in (t for terms in opened for t in terms):
            for words, other in _other_rules(term, densities, arena):
                if sp.expand(gap - plain(term) + plain(other)) == 0:
                    return words
    except MissingQuantityError:
        return ""
    for term in (t for e in (derived, sp.expand(derived)) for t in _written_terms(e, arena)):
        if _multiple(gap, sp.expand(at_one_instant(term, densities, model))) == -1:
            return f"the term {_said(term)} is missing"
    return ""


def _opened_sums(expression: sp.Expr, products: bool = False) -> sp.Expr:
    """Derivatives of sums (of products with sums in them as well) as sums of derivatives."""
    if isinstance(expression, sp.Derivative):
        inner = _opened_sums(expression.expr, products)
        terms = sp.Add.make_args(sp.expand(inner) if products else inner)
        found = []
        for term in terms:
            factor, rest = term.as_independent(*(v for v, _ in expression.variable_count), as_Add=False)
            found.append(factor * sp.Derivative(rest, *expression.variable_count))
        return sp.Add(*found)
    if not expression.args or not expression.has(sp.Derivative):
        return expression
    return expression.func(*(_opened_sums(a, products) for a in expression.args))


def _written_terms(expression: sp.Expr, arena: Arena) -> list[sp.Expr]:
    """The terms of a sum, with the coefficients of the same derivative together."""
    moving = {*arena.model.coordinate_symbols, arena.model.time}
    found: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(expression):
        factors = sp.Mul.make_args(term)
        plain = [f for f in factors if not f.free_symbols & moving and not f.atoms(AppliedUndef)]
        rest = sp.Mul(*(f for f in factors if f not in plain))
        found[rest] = found.get(rest, sp.Integer(0)) + sp.Mul(*plain)
    return [sp.factor_terms(value) * rest for rest, value in found.items()]


def _by_parameters(expression: sp.Expr, arena: Arena) -> list[sp.Expr]:
    """The terms of a sum with the same parameters in front together: r u - r u^2 is r u (1 - u)."""
    moving = {*arena.model.coordinate_symbols, arena.model.time}
    found: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(expression):
        key = sp.Mul(
            *(
                f
                for f in sp.Mul.make_args(term)
                if not f.is_number and not f.free_symbols & moving and not f.atoms(AppliedUndef)
            )
        )
        found[key] = found.get(key, sp.Integer(0)) + term
    return [sp.factor_terms(value) for value in found.values()]


def _multiple(gap: sp.Expr, term: sp.Expr) -> sp.Rational | None:
    """The number c with gap = c * term, both expanded; None where there is none."""
    if term == 0:
        return None
    ours, theirs = gap.as_coefficients_dict(), term.as_coefficients_dict()
    if ours.keys() == theirs.keys():
        ratios = {ours[k] / theirs[k] for k in ours}
        return ratios.pop() if len(ratios) == 1 else None
    if not any(p.base.is_Add for e in (gap, term) for p in e.atoms(sp.Pow)):
        return None  # both are sums of products of powers of symbols and functions: one form each
    ratio = sp.cancel(gap / term)
    return ratio if ratio.is_Rational else None


def _changed(factor: sp.Expr, term: sp.Expr, dimension: int) -> str:
    said = _said(term)
    if dimension > 1 and factor in (dimension, sp.Rational(1, dimension)):
        return f"the number of dimensions, {dimension}, in the term {said}"
    if factor == 0:
        return f"the term {said} should not be there"
    if factor == -1:
        return f"the sign of the term {said}"
    if factor in (2, sp.Rational(1, 2)):
        return f"a factor 2 in the term {said}"
    if factor in (-2, sp.Rational(-1, 2)):
        return f"the sign of the term {said}, and a factor 2 in it"
    return f"the factor {factor} at the term {said}"


def _other_rules(term: sp.Expr, densities: Densities, arena: Arena) -> Iterator[tuple[str, sp.Expr]]:
    """A term of a crowd with the free room (1 - u) that a jump needs, or without it; with D(u) inside both derivatives, or between."""
    fluxes = [d for d in sp.preorder_traversal(term) if isinstance(d, sp.Derivative) and d.has(*densities.values())]
    outer = [d for d in fluxes if not any(d is not o and o.has(d) for o in fluxes)]
    room = arena.model.crowd.occupancy
    for u in densities.values() if outer else ():
        if room is not None:
            free = 1 - u / room
            crowded = term.xreplace({d: d.func(free * d.expr, *d.variable_count) for d in outer})
            yield f"the room that a jump needs, the factor {_said(free)}, is missing in the term {_said(term)}", crowded
            bare = {d: sp.cancel(sp.expand(d.expr) / free) for d in outer if not d.expr.has(sp.Derivative)}
            if len(bare) == len(outer) and not any(sp.fraction(b)[1].has(u) for b in bare.values()):
                plain = term.xreplace({d: d.func(b, *d.variable_count) for d, b in bare.items()})
                yield f"the factor {_said(free)} in the term {_said(term)} should not be there", plain
        for d in outer:
            between = [p for p in sp.Mul.make_args(d.expr) if isinstance(p, sp.Derivative) and p.expr == u]
            if len(between) == 1 and between[0].variable_count == d.variable_count and len(d.variables) == 1:
                inside = d.func(sp.cancel(d.expr / between[0]) * u, (d.variables[0], 2))
                yield (
                    "the diffusivity between the derivatives, where the model has it inside both (they differ by D'(u) u)",
                    term.xreplace({d: inside}),
                )


def _noise(densities: Densities, arena: Arena) -> Iterator[tuple[str, sp.Expr]]:
    """What the claim has too much where it reads the noise elsewhere: a multiple of d_x(D' u), or of D' u in a flux."""
    limit, model = arena.limit, arena.model
    if limit is None or len(densities) != 1:
        return
    (field,) = densities.values()
    named = dict(limit.coefficients)
    fluxes: dict[sp.Symbol, sp.Expr] = {}
    for x in model.coordinate_symbols:
        d = named.get("D" if model.dimension == 1 else f"D_{x}{x}")
        if d is not None and d.has(x) and not d.has(field):
            fluxes[x] = at_one_instant(sp.diff(d, x) * field, densities, model)
    divergence = sp.Add(*(sp.diff(flux, x).doit() for x, flux in fluxes.items()))
    for shift in (sp.expand(divergence), *(sp.expand(-flux) for flux in fluxes.values())):
        if shift != 0:
            yield "the Ito reading of the noise where the model has the isothermal one (they differ by D')", shift
            yield "the isothermal reading of the noise where the model has the Ito one (they differ by D')", -shift
            yield (
                "the Ito reading of the noise for the Stratonovich one, or that for the isothermal one (they differ by D'/2)",
                shift / 2,
            )
            yield (
                "the Stratonovich reading of the noise for the Ito one, or the isothermal one for that (they differ by D'/2)",
                -shift / 2,
            )


def _said(term: sp.Expr) -> str:
    return to_text(build(term, Typography()))
