r"""Claims whose two sides are compared by their parts: ``P(x, 0) = \delta(x)``, ``\tilde\psi(s) \simeq 1 - c s^\alpha``,
``P(k, t) = E_\alpha(-K k^2 t^\alpha)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.observables import dispersion
from symdiff.dossier.check_relations import from_comparison
from symdiff.dossier.claimed_transforms import S, is_transform, law_by_waits, wait_in_laplace
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

if TYPE_CHECKING:
    from symdiff.dossier.resolving import Resolver

SMALL = "to leading order for s -> 0"
RELAXES = "the Mittag-Leffler function E_a(z), by its index and its argument"


def special_claim(relation: Relation, arena: Arena, resolver: Resolver) -> RegimeVerdict | None:
    """The verdict on a claim of one of these forms; None for others."""
    if relation.kind == "propto" and wait_in_laplace(relation.left, arena.model) is None:
        return None
    if relation.kind not in ("=", "approx", "propto"):
        return None
    try:
        return (
            _start(relation, arena) or _small_s(relation, arena, resolver) or _mittag_leffler(relation, arena, resolver)
        )
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)


# --- the start ---------------------------------------------------------------------------------------------------------


def _start(relation: Relation, arena: Arena) -> RegimeVerdict | None:
    """``P(x, 0) = delta(x - a)`` against where the walker starts."""
    model, call = arena.model, relation.left
    places = model.coordinate_symbols
    if not isinstance(call, AppliedUndef) or call.func.__name__ != model.density or call.args != (*places, sp.S.Zero):
        return None
    points = [f for f in sp.Mul.make_args(relation.right) if isinstance(f, sp.DiracDelta)]
    if len(points) != model.dimension or sp.Mul(*points) != relation.right:
        return None
    claimed: dict[sp.Symbol, sp.Expr] = {}
    for point in points:
        own = [x for x in places if point.args[0].has(x)]
        if len(own) != 1 or own[0] in claimed:
            return None
        at = sp.expand(own[0] - point.args[0] / sp.diff(point.args[0], own[0]))
        if at.has(*places):
            return None
        claimed[own[0]] = at
    derived = tuple((f"the start along {x}", a) for x, a in zip(places, model.preparation.position, strict=True))
    if not model.preparation.stated and any(at != 0 for at in claimed.values()):
        why = "the file states no start, and the claim is free to choose one"
        return RegimeVerdict("", PROVED, derived, why, reservation=why)
    pairs = [(claimed[x], a) for x, a in zip(places, model.preparation.position, strict=True)]
    return all_equal(pairs, derived, arena, "the walker starts there", "the walker starts elsewhere")


# --- waits at small s --------------------------------------------------------------------------------------------------


def _small_s(relation: Relation, arena: Arena, resolver: Resolver) -> RegimeVerdict | None:
    """``psi(s) ~ 1 - c s^a``: the one term beside 1 against the first one of the wait's own transform."""
    law = wait_in_laplace(relation.left, arena.model)
    if law is None:
        return None
    resolver.laplace = True
    right = resolver.resolve(relation.right)
    terms = sp.Add.make_args(sp.expand(right.xreplace({s: S for s in right.free_symbols if s.name == "s"})))
    rest = [t for t in terms if t != 1]
    if len(rest) != 1 or len(terms) != 2:
        return None
    power, factor = _power_of(-rest[0])
    if power is None:
        return None
    if law.mean_is_infinite:
        tail = law.tail
        if tail is None or tail.logarithmic:
            return None
        own_power, own_factor = tail.index, tail.coefficient
    else:
        own_power, own_factor = sp.S.One, law.moment(1)
    derived = (("1 - psi(s) for s -> 0", own_factor * S**own_power),)
    if arena.equal(power, own_power).answer is Answer.REFUTED:
        why = f"for s -> 0, 1 - psi(s) goes as s**({own_power})"
        return RegimeVerdict("", REFUTED, derived, why, correct=1 - own_factor * S**own_power)
    verdict = from_comparison(arena.equal(factor, own_factor), derived, factor, own_factor)
    if verdict.verdict == REFUTED:
        return mended(verdict, factor, own_factor, arena)
    return verdict if verdict.verdict == UNDECIDED else RegimeVerdict("", PROVED, derived, SMALL, reservation=SMALL)


