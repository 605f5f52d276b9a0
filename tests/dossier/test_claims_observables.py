"""Claims about observables: by their own name, by the name that the claim gives them, at other arguments, on either level."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy as sp

from symdiff.dossier.check import check_model
from symdiff.model.jump_model import ClaimStatement
from symdiff.model.loading import load_file, load_text

MODEL = load_file(Path(__file__).parents[1] / "data" / "models" / "exit-between-walls.toml")
CLAIMS = [
    (ClaimStatement("own-name", latex=r"T(x) = \frac{x(L-x)}{2D}"), "proved"),
    (ClaimStatement("factor", latex=r"T(x) = \frac{x(L-x)}{D}"), "refuted"),
    (ClaimStatement("other-name", latex=r"\tau_{esc} = \frac{x(L-x)}{2D}", of="T"), "proved"),
    (ClaimStatement("other-name-wrong", latex=r"\tau_{esc} = \frac{x(L+x)}{2D}", of="T"), "refuted"),
    (ClaimStatement("midpoint", latex=r"T(L/2) = \frac{L^2}{8D}"), "proved"),
    (ClaimStatement("midpoint-wrong", latex=r"T(L/2) = \frac{L^2}{2D}"), "refuted"),
    (ClaimStatement("splitting", latex=r"\pi_R(x) = x/L", of="piR"), "proved"),
    (ClaimStatement("lattice", latex=r"T = \frac{x(L-x)}{2 G a^2}", level="lattice"), "proved"),
    (ClaimStatement("unknown", latex=r"\vartheta = \frac{x(L-x)}{2D}"), "undecided"),
]


@pytest.mark.parametrize(("claim", "verdict"), CLAIMS, ids=lambda t: getattr(t, "id", t))
def test_claims_about_exits(claim: ClaimStatement, verdict: str) -> None:
    (found,) = check_model(MODEL, (claim,)).verdicts
    assert found.verdict == verdict


RESET = """
[parameters]
h = "positive"
D = "positive"
r = "positive"
a = "real"
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["h"], ["-h"]]
rate = "D/h**2"
[[jumps]]
destination = ["a"]
rate = "r"
"""


RESET_IN_STEPS = """
[parameters]
h = "positive"
tau = "positive"
r = "0 < r < 1"
a = "real"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacements = [["h"], ["-h"]]
probability = "(1 - r)/2"
[[jumps]]
destination = ["a"]
probability = "r"
"""


def test_an_average_without_time_says_that_it_holds_in_the_stationary_state_only() -> None:
    late, timed = check_model(
        load_text(RESET),
        tuple(
            ClaimStatement(n, latex=c)
            for n, c in (("late", r"\langle x \rangle = a"), ("timed", r"\langle x(t) \rangle = a"))
        ),
    ).verdicts
    assert late.verdict == "proved"
    assert "stationary state" in late.why
    assert timed.verdict == "refuted"


def test_the_stationary_state_is_found_where_the_rate_of_decay_is_a_logarithm() -> None:
    late, wrong = check_model(
        load_text(RESET_IN_STEPS),
        (
            ClaimStatement("late", latex=r"\langle x \rangle = a"),
            ClaimStatement("wrong", latex=r"\langle x \rangle = a/2"),
        ),
    ).verdicts
    assert late.verdict == "proved"
    assert "stationary state" in late.why
    assert wrong.verdict == "refuted"


def test_a_rate_that_may_vanish_still_has_its_stationary_state() -> None:
    model = load_text(RESET.replace('r = "positive"', 'r = "nonnegative"'))
    claims = {r"\langle (x - a)^2 \rangle = 2 D/r": "proved", r"\langle (x - a)^2 \rangle = D/r": "refuted"}
    found = check_model(model, tuple(ClaimStatement(f"c{n}", latex=c) for n, c in enumerate(claims))).verdicts
    assert [v.verdict for v in found] == list(claims.values())


def test_a_parameter_on_the_right_is_the_claim_and_not_what_is_right() -> None:
    model = load_text(RESET)
    (found,) = check_model(model, (ClaimStatement("mean", latex=r"\langle x \rangle = 2 a"),)).verdicts
    (bare,) = check_model(model, (ClaimStatement("mean", latex=r"\langle x^2 \rangle = a"),)).verdicts
    D, r, a = (model.parameter(n).symbol for n in "Dra")
    for verdict, right in (
        (found, a),
        (bare, a**2 + 2 * D / r),
    ):  # in the stationary state, of which a claim without t speaks
        assert verdict.verdict == "refuted"
        assert verdict.witness is not None
        assert verdict.witness.correct is not None
        assert sp.expand(verdict.witness.correct - right) == 0


DYING = """
[parameters]
h = "positive"
D = "positive"
k = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["h"], ["-h"]]
rate = "D/h**2"
[[reactions]]
consumes = ["P"]
rate = "k"
"""
OF_THE_DYING = [
    (r"\int P dx = e^{-k t}", "proved"),
    (r"\int P dx = 1", "refuted"),
    (r"\int x^2 P dx = 2 D t e^{-k t}", "proved"),
    (r"\langle x^2 \rangle = 2 D t", "proved"),
    (r"\langle x^2 \rangle = 2 D t e^{-k t}", "refuted"),
]


@pytest.mark.parametrize(("latex", "verdict"), OF_THE_DYING)
def test_integrals_of_a_density_that_decays_and_averages_over_those_alive(latex: str, verdict: str) -> None:
    (found,) = check_model(load_text(DYING), (ClaimStatement("c", latex=latex),)).verdicts
    assert found.verdict == verdict
    assert ("alive" in found.why) == ("langle" in latex)
