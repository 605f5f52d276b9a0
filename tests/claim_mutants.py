"""Claims altered in one place: one side times 2 or -1, one exponent raised, one term of a sum dropped.

Claims of proportion are not altered by factors. A mutant that is plainly equal to the original is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

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
