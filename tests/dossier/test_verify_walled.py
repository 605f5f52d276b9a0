"""Walkers between walls, with planted faults: the simulation tier passes the right ones and no other."""

from __future__ import annotations

from typing import Any

import pytest

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.evidence.simulation.walled import WalledOccupation

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

DYING = sd.JumpModel(
    title="absorption at a rate, half a step from the wall", parameters={"h": "positive", "k": "positive", "g": "positive"},
    model={"coordinates": ["x"], "origin": ["h/2"]},
    jumps=[{"displacements": ["h", "-h"], "rate": "g"}, {"displacement": "2*h", "rate": "g/3"}],
    boundaries=[{"domain": "0 < x < 6*h", "kind": "partial", "rate": "k", "rejected": "mirror"}],
)  # fmt: skip
WALLED = {"sedimentation": load("sedimentation"), "paths_in_a_strip": load("paths_in_a_strip"),
          "partly_absorbing_wall": load("partly_absorbing_wall"), "dying": DYING}  # fmt: skip


def simulated(name: str, **options: Any) -> Any:
    return sd.verify(WALLED[name], tier="simulation", seed=1, **options).tier("simulation")


@pytest.mark.parametrize("name", WALLED)
def test_right_walkers_pass_and_every_wrong_rule_is_excluded(name: str) -> None:
    found = simulated(name)
    assert found.passed is True
    assert found.negative_control.rejected
    assert found.smallest_detectable_error < 1e-3


@pytest.mark.parametrize("name", ["partly_absorbing_wall", "dying"])
def test_the_absorption_at_a_wall_is_a_rule_of_its_own(name: str) -> None:
    assert sum("of absorption at the wall" in claim for claim in simulated(name).negative_control.claims) == 2


@pytest.mark.parametrize("name", ["sedimentation", "paths_in_a_strip", "partly_absorbing_wall"])
def test_a_wall_one_site_off_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = WalledOccupation._outside

    def shifted(self: WalledOccupation, inequality: Any, here: Any, landed: Any) -> Any:
        step = abs(landed - here).min()
        return right(self, inequality, here + step, landed + step)

    monkeypatch.setattr(WalledOccupation, "_outside", shifted)
    assert simulated(name).passed is False


@pytest.mark.parametrize(
    ("name", "wrong"), [("partly_absorbing_wall", 1.0005), ("dying", 1.0005), ("paths_in_a_strip", 0.9995)]
)
def test_a_wrong_chance_of_absorption_is_caught(name: str, wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    right = WalledOccupation._chance
    monkeypatch.setattr(WalledOccupation, "_chance", lambda self, wall, *, rate: wrong * right(self, wall, rate=rate))
    assert simulated(name).passed is False


def test_mirrored_jumps_in_place_of_refused_ones_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def mirrored(self: WalledOccupation, jump: Any, here: Any) -> Any:
        wall, side, landed = self._met(jump, here)
        hit = wall == 0
        landed[hit] = self._mirrored(self.model.boundaries[0], side[hit], here[hit], landed[hit])
        return landed

    monkeypatch.setattr(WalledOccupation, "_landed", mirrored)
    assert simulated("sedimentation").passed is False


def test_a_start_between_two_sites_is_refused_and_one_that_is_left_open_is_a_site() -> None:
    def walk(start: str) -> sd.JumpModel:
        return sd.JumpModel(title="start", parameters={"y": "positive", "L": "positive"}, model={"coordinates": ["x"], "time_step": "1"},
                            jumps=[{"displacements": ["1", "-1"], "probability": "1/3"}], initial={"position": [start]},
                            boundaries=[{"domain": "0 < x < L", "kind": "absorbing"}])  # fmt: skip

    assert sd.verify(walk("y"), tier="simulation", seed=1).tier("simulation").passed is True
    with pytest.raises(sd.SymdiffError, match="no site between the walls"):
        sd.verify(walk("3/2"), tier="simulation", seed=1)
