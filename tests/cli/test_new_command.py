"""``symdiff new`` at a terminal: what cannot be read is asked again, and no progress is written over a question."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.cli.main import main
from symdiff.cli.output import Progress, ask


class Terminal(io.StringIO):
    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait

    def isatty(self) -> bool:
        return True

    def readline(self, *size: int) -> str:  # type: ignore[override]
        time.sleep(self.wait)
        return super().readline(*size)


def test_wrong_answers_are_explained_and_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answers = [
        "Mine",
        "x x",
        "x",
        "",
        "2*",
        "tau",
        "",
        "",
        "ell",
        "p*(",
        "",
        "",
        "ell",
        "p",
        "positiv",
        "",
        "0 < p < 1",
        "-ell",
        "1 - p",
        "",
    ]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join([*answers, ""])))
    out = tmp_path / "walk.toml"
    assert main(["new", "-o", str(out)]) == 0
    said = capsys.readouterr().err
    assert "'x x' is no name" in said  # each is asked again at once, not when it can no longer be changed
    assert "a model has one jump at least" in said
    assert "did you mean 'positive'" in said
    assert str(sd.derive(sd.load(out), regime="long-wave").coefficient("v")) == "ell*(2*p - 1)/tau"


def test_internal_states_are_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The persistent walk of textbooks, D = p ell^2/(2 (1 - p) tau)."""
    jumps = [(f"{sign}ell", state, to, chance) for sign, state, other in (("", "right", "left"), ("-", "left", "right"))
             for to, chance in (("", "p"), (other, "1 - p"))]  # fmt: skip
    first, *others = ["\n".join(jump) for jump in jumps]
    said = ["Mine", "", "right, left", "tau", "", first, "", "probability", *others, "", ""]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(said)))
    out = tmp_path / "walk.toml"
    assert main(["new", "-o", str(out)]) == 0
    assert str(sd.derive(sd.load(out), regime="long-wave").coefficient("D")) == "ell**2*p/(2*tau*(1 - p))"


def test_no_progress_is_written_over_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal("")
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n", wait=1.3))
    with Progress("new"):
        assert ask("Well? ") == "yes"
    assert shown.getvalue().endswith("Well? ")
