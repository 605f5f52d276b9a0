"""Depth-first search of self-avoiding walks, compiled: the first steps here, everything after them in the kernel."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Protocol

_FIRST_WALKS = 400  # so many pieces of work at least: between two of them an interrupt is heard


class Search(Protocol):
    """What is searched: places are numbers, a step adds one to them."""

    @property
    def n(self) -> int: ...
    @property
    def states_are_sites(self) -> bool: ...
    def moves(self) -> list[list[tuple[int, int]]]: ...
    def cells(self) -> int: ...
    def first(self, state: int) -> int: ...


@lru_cache(maxsize=1)
def numba_available() -> bool:
    """Whether compiled kernels can run."""
    return importlib.util.find_spec("numba") is not None


def compiled_tallies(search: Search, state: int, first_moves: Sequence[int] = ()) -> list[dict[int, int]]:
    """The numbers of the self-avoiding walks of 0..n steps, by the number of the place where they end; weights are one.

    ``first_moves``: only walks that begin with one of these moves (from one step on).
    """
    import numpy as np

    from symdiff.evidence.counting import avoiding_kernel as kernel

    moves = search.moves()
    states, n, cells = len(moves), search.n, search.cells()
    mark = 1 if search.states_are_sites else states
    origin = search.first(state)
    degrees = np.array([len(m) for m in moves], np.int64)
    table = np.zeros((states, max(map(len, moves))), np.int64)
    for i, out in enumerate(moves):
        table[i, : len(out)] = [move for move, _ in out]
    prefixes: list[tuple[int, ...]] = [(origin,)]
    tallies: list[dict[int, int]] = [{origin: 1}]
    while 0 < len(prefixes) < _FIRST_WALKS and len(tallies) < n:
        prefixes = [longer for path in prefixes for longer in _longer(path, moves, mark)]
        if first_moves:
            prefixes = [path for path in prefixes if path[1] - path[0] in first_moves]
        tally: dict[int, int] = {}
        for path in prefixes:
            tally[path[-1]] = tally.get(path[-1], 0) + 1
        tallies.append(tally)
    depth = len(tallies) - 1
    stop = threading.Event()

    def work(part: list[tuple[int, ...]]) -> Any:
        counts, visited = np.zeros((n + 1, cells), np.int64), np.zeros(-(-cells // mark), np.uint8)
        for path in part:
            if stop.is_set():
                break
            visited[:] = 0
            visited[[place // mark for place in path]] = 1
            kernel.search(path[-1], depth, n, mark, table, degrees, visited, counts)
        return counts

    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        try:
            total = sum(pool.map(work, [prefixes[i::threads] for i in range(threads)]))
        except BaseException:  # an interrupt too: no thread works on after this call
            stop.set()
            raise
    for m in range(depth + 1, n + 1):
        ends = np.flatnonzero(total[m])
        tallies.append({int(place): int(total[m][place]) for place in ends})
    return [{place - origin + state: value for place, value in tally.items()} for tally in tallies]


def _longer(path: tuple[int, ...], moves: list[list[tuple[int, int]]], mark: int) -> Iterator[tuple[int, ...]]:
    met = {place // mark for place in path}
    for move, _ in moves[path[-1] % len(moves)]:
        if (path[-1] + move) // mark not in met:
            yield (*path, path[-1] + move)
