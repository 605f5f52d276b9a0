r"""Reactions between sites and transitions of a place, pasted; coefficients by hand: sum of rate times displacement, and half its square."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import SymdiffError


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (r"A_i \xrightarrow{\gamma} A_{i\pm1}", r"A_t = a^2\gamma A_{xx}", r"A_t = \frac12 a^2\gamma A_{xx}"),
        (r"X_i \xrightarrow{D/h^2} X_{i\pm1}, X_i\xrightarrow{k}\emptyset, \emptyset\xrightarrow{\mu}X_i", "X_t = D X_{xx} - kX + \\mu", "X_t = D X_{xx} - kX - \\mu"),
        (r"A_i \underset{d}{\overset{d}{\rightleftharpoons}} A_{i+1}", "A_t = a^2 d A_{xx}", "A_t = 2 a^2 d A_{xx}"),
        (r"10 \xrightarrow{p} 01, 01\xrightarrow{q} 10", r"A_t = -a(p-q)\partial_x[A(1-A)] + \frac{a^2}{2}(p+q) A_{xx}", r"A_t = a(p-q)\partial_x[A(1-A)] + \frac{a^2}{2}(p+q) A_{xx}"),
        (r"A_i\emptyset_{i+1} \xrightarrow{g} \emptyset_i A_{i+1}", r"A_t = -a g\partial_x[A(1-A)] + \frac{a^2}{2} g A_{xx}", r"A_t = -a g A_x + \frac{a^2}{2} g A_{xx}"),
        (r"x \to x\pm b \text{ with rate } \Gamma", r"P_t = b^2\Gamma P_{xx}", r"P_t = \frac12 b^2\Gamma P_{xx}"),
        (r"x \to x+b \text{ with probability } p, x \to x-b \text{ with probability } 1-p", r"P_t = -\frac{b(2p-1)}{\tau}P_x + \frac{2b^2p(1-p)}{\tau}P_{xx}", r"P_t = \frac{b(2p-1)}{\tau}P_x + \frac{2b^2p(1-p)}{\tau}P_{xx}"),
        (r"n \xrightarrow{\lambda n} n+1, n\xrightarrow{\mu n}n-1", r"P_t = -\partial_n[(\lambda-\mu)nP] + \frac12\partial_n^2[(\lambda+\mu)nP]", r"P_t = -\partial_n[(\lambda-\mu)nP] + \frac12\partial_n^2[(\lambda-\mu)nP]"),
    ],
)  # fmt: skip
def test_arrows_between_sites_and_places(text: str, right: str, wrong: str) -> None:
    model = model_from_latex(text).model
    assert sd.check(model, right).verdict == "proved"
    assert sd.check(model, wrong).verdict == "refuted"


def test_species_that_turn_into_each_other_are_states_and_others_react() -> None:
    walkers = model_from_latex(
        r"R_i \xrightarrow{v/h} R_{i+1}, L_i\xrightarrow{v/h}L_{i-1}, \ce{R_i <=>[k][k] L_i}"
    ).model
    assert sd.check(walkers, r"D = \frac{v^2}{2k} + \frac{vh}{2}").verdict == "proved"
    epidemic = model_from_latex(
        r"A_i + B_i \xrightarrow{k} 2B_i, A_i\xrightarrow{d}A_{i\pm1}, B_i\xrightarrow{d}B_{i\pm1}"
    ).model
    assert len(epidemic.crowd.reactions) == 1
    assert model_from_latex(r"A \xrightarrow{k} B").model.coordinates == ("A", "B")  # without sites: numbers


@pytest.mark.parametrize(
    ("text", "said"),
    [(r"A_i \xrightarrow{g} A_j", "different letters"), (r"A_i \xrightarrow{} A_{i+1}", "no rate"), (r"A_i \xrightarrow{g_i} A_{i+1}", "depend on the site")],
)  # fmt: skip
def test_arrows_that_say_too_little(text: str, said: str) -> None:
    with pytest.raises(SymdiffError, match=said):
        model_from_latex(text)
