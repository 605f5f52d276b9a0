"""Claims that are rate equations, ``dx/dt = f(x)``, or their solutions, ``x(t) = ...``: against the macroscopic equation of a population."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.limit import SystemSizeExpansion
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict


def macroscopic_claim(claim: Claim, relation: Relation, arena: Arena) -> RegimeVerdict | None:
    """The verdict on a rate equation of one of the scaled coordinates, or on a solution; None where the claim is of another kind."""
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
    if not rates and system is not None:
        return _solution(claim, relation, arena, system)
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


def _solution(claim: Claim, relation: Relation, arena: Arena, system: SystemSizeExpansion) -> RegimeVerdict | None:
    """``x(t) = x_0 e^{st}/(1 - x_0 + x_0 e^{st})``, with those of the other coordinates beside it: put into the macroscopic equation."""
    t, x = arena.model.time, _symbols(system.coordinates, arena)
    paths = {sp.Function(n)(t): c for n, c in zip(system.coordinates, x, strict=True)}
    said = {paths[r.left]: r.right for r in claim.relations if r.left in paths and r.kind in ("=", "approx")}
    own = paths.get(relation.left)
    if own is None:
        return None
    known = {p.symbol for p in arena.model.parameters} | {t}
    strange = set().union(*(v.free_symbols - known for v in said.values()))
    right = system.macroscopic[x.index(own)]
    derived = ((f"d{own.name}/dt", right),)
    left_out = (right.xreplace(said).free_symbols & set(x)) or any(v.atoms(AppliedUndef) for v in said.values())
    if left_out:
        why = "a solution is compared where the claim states all coordinates that its rate depends on"
        return RegimeVerdict("", UNDECIDED, derived, why)
    value = said[own]
    answer = arena.equal(sp.diff(value, t), right.xreplace(said))
    if answer.answer is Answer.UNDECIDED or (strange and answer.answer is Answer.REFUTED):
        return RegimeVerdict("", UNDECIDED, derived, "whether it solves the macroscopic equation is open")
    if answer.answer is Answer.REFUTED:
        why = "it does not solve the macroscopic equation: its slope and the rate there are"
        return RegimeVerdict("", REFUTED, derived, why, answer.witness, answer.left, answer.right)
    start = next((p.symbol for p in arena.model.parameters if p.name == f"{own.name}_0"), None)
    first = value.xreplace({t: sp.S.Zero})
    if start is None or not value.has(start):
        why = f"it solves the macroscopic equation from {own.name} = {sp.factor(first)}"
        return RegimeVerdict("", PROVED, derived, why, reservation=why)
    begins = arena.equal(first, start)
    if begins.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, derived, "it solves the macroscopic equation")
    if begins.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, derived, "it solves the macroscopic equation; where it begins is open")
    return RegimeVerdict("", REFUTED, derived, f"it solves the macroscopic equation, and does not begin at {start}", begins.witness,
                         begins.left, begins.right)  # fmt: skip


def _symbols(names: tuple[str, ...], arena: Arena) -> list[sp.Symbol]:
    own = {c.name: c for c in arena.model.coordinate_symbols}
    return [own.get(n, sp.Symbol(n)) for n in names]
