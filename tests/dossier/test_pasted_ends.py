"""Rows at the ends of a lattice beside a pasted master equation: the walls that they are, worked out by hand."""

from __future__ import annotations

import pytest

from symdiff.dossier.latex_model import model_from_latex
from symdiff.model.loading import to_document

BULK = r"\dot P_n &= \lambda P_{n-1} + \mu P_{n+1} - (\lambda+\mu)P_n"

ROWS = [
    (r"\dot P_0 &= \mu P_1-\lambda P_0", [(">=", "0", "reflecting")]),
    (r"\dot P_0 &= \mu P_1-(\lambda+\mu) P_0", [(">=", "0", "absorbing")]),
    (r"\dot P_1 &= \mu P_2-(\lambda+\mu) P_1", [(">=", "a", "absorbing")]),
    (r"\dot P_N &= \lambda P_{N-1}-\mu P_N", [("<=", "N*a", "reflecting")]),
    (r"\dot P_0 &= \mu P_1-\lambda P_0\\ \dot P_N &= \lambda P_{N-1}-(\lambda+\mu) P_N",
     [(">=", "0", "reflecting"), ("<=", "N*a", "absorbing")]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "walls"), ROWS)
def test_rows_at_the_ends_are_walls(row: str, walls: list[tuple[str, str, str]]) -> None:
    found = model_from_latex(rf"\begin{{aligned}}{BULK}\\ {row}\end{{aligned}}")
    assert [(b.signs[0], str(b.members[1]), b.kind) for b in found.model.boundaries] == [
        (sign, place, kind) for sign, place, kind in walls
    ]
    assert sum("the row of site" in text for text in found.assumed) == len(walls)


@pytest.mark.parametrize(
    "row",
    [r"\dot P_0 &= 2\mu P_1-\lambda P_0", r"\dot P_0 &= \mu P_1-2\lambda P_0", r"\dot P_N &= \mu P_{N-1}-\lambda P_N"],
)
def test_other_rows_are_left_out_with_a_note(row: str) -> None:
    found = model_from_latex(rf"\begin{{aligned}}{BULK}\\ {row}\end{{aligned}}")
    assert not found.model.boundaries
    assert any("is no absorbing or reflecting end" in text for text in found.assumed)


def test_walls_in_steps_and_of_deaths_that_stop_by_themselves() -> None:
    steps = r"\begin{aligned}P_n(t+1) &= pP_{n-1}(t)+qP_{n+1}(t)\\ P_0(t+1) &= q P_0(t)+qP_1(t)\end{aligned}"
    assert [b.kind for b in model_from_latex(steps).model.boundaries] == ["reflecting"]
    deaths = r"\begin{aligned}\dot P_n &= \mu (n+1) P_{n+1} - \mu nP_n\\ \dot P_0 &= \mu P_1\end{aligned}"
    assert len(model_from_latex(deaths).model.boundaries) == 1


SYMMETRIC = r"\dot P_n = \Gamma(P_{n+1}+P_{n-1}-2P_n)"
STEPS = r"P(x,t+\tau) = \frac12P(x-\ell,t)+\frac12P(x+\ell,t)"


@pytest.mark.parametrize(
    ("text", "walls"),
    [
        (rf"{SYMMETRIC}, P_0 = P_N = 0", [(">", "0", "absorbing"), ("<", "N*a", "absorbing")]),
        (
            rf"{SYMMETRIC}, P_{{-1}} = P_0",
            [(">=", "0", "reflecting")],
        ),  # the row of 0 is then that without a loss beyond
        (rf"{SYMMETRIC}, P_0 = P_1", [(">=", "a", "reflecting")]),
        (rf"{SYMMETRIC}, P_{{n+N}} = P_n", [("<=", "0", "periodic"), ("<", "N*a", "periodic")]),
        (rf"{SYMMETRIC}, \dot P_0 = \Gamma(P_1-P_0)-\kappa P_0", [(">=", "0", "partial")]),
        (rf"{STEPS}, P(L,t)=0", [("<", "L", "absorbing")]),
        (r"\partial_t P = D P_{xx}, P_x|_{x=0} = 0", [(">=", "0", "reflecting")]),
    ],
)
def test_conditions_on_the_density_are_walls(text: str, walls: list[tuple[str, str, str]]) -> None:
    model = model_from_latex(text).model
    found = [(b.signs[i], str(b.members[i + 1]), b.kind) for b in model.boundaries for i in range(len(b.signs))]
    if walls[0][2] == "periodic":
        assert [b.kind for b in model.boundaries] == ["periodic"]
        assert str(model.boundaries[0].members[2]) == "N*a"
    else:
        assert found == walls


@pytest.mark.parametrize("condition", [r"P_0 = P_1", r"P_0 = 2P_1", r"P_3 = 1"])
def test_conditions_that_are_no_walls_are_named(condition: str) -> None:
    found = model_from_latex(rf"\dot P_n = \alpha P_{{n-1}}+\beta P_{{n+1}}-(\alpha+\beta)P_n, {condition}")
    assert not found.model.boundaries  # beside a drift a slope of zero lets walkers through
    assert any("is not part of the model" in text for text in found.assumed)


def test_the_start_of_the_walker_is_its_initial_position() -> None:
    model = model_from_latex(rf"{SYMMETRIC}, P_n(0) = \delta_{{n,m}}").model
    assert to_document(model)["initial"] == {"position": ["a*m"]}


def test_time_is_what_the_left_side_is_ahead_in() -> None:
    jumps = model_from_latex(r"P_{i,j}^{n+1} = \frac14(P_{i+1,j}^n+P_{i-1,j}^n+2P_{i,j+1}^n)").model.jumps
    assert [str(j.intensity) for j in jumps] == ["1/4", "1/4", "1/2"]
    states = r"\alpha_{n+1}(x) = p\alpha_n(x-a)+q\beta_n(x-a), \beta_{n+1}(x) = q\alpha_n(x+a)+p\beta_n(x+a)"
    assert model_from_latex(states).model.state_names == ("alpha", "beta")
