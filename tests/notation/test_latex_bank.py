"""Two hundred formulas as lecturers write them, against readings that were judged by eye before they were put into the table."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy as sp

from symdiff.cli.pasted import reading_lines, style_of
from symdiff.errors import ExpressionError
from symdiff.notation.display.build import build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.latex import read_latex

from test_latex_corpus import same  # isort: skip

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "data" / "latex_bank.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def _reading(latex: str) -> str:
    try:
        return " ; ".join(map(str, read_latex(latex).equations))
    except ExpressionError as error:
        return f"refused: {error.message}" if error.instead else "refused without advice"


@pytest.mark.parametrize("kind", sorted({name[0] for name, _, _ in ROWS}))
def test_readings_vs_the_table(kind: str) -> None:
    found = {name: (_reading(latex), expected) for name, latex, expected in ROWS if name[0] == kind}
    assert {name: pair for name, pair in found.items() if pair[0] != pair[1]} == {}


def test_no_two_readings_of_the_table_are_the_same() -> None:
    """Negative control: a reader that drops a term, or the table compared with itself, would make some the same."""
    readings = [expected for _, _, expected in ROWS if not expected.startswith("refused")]
    assert len(readings) > 195
    assert len(set(readings)) > len(readings) - 4
    assert all(_reading(latex.replace("=", "= 3 +", 1)) != expected for _, latex, expected in ROWS[:40])


# a sum under a condition has no LaTeX of its own; p beside p(x), a derivative by x(i) and an index of a label need the context
UNSETTLED = {"B13", "H2", "H49", "K5"}


def _canonical(e: sp.Basic) -> sp.Basic:
    """Mixed derivatives in one order."""
    found = {d: sp.Derivative(d.expr, *sorted(d.variable_count, key=str)) for d in e.atoms(sp.Derivative)}
    return e.xreplace(found)


def _shown_again(latex: str) -> list[tuple[str, sp.Basic, object]]:
    """For each equation of a reading: its LaTeX as it is shown back, the equation, and what is read from that LaTeX."""
    reading = read_latex(latex)
    style, found = style_of(reading), []
    assert reading_lines(reading)
    for equation in reading.equations:
        shown = to_latex(build(equation, style))
        assert "mathtt" not in shown, shown
        try:
            again: object = read_latex(shown).equations
        except ExpressionError as error:
            again = error
        found.append((shown, equation, again))
    return found


@pytest.mark.parametrize("kind", sorted({name[0] for name, _, _ in ROWS}))
def test_a_reading_shown_back_is_read_as_the_same(kind: str) -> None:
    wrong = []
    for name, latex, expected in ROWS:
        if name[0] != kind or name in UNSETTLED or expected.startswith("refused"):
            continue
        for shown, equation, again in _shown_again(latex):
            right = isinstance(again, tuple) and len(again) == 1 and same(_canonical(again[0]), _canonical(equation))
            if not right:
                wrong.append((name, shown, again))
    assert wrong == []
