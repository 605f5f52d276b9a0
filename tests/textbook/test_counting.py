"""Numbers of walks at the test vectors of the collection, through the JSON of ``symdiff count``."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import symdiff as sd
from symdiff import counting
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


def steps(name: str) -> counting.StepSet:
    return counting.steps_of(sd.load(str(DATA / "models" / "remaining" / f"{name}.toml")))


def test_local_limits_and_visits_vs_textbook_test_vectors() -> None:
    line, square = steps("srw-1d"), steps("srw-square")
    law = counting.local_limit(line)
    assert law.parity_factor == pytest.approx(2.0)  # rw1d-parity-local-clt, wc-pointwise-parity (claimed: 1)
    found = counting.expansion(counting.recurrence(line), 1)
    leading = found.cosets / math.sqrt(2 * math.pi * 400 * found.determinant)
    assert leading * (1 + found.coefficients[-1] / 400) == pytest.approx(0.039869294147618178252, rel=1e-14)
    law = counting.local_limit(square)
    determinant = law.covariance[0][0] * law.covariance[1][1] - law.covariance[0][1] ** 2
    assert law.parity_factor is not None  # fp-return-2d: n P(2n) tends to 1/pi
    assert law.parity_factor / (2 * math.pi * 2 * math.sqrt(determinant)) == pytest.approx(0.31830988618379067154)
    assert float(counting.endpoint_law(square, 12).probability((0, 0))) == pytest.approx(0.05088901519775390625)
    visits = counting.visits_law(line, 18)  # pc-visits-origin, the start counted
    mean = sum(k * number for k, number in enumerate(visits.numbers, start=1)) / visits.total
    assert float(mean) == pytest.approx(3.5239410400390625)