def _power_of(term: sp.Expr) -> tuple[sp.Expr | None, sp.Expr]:
    """(b, c) of c s^b; (None, 0) where the term is of another form."""
    power, factor = sp.S.Zero, sp.S.One
    for f in sp.Mul.make_args(sp.expand_power_base(term, force=True)):
        base, exponent = f.as_base_exp()
        if base == S and not exponent.has(S):
            power += exponent
        elif f.has(S):
            return None, sp.S.Zero
        else:
            factor *= f
    return (power, factor) if power != 0 else (None, sp.S.Zero)


# --- relaxation of fractional equations ---------------------------------------------------------------------------------


def _mittag_leffler(relation: Relation, arena: Arena, resolver: Resolver) -> RegimeVerdict | None:
    """``P(k, t) = E_a(z)`` against E_index(-K |k|^m t^index); both functions fall, so that equal values have equal arguments."""
    model, limit = arena.model, arena.limit
    call, claimed = relation.left, relation.right
    if not isinstance(call, AppliedUndef) or not is_transform(call, model):
        return None
    if not isinstance(claimed, AppliedUndef) or len(claimed.args) != 1:
        return None
    head, _, index = claimed.func.__name__.partition("_")
    plain = index.removesuffix(",1")
    spelled = [p.symbol for p in model.parameters if plain == p.name or (len(p.name) > 1 and plain.startswith(p.name))]
    parameter = spelled[0] if len(spelled) == 1 else None
    if head != "E" or parameter is None:
        return None
    argument = resolver.resolve(claimed.args[0])
    if limit is None:
        exact = law_by_waits(model)
        if exact is None:
            return RegimeVerdict("", SILENT, (), "the function belongs to the equation of a regime")
        derived = (("waiting_index", exact[0]), ("the argument", exact[1]))
        verdict = all_equal(
            [(parameter, exact[0]), (argument, exact[1])], derived, arena, RELAXES, "the arguments differ"
        )
        return mended(verdict, argument, exact[1], arena) if verdict.verdict == REFUTED else verdict
    named = dict(limit.coefficients)
    if "waiting_index" not in named or "K" not in named or set(named) - {"waiting_index", "stability_index", "K"}:
        return RegimeVerdict("", SILENT, (), "the equation of this regime has no such solution")
    waves = dispersion.wave_vector(model)
    length = sp.Abs(waves[0]) if len(waves) == 1 else sp.sqrt(sp.Add(*(w**2 for w in waves)))
    own = -named["K"] * length ** named.get("stability_index", sp.Integer(2)) * model.time ** named["waiting_index"]
    derived = (("waiting_index", named["waiting_index"]), ("the argument", own))
    pairs = [(parameter, named["waiting_index"]), (argument, own)]
    verdict = all_equal(pairs, derived, arena, RELAXES, "the arguments differ")
    return mended(verdict, argument, own, arena) if verdict.verdict == REFUTED else verdict


def all_equal(
    pairs: Sequence[tuple[sp.Expr, sp.Expr]],
    derived: tuple[tuple[str, sp.Expr], ...],
    arena: Arena,
    right: str,
    wrong: str,
) -> RegimeVerdict:
    """One verdict on several pairs that must agree."""
    found = [from_comparison(arena.equal(a, b), derived, a, b) for a, b in pairs]
    for v in found:
        if v.verdict == REFUTED:
            return RegimeVerdict("", REFUTED, derived, wrong, v.witness, v.left, v.right)
    if any(v.verdict != PROVED for v in found):
        return RegimeVerdict("", UNDECIDED, derived, "the two sides could not be compared")
    return RegimeVerdict("", PROVED, derived, right)


def reproduction_number(model: JumpModel) -> sp.Expr | None:
    """R_0 of one population: gain over loss of an individual while there are few; None where that is no number."""
    if model.population is None or model.dimension != 1 or model.clock != "continuous" or model.crowd.reactions:
        return None
    (n,) = model.coordinate_symbols
    rates = {1: sp.S.Zero, -1: sp.S.Zero}
    for jump in model.jumps:
        step = jump.displacement[0]
        if jump.law is not None or step not in (1, -1):
            return None
        rates[int(step)] += jump.intensity
    gain, loss = (sp.cancel(rates[s] / n) for s in (1, -1))
    few = [e.subs(n, 0) for e in (gain, loss)]
    if any(rates[s].subs(n, 0) != 0 for s in rates) or any(e.has(sp.nan, sp.zoo, sp.oo, n) for e in few) or few[1] == 0:
        return None
    return sp.limit(few[0] / few[1], model.population.system_size, sp.oo)
