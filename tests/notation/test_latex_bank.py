"""Two hundred formulas as lecturers write them, against readings that were judged by eye before they were put into the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from symdiff.errors import ExpressionError
from symdiff.notation.latex import read_latex

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
