"""Every gallery entry against its own microscopic model, in all tiers."""

from __future__ import annotations

import pytest

import symdiff as sd
from gallery_sample import QUICK, entries_with_slow_ones
from symdiff.dossier.gallery import load
from symdiff.errors import UsageError

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out


@pytest.mark.slow
@pytest.mark.parametrize("name", entries_with_slow_ones())
def test_every_tier_passes_and_could_have_failed(name: str) -> None:
    try:
        evidence = sd.verify(load(name), seed=1)
    except UsageError as error:
        if name in QUICK:
            raise
        pytest.skip(error.message)  # no tier knows this class of model yet, and each says why
    assert evidence.passed is True or (evidence.passed is None and name not in QUICK)
    for result in evidence.tiers:
        if result.applies and result.passed is not None:
            assert result.negative_control is not None
            assert result.negative_control.rejected
            assert result.smallest_detectable_error is not None
            if name in QUICK:
                # simulation: a run may stop as soon as it excludes 0.02; what it reveals with the planned power is less than twice that
                assert result.smallest_detectable_error < (0.04 if result.tier == "simulation" else 1e-6)
            else:  # what a run of one budget resolves depends on the model; it must be stated, and be far below one
                assert 0 < result.smallest_detectable_error < 0.1


def test_evidence_is_kept_as_json_text() -> None:
    evidence = sd.verify(load("biased_walk"), seed=1)
    assert sd.from_json(evidence.to_json()) == evidence


@pytest.mark.parametrize(
    ("name", "tier", "why"),
    [
        ("levy_walk", "pde", "forget their start"),
        ("student_jumps", "simulation", "steps of the law 'characteristic_function' are not drawn"),
    ],
)
def test_tiers_that_cannot_treat_a_law_say_so(name: str, tier: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        sd.verify(load(name), tier=tier)
