"""What is not counted is refused with the reason that is true of it."""

from __future__ import annotations

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
