"""What a printer would insist on: the order of terms, line breaks, names, numbers, repeated matter."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.dossier import make_dossier
from symdiff.dossier.typography import text, typography_of
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.text import to_text
from symdiff.report.breaking import lines_of
from symdiff.report.build import build_document, limit_blocks
from symdiff.report.build_evidence import _apart
from symdiff.report.document import Display, Paragraph
from symdiff.report.html import blocks_html
from symdiff.report.markdown import blocks_markdown
from symdiff.report.width import printed_length

CROWD = """
[parameters]
h = "positive"
g = "positive"
al = "0 < al < 1"
[model]
coordinates = ["x"]
states = ["rho", "c"]
[[jumps]]
from = "rho"
displacements = ["h", "-h"]
rate = "g*(1 + c(x + r) - c(x))/h**2"
[[jumps]]
from = "c"
displacements = ["h", "-h"]
rate = "g/h**2"
[[reactions]]
rule = "2 rho -> c"
rate = "al"
[scaling]
name = "stated"
h = 1
"""
RUNS = """
[parameters]
v = "positive"
a = "positive"
b = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "right"
velocity = "v"
[[states]]
name = "left"
velocity = "-v"
[[jumps]]
from = "right"
to = "left"
displacement = "0"
rate = "a"
[[jumps]]
from = "left"
to = "right"
displacement = "0"
rate = "b"
"""
p, x, y, al, k, u = sp.symbols("p x y alpha k u")
C = sp.Function("C")(x)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((2 - 4 * p) * x / k, "2(1 − 2p)x/k"),
        ((sp.Rational(1, 2) + x / 2) * k, "k(x + 1)/2"),
        ((x + sp.Rational(1, 2)) * k, "k(x + 1/2)"),  # l + 1/2 stays as it is
        (sp.exp(-(x**2)) * sp.exp(-(y**2)) * k, "ke^(−(x² + y²))"),
        (sp.exp(-(x**2) - y**2), "e^(−(x² + y²))"),  # in brackets, and not e^(-x^2 + y^2)
        (sp.Mul(-1, x + y, evaluate=False), "−(x + y)"),
        (k * (-1 + C + al * C - al * C**2), "−(1 − C − αC + αC²)k"),
        (k * (C - al) * C, "(C − α)kC"),  # one zero of a cubic: no sign is taken out
    ],
)
def test_sums_among_factors(value: sp.Expr, shown: str) -> None:
    style = Typography(densities=("C",), leading=("p",), coordinates=("x", "t"))
    found = to_text(build(value, style))
    assert sorted(found.replace(" ", "")) == sorted(
        shown.replace(" ", "")
    )  # in which order a bracket and a letter stand is not the matter here
    assert found.startswith("−") == shown.startswith("−")
    assert ("(1 − C − αC + αC²)" in found) == ("(1 − C − αC + αC²)" in shown)


def test_a_term_that_is_taken_apart_begins_a_line_and_long_left_sides_are_broken() -> None:
    names = sp.symbols("a_1:13")
    wide = sp.Add(*(n**2 for n in names))
    node = build(sp.Eq(u, k / names[0] + wide * k), Typography())
    lines = [rest for _, rest in lines_of(node, 40)]
    assert len(lines) > 2
    begins = [line for line in map(to_text, lines) if "⟮" in line]
    assert [line.lstrip(" +k")[0] for line in begins] == ["⟮"]  # never behind the end of another term
    assert all(printed_length(line) <= 46 for line in lines)
    turned = lines_of(build(sp.Eq(wide * u, k), Typography()), 40)
    assert all(left is None for left, _ in turned)
    assert to_text(turned[-1][1]).startswith("=")
    short = lines_of(build(sp.Eq(u, k), Typography()), 40)
    assert short == [(None, build(sp.Eq(u, k), Typography()))]


def test_shares_of_a_population_are_no_arguments_and_keep_their_order() -> None:
    model = sd.loads("""
