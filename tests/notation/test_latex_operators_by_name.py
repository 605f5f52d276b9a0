r"""Operators written as words or letters (div, grad, van Kampen's E, fractional D), double factorials, and units of measure."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.claimed_equation import read_equations
from symdiff.errors import ExpressionError
from symdiff.notation.latex import context_from_json, read_latex

x, t, D, k, n, m, v, alpha, beta, gamma, lam = sp.symbols("x t D k n m v alpha beta gamma lambda")
P, u, J = (sp.Function(f)(x, t) for f in "PuJ")
Pn = sp.Function("P")
frac = sp.Function("FracDeriv")
dx = sp.Derivative(P, x)

# each reading is that of the same formula in the reader's plainest words, worked out by hand
READINGS = [
    (r"\dot P = \operatorname{div}(D \operatorname{grad} P)", sp.Derivative(D * dx, x)),
    (r"\partial_t P = \mathrm{div}\left(D\,\nabla P\right)", sp.Derivative(D * dx, x)),
    (r"\partial_t P = D\,\text{div}\,\text{grad}\,P", D * sp.Derivative(P, (x, 2))),
    (r"\partial_t P = -\mathrm{div}(P\mathbf{v})", -sp.Derivative(v * P, x)),
    (r"\mathrm{D}^{\alpha}_{0+}\, u = \lambda u_{xx}", lam * sp.Derivative(u, (x, 2))),
    (r"D_t^\beta P(x,t) = D_x^\alpha P(x,t)", frac(P, x, alpha)),
    (r"\partial_t P(n,t) = k (\mathsf{E}^{-1} - 1) P(n,t)", k * (Pn(n - 1, t) - Pn(n, t))),
    (r"\partial_t P_n = k (\mathcal{E}^{-} - 1) P_n", k * (Pn(n - 1, t) - Pn(n, t))),
    (r"\partial_t P_n = k (\mathbb{E}^{+} - 1) P_n", k * (Pn(n + 1, t) - Pn(n, t))),
    (r"\partial_t P(n,t) = k (\epsilon_n^{-1} - 1) P(n,t)", k * (Pn(n - 1, t) - Pn(n, t))),
    (r"\partial_t P(n,m,t) = k (E_n^{-1}E_m - 1) n P(n,m,t)", k * ((n - 1) * Pn(n - 1, m + 1, t) - n * Pn(n, m, t))),
    (r"\dot P_n = k\sum_\pm (P_{n\pm1} - P_n)", k * (Pn(n + 1, t) + Pn(n - 1, t) - 2 * Pn(n, t))),
    (r"x = (2n-1)!! + 7!! + 1/5!!", sp.factorial(2 * n) / (2**n * sp.factorial(n)) + 105 + sp.Rational(1, 15)),
    (r"D = \epsilon_0^{-1} - 1", 1 / sp.Symbol("epsilon_0") - 1),
    (r"v = D_x^{\alpha}", sp.Symbol("D_x") ** alpha),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "right"), READINGS, ids=range(len(READINGS)))
def test_the_right_hand_side(latex: str, right: sp.Expr) -> None:
    found = read_latex(latex).equations[0].rhs
    assert sp.expand(found - right) == 0
    assert sp.expand(found - 2 * right) != 0  # negative control


def test_a_sum_over_both_signs_takes_the_signs_together() -> None:
    found = read_latex(r"\dot P_n = \sum_\pm k_\pm (P_{n\mp1} - P_n)").equations[0].rhs
    up, down = sp.symbols("k_+ k_-")
    assert sp.expand(found - up * (Pn(n - 1, t) - Pn(n, t)) - down * (Pn(n + 1, t) - Pn(n, t))) == 0


@pytest.mark.parametrize(
    "latex",
    [
        r"\ell = 20\,\mu\mathrm{m}", r"D = 2\times10^{-9}\,\mathrm{m^2\,s^{-1}}", r"D=20\,\mu\text{m}^2/\text{s}",
        r"v = 3~\mathrm{cm/s}", r"T=300\,\mathrm{K}", r"v=10^{-3}\,{\rm m/s}",
    ],
)  # fmt: skip
def test_letters_of_units_are_no_quantities(latex: str) -> None:
    with pytest.raises(ExpressionError, match="the unit"):
        read_latex(latex)


def test_upright_quantities_are_read() -> None:
    T = sp.Symbol("T")
    assert read_latex(r"T = 3\,\mathrm{Pe}").equations == (sp.Eq(T, 3 * sp.Symbol("Pe")),)
    declared = context_from_json('{"params": ["K"]}')
    assert read_latex(r"T = 300\,\mathrm{K}", declared).equations == (sp.Eq(T, 300 * sp.Symbol("K")),)


@pytest.mark.parametrize("latex", [r"x = k!!", r"{}^{RL}D_{0+}^{1-\alpha}", r"\partial_t P = \mathrm{curl}(P)"])
def test_what_is_left_open_is_refused(latex: str) -> None:
    with pytest.raises(ExpressionError):
        read_latex(latex)


def test_densities_of_several_letters_have_derivatives_as_subscripts() -> None:
    model = sd.loads("""title = "Kac"
[parameters]
v = "positive"
lam = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "right"
velocity = ["v"]
[[states]]
name = "left"
velocity = ["-v"]
[[jumps]]
displacement = "0"
from = "right"
to = "left"
rate = "lam"
[[jumps]]
displacement = "0"
from = "left"
to = "right"
rate = "lam"
""")
    (typed,) = read_equations(r"right_t = -v right_x + \lambda (left - right) + right_xx", model)
    (set_,) = read_equations(
        r"\partial_t \mathrm{right} = -v \partial_x \mathrm{right} + \lambda (\mathrm{left} - \mathrm{right}) + \partial_x^2 \mathrm{right}",
        model,
    )
    assert typed == set_
    (other,) = read_equations(r"right_t = -v right_x + \lambda (left - right)", model)
    assert other != set_
