"""Numbers of walks at the test vectors of the collection, through the JSON of ``symdiff count``."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from symdiff.cli.main import main

DATA = Path(__file__).parents[1] / "data"
VECTORS: dict[str, Any] = json.loads((DATA / "counting_vectors.json").read_text())


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_numbers_of_walks_vs_textbook_test_vectors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert VECTORS[name]
    for vector in VECTORS[name]:
        file = DATA / "models" / f"{vector['model']}.toml"
        assert main(["count", str(file), *vector["count"], "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        if vector["is"] == "total":
            got = found["total"]
        elif vector["is"] == "mean square":
            total = sum(int(row["walks"]) * sum(c**2 for c in row["site"]) for row in found["counts"])
            got = Fraction(total, int(found["total"]))
        else:
            got = found["counts"][0][vector["is"]]
        assert float(Fraction(got)) == pytest.approx(float(vector["value"]), rel=1e-14)
        assert float(Fraction(got)) + 1 != pytest.approx(float(vector["value"]), rel=1e-6)  # negative control
