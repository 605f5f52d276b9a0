"""The animation's rules, moved exactly, against its curve: the spread grows alike, in one dimension and seen along x in more."""

from __future__ import annotations

import numpy as np
import pytest

from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load
from symdiff.dossier.scene import HALF, Scene, scene_of
from symdiff.dossier.settings import settings_of
from symdiff.errors import NotYetError


def _scene(name: str, regime: str = "") -> Scene:
    model = load(name)
    return scene_of(model, derive_model(model), settings_of(model, []), regime)


def _variance(places: np.ndarray, weights: np.ndarray) -> float:
    weights = weights / weights.sum()
    mean = (places * weights).sum()
    return float(((places - mean) ** 2 * weights).sum())


def _law(scene: Scene, steps: int, factor: float = 1.0) -> np.ndarray:
    law = np.zeros((len(scene.states), 2 * HALF + 1))
    law[:, HALF] = scene.shares
    for _ in range(steps):
        after = law.copy()
        for source, target, sites, weights in scene.moves:
            moved = law[source] * np.asarray(weights) * factor
            after[source] -= moved
            after[target] += np.roll(moved, sites)
        law = after
    return law.sum(axis=0)


@pytest.mark.parametrize(("name", "regime"), [("biased_walk", "long-wave"), ("square_lattice", ""), ("king_moves", "")])
def test_the_spread_of_the_exact_law_grows_like_that_of_the_curve(name: str, regime: str) -> None:
    scene = _scene(name, regime)
    assert scene.step is not None
    sites = scene.origin + scene.spacing * np.arange(-HALF, HALF + 1)
    steps = (12, 36)
    frames = [int(np.argmin(np.abs(np.asarray(scene.times) - n * scene.step))) for n in steps]
    assert [scene.times[f] for f in frames] == pytest.approx([n * scene.step for n in steps])
    grown = np.diff([_variance(np.asarray(scene.grid), np.asarray(scene.solution[f])) for f in frames])[0]
    exact, wrong = (np.diff([_variance(sites, _law(scene, n, c)) for n in steps])[0] for c in (1.0, 0.99))
    assert abs(grown / exact - 1) < 1e-3  # the curve is sent with five digits
    assert abs(grown / wrong - 1) > 5e-3  # the control: one per cent less of every move


def test_functions_that_are_left_open_are_shown_with_the_waves_that_stand_for_them() -> None:
    scene = _scene("departure_rates")
    assert "which is left open" in scene.note
    assert any(len(set(w)) > 1 for *_, w in scene.moves)


@pytest.mark.parametrize(
    ("name", "why"), [("departure_rates_in_the_plane", "do not depend on place"), ("stochastic_resetting", "put back")]
)
def test_walkers_that_are_not_animated_are_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(NotYetError, match=why):
        _scene(name)
