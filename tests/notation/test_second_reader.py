"""Our reading against that of latex2sympy2-extended, in its own process; its failures never become ours."""

from __future__ import annotations

import dataclasses
import importlib.util

import pytest
import sympy as sp

from symdiff.notation.latex import read_latex
from symdiff.notation.latex.second_reader import _built, second_opinion

installed = pytest.mark.skipif(
    importlib.util.find_spec("latex2sympy2_extended") is None, reason="the extra 'latex' is not installed"
)


@installed
@pytest.mark.parametrize(
    "latex",
    [
        r"D = \frac{\ell^2}{2\tau}",
        *(pytest.param(text, marks=pytest.mark.exhaustive) for text in (r"v = (2p-1)\ell/\tau", r"c = 2\sqrt{rD}")),
    ],
)
def test_plain_algebra_is_read_alike(latex: str) -> None:
    assert second_opinion(read_latex(latex), 60).agreement is True


@installed
def test_a_planted_difference_is_reported() -> None:
    reading = read_latex(r"D = \frac{a^2}{2\tau}")
    wrong = dataclasses.replace(
        reading, equations=(sp.Eq(sp.Symbol("D"), sp.Symbol("a") ** 2 / sp.Symbol("tau"), evaluate=False),)
    )
    opinion = second_opinion(wrong)
    assert opinion.agreement is False
    assert "takes" in opinion.why


@installed
def test_a_second_reader_that_hangs_is_given_up() -> None:
    assert second_opinion(read_latex(r"D = \frac{a^2}{2\tau}"), seconds=0.01).agreement is None


@pytest.mark.parametrize(
    "latex", [r"u_t = D u_{xx}", r"\langle x^2\rangle = 2Dt", r"D = \frac{(\Delta x)^2}{2\Delta t}"]
)
def test_what_it_cannot_read_is_not_put_to_it(latex: str) -> None:
    assert second_opinion(read_latex(latex), 60).agreement is None


@pytest.mark.parametrize(
    "tree",
    [
        ["eval", "x"],
        ["rational", "1", "0"],
        ["Pow", ["symbol", "x"], ["rational", "9999999", "1"]],
        "x",
        [],
        ["symbol", 3],
    ],
)
def test_a_tree_of_anything_else_is_nothing(tree: object) -> None:
    assert _built(tree) is None
