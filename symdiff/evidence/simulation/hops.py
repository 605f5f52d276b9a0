"""Walkers that wait, move and jump by any laws that do not depend on place: steps of any length, waits of any law (CTRW).

While it waits a walker moves as its state says: by v t + L z sqrt(2 t) in a time t, D = L L^T, z normal. Which jump is next does
not depend on that motion, so whole waits are drawn at once.

Every number follows from (model, seed, chunk, walker, event) by counters, and from elementary functions that are the same
everywhere: with numba (extra ``fast``) the loop is compiled, without it NumPy does the same, with the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp

from symdiff.errors import NotYetError, ResourceError
from symdiff.evidence.arrays import FloatArray, evaluate_arrays
from symdiff.evidence.simulation.compiled import has_numba
from symdiff.evidence.simulation.laws import STANDARD_NORMAL, STEPS, WAITS, Law, draw, step_law, wait_law
from symdiff.evidence.simulation.streams import GAMMA, Words, chunk_key, mixed, walker_keys
from symdiff.evidence.simulation.walkers import CHUNK, DEAD, Endpoints, States
from symdiff.model.jump_model import Jump, JumpModel

SLOTS = np.uint64(256)  # counters of one event
CHOICE, WAIT, STEP, MOVE = np.uint64(0), np.uint64(1), np.uint64(100), np.uint64(200)
MOST_EVENTS = 2**24
UNIT = 2.0**32


class Hops:
    """A homogeneous model made ready; raises :class:`NotYetError` for laws that are drawn in other ways only."""

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], start: tuple[float, ...], shares: tuple[float, ...],
        fingerprint: str, seed: int,
    ) -> None:  # fmt: skip
        if model.clock not in ("discrete", "continuous", "waiting") or model.signed or model.internals:
            raise NotYetError("only walkers without continuous internal states are followed by events")
        self.model, self.values, self.start, self.shares = model, dict(values), start, shares
        self.fingerprint, self.seed = fingerprint, seed
        self.laws: list[Law] = []
        self._prepare()

    def chunk(self, number: int, amount: float, *, walkers: int = CHUNK, compiled: bool | None = None) -> Endpoints:
        """The walkers of one chunk after ``amount`` steps, or at the time ``amount``."""
        own = walker_keys(chunk_key(self.fingerprint, self.seed, number), 0, walkers)
        return self._walk(own, amount, has_numba() if compiled is None else compiled)

    # --- the rules, as a person would read them -----------------------------------------------------------------------

    def _number(self, e: sp.Expr) -> float:
        if e.free_symbols & {*self.model.coordinate_symbols, self.model.time}:
            raise NotYetError("rules that depend on place are not followed by events")
        return float(evaluate_arrays(e, self.values, {}))

    def _law(self, law: Law | None) -> int:
        if law is None:
            raise NotYetError("this law is drawn in another way")
        if law not in self.laws:
            self.laws.append(law)
        return self.laws.index(law)

    def _prepare(self) -> None:
        model, names = self.model, self.model.state_names
        zero = (sp.Integer(0),) * model.dimension
        self.base = np.array([[self._number(r) for r in j.displacement] for j in model.jumps])
        self.direction = np.array([[self._number(r) for r in j.direction or zero] for j in model.jumps])
        if any(j.destination is not None or j.waiting is not None or j.region is not None for j in model.jumps):
            raise NotYetError("resetting, waits of jumps and regions are not followed by events")
        self.step_of = np.array([self._step(j) for j in model.jumps], dtype=np.int64)
        ways = [[n for n, j in enumerate(model.jumps) if j.source in (None, name)] for name in names]
        most = max(1, *map(len, ways))
        self.upper = np.full((len(names), most), 2**32, dtype=np.uint64)
        self.jump_of = np.full((len(names), most + 1), -1, dtype=np.int64)  # -1: no jump
        self.target = np.zeros((len(names), most + 1), dtype=np.int64)
        self.wait_of = np.full(len(names), -1, dtype=np.int64)
        for s, own in enumerate(ways):
            weights = np.array([self._number(model.jumps[n].intensity) for n in own])
            if weights.min(initial=0.0) < 0 or (model.clock != "continuous" and weights.sum() > 1 + 1e-12):
                raise NotYetError("at these values the intensities are no probabilities")
            total = float(weights.sum()) if model.clock == "continuous" else 1.0
            self.wait_of[s] = self._wait(total)
            sums = np.cumsum(weights) / (total or 1.0)
            self.upper[s, : len(own)] = np.where(sums >= 1 - 1e-12, 2**32, np.floor(sums * UNIT)).astype(np.uint64)
            self.target[s] = DEAD if model.lossy else s
            for k, n in enumerate(own):
                goal = model.jumps[n].target
                self.jump_of[s, k], self.target[s, k] = n, s if goal is None else names.index(goal)
        self.motions = [self._motion(n) for n in range(len(names))]
        sums = np.cumsum(self.shares)[:-1]
        self.starts: Words = np.array([min(int(x * 2.0**64), 2**64 - 1) for x in sums], dtype=np.uint64)

    def _motion(self, state: int) -> tuple[FloatArray, FloatArray] | None:
        """Velocity and L, with D = L L^T, inside a state; None where the walker rests."""
        motion = self.model.motion_of(state)
        if motion is None or motion.is_rest:
            return None
        size = self.model.dimension
        rows = np.array([[self._number(d) for d in row] for row in motion.diffusivity]).reshape(-1, size)
        root = _root(rows) if len(rows) else np.zeros((size, 0))
        return np.array([self._number(v) for v in motion.velocity]), root

    def _step(self, jump: Jump) -> int:
        if jump.law is None:
            return -1
        if jump.law.distribution not in STEPS:
            raise NotYetError("this law is drawn in another way")
        return self._law(step_law(jump.law.distribution, {name: self._number(e) for name, e in jump.law.arguments}))

    def _wait(self, total: float) -> int:
        """The law between two events; -1 where time is counted in steps."""
        if self.model.clock == "discrete":
            return -1
        if self.model.clock == "continuous":
            return self._law(wait_law("exponential", {"mean": 1 / total if total > 0 else np.inf}))
        law = self.model.waiting
        if law is None or law.distribution not in WAITS or law.transform is not None or self.model.state_waits:
            raise NotYetError("only walks with one named law of waits are followed by events")
        return self._law(wait_law(law.distribution, {name: self._number(e) for name, e in law.arguments}))

    # --- walking ------------------------------------------------------------------------------------------------------

    def _walk(self, keys: Words, amount: float, compiled: bool) -> Endpoints:
        """Event after event for all who are not at the end; ``compiled`` says how laws are drawn."""
        ends = np.tile(np.array(self.start, dtype=float), (len(keys), 1))
        final = np.zeros(len(keys), dtype=np.int64)
        with np.errstate(over="ignore", invalid="ignore"):
            state = final.copy()
            if len(self.starts):
                state = np.searchsorted(self.starts, mixed(keys + GAMMA), side="right").astype(np.int64)
            who, own, place, elapsed = np.arange(len(keys)), keys, ends.copy(), np.zeros(len(keys))
            for event in range(1, MOST_EVENTS):
                base = np.uint64(event) * SLOTS
                before = elapsed
                elapsed = elapsed + self._waits(own, state, base + WAIT, compiled)
                self._move(own, base + MOVE, np.minimum(elapsed, amount) - before, place, state, compiled)
                going = (elapsed <= amount) & (state != DEAD)
                if not going.all():
                    ends[who[~going]], final[who[~going]] = place[~going], state[~going]
                    who, own, place, elapsed, state = (x[going] for x in (who, own, place, elapsed, state))
                if not len(who):
                    return Endpoints(ends, final)
                self._jump(own, base, place, state, compiled)
        raise ResourceError("a walker makes too many jumps")

    def _waits(self, own: Words, state: States, slot: np.uint64, compiled: bool) -> FloatArray:
        found = np.ones(len(own))
        for s, law in enumerate(self.wait_of):
            if law >= 0:
                here = slice(None) if len(self.wait_of) == 1 else np.flatnonzero(state == s)
                found[here] = draw(self.laws[law], own[here], slot, compiled=compiled)
        return found

    def _move(
        self, own: Words, slot: np.uint64, times: FloatArray, place: FloatArray, state: States, compiled: bool
    ) -> None:
        """The motion of every walker in its state for the given times: ``place`` is changed."""
        for s, motion in enumerate(self.motions):
            if motion is None:
                continue
            here, (velocity, root) = np.flatnonzero(state == s), motion
            place[here] += times[here, None] * velocity
            spread = np.sqrt(2.0 * times[here])
            for n, column in enumerate(root.T):
                normal = draw(STANDARD_NORMAL, own[here], slot + np.uint64(2 * n), compiled=compiled)
                place[here] += (spread * normal)[:, None] * column

    def _jump(self, own: Words, base: np.uint64, place: FloatArray, state: States, compiled: bool) -> None:
        """One jump of every walker: ``place`` and ``state`` are changed."""
        value = mixed(own + (base + CHOICE) * GAMMA) >> np.uint64(32)
        row = 0 if len(self.upper) == 1 else state.copy()
        ends = self.upper[row].T if len(self.upper) > 1 else self.upper[0]
        taken = np.zeros(len(own), dtype=np.int64)
        for end in ends:
            taken += value >= end
        jump = self.jump_of[row, taken]
        state[:] = self.target[row, taken]
        for n, law in enumerate(self.step_of):
            here = np.flatnonzero(jump == n)
            if law < 0:
                place[here] += self.base[n]
            else:
                length = draw(self.laws[law], own[here], base + STEP, compiled=compiled)
                place[here] += self.base[n] + length[:, None] * self.direction[n]


def _root(diffusivity: FloatArray) -> FloatArray:
    """L with L L^T = D, by Cholesky's elimination in the order of the axes; columns of zero are left out.

    Raises :class:`NotYetError` where D is negative in some direction.
    """
    rest, scale, columns = diffusivity.copy(), float(np.abs(diffusivity).max()), []
    for n in range(len(rest)):
        pivot = rest[n, n]
        if pivot < -1e-12 * scale or (pivot <= 1e-12 * scale and np.abs(rest[n]).max() > 1e-9 * scale):
            raise NotYetError("at these values the diffusivity inside a state is negative: no walker moves in that way")
        if pivot > 1e-12 * scale:
            column = rest[:, n] / np.sqrt(pivot)
            rest = rest - np.outer(column, column)
            columns.append(column)
    return np.array(columns).reshape(-1, len(rest)).T
