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
    answers = ["Mine", "x", "tau", "ell", "p*(", "ell", "p", "positiv", "", "0 < p < 1", "-ell", "1 - p", ""]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join([*answers[:4], "p*(", "", "", *answers[5:], ""])))
    out = tmp_path / "walk.toml"
    assert main(["new", "-o", str(out)]) == 0
    said = capsys.readouterr().err
    assert "did you mean 'positive'" in said
    assert str(sd.derive(sd.load(out), regime="long-wave").coefficient("v")) == "ell*(2*p - 1)/tau"


def test_no_progress_is_written_over_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal("")
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n", wait=1.3))
    with Progress("new"):
        assert ask("Well? ") == "yes"
    assert shown.getvalue().endswith("Well? ")
