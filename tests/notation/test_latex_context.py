"""Declared names against the readings they force, and every guess against its warning."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp
from sympy import Derivative, Eq, Function, Symbol

from symdiff.errors import ExpressionError, UsageError
from symdiff.notation.latex import ReadingContext, context_from_json, read_latex

x, y, t, p, ell, tau, D, v = sp.symbols("x y t p ell tau D v")
S = Symbol


def F(name: str, *arguments: Any) -> Any:
    return Function(name)(*arguments)


def only(latex: str, **context: Any) -> Any:
    equations = read_latex(latex, ReadingContext(**context)).equations
    assert len(equations) == 1
    return equations[0]


DECLARED: list[tuple[str, dict[str, Any], Any]] = [
    (r"D = \frac{\Delta x^2}{2\Delta t}", {"aliases": ((r"\Delta x", "dx"), (r"\Delta t", "dt"))}, Eq(D, S("dx") ** 2 / (2 * S("dt")))),
    (r"v = D(1 - 2th)", {"parameters": ("th", "h", "D")}, Eq(v, D * (1 - 2 * S("th")))),
    (r"v = th", {"parameters": ("th", "t", "h")}, Eq(v, t * S("h"))),
    (r"D = \frac{dx^2}{2dt}", {"parameters": ("dx", "dt")}, Eq(D, S("dx") ** 2 / (2 * S("dt")))),
    (r"v = \frac{dx}{dt}(2p-1)", {"parameters": ("dx", "dt", "p")}, Eq(v, S("dx") / S("dt") * (2 * p - 1))),
    (r"v = \frac{1}{2}\frac{dx^2}{dt}", {"parameters": ("dx", "dt")}, Eq(v, S("dx") ** 2 / S("dt") / 2)),
    (r"v = \tfrac12 dx^{2}/dt", {"parameters": ("dx", "dt")}, Eq(v, S("dx") ** 2 / S("dt") / 2)),
    (r"\frac{dC}{dx} = 0", {"parameters": ("dx",), "fields": ("C",), "coordinates": ("x",)}, Eq(Derivative(F("C", x, t), x), 0)),
    (r"D = 2p(1-p)\ell^2/\tau", {"parameters": ("p", "ell", "tau")}, Eq(D, 2 * p * (1 - p) * ell**2 / tau)),
    (r"C(x,t) = p", {"fields": ("C",), "parameters": ("p",)}, Eq(F("C", x, t), p)),
    (r"v = \lambda(p-1)", {"parameters": ("lam", "p")}, Eq(v, S("lam") * (p - 1))),
    (r"\lambda = \gamma\Gamma", {"parameters": ("lam", "gam", "Gamma")}, Eq(S("lam"), S("gam") * S("Gamma"))),
    (r"D = D_0 + D0 k_1", {"parameters": ("D0", "k1")}, Eq(D, S("D0") + S("D0") * S("k1"))),
    (r"D_r = D_{r} + \ell_0", {"parameters": ("D_r", "ell0")}, Eq(S("D_r"), S("D_r") + S("ell0"))),
    (r"D = k_B T/\gamma", {"aliases": (("k_B T", "kT"),), "parameters": ("gam",)}, Eq(D, S("kT") / S("gam"))),
    (r"D = \frac{k_{\rm B}T}{2}", {"aliases": (("k_BT", "kT"),)}, Eq(D, S("kT") / 2)),
    (r"D_{\rm eff} = D_{eff} D_\text{eff}", {"aliases": ((r"D_{\mathrm{eff}}", "Deff"),)}, Eq(S("Deff"), S("Deff") ** 2)),
    (r"Pe^2 = \mathrm{Pe}", {"parameters": ("Pe",)}, Eq(S("Pe") ** 2, S("Pe"))),
    (r"\beta = NSEI", {"parameters": ("beta", "N", "S", "E", "I")}, Eq(S("beta"), S("N") * S("S") * S("E") * S("I"))),
    (r"\pi = e^{p} i", {"parameters": ("pi", "e", "i", "p")}, Eq(S("pi"), S("e") ** p * S("i"))),
    (r"\epsilon(x) = -\delta x", {"parameters": ("delta",), "functions": (("eps", ("x",)),)}, Eq(F("eps", x), -S("delta") * x)),
    (r"\partial_t P = \partial_x(D\partial_x P)", {"fields": ("P",), "functions": {"D": ("x",)}, "coordinates": ("x",)},
     Eq(Derivative(F("P", x, t), t), Derivative(F("D", x) * Derivative(F("P", x, t), x), x))),
    (r"F = -V'", {"functions": {"V": ("x",)}}, Eq(S("F"), -Derivative(F("V", x), x))),
    (r"u_t = D_x u_{xx}", {"fields": ("u",), "parameters": ("D_x",), "coordinates": ("x",)},
     Eq(Derivative(F("u", x, t), t), S("D_x") * Derivative(F("u", x, t), (x, 2)))),
    (r"C_t = C(1-C)", {"fields": ("C",), "coordinates": ("x", "y")},
     Eq(Derivative(F("C", x, y, t), t), F("C", x, y, t) * (1 - F("C", x, y, t)))),
    (r"\partial_t P = \nabla^2 P", {"fields": ("P",), "coordinates": ("x", "y")},
     Eq(Derivative(F("P", x, y, t), t), Derivative(F("P", x, y, t), (x, 2)) + Derivative(F("P", x, y, t), (y, 2)))),
    (r"k(n+1)P(n+1,t) = 0", {"parameters": ("k",), "fields": ("P",), "coordinates": ("n",)},
     Eq(S("k") * (S("n") + 1) * F("P", S("n") + 1, t), 0)),
    (r"\dot n = -kn", {"parameters": ("k",), "coordinates": ("n",)}, Eq(Derivative(F("n", t), t), -S("k") * F("n", t))),
    (r"\mathrm{right}(x,t+\tau) = \mathrm{left}", {"fields": ("right", "left"), "coordinates": ("x",)},
     Eq(F("right", x, t + tau), F("left", x, t))),
    (r"\langle x(t)\rangle = vt", {"coordinates": ("x",), "parameters": ("v",)}, Eq(F("Mean", F("x", t)), v * t)),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "context", "expected"), DECLARED, ids=[case[0] for case in DECLARED])
def test_declared_names_vs_reading(latex: str, context: dict[str, Any], expected: Any) -> None:
    found = only(latex, **context)
    assert found == expected or all(sp.expand(a - b) == 0 for a, b in zip(found.args, expected.args, strict=True))


def test_sure_spellings_of_declared_names_need_no_warning() -> None:
    context = ReadingContext(parameters=("lam", "D0", "ell", "tau", "D_r", "k1"))
    assert read_latex(r"\lambda = D_0\ell\tau D_{r}k_1", context).warnings == ()


def d2(name: str, *by: Any) -> Any:
    return Derivative(F(name, x, t), *by)


RUN_ON: list[tuple[str, dict[str, Any], Any]] = [
    ("D_xx = 4a^2", {}, Eq(S("D_xx"), 4 * S("a") ** 2)),
    ("D_xy^2 = 0", {}, Eq(S("D_xy") ** 2, 0)),
    (r"\partial_tt u = \partial_xxu", {}, Eq(d2("u", (t, 2)), d2("u", (x, 2)))),
    (r"\rho_t = D\rho_xx", {}, Eq(d2("rho", t), D * d2("rho", (x, 2)))),
    ("D_eff = k_off k_on", {}, Eq(S("D_eff"), S("k_off") * S("k_on"))),
    ("P_ijk = 1", {}, Eq(S("P_ijk"), 1)),
    ("p_rl = 1", {"parameters": ("p_rl",)}, Eq(S("p_rl"), 1)),
]

RUN_APART: list[tuple[str, dict[str, Any], Any]] = [
    ("D_xx = 1", {"parameters": ("D_x",)}, Eq(S("D_x") * x, 1)),
    ("D_{x}x = 1", {}, Eq(S("D_x") * x, 1)),
    ("D_x x = 1", {}, Eq(S("D_x") * x, 1)),
    (r"D = k_BT/\gamma", {}, Eq(D, S("k_B") * S("T") / S("gamma"))),
    ("b = k_nn", {}, Eq(S("b"), S("k_n") * S("n"))),
    ("b = a_nu_n", {}, Eq(S("b"), S("a_n") * S("u_n"))),
]


@pytest.mark.parametrize(("latex", "context", "expected"), RUN_ON, ids=[case[0] for case in RUN_ON])
def test_subscripts_without_braces_vs_the_braced_ones(latex: str, context: dict[str, Any], expected: Any) -> None:
    found = read_latex(latex, ReadingContext(**context))
    assert found.equations == (expected,)
    assert any("TeX sets it as" in warning for warning in found.warnings)


@pytest.mark.parametrize(("latex", "context", "expected"), RUN_APART, ids=[case[0] for case in RUN_APART])
def test_products_behind_a_subscript_stay_products(latex: str, context: dict[str, Any], expected: Any) -> None:
    found = read_latex(latex, ReadingContext(**context))
    assert found.equations == (expected,)
    assert not any("TeX" in warning for warning in found.warnings)


def test_a_product_that_might_be_a_subscript_is_noted() -> None:
    found = read_latex(r"\langle x^2\rangle = 2D_xt + v_xx")
    assert found.equations == (Eq(F("Mean", x**2), 2 * S("D_x") * t + S("v_x") * x),)
    assert [w.split(" is ")[0] for w in found.warnings if "TeX" in w] == ["'D_xt'", "'v_xx'"]


GUESSED = [
    (r"D_u = 1", ("Du",), "Du"),
    (r"\Delta x = 1", ("dx",), "dx"),
    (r"P_+ = 1", ("P_plus",), "P_plus"),
    (r"\varphi = 1", ("phi",), "phi"),
]


@pytest.mark.parametrize(("latex", "names", "expected"), GUESSED, ids=[case[0] for case in GUESSED])
def test_guessed_spellings_vs_a_warning(latex: str, names: tuple[str, ...], expected: str) -> None:
    reading = read_latex(latex, ReadingContext(parameters=names))
    assert reading.equations == (Eq(S(expected), 1),)
    assert any(expected in warning for warning in reading.warnings)
    assert read_latex(latex).equations != reading.equations  # negative control: the declaration made the difference


def test_a_spelling_of_two_declared_names_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="could be any of"):
        read_latex(r"\lambda = 1", ReadingContext(parameters=("lam", "lamb", "lambd")[1:]))
    assert only(r"\lambda = 1", parameters=("lam", "lambda")) == Eq(S("lambda"), 1)


@pytest.mark.parametrize("latex", ["S(t) = 1", "v(x) = 2", "p(x,t) = 1"])
def test_a_plain_symbol_with_arguments_is_an_error(latex: str) -> None:
    with pytest.raises(ExpressionError, match="declared a plain symbol"):
        read_latex(latex, ReadingContext(parameters=("S", "v", "p"), coordinates=("x",)))


WARNED = [  # a formula, a word of its warning, a context in which nothing is left to guess
    (r"\partial_t u = \nabla^2 u", "dimensions", {"dim": 1}),
    (r"\dot P = D P''", "derivatives by x", {"fields": ["P"], "coordinates": ["x"]}),
    (r"K = \frac{1}{\Gamma(1+\alpha)}", "gamma function", {"params": ["Gamma"]}),
    (r"\langle x^2\rangle \sim t", "proportional", None),
    (r"F = h(x-a)", "function", {"functions": {"h": ["x"]}}),
    (r"F = \kappa(x-a)", "factor", {"params": ["kappa"]}),
    (r"D = a/bc", "denominator", None),
    (r"\omega = -ivk", "imaginary", {"params": ["i"]}),
    (r"P_n = \frac{a^n}{n!}", "index", {"indices": ["n"]}),
    (r"u_t = D u_{xx} + u S_x", "derivatives", {"fields": ["u", "S"], "coordinates": ["x"]}),
    (r"D = \frac{dx^2}{2dt}", "one symbol", {"params": ["dx", "dt"]}),
    (r"D = \frac{r}{2dt}", "d times t", {"params": ["d", "t"]}),
    (r"J = -D\frac{\partial P}{\partial x}", "depend", {"fields": ["J", "P"], "coordinates": ["x"]}),
    (r"\partial_t P = \partial_x D(x)\partial_x P", "everything behind", None),
    (r"\frac{\partial P}{\partial t} = \left[-\frac{\partial}{\partial x}A(x) + \frac{\partial^2}{\partial x^2}B(x)\right]P", "operator", None),
    (r"\partial_t P = \mathcal{L}P", "not as an operator", None),
    (r"u_t = D\Delta u", "Laplacian", {"dim": 1}),
    (r"\int P\,dx = 1", "does not depend", {"fields": ["P"], "coordinates": ["x"]}),
    (r"x = \cos k a", "whole product", None),
    (r"D = \frac{a^2}{2\tau} \quad \text{for small steps}", "left out", None),
    (r"\sum_{i\ne j} a_i a_j = 0", "condition", None),
    (r"a = (b + \dots) - (c + \dots)", "cancel", None),
    (r"E[x] = 0", "average", {"params": ["E"]}),
    (r"\langle x\rangle_0 = 0", "label", None),
    (r"{ab}^2 = 1", "braces", None),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "word", "settled"), WARNED, ids=[case[0] for case in WARNED])
def test_each_guess_vs_its_warning(latex: str, word: str, settled: dict[str, Any] | None) -> None:
    assert any(word in warning for warning in read_latex(latex).warnings)
    if settled is not None:  # negative control: the warning goes when the context says what is meant
        assert not any(word in warning for warning in read_latex(latex, context_from_json(settled)).warnings)


def test_plain_formulas_come_without_warnings() -> None:
    for latex in (r"D = \frac{\ell^2}{2\tau}", r"\frac{\partial P}{\partial t} = D\frac{\partial^2 P}{\partial x^2}", r"\langle x^2\rangle = 2Dt",
                  r"P_j(t+\tau) = pP_{j-1}(t) + (1-p)P_{j+1}(t)", r"P(x,t) \propto e^{-x^2/4Dt}"):  # fmt: skip
        assert read_latex(latex).warnings == ()


def test_symbol_table_vs_kinds_and_arguments() -> None:
    reading = read_latex(r"\frac{dP_n}{dt} = \Gamma_n P_{n+1} - v\,\partial_x C(x,t)")
    table = {s.name: (s.kind, s.arguments, s.latex) for s in reading.symbols}
    assert table["P"] == ("field", ("n", "t"), "P")
    assert table["Gamma"] == ("function", ("n",), r"\Gamma")
    assert table["C"] == ("field", ("x", "t"), "C")
    assert table["n"][0] == "index"
    assert table["x"][0] == "coordinate"
    assert table["t"][0] == "time"
    assert table["v"] == ("symbol", (), "v")


def test_latex_of_symbols_vs_as_written() -> None:
    reading = read_latex(r"\tilde P(k,s)\,D_{\mathrm{eff}} = x_{rms} k_B\,\ell_0^2\,\Delta t")
    assert {s.name: s.latex for s in reading.symbols} == {
        "Ptilde": r"\tilde{P}", "k": "k", "s": "s", "D_eff": r"D_{\mathrm{eff}}", "x_rms": "x_{rms}", "k_B": "k_B",
        "ell_0": r"\ell_0", "Delta t": r"\Delta t",
    }  # fmt: skip


RELATIONS = [
    (r"D \approx a", [F("Approx", D, S("a"))]), (r"D \simeq a", [F("Approx", D, S("a"))]), (r"D \propto a", [F("Propto", D, S("a"))]),
    (r"t \ll \tau", [F("MuchLess", t, tau)]), (r"t \gg \tau", [F("MuchGreater", t, tau)]), (r"N \to \infty", [F("Tends", S("N"), sp.oo)]),
    (r"0 < p \le 1", [sp.Lt(0, p), sp.Le(p, 1)]), (r"p \ne 1", [sp.Ne(p, 1)]), (r"D \equiv a", [Eq(D, S("a"))]),
    (r"D = a \approx b \propto c", [Eq(D, S("a")), F("Approx", S("a"), S("b")), F("Propto", S("b"), S("c"))]),
    (r"3! = 6", [Eq(6, 6, evaluate=False)]), (r"(1,0), (0,-1)", [sp.Tuple(1, 0), sp.Tuple(0, -1)]),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), RELATIONS, ids=[case[0] for case in RELATIONS])
def test_relations_and_chains_vs_their_forms(latex: str, expected: list[Any]) -> None:
    assert list(read_latex(latex).equations) == expected


WRAPPED = ["D = a", "$D = a$", "$$D = a.$$", r"\(D = a\)", r"\[ D = a \]", r"\begin{equation} D = a \end{equation}", "D = a,", " D=a ",
           r"\begin{align*} D &= a \label{eq:1} \\ \end{align*}", r"\displaystyle D \,=\, a\,.", r"\boxed{D = a}", r"{D} = {a}"]  # fmt: skip


@pytest.mark.parametrize("latex", WRAPPED)
def test_wrappings_vs_the_formula_inside(latex: str) -> None:
    reading = read_latex(latex)
    assert reading.equations == (Eq(D, S("a")),)
    assert reading.warnings == ()


def test_lines_of_an_alignment_vs_one_chain_and_several_equations() -> None:
    text = r"\begin{aligned} D &= a + b \\ &\quad + c \\ &= d, \\ v &= 0 \end{aligned}"
    a, b, c, d = sp.symbols("a b c d")
    assert read_latex(text).equations == (Eq(D, a + b + c), Eq(a + b + c, d), Eq(v, 0))


def test_context_from_json_vs_its_parts() -> None:
    context = context_from_json(
        '{"fields": ["P"], "params": ["k"], "dim": 2, "functions": {"V": ["x"]}, "aliases": {"\\\\Delta x": "dx"}}'
    )
    assert context == ReadingContext(
        fields=("P",), parameters=("k",), dim=2, functions=(("V", ("x",)),), aliases=((r"\Delta x", "dx"),)
    )
    assert context_from_json(None) == ReadingContext()


@pytest.mark.parametrize("value", ["{", "[]", "3", '{"field": ["P"]}', '{"fields": "P"}', '{"dim": 0}', '{"dim": true}', '{"functions": ["V"]}',
                                   '{"aliases": {"": "dx"}}', '{"params": [3]}', '{"params": ["a\\nb"]}', "[" * 100_000])  # fmt: skip
def test_a_wrong_context_is_a_usage_error(value: str) -> None:
    with pytest.raises(UsageError):
        context_from_json(value)


def test_an_alias_that_is_no_latex_is_an_error_that_names_it() -> None:
    with pytest.raises(ExpressionError, match="alias") as caught:
        read_latex("D = 1", ReadingContext(aliases=((r"\frac{", "D"),)))
    assert "alias" in caught.value.where
