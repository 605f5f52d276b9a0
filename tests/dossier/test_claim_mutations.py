"""Every claim of the gallery that holds, altered in one place, against the verdict that it must lose.

The mutants are those of ``claim_mutants``; a mutant that is provably equal to the original is left out, all others must be refuted.
"""

from __future__ import annotations

import pytest

from claim_mutants import altered
from gallery_sample import entries_with_slow_ones
from symdiff.dossier.check import judge
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.frames import read_in_frame
from symdiff.dossier.gallery import load
from symdiff.dossier.settings import Settings


@pytest.mark.parametrize("name", entries_with_slow_ones())
def test_altered_claims_of_the_gallery_are_refuted(name: str) -> None:
    model = load(name)
    derivation = derive_model(model)
    survived = []
    for statement in model.claims:
        claim = read_in_frame(statement, model)
        if statement.count or judge(claim, model, derivation, Settings()).verdict != "proved":
            continue
        for what, mutant in altered(claim):
            verdict = judge(mutant, model, derivation, Settings()).verdict
            if verdict != "refuted":
                survived.append((statement.id, what, verdict))
    assert not survived
