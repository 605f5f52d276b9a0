"""Hostile, broken and random input against the promise: a reading or an ExpressionError, quickly, and nothing else."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symdiff.errors import ExpressionError
from symdiff.notation.latex import Reading, ReadingContext, read_latex
from symdiff.notation.latex.reader import BEYOND

HANG = 5  # seconds: what takes longer hangs; the promise itself, 0.2 s, is measured by tests/benchmarks/reading.py

HOSTILE = [
    "P(x, )", "P( )", r"\pdv{}{t} = D", "f(,)", "V'() = 1", "p(,l)",
    r"\binom{10^7}{5 10^6}", r"\binom{10^7}{5\cdot 10^6}", "9^{9^{9^9}}", "{" * 10_000, "{" * 3_000, "(" * 3_000, "[" * 999,
    r"\frac", r"\frac{1}", "}", "{", "a}", "\\", "$", "$$", "$x", r"\(x", r"\[x\)", r"\left(x", r"\right)", r"\begin{align}",
    r"\begin{align}a\end{aligned}", r"\begin", r"\end{x}", "&", r"\\", "x^", "x_", "^", "_", "x^^y", "x^a^b", "x" * 10_000_000,
    "\x00\xff" * 1_000, "\ud800", "a" * 1_400, "a+" * 700 + "a", "1/" * 700 + "2", "x!" * 700, "x" + "'" * 1_400, "f(" * 39 + "x" + ")" * 39,
    "x^{" * 30 + "y" + "}" * 30, r"\sqrt{" * 35 + "x" + "}" * 35, r"\frac{1}{" * 38 + "x" + "}" * 38, "x_{" * 39 + "y" + "}" * 39,
    r"(\partial_t+a)" * 40 + "P", r"(\partial_t+a)^8(\partial_x+b)^8 P", r"\partial_x" * 300 + "P", r"\nabla^2 " * 100 + "u",
    r"\dot P_n=" + r"(\mathbb{E}-1)" * 80 + "P_n", r"\sum_{i=1}^{N} " * 100 + "x", r"\int f " * 300 + "d x " * 300, r"\lim_{x\to 0} " * 150 + "x",
    "|" * 1_400, "a|" * 700, "(|" * 700, r"x\pm y " * 200, "a=b" * 400, "a<" * 600 + "b", r"\delta x " * 300, "P_{n+1}" * 200, "d" * 1_400,
    r"\begin{cases}" * 20 + "x" + r"\end{cases}" * 20, r"\langle " * 35 + "x" + r"\rangle " * 35, r"\text{" + "a" * 3_000 + "}",
    "(((2x)^{999})^{999})^{999}", "((2x)^{1/2})^{999}", "(10^{1000})^{1/3}", r"10^{1000}\cdot 10^{1000}", "1000!", "10000!", r"\Gamma(10^9)",
    r"\zeta(10^9)", r"\exp(10^7)", r"\sin(10^{900})", r"\cos(\pi/1000003)", r"\sum_{i=1}^{10^9} i^2", r"\partial_x^{1000} P", r"\log_{1} x",
    r"\frac{1}{x-x}", r"\frac{0}{0}", r"\infty-\infty", "0^{-1}", "1/0", r"\ln 0", "((a+b)^{999})^{999}", r"\sqrt{" + "9" * 299 + "}", "9" * 301,
    r"\frac{\partial^{10^6} P}{\partial x^{10^6}}", "", " ", ".", ",", "=", "a=", "=a", "a==b", "a=b,c", "x%y", "#1", "x²", "\u200b", r"\foo{x}",
    r"\delta(" + "x" * 700 + ")", r"\delta'(" + "x" * 700 + ")", r"\Theta(" + "x" * 700 + ")", "I_0(" + "x" * 700 + ")",
    r"\prod_{i=1}^{9^{99}} i", r"\max(" + ",".join("abcdfghj") * 9 + ")", r"P(x|" * 30 + "y" + ")" * 30, r"\hat{" * 30 + "x" + "}" * 30,
]  # fmt: skip


def outcome(text: Any, context: ReadingContext | None = None) -> Reading | ExpressionError:
    found: Reading | ExpressionError
    try:
        found = read_latex(text, context)
    except ExpressionError as error:
        found = error
    assert BEYOND not in getattr(found, "message", "")  # the last resort, which no test needs
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_vs_reading_or_error_in_time(text: str) -> None:
    start = time.process_time()
    found = outcome(text)
    assert time.process_time() - start < HANG
    assert isinstance(found, (Reading, ExpressionError))
    assert str(found).isprintable() or "\n" not in str(found)
    if isinstance(found, Reading):
        assert all(sp.srepr(equation) for equation in found.equations)


@pytest.mark.parametrize("value", [None, 3, b"D = 1", ["D = 1"]])
def test_what_is_no_text_vs_error(value: Any) -> None:
    assert isinstance(outcome(value), ExpressionError)


@pytest.mark.parametrize(
    "text", ["\tau", "D = \frac{a^2}{2\tau}", "v = \nu", "\beta", "\rho_t = 0", "a\r\nb", "D = \x07"]
)
def test_escapes_of_double_quotes_vs_an_error_that_names_single_quotes(text: str) -> None:
    found = outcome(text)
    assert isinstance(found, ExpressionError)
    assert "control character" in found.message
    assert "single quotes" in found.instead
    assert "column" in found.where


def test_lines_of_an_environment_are_no_damage() -> None:
    text = "\\begin{aligned}\n\ta &= b \\\\\n\tc &= d % a remark\n\\end{aligned}"
    assert [str(e) for e in read_latex(text).equations] == ["Eq(a, b)", "Eq(c, d)"]


MACROS = ["input{/etc/passwd}", "include{x}", "def\\a{b}", "write18{ls}", "csname x\\endcsname", "newcommand{\\a}{b}", "catcode", "read",
          "openout", "immediate", "let", "expandafter", "special", "loop", "usepackage{x}"]  # fmt: skip


@pytest.mark.parametrize("macro", MACROS)
def test_programming_macros_are_refused_by_name(macro: str) -> None:
    found = outcome(f"D = \\{macro}")
    assert isinstance(found, ExpressionError)
    name = macro.partition("{")[0].partition("\\")[0].partition(" ")[0].rstrip("0123456789")
    assert f"\\{name} is refused" in found.message


BROKEN = [  # a formula, the column of what is wrong, a word of the message
    (r"D = \frac{a^2}{2\tau", 15, "not closed"), (r"D = \frac{a^2}", 15, "argument"), (r"D = (a + b]", 11, "closes nothing"),
    (r"x^a^b", 4, "second"), (r"D = \foo", 5, "not known"), (r"D = 5\%", 6, "not read"), (r"x^10", 4, "number"), (r"0 \alpha 2", 10, "number"),
    (r"\partial P", 1, "without a variable"), (r"\frac{\partial^2 P}{\partial x}", 1, "orders"), (r"\sum j^2 p_j", 1, "names no variable"),
    (r"\int f(x)", 1, "no differential"), (r"\lim (2p-1)", 1, "names no variable"), (r"D = 1,5", 7, "comma"), (r"a = ", 3, "ends with"),
    (r"\mathbf{a}\mathbf{b} = \nabla P", 1, "vectors"), (r"dX_t = v\,dt + dW_t", 1, "differential"), (r"n!!", 2, "double factorial"),
    (r"\frac{\delta F}{\delta\rho}", 1, "functional derivative"), (r"P(x|y", 2, "not closed"), (r"\langle x, y\rangle", 1, "average"),
    (r"D_{ij}\partial_i P = \partial_k P", 1, "index"), (r"\nabla\times\mathbf{v}", 1, "curl"), (r"\frac{Du}{Dt} = 0", 1, "material"),
    (r"exp(-x)", 1, "plain letters"), (r"\begin{vmatrix}a\end{vmatrix}", 1, "not read"),
    (r"J_i = \partial_j P_j", 1, "index"), (r"\begin{pmatrix}a & b\\ c\end{pmatrix} = 0", 1, "length"),
    (r"\dot p = \begin{pmatrix}a\\ b\end{pmatrix} \mathbf{q}", 44, "matrix"), (r"P(X>0) = 1", 4, "relation"),
    (r"C(x, t+\tau) = p C(x-\ell, t^+)", 18, "depends on t"),
    (r"\lim_{t\to t} P(x,t) = 0", 1, "depends on t"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "word"), BROKEN, ids=[case[0] for case in BROKEN])
def test_broken_formula_vs_an_error_with_place_and_remedy(text: str, column: int, word: str) -> None:
    context = ReadingContext(dim=2) if "mathbf{b}" in text else None
    found = outcome(text, context)
    assert isinstance(found, ExpressionError)
    assert f"column {column} " in found.where
    assert word in found.message
    assert found.instead


FRAGMENTS = [
    "P", "x", "t", "n", "D", "a", "2", "1", "0", " ", "+", "-", "=", "/", "(", ")", "[", "]", "{", "}", "^", "_", ",", "'", "|", "!", ".", "&", "<",
    r"\frac", r"\partial", r"\tau", r"\Delta", r"\delta", r"\Gamma", r"\langle", r"\rangle", r"\sum", r"\int", r"\lim", r"\left(", r"\right)", r"\nabla",
    r"\cdot", r"\pm", r"\dot", r"\mathbf", r"\mathrm", r"\exp", r"\ln", r"\sqrt", r"\binom", r"\quad", r"\dots", r"\to", r"\propto", r"\\", "d", "e", "i",
    r"\infty", r"\text{if}", r"\mathbb{E}", r"\begin{cases}", r"\end{cases}", r"\begin{aligned}", r"\end{aligned}", "_{n+1}", "^{n}", "_{xx}", "(x,t)", "_t",
    r"\partial_x", r"\frac{\partial P}{\partial t}", r"\pdv{P}{t}", r"\hat", r"\nabla^2", r"(-\Delta)^{a/2}", r"\mid", r"\%", r"\,", "π", "∂",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_random_tex_vs_reading_or_error(text: str) -> None:
    found = outcome(text)
    assert isinstance(found, (Reading, ExpressionError))
    if isinstance(found, Reading):
        assert read_latex(text) == found
        assert all(sp.srepr(equation) for equation in found.equations)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_random_text_vs_reading_or_error(text: str) -> None:
    found = outcome(text)
    assert isinstance(found, (Reading, ExpressionError))
    str(found).encode("utf-8")


LETTERS = sp.symbols("a b p q tau ell gamma D_0")
DECLARED = ReadingContext(parameters=tuple(s.name for s in LETTERS))


def expressions() -> st.SearchStrategy[sp.Expr]:
    leaves = st.one_of(st.sampled_from(LETTERS), st.integers(-9, 9).map(sp.Integer), st.fractions(-3, 3, max_denominator=7).map(
        lambda f: sp.Rational(f.numerator, f.denominator)))  # fmt: skip
    return st.recursive(leaves, lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda ab: ab[0] + ab[1]), st.tuples(inner, inner).map(lambda ab: ab[0] * ab[1]),
        st.tuples(inner, inner).map(lambda ab: ab[0] / (ab[1] + LETTERS[0] ** 2 + 7)), st.tuples(inner, st.integers(1, 3)).map(
            lambda ab: ab[0] ** ab[1]), inner.map(sp.exp), inner.map(lambda e: sp.cos(e + LETTERS[1]))), max_leaves=8)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(expressions())
def test_printed_by_sympy_and_read_again_vs_the_expression(expression: sp.Expr) -> None:
    assume(
        not any(e.args[0].is_number for e in expression.atoms(sp.exp)) and not expression.has(sp.E)
    )  # printed as a plain e, which may be any symbol
    printed = sp.latex(expression)
    found = read_latex(printed, DECLARED).equations
    assert len(found) == 1
    difference = sp.expand(found[0] - expression)
    assert difference == 0 or sp.simplify(difference) == 0
    wrong = sp.expand(found[0] - (expression + LETTERS[0]))
    assert wrong != 0
