"""Every gallery entry against its own microscopic model, in all tiers."""

from __future__ import annotations

import pytest

import symdiff as sd
from gallery_sample import entries_with_slow_ones
from symdiff.dossier.gallery import load


@pytest.mark.parametrize("name", entries_with_slow_ones())
def test_every_tier_passes_and_could_have_failed(name: str) -> None:
    evidence = sd.verify(load(name), seed=1)
    assert evidence.passed is True
    for result in evidence.tiers:
        if result.applies:
            assert result.negative_control is not None
            assert result.negative_control.rejected
            assert result.smallest_detectable_error is not None
            assert result.smallest_detectable_error < (0.021 if result.tier == "simulation" else 1e-6)


def test_evidence_is_kept_as_json_text() -> None:
    evidence = sd.verify(load("biased_walk"), seed=1)
    assert sd.from_json(evidence.to_json()) == evidence
