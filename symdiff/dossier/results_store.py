"""Results of long runs, kept in one SQLite file so that a run that was cut off goes on where it stopped.

A row is addressed by everything that fixes its numbers (model, values, seed, tier, chunk, versions) and holds integers and JSON
text, never pickles. Every row carries a checksum, every write is one transaction in a write-ahead log, and only the process
that drives a run writes: workers hand their results back. What is damaged is refused, not repaired in silence.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symdiff.errors import InternalFaultError, ResourceError, UsageError

APPLICATION = 0x73796D64  # "symd": marks the file as ours
FORMAT = 1
WAIT = 30.0  # seconds to wait for another process that is writing
NETWORK = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|afs|afpfs|ncpfs|ceph|glusterfs|lustre|gpfs|beegfs|orangefs|pvfs2|panfs|"
                     r"9p|davfs2?|fuse\.(sshfs|s3fs|gcsfuse|rclone|glusterfs|cephfs|davfs2?|nfs\w*)")  # fmt: skip
_TABLE = """CREATE TABLE results (
  key TEXT PRIMARY KEY, tier TEXT NOT NULL, chunk INTEGER NOT NULL, seed INTEGER NOT NULL,
  about TEXT NOT NULL, data TEXT NOT NULL, checksum TEXT NOT NULL) WITHOUT ROWID"""


class ResultsStore:
    """One file of results; used as a context manager. Raises :class:`UsageError` for what is no sound store of ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        kind = file_system(path)
        if NETWORK.fullmatch(kind):
            raise UsageError(f"'{path.name}' would lie on a network file system ({kind}), where two writers can damage it",
                             where="--store", instead="name a file on a local disk, such as one in /tmp")  # fmt: skip
        try:
            self._connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
            self._prepare()
        except sqlite3.Error as error:
            raise self._refusal(error) from None

    def __enter__(self) -> ResultsStore:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _prepare(self) -> None:
        run = self._connection.execute
        if run("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise self._damaged("its pages contradict each other")
        run("BEGIN IMMEDIATE")  # of two processes that open a new file, one makes the table
        found, version = run("PRAGMA application_id").fetchone()[0], run("PRAGMA user_version").fetchone()[0]
        empty = run("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty and found == 0:
            run(_TABLE)
            run(f"PRAGMA application_id = {APPLICATION}")
            run(f"PRAGMA user_version = {FORMAT}")
        run("COMMIT")
        if not empty and (found, version) != (APPLICATION, FORMAT):
            raise UsageError(f"'{self.path.name}' is no store of results of this version", where="--store",
                             instead="name another file; it is made where it does not exist")  # fmt: skip
        if run("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise UsageError(f"the file system of '{self.path.name}' does not allow a write-ahead log", where="--store",
                             instead="name a file on a local disk")  # fmt: skip
        run("PRAGMA synchronous = FULL")

    # --- rows -------------------------------------------------------------------------------------------------------

    def get(self, about: Mapping[str, Any]) -> Any | None:
        """The result of exactly this task, or None; raises where the row was changed since it was written."""
        text = canonical(about)
        try:
            row = self._connection.execute(
                "SELECT about, data, checksum FROM results WHERE key = ?", (digest(text),)
            ).fetchone()
        except sqlite3.Error as error:
            raise self._refusal(error) from None
        if row is None:
            return None
        if row[0] != text or row[2] != digest(row[0] + row[1]):
            raise self._damaged("a row does not match its checksum")
        return json.loads(row[1])

    def put(self, about: Mapping[str, Any], data: Any) -> None:
        """Keep one result. A different result of the same task is a fault: results follow from what addresses them."""
        text, body = canonical(about), canonical(data)
        row = (
            digest(text),
            str(about["tier"]),
            int(about["chunk"]),
            int(about["seed"]),
            text,
            body,
            digest(text + body),
        )
        try:
            written = self._connection.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            changed = written.rowcount
        except sqlite3.Error as error:
            raise self._refusal(error) from None
        if not changed and canonical(self.get(about)) != body:
            raise InternalFaultError(f"two runs of one task gave different results ({text})", where=self.path.name)

    # --- errors -----------------------------------------------------------------------------------------------------

    def _damaged(self, why: str) -> UsageError:
        return UsageError(f"the store '{self.path.name}' is damaged: {why}", where="--store",
                          instead="move it away, and its results are worked out anew")  # fmt: skip

    def _refusal(self, error: sqlite3.Error) -> UsageError | ResourceError:
        text = str(error)
        if "full" in text:
            return ResourceError(f"no room for the store '{self.path.name}': what it holds is safe", where="--store",
                                 instead="free some space and run the same command again: it goes on from there")  # fmt: skip
        if "disk I/O" in text:
            return ResourceError(f"the disk refused to read or to write the store '{self.path.name}' ({text})", where="--store",
                                 instead="see to the disk, its quota and the limits on file sizes, and run the same command again: what was kept is checked, and it goes on from there")  # fmt: skip
        if "locked" in text or "busy" in text:
            return ResourceError(f"another process has held the store '{self.path.name}' for {WAIT:g} seconds", where="--store",
                                 instead="wait for it, or name another file")  # fmt: skip
        if "unable to open" in text or "readonly" in text:
            return UsageError(f"the store '{self.path.name or self.path}' cannot be written ({text})", where="--store",
                              instead="name a file in a folder that exists and can be written to")  # fmt: skip
        if "not a database" in text:
            return UsageError(f"'{self.path.name}' is no store of results, or a damaged one ({text})", where="--store",
                              instead="name another file; it is made where it does not exist")  # fmt: skip
        return self._damaged(text)


def canonical(value: Any) -> str:
    """One JSON text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(text: str) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_system(path: Path) -> str:
    """The type of the file system that a path lies on, in the system's own word; "" where it cannot be told."""
    place = path.resolve()
    if sys.platform == "win32":
        return _windows(place)
    if sys.platform == "darwin":
        return _longest(place, _mac_mounts())
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return _longest(place, [_linux_mount(line) for line in lines if " - " in line])


def _linux_mount(line: str) -> tuple[str, str]:
    """Mount point and type; spaces in paths are written as octal numbers."""
    before, _, after = line.partition(" - ")
    point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), before.split()[4])
    return point, after.split()[0]


def _mac_mounts() -> list[tuple[str, str]]:
    import subprocess

    try:
        shown = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [(m[1], m[2]) for m in re.finditer(r" on (.+) \((\w+)[,)]", shown)]


def _longest(place: Path, mounts: list[tuple[str, str]]) -> str:
    """The type of the innermost mount that holds a path; of two at one point the later one covers the earlier."""
    found = [(len(Path(point).parts), n, kind) for n, (point, kind) in enumerate(mounts) if place.is_relative_to(point)]
    return max(found)[2] if found else ""


def _windows(place: Path) -> str:
    import ctypes

    if str(place).startswith("\\\\"):
        return "smb"
    remote = 4
    library: Any = getattr(ctypes, "windll", None)
    return "smb" if library is not None and library.kernel32.GetDriveTypeW(place.anchor) == remote else ""
