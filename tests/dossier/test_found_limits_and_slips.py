"""What is said of claims that hold only in limits which were found, and the names of further slips, each with a negative control."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.cli.check import role_text, verdict_lines
from symdiff.dossier.typography import typography_of


def _two_velocities(minus: str) -> sd.JumpModel:
    return sd.JumpModel(
        parameters={"w": "positive", "f_1": "positive", "f_2": "positive"},
        coordinates=["x"],
        states=[{"name": "p", "velocity": "w"}, {"name": "q", "velocity": minus}],
        jumps=[
            {"from": "p", "to": "q", "displacement": "0", "rate": "f_1"},
            {"from": "q", "to": "p", "displacement": "0", "rate": "f_2"},
        ],
    )


def test_a_claim_that_holds_in_a_found_limit_alone_is_said_to_be_wrong_in_general() -> None:
    """D = 4 w^2 f_1 f_2/(f_1 + f_2)^3: the variance of the velocity, w^2 - v^2, times 1/(f_1 + f_2) (van Kampen, ch. XVI)."""
    model = _two_velocities("-w")
    verdict = sd.check(model, r"D = \frac{w^2}{f_1+f_2}")
    assert verdict.verdict == "conditional"
    assert "the limit in which f_1 - f_2 is small" in verdict.why
    assert "in general it is wrong" in verdict.why
    assert verdict.elsewhere is not None
    assert str(verdict.elsewhere.correct) == "4*f_1*f_2*w**2/(f_1 + f_2)**3"
    assert "<v^2> - <v>^2" in verdict.elsewhere.mend
    right = sd.check(model, r"D = \frac{4w^2f_1f_2}{(f_1+f_2)^3}")
    assert right.verdict == "proved"
    assert "in general" not in right.why


def test_a_stated_limit_is_not_called_found() -> None:
    verdict = sd.check(sd.load("persistent_walk"), r"D = \frac{\ell^2}{2(1-p)\tau}")
    assert "the file does not state it" not in verdict.why
    assert not verdict.in_found_limits_alone


def test_the_raw_moment_of_velocities_is_named_and_another_difference_is_not() -> None:
    model = _two_velocities("0")
    raw = sd.check(model, r"D = \frac{w^2 f_2}{(f_1+f_2)^2}")
    assert raw.witness is not None
    assert "<v^2> - <v>^2" in raw.witness.mend
    other = sd.check(model, r"D = \frac{w^2 f_1}{(f_1+2f_2)^2}")
    assert other.witness is not None
    assert "<v^2>" not in other.witness.mend


def _with_noise(evaluation: str) -> sd.JumpModel:
    return sd.JumpModel(
        functions={"D_0": ["x"]}, coordinates=["x"], states=[{"diffusivity": "D_0(x)", "evaluation": evaluation}]
    )


def test_a_drift_of_another_reading_is_no_factor_of_directions() -> None:
    model = _with_noise("1/2")
    for claim, words in ((r"v = D_0'(x)", "Stratonovich"), (r"v = -\frac12 D_0'(x)", "the sign")):
        witness = sd.check(model, claim).witness
        assert witness is not None
        assert words in witness.mend


def test_a_proportionality_with_a_function_is_shown_at_two_of_its_values() -> None:
    """Stratonovich noise: P ~ 1/sqrt(D_0), so that P over 1/D_0 is 1 where D_0 = 1 and 2^(1/2) where D_0 = 2."""
    witness = sd.check(_with_noise("1/2"), r"P_s \propto \frac1{D_0(x)}").witness
    assert witness is not None
    assert witness.witness == (("D_0(x)", "1 and 2"),)
    assert (float(witness.left), round(float(witness.right), 6)) == (1, 1.414214)
    assert sd.check(_with_noise("0"), r"P_s \propto \frac1{D_0(x)}").verdict == "proved"


def test_a_half_width_is_no_rate_of_tumbles() -> None:
    model = sd.JumpModel(
        parameters={"U": "positive", "H": "positive", "kappa": "positive"},
        coordinates=["x"],
        states=[{"velocity": "U*y/H", "diffusivity": "kappa"}],
        internal=[{"name": "y", "domain": "0 < y < H", "diffusivity": "kappa"}],
    )
    witness = sd.check(model, r"D = \kappa\left(1+\frac{U^2H^2}{30\kappa^2}\right)").witness
    assert witness is not None
    assert "half width" in witness.mend
    assert "tumble" not in witness.mend


def test_the_order_of_a_fractional_derivative_is_named() -> None:
    verdict = sd.check(sd.load("stable_steps"), r"P_t = -\frac{c^\alpha}{\tau}(-\Delta)^{\alpha}P")
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None
    assert "the order of the derivative" in verdict.witness.mend
    assert verdict.witness.correct != 0
    twice = sd.check(sd.load("stable_steps"), r"P_t = -\frac{2c^\alpha}{\tau}(-\Delta)^{\alpha}P").witness
    assert twice is None or "the order" not in twice.mend


def test_averages_are_printed_as_they_are_written() -> None:
    assert role_text("stationary <x**2 + y**2>") == "stationary ⟨x² + y²⟩"
    assert role_text("<Abs(x)**q>") == "⟨|x|^q⟩"
    verdict = sd.check(_two_velocities("-w"), r"D = \frac{w^2}{f_1+f_2}")
    lines = verdict_lines(verdict, typography_of(_two_velocities("-w")))
    assert any(line.startswith("  right is   D = 4f₁ f₂ w²/(f₁ + f₂)³ (long-wave)") for line in lines)


def test_a_stationary_variance_is_called_so() -> None:
    """Resetting with drift: Var = 2 D/r + v^2/r^2 (Evans, Majumdar, Schehr 2020); it was shown as the stationary mean of x."""
    model = sd.JumpModel(
        parameters={"v": "real", "D0": "positive", "r": "positive"},
        coordinates=["x"],
        states=[{"velocity": "v", "diffusivity": "D0"}],
        jumps=[{"destination": ["0"], "rate": "r"}],
    )
    wrong = sd.check(model, r"\mathrm{Var}_{st}(x) = \frac{2D_0}{r}").witness
    assert wrong is not None
    assert dict(wrong.derived).keys() == {"stationary Var(x)"}
    assert str(wrong.correct) == "2*D0/r + v**2/r**2"
    assert sd.check(model, r"\mathrm{Var}_{st}(x) = \frac{2D_0}{r}+\frac{v^2}{r^2}").verdict == "proved"


@pytest.mark.parametrize(("power", "expected"), [(2, "proved"), (3, "refuted")])
def test_terms_of_other_dimension_hold_in_no_limit(power: int, expected: str) -> None:
    """A term that is small where mu is, but no square of a length beside sigma^2, is wrong in every unit but one."""
    verdict = sd.check(sd.load("biased_walk_with_exponential_waits"), rf"D = \frac{{\mu^{power}+\sigma^2}}{{2\tau}}")
    assert verdict.verdict == expected


@pytest.mark.parametrize(("spread", "expected"), [("- \\frac{(g+b)h^2}{2} P_x", "proved"), ("", "refuted")])
def test_what_is_right_is_said_in_general_and_not_of_a_found_limit(spread: str, expected: str) -> None:
    """Jumps h at the rate g and -h at b: J = (g - b) h P - (g + b) h^2/2 P_x, by hand; g h^2 where g - b is small alone."""
    model = sd.JumpModel(
        parameters={"g": "positive", "b": "positive", "h": "positive"},
        coordinates=["x"],
        jumps=[{"displacement": "h", "rate": "g"}, {"displacement": "-h", "rate": "b"}],
    )
    verdict = sd.check(model, rf"J = (g-b)hP {spread}")
    assert verdict.verdict == expected
    if expected == "refuted":
        assert verdict.witness is not None
        assert verdict.witness.name == "long-wave"
        assert "(b + g)" in verdict.witness.mend
        assert "missing" in verdict.witness.mend


def test_what_is_right_in_a_found_limit_names_it() -> None:
    """A slip that shows where 2p - 1 is small: D = l^2/tau for l^2/(2 tau), which is 2p(1 - p) l^2/tau in general."""
    model = sd.JumpModel(
        parameters={"p": "probability", "l": "positive", "tau": "positive"},
        coordinates=["x"],
        time_step="tau",
        jumps=[{"displacement": "l", "probability": "p"}, {"displacement": "-l", "probability": "1 - p"}],
    )
    verdict = sd.check(model, r"D = \frac{l^2}{\tau}")
    assert verdict.verdict == "refuted"
    (line,) = [x for x in verdict_lines(verdict, typography_of(model)) if "right is" in x]
    assert "in the limit in which 2p − 1 is small" in line
    (general,) = [
        x
        for x in verdict_lines(sd.check(model, r"D = \frac{4p(1-p)l^2}{\tau}"), typography_of(model))
        if "right is" in x
    ]
    assert "limit" not in general
