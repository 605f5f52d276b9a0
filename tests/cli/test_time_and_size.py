"""``--timeout`` against work that never ends and takes every error for an answer; ``--max-terms`` against sizes that are known.

Each command's own work is replaced by an endless loop that catches ``Exception``, as a library may; the command has to end
with status 3 all the same.
"""

from __future__ import annotations

import importlib
import json
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

import pytest

from symdiff.cli.arguments import COMMANDS
from symdiff.cli.main import main

LOADING = "symdiff.dossier.gallery.load"
WORK = {  # what is replaced, and the arguments
    "derive": (LOADING, ["biased_walk"]),
    "certify": ("symdiff.certifier.check", ["{file}"]),
    "check": (LOADING, ["biased_walk"]),
    "compare": (LOADING, ["biased_walk", "lax_wendroff"]),
    "valid": (LOADING, ["biased_walk", "--length", "1", "--time", "1"]),
    "verify": (LOADING, ["biased_walk"]),
    "solve": (LOADING, ["biased_walk", "--times", "1"]),
    "sweep": (LOADING, ["biased_walk", "--over", "p=0.1,0.2"]),
    "count": (LOADING, ["biased_walk", "-n", "3"]),
    "read": ("symdiff.cli.read.read_latex", ["x"]),
    "report": (LOADING, ["biased_walk", "-o", "{folder}/out.html"]),
    "export": (LOADING, ["biased_walk", "--to", "sde"]),
    "new": ("symdiff.cli.new.pasted_model", ["--latex", "x"]),
    "list": ("symdiff.cli.list.entries", []),
    "web": ("symdiff.cli.web.run", []),
    "schema": ("symdiff.cli.schema.model_schema", []),
    "completion": ("symdiff.cli.completion.run", ["bash"]),
}
SIZED = ("derive", "check", "compare", "valid", "verify", "solve", "sweep", "report", "export")


def _endless(*_arguments: Any, **_named: Any) -> NoReturn:
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def _arguments(command: str, folder: Path) -> list[str]:
    (folder / "file").write_text("{}")
    return [command, *(a.format(file=folder / "file", folder=folder) for a in WORK[command][1])]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer here")
@pytest.mark.parametrize("command", COMMANDS)
def test_timeout_against_endless_work(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module(f"symdiff.cli.{command}")
    monkeypatch.setattr(WORK[command][0], _endless)
    begin = time.monotonic()
    assert main([*_arguments(command, tmp_path), "--timeout", "0.05"]) == 3
    assert "no result within 0.05 seconds" in capsys.readouterr().err
    assert time.monotonic() - begin < 20
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer here")
def test_timeout_of_several_models_against_those_that_were_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from symdiff.cli import derive
    from symdiff.cli.output import Outcome

    def run(reference: str, _options: Any) -> Outcome:
        return Outcome(0, document={"done": reference}) if reference == "a" else _endless()

    monkeypatch.setattr(derive, "run", run)
    assert main(["derive", "a", "b", "c", "--json", "--timeout", "0.5"]) == 3
    first, *rest = json.loads(capsys.readouterr().out)["results"]
    assert first == {"file": "a", "done": "a"}
    assert [(r["file"], r["error"]["status"]) for r in rest] == [("b", 3), ("c", 3)]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer here")
@pytest.mark.parametrize("asked", [[], ["--json"]])
def test_what_was_found_in_time_is_not_cut_off_while_it_is_read(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow reader let the time run out in the middle of a document, behind which stood the error's."""
    left = []
    monkeypatch.setattr("symdiff.cli.main._print", lambda *_: left.append(signal.getitimer(signal.ITIMER_REAL)))
    assert main(["count", "biased_walk", "-n", "1", "--timeout", "600", *asked]) == 0
    assert left == [(0, 0)]


@pytest.mark.parametrize("command", SIZED)
def test_max_terms_against_a_walk_of_five_terms(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One coordinate, order 2 and the two beyond: C(5, 1) = 5 terms; a limit of 4 refuses them before anything else."""
    assert main([*_arguments(command, tmp_path), "--max-terms", "4"]) == 2
    assert "about 5 terms, more than 4" in capsys.readouterr().err
    assert not (tmp_path / "out.html").exists()
