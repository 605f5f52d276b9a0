"""Rows at the ends of a lattice beside a pasted master equation: the walls that they are, worked out by hand."""

from __future__ import annotations

import pytest

from symdiff.dossier.latex_model import model_from_latex

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
