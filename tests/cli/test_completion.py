"""Completion scripts against the parser that they are made from; bash runs its own."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from symdiff.cli.completion import commands_of
from symdiff.cli.main import COMMANDS, build_parser, main


def test_every_command_and_option_is_completed(capsys: pytest.CaptureFixture[str]) -> None:
    commands = commands_of(build_parser())
    assert set(commands) == set(COMMANDS)
    for shell in ("bash", "zsh", "fish"):
        assert main(["completion", shell]) == 0
        script = capsys.readouterr().out
        for name, (_, options) in commands.items():
            assert name in script
            assert all(o.lstrip("-") in script for o in options)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_bash_completes_a_gallery_name(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    ask = script + "\nCOMP_WORDS=(symdiff derive persistent_walk_w); COMP_CWORD=2; _symdiff; echo ${COMPREPLY[@]}"
    assert subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True).stdout.split() == [
        "persistent_walk_with_pauses"
    ]
