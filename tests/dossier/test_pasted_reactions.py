r"""Reactions pasted as LaTeX against the rate equations and propensities that textbooks give for them."""

from __future__ import annotations

import re

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.dossier.pasted_names import plain_name
from symdiff.errors import ModelError, SymdiffError
from symdiff.notation.names import RESERVED, is_identifier

# drift of the concentrations and noise, by hand: v = S w, D = S diag(w) S^T / (2V) with mass-action rates w per volume
# (van Kampen, Stochastic Processes in Physics and Chemistry, ch. VII and X)
STATED = [
    (r"\ce{A + B ->[k] 2B}", {"v_a": "-k*a*b", "v_b": "k*a*b", "D_ab": "-k*a*b/(2*V)"}),
    (r"\emptyset \xrightarrow{k_1} A \xrightarrow{k_2}\emptyset", {"v": "k_1 - k_2*a", "D": "(k_1 + k_2*a)/(2*V)"}),
    (r"2X \stackrel{k}{\to} \varnothing", {"v": "-2*k*x**2", "D": "2*k*x**2/V"}),
    (r"\begin{align} S + I &\xrightarrow{\beta} 2I, \\ I &\xrightarrow{\mu} R \end{align}",
     {"v_s": "-beta*s*i", "v_i": "beta*s*i - mu*i", "v_r": "mu*i"}),
    (r"2A \underset{k_2}{\overset{k_1}{\rightleftharpoons}} B", {"v_a": "2*k_2*b - 2*k_1*a**2", "v_b": "k_1*a**2 - k_2*b"}),
    (r"\ce{X <=>[k_1][k_2] Y}", {"v_X": "k_2*Y - k_1*X", "D_XX": "(k_1*X + k_2*Y)/2"}),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), STATED, ids=range(len(STATED)))
def test_drift_and_noise_of_the_concentrations(latex: str, expected: dict[str, str]) -> None:
    found = dict(sd.derive(model_from_latex(latex).model).coefficients)
    names = {str(s): s for e in found.values() for s in e.free_symbols}
    for role, value in expected.items():
        words = {w: names.get(w, sp.Symbol(w)) for w in re.findall(r"[A-Za-z]\w*", value)}
        right = sp.sympify(value, locals=words)
        assert sp.expand(found[role] - right) == 0
        assert sp.expand(found[role] - 2 * right) != 0  # negative control


def test_the_convention_is_listed() -> None:
    assert "n(n - 1)" in " ".join(model_from_latex(r"2X \xrightarrow{k} 0").assumed)


def test_an_arrow_without_a_rate_says_so() -> None:
    with pytest.raises(ModelError, match="no rate"):
        model_from_latex(r"\ce{A ->[] B}")


@pytest.mark.parametrize(
    "latex", [r"P(x,t) \xrightarrow{t\to\infty} \frac{1}{L}", r"A \xrightarrow{A} B", r"\langle x\rangle \to 0"]
)
def test_other_arrows_are_no_reactions(latex: str) -> None:
    with pytest.raises(SymdiffError):
        model_from_latex(latex)


@pytest.mark.parametrize("name", ["", "_", "1", "lambda", "x" * 90, "é", "k_-1", "t", "x->y", "if"])
def test_every_name_becomes_one_that_a_file_may_declare(name: str) -> None:
    first = plain_name(name, set())
    assert is_identifier(first)
    assert first not in RESERVED
    assert plain_name(name, {first}) != first
