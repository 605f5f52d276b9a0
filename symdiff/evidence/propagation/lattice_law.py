"""The exact law of a walker on the sites that it can reach, at one time, by exact steps of the microscopic rules.

Discrete time: the law after n steps. Continuous time: the sum over numbers of events, Poisson weights times powers of the
jump chain (uniformisation), on so many sites that less than ``MISSING`` leaves them. Place and state may enter in any way.
Source of uniformisation: A. Jensen, Skand. Aktuarietidskr. 36 (1953) 87.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import sparse

from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.model.jump_model import Jump, JumpModel

MISSING = 1e-12  # probability of ever leaving the sites that are kept, in continuous time
MAX_SITES = 60_000
GRAIN = 1e-7  # sites closer together than this part of the shortest displacement are one site
FARTHEST = 2.0**62  # grains
ADVANCE, ENTRY = 2e-5, 4e-9  # seconds of one step of uniformisation, and for each entry of its matrix

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LatticeLaw:
    """Probabilities per state (rows) and site (columns); ``positions`` has one row per site. Those who died are missing.

    ``keys`` identify sites: positions in units of ``grain``, rounded. ``missing`` is the probability of the outermost sites,
    from which walkers were not followed any further.
    """

    positions: FloatArray
    keys: Keys
    probabilities: FloatArray
    grain: float
    missing: float

    def index(self, positions: FloatArray) -> npt.NDArray[np.int64]:
        """The column of every position; -1 for what is no site. A position next to a site's key by rounding is on the site."""
        grains = np.rint(positions / self.grain)
        near = np.all(np.abs(grains) < FARTHEST, axis=1)
        wanted = np.where(near[:, None], grains, FARTHEST).astype(np.int64)
        columns = self._columns(wanted)
        for shift in itertools.product((0, -1, 1), repeat=wanted.shape[1]):
            lost = np.flatnonzero(columns < 0)
            if not len(lost):
                break
            columns[lost] = self._columns(wanted[lost] + np.array(shift))
        return columns

    def _columns(self, wanted: Keys) -> npt.NDArray[np.int64]:
        """The columns of keys; -1 for what is none."""
        low, high = self.keys.min(axis=0), self.keys.max(axis=0)
        inside = np.all((wanted >= low) & (wanted <= high), axis=1)
        strides = np.cumprod(np.concatenate(([1], (high - low + 1)[:-1].astype(object))))
        code = np.int64 if int(strides[-1]) * int(high[-1] - low[-1] + 1) < 2**62 else object
        known = (self.keys - low).astype(code) @ strides.astype(code)  # one number per site: a box of sites, numbered
        order = np.argsort(known)
        asked = (wanted[inside] - low).astype(code) @ strides.astype(code)
        at = np.clip(np.searchsorted(known[order], asked), 0, len(known) - 1)
        columns = np.full(len(wanted), -1, dtype=np.int64)
        columns[inside] = np.where(known[order][at] == asked, order[at], -1)
        return columns


