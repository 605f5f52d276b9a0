"""Walkers followed from site to site: compiled against NumPy, bit for bit; both against the exact law; wrong rules are caught."""

from __future__ import annotations

import functools
import importlib.util

import numpy as np
import pytest

import symdiff as sd
from symdiff.evidence.propagation.lattice_law import lattice_law
from symdiff.evidence.simulation.followed import Followed
from symdiff.evidence.simulation.sites import Crowded
from walks import FOLLOWED as RULES

WALKERS = 100_000


@functools.cache
def followed(name: str, factor: float = 1.0) -> Followed:
    model = sd.JumpModel(title=name, **RULES[name])
    amount = 2.5 if model.clock == "continuous" else 7.0
    walkers = Followed(model, {}, {}, (0.0,) * model.dimension, SHARES[len(model.state_names)], amount, "key", 5)
    walkers._weights[0] = walkers._weights[0] * factor
    return walkers


SHARES = {1: (1.0,), 2: (0.25, 0.75)}


@pytest.mark.parametrize("name", RULES)
def test_compiled_walkers_are_those_of_numpy(name: str) -> None:
    pytest.importorskip("numba")
    for chunk in (0, 7):
        one, other = (followed(name).chunk(chunk, 3_001, way=w) for w in ("compiled", "numpy"))
        assert np.array_equal(one.counts, other.counts)
        assert one.dead == other.dead


def deviations(found: Crowded, name: str) -> float:
    """The largest deviation of the numbers per state and site from the exact law, in standard errors."""
    w = followed(name)
    law = lattice_law(w.model, {}, {}, (0.0,) * w.model.dimension, w.shares, w.amount)
    column = law.index(found.positions)
    exact = np.where(column >= 0, law.probabilities[:, column], 0.0)
    expected = exact * WALKERS
    gap = np.append((found.counts - expected).ravel(), found.dead - WALKERS * (1 - law.probabilities.sum()))
    spread = np.sqrt(np.append(expected.ravel(), max(WALKERS * (1 - law.probabilities.sum()), 0.0)) + 4)
    return float(np.max(np.abs(gap / spread)))


@pytest.mark.parametrize("name", RULES)
def test_followed_walkers_against_the_exact_law(name: str) -> None:
    assert deviations(followed(name).chunk(1, WALKERS), name) < 6  # a false alarm in 1e-6 at a hundred sites


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_is_off_by_a_tenth_is_seen(name: str) -> None:
    assert deviations(followed(name, 0.9).chunk(1, WALKERS), name) > 6


def test_a_chunk_does_not_depend_on_how_many_walkers_go_side_by_side() -> None:
    """The first 65 walkers are among the first 130, compiled or not."""
    for way in ("numpy", "compiled") if importlib.util.find_spec("numba") else ("numpy",):
        few, many = (followed("persistent").chunk(3, n, way=way).counts for n in (65, 130))
        assert np.all(few <= many)
