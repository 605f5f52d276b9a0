"""Trajectories from ``.csv`` or ``.npz``, checked before anything is computed from them.

CSV: a header with ``time``, the coordinates by name and, for several trajectories, ``trajectory``; one row per position. NPZ: ``t``
of shape (T,) and ``x`` of shape (N, T) or (N, T, d). All trajectories are sampled at one and the same interval.
"""

from __future__ import annotations

import csv
import lzma
import math
import zipfile
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.errors import ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray

LARGEST = 1 << 29  # bytes of a file, and of its arrays once unpacked
# what zipfile, its decompressors and NumPy raise at a broken, encrypted or unknown archive
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, EOFError, KeyError, OverflowError, MemoryError,
               RuntimeError, RecursionError)  # fmt: skip
FARTHEST = 1e60  # its sixth power is still a number
EVEN = 1e-6  # relative deviation of a sampling interval that is rounding, not unevenness


@dataclass(frozen=True)
class Trajectories:
    """``paths`` has one array of shape (points, dimension) per trajectory; ``interval`` is the time between points."""

    paths: tuple[FloatArray, ...]
    interval: float

    def increments(self) -> tuple[FloatArray, FloatArray, Any]:
        """Starts and increments (one row each), and the number of the trajectory of each."""
        starts = np.concatenate([p[:-1] for p in self.paths])
        steps = np.concatenate([np.diff(p, axis=0) for p in self.paths])
        owners = np.repeat(np.arange(len(self.paths)), [len(p) - 1 for p in self.paths])
        return starts, steps, owners


