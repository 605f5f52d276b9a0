"""Asymptotic coefficients between walls and with states: against closed forms, against far numbers, and refusals."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest

from symdiff import counting
from symdiff.errors import NotYetError
from symdiff.evidence.counting.asymptotics import formal_coefficients

SQUARE = [(1, 0), (-1, 0), (0, 1), (0, -1)]
LINE = counting.StepSet.from_steps([1, -1])


def walled(steps: list[object], terrain: counting.Terrain) -> counting.WalledSteps:
    return counting.WalledSteps(counting.StepSet.from_steps(steps), terrain)  # type: ignore[arg-type]


def test_catalan_numbers_by_stirling() -> None:
    """C_m = 4^m m^(-3/2) / sqrt(pi) (1 - 9/(8 m) + 145/(128 m^2) - ...) with n = 2 m."""
    found = counting.fitted_expansion(
        counting.recurrence(counting.WalledSteps(LINE, counting.orthant(1)), (0,), (0,)), 2
    )
    assert (found.growth, found.power) == (2, Fraction(3, 2))
    assert found.coefficients == (Fraction(-9, 4), Fraction(145, 32))
    with mpmath.mp.workdps(30):
        assert abs(mpmath.mpf(found.factor) - 2 ** mpmath.mpf("1.5") / mpmath.sqrt(mpmath.pi)) < mpmath.mpf(10) ** -15


@pytest.mark.parametrize(
    ("steps", "terrain", "start", "end"),
    [
        (SQUARE, counting.orthant(2), (0, 0), (0, 0)),
        ([-1, 2, -1], counting.orthant(1, "stay"), (0,), None),
        (SQUARE, counting.Terrain((counting.half_space((0, 1)), counting.half_space((0, -1), -1))), (0, 0), (0, 0)),
    ],
)
def test_expansion_vs_far_numbers(
    steps: list[object], terrain: counting.Terrain, start: tuple[int, ...], end: tuple[int, ...] | None
) -> None:
    """The number of 6000 steps, four times as far as where the factor was read: six terms leave 1e5 / n^7 at most here."""
    proved = counting.recurrence(walled(steps, terrain), end, start, any_end=end is None)
    found = counting.fitted_expansion(proved, 6)
    n = 6000
    bracket = 1 + sum(c / Fraction(n) ** (k + 1) for k, c in enumerate(found.coefficients))
    with mpmath.mp.workdps(40):
        estimate = mpmath.mpf(found.factor) * mpmath.mpf(bracket.numerator) / bracket.denominator
        power = mpmath.mpf(found.power.numerator) / found.power.denominator
        value = mpmath.mpf(proved.nth(n)) / mpmath.mpf(found.growth.numerator) ** n * mpmath.mpf(n) ** power
        assert abs(value / estimate - 1) < mpmath.mpf("1e-15")
        assert abs(value / (estimate * (1 + mpmath.mpf("1e-13"))) - 1) > mpmath.mpf("1e-14")


def test_two_growths_of_one_size_and_irrational_growth_are_refused() -> None:
    mixed = counting.recurrence(walled(SQUARE, counting.orthant(2)), None, (0, 0), any_end=True)
    with pytest.raises(NotYetError, match="mix"):
        counting.fitted_expansion(mixed, 3)
    irrational = counting.recurrence(counting.WalledSteps(LINE, counting.box((0,), (3,))), (0,), (0,))
    with pytest.raises(NotYetError, match="no rational number"):
        counting.fitted_expansion(irrational, 3)


def test_powers_that_differ_by_one_leave_the_coefficients_open() -> None:
    """Solutions n^(-3/2) and n^(-5/2) of one growth: the recurrence cannot tell the first coefficient (it was invented once)."""
    proved = counting.recurrence(walled([-2, -1, 0, 1, 2], counting.orthant(1)), (0,), (0,))
    with pytest.raises(NotYetError, match="open"):
        formal_coefficients(proved.coefficients, Fraction(5), Fraction(3, 2), 2)
    with pytest.raises(NotYetError):
        counting.fitted_expansion(proved, 2)
