"""What symdiff says in sentences: the mathematics in them is set as such, no text of SymPy's stays."""

from __future__ import annotations

import re

import pytest

from symdiff.continuum.derive import derive_regime
from symdiff.dossier.gallery import load
from symdiff.dossier.typography import typography_of
from symdiff.notation.display.build import Typography
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.mathml import to_mathml
from symdiff.notation.display.nodes import Fenced, Fraction, Name, Number
from symdiff.report.document import Code, Math, Paragraph
from symdiff.report.html import blocks_html
from symdiff.report.prose import in_text, say


@pytest.mark.parametrize(
    ("name", "start"),
    [("walk_in_potential", "the probabilities are valid"), ("metropolis_rates", "the rates have a kink")],
)
def test_slopes_in_conditions_are_set_as_derivatives(name: str, start: str) -> None:
    model = load(name)
    (told,) = (a for a in derive_regime(model, model.regimes[0]).assumptions if a.startswith(start))
    words = "".join(part for part in say(told, typography_of(model)) if isinstance(part, str))
    assert "d_x V(x)" in told
    assert not any(sign in words for sign in ("Derivative", "d_x", "(", "*"))


def test_scaled_coordinates_of_a_population_are_names() -> None:
    style = typography_of(load("immigration_and_pair_annihilation"))
    words = "".join(p for p in say("a factor 2 of the term 2*c*x**2", style) if isinstance(p, str))
    assert words == "A factor 2 of the term ."


SET = [
    ("obeys det(d_t - L) u = 0", r"Obeys $\det (\partial_{t} - L) u = 0$."),
    ("times (1 + 1e-6) and 2", r"Times $(1 + 10^{-6})$ and 2."),
    ("the lattice - the equation, in 'long-wave': -3/4", r"The lattice − the equation, in ‘long-wave’: −3/4."),
    ("it takes 4.8 s: symdiff verify runs it, and so does --budget", r"It takes 4.8 s: `symdiff verify` runs it, and so does `--budget`."),
    ("gradients up to order 2, up/2 and up + 1", r"Gradients up to order 2, $u_p / 2$ and $u_p + 1$."),  # a state of this name
    ("a walker's rate, a time-step of x", r"A walker's rate, a time-step of $x$."),
]  # fmt: skip


@pytest.mark.parametrize(("told", "printed"), SET)
def test_signs_quotes_and_commands_as_printers_set_them(told: str, printed: str) -> None:
    line = say(told, Typography(names=frozenset({"x", "up"})))
    shown = [
        f"${to_latex(p.node)}$" if isinstance(p, Math) else f"`{p.text}`" if isinstance(p, Code) else p for p in line
    ]
    assert "".join(shown) == printed


def test_brackets_grow_and_lines_break_only_where_they_should() -> None:
    x, half = Name("x", "x"), Fraction(Number("1"), Number("2"))
    low, tall = (to_mathml(Fenced("()", inside)) for inside in (x, half))
    assert 'stretchy="false"' in low
    assert "stretchy" not in tall
    assert "<mi>x</mi><mi>y</mi>" in to_mathml(Name("D_{xy}", "D_xy"))
    assert "<mi>eff</mi>" in to_mathml(Name("D_{eff}", "D_eff"))
    text = blocks_html(
        [
            Paragraph(
                (
                    "see (",
                    Math(x),
                    "), and <b>",
                )
            )
        ]
    )
    assert re.search(r'see <span class="whole">\(<math.*?</math>\),</span> and &lt;b&gt;', text)


def test_a_density_named_like_an_article_is_a_name_before_punctuation_only() -> None:
    style = Typography(names=frozenset({"a", "b"}))
    assert say("a, b: varying over a length", style)[::2] == (Math(Name("a", "a")), Math(Name("b", "b")), ".")
    assert say("a rate of a", style) == ("A rate of ", Math(Name("a", "a")), ".")
    assert say("a rate of a walker", style) == ("A rate of a walker", ".")


def test_a_number_that_touches_a_name_of_the_model_is_its_factor() -> None:
    style = Typography(names=frozenset({"bet"}), latex={"bet": r"\beta"})
    assert in_text("claimed 2bet, of 2D models", style) == "claimed 2β, of 2D models"
    assert in_text("claimed 2bet", Typography()) == "claimed 2bet"  # of nobody's model
