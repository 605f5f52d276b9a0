"""Sweeps: the same bits by any executor and after a kill; the store against damage, strangers, full disks and two writers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import symdiff as sd
from symdiff.cli.main import main
from symdiff.dossier import results_store
from symdiff.dossier.results_store import ResultsStore
from symdiff.errors import InternalFaultError, ResourceError, UsageError
from symdiff.report.sweep_file import csv_bytes

ABOUT = {"model": "m", "tier": "exact", "seed": 1, "chunk": 0}
GRID = {"p": "1/4:3/4:3"}


class Backwards(Executor):
    """Runs everything at the end, the last task first."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[..., Any], Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, fn, args))
        if len(self.waiting) == 6:
            for one, function, given in reversed(self.waiting):
                one.set_result(function(*given))
        return future


def test_values_are_exact_and_coefficients_are_those_of_the_formula() -> None:
    found = sd.sweep(sd.load("biased_walk"), GRID, tier="exact", values={"ell": 2, "tau": "1/2"})
    assert [row.values[0][1] for row in found.rows] == ["1/4", "1/2", "3/4"]
    for row, p in zip(found.table(), (0.25, 0.5, 0.75), strict=True):
        assert row["long-wave.v"] == pytest.approx((2 * p - 1) * 4)  # (2p - 1) ell/tau
        assert row["long-wave.D"] == pytest.approx(2 * p * (1 - p) * 8)  # 2 p (1 - p) ell^2/tau
        assert row["exact"] == "passed"
        assert row["status"] == 0
    assert sd.from_json(found.to_json()) == found


@pytest.mark.slow
def test_any_executor_in_any_order_gives_the_same_table() -> None:
    model = sd.load("biased_walk")
    one = sd.sweep(model, GRID, tier="simulation", seed=3, budget=0.2)
    assert sd.sweep(model, GRID, tier="simulation", seed=3, budget=0.2, executor=Backwards()) == one
    with ThreadPoolExecutor(3) as threads:
        assert sd.sweep(model, GRID, tier="simulation", seed=3, budget=0.2, executor=threads) == one


def test_a_point_that_fails_is_a_row_with_its_reason() -> None:
    model = sd.loads(
        '[parameters]\nq="real"\n[model]\ncoordinates=["x"]\n[[jumps]]\ndisplacements=["1","-1"]\nrate="1/q"\n'
    )
    rows = sd.sweep(model, {"q": "0:2:3"}, tier="exact").rows
    assert [row.status for row in rows] == [2, 0, 0]
    assert rows[0].message


def test_master_equations_that_are_claimed_hold_at_the_values_that_are_set() -> None:
    for values in ({"Gamma": 2}, {"a": 1}, {"a": "1/3", "Gamma": "5/2"}):
        verdicts = sd.check_all(sd.load("continuous_time_diffusion"), values=values).verdicts
        assert all(v.as_expected for v in verdicts), values


def test_a_system_size_that_is_set_is_put_into_the_limit_not_into_the_rates() -> None:
    model = sd.load("ehrenfest_urn")
    limit = sd.derive(model, "large-system")
    change = {s: 4 for s in limit.coefficient("D").free_symbols if s.name == "N"}
    found = sd.derive(model, "large-system", values={"N": 4})
    assert found.coefficient("v") == limit.coefficient("v")
    assert found.coefficient("D") == limit.coefficient("D").xreplace(change)


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    model = "continuous_time_diffusion"
    command = f"sweep {model} --over Gamma=1:2:6 --tier simulation --seed 5 --budget 0.5 -o".split()
    program = "import sys; from symdiff.cli.main import main; sys.exit(main(sys.argv[1:]))"
    run = subprocess.Popen([sys.executable, "-c", program, *command, str(cut), "--jobs", "2"], start_new_session=True)
    store = tmp_path / "cut.csv.store"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _rows(store) < 1:
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    kept = _rows(store)
    assert 1 <= kept < 12, "the run was to be killed on its way"
    while time.monotonic() < deadline and _alive(run.pid):
        time.sleep(0.05)
    assert not _alive(run.pid), "workers outlived their driver"
    assert not cut.exists()
    assert main([*command, str(cut), "--jobs", "1"]) == main([*command, str(whole), "--jobs", "1"]) == 0
    assert cut.read_bytes() == whole.read_bytes()


def _rows(path: Path) -> int:
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])
    except sqlite3.Error:
        return 0


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# --- the store ------------------------------------------------------------------------------------------------------


def test_what_is_put_is_got_back_and_only_for_the_same_task(tmp_path: Path) -> None:
    with ResultsStore(tmp_path / "s") as one, ResultsStore(tmp_path / "s") as two:
        one.put(ABOUT, {"counts": [10**30, 2]})
        assert two.get(ABOUT) == {"counts": [10**30, 2]}
        two.put(ABOUT, {"counts": [10**30, 2]})  # the same result again, by another process
        assert one.get(ABOUT | {"chunk": 1}) is None
        assert one.get(ABOUT | {"versions": {"numpy": "9"}}) is None
        with pytest.raises(InternalFaultError, match="different results"):
            two.put(ABOUT, {"counts": [10**30, 3]})


