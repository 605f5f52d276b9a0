"""Moments of increments at finite times, and drift and diffusivity from increments, vs the Ornstein-Uhlenbeck process."""

from __future__ import annotations

import numpy as np
import pytest

from symdiff.errors import NotYetError
from symdiff.evidence.trajectories.finite_time import fit_by_place, forecast

RATE, D = 2.0, 1.0  # v = -2 x; the mean falls like e^(-2t), the variance is (1 - e^(-4t))/2 (C. W. Gardiner, ch. 3)


@pytest.mark.parametrize("time", [0.01, 0.2, 2.0])
def test_moments_vs_ornstein_uhlenbeck(time: float) -> None:
    x, spread = np.linspace(-1.5, 1.5, 31), D / RATE * (1 - np.exp(-2 * RATE * time))
    found = forecast(lambda at: -RATE * at, lambda at: D + 0 * at, x, time, 4 * np.sqrt(spread) + 1)
    assert np.allclose(found.mean, x * (np.exp(-RATE * time) - 1), atol=1e-10)
    assert np.allclose(found.variance, spread, rtol=1e-4)


@pytest.mark.parametrize("time", [0.05, 0.5])
def test_estimates_vs_ornstein_uhlenbeck(time: float) -> None:
    generator, deviations = np.random.default_rng(11), []
    for _ in range(3):
        x = generator.normal(0, np.sqrt(D / RATE), 20_000)
        noise = np.sqrt(D / RATE * (1 - np.exp(-2 * RATE * time))) * generator.normal(size=len(x))
        found = fit_by_place(x, x * (np.exp(-RATE * time) - 1) + noise, time)
        deviations += [(e.value - (-RATE * e.place if e.name == "v" else D)) / e.error for e in found]  # type: ignore[operator]
    assert 0.3 < np.std(deviations) < 1.4
    assert np.max(np.abs(deviations)) < 5


def test_a_diffusivity_that_is_not_positive_is_refused() -> None:
    with pytest.raises(NotYetError, match="not positive"):
        forecast(lambda at: -at, lambda at: at, np.linspace(-1, 1, 9), 0.1, 1.0)