class LatticeWalk:
    """The sites that a walker can reach, and where every jump leads; laws of models with the same jumps but other weights.

    Raises :class:`NotYetError` for steps drawn from a law and :class:`ResourceError` beyond MAX_SITES sites.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, start: tuple[float, ...]
    ) -> None:
        if any(j.law is not None for j in model.jumps):
            raise NotYetError(
                "steps drawn from a law (continuous, or an infinite set) are not followed from site to site here"
            )
        if not model.rests:
            raise NotYetError("motion inside a state is not cross-checked yet")
        self.model, self.values, self.functions = model, dict(values), functions
        self.discrete = model.clock == "discrete"
        origin = np.array([start], dtype=float)
        lengths = np.abs(np.concatenate([self._vector(j, origin) for j in model.jumps]))
        self.grain = float(np.min(lengths[lengths > 0])) * GRAIN if np.any(lengths > 0) else 1.0
        self.table: dict[tuple[int, ...], int] = {tuple(self._keys(origin)[0].tolist()): 0}
        self.places = origin
        self.targets: list[npt.NDArray[np.int64]] = [
            np.zeros(0, dtype=np.int64) for _ in model.jumps
        ]  # per jump and inner site

    # --- the sites --------------------------------------------------------------------------------------------------

    def _keys(self, places: FloatArray) -> Keys:
        grains = np.rint(places / self.grain)
        if not np.all(np.abs(grains) < FARTHEST):
            raise ResourceError("jumps whose length depends on place lead too far to tell places apart")
        return grains.astype(np.int64)

    def reach(self, depth: int) -> None:
        """Find all sites within ``depth`` jumps."""
        for _ in range(depth - self.depth):
            first, last = len(self.targets[0]), len(self.places)
            if first == last:
                return
            frontier = self.places[first:last]
            landed = [frontier + self._vector(jump, frontier) for jump in self.model.jumps]
            live = [self._at(jump.intensity, frontier) > 0 for jump in self.model.jumps]
            numbers = self._add(np.concatenate(landed), np.concatenate(live)).reshape(len(landed), -1)
            self.targets = [np.append(t, n) for t, n in zip(self.targets, numbers, strict=True)]
            self.depth += 1

    depth = 0
    work, most_work = 0.0, math.inf  # seconds in which steps are worked out, by fixed costs and not by the clock

    def _add(self, places: FloatArray, live: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """The numbers of places, which become sites where they are new; -1 where nothing lands."""
        found = np.full(len(places), -1, dtype=np.int64)
        keys, first, back = np.unique(self._keys(places[live]), axis=0, return_index=True, return_inverse=True)
        numbers = np.empty(len(keys), dtype=np.int64)
        new = []
        for row, key in enumerate(map(tuple, keys.tolist())):
            number = self.table.get(key)
            if number is None:
                number = self.table[key] = len(self.table)
                new.append(first[row])
            numbers[row] = number
        if len(self.table) > MAX_SITES:
            raise ResourceError(
                f"more than {MAX_SITES} sites can be reached", instead="ask for fewer steps, or a shorter time"
            )
        if new:
            self.places = np.concatenate([self.places, places[live][new]])
        found[live] = numbers[back.ravel()]
        return found

    def _vector(self, jump: Jump, places: FloatArray) -> FloatArray:
        if jump.destination is not None:
            return np.stack([self._at(r, places) for r in jump.destination], axis=1) - places
        return np.stack([self._at(r, places) for r in jump.displacement], axis=1)

    def _at(self, expression: sp.Expr, places: FloatArray) -> FloatArray:
        local = dict(zip(self.model.coordinate_symbols, places.T, strict=True))
        found = evaluate_arrays(expression, {**self.values, **local}, self.functions)
        return np.broadcast_to(found, (len(places),))

    # --- the law ----------------------------------------------------------------------------------------------------

    def _chain(self, model: JumpModel) -> tuple[Any, FloatArray]:
        """The matrix of weights from (state, site) to (state, site), and the total weight out of each; inner sites only."""
        inner, size = len(self.targets[0]), len(model.state_names)
        places = self.places[:inner]
        total = np.tile(self._dying(model), (size, 1))
        rows, columns, weights = [], [], []
        known = {
            id(jump): (self._at(jump.intensity, places), targets, self._surviving(model, n))
            for n, (jump, targets) in enumerate(zip(model.jumps, self.targets, strict=True))
        }
        for i, j, jump in model.transitions():
            weight, targets, kept = known[id(jump)]
            _check(weight, self.discrete)
            total[j] += weight
            live = np.flatnonzero((targets >= 0) & (weight > 0))
            rows.append(i * len(self.places) + targets[live])
            columns.append(j * inner + live)
            weights.append((weight * kept)[live])
        if self.discrete and np.any(total > 1 + 1e-12):
            raise UsageError(
                f"the probabilities out of a site sum to {float(np.max(total)):.6g}", instead="choose other values"
            )
        shape = (size * len(self.places), size * inner)
        entries = (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.coo_matrix(entries, shape=shape).tocsr(), total.ravel()

    def _surviving(self, model: JumpModel, number: int) -> FloatArray:
        """The share of those who make a jump, by its number, and live on; for every inner site."""
        return np.ones(len(self.targets[number]))

    def _dying(self, model: JumpModel) -> FloatArray:
        """The rate of death at every inner site."""
        return np.zeros(len(self.targets[0]))

    def law(
        self, model: JumpModel, shares: tuple[float, ...], amount: float, most_jumps: int = MAX_SITES
    ) -> LatticeLaw:
        """The law after ``amount`` steps, or at the time ``amount``, under a model with these jumps and any weights.

        Raises :class:`UsageError` where a weight is no probability or rate, :class:`ResourceError` where more than ``most_jumps``
        may happen in that time, as where births lead ever further.
        """
        if self.discrete:
            self.reach(int(amount))
            return self._after(model, shares, int(amount))
        depth = max(self.depth, 12)
        while True:
            self.reach(depth)
            found = self._at_time(model, shares, amount)
            if found.missing <= MISSING or len(self.targets[0]) == len(self.places):
                return found
            if depth > most_jumps:
                raise ResourceError(f"more than {most_jumps} jumps may happen", instead="ask for a shorter time")
            depth = depth + depth // 3

    def _advance(self, matrix: Any, total: FloatArray, vector: FloatArray) -> FloatArray:
        """One step of a density over (state, site); what sits on an outer site stays there."""
        size, outer = len(vector) // len(self.places), len(self.places)
        inner = len(self.targets[0])
        inside = vector.reshape(size, outer)[:, :inner].ravel()
        result = np.asarray(matrix @ inside).reshape(size, outer)
        if not self.model.lossy:
            result[:, :inner] += ((1 - total) * inside).reshape(size, inner)
        result[:, inner:] += vector.reshape(size, outer)[:, inner:]
        return result.ravel()

    def _start(self, shares: tuple[float, ...]) -> FloatArray:
        vector = np.zeros((len(shares), len(self.places)))
        vector[:, 0] = shares
        return vector.ravel()

    def _after(self, model: JumpModel, shares: tuple[float, ...], steps: int) -> LatticeLaw:
        if steps == 0 or not len(self.targets[0]):
            return self._packed(self._start(shares), len(shares), 0.0)
        matrix, total = self._chain(model)
        vector = self._start(shares)
        for _ in range(steps):
            vector = self._advance(matrix, total, vector)
        return self._packed(vector, len(shares), 0.0)

    def _at_time(self, model: JumpModel, shares: tuple[float, ...], time: float) -> LatticeLaw:
        matrix, total = self._chain(model)
        rate = float(np.max(total, initial=0.0))
        self.work += rate * time * (ADVANCE + ENTRY * matrix.nnz)
        if self.work > self.most_work:
            raise ResourceError("the rates grow so fast with distance that the exact law takes too many steps",
                                instead="ask for a shorter time")  # fmt: skip
        term, n = self._start(shares), 0
        if rate == 0:
            return self._packed(term, len(shares), 0.0)
        matrix, total = matrix / rate, total / rate
        pieces = max(1, math.ceil(rate * time / 200))  # e^(-200) is still a number
        mean = rate * time / pieces
        for _ in range(pieces):
            weight, n = math.exp(-mean), 0
            result = weight * term
            while n < mean or weight > MISSING * 1e-3:
                n += 1
                term = self._advance(matrix, total, term)
                weight *= mean / n
                result = result + weight * term
            term = result
        outer = term.reshape(len(shares), -1)[:, len(self.targets[0]) :]
        return self._packed(term, len(shares), float(outer.sum()) if outer.size else 0.0)

    def _packed(self, vector: FloatArray, size: int, missing: float) -> LatticeLaw:
        return LatticeLaw(self.places, self._keys(self.places), vector.reshape(size, -1), self.grain, missing)


def lattice_law(
    model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, start: tuple[float, ...],
    shares: tuple[float, ...], amount: float,
) -> LatticeLaw:  # fmt: skip
    """The law after ``amount`` steps (discrete time) or at the time ``amount``, from one site.

    ``shares`` are those of the internal states at the start. Raises as :class:`LatticeWalk` does.
    """
    return LatticeWalk(model, values, functions, start).law(model, shares, amount)


def _check(weight: FloatArray, discrete: bool) -> None:
    low, high = float(np.min(weight)), float(np.max(weight))
    if not (low >= -1e-12 and math.isfinite(high) and (high <= 1 + 1e-12 or not discrete)):
        what = "probability" if discrete else "rate"
        raise UsageError(f"a {what} of {low if low < 0 else high:.6g} occurs at a site that is reached",
                         instead="choose other values with --set, or fewer steps")  # fmt: skip