def test_a_changed_row_is_recognised(tmp_path: Path) -> None:
    with ResultsStore(tmp_path / "s") as store:
        store.put(ABOUT, {"count": 12})
    with sqlite3.connect(tmp_path / "s") as connection:
        connection.execute("UPDATE results SET data = replace(data, '12', '13')")
    with ResultsStore(tmp_path / "s") as store, pytest.raises(UsageError, match="damaged"):
        store.get(ABOUT)


def test_a_torn_file_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with ResultsStore(path) as store:
        for chunk in range(200):
            store.put(ABOUT | {"chunk": chunk}, {"count": chunk})
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(UsageError, match="damaged"):
        _read(path, 200)


def _read(path: Path, number: int) -> None:
    with ResultsStore(path) as store:
        for chunk in range(number):
            assert store.get(ABOUT | {"chunk": chunk}) == {"count": chunk}


def test_what_is_no_store_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x" * 5000)
    with pytest.raises(UsageError, match="damaged"):
        ResultsStore(tmp_path / "text")
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("CREATE TABLE results (a)")
    with pytest.raises(UsageError, match="no store"):
        ResultsStore(tmp_path / "other")
    with pytest.raises(UsageError, match="written"):
        ResultsStore(tmp_path / "missing" / "s")


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_store, "file_system", lambda path: "nfs4")
    with pytest.raises(UsageError, match="network"):
        ResultsStore(tmp_path / "s")
    mounts = [("/", "ext4"), ("/home", "nfs4"), ("/home/me/local", "xfs")]
    assert results_store._longest(Path("/home/me/a.db"), mounts) == "nfs4"
    assert results_store._longest(Path("/home/me/local/a.db"), mounts) == "xfs"
    line = r"36 35 98:0 /mnt1 /my\040disk rw,noatime master:1 - nfs4 server:/x rw"
    assert results_store._linux_mount(line) == ("/my disk", "nfs4")


LIMITED = """
import resource, sys
from pathlib import Path
from symdiff.dossier.results_store import ResultsStore
from symdiff.errors import ResourceError
about = {"model": "m", "values": {}, "seed": 1, "tier": "exact", "chunk": 0, "versions": {}}
with ResultsStore(Path(sys.argv[1])) as store:
    store.put(about, {"count": 1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
    try:
        store.put(about | {"chunk": 1}, {"count": list(range(10_000))})
    except ResourceError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of the file size are those of Unix")
def test_a_limit_on_file_sizes_is_no_damage_of_the_store(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "s")], capture_output=True, text=True, timeout=60, check=True
    )
    assert "disk" in run.stdout
    assert "damaged" not in run.stdout
    with ResultsStore(tmp_path / "s") as store:
        assert store.get({"model": "m", "values": {}, "seed": 1, "tier": "exact", "chunk": 0, "versions": {}}) == {
            "count": 1
        }


def test_a_full_disk_keeps_what_is_there_and_says_so(tmp_path: Path) -> None:
    with ResultsStore(tmp_path / "s") as store:
        store.put(ABOUT, {"count": 1})
        store._connection.execute("PRAGMA max_page_count = 4")
        with pytest.raises(ResourceError, match="no room"):
            store.put(ABOUT | {"chunk": 1}, {"count": list(range(10_000))})
        assert store.get(ABOUT) == {"count": 1}
    with ResultsStore(tmp_path / "s") as store:
        store.put(ABOUT | {"chunk": 9999}, {"count": 2})


# --- refusals -------------------------------------------------------------------------------------------------------

REFUSED = [
    (["--over", "p=0.1:0.9"], "no range"),
    (["--over", "p=0.1:1.9:3"], "contradicts"),
    (["--over", "q=1:2:3"], "no parameter"),
    (["--over", "p=1/3", "--over", "p=1/2"], "twice"),
    (["--over", "p=1/3", "--set", "p=1/2"], "set and swept"),
    (["--over", "p=0.1:0.9:1000000"], "number of points"),
    (["--over", "p=__import__('os'):1:2"], ""),
    (["--over", "p=1/3", "-o", "out.xls"], "suffix"),
    (["--over", "p=1/3", "--cluster", "host"], "no address"),
    (["--over", "p=1/3", "--cluster", "tcp://127.0.0.1:1"], "no cluster answers"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda v: str(v)[:40])
def test_refusals_end_with_status_2_and_a_reason(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", "biased_walk", *arguments, "--json"]) == 2
    assert message in json.loads(capsys.readouterr().out)["error"]["message"]
    assert not list(tmp_path.iterdir())


def test_files_are_written(tmp_path: Path) -> None:
    found = sd.sweep(sd.load("biased_walk"), {"p": [0.25, "1/2"], "ell": [1, 2]}, tier="exact",
                     output=[tmp_path / "s.csv", tmp_path / "s.svg"])  # fmt: skip
    assert (tmp_path / "s.csv").read_bytes() == csv_bytes(found)
    assert (tmp_path / "s.csv").read_text().startswith("p,ell,diffusive.v,diffusive.D,")
    assert "ell = 2" in (tmp_path / "s.svg").read_text()
