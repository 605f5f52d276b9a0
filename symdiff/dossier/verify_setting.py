"""One simulation that is valid: values at which every rule that is met is a probability or a rate, the start, the duration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symdiff.dossier.verify_functions import SHAPES, Waves, all_functions, draw_waves, free_functions
from symdiff.dossier.verify_numbers import BaseValues, eps_path, generator_for
from symdiff.errors import NotYetError, ResourceError, SymdiffError, UsageError
from symdiff.evidence.arrays import SmoothFunction, array_arithmetic, evaluate_arrays
from symdiff.evidence.propagation.characteristic import stationary_shares, transition_weights
from symdiff.evidence.propagation.lattice_law import LatticeWalk
from symdiff.evidence.propagation.rules import motions_of
from symdiff.model.jump_model import JumpModel
from symdiff.model.waiting_transform import waiting_transform
from symdiff.notation.evaluation import evaluate, mp_arithmetic

WAITED = 8  # a generous number of waits per walker, for the budget
MANY = 40  # times as many jumps as are expected: rates grow too fast then for a law to be held
SMALLEST = 6.0  # size of a population that nobody states
SHRINKS = (1.0, 0.5, 0.25, 0.125)  # values of eps to try, where the values at eps = 1 are no probabilities


@dataclass(frozen=True)
class Setting:
    """One simulation that is valid: values, functions, the start, and how far to go."""

    model: JumpModel
    values: Mapping[sp.Symbol, float]
    functions: Mapping[str, SmoothFunction]
    drawn: Mapping[str, Waves]
    start: tuple[float, ...]
    shares: tuple[float, ...]
    amount: float
    eps: float

    @property
    def events(self) -> float:
        """The expected number of events per walker, for the budget."""
        return self.amount * self.rate

    @property
    def rate(self) -> float:
        """Events per unit of ``amount``."""
        if self.model.clock == "discrete":
            return 1.0
        if self.model.clock == "waiting":
            return WAITED / self.amount
        return max(
            float(transition_weights(self.model, self.values, self.functions, self.start).sum(axis=0).max()), 1e-300
        )


PLANNED = 0.2  # seconds, by fixed costs, that one exact law may take


def find_setting(model: JumpModel, base: BaseValues, most: int) -> Setting:
    """Values, test functions and at most ``most`` steps for which every rule that is met is a probability or a rate.

    Raises :class:`UsageError` where none was found.
    """
    problem: SymdiffError | None = None
    for eps in shrinks(model):
        values = values_at(model, base, eps)
        for shape in range(len(SHAPES) if free_functions(model) else 1):
            for events in (n for n in dict.fromkeys((most, max(most // 2, 2), 3, 2)) if n <= most):
                try:
                    return _setting(model, values, shape, events, eps)
                except (UsageError, ResourceError) as error:
                    problem = error
    assert problem is not None
    raise problem


def shrinks(model: JumpModel) -> tuple[float, ...]:
    """The values of eps to try, one after the other: along the first stated regime."""
    return SHRINKS if model.regimes else SHRINKS[:1]


def values_at(model: JumpModel, base: BaseValues, eps: float) -> dict[sp.Symbol, float]:
    """The parameters at one eps of the first stated regime; at 1 they are as given or drawn, the size of a population in whole numbers."""
    with mpmath.workdps(30):
        if eps == 1.0:
            found = {s: float(v) for s, v in base.numbers().items()}
            size = None if model.population is None else model.population.system_size
            if size is not None and size in found and size.name in base.drawn and not found[size].is_integer():
                found[size] = max(
                    math.ceil(found[size]), SMALLEST
                )  # rates such as n (N - n) vanish at whole numbers only
            return found
        return {s: float(v) for s, v in eps_path(model, model.regimes[0], base).values(mpmath.mpf(eps)).items()}


def _setting(model: JumpModel, values: Mapping[sp.Symbol, float], shape: int, events: int, eps: float) -> Setting:
    with mpmath.workdps(20):
        numbers = {s: mpmath.mpf(v) for s, v in values.items()}
        start = tuple(float(evaluate(p, numbers, mp_arithmetic())) for p in model.preparation.position)
        given = model.preparation.states
        shares = None if given is None else {n: float(evaluate(v, numbers, mp_arithmetic())) for n, v in given}
        size = (
            None
            if model.population is None
            else float(evaluate(model.population.system_size, numbers, mp_arithmetic()))
        )
    period = 24 * _step(model, values)
    generator = generator_for(model, "functions")
    drawn = {
        f.name: draw_waves(f, generator, dict.fromkeys(f.arguments, period), SHAPES[shape])
        for f in free_functions(model)
    }
    functions = all_functions(model, drawn, values)
    if not model.preparation.stated and any(_depends_on_place(model, r) for j in model.jumps for r in j.displacement):
        start = (1.0,) * model.dimension  # lengths in proportion to the place vanish at the origin
    if size is not None and not model.preparation.stated:
        start = _lively(model, values, functions, size)
    broken = next((i for i, n in enumerate(start) if abs(n - round(n)) > 1e-9), None)
    if model.population is not None and broken is not None:
        raise UsageError(f"the start {model.coordinates[broken]} = {start[broken]:.6g} is no whole number at these values",
                         instead=f"choose a size that makes it one, as in --set {model.population.system_size}=1000")  # fmt: skip
    exits = transition_weights(model, values, functions, start)
    if model.clock == "continuous" and not exits.any() and not model.motions:
        raise UsageError("where the walkers start no jump happens at these values", instead="choose others with --set")
    if shares is None:
        given_shares = stationary_shares(model, exits)
    else:
        given_shares = tuple(shares.get(n, 0.0) for n in model.state_names)
    if model.clock == "waiting":
        amount = _time_of(model, values, events)
    elif model.motions and not exits.any():
        amount = _time_of_motion(model, values)
    else:
        amount = float(events) if model.clock == "discrete" else events / max(exits.sum(axis=0).max(), 1e-300)
    setting = Setting(model, values, functions, drawn, start, given_shares, amount, eps)
    if all(j.law is None for j in model.jumps) and model.clock != "waiting" and not model.motions:
        walk = LatticeWalk(model, values, functions, start)
        walk.most_work = PLANNED
        walk.law(
            model, given_shares, amount, most_jumps=MANY * max(events, 10)
        )  # raises where a rule on the way is none
    else:
        _check_weights(model, exits)
    return setting


def _time_of_motion(model: JumpModel, values: Mapping[sp.Symbol, float]) -> float:
    """A time after which the mean displacement and the spread of walkers that never jump are as large: 2 D/v^2, or one."""
    speeds, spreads = [], []
    for velocity, rows in motions_of(model, lambda e: float(evaluate(e, values, array_arithmetic()))):
        speeds.append(sum(v * v for v in velocity))
        spreads.append(2 * sum(row[i] for i, row in enumerate(rows)))
    fast, wide = max(speeds), max(spreads)
    return wide / fast if fast > 0 and wide > 0 else 1.0


def _depends_on_place(model: JumpModel, length: sp.Expr) -> bool:
    return bool(length.free_symbols & set(model.coordinate_symbols))


def _lively(
    model: JumpModel, values: Mapping[sp.Symbol, float], functions: Mapping[str, SmoothFunction], size: float
) -> tuple[float, ...]:
    """Numbers to start a population from, from which as many of its jumps as possible are open: near half of its size, or few."""
    half = round(size / (model.dimension + 1))

    def open_jumps(number: int) -> int:
        place = np.full((1, model.dimension), float(number))
        local = dict(zip(model.coordinate_symbols, place.T, strict=True))
        rates = [float(np.ravel(evaluate_arrays(j.intensity, {**values, **local}, functions))[0]) for j in model.jumps]
        return sum(r > 0 for r in rates) if min(rates, default=0.0) >= 0 else -1

    return (float(max((half, half + 1, 1, 2, 3, 0), key=open_jumps)),) * model.dimension


def _time_of(model: JumpModel, values: Mapping[sp.Symbol, float], events: int) -> float:
    """A time in which about so many waits end: psi/(1 - psi) at s = 1/t is the mean number at a time of exponential law."""
    if model.waiting is None:
        raise NotYetError("waits of states and of jumps are not simulated yet")
    low, high = -40.0, 40.0  # of log(t)
    for _ in range(40):
        middle = (low + high) / 2
        s = mpmath.exp(-middle)
        psi = mpmath.re(waiting_transform(model.waiting, s, lambda e: evaluate(e, values, mp_arithmetic())))
        low, high = (middle, high) if psi < events * (1 - psi) else (low, middle)
    return float(mpmath.exp(low))


def _check_weights(model: JumpModel, exits: Any) -> None:
    if np.any(exits < -1e-12) or (model.clock in ("discrete", "waiting") and np.any(exits.sum(axis=0) > 1 + 1e-12)):
        raise UsageError("at these values the intensities are no probabilities", instead="choose others with --set")


def _step(model: JumpModel, values: Mapping[sp.Symbol, float]) -> float:
    sizes = [abs(float(evaluate(r, {**values}, array_arithmetic()))) for j in model.jumps for r in j.displacement
             if not r.free_symbols & set(model.coordinate_symbols)]  # fmt: skip
    return max([s for s in sizes if s > 0], default=1.0)
