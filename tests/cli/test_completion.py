"""Completion scripts against the parser that they are made from; bash runs its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from symdiff.cli.arguments import COMMANDS, build_parser
from symdiff.cli.completion import commands_of
from symdiff.cli.main import main


def test_every_command_and_option_is_completed(capsys: pytest.CaptureFixture[str]) -> None:
    commands = commands_of(build_parser())
    assert set(commands) == set(COMMANDS)
    for shell in ("bash", "zsh", "fish"):
        assert main(["completion", shell]) == 0
        script = capsys.readouterr().out
        for name, words in commands.items():
            assert name in script
            assert all(o.lstrip("-") in script for o in words.options)
    assert commands["verify"].values == (("--tier", ("exact", "pde", "simulation", "closure")),)
    assert commands["completion"].words == ("bash", "zsh", "fish")
    for name in ("derive", "compare", "export", "valid"):
        assert "biased_walk" in commands[name].words


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_bash_completes_a_gallery_name(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    for words, expected in (("symdiff derive persistent_walk_w", ["persistent_walk_with_pauses"]),
                            ("symdiff verify x.toml --tier e", ["exact"]), ("symdiff export x.toml --to py", ["py-pde"]),
                            ("symdiff derive x.toml --observable var", ["variance"])):  # fmt: skip
        ask = (
            f"{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _symdiff; echo ${{COMPREPLY[@]}}"
        )
        found = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True).stdout.split()
        assert found == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_scripts_are_valid_in_their_shells(shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    main(["completion", shell])
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    subprocess.run([shell, "-n", str(script)], check=True, timeout=60)


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on this machine")
def test_fish_completes_commands_gallery_names_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "fish"])
    script = capsys.readouterr().out
    for line, expected in (("symdiff veri", ["verify"]), ("symdiff derive persistent_walk_w", ["persistent_walk_with_pauses"]),
                           ("symdiff verify x.toml --tier e", ["exact"])):  # fmt: skip
        ask = f"{script}\ncomplete -C '{line}'"
        found = subprocess.run(["fish", "--no-config", "-c", ask], capture_output=True, text=True, check=True).stdout
        assert [answer.split("\t")[0] for answer in found.splitlines()] == expected
