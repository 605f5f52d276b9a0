"""Walkers that move inside their states, with planted faults: the simulation tier passes the right ones and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.evidence.simulation import hops
from symdiff.evidence.simulation.hops import Hops
from symdiff.evidence.simulation.laws import Law
from symdiff.verification.bets import BoundedBets, Means

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out


def simulated(name: str, **options: Any) -> Any:
    return sd.verify(load(name), tier="simulation", seed=1, **options).tier("simulation")


@pytest.mark.parametrize("name", ["goldstein_kac_process", "mobile_and_immobile"])
def test_right_walkers_pass_and_every_wrong_rule_is_excluded(name: str) -> None:
    found = simulated(name)
    assert found.passed is True
    assert found.negative_control.rejected
    assert any(
        part in " ".join(found.negative_control.claims) for part in ("velocity of state", "diffusivity of state")
    )
    assert found.smallest_detectable_error < 2 * found.detail(
        "delta"
    )  # with power 0.999; excluded is what chance allowed


def test_a_wrong_rate_of_reversal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = hops.wait_law
    monkeypatch.setattr(hops, "wait_law", lambda name, a: right(name, {"mean": a["mean"] * 1.03}))
    assert simulated("goldstein_kac_process").passed is False


def test_a_reversal_that_is_sometimes_left_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Hops._prepare

    def forgetful(self: Hops) -> None:
        right(self)
        self.upper[0, 0] = np.uint64(0.95 * 2**32)

    monkeypatch.setattr(Hops, "_prepare", forgetful)
    assert simulated("goldstein_kac_process").passed is False


def test_motion_beyond_the_end_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Hops._move

    def late(self: Hops, own: Any, slot: Any, times: Any, *rest: Any) -> None:
        right(self, own, slot, times * 1.02, *rest)

    monkeypatch.setattr(Hops, "_move", late)
    assert simulated("goldstein_kac_process").passed is False


def test_a_wrong_spread_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = hops.STANDARD_NORMAL
    monkeypatch.setattr(hops, "STANDARD_NORMAL", Law(right.code, 0.0, 1.03))
    assert simulated("mobile_and_immobile").passed is False


def test_one_state_that_moves_and_never_jumps() -> None:
    plain = sd.JumpModel(title="plain", parameters={"v0": "positive", "D0": "positive"}, model={"coordinates": ["x"]},
                         states=[{"velocity": "v0", "diffusivity": "D0"}])  # fmt: skip
    found = sd.verify(plain, tier="simulation", seed=1).tier("simulation")
    assert found.passed is True
    assert len(found.negative_control.claims) == 4


def test_walkers_without_chance_are_refused() -> None:
    sure = sd.JumpModel(title="sure", model={"coordinates": ["x"]}, states=[{"velocity": "1"}])
    with pytest.raises(sd.SymdiffError, match="random"):
        sd.verify(sure, tier="simulation", seed=1)


def test_a_direction_in_which_nothing_varies_takes_no_root_of_a_negative_number() -> None:
    """Variances of functions that are sure are zero but for rounding, -1e-17 or so."""
    sure = np.array([[0.25, 0.0], [0.0, -1e-17]])
    claimed, wrong = Means(np.array([0.5, 0.3]), sure), Means(np.array([0.51, 0.31]), sure)
    bets = BoundedBets(claimed, {"wrong": wrong}, 1e-6)
    bets.excluding = [replace(bets.excluding[0], direction=np.array([0.0, 1.0]), centre=0.31, size=-0.5)]
    assert 0 < bets.walkers_needed(0.999) < 10_000
