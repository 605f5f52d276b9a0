"""Simulators with planted faults against the simulation tier: each is caught; the tier's outcome follows from the seed alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.evidence.simulation import walkers as module
from symdiff.evidence.simulation.walkers import Walkers

DATA = "tests/data/models/"


def simulated(name: str = "biased_walk", **options: Any) -> Any:
    return sd.verify(load(name), tier="simulation", seed=1, **options).tier("simulation")


def test_right_walkers_pass() -> None:
    assert simulated().passed is True


def test_a_biased_threshold_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Walkers._at

    def biased(self: Walkers, expression: Any, positions: Any) -> Any:
        value = right(self, expression, positions)
        return value * 0.98 if expression == self.model.jumps[0].intensity else value

    monkeypatch.setattr(Walkers, "_at", biased)
    assert simulated().passed is False


def test_one_step_too_many_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Walkers.chunk
    monkeypatch.setattr(Walkers, "chunk", lambda self, number, amount: right(self, number, amount + 1))
    assert simulated().passed is False


def test_walkers_that_share_a_random_stream_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = module.chunk_generator
    monkeypatch.setattr(module, "chunk_generator", lambda fingerprint, seed, chunk: right(fingerprint, seed, 0))
    assert simulated("square_walk_three_steps").passed is False


def test_jumps_of_the_wrong_length_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Walkers._move

    def longer(self: Walkers, generator: Any, jump: Any, chosen: Any, before: Any, positions: Any, states: Any) -> None:
        right(self, generator, jump, chosen, before, positions, states)
        if jump is self.model.jumps[0] and len(chosen):
            positions[chosen[:1]] *= 2

    monkeypatch.setattr(Walkers, "_move", longer)
    assert simulated().passed is False


def test_a_wrong_waiting_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Walkers._wait

    def late(self: Walkers, generator: Any, positions: Any, states: Any, time: float) -> None:
        right(self, generator, positions, states, time * 1.03)

    monkeypatch.setattr(Walkers, "_wait", late)
    assert simulated("continuous_time_diffusion").passed is False


def test_a_step_law_of_the_wrong_index_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = module.sample_steps

    def heavier(name: str, arguments: Any, generator: Any, count: int) -> Any:
        return right(name, {**arguments, "index": arguments["index"] * 0.97}, generator, count)

    monkeypatch.setattr(module, "sample_steps", heavier)
    assert simulated("levy_flight").passed is False


def test_the_outcome_follows_from_the_seed_alone() -> None:
    first, second, other = (sd.verify(load("biased_walk"), tier="simulation", seed=s).to_json() for s in (5, 5, 6))
    assert first == second
    assert first != other


def test_chunks_are_the_same_in_any_order() -> None:
    model = load("biased_walk")
    values = {p.symbol: v for p, v in zip(model.parameters, (1.0, 0.6, 1.0), strict=True)}
    walkers = Walkers(model, values, {}, (0.0,), (1.0,), "key", 3)
    one, two = walkers.walk([0, 1], 5), walkers.walk([1, 0], 5)
    half = len(one.states) // 2
    assert np.array_equal(one.positions[:half], two.positions[half:])


def test_too_small_a_budget_is_inconclusive_and_says_what_it_would_take() -> None:
    result = simulated(budget=0.01)
    assert result.passed is None
    assert "--budget" in result.why
    assert result.smallest_detectable_error > 0.02


@pytest.mark.slow
def test_right_walkers_are_not_rejected_whatever_the_seed() -> None:
    for seed in range(60):
        for name in ("biased_walk", "levy_flight", "persistent_walk"):
            result = sd.verify(load(name), tier="simulation", seed=seed, budget=0.2).tier("simulation")
            assert result.passed is not False, (name, seed)
