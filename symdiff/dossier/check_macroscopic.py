"""Claims that are rate equations, ``dx/dt = f(x)``: against the macroscopic equation of a population."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict


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
        return None
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
