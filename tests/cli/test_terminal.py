"""At a terminal a pasted equation is confirmed, corrected or declined."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from symdiff.cli.main import main

pty = pytest.importorskip("pty")


def at_a_terminal(arguments: list[str], answers: list[str], folder: Path) -> tuple[int, str]:
    """Exit status, and all that the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "symdiff.cli.main", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, close_fds=True)
    os.close(theirs)
    shown = ""
    while True:
        try:
            piece = os.read(ours, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
        if "? [" in shown.rpartition("\n")[2] and "] " in shown.rpartition("\n")[2] and answers:
            os.write(ours, (answers.pop(0) + "\n").encode())
    os.close(ours)
    return process.wait(timeout=60), shown


LATEX = r"P_n(t+\tau) = \tfrac12 P_{n-1}(t) + \tfrac12 P_{n+1}(t)"


@pytest.mark.slow
def test_a_reading_is_corrected_and_then_confirmed(tmp_path: Path) -> None:
    answers = ["nonsense", "tau: coordinate", "tau: parameter", "y"]
    status, shown = at_a_terminal(["new", "--latex", LATEX, "-o", "walk.toml"], answers, tmp_path)
    assert status == 0, shown
    assert "'nonsense' is no answer" in shown
    assert shown.count("Is this what you mean?") == 4
    assert 'time_step = "tau"' in (tmp_path / "walk.toml").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["n", "\x04"])
def test_a_declined_reading_writes_nothing(tmp_path: Path, answer: str) -> None:
    status, shown = at_a_terminal(["new", "--latex", LATEX, "-o", "walk.toml"], [answer], tmp_path)
    assert status == 2
    assert "declined" in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
    ],
)
def test_colours_are_for_terminals_that_show_them(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environment: dict[str, str], coloured: bool
) -> None:
    shown = io.StringIO()
    shown.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["check", "continuous_time_diffusion"]) == 0
    assert ("\033[32mPROVED\033[0m" in shown.getvalue()) == coloured
    assert ("\033" in shown.getvalue()) == coloured
    assert "PROVED" in shown.getvalue()
