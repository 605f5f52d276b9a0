"""Regimes that no value in the declared ranges comes near to are refused; those at the end of a range are not."""

from __future__ import annotations

import pytest

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import DerivationError
from symdiff.model.jump_model import JumpModel


def walk(p: str, scaling: dict[str, int]) -> JumpModel:
    """Steps of h by chance p, else of -h."""
    return JumpModel(
        parameters={"h": "positive", "tau": "positive", "p": p}, coordinates=["x"], time_step="tau", scaling=scaling,
        jumps=[{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "1 - p"}])  # fmt: skip


def switching(scaling: dict[str, int]) -> JumpModel:
    """Two speeds with rates a and b of switching."""
    return JumpModel(
        parameters={"v": "positive", "w": "positive", "a": "positive", "b": "positive"}, coordinates=["x"], scaling=scaling,
        states=[{"name": "R", "velocity": "v"}, {"name": "L", "velocity": "-w"}],
        jumps=[{"from": "R", "to": "L", "rate": "a"}, {"from": "L", "to": "R", "rate": "b"}])  # fmt: skip


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (walk("0 < p < 1", {"h": 1, "tau": 1, "p - 2": 1}), "it would make p = 2, while declared is 0 < p < 1"),
        (walk("0 < p < 1/3", {"h": 1, "tau": 2, "2*p - 1": 1}), "it would make p = 1/2, while declared is 0 < p < 1/3"),
        (walk("0 < p < 1", {"h": 1, "tau": 2, "p": -1}), "'p' cannot be large"),
        (walk("1/4 < p < 1", {"h": 1, "tau": 1, "p": 1}), "'p' cannot be small"),
        (switching({"a + b": 1, "x": -1, "t": -1}), "it would make a = -b"),
    ],
)
def test_what_cannot_be_small_within_its_range_is_no_regime(model: JumpModel, words: str) -> None:
    with pytest.raises(DerivationError, match=words):
        derive_regime(model, model.regimes[0])


@pytest.mark.parametrize(
    "model",
    [
        walk("0 < p < 1/2", {"h": 1, "tau": 2, "2*p - 1": 1}),  # the end of the range is a limit
        walk("0 < p < 1", {"h": 1, "tau": 1, "1 - p": 1}),
        switching({"a": 1, "b": 1, "x": -1, "t": -1}),
        switching({"a": 1, "a + b": 1, "x": -1, "t": -1}),  # then b is as small
        switching({"a": 1, "a - b": 1, "x": -1, "t": -1}),
    ],
)
def test_what_is_small_at_the_end_of_its_range_is_a_regime(model: JumpModel) -> None:
    assert derive_regime(model, model.regimes[0]).equations


def test_a_time_scale_on_which_nothing_happens_is_said() -> None:
    """Steps of order eps^2 move a walker by a mean square of eps^4 within a time of order one."""
    model = JumpModel(parameters={"h": "positive", "g": "positive"}, coordinates=["x"], scaling={"h": 2},
                      jumps=[{"displacements": ["h", "-h"], "rate": "g"}])  # fmt: skip
    noted = derive_regime(model, model.regimes[0])
    assert str(noted.equations[0].rhs) == "0"
    assert noted.assumptions[0] == "nothing happens on this time scale: what follows is of order eps**(3) or smaller"
    assert not derive_regime(model, LONG_WAVE).assumptions[0].startswith("nothing")
