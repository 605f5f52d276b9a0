"""Bets on bounded functions: how often they are wrong when looked at after every chunk, and what they find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from symdiff.verification.bets import BoundedBets, Means

WAVES = (0.5, 1.0, 1.7)
EACH = 500


def normal(deviation: float, mean: float = 0.0) -> Means:
    """Means and covariances of cos(kX), sin(kX), from the characteristic function of the normal law."""
    phi = lambda k: np.exp(1j * k * mean - (k * deviation) ** 2 / 2)  # noqa: E731
    value = np.array([part for k in WAVES for part in (phi(k).real, phi(k).imag)])
    second = np.zeros((6, 6))
    for a, p in enumerate(WAVES):
        for b, q in enumerate(WAVES):
            plus, minus = phi(p + q), phi(p - q)
            second[2 * a, 2 * b] = (plus.real + minus.real) / 2
            second[2 * a + 1, 2 * b + 1] = (minus.real - plus.real) / 2
            second[2 * a, 2 * b + 1] = second[2 * b + 1, 2 * a] = (plus.imag - minus.imag) / 2
    return Means(value, second - np.outer(value, value))


def functions(x: np.ndarray) -> np.ndarray:
    return np.array([part(k * x) for k in WAVES for part in (np.cos, np.sin)])


def watched(seed: int, deviation: float, mean: float, chunks: int, alpha: float) -> BoundedBets:
    generator = np.random.default_rng(seed)
    wrong = {"wider": normal(1.05), "shifted": normal(1.0, 0.05)}
    bets = BoundedBets(normal(1.0), wrong, alpha)
    for _ in range(chunks):
        bets.add(bets.outcomes(functions(generator.normal(mean, deviation, EACH))))
    return bets


def test_a_correct_law_is_rejected_no_more_often_than_is_stated_however_often_one_looks() -> None:
    alpha, runs = 0.1, 80
    alarms = sum(watched(seed, 1.0, 0.0, 12, alpha).rejected for seed in range(runs))
    assert alarms <= stats.binom.ppf(1 - 1e-6, runs, alpha)


def test_a_wrong_law_is_excluded_as_if_it_were_right_no_more_often_than_is_stated() -> None:
    alpha, runs = 0.1, 80
    excluded = sum(watched(seed, 1.05, 0.0, 12, alpha).excluded["wider"] for seed in range(runs))
    assert excluded <= stats.binom.ppf(1 - 1e-6, runs, alpha)


@pytest.mark.parametrize(("deviation", "mean"), [(1.05, 0.0), (1.0, 0.05), (0.95, 0.0), (1.0, -0.05), (1.2, 0.0)])
def test_wrong_laws_are_rejected_also_where_no_bet_looks_in_their_direction(deviation: float, mean: float) -> None:
    assert watched(1, deviation, mean, 160, 1e-6).rejected


def test_a_correct_law_excludes_wrong_ones_within_the_walkers_that_were_planned() -> None:
    bets = BoundedBets(normal(1.0), {"wider": normal(1.05), "shifted": normal(1.0, 0.05)}, 1e-6)
    chunks = -(-bets.walkers_needed(0.999) // EACH)
    assert all(watched(seed, 1.0, 0.0, chunks, 1e-6).decided for seed in range(5))


def test_bets_are_whole_numbers_and_their_order_is_free() -> None:
    generator, bets = np.random.default_rng(3), BoundedBets(normal(1.0), {"wider": normal(1.05)}, 1e-6)
    found = [bets.outcomes(functions(generator.normal(0, 1, EACH))) for _ in range(3)]
    one, two = (BoundedBets(normal(1.0), {"wider": normal(1.05)}, 1e-6) for _ in range(2))
    for outcomes in found:
        one.add(outcomes)
    for outcomes in reversed(found):
        two.add(outcomes)
    assert one.logs == two.logs
