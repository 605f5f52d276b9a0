"""Ctrl-C against a count that would take minutes: a signal to a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def _members(group: int) -> list[str]:
    """The processes of a group that still run."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(name)
    return found


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="the processes of a group are read from /proc")
@pytest.mark.parametrize(
    "arguments",
    [("cubic_lattice", "-n", "250"), ("paths_on_the_square_lattice", "--first-return", "-n", "30000")],
)
def test_an_interrupted_count_ends_with_130_and_leaves_no_process(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "symdiff.cli.main", "count", *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite run in the background
    ) as process:
        try:
            time.sleep(3)
            assert process.poll() is None  # it is at work
            assert _members(process.pid)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert not _members(process.pid)
