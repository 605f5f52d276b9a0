"""Inequalities, guessed symbols and wrong propagators: verdicts worked out by hand for the biased walk, 0 <= p <= 1."""

from __future__ import annotations

import time

import pytest

import symdiff as sd

WALK = sd.JumpModel(
    parameters={"l": "positive", "tau": "positive", "p": "probability"}, coordinates=["x"], density="P", time_step="tau",
    jumps=[{"displacement": "l", "probability": "p"}, {"displacement": "-l", "probability": "1 - p"}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"D \le \frac{l^2}{2\tau}", "proved"),  # 4p(1 - p) <= 1
        (r"D \ge 0", "proved"),
        (r"D > 0", "conditional"),  # not at p = 0 or 1
        (r"D > \frac{l^2}{\tau}", "refuted"),
        (r"D \ge \frac{l^2}{4\tau}", "conditional"),  # true of some p only
        (r"v \le l/\tau", "proved"),
        (r"|v| \le l/\tau", "proved"),
        (r"|v| < l/\tau", "conditional"),  # not at p = 0 or 1
        (r"|v| \le -l/\tau", "refuted"),
    ],
)
def test_inequalities_over_the_whole_range_of_a_probability(claim: str, expected: str) -> None:
    assert sd.check(WALK, claim).verdict == expected


def test_the_condition_of_a_strict_inequality_is_strict() -> None:
    assert "0 < 2*l**2*p*(1 - p)/tau" in sd.check(WALK, "D > 0").why


def test_sigma_without_time_is_not_refuted_for_a_guess_of_what_it_means() -> None:
    """D = sigma^2/(2 tau) holds with the variance of one step, which the file does not name."""
    assert sd.check(WALK, r"D = \frac{\sigma^2}{2\tau}").verdict == "undecided"
    assert sd.check(WALK, r"\sigma^2 = 2 D t").verdict == "proved"
    assert sd.check(WALK, r"\sigma^2 = D t").verdict == "refuted"


def test_a_wrong_propagator_is_refuted_within_seconds() -> None:
    start = time.process_time()
    wrong = sd.check(WALK, r"P(x,t) = \frac{1}{\sqrt{2\pi D t}} e^{-(x-vt)^2/(4Dt)}")
    assert wrong.verdict == "refuted"
    assert time.process_time() - start < 20
    assert sd.check(WALK, r"P(x,t) = \frac{1}{\sqrt{4\pi D t}} e^{-(x-vt)^2/(4Dt)}").verdict == "proved"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"D \le a^2/2\tau", "proved"),  # 2 tau D/a^2 = p + q - (p - q)^2 <= p + q <= 1; where p = q, q <= 1/2
        (r"D < a^2/\tau", "proved"),
        (r"p q \le 1/4", "proved"),  # (p + q)^2 >= 4 p q
        (r"D \le a^2/4\tau", "conditional"),  # not at p = q = 1/2
        (r"D < a^2/2\tau", "conditional"),  # equal at p = q = 1/2
        (r"D > a^2/2\tau", "refuted"),
        (r"p q \le 1/5", "conditional"),
    ],
)
def test_inequalities_over_all_parameters_that_obey_the_constraints(claim: str, expected: str) -> None:
    lazy = sd.JumpModel(
        parameters={"a": "positive", "tau": "positive", "p": "probability", "q": "probability"}, coordinates=["x"],
        time_step="tau", constraints=["p + q <= 1"],
        jumps=[{"displacement": "a", "probability": "p"}, {"displacement": "-a", "probability": "q"}],
    )  # fmt: skip
    assert sd.check(lazy, claim).verdict == expected


@pytest.mark.parametrize(
    ("claim", "expected"), [(r"v \ge 0", "proved"), (r"v \le 0", "conditional"), (r"v < 0", "refuted")]
)
def test_inequalities_between_rates_without_an_upper_end(claim: str, expected: str) -> None:
    """With kb <= kf the drift (kf - kb) a is none or to the right."""
    ratchet = sd.JumpModel(
        parameters={"a": "positive", "kf": "positive", "kb": "positive"}, coordinates=["x"], constraints=["kb <= kf"],
        jumps=[{"displacement": "a", "rate": "kf"}, {"displacement": "-a", "rate": "kb"}],
    )  # fmt: skip
    assert sd.check(ratchet, claim).verdict == expected
