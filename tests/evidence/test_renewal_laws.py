"""Laws in time of walkers that wait: counted numbers of jumps, and inversions that say how well they are known."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import special

import symdiff as sd
from symdiff.errors import ResourceError
from symdiff.evidence.laplace import MANY, NODES, inverse_laplace, relaxation
from symdiff.evidence.propagation.lattice_law import LatticeWalk
from symdiff.evidence.propagation.renewal import RenewalWalk

WAVES = [(0.0,), (0.03,), (0.5,), (1.3,)]


def walk(wait: str, right: str) -> RenewalWalk:
    text = f"""title = "Waits"
[waiting_time]
{wait}
[model]
coordinates = ["x"]
[[jumps]]
displacement = "1"
probability = "{right}"
[[jumps]]
displacement = "-1"
probability = "1 - {right}"
"""
    return RenewalWalk(sd.loads(text), {})


def test_numbers_of_waits_of_bounded_length_are_counted() -> None:
    # uniform on [1, 2] at 2.5: one jump or two, and P(S_2 <= 2.5) = (1/2)^2/2 = 1/8; fixed waits of 1: two jumps
    cos = np.cos([k for (k,) in WAVES])
    found, error = walk('distribution = "uniform"\nlow = 1\nhigh = 2', "1/2").at(WAVES, 2.5)
    assert np.max(np.abs(found - (7 * cos / 8 + cos**2 / 8))) < 1e-14 >= error
    found, _ = walk('distribution = "fixed"\nvalue = 1', "1/2").at(WAVES, 2.5)
    assert np.max(np.abs(found - cos**2)) < 1e-14


@pytest.mark.parametrize("time", [3.0, 100.0, 1000.0])
def test_poles_of_a_drift_are_not_passed_over(time: float) -> None:
    k = np.array([k for (k,) in WAVES])
    exact = np.exp(time * (0.8 * np.exp(-1j * k) + 0.2 * np.exp(1j * k) - 1))  # a Poisson number of jumps
    found, error = walk('distribution = "exponential"\nmean = 1', "4/5").at(WAVES, time)
    assert np.max(np.abs(found - exact)) < max(error, 1e-12) < 1e-9

    def transform(s: complex) -> object:
        return 1 / (s + 1 - 0.8 * np.exp(-1j * k) - 0.2 * np.exp(1j * k))

    alone = [inverse_laplace(transform, time, n) for n in (NODES, MANY)]
    missed = [np.max(np.abs(f - exact)) for f, _ in alone]
    if time == 1000.0:  # the estimate of the contours alone is no error: both pass over the poles
        assert min(missed) > 0.1
        assert min(e for _, e in alone) < 1e-6


def test_a_contour_on_which_the_transform_overflows_has_no_estimate() -> None:
    _, error = inverse_laplace(lambda s: np.array([np.nan * s]), 1.0)
    assert error == np.inf


def test_broken_orders_in_time_with_a_drift() -> None:
    rates = np.array([-1.0, -0.3 - 5j, -1 - 30j])
    with mpmath.workdps(60):
        exact = [complex(mpmath.fsum(mpmath.mpc(z) ** n / mpmath.gamma(mpmath.mpf("0.98") * n + 1) for n in range(220))) for z in rates]  # fmt: skip
    found, error = relaxation(rates, 0.98, 1.0)
    assert np.max(np.abs(found - np.array(exact))) < 1e-10 > error
    half, _ = relaxation(rates, 0.5, 1.0)
    assert np.max(np.abs(half - special.wofz(-1j * rates))) < 1e-10  # E_1/2(z) = e^(z^2) erfc(-z)
    alone, _ = inverse_laplace(lambda s: s**-0.02 / (s**0.98 - rates), 1.0)
    assert np.max(np.abs(alone - np.array(exact))) > 1e-4  # the contour passes over a pole


def test_solutions_follow_the_walkers() -> None:
    text = """title = "Waits"
[waiting_time]
distribution = "uniform"
low = 1
high = 2
[model]
coordinates = ["x"]
[[jumps]]
displacement = "1"
probability = "4/5"
[[jumps]]
displacement = "-1"
probability = "1/5"
"""
    (row,) = sd.solve(sd.loads(text), times=["100.5"]).times
    law, places = np.array(row.law), np.array(row.places)
    step = places[1] - places[0]
    assert abs(law.sum() * step - 1) < 1e-6
    # N has the mean t/mu + (variance/mu^2 - 1)/2: D. R. Cox, Renewal Theory (1962), 4.1
    assert abs((law * places).sum() * step - 0.6 * (100.5 / 1.5 + (1 / 27 - 1) / 2)) < 1e-4
    assert law.min() > -1e-9


def test_the_steps_of_an_exact_law_are_counted_before_they_are_made() -> None:
    model = sd.loads("""title = "Rates that grow with the place"
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["1"], ["-1"]]
rate = "1 + x**2"
""")
    walk = LatticeWalk(model, {}, {}, (0.0,))
    walk.most_work = 1e-3
    with pytest.raises(ResourceError, match="too many steps"):
        walk.law(model, (1.0,), 0.5)
    assert abs(LatticeWalk(model, {}, {}, (0.0,)).law(model, (1.0,), 1e-3).probabilities.sum() - 1) < 1e-9
