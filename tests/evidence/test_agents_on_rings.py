"""Agents on rings: compiled against NumPy, bit for bit; both against the exact chain; the chain against known laws; planted faults."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.evidence.propagation.crowd_chain import CrowdChain
from symdiff.evidence.simulation.agents import AgentRings

RULES: dict[str, tuple[tuple[float, ...], list[list[int]], int]] = {
    "adhesion": ((0.7, 1.0), [[0, 1, 1, 0, 1, 0, 0, 1]], 1),
    "exclusion_with_growth": ((1.0, 1.0, 0.7), [[0, 1, 1, 0, 0, 0]], 1),
    "annihilation_of_two_species": ((1.0, 1.0, 0.7), [[2, 0, 1, 0], [1, 0, 0, 0]], 3),
    "fisher_equation": ((1.0, 1.0, 0.7), [[2, 0, 1, 0]], 3),
}
RINGS, TIME = 200_000, 0.6


@functools.cache
def rings(name: str, wrong: int = 0) -> tuple[AgentRings, CrowdChain]:
    """Copies of a ring and its exact chain; for ``wrong`` the parameter of this number is a fifth larger in the chain only."""
    model, (values, start, cap) = load(name), RULES[name]
    named = {p.symbol: v for p, v in zip(model.parameters, values, strict=True)}
    other = {k: 1.2 * v if n + 1 == wrong else v for n, (k, v) in enumerate(named.items())}
    numbers = np.array(start)
    return AgentRings(model, named, numbers, cap, TIME, "key", 3), CrowdChain(model, other, numbers, cap)


@pytest.mark.parametrize("name", RULES)
def test_compiled_rings_are_those_of_numpy(name: str) -> None:
    pytest.importorskip("numba")
    one, other = (rings(name)[0].chunk(2, 3_001, compiled=c) for c in (True, False))
    assert np.array_equal(one, other)


def worst(name: str, wrong: int = 0) -> float:
    """The largest deviation of the numbers per configuration from the exact law, in standard errors; infinite for one that has none."""
    copies, chain = rings(name, wrong)
    found = copies.chunk(1, RINGS)
    shape = copies.states, copies.sites
    seen = np.append(found[[copies.word(c.reshape(shape)) for c in chain.configurations]], found[-1])
    expected = RINGS * chain.law(TIME, [1.0] * len(chain.ring.events))
    return float(np.max(np.abs(seen - expected) / np.sqrt(expected + 4))) if seen.sum() == RINGS else np.inf


@pytest.mark.parametrize("name", RULES)
def test_rings_against_the_exact_chain(name: str) -> None:
    assert worst(name) < 6


@pytest.mark.parametrize("name", RULES)
def test_a_parameter_that_is_off_by_a_fifth_is_seen(name: str) -> None:
    assert worst(name, 1) > 6


def test_pairs_annihilate_at_the_rate_of_ordered_pairs() -> None:
    """One place, no motion to speak of: 2 A -> 0 at rate k n(n - 1), so that two are left with probability exp(-2 k t)."""
    model = sd.JumpModel(
        title="pairs", parameters={"h": "positive"}, model={"coordinates": ["x"], "density": "u"},
        jumps=[{"displacements": ["h", "-h"], "rate": "1e-9"}], reactions=[{"consumes": ["u", "u"], "produces": [], "rate": "0.7"}],
    )  # fmt: skip
    chain = CrowdChain(model, {model.parameters[0].symbol: 1.0}, np.array([[2, 0, 0]]), 2)
    law = chain.law(0.5, [1.0] * len(chain.ring.events))
    assert law[0] == pytest.approx(np.exp(-2 * 0.7 * 0.5), rel=1e-6)


def verdict(name: str) -> Any:
    return sd.verify(load(name), tier="simulation", seed=2, budget=5.0).tier("simulation")


@pytest.mark.slow
def test_a_rate_that_is_off_by_three_per_cent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = verdict("annihilation_of_two_species")
    assert right.passed is True
    assert right.smallest_detectable_error < 0.02
    rule = AgentRings._rate
    monkeypatch.setattr(
        AgentRings, "_rate", lambda self, r, n: rule(self, r, n) * (1.03 if r is self.rules[-1] else 1.0)
    )
    assert verdict("annihilation_of_two_species").passed is False


def test_a_drift_that_points_the_other_way_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    away = AgentRings._away
    monkeypatch.setattr(AgentRings, "_away", lambda self, r: -away(self, r))
    assert verdict("weakly_asymmetric_exclusion").passed is False
