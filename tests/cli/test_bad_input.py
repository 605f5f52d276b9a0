"""Bad input against the contract: exit status 2, one located message, nothing executed, nothing left behind.

Time is CPU time against ``HANG``, far beyond what any of them takes: the figures are measured by tests/benchmarks/reading.py.
"""

from __future__ import annotations

import io
import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symdiff.cli.main import main

HANG = 30  # seconds

WALK = """
title = "walk"
[parameters]
h = "positive"
tau = "positive"
p = "probability"
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
id = "drift"
latex = 'v = (2p-1)h/\\tau'
"""

P = 'probability = "p"'


def _first(new: str) -> bytes:
    return WALK.replace(P, new, 1).encode()


FILES = {
    "empty": b"",
    "spaces": b" \n\t\n",
    "not-toml": b"this is { not toml",
    "prose": b"Dear symdiff, please derive the diffusion equation.",
    "binary": bytes(range(256)) * 40,
    "nulls": b"\0" * 5000,
    "utf16": WALK.encode("utf-16"),
    "latin1": WALK.replace("walk", "L\u00e9vy").encode("latin-1"),
    "unpaired": WALK.replace('"walk"', '"\\ud800"').encode(),
    "ten-megabytes": b"# " + b"x" * 10_000_000,
    "unknown-key": WALK.replace("time_step", "time_stpe").encode(),
    "unknown-table": (WALK + "[regime]\nh = 1\n").encode(),
    "unknown-jump-key": _first('probabilty = "p"'),
    "unknown-symbol": _first('probability = "q"'),
    "misspelt-law": (WALK.split("[[jumps]]")[0] + '[[jumps]]\ndistribution = "gausian"\nmean = "0"\nvariance = "h**2"\nprobability = "1"\n').encode(),
    "too-many-coordinates": WALK.replace('displacement = "h"', 'displacement = ["h", "h"]').encode(),
    "too-few-coordinates": WALK.replace('["x"]', '["x", "y"]').encode(),
    "same-coordinate-twice": WALK.replace('["x"]', '["x", "x"]').encode(),
    "coordinate-is-parameter": WALK.replace('["x"]', '["h"]').encode(),
    "negative-probability": _first('probability = "-1/2"'),
    "negative-for-all": _first('probability = "-p - 1/10"'),
    "above-one": _first('probability = "3/2"'),
    "sum-above-one": WALK.replace('"1 - p"', '"3/2 - p/2"').encode(),
    "nan": _first("probability = nan"),
    "infinite": _first("probability = inf"),
    "infinite-word": _first('probability = "oo"'),
    "division-by-zero": _first('probability = "p/0"'),
    "hidden-zero": _first('probability = "p/(h - h)"'),
    "boolean": _first("probability = true"),
    "table": _first("probability = {a = 1}"),
    "date": _first("probability = 2020-01-01"),
    "rate-and-probability": _first('probability = "p"\nrate = "p"'),
    "no-jumps": WALK.split("[[jumps]]")[0].encode(),
    "jumps-as-table": WALK.split("[[jumps]]")[0].encode() + b'[jumps]\ndisplacement = "h"\n',
    "latex-in-double-quotes": WALK.replace("'v = (2p-1)h/\\tau'", '"v = \\tau"').encode(),
    "unbalanced-latex": WALK.replace("'v = (2p-1)h/\\tau'", "'v = \\frac{2p-1'").encode(),
    "zero-dimension": WALK.replace('["x"]', "[]").encode(),
    "complex-rate": _first('probability = "sqrt(-tau)"'),
    "logarithm-of-negative": _first('probability = "log(-h)"'),
    "import": _first("probability = \"__import__('os').system('touch pwned')\""),
    "attribute": _first('probability = "p.__class__"'),
    "lambda": _first('probability = "(lambda: 1)()"'),
    "format": _first('probability = "\'{0}\'.format(p)"'),
    "subscript": _first('probability = "p[0]"'),
    "caret": _first('probability = "p^2"'),
    "semicolon": _first('probability = "p; p"'),
    "newline": _first('probability = "p\\n+ p"'),
    "control-character": _first('probability = "p\\u0007"'),
    "tower": _first('probability = "9**9**9**9"'),
    "tower-of-symbols": _first('probability = "p**(10**9)"'),
    "factorial": _first('probability = "factorial(10**10)"'),
    "nested-factorial": _first('probability = "factorial(factorial(20))"'),
    "binomial": _first('probability = "binomial(10**8, 5*10**7)"'),
    "gamma": _first('probability = "gamma(10**12)"'),
    "root-tower": _first(f'probability = "{"sqrt(" * 200}p{")" * 200}"'),
    "product": _first(f'probability = "{"*".join(["(p + h + tau)"] * 4000)}"'),
    "power-of-sum": _first('probability = "(p + h + tau + 1)**100000"'),
    "powers-of-powers": _first('probability = "((((p + h)**9)**9)**9)**9"'),
    "power-of-three": _first('probability = "(p + h + x)**400"'),
    "product-of-powers": _first('probability = "(1 - p)**90*(1 - h)**90"'),
    "deep": _first(f'probability = "{"(" * 3000}p{")" * 3000}"'),
    "deep-toml": b"a = " + b"[" * 100_000,
    "deep-tables": ("[" + "a." * 5000 + "a]").encode(),
    "long-key": ".".join(["a"] * 200_000).encode() + b" = 1",
    "long-quoted-key": ("x = {" + ".".join(["''"] * 100_000) + " = 1}").encode(),
    "long-index": WALK.replace('displacement = "-h"', 'displacement = "-j*h"\nindex = {j = ["1", "10**12"]}').encode(),
    "scaling-of-many-orders": (WALK + "[scaling]\nh = 1\ntau = 100000\n").encode(),
    "scaling-in-fine-fractions": (WALK + '[scaling]\nh = "1/1000003"\ntau = "2/7"\n').encode(),
    "circle": (WALK + '[definitions]\na = "b"\nb = "a"\n').encode(),
    "own-circle": (WALK + '[definitions]\na = "a + 1"\n').encode(),
    "laughter": (WALK + "[definitions]\n" + "".join(f'd{n} = "d{n + 1} + d{n + 1}*d{n + 1}"\n' for n in range(40)) + 'd40 = "h"\n').replace(P, 'probability = "d0"', 1).encode(),
    "laughing-functions": (WALK + "[definitions]\n" + "".join(f'"f{n}(x)" = "f{n + 1}(x)*(1 + f{n + 1}(x))"\n' for n in range(40)) + '"f40(x)" = "x"\n').replace(P, 'probability = "f0(x)"', 1).encode(),
    "huge-number": _first(f"probability = {'9' * 5000}"),
    "long-decimal": _first(f'probability = "0.{"1" * 100_000}"'),
    "exponent": _first('probability = "1e999999999"'),
    "unknown-assumption": WALK.replace('h = "positive"', 'h = "purple"').encode(),
    "contradicting-assumption": WALK.replace('h = "positive"', 'h = "h > 1, h < 0"').encode(),
    "keyword": WALK.replace('p = "probability"', 'lambda = "probability"').encode(),
    "function-name": WALK.replace('p = "probability"', 'gamma = "probability"').encode(),
    "bad-name": WALK.replace('p = "probability"', '"p q" = "probability"').encode(),
    "value-of-nothing": (WALK + "[values]\nq = 1\n").encode(),
    "value-out-of-range": (WALK + "[values]\np = 2\n").encode(),
    "diverging": (WALK + "[scaling]\nh = 1\ntau = 2\n").encode(),
    "contradiction": (WALK + '[scaling]\nh = 1\ntau = 2\n"h/tau" = 1\n"2*p - 1" = 1\n').encode(),
    "scaling-of-nothing": (WALK + "[scaling]\nq = 1\n").encode(),
    "scaling-with-words": (WALK + '[scaling]\nh = "one"\n').encode(),
    "claim-of-unknown-regime": (WALK + 'regime = "difusive"\n').encode(),
    "claim-twice": (WALK + "[[claims]]\nid = \"drift\"\nlatex = 'v = 0'\n").encode(),
    "claim-without-statement": (WALK + '[[claims]]\nid = "nothing"\n').encode(),
    "expect-nonsense": (WALK + 'expect = "maybe"\n').encode(),
}  # fmt: skip
ONLY_CHECKED = {"unbalanced-latex", "claim-of-unknown-regime"}  # what is wrong with a claim stops `check`, not `derive`


