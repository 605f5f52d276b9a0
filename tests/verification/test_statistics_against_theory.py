"""The tests of counts against an exact law: null p-values, tails, power; against exact binomials and simulated multinomials."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from symdiff.verification.statistics import (
    chi_square,
    compare_counts,
    compare_means,
    orthonormal_scores,
    pooled_cells,
    saddlepoint_p,
    walkers_needed,
)


def law_of(cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions and probabilities of a skew law on a line."""
    law = stats.binom.pmf(np.arange(cells), cells - 1, 0.37)
    return np.arange(cells, dtype=float)[:, None], law / law.sum()


def null_p_values(runs: int, walkers: int) -> dict[str, np.ndarray]:
    positions, law = law_of(13)
    directions = orthonormal_scores(positions, law)
    generator = np.random.default_rng(20240607)
    found: dict[str, list[float]] = {}
    for counts in generator.multinomial(walkers, law, size=runs):
        for score in compare_counts(law, counts, directions, 1e-6).scores:
            found.setdefault(score.name, []).append(score.p)
    return {name: np.array(p) for name, p in found.items()}


def assert_uniform(p_values: dict[str, np.ndarray]) -> None:
    for name, p in p_values.items():
        assert stats.kstest(p, "uniform").pvalue > 1e-6, name  # 1e-6: the chance of a wrong alarm of this test


def test_null_p_values_are_uniform() -> None:
    assert_uniform(null_p_values(400, 20_000))


@pytest.mark.slow
def test_null_p_values_are_uniform_over_many_runs() -> None:
    assert_uniform(null_p_values(4_000, 20_000))  # tests/benchmarks/null_p_values.py: 10,000 runs


@pytest.mark.parametrize("p", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("deviation", [2.0, 4.0, 5.5, 7.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_tail_probabilities_against_exact_binomials(p: float, deviation: float, side: int) -> None:
    n = 40_000
    k = round(n * p + side * deviation * np.sqrt(n * p * (1 - p)))
    tail = stats.binom.cdf(k, n, p) if side < 0 else stats.binom.sf(k - 1, n, p)
    half = stats.binom.pmf(k, n, p) / 2  # the formula is for continuous laws: half of the atom
    found = saddlepoint_p(np.array([0.0, 1.0]), np.array([1 - p, p]), n, k / n)
    assert found == pytest.approx(2 * (tail - half), rel=0.02)


def test_chi_square_against_its_limit() -> None:
    _, law = law_of(13)
    counts = np.random.default_rng(5).multinomial(50_000, law)
    cells = pooled_cells(law, 50_000)
    pooled, expected = np.bincount(cells, weights=counts), np.bincount(cells, weights=law * 50_000)
    assert chi_square(law, counts, cells).p == pytest.approx(stats.chisquare(pooled, expected).pvalue)


def test_a_place_that_cannot_be_reached_is_a_contradiction() -> None:
    comparison = compare_counts(np.array([0.5, 0.5, 0.0]), np.array([500, 499, 1]), [], 1e-6)
    assert comparison.rejected


def test_stated_number_of_walkers_has_the_stated_power() -> None:
    positions, law = law_of(13)
    directions = orthonormal_scores(positions, law)
    slope = directions[0][1] * 0.3  # a law that is off in its mean
    delta, level = 0.05, 1e-6 / (len(directions) + 1)
    n = walkers_needed(float(law @ slope**2), delta, level, 0.99)
    wrong = law * (1 + delta * slope)
    generator = np.random.default_rng(11)
    runs = generator.multinomial(n, wrong, size=300)
    rejected = sum(compare_counts(law, counts, directions, 1e-6).rejected for counts in runs)
    assert stats.binomtest(rejected, 300, 0.985).pvalue > 1e-6 or rejected > 295


def test_means_of_bounded_functions_under_the_null_are_uniform() -> None:
    generator = np.random.default_rng(3)
    names = ["cos x", "sin x", "cos 2x"]
    mean = np.array([np.exp(-0.5), 0.0, np.exp(-2.0)])
    c = lambda k: np.exp(-(k**2) / 2)  # noqa: E731 - the characteristic function of a standard normal law
    second = np.array([
        [(1 + c(2)) / 2, 0, (c(1) + c(3)) / 2],
        [0, (1 - c(2)) / 2, 0],
        [(c(1) + c(3)) / 2, 0, (1 + c(4)) / 2],
    ])  # fmt: skip
    found: dict[str, list[float]] = {}
    for _ in range(300):
        x = generator.standard_normal(4000)
        seen = np.array([np.cos(x).mean(), np.sin(x).mean(), np.cos(2 * x).mean()])
        for s in compare_means(mean, second - np.outer(mean, mean), seen, 4000, [], names, 1e-6).scores:
            found.setdefault(s.name, []).append(s.p)
    assert_uniform({name: np.array(p) for name, p in found.items()})
