"""Evidence that may be stopped at any time: against exact formulas, its false alarms, and what it finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from symdiff.verification.sequential import (
    SequentialTest,
    dirichlet_evidence,
    e_benjamini_hochberg,
    walkers_to_exclude,
)

LAW = stats.binom.pmf(np.arange(13), 12, 0.37)


def bent(error: float) -> np.ndarray:
    """The law with its success probability off by a relative error."""
    return stats.binom.pmf(np.arange(13), 12, 0.37 * (1 + error))


@pytest.mark.parametrize("walkers", [1, 30, 10**4])
@pytest.mark.parametrize("concentration", [1.0, 1e2, 1e6])
def test_average_over_laws_against_the_gamma_functions(walkers: int, concentration: float) -> None:
    counts = np.random.default_rng(1).multinomial(walkers, LAW)
    m = concentration * LAW
    exact = float(
        np.sum(special.gammaln(m + counts) - special.gammaln(m) - counts * np.log(LAW))
        - special.gammaln(concentration + walkers)
        + special.gammaln(concentration)
    )
    assert dirichlet_evidence(LAW, counts, concentration) == pytest.approx(exact, abs=1e-6, rel=1e-8)


def test_average_over_laws_is_not_lost_in_rounding_with_many_walkers() -> None:
    counts = np.random.default_rng(2).multinomial(10**13, LAW)
    z = (counts - 1e13 * LAW) ** 2 / (1e13 * LAW)
    c = 1e10  # Laplace's method: (K-1)/2 log(c/(c+N)) + chi^2/2 N/(c+N), up to terms of order 1/(c p)
    exact = 6 * math.log(c / (c + 1e13)) + z.sum() / 2 * 1e13 / (c + 1e13)
    assert dirichlet_evidence(LAW, counts, c) == pytest.approx(exact, abs=0.05)


def runs(law: np.ndarray, alpha: float, number: int, seed: int, error: float = 0.01) -> list[SequentialTest]:
    each = walkers_to_exclude(12 * 0.37 / 0.63, error, alpha, 0.999) // 32
    generator, found = np.random.default_rng(seed), []
    for _ in range(number):
        test = SequentialTest(LAW, {"more": bent(error), "less": bent(-error)}, alpha)
        for _ in range(200):
            test.add(generator.multinomial(each, law))
            if test.decided:
                break
        found.append(test)
    return found


def test_looking_after_every_chunk_adds_no_false_alarms() -> None:
    alarms = sum(test.rejected for test in runs(LAW, 0.05, 120, 3))
    assert stats.binomtest(alarms, 120, 0.05, "greater").pvalue > 1e-6


def test_right_laws_are_confirmed_and_wrong_ones_found_before_the_planned_end() -> None:
    right, wrong = runs(LAW, 1e-6, 40, 4), runs(bent(0.02), 1e-6, 40, 5)
    assert all(t.decided and not t.rejected for t in right)
    assert all(t.rejected for t in wrong)


def test_a_law_that_is_wrong_in_no_planted_direction_is_found() -> None:
    odd = LAW * (1 + 0.1 * np.where(np.arange(13) % 2, 1, -1))
    assert all(t.rejected for t in runs(odd / odd.sum(), 1e-6, 5, 6))


def test_a_place_that_cannot_be_reached_is_a_contradiction() -> None:
    test = SequentialTest(np.array([0.5, 0.5, 0.0]), {}, 1e-6)
    test.add(np.array([500, 499, 1]))
    assert test.rejected


def test_the_largest_pieces_of_evidence_are_rejected_together() -> None:
    logs = [math.log(x) for x in (1000, 1, 30, 0.1, 19)]
    assert e_benjamini_hochberg(logs, 0.1) == (0, 2, 4)  # 5/(0.1 k) is 50, 25, 16.7 for k = 1, 2, 3
    assert e_benjamini_hochberg([0.0, 0.0], 0.1) == ()
