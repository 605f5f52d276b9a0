"""Claims about observables: by their own name, by the name that the claim gives them, at other arguments, on either level."""

from __future__ import annotations

from pathlib import Path

import pytest

from symdiff.dossier.check import check_model
from symdiff.model.jump_model import ClaimStatement
from symdiff.model.loading import load_file

MODEL = load_file(Path(__file__).parents[1] / "data" / "models" / "exit-between-walls.toml")
CLAIMS = [
    (ClaimStatement("own-name", latex=r"T(x) = \frac{x(L-x)}{2D}"), "proved"),
    (ClaimStatement("factor", latex=r"T(x) = \frac{x(L-x)}{D}"), "refuted"),
    (ClaimStatement("other-name", latex=r"\tau_{esc} = \frac{x(L-x)}{2D}", of="T"), "proved"),
    (ClaimStatement("other-name-wrong", latex=r"\tau_{esc} = \frac{x(L+x)}{2D}", of="T"), "refuted"),
    (ClaimStatement("midpoint", latex=r"T(L/2) = \frac{L^2}{8D}"), "proved"),
    (ClaimStatement("midpoint-wrong", latex=r"T(L/2) = \frac{L^2}{2D}"), "refuted"),
    (ClaimStatement("splitting", latex=r"\pi_R(x) = x/L", of="piR"), "proved"),
    (ClaimStatement("lattice", latex=r"T = \frac{x(L-x)}{2 G a^2}", level="lattice"), "proved"),
    (ClaimStatement("unknown", latex=r"\tau_{esc} = \frac{x(L-x)}{2D}"), "undecided"),
]


@pytest.mark.parametrize(("claim", "verdict"), CLAIMS, ids=lambda t: getattr(t, "id", t))
def test_claims_about_exits(claim: ClaimStatement, verdict: str) -> None:
    (found,) = check_model(MODEL, (claim,)).verdicts
    assert found.verdict == verdict
