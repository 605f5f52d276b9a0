"""Steps of a stable law of small index: how many powers of k^alpha are written out decides what is known."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd


@pytest.mark.parametrize(("index", "remainder"), [("1/4", "13/4"), ("1/10", "17/10")])
def test_what_is_known(index: str, remainder: str) -> None:
    """log E[e^(ikr)] = -(ck)^a: of its powers those up to the 16th are known, and three more than the kept one are asked for."""
    model = sd.JumpModel(
        parameters={"c": "positive", "tau": "positive"}, coordinates=["x"], time_step="tau",
        jumps=[{"distribution": "levy", "index": index, "scale": "c", "probability": "1"}],
    )  # fmt: skip
    limit = sd.derive(model)  # the second route, the characteristic function itself, agrees, or this were a fault
    assert limit.remainder_power == sp.Rational(remainder)
    assert not any(term.coefficient for group in limit.discarded for term in group.terms)