def read_trajectories(path: Path, coordinates: Sequence[str]) -> Trajectories:
    """The trajectories in a file; raises :class:`UsageError` that says where the data are wrong."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".npz"):
        raise UsageError(
            f"'{path.name}' is neither .csv nor .npz", where="--data", instead="write the positions to one of these"
        )
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UsageError(f"'{path.name}' is no file", where="--data", instead="name a .csv or .npz file")
        if size > LARGEST:
            raise ResourceError(
                f"'{path.name}' has {size} bytes; at most {LARGEST} are read", instead="thin the data out"
            )
        found = _csv(path, coordinates) if suffix == ".csv" else _npz(path, len(coordinates))
    except OSError as error:
        raise UsageError(
            f"'{path.name}' cannot be read ({error.strerror})", where="--data", instead="check its name"
        ) from None
    if sum(len(p) - 1 for p in found.paths) < 30:
        raise UsageError(
            "fewer than 30 increments: nothing can be said", where="--data", instead="give longer or more trajectories"
        )
    return found


# --- CSV ------------------------------------------------------------------------------------------------------------


def _csv(path: Path, coordinates: Sequence[str]) -> Trajectories:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            header = [h.strip() for h in next(rows, [])]
            columns = _columns(header, coordinates)
            return _from_rows(rows, header, columns, path.name)
    except UnicodeDecodeError:
        raise UsageError(
            f"'{path.name}' is no text in UTF-8", where="--data", instead="write it as plain text"
        ) from None
    except csv.Error as error:
        raise UsageError(f"'{path.name}' is no table: {error}", where="--data") from None


def _columns(header: Sequence[str], coordinates: Sequence[str]) -> dict[str, int]:
    named = {name: n for n, name in enumerate(header)}
    time = next((n for n in ("time", "t") if n in named), None)
    missing = [c for c in coordinates if c not in named]
    if time is None or missing or len(named) != len(header):
        wanted = ["trajectory", "time", *coordinates]
        what = (
            "no column 'time'"
            if time is None
            else f"no column '{missing[0]}'"
            if missing
            else "two columns of one name"
        )
        raise UsageError(
            f"{what} in the header '{','.join(header)[:80]}'",
            where="--data, line 1",
            instead=f"write '{','.join(wanted)}'",
        )
    return {"time": named[time], **{c: named[c] for c in coordinates},
            **({"trajectory": named["trajectory"]} if "trajectory" in named else {})}  # fmt: skip


def _from_rows(rows: Any, header: Sequence[str], columns: dict[str, int], name: str) -> Trajectories:
    names = [c for c in columns if c not in ("time", "trajectory")]
    paths: dict[str, array[float]] = {}  # numbers only: a table of many millions of rows stays small in memory
    times: dict[str, array[float]] = {}
    lines: dict[str, array[int]] = {}
    for row in rows:
        line = rows.line_num
        if not row:
            continue
        if len(row) != len(header):
            raise UsageError(f"{len(row)} entries where the header has {len(header)}", where=f"--data, line {line}",
                             instead="complete the row, or remove it with the rest of its trajectory")  # fmt: skip
        key = row[columns["trajectory"]].strip() if "trajectory" in columns else ""
        if key not in times:
            times[key], paths[key], lines[key] = array("d"), array("d"), array("q")
        times[key].append(_number(row[columns["time"]], "time", line))
        paths[key].extend(_number(row[columns[c]], c, line) for c in names)
        lines[key].append(line)
    if not paths:
        raise UsageError(f"'{name}' has no rows", where="--data", instead="one row per position")
    interval: float | None = None
    for key, stamps in times.items():
        interval = _interval(stamps, lines[key], interval, f"trajectory '{key}', " if key else "")
    assert interval is not None
    return Trajectories(tuple(np.array(p).reshape(-1, len(names)) for p in paths.values()), interval)


def _number(text: str, column: str, line: int) -> float:
    try:
        value = float(text) if "_" not in text else math.nan  # 1_0 is a number in Python only
    except ValueError:
        value = math.nan
    if not abs(value) <= FARTHEST:
        raise UsageError(f"'{text.strip()[:40]}' is no finite number below {FARTHEST:g} in column '{column}'", where=f"--data, line {line}",
                         instead="cut the trajectory at the gap, and give its parts different names")  # fmt: skip
    return value


def _interval(stamps: Sequence[float], lines: Sequence[int], known: float | None, name: str) -> float:
    """The sampling interval of one trajectory, which must be that of all."""
    if len(stamps) < 2:
        raise UsageError(f"{name}a single position", where=f"--data, line {lines[0]}", instead="remove the trajectory")
    first = known if known is not None else stamps[1] - stamps[0]
    for (before, after), line in zip(pairwise(stamps), lines[1:], strict=True):
        gap = after - before
        if gap <= 0 or abs(gap - first) > EVEN * abs(first) + 1e-12 * abs(after):
            raise UsageError(f"{name}the time goes from {before:g} to {after:g}, where the interval is {first:g}: the times are uneven",
                             where=f"--data, line {line}", instead="cut the trajectory at gaps; sample all at one interval")  # fmt: skip
    return first


# --- NPZ ------------------------------------------------------------------------------------------------------------


def _npz(path: Path, dimension: int) -> Trajectories:
    try:
        with zipfile.ZipFile(path) as archive:
            t, x = (_array(archive, entry) for entry in _entries(archive))
    except _UNREADABLE as error:
        raise UsageError(
            f"'{path.name}' is no readable .npz: {str(error)[:120]}", where="--data", instead="write it with np.savez"
        ) from None
    if x.ndim == 1 and dimension == 1:
        x = x[None, :]  # one trajectory
    if x.ndim == 2:
        x = x[:, :, None]
    if t.ndim != 1 or x.ndim != 3 or x.shape[1] != len(t) or x.shape[2] != dimension or 0 in x.shape:
        raise UsageError(f"t has the shape {t.shape} and x {x.shape}; the model has {dimension} coordinate(s)", where="--data",
                         instead="t of shape (T,), x of shape (N, T) or (N, T, d)")  # fmt: skip
    bad = np.argwhere(~(np.abs(x) <= FARTHEST))
    if len(bad):
        raise UsageError(
            f"x[{', '.join(map(str, bad[0]))}] is no finite number below {FARTHEST:g}",
            where="--data",
            instead="cut the trajectories at the gap",
        )
    if not np.all(np.isfinite(t)):
        raise UsageError(f"t[{int(np.argmin(np.isfinite(t)))}] is no finite number", where="--data")
    interval = _interval(t.tolist(), range(1, len(t) + 1), None, "")
    return Trajectories(tuple(np.array(p) for p in x), interval)


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries of t and x, each there once, and small enough to be unpacked."""
    found = [[i for i in archive.infolist() if i.filename == name] for name in ("t.npy", "x.npy")]
    if not all(found):
        names = ", ".join(sorted({i.filename for i in archive.infolist()}))
        raise UsageError(f"the arrays t and x are expected, found {names[:80] or 'nothing'}", where="--data",
                         instead="np.savez(file, t=times, x=positions), of shapes (T,) and (N, T) or (N, T, d)")  # fmt: skip
    if twice := [same[0].filename for same in found if len(same) > 1]:
        raise UsageError(f"the archive has two entries {twice[0]}", where="--data", instead="write it with np.savez")
    entries = [same[0] for same in found]
    if (size := sum(e.file_size for e in entries)) > LARGEST:
        raise ResourceError(
            f"the arrays take {size} bytes; at most {LARGEST} are unpacked", instead="thin the data out"
        )
    return entries


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> FloatArray:
    """Plain numbers from exactly this entry; the declared shape must fit the size before any of it is unpacked."""
    with archive.open(entry) as stream:
        version = np.lib.format.read_magic(stream)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = reader(stream)
    if dtype.kind not in "fiu":
        raise UsageError(
            f"{entry.filename} holds {dtype}, no plain numbers", where="--data", instead="save float arrays"
        )
    if math.prod(shape) * dtype.itemsize > LARGEST:
        raise ResourceError(
            f"{entry.filename} declares the shape {shape}, more than is unpacked", instead="thin the data out"
        )
    with archive.open(entry) as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False), dtype=float)
