"""The targets of speed, as ratios within one run and in CPU time, so that a busy machine changes little."""

from __future__ import annotations

import pytest

from benchmarks.expansion import best, expansion, naive, plain_equations
from benchmarks.startup import cold_derive_ratio, exact_tier_seconds
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.gallery import load

pytestmark = pytest.mark.slow
CHAPTER = ("biased_walk", "continuous_time_diffusion", "discrete_time_diffusion", "gaussian_propagator", "harmonic_trap",
           "mean_squared_displacement", "persistent_walk", "square_walk_three_steps", "walk_in_potential")  # fmt: skip


@pytest.mark.parametrize("order", [4, 8])
@pytest.mark.parametrize("name", CHAPTER)
def test_expansion_vs_sympy_series(name: str, order: int) -> None:
    model = load(name)
    equations = plain_equations(model)
    theirs = best(lambda: naive(model, equations, order), 2)
    assert theirs >= 100 * best(lambda: expansion(model, order), 5)
    assert theirs >= best(lambda: derive_regime(model, LONG_WAVE, order), 2)


def test_the_chapter_s_gallery_takes_less_than_two_seconds() -> None:
    models = [load(name) for name in (*CHAPTER, "central_limit", "levy_flight")]
    assert best(lambda: [derive_all(m) for m in models], 2) < 2


def test_cold_derive_vs_import_of_sympy() -> None:
    assert cold_derive_ratio() <= 1.5


@pytest.mark.parametrize("name", ["biased_walk", "continuous_time_diffusion"])
def test_exact_tier_takes_a_tenth_of_a_second(name: str) -> None:
    assert exact_tier_seconds(name) <= 0.1
