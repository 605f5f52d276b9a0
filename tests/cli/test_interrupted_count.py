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


_SAYS_WHEN_IT_COUNTS = """
import sys
from symdiff.cli import main
from symdiff.dossier import counts

def telling(count):
    def told(*given, **options):
        print("counting", file=sys.stderr, flush=True)
        return count(*given, **options)
    return told

counts.law_anywhere, counts.sequence_anywhere = telling(counts.law_anywhere), telling(counts.sequence_anywhere)
sys.exit(main.main())
"""


def _cpu_seconds(process: int) -> float:
    """The CPU time of all threads of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_until_counting(process: subprocess.Popen[str]) -> None:
    """Until the count has been called and has worked for a while since."""
    assert process.stderr is not None
    assert process.stderr.readline() == "counting\n"
    begin = _cpu_seconds(process.pid)
    while _cpu_seconds(process.pid) < begin + 0.3:
        assert process.poll() is None
        time.sleep(0.02)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="the processes of a group are read from /proc")
@pytest.mark.parametrize(
    "arguments",
    [("cubic_lattice", "-n", "250"), ("paths_on_the_square_lattice", "--first-return", "-n", "30000")],
)
def test_an_interrupted_count_ends_with_130_and_leaves_no_process(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", _SAYS_WHEN_IT_COUNTS, "count", *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite run in the background
    ) as process:
        try:
            _wait_until_counting(process)
            assert _members(process.pid)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert not _members(process.pid)
