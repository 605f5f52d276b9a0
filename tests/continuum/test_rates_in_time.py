"""Rates that depend on time, against numbers from the model alone: sums over steps, moment equations, the lattice itself."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import sympy as sp

import symdiff as sd
from symdiff.api import loads
from symdiff.continuum.observables.in_time import lattice
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import ObservableStatement
from walks import line

t = sp.Symbol("t", real=True)
PLACES = {"h": "positive", "tau": "positive", "D": "positive"}


def numbers(value: sp.Expr, **given: float) -> Callable[[float], float]:
    """A coefficient as a function of time."""
    at = value.xreplace({s: sp.Float(given[s.name], 30) for s in value.free_symbols if s.name in given})
    return lambda time: float(at.xreplace({t: sp.Float(time, 30)}))


def change(f: Callable[[float], float], low: float, high: float) -> float:
    """The integral by Simpson's rule."""
    n = 200
    step = (high - low) / n
    inner = sum((4 if i % 2 else 2) * f(low + i * step) for i in range(1, n))
    return step / 3 * (f(low) + f(high) + inner)


def test_drift_of_a_discrete_walk_vs_the_sum_over_its_steps() -> None:
    """The mean is a sum of the means of the steps, not an integral: half a step comes off, then tau^2/12 (Euler and Maclaurin)."""
    walk = line({"h": "(1 + sin(t)/2)/2", "-h": "(1 - sin(t)/2)/2"})
    limit = sd.derive(walk, order=3)
    tau, steps = 0.1, 30
    drift = numbers(dict(limit.coefficients)["v"], h=1, tau=tau)
    exact = sum(math.sin(n * tau) / 2 for n in range(steps))
    assert change(drift, 0, steps * tau) == pytest.approx(exact, abs=2e-6)
    naive = change(
        lambda s: math.sin(s) / 2 / tau, 0, steps * tau
    )  # negative control: the drift without its derivative
    assert abs(naive - exact) > 0.03


def test_spread_of_a_discrete_walk_vs_the_sum_of_the_variances() -> None:
    walk = line({"h": "(1 + sin(t)/2)/2", "-h": "(1 - sin(t)/2)/2"})
    tau, steps = 0.1, 30
    spread = numbers(2 * dict(sd.derive(walk, order=4).coefficients)["D"], h=1, tau=tau)
    exact = sum(1 - math.sin(n * tau) ** 2 / 4 for n in range(steps))
    assert change(spread, 0, steps * tau) == pytest.approx(exact, abs=2e-5)
    naive = change(lambda s: (1 - math.sin(s) ** 2 / 4) / tau, 0, steps * tau)
    assert abs(naive - exact) > 2e-3


def test_runs_that_reverse_at_a_changing_rate_vs_their_moment_equations() -> None:
    """d<x^2>/dt = 2 c q, dq/dt = c - 2 lam(t) q (exact): D is c q after the transient, behind c^2/(2 lam) in time."""
    text = '[parameters]\nc = "positive"\n[model]\ncoordinates = ["x"]\nstates = ["r", "l"]\ndensity = "P"\n'
    text += '[[states]]\nname = "r"\nvelocity = "c"\n[[states]]\nname = "l"\nvelocity = "-c"\n'
    for a, b in (("r", "l"), ("l", "r")):
        text += f'[[jumps]]\ndisplacement = "0"\nfrom = "{a}"\nto = "{b}"\nrate = "2 + sin(t/5)"\n'
    moment, q, dt = 10 * math.pi, 0.25, math.pi / 1000  # where the rate changes fastest

    def slope(time: float, q: float) -> float:
        return 1 - 2 * (2 + math.sin(time / 5)) * q

    for n in range(round(moment / dt)):  # Runge and Kutta
        a = slope(n * dt, q)
        b = slope((n + 0.5) * dt, q + dt / 2 * a)
        c = slope((n + 0.5) * dt, q + dt / 2 * b)
        q += dt / 6 * (a + 2 * b + 2 * c + slope((n + 1) * dt, q + dt * c))
    errors = [abs(numbers(dict(sd.derive(loads(text), order=n).coefficients)["D"], c=1)(moment) - q) for n in (2, 3, 4)]
    assert errors[0] > 5 * errors[1] > 25 * errors[2]
    assert errors[2] < 2e-4 < errors[1]  # every order takes away most of what is left


