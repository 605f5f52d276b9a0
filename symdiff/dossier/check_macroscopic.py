"""Claims that are rate equations, ``dx/dt = f(x)``: against the macroscopic equation of a population."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

STANDS_STILL = (
    "^*",
    "_*",
    "_star",
    "_ss",
    "_eq",
    "_st",
    "_s",
    "^ss",
    "^eq",
    "^st",
    "bar",
)  # marks of a stationary value


def macroscopic_claim(relation: Relation, arena: Arena) -> RegimeVerdict | None:
    """The verdict on a rate equation of one of the scaled coordinates; None where the claim is of another kind."""
    model, limit = arena.model, arena.limit
    system = None if limit is None else limit.system_size
    names = (
        system.coordinates if system is not None else model.population.scaled if model.population is not None else ()
    )
    if not names or limit is None or relation.kind not in ("=", "approx"):
        return None
    rates = {
        d for side in (relation.left, relation.right) for d in side.atoms(sp.Derivative)
        if isinstance(d.expr, AppliedUndef) and d.expr.func.__name__ in names and d.expr.args == (model.time,)
        and tuple(d.variable_count) == ((model.time, 1),)
    }  # fmt: skip
    if not rates:
        return _stationary_point(relation, arena)
    if len(rates) != 1:
        return None
    (rate,) = rates
    if system is None:
        return RegimeVerdict("", SILENT, (), "this regime has no macroscopic equation")
    mark = sp.Dummy()
    own = {
        sp.Function(n)(model.time): c
        for n, c in zip(system.coordinates, _symbols(system.coordinates, arena), strict=True)
    }
    gap = sp.expand((relation.left - relation.right).xreplace({rate: mark}).xreplace(own))
    slope = sp.diff(gap, mark)
    known = {p.symbol for p in model.parameters} | set(own.values())
    claimed = sp.S.Zero if slope == 0 else sp.cancel(mark - gap / slope)
    if slope == 0 or claimed.has(mark) or claimed.free_symbols - known or claimed.atoms(AppliedUndef):
        return RegimeVerdict(
            "", UNDECIDED, (), "the rate equation holds more than the model's parameters and coordinates"
        )
    right = system.macroscopic[system.coordinates.index(rate.expr.func.__name__)]
    derived = ((f"d{rate.expr.func.__name__}/dt", right),)
    answer = arena.equal(right, claimed)
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, derived, "it is the macroscopic equation")
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, derived, "the rate equations could not be compared")
    verdict = RegimeVerdict(
        "", REFUTED, derived, "the macroscopic equation differs", answer.witness, answer.left, answer.right
    )
    return mended(verdict, claimed, right, arena)


def _symbols(names: tuple[str, ...], arena: Arena) -> list[sp.Symbol]:
    own = {c.name: c for c in arena.model.coordinate_symbols}
    return [own.get(n, sp.Symbol(n)) for n in names]


def _stationary_point(relation: Relation, arena: Arena) -> RegimeVerdict | None:
    """``x^* = 1 - g/b``: a place where the macroscopic equation of one coordinate stands still; None for other claims."""
    system = None if arena.limit is None else arena.limit.system_size
    if system is None or len(system.coordinates) != 1 or not relation.left.is_Symbol:
        return None
    name, (right,) = system.coordinates[0], system.macroscopic
    (x,) = _symbols(system.coordinates, arena)
    known = {p.symbol for p in arena.model.parameters}
    if relation.left in known or relation.left.name not in {f"{name}{mark}" for mark in STANDS_STILL}:
        return None
    if relation.right.free_symbols - known or relation.right.atoms(AppliedUndef):
        return None
    derived = ((f"d{name}/dt", right),)
    answer = arena.equal(right.xreplace({x: relation.right}), sp.S.Zero)
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, derived, "the macroscopic equation stands still there")
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, derived, "whether the macroscopic equation stands still there is open")
    verdict = RegimeVerdict("", REFUTED, derived, "the macroscopic equation does not stand still there", answer.witness,
                            answer.left, answer.right)  # fmt: skip
    numerator = sp.fraction(sp.together(right))[0]
    points = [r for r in sp.roots(numerator, x) if r != 0] if numerator.is_polynomial(x) else []
    return mended(verdict, relation.right, points[0], arena) if len(points) == 1 else verdict
