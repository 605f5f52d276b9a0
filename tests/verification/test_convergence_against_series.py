"""The extrapolation to eps = 0 against sequences whose limit is known."""

from __future__ import annotations

import mpmath
import pytest

from symdiff.verification.convergence import exponent_grid, extrapolation, smallest_seen, weights

EPS = [mpmath.mpf(2) ** -n for n in range(2, 7)]
NOISE = [mpmath.mpf(10) ** -14] * len(EPS)


def errors(limit: float, powers: dict[int, float]) -> list[list[mpmath.mpf]]:
    return [[limit + mpmath.fsum(a * e**p for p, a in powers.items())] for e in EPS]


@pytest.mark.parametrize("powers", [{2: 1.0}, {2: 1.0, 3: -5.0}, {2: 3.0, 4: 2.0, 5: 7.0, 6: 1.0}, {3: 1.0}])
def test_a_limit_of_zero_is_seen_as_zero_and_a_small_one_is_not(powers: dict[int, float]) -> None:
    study = extrapolation(EPS, [2, 3, 4, 5])
    right, wrong = study(errors(0, powers), NOISE), study(errors(1e-3, powers), NOISE)
    assert right.vanishes
    assert not wrong.vanishes
    assert smallest_seen(right, wrong, mpmath.mpf("1e-3")) < 1e-3


def test_a_power_lower_than_predicted_does_not_vanish() -> None:
    study = extrapolation(EPS, [2, 3, 4, 5])
    divided = [[x[0] / e] for x, e in zip(errors(0, {1: 1.0}), EPS, strict=True)]
    assert not study(divided, NOISE).vanishes


def test_weights_remove_the_powers_that_they_are_made_for() -> None:
    found = weights(EPS, [2, 3, 4, 5])
    assert mpmath.fsum(found) == pytest.approx(1)
    for power in (2, 3, 4, 5):
        assert abs(mpmath.fsum(w * e**power for w, e in zip(found, EPS, strict=True))) < 1e-12


def test_the_grid_of_powers_holds_the_irregular_ones() -> None:
    from fractions import Fraction

    assert exponent_grid(Fraction(2), mpmath.mpf("1.5"), [mpmath.mpf("1.5")], 4) == pytest.approx([0.5, 1.5, 2.0, 2.5])
