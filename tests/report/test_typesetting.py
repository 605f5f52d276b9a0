"""How long and nested mathematics is set: slashes, groups, lines, pages."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.typography import latex, typography_of
from symdiff.notation.display.build import Typography, build, build_equation
from symdiff.notation.display.grouping import grouped
from symdiff.notation.display.one_line import in_one_line
from symdiff.notation.display.text import to_text
from symdiff.report.bibliography import texts_of
from symdiff.report.breaking import lines_of
from symdiff.report.build import limit_blocks
from symdiff.report.build_evidence import count_blocks
from symdiff.report.document import Display, Document
from symdiff.report.markdown import blocks_markdown
from symdiff.report.typst import write_typst
from symdiff.report.width import printed_length

x, t = sp.symbols("x t", real=True)
a, b, c, h = sp.symbols("a b c h")
u, v, D = (sp.Function(name)(*arguments) for name, arguments in (("u", (x, t)), ("v", (x, t)), ("D", (x,))))
STYLE = Typography(densities=("u", "v"), functions=("D",))


@pytest.mark.parametrize(("e", "shown"), [
    (D / h**2, "D(x)/h²"), (a * D / (b * h), "a D(x)/(bh)"), ((x + h) / h, "(x + h)/h"), (-a / h, "−a/h"),
    (u / h**2, "u/h²"), ((a + b) * u / c, "(a + b)u/c"), (a / h + b, "b + a/h"),
])  # fmt: skip
def test_a_slash_has_all_factors_before_it(e: sp.Expr, shown: str) -> None:
    """(1/h^2) D(x) with a slash and D(x) behind it reads as 1/(h^2 D(x))."""
    assert to_text(in_one_line(build(e, STYLE))) == shown


@pytest.mark.parametrize(("e", "shown"), [
    (x * h * t, "h x t"), (a * (1 - u) * v, r"a (1 - u) v"), (sp.exp(-a * t - b * t), r"e^{-(a + b) t}"),
    (c * u * v.diff(x) ** 2, r"c u \left(\frac{\partial v}{\partial x}\right)^{2}"),
    (sp.Derivative((-a - b) * u, x), r"-\frac{\partial}{\partial x} [(a + b) u]"),
])  # fmt: skip
def test_the_order_of_factors(e: sp.Expr, shown: str) -> None:
    assert latex(e, STYLE) == shown


def test_coefficients_of_a_crowd_are_grouped_by_their_derivatives() -> None:
    """By hand: d_x[(1 - u - v) u_x + u (u + v)_x] multiplied out and put together again; the value never changes."""
    e = sp.expand(((1 - u - v) * u.diff(x) + u * (u + v).diff(x)).diff(x)) * a
    found = grouped(e)
    assert sp.expand(found - e) == 0
    assert found == a * (1 - v) * u.diff(x, 2) + a * u * v.diff(x, 2)
    assert grouped(a * u - a * u**2 - a * u * v) == a * u * (1 - u - v)
    assert grouped(a - b * u) == a - b * u


def _long(number: int) -> sp.Expr:
    return sp.Add(*(sp.Symbol(f"a_{n}") * sp.Symbol(f"b_{n}") * sp.Derivative(u, (x, n + 1)) for n in range(number)))


def test_a_long_left_hand_side_and_long_products_have_lines_of_their_own() -> None:
    lines = lines_of(build_equation(_long(12), a * u, STYLE), 70)
    assert len(lines) > 2
    assert all(printed_length(rest) <= 78 for _, rest in lines)
    product = sp.Mul(*(1 - u.subs(x, x + n * h) - v.subs(x, x + n * h) for n in range(1, 5)))
    lines = lines_of(build_equation(u.diff(t), product, STYLE), 60)
    assert [to_text(rest)[0] for _, rest in lines[1:]] == ["×"] * (len(lines) - 1)
    assert len(lines) > 1


def test_what_is_longer_than_a_page_goes_on_over_it() -> None:
    """A formula in a block of a measured width cannot break: 40 lines ran off the page."""
    source = write_typst(Document("long", (Display(build_equation(u.diff(t), _long(70), STYLE)),)))
    short = write_typst(Document("short", (Display(build_equation(u.diff(t), _long(12), STYLE)),)))
    body, other = (text.split("block(below")[-1] for text in (source, short))
    assert "#fit" not in body
    assert "#fit" in other


RUN = """title = "Own"
source = "own model, after M. Kac, Rocky Mt. J. Math. 4 (1974) 497; see https://example.org/a_b; S. Goldstein (1951)"
[parameters]
c = "positive"
a_r = "positive"
a_l = "positive"
[model]
coordinates = ["x"]
states = ["right", "left"]
density = "u"
[[states]]
name = "right"
velocity = ["c"]
[[states]]
name = "left"
velocity = ["-c"]
[[jumps]]
from = "right"
to = "left"
rate = "a_r"
[[jumps]]
from = "left"
to = "right"
rate = "a_l"
"""


def test_steps_of_an_earlier_regime_are_not_said_again() -> None:
    model = sd.loads(RUN)
    first, *_, last = limits = derive_model(model).limits
    style = typography_of(model)
    whole, again = (blocks_markdown(limit_blocks(x, style, before=b)) for x, b in ((first, ()), (last, limits[:-1])))
    assert "Step 1. Master equation of right" in whole
    assert "Step 1. Master equation of right" not in again
    assert "Steps 1 to 2 are those of the regime ‘long-wave’." in again  # nobody jumps: two equations, and no expansion
    assert "Step 3. " in again


def test_sources_of_own_models_that_follow_a_paper_are_listed() -> None:
    assert texts_of(sd.loads(RUN)) == [
        "M. Kac, Rocky Mt. J. Math. 4 (1974) 497; see https://example.org/a_b", "S. Goldstein (1951)"
    ]  # fmt: skip
    assert texts_of(
        sd.loads(RUN.replace("own model, after M. Kac, Rocky Mt. J. Math. 4 (1974) 497; ", "own model; "))
    ) == ["S. Goldstein (1951)"]


def test_long_numbers_of_counts_are_cut_to_their_column() -> None:
    model = sd.loads(LAZY)
    text = blocks_markdown(count_blocks(sd.count_walks(model, n=3), typography_of(model)))
    assert "≈ 0.027" in text
    assert (
        max(len(cell.strip()) for line in text.splitlines() if line.startswith("|") for cell in line.split("|")) < 200
    )
    assert "the probability has the rests in it" in text


LAZY = """title = "Lazy"
[parameters]
h = "positive"
p = "probability"
q = "probability"
T = "positive"
[values]
p = "0.29999999999999999"
q = "1/7"
[model]
coordinates = ["x"]
time_step = "T"
constraints = ["p + q <= 1"]
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "q"
"""