def test_moments_in_continuous_time_vs_the_lattice() -> None:
    """The law of the sites of a ring, step by small step, from the rates alone."""
    walk = line({"h": "2 + cos(3*t)", "-h": "1"}, time_step=None)
    sites, end, steps = 61, 2.0, 800
    law = [0.0] * sites
    law[sites // 2] = 1.0
    dt = end / steps

    def flow(time: float, p: list[float]) -> list[float]:
        right = 2 + math.cos(3 * time)
        return [right * p[i - 1] + p[(i + 1) % sites] - (right + 1) * p[i] for i in range(sites)]

    for n in range(steps):
        a = flow(n * dt, law)
        b = flow((n + 0.5) * dt, [p + dt / 2 * s for p, s in zip(law, a, strict=True)])
        law = [p + dt * s for p, s in zip(law, b, strict=True)]
    mean = sum((i - sites // 2) * p for i, p in enumerate(law))
    square = sum((i - sites // 2 - mean) ** 2 * p for i, p in enumerate(law))
    x = walk.coordinate_symbols[0]
    first, second = (
        numbers(lattice(walk, ObservableStatement("m", kind, x)).value, h=1)(end) for kind in ("moment", "variance")
    )
    assert first == pytest.approx(mean, abs=1e-4)
    assert second == pytest.approx(square, abs=1e-4)
    assert abs(2 * end - square) > 0.1  # negative control: the variance of the rates at their start


FIELD = {
    "parameters": {"h": "positive", "D": "positive"},
    "functions": {"F": ["x", "t"]},
    "coordinates": ["x"],
    "scaling": {"h": 1},
}
SEASONS = [
    ({**FIELD, "jumps": [{"displacements": ["h", "-h"], "rate": "D/h**2*exp(F(x + r/2, t)*r/2)"}]},
     "P_t = -\\partial_x (D F(x, t) P) + D P_{xx}", "P_t = -D F(x, t) P_x + D P_{xx}"),
    ({"parameters": {"h": "positive", "g": "positive"}, "coordinates": ["x"], "density": "P", "occupancy": "1", "scaling": {"h": 1},
      "jumps": [{"displacements": ["h", "-h"], "rate": "g/h**2*(2 + cos(t))*(1 - P(x + r))"}],
      "reactions": [{"rule": "P -> 2 P", "rate": "g*(1 - P(x))*(1 + sin(t))"}]},
     r"P_t = g (2 + \cos(t)) P_{xx} + g (1 + \sin(t)) P (1 - P)", r"P_t = g (2 + \cos(t)) P_{xx} + g (1 + \cos(t)) P (1 - P)"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("parts", "right", "wrong"), SEASONS, ids=["field", "crowd"])
def test_the_lattice_at_one_moment_vs_right_and_wrong_equations(parts: dict, right: str, wrong: str) -> None:
    model = sd.JumpModel(**parts)
    if model.crowd.reactions:  # the tiers that know no time are listed with the reason
        found = sd.verify(model)
        assert found.passed is True
        assert all(r.passed is True or (not r.applies and r.why) for r in found.tiers)
    assert sd.verify(model, tier="exact", equation=right).passed is True
    assert sd.verify(model, tier="exact", equation=wrong).passed is False


def test_time_that_stands_still_is_no_time() -> None:
    """A rate that is written with t and does not depend on it gives what it gives without."""
    with_t = sd.derive(line({"h": "1 + 0*t", "-h": "1"}, time_step=None), order=4)
    assert with_t.equations == sd.derive(line({"h": "1", "-h": "1"}, time_step=None), order=4).equations


REFUSED = [
    (line, {"jumps": {"h": "(1 - (2 + sin(t))/9)/2", "-h": "(1 - (2 + sin(t))/9)/2"}, "survival": "lossy"}, r"sin\(t\)", DerivationError),
    (line, {"jumps": {"h": "1 + t", "-h": "1"}, "time_step": None, "boundaries": [{"domain": "x >= 0", "kind": "absorbing"}]}, "walls", NotYetError),
]  # fmt: skip


@pytest.mark.parametrize(("build", "parts", "reason", "kind"), REFUSED, ids=["killing of order one", "walls"])
def test_what_is_refused_beside_time_names_the_reason(build: Callable, parts: dict, reason: str, kind: type) -> None:
    with pytest.raises(kind, match=reason):
        sd.derive(build(**parts))
