"""What is not counted is refused with the reason that is true of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from symdiff.cli.main import main


@pytest.mark.parametrize(
    ("entry", "reason", "not_said"),
    [
        ("bursty_gene", "infinite", "continuous law"),
        ("geometric_jumps", "infinite", "continuous law"),
        ("wright_fisher", "binomial", "continuous law"),
        ("gaussian_jumps_in_the_plane", "continuous law", "infinite"),
    ],
)
def test_steps_that_are_no_list_are_refused_with_their_kind(
    entry: str, reason: str, not_said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", entry, "-n", "3"]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert not_said not in said


def test_long_self_avoiding_walks_without_compiled_code_are_referred_to_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["count", "square_lattice", "-n", "60", "--self-avoiding", "--any-end"]
    for installed, advice in ((False, "the extra 'fast'"), (True, "up to 39 steps")):
        monkeypatch.setattr("symdiff.evidence.counting.self_avoiding.numba_available", lambda there=installed: there)
        assert main(command) == 2
        assert advice in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--sequence"], ["--first-passage"], ["--self-avoiding"], []])
def test_all_ends_and_one_end_exclude_each_other(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "square_lattice", "-n", "4", "--any-end", "--to", "1,1", *options]) == 2
    assert "instead" in capsys.readouterr().err


_NUMBERS = """
title = "numbers of individuals, or a place"
[parameters]
k = "positive"
M = "positive"
[model]
coordinates = ["n"]
[[jumps]]
displacement = "2"
rate = "k*M"
[[jumps]]
displacement = "-2"
rate = "RATE"
"""


@pytest.mark.parametrize(
    ("rate", "ending", "status"),
    [
        ("k*n*(n - 1)", "", 2),
        ("k*n", "", 0),  # one is left where two would go: these are no numbers of individuals
        ("k*(M + n)", "", 0),
        ("k*n*(n - 1)", "[[boundaries]]\ndomain = 'n >= 0'\nkind = 'absorbing'\n", 0),
    ],
)
def test_walks_to_negative_numbers_of_individuals_are_refused(
    rate: str, ending: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "numbers.toml"
    file.write_text(_NUMBERS.replace("RATE", rate) + ending)
    assert main(["count", str(file), "-n", "3", "--from", "2"]) == status
    said = capsys.readouterr()
    assert ("would become negative" in said.err) == (status == 2)
    assert ("(-4)" in said.out) == (status == 0 and not ending)
