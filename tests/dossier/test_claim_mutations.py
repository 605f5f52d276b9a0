"""Every claim of the gallery that holds, altered in one place, against the verdict that it must lose.

Mutants: one side times 2 or -1, one exponent raised, one term of a sum dropped. A mutant that is provably equal to the
original is left out and counted; all others must be refuted. Claims of proportion are not altered by factors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sympy as sp

from gallery_sample import entries_with_slow_ones
from symdiff.dossier.check import judge
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load
from symdiff.dossier.settings import Settings
from symdiff.verification.claim import Claim, Relation, read_claim


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


@pytest.mark.parametrize("name", entries_with_slow_ones())
def test_altered_claims_of_the_gallery_are_refuted(name: str) -> None:
    model = load(name)
    derivation = derive_model(model)
    survived = []
    for statement in model.claims:
        claim = read_claim(statement, model)
        if statement.count or judge(claim, model, derivation, Settings()).verdict != "proved":
            continue
        for what, mutant in altered(claim):
            verdict = judge(mutant, model, derivation, Settings()).verdict
            if verdict != "refuted":
                survived.append((statement.id, what, verdict))
    assert not survived
