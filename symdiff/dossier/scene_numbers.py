"""What the animation of a population needs: its numbers as sites, the rates as tables over them, and the equation's solution.

Many copies of the population follow the rates; their numbers are drawn as walkers are. Laws of the new or the added number
(binomial, Poisson, geometric) become one transition for each change.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
from scipy import sparse, special
from scipy.sparse.linalg import expm_multiply

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.picture import picture_numbers
from symdiff.dossier.scene_moves import FRAMES, STEPS, Move, Scene, short
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_scope import check_scope
from symdiff.errors import NotYetError, SymdiffError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic, evaluate_arrays
from symdiff.evidence.solution.pieces import CellSolver
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.notation.evaluation import evaluate

MOST = 400  # the largest number
ENOUGH = 30  # individuals, where the file gives no size
SHRINKS = (1.0, 1 / 4, 1 / 16, 1 / 64)
MOST_EVENTS = 700.0  # of the quickest copy until the last frame
NEGLIGIBLE = 1e-6  # of a law of numbers
LEFT_OUT = 1e-3  # of all copies, by changes beyond the table
FINE = 4  # cells of the equation's grid per number
SUBSTEPS = 10

Numbers = dict[sp.Symbol, float]


def _binomial(k: FloatArray, a: dict[str, FloatArray]) -> FloatArray:
    n, p = np.rint(a["trials"]), a["success"]
    ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(
        np.where((k >= 0) & (k <= n), np.exp(ways + special.xlogy(k, p) + special.xlogy(n - k, 1 - p)), 0.0)
    )


def _poisson(k: FloatArray, a: dict[str, FloatArray]) -> FloatArray:
    return np.asarray(np.where(k >= 0, np.exp(special.xlogy(k, a["mean"]) - a["mean"] - special.gammaln(k + 1)), 0.0))


def _geometric(k: FloatArray, a: dict[str, FloatArray]) -> FloatArray:
    return np.asarray(np.where(k >= 0, np.exp(special.xlogy(k, a["mean"]) - (k + 1) * np.log1p(a["mean"])), 0.0))


PMF = {"binomial": _binomial, "poisson": _poisson, "geometric": _geometric}


def counts(model: JumpModel) -> bool:
    """Whether the coordinates are numbers of individuals."""
    return model.population is not None or any(j.law is not None and j.law.distribution in PMF for j in model.jumps)


def numbers_scene(model: JumpModel, limit: ContinuumLimit, settings: Settings) -> tuple[Scene, Numbers]:
    """The scene of a regime, and the values at which it is drawn; raises :class:`NotYetError` with the reason."""
    check_scope(model, "numbers")
    if model.dimension > 1 or model.states:
        raise NotYetError("populations of one kind are animated; of several kinds not yet")
    if limit.equation is None:
        raise NotYetError("no single equation closes, so that there is no curve to draw")
    values, size = _values(model, limit, settings)
    rules = _Rates(model, values)
    start = rules.start(size)
    rules.cut(start)
    step = None if model.time_step is None else rules.number(model.time_step)
    horizon = STEPS * step if step is not None else rules.horizon()
    times = np.linspace(0, horizon, FRAMES + 1)[1:]
    rules.narrow(start, horizon, step)
    notes = [f"every copy starts with {model.coordinates[0]} = {start}"]
    places = np.arange(rules.top + 1, dtype=float)
    unit = 1.0 if limit.equation.coordinates[0].name in model.coordinates else 1 / size
    try:
        solution = _solution(limit, values, start, rules.top, unit, times)
    except SymdiffError as error:
        solution = []
        notes.append(f"no curve: {error.message}")
    scene = Scene(limit.regime.name, 1.0, 0.0, rules.top + 1, start, (model.density,), (1.0,), step, tuple(rules.moves), short(places),
                  short(times), tuple(short(s) for s in solution), "; ".join(notes), counted=True)  # fmt: skip
    return scene, values


def _values(model: JumpModel, limit: ContinuumLimit, settings: Settings) -> tuple[Numbers, float]:
    """Values at which there are some individuals, and the size of the system."""
    base = base_values(model, settings, simple=True)
    for factor in SHRINKS:
        values = picture_numbers(model, limit, base, factor)
        size = values[model.population.system_size] if model.population is not None else float(ENOUGH)
        if size >= ENOUGH or model.population is None or model.population.system_size.name not in base.drawn:
            return values, size
        if limit.regime.origin == "long-wave":
            return {**values, model.population.system_size: float(ENOUGH + 10)}, float(ENOUGH + 10)
    return values, size


class _Rates:
    """Every change of the number, with its rate (or probability) at every number."""

    def __init__(self, model: JumpModel, values: Numbers) -> None:
        self.model, self.values, self.top, self.cut_off = model, values, MOST, False
        self.numbers: FloatArray = np.arange(MOST + 1, dtype=float)
        self.moves: list[Move] = []
        self.lost: FloatArray = np.zeros(MOST + 1)  # the rate of changes to numbers beyond the table
        with np.errstate(all="ignore"):
            for jump in model.jumps:
                self.moves += self._changes(jump)

    def number(self, e: sp.Expr) -> float:
        return float(evaluate(e, self.values, array_arithmetic()))

    def _at(self, e: sp.Expr) -> FloatArray:
        here = {**self.values, self.model.coordinate_symbols[0]: self.numbers}
        return np.array(np.broadcast_to(evaluate_arrays(e, here, {}), self.numbers.shape), dtype=float)

    def _changes(self, jump: Jump) -> list[Move]:
        base, rate = self._at(jump.displacement[0]), self._at(jump.intensity)
        self.lost = self.lost + np.nan_to_num(rate)
        if jump.law is None:
            if np.ptp(base) > 0:
                raise NotYetError("changes that depend on the number are not animated yet")
            return [Move(0, 0, int(np.rint(base[0])), rate)]
        if jump.law.distribution not in PMF or jump.directions != ((sp.Integer(1),),):
            raise NotYetError("this law of the number is not animated yet")
        arguments = {n: self._at(e) for n, e in jump.law.arguments}
        found = []
        for change in range(-MOST, MOST + 1):
            weights = rate * PMF[jump.law.distribution](np.rint(change - base), arguments)
            found.append(Move(0, 0, change, np.nan_to_num(weights, nan=np.nan)))
        return found

    def start(self, size: float) -> int:
        """Where the file says, else the first of none, half and all of the size from which something happens."""
        stated = self.model.preparation.position[0]
        choices = [self.number(stated)] if self.model.preparation.stated else [0.0, size / 2, size]
        for choice in choices:
            n = round(choice)
            leaving = sum(float(m.weights[n]) for m in self.moves if m.sites) if 0 <= n <= MOST else 0.0
            if np.isfinite(leaving) and leaving > 0:
                return n
        raise UsageError("where the copies start nothing happens at these values", instead="move a slider")

    def cut(self, start: int) -> None:
        """Only numbers that are reached through numbers at which all rates are rates."""
        fine = np.ones(self.numbers.shape, dtype=bool)
        for m in self.moves:
            fine &= np.isfinite(m.weights) & (m.weights > -1e-9)
        if not fine[start]:
            raise UsageError("at these values a rate is negative: the rules are no process", instead="move a slider")
        leads = np.eye(MOST + 1, dtype=bool)
        for m in self.moves:
            inside = (self.numbers + m.sites >= 0) & (self.numbers + m.sites <= MOST)
            self.lost = self.lost - np.where(inside, np.nan_to_num(m.weights), 0.0)
            own = np.flatnonzero(fine & (np.nan_to_num(m.weights) > 0))
            own = own[(own + m.sites >= 0) & (own + m.sites <= MOST)]
            leads[own + m.sites, own] = True
        reached, before = np.arange(MOST + 1) == start, 0
        while int(reached.sum()) > before:
            before = int(reached.sum())
            reached = leads[:, reached].any(axis=1)
        top = int(np.flatnonzero(reached)[-1])
        self.cut_off = top > MOST - MOST // 20  # the largest number is that of the table, not of the population
        self._keep(top)

    def _keep(self, top: int) -> None:
        self.top = top
        inside = np.arange(top + 1)
        kept = []
        for m in self.moves:
            weights = np.maximum(np.nan_to_num(m.weights[: top + 1]), 0.0)
            weights[(inside + m.sites < 0) | (inside + m.sites > top)] = 0.0
            if m.sites and weights.max() > 1e-12:
                kept.append(m._replace(weights=weights))
        self.moves = kept

    def _generator(self) -> FloatArray:
        found = np.zeros((self.top + 1, self.top + 1))
        for m in self.moves:
            own = np.flatnonzero(m.weights)
            found[own + m.sites, own] += m.weights[own]
            found[own, own] -= m.weights[own]
        return found

    def horizon(self) -> float:
        """Three times the longest relaxation that the copies go through in so many events, else the time of these events."""
        matrix = self._generator()
        quickest = float(-np.diag(matrix).min())
        rates = np.sort(-np.real(np.linalg.eigvals(matrix)))
        slow = [3 / r for r in rates if r > 1e-9 * quickest and 3 / r * quickest <= MOST_EVENTS]
        return max(slow, default=MOST_EVENTS / quickest)

    def narrow(self, start: int, horizon: float, step: float | None) -> None:
        """Without the numbers that are hardly ever reached; raises :class:`UsageError` where larger ones would be."""
        matrix = sparse.csr_matrix(self._generator())
        first = np.zeros(self.top + 1)
        first[start] = 1.0
        if step is None:
            law = expm_multiply(matrix, first, start=0, stop=horizon, num=FRAMES + 1)
        else:
            rows = [first]
            for _ in range(round(horizon / step)):
                rows.append(rows[-1] + matrix @ rows[-1])
            law = np.array(rows)
        most = law.max(axis=0)
        beyond = float((most * np.maximum(self.lost[: self.top + 1], 0.0)).sum()) * horizon / (step or 1.0)
        if (self.cut_off and most[-(MOST // 20) :].max() > NEGLIGIBLE) or beyond > LEFT_OUT:
            raise UsageError(
                f"at these values the numbers grow beyond {MOST}, which are not drawn", instead="move a slider"
            )
        self._keep(int(np.flatnonzero(most > NEGLIGIBLE)[-1]))


def _solution(
    limit: ContinuumLimit, values: Numbers, start: int, top: int, unit: float, times: FloatArray
) -> list[FloatArray]:
    """What the equation says for every number: its solution's share between n - 1/2 and n + 1/2."""
    assert limit.equation is not None
    solver = CellSolver(limit.equation, values, -unit / 2, (top + 0.5) * unit, FINE * (top + 1), FINE // 2)
    found = solver.solutions(solver.narrow(start * unit, 0.5 * unit), [float(t) for t in times], SUBSTEPS)
    return [u.reshape(-1, FINE).sum(axis=1) * solver.cell for u in found]