def run(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str, float]:
    extra = ["-o", "out.html"] if command == "report" else []
    start = time.process_time()
    status = main([command, "walk.toml", *extra])
    out, err = capsys.readouterr()
    err = re.sub(r"^symdiff: .* \.\.\. \d+ s\n", "", err, flags=re.MULTILINE)  # progress, on a machine that is busy
    return status, out, err, time.process_time() - start


@pytest.mark.parametrize("name", FILES)
def test_bad_files_end_with_status_2_and_do_not_hang(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "walk.toml").write_bytes(FILES[name])
    command = "check" if name in ONLY_CHECKED else "derive"
    status, out, err, seconds = run(command, tmp_path, capsys)
    assert status == 2, out
    assert "Traceback" not in err + out
    assert err.startswith(("symdiff: walk.toml", "symdiff: regime", "symdiff: claim", "symdiff: definitions")), err
    assert err.count("symdiff: ") == 1
    assert len(err) < 1500
    assert str(tmp_path) not in err + out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["walk.toml"]
    assert seconds < HANG


@pytest.mark.parametrize("command", ["check", "report", "verify"])
@pytest.mark.parametrize("name", ["empty", "binary", "unknown-key", "diverging", "tower"])
def test_other_commands_say_the_same(
    tmp_path: Path, name: str, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "walk.toml").write_bytes(FILES[name])
    status, _, err, seconds = run(command, tmp_path, capsys)
    assert status == 2
    assert err.startswith("symdiff: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["walk.toml"]
    assert seconds < HANG


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["deep-toml", "tower", *(pytest.param(n, marks=pytest.mark.exhaustive) for n in ("binary", "import", "laughter"))],
)
def test_a_fresh_process_refuses_and_does_not_hang(tmp_path: Path, name: str) -> None:
    (tmp_path / "walk.toml").write_bytes(FILES[name])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "symdiff.cli.main", "derive", "walk.toml"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["walk.toml"]
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < HANG