[parameters]
V = "positive"
a = "positive"
[model]
coordinates = ["n", "m"]
system_size = "V"
scaled = ["u", "w"]
[[jumps]]
displacement = ["1", "0"]
rate = "a*m"
[[jumps]]
displacement = ["0", "1"]
rate = "a*n"
""")
    shown = text(sd.derive(model).equation.rhs, typography_of(model))
    assert "P(" not in shown
    assert shown.index("∂/∂u") < shown.index("∂/∂w")


def test_species_are_told_from_states_and_have_their_letters() -> None:
    found = blocks_markdown(build_document(make_dossier(sd.loads(CROWD), measured=False), "appendix").blocks)
    assert r"with the species $\rho$, $c$" in found
    assert r"| 2 $\rho$ | $c$ |" in found
    assert "Mean-field master equation of ρ" in found
    assert "rho" not in found.replace(r"\rho", "").partition("Sources")[0]
    runs = blocks_markdown(build_document(make_dossier(sd.loads(RUNS), measured=False), "appendix").blocks)
    assert "with the internal states right, left" in runs


def test_steps_of_an_earlier_regime_are_not_told_again() -> None:
    model = sd.loads(RUNS)
    first, *others = sd.derive_all(model)
    style = typography_of(model)
    again = limit_blocks(others[0], style, before=(first,))
    whole = limit_blocks(others[0], style)
    told = [b.number for b in again if isinstance(b, Display) and b.number]
    left_out = next(b for b in again if isinstance(b, Paragraph) and "are those of" in str(b.line))
    last = len([b for b in whole if isinstance(b, Display) and b.number])
    assert str(left_out.line[0]).startswith(f"Steps 1 to {told[0] - 1} are those of the regime ‘")
    assert told == list(range(told[0], last + 1))
    titles = [b.title for b in whole if isinstance(b, Display) and b.number]
    assert not any("Kramers" in t for t in titles)  # nobody jumps: nothing is expanded
    walk = sd.load("persistent_walk")  # whose jumps are expanded
    shown = limit_blocks(sd.derive(walk), typography_of(walk))
    assert any("Kramers" in b.title for b in shown if isinstance(b, Display))


def test_states_with_velocities_of_their_own_are_not_truncated() -> None:
    limits = {x.regime.name: x for x in sd.derive_all(sd.loads(RUNS))}
    assert not any("runcated" in a for x in limits.values() for a in x.assumptions)
    fourth = sd.derive(sd.load("continuous_time_diffusion"), "long-wave", order=4)
    assert any("truncated at derivative 4" in a for a in fourth.assumptions)


def test_numbers_that_differ_look_different() -> None:
    assert _apart("0.637852148593876", "0.0955399") == ("0.637852", "0.0955399")
    assert _apart("1/2", "1") == ("1/2", "1")
    assert _apart("0.12345678901", "0.12345678902") == ("0.12345678901", "0.12345678902")
    assert _apart("1234567891/3000", "1234567892/3000") == ("411522.6303", "411522.6307")


def test_a_wide_formula_in_a_line_has_its_own_bar() -> None:
    wide = sp.Add(*sp.symbols("a_1:30"))
    from symdiff.report.document import Math

    line = Paragraph(("Scaling: ", Math(build(wide, Typography())), " of order ", Math(build(k, Typography()))))
    found = blocks_html([line])
    assert found.count('class="wide"') == 1


def test_markdown_has_no_markup_of_the_users_and_formulas_survive_its_readers() -> None:
    MarkdownIt = pytest.importorskip("markdown_it").MarkdownIt

    from symdiff.report.document import Code, Math, Table
    from symdiff.report.markdown import escape_markdown

    hostile = [
        "- item",
        "1. first",
        "12) twelfth",
        "--- ",
        "=====",
        "http://evil/x.png",
        "www.evil.org",
        "a | b",
        "# h",
        "<b>x</b>",
    ]
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    for said in hostile:
        page = reader.render(escape_markdown(said))
        assert page.startswith("<p>"), said
        assert "<b>" not in page
        assert "http://" not in escape_markdown(said)
        assert "www." not in escape_markdown(said)
    modulus = Math(build(sp.Abs(x) * k / 2, Typography()))
    table = Table((("why",), ("shown",)), (((Code("a|b"),), ("he said |x|: ", modulus)),))
    page = reader.render(blocks_markdown([table]))
    assert page.count("<td>") == 2
    assert "<code>a|b</code>" in page
    assert "he said |x|: $" in page
    assert r"\vert" in page.partition("$")[2]
    spaced = blocks_markdown([Display(build(sp.Piecewise((x, x > 0), (k, True)) * k, Typography()))])
    assert r"\," not in spaced
    assert r"\{" not in spaced


def test_a_books_sections_lie_below_its_chapters() -> None:
    from symdiff.report.document import Heading

    book = blocks_html([Heading(0, "One"), Heading(1, "Model"), Heading(2, "Coefficients")])
    assert book == "<h2>One</h2>\n<h3>Model</h3>\n<h4>Coefficients</h4>"
    assert blocks_html([Heading(1, "Model"), Heading(2, "Coefficients")]) == "<h2>Model</h2>\n<h3>Coefficients</h3>"
    assert blocks_html([Heading(2, "Regime")]) == "<h3>Regime</h3>"


def test_formulas_in_words_are_not_set_in_part() -> None:
    from symdiff.report.build_evidence import _told
    from symdiff.report.document import Math

    style = Typography(names=frozenset({"u", "mu"}))
    whole = _told(
        "control: 2 claims (coefficient of ∂/∂x [u₁ u ∂u/∂x] times 2; coefficient of u times 2): rejected", style
    )
    assert whole[0] == "Control: 2 claims (coefficient of ∂/∂x [u₁ u ∂u/∂x] times 2; "
    assert any(isinstance(part, Math) for part in whole[1:])
    assert str(whole[-1]).endswith("rejected.")
