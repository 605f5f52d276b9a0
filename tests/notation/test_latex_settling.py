r"""Spellings of several senses: ``\Delta^2 f``, and ``\partial_x B`` at the end of the brackets of a probability current."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ExpressionError
from symdiff.notation.latex import ReadingContext, read_latex

X, T = sp.symbols("x t")
U, W, P = (sp.Function(n)(X, T) for n in "uWP")
LAPLACIAN, BRACKETS = "is read as the Laplacian", "a derivative inside of brackets is taken to"


def _right(latex: str) -> sp.Expr:
    (equation,) = read_latex(latex).equations
    return equation.rhs


READ = [  # (formula, its right-hand side, a word of the warning)
    (r"\partial_t u = -\kappa\Delta^2 u", -sp.Symbol("kappa") * sp.Derivative(U, (X, 4)), LAPLACIAN),
    (r"\partial_t u = \Delta u - \Delta^2 u", sp.Derivative(U, (X, 2)) - sp.Derivative(U, (X, 4)), LAPLACIAN),
    (r"\partial_t u = -\Delta\Delta u", -sp.Derivative(U, (X, 4)), ""),
    (r"\partial_t u = \Delta(u^m)", sp.Derivative(U ** sp.Symbol("m"), (X, 2)), LAPLACIAN),
    (r"u_t = \frac{\Delta^2}{2\tau} u_{xx}", sp.Symbol("Delta") ** 2 / (2 * sp.Symbol("tau")) * sp.Derivative(U, (X, 2)), ""),
    (r"u_t = \frac{\Delta(1-p)}{\tau} u_x", sp.Symbol("Delta") * (1 - sp.Symbol("p")) / sp.Symbol("tau") * sp.Derivative(U, X), ""),
    (r"u_t = \Delta^2 u_{xx} + \Delta^2 u/L^2 + k\Delta", sp.Symbol("Delta") ** 2 * sp.Derivative(U, (X, 2))
     + sp.Symbol("Delta") ** 2 * U / sp.Symbol("L") ** 2 + sp.Symbol("k") * sp.Symbol("Delta"), "a power of the step"),
    (r"S=[D^{(1)}-\partial_x D^{(2)}]W", sp.Symbol("D^(1)") * W - sp.Derivative(sp.Symbol("D^(2)") * W, X), BRACKETS + " act on W"),
    (r"S(x,t) = \left[ a - \frac12\frac{\partial}{\partial x} b(x)\right] P(x,t)",
     sp.Symbol("a") * P - sp.Derivative(sp.Function("b")(X) * P, X) / 2, BRACKETS + " act on P"),
    (r"\partial_t P = -\partial_x[(a - \partial_x B) P]", -sp.Derivative(sp.Symbol("a") * P - sp.Derivative(sp.Symbol("B") * P, X), X),
     BRACKETS + " act on P"),
    (r"\partial_t P = -\partial_x[(a + \partial_x D)P] + \partial_x^2 (D P)",  # the diffusion stands beside it: a product
     -sp.Derivative((sp.Symbol("a") + sp.Derivative(sp.Function("D")(X, T), X)) * P, X) + sp.Derivative(sp.Function("D")(X, T) * P, (X, 2)),
     BRACKETS + " end"),
    (r"J = (v - \partial_x V) P(x,t)", (sp.Symbol("v") - sp.Derivative(sp.Function("V")(X, T), X)) * P, BRACKETS + " end"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "right", "warning"), READ, ids=[r[0] for r in READ])
def test_the_reading_vs_that_of_the_whole_formula(latex: str, right: sp.Expr, warning: str) -> None:
    assert sp.expand(_right(latex) - right) == 0
    assert warning == "" or any(warning in w for w in read_latex(latex).warnings)


REFUSED = [
    r"\Delta^2 f",
    r"P_{n+1} = P_n + \frac12 \Delta^2 P",
    r"P(n,t+\tau)-P(n,t) = \frac12 \Delta^2 P(n,t)",
    r"\frac{dP_n}{dt} = k\Delta^2 P_n",
    r"\frac{dP_n}{dt} = k \Delta P_n",
    r"u_j^{n+1} - u_j^n = r \delta_x^2 u_j^n",
    r"\Delta_h^2 f",
]


@pytest.mark.parametrize("latex", REFUSED)
def test_differences_and_biharmonic_operators_are_told_apart_or_refused(latex: str) -> None:
    with pytest.raises(ExpressionError, match="difference") as caught:
        read_latex(latex)
    assert caught.value.instead


def test_a_declared_step_is_a_factor() -> None:
    (value,) = read_latex(r"\Delta^2 f", ReadingContext(parameters=("Delta",))).equations
    assert value == sp.Symbol("Delta") ** 2 * sp.Symbol("f")


OTHERS = [  # (formula, its right-hand side)
    (r"R = \iint \frac{dx\,dy}{x+y}", sp.Integral(1 / (sp.Symbol("x") + sp.Symbol("y")), sp.Symbol("x"), sp.Symbol("y"))),
    (r"u=\lim_{\delta\to0}\frac{\delta(r-l)}{\tau}", sp.Limit(sp.Symbol("delta") * (sp.Symbol("r") - sp.Symbol("l")) / sp.Symbol("tau"), sp.Symbol("delta"), 0)),
    (r"D = \num{3.2e-9}", sp.Rational(32, 10**10)),
    (r"D = \langle\!\langle x^2\rangle\!\rangle", sp.Function("Var")(X)),
    (r"D = \mathbf{E}[X^2]", sp.Function("Mean")(sp.Symbol("X") ** 2)),
    (r"v = 2 I_+(x)", 2 * sp.Function("I_+")(X)),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "right"), OTHERS, ids=[r[0] for r in OTHERS])
def test_spellings_that_were_misread_in_silence(latex: str, right: sp.Expr) -> None:
    assert sp.expand(_right(latex) - right) == 0


NO_VALUES = [
    r"\mathrm{d}X_t = \mu\,\mathrm{d}t + \sigma\,\mathrm{d}W_t",
    r"L_{\mathrm{FP}} = -\partial_x D^{(1)}(x) + \partial_x^2 D^{(2)}(x)",
    r"\langle x|e^{-Ht}|x_0\rangle = 1",
    r"\langle\langle xy\rangle\rangle = 0",
    r"D = \SI{1.5}{\micro\metre\squared\per\second}",
    r"\operatorname{Var} X_n^2 = n",
    r"\mathbf{E} X_n^2 = n",
    r"P(\ldots) = 1",
]


@pytest.mark.parametrize("latex", NO_VALUES)
def test_what_is_no_value_is_refused_with_what_to_write(latex: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_latex(latex)
    assert caught.value.instead


V, TAKEN = sp.Function("v")(X), "v in the operator is taken as a function of x"
OPERATORS = [  # (formula, the flux under the first derivative, a word of the warning)
    (r"\partial_t P = [-\partial_x v + D\partial_x^2]P", V * P, TAKEN),
    (r"\partial_t P = \left(-\partial_x v + \partial_x^2 D\right)P", V * P, TAKEN),
    (r"\partial_t P = [-\partial_x \mu v(x) + D\partial_x^2]P", sp.Symbol("mu") * V * P, ""),
    (r"\partial_t P = [-\partial_x v_0 x + D\partial_x^2]P", sp.Symbol("v_0") * X * P, ""),
    (r"\partial_t P(x,t) = -\partial_x v P(x,t)", sp.Symbol("v") * P, ""),
]


@pytest.mark.parametrize(("latex", "flux", "warning"), OPERATORS, ids=[o[0] for o in OPERATORS])
def test_coefficients_of_an_operator_do_not_depend_on_time(latex: str, flux: sp.Expr, warning: str) -> None:
    first = [d for d in _right(latex).atoms(sp.Derivative) if d.variables == (X,)]
    assert [d.expr for d in first] == [flux]
    assert first[0].expr != flux.subs(X, T)
    assert any(TAKEN in w for w in read_latex(latex).warnings) == bool(warning)


def test_a_declared_constant_in_an_operator_is_one() -> None:
    (equation,) = read_latex(OPERATORS[0][0], ReadingContext(parameters=("v",))).equations
    (first,) = (d for d in equation.rhs.atoms(sp.Derivative) if d.variables == (X,))
    assert first.expr == sp.Symbol("v") * P


def test_an_operator_that_is_given_beside_is_put_in() -> None:
    given = r"\partial_t P = \mathcal L P + L_1 P, \quad \mathcal L = \partial_x k x + D\partial_x^2, \quad L_1 = -v\partial_x"
    (equation,) = read_latex(given).equations
    k, d, v = sp.symbols("k D v")
    expected = sp.Derivative(k * X * P, X) + d * sp.Derivative(P, (X, 2)) - v * sp.Derivative(P, X)
    assert sp.expand(equation.rhs - expected) == 0
    assert sp.expand(equation.rhs - expected.subs(v, -v)) != 0
    assert "the operator is put in where its sign stands" in read_latex(given).warnings


@pytest.mark.parametrize(
    "latex", [r"\mathcal L = D\partial_x^2", r"\partial_t P = \mathcal L^\dagger P, \mathcal L = -v\partial_x"]
)
def test_an_operator_without_what_it_acts_on_is_refused(latex: str) -> None:
    with pytest.raises(ExpressionError, match="operator"):
        read_latex(latex)


def test_a_time_behind_an_indexed_density_is_its_argument_where_the_others_leave_it_out() -> None:
    reading = read_latex(r"P_n(t+\tau) = pP_{n-1} + qP_{n+1}")
    (equation,) = reading.equations
    n, density = sp.Symbol("n"), sp.Function("P")
    assert equation.lhs == density(n, T + sp.Symbol("tau"))
    assert equation.rhs == sp.Symbol("p") * density(n - 1, T) + sp.Symbol("q") * density(n + 1, T)
    assert equation.lhs != (T + sp.Symbol("tau")) * density(n)
    assert any("read as P(t)" in w for w in reading.warnings)


def test_rates_of_what_is_left_are_products_and_of_a_distance_are_functions() -> None:
    (left,) = read_latex(r"\dot P_n = k(N-n+1)P_{n-1} - k(N-n)P_n").equations
    assert not {c for c in left.atoms(AppliedUndef) if c.func.__name__ == "k"}
    (jumps,) = read_latex(r"\dot P(n) = \sum_m [w(n-m) P(m) - w(m-n) P(n)]").equations
    m, n = sp.symbols("m n")
    assert {c.args for c in jumps.atoms(AppliedUndef) if c.func.__name__ == "w"} == {(n - m,), (m - n,)}
    assert (m, sp.Symbol("t")) in {c.args for c in jumps.atoms(AppliedUndef) if c.func.__name__ == "P"}


def test_layout_is_no_mathematics() -> None:
    plain = read_latex(r"D = \left(\frac{a}{2}\right)^2 b").equations
    assert read_latex(r"D = \mathopen{}\qty(\frac{a}{2})^2 \textcolor{red}{b}^{} \vphantom{\frac12}").equations == plain
    assert read_latex(r"D = \mathopen{}\qty(\frac{a}{2})^3 \textcolor{red}{b}").equations != plain


def test_cells_that_begin_another_equation_are_parted() -> None:
    """``v &= a d & D &= c`` was read as v = a d D = c in silence."""
    a, b, c, d, v, D = sp.symbols("a b c d v D")
    assert read_latex(r"\begin{align} v &= a d & D &= c \end{align}").equations == (sp.Eq(v, a * d), sp.Eq(D, c))
    assert read_latex(r"\begin{eqnarray} v &=& a \\ &=& b \end{eqnarray}").equations == (sp.Eq(v, a), sp.Eq(a, b))


def test_a_declared_name_wins_over_an_index() -> None:
    text = r"\dot P_m = k_m P_{m-1} - k_m P_m"
    (declared,) = read_latex(text, ReadingContext(parameters=("k_m",))).equations
    assert sp.Symbol("k_m") in declared.free_symbols
    (index,) = read_latex(text).equations
    assert sp.Symbol("k_m") not in index.free_symbols
