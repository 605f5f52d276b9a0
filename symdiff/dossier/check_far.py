r"""``P(x, t) ~ |x|^{-1-\alpha}`` for |x| -> oo: the tail of the law that starts from a point, by the equation of a regime.

A symmetric stable law has K t Gamma(1 + a) sin(pi a/2)/(pi |x|^(1 + a)) far out (Feller II, XVII.6), a normal one no power.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.dossier.check_relations import from_comparison
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import REFUTED, SILENT, UNDECIDED, RegimeVerdict


def judge_far(relation: Relation, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """The verdict on a statement about the density far out."""
    model = arena.model
    call = relation.left
    named = isinstance(call, AppliedUndef) and call.func.__name__ == model.density
    if not named or model.dimension != 1 or relation.kind not in ("=", "approx", "propto"):
        return RegimeVerdict("", UNDECIDED, (), "far out, statements about the density of one coordinate are compared")
    (x,), t = model.coordinate_symbols, model.time
    far = sp.Dummy("x", positive=True)
    try:
        claimed = resolver.resolve(relation.right.xreplace({sp.Abs(x): far, x: far}), kept=(far,))
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    tail = _tail(arena, far)
    if isinstance(tail, RegimeVerdict):
        return tail
    used = (("P far out", tail.xreplace({far: sp.Abs(x)})),)
    if relation.kind != "propto":
        verdict = from_comparison(arena.equal(tail, claimed), used, tail, claimed)
        return mended(verdict, claimed, tail, arena) if verdict.verdict == REFUTED else verdict
    for variable in (far, t) if claimed.has(t) else (far,):
        ours, theirs = (sp.simplify(variable * sp.diff(e, variable) / e) for e in (tail, claimed))
        verdict = from_comparison(arena.equal(ours, theirs), used, ours, theirs)
        if arena.equal(ours, theirs).answer is not Answer.PROVED:
            return verdict
    return verdict


def _tail(arena: Arena, far: sp.Symbol) -> sp.Expr | RegimeVerdict:
    limit, t = arena.limit, arena.model.time
    equation = None if limit is None else limit.equation
    if equation is None or not equation.is_homogeneous or [k.time for k in equation.left] != [1]:
        return RegimeVerdict("", SILENT, (), "the tail of the law is known from equations of first order in time")
    terms = [k for k in equation.right if k.fractional is not None]
    if not terms and all(sum(k.space) in (1, 2) for k in equation.right):
        return RegimeVerdict("", REFUTED, (), "the law of this equation is normal: it falls off faster than any power", (),
                             "a normal law", "a power law")  # fmt: skip
    if (
        len(terms) != 1
        or terms[0].fractional is None
        or any(sum(k.space) > 1 for k in equation.right if k not in terms)
    ):
        return RegimeVerdict("", UNDECIDED, (), "the tail of this law is not known here")
    index, strength = 2 * terms[0].fractional, -terms[0].coefficient
    return strength * t * sp.gamma(1 + index) * sp.sin(sp.pi * index / 2) / (sp.pi * far ** (1 + index))
