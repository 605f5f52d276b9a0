"""Formulas wider than the line, names with scripts, signs: what is printed against how a typographer sets it."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.assumptions import relation_text, validity
from symdiff.dossier.gallery import load
from symdiff.dossier.typography import typography_of
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.mathml import to_mathml
from symdiff.notation.display.text import to_text
from symdiff.notation.display.typst import to_typst
from symdiff.notation.names import latex_name
from symdiff.report.breaking import lines_of, too_wide_for_paper
from symdiff.report.build import limit_blocks
from symdiff.report.document import Display
from symdiff.report.named_coefficients import called_by_name
from symdiff.report.roles import role_name
from symdiff.report.width import printed_length

WIDTH = 82
STYLE = Typography()


def _long_fraction(terms: int) -> sp.Expr:
    a, b, x = sp.symbols("a b x", positive=True)
    return sp.Add(*(sp.Integer(n + 2) * a**n * x ** (terms - n) for n in range(terms))) / (a + b) ** 2


def test_long_numerators_are_broken_inside_and_no_line_is_wider_than_the_page() -> None:
    density = sp.Function("P")(sp.Symbol("x", real=True), sp.Symbol("t", real=True))
    fraction = _long_fraction(30)
    inside = sp.Derivative(fraction * density, sp.Symbol("x", real=True))
    for node in (build(fraction, STYLE), build(inside, Typography(densities=("P",)))):
        lines = lines_of(node, WIDTH)
        assert len(lines) > 2
        assert max(printed_length(rest) for _, rest in lines) <= WIDTH + 4
        whole = "".join(to_latex(rest) for _, rest in lines)
        assert whole.count(r"\Bigl") == whole.count(r"\Bigr") > 0
    assert lines_of(build(_long_fraction(3), STYLE), WIDTH) == [(None, build(_long_fraction(3), STYLE))]
    assert "too long for a page" in too_wide_for_paper(build(_long_fraction(400), STYLE), WIDTH)


@pytest.mark.parametrize(
    ("name", "latex", "typst"),
    [
        ("v_0", "v_0", "attach(v, b: 0)"),
        ("D0", "D_0", "attach(D, b: 0)"),
        ("dt", r"\Delta t", "Δ t"),
        ("D_s_0_i_0", "D_{s_0 i_0}", "attach(D, b: attach(s, b: 0) attach(i, b: 0))"),
        ("a_u_x2", "a_{u_x^2}", "attach(a, b: attach(u, b: x, t: 2))"),
        ("k_on", r"k_{\mathrm{on}}", 'attach(k, b: "on")'),
    ],
)
def test_scripts_of_names_in_every_printer(name: str, latex: str, typst: str) -> None:
    assert latex_name(name) == latex
    node = build(sp.Symbol(name), STYLE)
    assert to_typst(node) == typst
    assert "₀" not in to_mathml(node)


def test_roles_with_directions_are_named_in_words() -> None:
    assert to_latex(role_name("cross_rate_x", STYLE)) == r"\text{cross rate}_x"
    assert to_typst(role_name("c2_xx", STYLE)) == "attach(c, b: x x, t: 2)"


def test_a_minus_goes_into_the_sum_that_gains_by_it() -> None:
    h, k, d, a, b = sp.symbols("h k D a b", positive=True)
    shown = [to_latex(build(e, STYLE)) for e in (-2 * d * k / (h * k - 2 * d), -a / (a + b), -(a - b) / (a + b - d))]
    assert shown[0] == r"\frac{2 D k}{2 D - h k}"
    assert shown[1] == r"-\frac{a}{a + b}"
    assert shown[2].startswith(r"\frac{b - a}")


def test_conditions_on_rates_are_free_of_factors_that_are_never_negative() -> None:
    assert validity(load("moran_process")) == ["the rates are valid where n <= N"]
    assert "the rates are valid where (N - n)*(s + 1) >= 0" in validity(load("moran_with_selection"))
    assert validity(load("brusselator")) == []
    x = sp.Symbol("x", real=True)
    assert relation_text(sp.GreaterThan(1 - x, 0)) == "x <= 1"


def test_an_integral_stands_behind_the_other_factors() -> None:
    """1/(v int 1/v dx): with v behind it the formula would be read as an integral of a product."""
    x = sp.Symbol("x", real=True)
    v = sp.Function("v")(x)
    shown = to_latex(build(1 / v / sp.Integral(1 / v, (x, 0, 1)), STYLE))
    assert shown.index("v") < shown.index(r"\int")


def test_words_in_products_keep_a_space_on_both_sides_and_letters_do_not() -> None:
    bias, rate, h = sp.symbols("bias Gamma h")
    space, close = '<mspace width="0.17em"></mspace>', "<mo>&#x2062;</mo>"
    shown = to_mathml(build(2 * bias * rate * h, STYLE))
    assert f"<mn>2</mn>{space}<mi>bias</mi>{space}<mi>Γ</mi>{close}<mi>h</mi>" in shown


@pytest.mark.parametrize(("letters", "named"), [(30, True), (3, False)])
def test_coefficients_that_fill_lines_are_called_by_name_and_stand_once(letters: int, named: bool) -> None:
    """The equation of the summary and that of the regime are -v P_x + D P_xx, their names standing for the derived values."""
    rate = " + ".join(f"g{n}" for n in range(letters))
    declared = "".join(f'g{n} = "positive"\n' for n in range(letters))
    jumps = "".join(f'[[jumps]]\ndisplacement = "{d}"\nrate = "{r}"\n' for d, r in (("h", rate), ("-h", "g0")))
    model = sd.loads(f'[parameters]\nh = "positive"\n{declared}[model]\ncoordinates = ["x"]\n{jumps}')
    limit = sd.derive(model)
    style = typography_of(model)
    equation = limit.equations[0]
    node, names = called_by_name(limit, equation.lhs, equation.rhs, style)
    assert names == (("v", "D") if named else ())
    text = to_text(node)
    assert (text == "∂P/∂t = −v ∂P/∂x + D ∂²P/∂x²") is named
    long = to_text(build(limit.coefficient("D"), style))
    report = [to_text(b.node) for b in limit_blocks(limit, style) if isinstance(b, Display)]
    assert sum(long in shown for shown in report) == (1 if named else 2), report


def test_no_name_of_the_model_is_taken_for_a_long_coefficient() -> None:
    rate = "D + " + " + ".join(f"g{n}" for n in range(30))
    declared = "".join(f'g{n} = "positive"\n' for n in range(30))
    model = sd.loads(
        f'[parameters]\nh = "positive"\nD = "positive"\n{declared}[model]\ncoordinates = ["x"]\n'
        f'[[jumps]]\ndisplacements = ["h", "-h"]\nrate = "{rate}"\n'
    )
    limit = sd.derive(model)
    equation = limit.equations[0]
    assert called_by_name(limit, equation.lhs, equation.rhs, typography_of(model))[1] == ()
