"""Simulators with planted faults against the simulation tier: each is caught; the tier's outcome follows from the seed alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.evidence.simulation import hops, occupation
from symdiff.evidence.simulation.occupation import Occupation
from symdiff.evidence.simulation.walkers import Walkers

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out


def simulated(name: str = "biased_walk", **options: Any) -> Any:
    return sd.verify(load(name), tier="simulation", seed=1, **options).tier("simulation")


def test_right_walkers_pass() -> None:
    assert simulated().passed is True


@pytest.mark.parametrize("name", ["biased_walk", "moran_process"])
def test_a_biased_threshold_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Occupation._at

    def biased(self: Occupation, expression: Any, places: Any) -> Any:
        value = right(self, expression, places)
        return value * 0.9995 if expression == self.model.jumps[0].intensity else value

    assert simulated(name).passed is True
    monkeypatch.setattr(Occupation, "_at", biased)
    assert simulated(name).passed is False


def test_one_step_too_many_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Occupation._reach

    def further(self: Occupation, layers: int) -> None:
        self.amount = layers + 1
        right(self, layers + 1)

    monkeypatch.setattr(Occupation, "_reach", further)
    assert simulated().passed is False


def test_walkers_that_share_a_random_stream_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = occupation.chunk_generator
    monkeypatch.setattr(occupation, "chunk_generator", lambda fingerprint, seed, chunk: right(fingerprint, seed, 0))
    found = sd.verify(load("square_walk_three_steps"), tier="simulation", seed=1, chunks=100)
    assert found.passed is False  # 100 equal chunks: deviations are ten times the honest ones


def test_a_wall_that_is_off_by_one_site_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Walkers who should jump over the origin, and do in the rules, are stopped one site before."""
    right = Occupation._reach

    def walled(self: Occupation, layers: int) -> None:
        right(self, layers)
        far = int(np.argmax(self.places[: self._inner, 0]))
        for targets in self._targets:
            targets[far] = far

    monkeypatch.setattr(Occupation, "_reach", walled)
    assert simulated().passed is False


def test_jumps_of_the_wrong_length_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Occupation._at

    def longer(self: Occupation, expression: Any, places: Any) -> Any:
        value = right(self, expression, places)
        return value * 2 if expression == self.model.jumps[0].displacement[0] else value

    monkeypatch.setattr(Occupation, "_at", longer)
    assert simulated().passed is False


def test_a_wrong_waiting_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = occupation._hazards
    monkeypatch.setattr(occupation, "_hazards", lambda mean: right(mean * 1.0005))
    assert simulated("continuous_time_diffusion").passed is False


@pytest.mark.parametrize(("name", "law"), [("levy_flight", "step_law"), ("subdiffusion", "wait_law")])
def test_a_law_of_the_wrong_index_is_caught(name: str, law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(hops, law)
    assert simulated(name).passed is True

    def heavier(distribution: str, arguments: Any) -> Any:
        return right(distribution, {**arguments, "index": arguments["index"] * 0.97})

    monkeypatch.setattr(hops, law, heavier)
    assert simulated(name).passed is False


def test_the_outcome_follows_from_the_seed_alone() -> None:
    first, second, other = (sd.verify(load("biased_walk"), tier="simulation", seed=s).to_json() for s in (5, 5, 6))
    assert first == second
    assert first != other


@pytest.mark.parametrize("name", ["persistent_walk", "levy_flight"])
def test_any_executor_and_the_stated_number_of_chunks_repeat_the_result(name: str) -> None:
    model = load(name)
    one = sd.verify(model, tier="simulation", seed=4, budget=3)
    with ThreadPoolExecutor(2) as threads:
        assert sd.verify(model, tier="simulation", seed=4, budget=3, executor=threads) == one
    chunks = one.tier("simulation").detail("chunks")
    again = sd.verify(model, tier="simulation", seed=4, budget=3, chunks=chunks)
    assert again == one
    fewer = sd.verify(model, tier="simulation", seed=4, chunks=2).tier("simulation")
    assert fewer.passed is None
    assert "--chunks" in fewer.why


def test_numbers_of_walkers_follow_the_same_law_as_walkers() -> None:
    """Walkers one by one (a generator of its own kind) against numbers of walkers, on sites of a two-state walk."""
    model = load("persistent_walk")
    values = {p.symbol: v for p, v in zip(model.parameters, (1.0, 1.0, 0.7), strict=True)}
    one = Walkers(model, values, {}, (0.0,), (0.5, 0.5), "key", 3).walk([0, 1], 5)
    many = Occupation(model, values, {}, (0.0,), (0.5, 0.5), 5, "key", 3).chunk(0, 10**9)
    assert many.counts.sum() == 10**9
    for state in (0, 1):
        for place, number in zip(many.positions[:, 0], many.counts[state], strict=True):
            seen = int(np.sum((np.abs(one.positions[:, 0] - place) < 1e-9) & (one.states == state)))
            share = number / 1e9
            assert abs(seen - len(one.states) * share) <= 6 * np.sqrt(len(one.states) * share * (1 - share)) + 1e-9


def test_too_small_a_budget_is_inconclusive_and_says_what_it_would_take() -> None:
    result = simulated(budget=0.101)
    assert result.passed is None
    assert "--budget" in result.why
    assert result.smallest_detectable_error > 1e-4
    needed = float(result.why.split("--budget ")[1].split(" ")[0])
    assert simulated(budget=needed).passed is True


@pytest.mark.slow
@pytest.mark.exhaustive
def test_right_walkers_are_not_rejected_whatever_the_seed() -> None:
    for seed in range(6):
        for name in ("biased_walk", "levy_flight", "persistent_walk"):
            result = sd.verify(load(name), tier="simulation", seed=seed, budget=0.2).tier("simulation")
            assert result.passed is not False, (name, seed)


@pytest.mark.parametrize(("name", "reason"), [
    ("absorbing_wall_for_gaussian_steps", "walls beside steps"), ("telegraph_exit", "motion inside a state"), ("dispersion_in_a_channel", "continuous internal states"), ("levy_walk", "beside waits"),
    ("speed_that_varies", "motion inside a state beside rules that depend on place"), ("any_waits_symmetric_steps", "through 'moments' only"),
    ("student_jumps", "'characteristic_function' are not drawn"), ("stretched_grid", "too close together"),
])  # fmt: skip
def test_what_is_not_simulated_is_refused_with_its_own_reason(name: str, reason: str) -> None:
    with pytest.raises(sd.SymdiffError, match=reason):
        simulated(name)


def test_a_start_where_nothing_happens_is_not_taken() -> None:
    """At the drawn values one rate is negative for every number but none: the walkers start further along the regime."""
    found = simulated("moran_with_selection")
    assert found.passed is True
    assert found.negative_control.rejected
