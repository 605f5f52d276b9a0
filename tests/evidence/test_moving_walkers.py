"""Walkers that move inside their states: compiled against NumPy, bit for bit; moments against closed forms and not wrong ones."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.characteristic import SymbolMatrix
from symdiff.evidence.propagation.rules import numeric_rules, symbol_matrix
from symdiff.evidence.simulation.hops import Hops
from symdiff.model.jump_model import JumpModel

TIME = 1.7


def model(
    states: list[dict[str, object]], *jumps: dict[str, object], coordinates: tuple[str, ...] = ("x",)
) -> JumpModel:
    return sd.JumpModel(title="moving", model={"coordinates": list(coordinates)}, states=states, jumps=list(jumps))


SHEET = model(
    [{"name": "a", "velocity": ["1", "-2"], "diffusivity": [["2", "1"], ["1", "3/2"]]}, {"name": "b", "diffusivity": "1/3"}],
    {"from": "a", "to": "b", "rate": "2", "displacement": ["1/2", "0"]}, {"from": "b", "to": "a", "rate": "3"},
    {"displacement": ["0", "-1"], "rate": "1/4"}, coordinates=("x", "y"),
)  # fmt: skip
TELEGRAPH = model(
    [{"name": "right", "velocity": "2"}, {"name": "left", "velocity": "-2"}],
    {"from": "right", "to": "left", "rate": "3/2"}, {"from": "left", "to": "right", "rate": "3/2"},
)  # fmt: skip


def test_compiled_walkers_that_move_are_those_of_numpy() -> None:
    pytest.importorskip("numba")
    walkers = Hops(SHEET, {}, (0.0, 0.0), (0.5, 0.5), "key", 3)
    one, other = (walkers.chunk(4, TIME, walkers=2_000, compiled=c) for c in (True, False))
    assert np.array_equal(one.positions, other.positions)
    assert np.array_equal(one.states, other.states)


def test_the_telegraph_process_against_its_second_moment() -> None:
    """<x^2> = (c^2/a) (t - (1 - e^(-2 a t))/(2 a)): Goldstein (1951), for reversals at the rate a."""
    found = Hops(TELEGRAPH, {}, (0.0,), (0.5, 0.5), "key", 5).chunk(0, TIME, walkers=200_000, compiled=False)
    square = found.positions[:, 0] ** 2
    error = square.std() / math.sqrt(len(square))

    def exact(a: float) -> float:
        return 4 / a * (TIME - (1 - math.exp(-2 * a * TIME)) / (2 * a))

    assert abs(square.mean() - exact(1.5)) < 5 * error
    assert abs(square.mean() - exact(1.5 * 1.05)) > 5 * error
    assert np.abs(found.positions).max() <= 2 * TIME * (1 + 1e-12)  # nobody is ahead of the fronts
    share = np.mean(found.positions[:, 0] == 2 * TIME)  # half of those who never turned
    front = math.exp(-1.5 * TIME) / 2
    assert abs(share - front) < 5 * math.sqrt(front / len(square))


def test_one_state_that_diffuses_has_its_mean_and_covariance() -> None:
    """v t and 2 D t, also where D is singular: a walker that diffuses along (2, 1) only."""
    line = model([{"velocity": ["1", "0"], "diffusivity": [["4", "2"], ["2", "1"]]}], coordinates=("x", "y"))
    found = Hops(line, {}, (0.0, 0.0), (1.0,), "key", 7).chunk(0, TIME, walkers=100_000, compiled=False).positions
    apart = found - np.array([TIME, 0.0])
    assert np.abs(apart[:, 0] - 2 * apart[:, 1]).max() < 1e-12
    seen, exact = float(np.mean(apart[:, 1] ** 2)), 2 * TIME
    assert abs(seen / exact - 1) < 5 * math.sqrt(2 / len(found)) < abs(seen / (exact / 2) - 1)


def test_a_negative_diffusivity_has_no_walkers() -> None:
    bent = model([{"diffusivity": [["1", "2"], ["2", "1"]]}], coordinates=("x", "y"))
    with pytest.raises(NotYetError, match="negative"):
        Hops(bent, {}, (0.0, 0.0), (1.0,), "key", 7)


@pytest.mark.parametrize("wave", [(0.0, 0.0), (0.7, -1.3), (40.0, 3.0)])
def test_the_symbol_matrix_in_double_precision_is_the_other_one(wave: tuple[float, float]) -> None:
    rules = numeric_rules(SHEET, {})
    found = SymbolMatrix(rules, 2)(wave)
    exact = np.array(symbol_matrix(rules, tuple(mpmath.mpf(k) for k in wave)), dtype=complex)
    assert np.abs(found - exact).max() <= 1e-13 * np.abs(exact).max()
    assert np.abs(SymbolMatrix(rules, 2)((wave[0] + 1e-3, wave[1])) - exact).max() > 1e-5


def test_the_symbol_matrix_of_steps_and_laws() -> None:
    walk = sd.JumpModel(
        title="steps", parameters={"p": "probability"}, model={"coordinates": ["x"], "time_step": "1", "survival": "lossy"},
        jumps=[{"displacement": "1", "probability": "p"}, {"distribution": "laplace", "scale": "2", "probability": "1/4"}],
    )  # fmt: skip
    rules = numeric_rules(walk, {walk.parameters[0].symbol: mpmath.mpf("0.5")})
    found = SymbolMatrix(rules, 1)((0.6,))[0, 0]
    assert abs(found - (0.5 * np.exp(-0.6j) + 0.25 / (1 + 4 * 0.36))) < 1e-14
