"""Closures of crowds measured against exact chains: exact, exact in the limit, and the known failures of the mean field."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from scipy import linalg

import symdiff as sd
from symdiff.evidence.propagation.crowd_ring import CrowdRing

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[1] / "data" / "models"
EXCLUSION = """
[parameters]
h = "positive"
[model]
coordinates = ["x"]
density = "u"
[[jumps]]
displacements = ["h", "-h"]
rate = "(1 - u(x + r))/h**2"
[scaling]
h = 1
"""


def closure(model: sd.JumpModel, **values: object):
    return sd.verify(model, tier="closure", values=values).tiers[0]


def test_exclusion_closes_exactly_and_would_not_with_a_wrong_rate() -> None:
    found = closure(sd.loads(EXCLUSION))
    assert found.passed is True
    assert found.detail("badge") == "EXACT"
    assert found.measured < 1e-12
    assert found.negative_control.rejected


def test_weak_asymmetry_closes_in_the_limit() -> None:
    found = closure(sd.load(DATA / "ex-wasep.toml"), D0=1, v0=1, h=1)
    assert found.detail("badge") == "EXACT IN THE LIMIT"
    assert found.detail("power_of_1_over_sites") == pytest.approx(0.8, abs=0.1)  # prototypes of the same chain: 0.82


def test_annihilation_and_fast_proliferation_fail() -> None:
    found = closure(sd.load(DATA / "annihilation.toml"), h=1)
    assert found.detail("badge").startswith("APPROXIMATE")
    assert found.measured > 0.2
    found = closure(sd.load(DATA / "fast-proliferation.toml"))
    assert found.detail("badge") == "EXACT IN THE LIMIT"  # with a rate of order one against hops of order 1/h^2
    assert found.detail("error_at_these_values") > 0.01  # but not where both are alike


def test_agents_in_single_file_do_not_mix_as_their_mean_field_does() -> None:
    found = closure(sd.load(DATA / "single-file.toml"), h=1)
    chain, mean = found.detail("mixing_of_chain"), found.detail("mixing_of_mean_field")
    assert all(
        a > b for a, b in pairwise(chain)
    )  # falls with the size of the ring: no diffusion of a tracer in the limit
    assert all(a < b < 0.5 for a, b in pairwise(mean))  # towards 1 - density of all agents
    assert chain[-1] < 0.5 * mean[-1]


def test_a_sweep_shows_that_adhesion_spreads_faster_than_its_mean_field() -> None:
    found = sd.sweep(sd.load("adhesion"), {"alpha": ["0", "7/10"]}, tier="closure", values={"h": 1})
    free, sticky = found.table()
    assert found.status == 1  # at alpha = 0 a claim that is wrong elsewhere holds
    assert free["claim.equation"] == sticky["claim.equation"] == "proved"
    assert free["closure.D_chain"] == pytest.approx(1, abs=1e-4)
    assert free["closure.error"] < 1e-9
    # kinetic Monte Carlo at u = 1/2: 0.208; mean field: 1 - alpha u (4 - 3 u) = 0.125 for small waves
    assert sticky["closure.D_chain"] == pytest.approx(0.208, abs=0.01)
    assert sticky["closure.D_mean_field"] == pytest.approx(0.125, abs=0.01)
    assert sticky["closure.error"] > 0.01


def test_a_chain_of_three_sites_against_its_generator_written_out() -> None:
    """Two sites exchange with rate 1 each way on a ring of three: the means obey d_t m = (cyclic Laplacian) m."""
    model = sd.loads(EXCLUSION)
    ring = CrowdRing(model, {model.parameters[0].symbol: 1.0}, 3)
    start = np.array([[0.9, 0.2, 0.4]])
    laplacian = np.ones((3, 3)) - 3 * np.eye(3)
    assert ring.exact(start, 0.7)[0] == pytest.approx(linalg.expm(0.7 * laplacian) @ start[0], abs=1e-13)
    assert sp.Symbol("h", positive=True) == model.parameters[0].symbol


def test_rules_that_the_chain_cannot_hold_are_refused() -> None:
    crowded = EXCLUSION.replace("(1 - u(x + r))", "(1 + u(x + r))")
    with pytest.raises(sd.SymdiffError, match="several agents"):
        sd.verify(sd.loads(crowded), tier="closure")
    with pytest.raises(sd.SymdiffError, match="no closure"):
        sd.verify(sd.load("biased_walk"), tier="closure")


def test_the_badge_stands_in_the_report(tmp_path: Path) -> None:
    text = sd.report(sd.loads(EXCLUSION), tmp_path / "crowd.md", budget=10).read_text()
    assert "EXACT (closure: exact)" in text
