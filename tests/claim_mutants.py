"""Claims altered in one place: one side times 2 or -1, one exponent raised, one term of a sum dropped.

Claims of proportion are not altered by factors. A mutant that is plainly equal to the original is left out. ``drawn`` alters at
random: any part of the right side times a number or a parameter, a number raised by one, a parameter in another's place.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.verification.claim import Claim, Relation


def mutants(relation: Relation) -> Iterator[tuple[str, Relation]]:
    right = relation.right
    if relation.kind == "=":
        yield "times 2", replace(relation, right=2 * right)
        yield "sign", replace(relation, right=-right)
    for power in sorted(right.atoms(sp.Pow), key=str):
        if power.exp.is_Integer and power.exp > 0 and not power.base.is_number:
            yield (
                f"exponent of {power.base}",
                replace(relation, right=right.xreplace({power: power.base ** (power.exp + 1)})),
            )
    if right.is_Add:
        for term in sorted(right.args, key=str):
            yield f"without {term}", replace(relation, right=right - term)


def altered(claim: Claim) -> Iterator[tuple[str, Claim]]:
    for n, relation in enumerate(claim.relations):
        for name, mutant in mutants(relation):
            if mutant == relation or sp.expand(mutant.right - relation.right) == 0:
                continue
            yield f"{n}: {name}", replace(claim, relations=(*claim.relations[:n], mutant, *claim.relations[n + 1 :]))


def drawn(claim: Claim, parameters: tuple[sp.Symbol, ...], seed: str, number: int) -> Iterator[tuple[str, Claim]]:
    """At most ``number`` random alterations of a claim; the same ones for the same seed."""
    chance = random.Random(seed)
    for n, relation in enumerate(claim.relations):
        if relation.kind != "=":
            continue
        bound = {v for d in relation.right.atoms(sp.Derivative) for v in d.variables}  # what is differentiated stays
        bound |= {v for call in relation.right.atoms(AppliedUndef) for v in call.free_symbols}
        parts = [p for p in sp.preorder_traversal(relation.right) if isinstance(p, sp.Expr) and p not in bound]
        for _ in range(number):
            part = chance.choice(parts)
            value = chance.choice(_others(part, parameters))
            right = relation.right.xreplace({part: value})
            whole = all(n.is_Integer for d in right.atoms(sp.Derivative) for _, n in d.variable_count)
            if not whole or right.has(sp.zoo, sp.nan, sp.oo) or sp.expand(right - relation.right) == 0:
                continue
            mutant = replace(relation, right=right)
            yield (
                f"{n}: {part} -> {value}",
                replace(claim, relations=(*claim.relations[:n], mutant, *claim.relations[n + 1 :])),
            )


def _others(part: sp.Expr, parameters: tuple[sp.Symbol, ...]) -> list[sp.Expr]:
    if part.is_number:
        return [part + 1, part * 2, part * sp.Rational(3, 2)]
    if part.is_Symbol:
        return [*(p for p in parameters if p != part), 2 * part, part**2]
    return [-part, 2 * part, part / 2, part * sp.Rational(101, 100), *(part * p for p in parameters)]
