"""``symdiff valid`` and ``symdiff compare`` against limits that are known by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from symdiff.cli.main import main

WALK = """
[parameters]
h = "positive"
tau = "positive"
p = "0 < p < 1"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "1 - p"
"""
RATES = """
[parameters]
a = "positive"
g = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["a", "-a"]
rate = "g"
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "walk.toml").write_text(WALK)
    (tmp_path / "rates.toml").write_text(RATES)
    return str(tmp_path / "walk.toml"), str(tmp_path / "rates.toml")


def test_symmetric_walks_in_discrete_and_continuous_time_part_at_the_fourth_order(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """D = h^2/(2 tau) = g h^2; then -h^4/(12 tau) = -g h^4/6 against +g h^4/12."""
    status, document = run(capsys, "compare", *files, "--set", "p=1/2")
    (pair,) = [p for p in document["regimes"] if p["first"] == p["second"] == "long-wave"]
    assert status == 0
    assert document["symbols"] == {"a": "h"}
    assert pair["solved"]["g"]["sympy"] == "1/(2*tau)"
    assert pair["parts_at"] == "4"


def test_a_model_has_its_own_limits_and_no_dimension_too_few(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = run(capsys, "compare", files[1], files[1])
    assert (status, document["regimes"][0]["verdict"], document["regimes"][0]["parts_at"]) == (0, "same", None)
    status, document = run(capsys, "compare", files[1], "levy_flight")
    assert (status, document["shared"]) == (1, False)
    status, document = run(capsys, "compare", files[1], "square_lattice")
    assert (status, document["error"]["status"]) == (2, 2)


def test_the_next_term_of_a_biased_walk(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """a_3/(D L) = 2 (2p - 1) h/(3 L)."""
    numbers = ["--set", "h=1/100", "--set", "tau=1/1000", "--set", "p=9/10", "--length", "1", "--time", "10"]
    status, document = run(capsys, "valid", files[0], *numbers)
    (judged,) = [r for r in document["regimes"] if r["name"] == "long-wave"]
    assert (status, judged["applies"]) == (0, True)
    assert float(judged["relative"]) == pytest.approx(2 * 0.8 * 0.01 / 3)


def test_states_that_have_not_relaxed_leave_the_diffusive_regime(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = ["--set", "ell=1/10", "--set", "tau=1", "--set", "p=99/100", "--length", "100"]
    early, late = (run(capsys, "valid", "persistent_walk", *numbers, "--time", t) for t in ("50", "5000"))
    assert (early[1]["regime"], late[1]["regime"]) == ("telegraph", "long-wave")
    status, document = run(capsys, "valid", "persistent_walk", *numbers[:-1], "1/1000", "--time", "1")
    assert (status, document["regime"]) == (3, None)


@pytest.mark.parametrize(
    "wrong", [["--length", "-1", "--time", "1"], ["--length", "1", "--time", "x"], ["--length", "1", "--time", "1"]]
)
def test_missing_and_wrong_numbers_are_named(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    status, document = run(capsys, "valid", files[0], "--set", "p=1/2", *wrong)
    assert (status, document["error"]["status"]) == (2, 2)
