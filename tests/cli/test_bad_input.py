"""Hostile and broken input, as a whole process: exit status 2 within two seconds, one message, nothing left behind."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

WALK = """
[parameters]
h = "positive"
p = "probability"
tau = "positive"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "1 - p"
[[claims]]
latex = 'v = (2p-1)h/\\tau'
"""

FILES: dict[str, bytes] = {
    "not-toml": b"this is not toml",
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "huge": b"# x\n" * 2_600_000,
    "unknown-key": WALK.replace("displacement", "displacemnt", 1).encode(),
    "unknown-symbol": WALK.replace('"p"', '"pp"', 1).encode(),
    "wrong-dimension": WALK.replace('"h"\nprob', '["h", "h"]\nprob', 1).encode(),
    "probability-above-one": WALK.replace('probability = "p"', 'probability = "1 + h"', 1).encode(),
    "probability-negative": WALK.replace('probability = "p"', 'probability = "-h"', 1).encode(),
    "latex-in-double-quotes": WALK.replace("'v = (2p-1)h/\\tau'", '"v = \\tau"').encode(),
    "zero-dimension": WALK.replace('["x"]', "[]").encode(),
    "complex-rate": WALK.replace('probability = "p"', 'probability = "sqrt(-tau)"', 1).encode(),
    "import": WALK.replace('probability = "p"', "probability = \"__import__('os').system('touch pwned')\"", 1).encode(),
    "tower": WALK.replace('probability = "p"', 'probability = "9**9**9**9"', 1).encode(),
    "factorial": WALK.replace('probability = "p"', 'probability = "factorial(10**10)"', 1).encode(),
    "deep": WALK.replace('probability = "p"', f'probability = "{"(" * 3000}p{")" * 3000}"', 1).encode(),
    "deep-toml": b"a = " + b"[" * 100_000,
    "circle": (WALK + '[definitions]\na = "b"\nb = "a"\n').encode(),
    "huge-number": WALK.replace('probability = "p"', f"probability = {'9' * 5000}", 1).encode(),
    "diverging": (WALK + "[scaling]\nh = 1\ntau = 2\n").encode(),
    "contradiction": (WALK + '[scaling]\nh = 1\ntau = 2\n"h/tau" = 1\n"2*p - 1" = 1\n').encode(),
}  # fmt: skip


@pytest.mark.parametrize("command", ["derive", "check", "report"])
@pytest.mark.parametrize("name", FILES)
def test_bad_files_end_with_status_2_within_two_seconds(tmp_path: Path, name: str, command: str) -> None:
    if name in ("unknown-key", "empty", "binary") or command == "derive" or name == "diverging":
        (tmp_path / "walk.toml").write_bytes(FILES[name])
        extra = ["-o", "out.html"] if command == "report" else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = subprocess.run([sys.executable, "-m", "symdiff.cli.main", command, "walk.toml", *extra], cwd=tmp_path, capture_output=True,
                               text=True, timeout=20, check=False)  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert found.returncode == 2, found.stderr
        assert "Traceback" not in found.stderr + found.stdout
        assert found.stderr.startswith("symdiff: ")
        assert found.stderr.count("symdiff: ") <= 2
        assert str(tmp_path) not in found.stderr + found.stdout
        assert sorted(p.name for p in tmp_path.iterdir()) == ["walk.toml"]
        assert spent < 2, f"{spent:.1f} s of processor time; two seconds are asked for"


def test_devices_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (str(tmp_path), "/dev/zero", str(tmp_path / "none.toml")):
        found = subprocess.run(
            [sys.executable, "-m", "symdiff.cli.main", "derive", path],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert found.returncode == 2
        assert "Traceback" not in found.stderr
