"""``symdiff solve --initial`` beside rates that depend on place: closed forms, the master equation by hand, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

import symdiff as sd
from symdiff.errors import SymdiffError


def columns(found: sd.Solution, n: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    s = found.times[n]
    return np.array(s.places), np.array(s.law), np.array(s.solution)


def test_a_gaussian_in_a_harmonic_trap_is_that_of_ornstein_and_uhlenbeck() -> None:
    """d_t P = kappa d_x(x P) + D d_xx P: the variance relaxes like e^(-2 kappa t) to D/kappa."""
    values = {"C": 1, "delta": "1/10", "dt": "1/200", "kT": 1}
    found = sd.solve(sd.load("harmonic_trap"), ["1/2"], initial={"P": "exp(-2*x**2)"}, values=values)
    x, law, solution = columns(found)
    kappa, d = 0.01 / (2 * 0.005), 0.01 / (2 * 0.005)
    for factor, close in ((1.0, True), (1.001, False)):
        variance = d * factor / kappa + (0.25 - d * factor / kappa) * np.exp(-kappa)
        exact = np.exp(-(x**2) / (2 * variance)) * np.sqrt(0.25 / variance)
        assert bool(np.max(np.abs(solution - exact)) < 1e-9) is close
    assert found.numerical_error < 1e-9
    assert 1e-5 < np.max(np.abs(law - solution)) < 5e-3


def test_a_periodic_profile_and_potential_on_a_ring_by_hand() -> None:
    """Metropolis rates have kinks, the equation has none; the rates are written down here once more."""
    values = {"D0": 1, "bet": "1/2", "h": "pi/16", "V": "cos(x)"}
    found = sd.solve(
        sd.load("metropolis_rates"), ["1/2"], initial={"u": "1 + sin(x)/2"}, window=("0", "2*pi"), values=values
    )
    x, law, _ = columns(found)
    h, n = np.pi / 16, 32
    sites = h * np.arange(n)
    matrix = np.zeros((n, n))
    for step in (1, -1):
        rate = np.minimum(1, np.exp(-(np.cos(sites + step * h) - np.cos(sites)) / 2)) / h**2
        matrix[(np.arange(n) + step) % n, np.arange(n)] += rate
        matrix[np.arange(n), np.arange(n)] -= rate
    by_hand = linalg.expm(matrix / 2) @ (1 + np.sin(sites) / 2)
    assert np.max(np.abs(law - by_hand)) < 1e-10
    assert len(x) == n
    assert np.sum(law) == pytest.approx(n)


REFUSED = {
    "no period": ({"u": "1 + sin(x)/2"}, ("0", "3"), "h", "vanish far out"),
    "negative": ({"u": "-exp(-x**2)"}, None, "h", "negative"),
    "another density": ({"c": "exp(-x**2)"}, None, "h", "no density 'c'"),
    "spacing": ({"u": "1 + sin(x)/2"}, ("0", "2*pi"), "1/10", "62.8319 spacings"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_solved_says_so(case: str) -> None:
    initial, window, h, message = REFUSED[case]
    values = {"D0": 1, "bet": 1, "h": "1/4" if h == "h" else h, "V": "cos(x)"}
    with pytest.raises(SymdiffError, match=message):
        sd.solve(sd.load("heat_bath_rates"), [1], initial=initial, window=window, values=values)