def test_devices_and_folders_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (str(tmp_path), "/dev/zero", str(tmp_path / "none.toml")):
        assert main(["derive", path]) == 2
        assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "p"),
        ("--set", "p="),
        ("--set", "=1"),
        ("--set", "q=1"),
        ("--set", "p=2"),
        ("--set", "p=__import__('os')"),
        ("--set", "p=9**9**9**9"),
        ("--set", "p=\a"),
        ("--order", "-1"),
        ("--order", "10**9"),
        ("--order", "999"),
        ("--regime", "\0"),
        ("--observable", "temperature"),
        ("--timeout", "-1"),
        ("--timeout", "nan"),
    ],
)
def test_bad_options_end_with_status_2(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    start = time.process_time()
    assert main(["derive", "biased_walk", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("symdiff")
    assert "Traceback" not in err
    assert time.process_time() - start < HANG


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["derive", "biased_walk", "--ordr", "3"], "did you mean '--order'?"),
        (["count", "biased_walk", "--frist-return"], "did you mean '--first-return'?"),
        (["derive", "biased_walk", "--josn=1"], "did you mean '--json'?"),
        (["check", "biased_walk", "--qqqq"], "see 'symdiff check --help'"),
        (["derve", "biased_walk"], "did you mean 'derive'?"),
        (["--qqqq"], "see 'symdiff --help'"),
        (["list", "Levy"], "symdiff list --search Levy"),
        (["new", "walk.toml"], "symdiff new -o walk.toml"),
        (["export", "biased_walk", "--to", "pde"], "did you mean 'py-pde'?"),
    ],
)
def test_what_was_meant_by_a_mistyped_option(
    capsys: pytest.CaptureFixture[str], arguments: list[str], meant: str
) -> None:
    assert main(arguments) == 2
    assert meant in capsys.readouterr().err


def test_an_output_without_greek_letters_gets_their_names_and_programs_their_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", shown)
    assert main(["derive", "biased_walk", "--regime", "diffusive"]) == 0
    assert main(["read", "D = \\tau", "--json"]) == 0
    text, document = shown.buffer.getvalue().decode("ascii").split("{", 1)
    assert "C(x, t + tau) = p C(x - ell, t) + (1 - p) C(x + ell, t)" in text
    assert "dC/dt = -(2p - 1)ell/tau dC/dx + ell^2/(2 tau) d^2C/dx^2" in text
    assert json.loads("{" + document)["equations"]


def test_streams_that_the_shell_has_closed_are_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["derive", "-"]) == 2  # it ended as a fault of symdiff itself
    assert "the file is empty" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["list"]) == 2
    assert "standard output is closed" in capsys.readouterr().err


def test_help_and_version_as_words(capsys: pytest.CaptureFixture[str]) -> None:
    for words, shown in ((["help"], "COMMAND"), (["help", "derive"], "--steps"), (["version"], "symdiff 0")):
        with pytest.raises(SystemExit):
            main(words)
        assert shown in capsys.readouterr().out


def test_a_dash_is_no_file_to_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", "biased_walk", "--to", "sde", "-o", "-"]) == 2
    assert "-o: '-' is no file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
