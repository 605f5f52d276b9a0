"""Grids placed by a function: the unknown slope against the textbook's Stratonovich form, known grids against Ito's rule.

Source of the first: a lattice of spacing h g(x) with equal rates has u_t = D0 d_x(g d_x(g u)). By hand for the others: a walk
in q = n h with v and D gives x = f(q) the drift v f' + D f'' and the diffusion D f'^2.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import ModelError, NotYetError

DATA = Path(__file__).parents[1] / "data" / "models"
x = sp.Symbol("x", real=True)
D0, L = sp.Symbol("D0", positive=True), sp.Symbol("L", positive=True)


def grid(embedding: str, rate: str = "D0/h**2", **more: object) -> sd.JumpModel:
    jumps = [{"displacement": "1", "rate": rate}, {"displacement": "-1", "rate": "D0/h**2"}]
    return sd.JumpModel(parameters={"D0": "positive", "h": "positive", "L": "positive"}, coordinates=["n"], density="u",
                        embedding={"x": embedding}, jumps=jumps, scaling={"h": 1}, **more)  # fmt: skip


def test_unknown_grid_has_the_stratonovich_form() -> None:
    limit = sd.derive(sd.load(str(DATA / "pd-stretched-grid.toml")))
    g, u = sp.Function("g")(x), sp.Function("u")(x, sp.Symbol("t", real=True))
    form = D0 * sp.diff(g * sp.diff(g * u, x), x)
    assert sp.expand(limit.equation.rhs.doit() - form) == 0
    assert sp.expand(limit.equation.rhs.doit() - D0 * sp.diff(g**2 * u, x, 2)) != 0
    assert any("slope of the grid" in a for a in limit.assumptions)
    with pytest.raises(NotYetError, match="higher orders"):
        sd.derive_all(sd.load(str(DATA / "pd-stretched-grid.toml")), order=5)


@pytest.mark.parametrize(
    ("embedding", "rate", "v", "D"),
    [
        ("L*exp(n*h)", "D0/h**2", D0 * x, D0 * x**2),
        ("L*exp(n*h) - L", "D0/h**2", D0 * (x + L), D0 * (x + L) ** 2),
        ("L*(n*h)**3", "D0/h**2", 6 * D0 * L ** sp.Rational(2, 3) * sp.cbrt(x), None),
        ("2*n*h", "D0/h**2 + L/h", 2 * L, 4 * D0),
        ("L*exp(n*h)", "D0/h**2 + n", D0 * x + x * sp.log(x / L), D0 * x**2),
    ],
)
def test_known_grids_against_itos_rule(embedding: str, rate: str, v: sp.Expr, D: sp.Expr | None) -> None:
    limit = sd.derive(grid(embedding, rate))
    point = {x: sp.Rational(7, 5), L: sp.Rational(3, 4), D0: sp.Rational(2, 3)}
    assert abs(sp.N((limit.coefficient("v") - v).subs(point))) < 1e-12
    if D is not None:
        assert sp.expand(limit.coefficient("D") - D) == 0


@pytest.mark.parametrize("embedding", ["L + h", "n*h*t", "n*h + exp(n*h)", "(n*h)**2"])
def test_grids_that_are_no_grid_are_refused(embedding: str) -> None:
    with pytest.raises((ModelError, NotYetError), match=r"place of a site|does not depend|move in time"):
        grid(embedding)
