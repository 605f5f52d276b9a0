"""Evolution wave by wave, where no rule depends on place, against step after step and against the Krylov space."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.evidence.propagation.periodic import Box, LatticeStep
from symdiff.evidence.propagation.uniform import evolve_uniform, is_uniform
from symdiff.evidence.solution.spectral import SpectralOperator, exponential
from symdiff.model.jump_model import make_model

BOX = Box((0.0, 0.0), (2 * np.pi, 5.0), (21, 23))


def bump(size: int) -> np.ndarray:
    x, y = BOX.places()
    return np.stack([1 + 0.4 * np.cos(x + 0.3 + s) * np.sin(2 * np.pi * y / 5) + 0.1 * s for s in range(size)])


def step_of(model: sd.JumpModel, scale: str = "1/7") -> LatticeStep:
    return LatticeStep(model, {p.symbol: sp.Rational(scale) for p in model.parameters}, BOX, {})


@pytest.mark.parametrize("lossy", [False, True])
@pytest.mark.parametrize("name", ["no_immediate_reversal", "biased_square_walk"])
def test_steps_in_discrete_time(name: str, lossy: bool) -> None:
    model = load(name)
    step = step_of(make_model({n: getattr(model, n) for n in model.__dataclass_fields__} | {"lossy": lossy}))
    assert is_uniform(step)
    density = bump(step.size)
    after = density
    for _ in range(90):
        after = step.apply(after)
    found = evolve_uniform(step, density, 90)
    assert np.max(np.abs(found - after)) < 1e-13 * np.max(np.abs(after))
    assert np.max(np.abs(evolve_uniform(step, density, 91) - after)) > 1e-6 * np.max(np.abs(after))


def test_rates_in_continuous_time() -> None:
    step = step_of(load("honeycomb_with_unequal_rates"))
    density = bump(step.size)
    mixed = step._uniformised(density, 60.0)
    assert np.max(np.abs(evolve_uniform(step, density, 60.0) - mixed)) < 1e-13
    assert np.max(np.abs(evolve_uniform(step, density, 60.1) - mixed)) > 1e-6


def test_rules_that_depend_on_place_are_not_uniform() -> None:
    model = sd.JumpModel(coordinates=["x", "y"], jumps=[{"displacement": ["1/9", "0"], "rate": "2 + cos(x)"}])
    assert not is_uniform(LatticeStep(model, {}, BOX, {}))


@pytest.mark.parametrize("states", [[], ["u", "v"]])
def test_equations_against_the_krylov_space(states: list[str]) -> None:
    model = sd.JumpModel(
        parameters={"a": "positive"}, coordinates=["x", "y"], **({"states": states} if states else {}),
        jumps=[{"displacement": ["a", "0"], "rate": "3"}, {"displacement": ["-a", "a"], "rate": "2"},
               *([{"from": "u", "to": "v", "displacement": ["0", "a"], "rate": "1"},
                  {"from": "v", "to": "u", "displacement": ["0", "0"], "rate": "2"}] if states else [])],
    )  # fmt: skip
    limit = sd.derive(model)
    equations = limit.system or (limit.equation,)
    values = {p.symbol: sp.Rational(1, 7) for p in model.parameters}
    operator = SpectralOperator(equations, values, BOX.low, BOX.length, BOX.points, {})
    assert operator.is_uniform
    density = bump(operator.size)
    expected = exponential(operator.apply, density, 2.5)
    assert np.max(np.abs(operator.evolve(density, 2.5) - expected)) < 1e-12
    assert np.max(np.abs(operator.evolve(density, 2.6) - expected)) > 1e-6
    wave = operator.corrected(density, 2.5, operator)  # d/de exp(t (1 + e) L) u = t L exp(t L) u
    assert np.max(np.abs(wave - 2.5 * operator.apply(expected))) < 1e-10


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision on this machine")
def test_phases_of_jumps_vs_those_of_many_digits() -> None:
    """Long waves leave of e^(-ik.r) only its small difference from 1: double precision misses it by 1e-17, which is seen."""
    step = step_of(load("biased_square_walk"), "1/1000003")
    extended = [step.fine_phase(jump) for _, _, jump, _ in step.weights]
    plain = [phase for _, _, _, phase in step.jumps]
    shifts = [[float(step.on_grid(r).flat[0]) for r in jump.displacement] for _, _, jump, _ in step.weights]
    with mpmath.workdps(40):
        for shift, fine, coarse in zip(shifts, extended, plain, strict=True):
            errors = np.zeros(2)
            for place in np.ndindex(fine.shape):
                angle = mpmath.fsum(mpmath.mpf(float(k[place])) * s for k, s in zip(step.waves, shift, strict=True))
                for n, found in enumerate((fine[place], coarse[place])):
                    real = mpmath.mpf(float(found.real)) + mpmath.mpf(
                        float(found.real - np.longdouble(float(found.real)))
                    )
                    errors[n] = max(errors[n], float(abs(real - mpmath.cos(angle))))
            assert errors[0] < 2e-19
            assert errors[1] > 1e-17
