"""Solutions beside walls and interfaces against closed ones: images at walls, the skew kernel, and a confined Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.solution.pieces import CellSolver, EndJet, PieceSolver

X, T, D, K = sp.Symbol("x", real=True), sp.Symbol("t", real=True), sp.Symbol("D"), sp.Symbol("k")
LEFT = (Term(sp.Integer(1), "u", (0,), 1),)
HEAT = EvolutionEquation("u", (X,), T, LEFT, (Term(D, "u", (2,)),))
FROM, WIDTH, TIME, SPREAD = 2.0, 0.4, 1.5, 0.7


def _gaussian(x: np.ndarray, middle: float) -> np.ndarray:
    variance = WIDTH**2 + 2 * SPREAD * TIME
    return np.asarray(np.exp(-((x - middle) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))


def _solved(conditions: list[list[list[EndJet]]], places: list[float], equation: EvolutionEquation = HEAT) -> tuple:
    solver = PieceSolver(equation, {D: SPREAD, K: 1.0}, places, conditions, 0.02)
    return solver.nodes, solver.solutions(solver.narrow(FROM, WIDTH), [TIME], 400)[0]


@pytest.mark.parametrize(("order", "sign"), [(0, -1.0), (1, 1.0)])
def test_absorbing_and_reflecting_walls_against_images(order: int, sign: float) -> None:
    x, found = _solved([[[EndJet(1.0, 1, order)]], []], [0.0, 14.0])
    exact = _gaussian(x, FROM) + sign * _gaussian(x, -FROM)
    wrong = _gaussian(x, FROM) - sign * _gaussian(x, -FROM)
    # the start reaches over the wall by a tail of e^(-12.5)
    assert np.abs(found - exact).max() < 2e-4 * exact.max()
    assert np.abs(found - wrong).max() > 0.1 * exact.max()


def test_a_skew_interface_against_its_kernel() -> None:
    """u(0+) = beta/(1 - beta) u(0-), equal slopes: a source and its image fulfil both, as one sees by inserting."""
    beta = 0.8
    jump = [EndJet(1.0, 1, 0), EndJet(-beta / (1 - beta), -1, 0)]
    slopes = [EndJet(1.0, 1, 1), EndJet(-1.0, -1, 1)]
    x, found = _solved([[], [jump, slopes], []], [-12.0, 0.0, 14.0])
    right, left = x[x > 0], x[x < 0]
    gamma = 2 * beta - 1
    assert np.abs(found[x > 0] - _gaussian(right, FROM) - gamma * _gaussian(right, -FROM)).max() < 1e-3
    assert np.abs(found[x < 0] - (1 - gamma) * _gaussian(left, FROM)).max() < 1e-3
    assert (
        np.abs(found[x < 0] - (1 + gamma) * _gaussian(left, FROM)).max() > 0.01
    )  # the control: beta and 1 - beta exchanged


def test_cells_keep_all_walkers_and_follow_a_confined_gaussian() -> None:
    equation = EvolutionEquation(
        "u", (X,), T, LEFT, (Term(K * X, "u", (1,), inside=True), Term(D, "u", (2,), inside=True))
    )
    solver = CellSolver(equation, {D: SPREAD, K: 0.5}, -8.0, 8.0, 800)
    found = solver.solutions(solver.narrow(FROM, WIDTH), [TIME], 200)[0]
    assert found.sum() * solver.cell == pytest.approx(1, abs=1e-9)
    mean = float((solver.places * found).sum() * solver.cell)
    variance = float(((solver.places - mean) ** 2 * found).sum() * solver.cell)
    fall = np.exp(-2 * 0.5 * TIME)
    assert mean == pytest.approx(FROM * np.exp(-0.5 * TIME), rel=1e-4)
    assert variance == pytest.approx(WIDTH**2 * fall + SPREAD / 0.5 * (1 - fall), rel=1e-3)


def test_what_is_not_determined_or_ill_posed_is_refused() -> None:
    with pytest.raises(NotYetError, match="do not determine"):
        _solved([[], [[EndJet(1.0, 1, 0)]], []], [-5.0, 0.0, 5.0])
    with pytest.raises(NotYetError, match="second in space"):
        _solved([[], []], [-5.0, 5.0], EvolutionEquation("u", (X,), T, LEFT, (Term(D, "u", (3,)),)))
    with pytest.raises(UsageError, match="ill-posed"):
        _solved([[], []], [-5.0, 5.0], EvolutionEquation("u", (X,), T, LEFT, (Term(-D, "u", (2,)),)))
