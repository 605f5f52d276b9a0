"""Claims about walk counts and probabilities: exact, or refuted with the right number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from symdiff.algebra.equality import Answer, compare
from symdiff.dossier.counts import CountRequest, WalkCount, count_model
from symdiff.dossier.settings import Settings
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim
from symdiff.verification.roles import role_of
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict


def judge_count(claim: Claim, model: JumpModel, settings: Settings) -> RegimeVerdict:
    """Compare a claim with the exact count that its ``count`` names."""
    given = replace(settings, values=(*settings.values, *claim.statement.given))
    found = count_model(model, _request(claim, model), given, file_values=model.clock == "none")
    derived: dict[str, sp.Expr] = {}
    parameters = {p.name: p.symbol for p in model.parameters}
    for relation in claim.relations:
        if relation.kind != "=":
            return RegimeVerdict("lattice", UNDECIDED, (), "only equations about counts are judged")
        sides = []
        for side in (relation.left, relation.right):
            change = {}
            for symbol in side.free_symbols:
                if symbol.name in parameters and role_of(symbol.name, dict(claim.statement.symbols)) is None:
                    change[symbol] = given.symbols(model).get(parameters[symbol.name], parameters[symbol.name])
                    continue
                value = _value(symbol.name, found, dict(claim.statement.symbols))
                if value is None:
                    return RegimeVerdict("lattice", UNDECIDED, (), f"nothing is known of '{symbol}'; a count knows walks and probability"
                                         + (f" ({found.note})" if found.note else ""))  # fmt: skip
                change[symbol] = value
                derived[role_of(symbol.name, dict(claim.statement.symbols)) or symbol.name] = value
            sides.append(side.xreplace(change))
        answer = compare(*sides)
        if answer.answer is not Answer.PROVED:
            verdict = REFUTED if answer.answer is Answer.REFUTED else UNDECIDED
            return RegimeVerdict(
                "lattice", verdict, tuple(derived.items()), "the exact count differs", (), answer.left, answer.right
            )
    return RegimeVerdict("lattice", PROVED, tuple(derived.items()), f"counted exactly ({found.method})")


def _value(name: str, found: WalkCount, stated: dict[str, str]) -> sp.Expr | None:
    role = role_of(name, stated)
    row = found.rows[0] if found.rows else None
    if role == "walks":
        return _number(row.walks if row else found.total)
    if role == "probability" and row is not None and row.formula is not None:
        return row.formula
    if role == "probability" and row is not None and row.probability is not None:
        return _number(row.probability)
    return None


def _number(value: Any) -> sp.Expr:
    return sp.Rational(value.numerator, value.denominator)


def _request(claim: Claim, model: JumpModel) -> CountRequest:
    """The claim's ``count = {n = 3, to = [1, 2]}``."""
    given = dict(claim.statement.count)
    where = f"claim '{claim.statement.id}', count"
    n = given.get("n")
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise UsageError(f"n = {n!r} is no number of steps", where=where, instead="write n = 3")

    def site(name: str) -> tuple[int | str, ...] | None:
        value = given.get(name)
        if value is None:
            return None
        entries = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(e, (int, str)) and not isinstance(e, bool) for e in entries):
            raise UsageError(f"{name} = {value!r} is no site", where=where, instead="write to = [1, 2]")
        return tuple(entries)

    return CountRequest(n, "law", site("to"), site("from"), any_end="to" not in given)
