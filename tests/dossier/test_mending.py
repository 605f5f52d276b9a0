"""Refuted claims against the slip that was planted in them; a slip is named only where it is the right one."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex

SLIPS = [  # (entry, wrong claim, words of the slip that was planted)
    ("biased_walk", r"v = \frac{(1-2p)\ell}{\tau}", "sign"),
    ("continuous_time_diffusion", r"D = 2\Gamma a^2", "factor 2"),
    ("continuous_time_diffusion", r"D = \frac{\Gamma a^2}{2}", "factor 2"),
    ("biased_walk", r"D = \frac{\ell^2}{2\tau}", "raw"),
    ("persistent_walk", r"D=\frac{\ell^2}{2\tau}\frac{1-p}{p}", "exchanged"),
    ("persistent_walk", r"D=\frac{\ell^2}{2\tau}\frac{1+p}{1-p}", "correlation"),
    ("persistent_walk", r"P_t = \frac{\ell^2 p}{\tau(1-p)} P_{xx}", "factor 2"),
    ("discrete_time_diffusion", r"P_t = D P_{xx} + P_x", "should not be there"),
    ("square_walk_three_steps", r"D = \frac{a^2}{2\tau}", "dimensions"),
]


@pytest.mark.parametrize(("name", "wrong", "words"), SLIPS, ids=lambda t: t[:40])
def test_planted_slips_are_named(name: str, wrong: str, words: str) -> None:
    verdict = sd.check(sd.load(name), wrong, regime="long-wave")
    assert verdict.verdict == "refuted"
    witness = verdict.witness
    assert witness is not None
    assert words in witness.mend
    assert witness.correct is not None


def test_ito_taken_for_isothermal_is_named() -> None:
    model = sd.JumpModel(parameters={"h": "positive"}, functions={"D0": ["x"]}, coordinates=["x"],
                         jumps=[{"displacements": ["h", "-h"], "rate": "D0(x + r/2)/h**2"}], scaling={"h": 1})  # fmt: skip
    verdict = sd.check(model, "v = 0")
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None
    assert "isothermal" in verdict.witness.mend


def test_a_difference_that_no_slip_explains_gets_no_name() -> None:
    verdict = sd.check(sd.load("persistent_walk"), r"D = \frac{\ell^2}{\tau}", regime="long-wave")
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None
    assert verdict.witness.mend == ""
    assert str(verdict.witness.ratio) == "2*(1 - p)/p"


def test_what_is_right_is_shown_in_its_own_form() -> None:
    verdict = sd.check(sd.load("biased_walk"), r"\langle x^2\rangle = 2 D t", regime="long-wave")
    assert verdict.witness is not None
    assert verdict.witness.correct in dict(verdict.witness.derived).values()  # not multiplied out


def test_a_missing_quantity_names_the_letter_that_was_taken_for_it() -> None:
    assert "'alpha' is taken for it" in sd.check(sd.load("biased_walk"), r"\alpha = 3").why
    assert "taken for it" not in sd.check(sd.load("biased_walk"), r"damping_rate = 3").why


def test_the_numbers_of_a_witness_have_the_ratio_that_is_shown() -> None:
    """At weak bias p + q counts as 2 q: a claim of twice D is refuted by two numbers whose ratio is 2 (it was 3/2), one of -D
    by numbers whose ratio is -1."""
    model = sd.JumpModel(parameters={"h": "positive", "tau": "positive", "p": "probability", "q": "probability"}, coordinates=["x"],
                         time_step="tau", constraints=["p + q <= 1"],
                         jumps=[{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "q"}])  # fmt: skip
    for claim, ratio in ((r"D = \frac{(p+q)h^2}{\tau}", 2), (r"D = -\frac{(p+q)h^2}{2\tau}", -1)):
        verdict = sd.check(model, claim, regime="diffusive")
        assert verdict.witness is not None
        derived, claimed = Fraction(verdict.witness.left), Fraction(verdict.witness.right)
        assert claimed == ratio * derived


def test_no_term_is_called_one_too_many_where_the_right_one_is_only_small() -> None:
    """v = (p - q) h/tau is small at weak bias, and no zero."""
    model = sd.load("biased_walk")
    verdict = sd.check(model, r"v = \frac{\ell}{\tau}", regime="diffusive")
    assert verdict.witness is not None
    assert "should not be there" not in verdict.witness.mend


def test_what_is_right_is_one_exponential_where_that_is_shorter() -> None:
    """The binomial law of isomerisation relaxes with the sum of both rates (van Kampen, ch. VI)."""
    model = model_from_latex(r"\dot P_n = k_+(N-n+1)P_{n-1} + k_-(n+1)P_{n+1} - [k_+(N-n)+k_-n]P_n").model
    verdict = sd.check(model, r"\langle \delta n(t)\delta n(0)\rangle = N\frac{k_+k_-}{(k_++k_-)^2} e^{-2(k_++k_-)t}")
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None
    assert verdict.witness.correct is not None
    assert sp.count_ops(verdict.witness.correct) < 20
