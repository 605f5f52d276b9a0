"""Claims about walk counts and probabilities: exact, or refuted with the right number."""

from __future__ import annotations

import sympy as sp

from symdiff.dossier.settings import Settings
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim
from symdiff.verification.verdict import RegimeVerdict


def judge_count(claim: Claim, model: JumpModel, settings: Settings) -> RegimeVerdict:
    """Compare a claim with the exact count that it names."""
    raise NotImplementedError


_ = sp
