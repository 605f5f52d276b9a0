"""Walkers between walls, with planted faults: the simulation tier passes the right ones and no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.evidence.propagation.walled_chain import WalledChain
from symdiff.evidence.propagation.walled_lattice import WalledLattice
from symdiff.evidence.simulation.walled import WalledOccupation

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

DYING = sd.JumpModel(
    title="absorption at a rate, half a step from the wall", parameters={"h": "positive", "k": "positive", "g": "positive"},
    model={"coordinates": ["x"], "origin": ["h/2"]},
    jumps=[{"displacements": ["h", "-h"], "rate": "g"}, {"displacement": "2*h", "rate": "g/3"}],
    boundaries=[{"domain": "0 < x < 6*h", "kind": "partial", "rate": "k", "rejected": "mirror"}],
)  # fmt: skip
PERSISTENT = sd.JumpModel(
    title="a persistent walk between walls", parameters={"p": "probability", "q": "probability"},
    model={"coordinates": ["x"], "states": ["right", "left"], "time_step": "1"},
    jumps=[{"from": a, "to": b, "displacement": {"right": "1", "left": "-1"}[b], "probability": "p" if a == b else "1 - p"}
           for a in ("right", "left") for b in ("right", "left")],
    boundaries=[{"domain": "0 < x < 6", "kind": "partial", "probability": "q"}],
)  # fmt: skip
DISC = sd.JumpModel(
    title="a disc and a chord", parameters={"g": "positive", "k": "positive", "R": "positive"}, model={"coordinates": ["x", "y"]},
    jumps=[{"displacements": [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"]], "rate": "g"}],
    boundaries=[{"domain": "x**2 + y**2 < R**2", "kind": "partial", "rate": "k"}, {"domain": "y > -2", "kind": "reflecting"}],
)  # fmt: skip
LOSSY = sd.JumpModel(
    title="those who make no jump die", parameters={"p": "0 < p < 1/2"}, model={"coordinates": ["x"], "time_step": "1", "survival": "lossy"},
    jumps=[{"displacements": ["1", "-1"], "probability": "p"}], boundaries=[{"domain": "x >= 0", "kind": "absorbing"}],
)  # fmt: skip
WALLED = {"sedimentation": load("sedimentation"), "paths_in_a_strip": load("paths_in_a_strip"),
          "partly_absorbing_wall": load("partly_absorbing_wall"), "dying": DYING,
          "quarter_plane_walks": load("quarter_plane_walks"), "persistent": PERSISTENT, "disc": DISC, "lossy": LOSSY}  # fmt: skip


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


@pytest.mark.parametrize(
    "name", ["sedimentation", "paths_in_a_strip", "partly_absorbing_wall", "quarter_plane_walks", "persistent", "lossy"]
)
def test_a_wall_one_site_off_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = WalledOccupation._outside

    def shifted(self: WalledOccupation, inequality: Any, here: Any, landed: Any) -> Any:
        step = abs(landed - here).max()
        return right(self, inequality, here + step, landed + step)

    monkeypatch.setattr(WalledOccupation, "_outside", shifted)
    assert simulated(name).passed is False


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("partly_absorbing_wall", 1.0005),
        ("dying", 1.0005),
        ("persistent", 1.0005),
        ("disc", 1.0005),
        ("paths_in_a_strip", 0.9995),
    ],
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


def test_a_wrong_reversal_beside_walls_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = WalledOccupation._moves

    def forgetful(self: WalledOccupation) -> Any:
        return [(source if (target, source) == (1, 0) else target, source, n) for target, source, n in right(self)]

    monkeypatch.setattr(WalledOccupation, "_moves", forgetful)
    assert simulated("persistent").passed is False


@pytest.mark.parametrize(
    ("kind", "more"),
    [("absorbing", {}), ("reflecting", {}), ("partial", {"probability": "1/3"}), ("partial", {"rate": "2"})],
)
def test_two_exact_laws_between_walls_agree(kind: str, more: dict[str, str]) -> None:
    """The chain of sites between its ends, and the sites reached one by one."""

    def law(share: str) -> tuple[np.ndarray, np.ndarray, float, float]:
        walk = sd.JumpModel(title="both", model={"coordinates": ["x"]},
                            jumps=[{"displacements": ["1", "-1"], "rate": share}, {"displacement": "2", "rate": "1/2"}],
                            boundaries=[{"domain": "0 < x <= 7", "kind": kind, **more}])  # fmt: skip
        chain = WalledChain(walk, {}, {}, 2.0, 8)
        (one,) = chain.laws((chain.places == 2.0).astype(float), [1.5])
        sites = WalledLattice(walk, {}, {}, (2.0,)).law(walk, (1.0,), 1.5)
        return one, sites.probabilities[0][np.argsort(sites.positions[:, 0])], one.sum(), sites.probabilities.sum()

    one, other, left, remain = law("1")
    assert np.abs(one - other).max() < 1e-14
    assert abs(left - remain) < 1e-14
    assert (abs(left - 1) < 1e-12) == (kind == "reflecting")
    assert np.abs(law("1001/1000")[0] - other).max() > 1e-5
