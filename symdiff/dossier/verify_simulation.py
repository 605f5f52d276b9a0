"""The simulation tier: walkers generated from the rules against the exact law, with a stated false-alarm probability.

Three outcomes: passed (the walkers contradict every law that is off by DELTA in one rule, and do not contradict the exact one),
failed (they contradict the exact law), or neither (too few walkers within the budget). The number of walkers follows from the
exact law and the budget alone, never from the clock or from results, so that a seed fixes the outcome.
"""

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
from symdiff.dossier.verify_rules import Wrong, stand_in, wrong_rules
from symdiff.dossier.verify_scope import check_scope
from symdiff.errors import NotYetError, ResourceError, SymdiffError, UsageError
from symdiff.evidence.arrays import SmoothFunction
from symdiff.evidence.propagation.characteristic import stationary_shares
from symdiff.evidence.propagation.lattice_law import LatticeWalk
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.simulation.walkers import CHUNK, Endpoints, Walkers
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import fingerprint
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.statistics import Comparison, deviation_of
from symdiff.verification.tier import NegativeControl, TierResult, frozen, not_applicable

ALPHA = 1e-6  # probability to reject correct rules, per derivation
DELTA = 0.02  # relative error of a rule that a passed run excludes
POWER = 0.999  # with which each of the laws that are off by DELTA is rejected
SEED = 0  # without --seed
BUDGET = 10.0  # seconds at most, without --budget
SPEED = 5e6  # events per second that a budget is converted with: a fixed number, so that a seed fixes the outcome
EVENTS = {1: 12, 2: 9, 3: 4}  # steps, or expected events, per walker, by dimension
FEW = 3  # the same with continuous step laws, whose shape is lost in long sums
SHRINKS = (1.0, 0.5, 0.25, 0.125)  # values of eps to try, where the values at eps = 1 are no probabilities
QUANTITY = "largest deviation of the walkers from the exact law, in standard errors"


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
        return max(float(_exits(self.model, self.values, self.functions, self.start).sum(axis=0).max()), 1e-300)


def simulation_tier(
    model: JumpModel,
    base: BaseValues,
    seed: int | None,
    budget: float | None,
    alpha: float = ALPHA,
    delta: float = DELTA,
) -> TierResult:
    """The verdict on the rules of a model."""
    if model.signed:
        return not_applicable(
            "simulation", "weights outside [0, 1] are no probabilities: there are no walkers to follow"
        )
    seed, budget = SEED if seed is None else seed, BUDGET if budget is None else budget
    try:
        check_scope(model, "simulation")
        subject, note = stand_in(model)
        test = _sharpest(subject, base, budget, alpha, delta)
        setting = test.setting
        most = budget * SPEED / max(setting.events, 1.0)
        chunks = max(2, min(math.ceil(test.walkers(POWER) / CHUNK), math.floor(most / CHUNK)))
        walkers = Walkers(
            subject, setting.values, setting.functions, setting.start, setting.shares, fingerprint(model), seed
        )
        ends = walkers.walk(range(chunks), setting.amount)
    except (NotYetError, ResourceError, UsageError) as error:
        return not_applicable("simulation", error.message)
    except ValueError as error:
        return not_applicable("simulation", f"the rules cannot be evaluated for many walkers at once: {error}")
    return _result(test, ends, setting, base, seed, budget, note, alpha, delta)


def _sharpest(model: JumpModel, base: BaseValues, budget: float, alpha: float, delta: float) -> Any:
    """The comparison after so many events that the budget decides, or that comes closest to it."""
    from symdiff.dossier.verify_laws import law_test  # both tests are loaded only when a simulation runs
    from symdiff.dossier.verify_sites import site_test

    lawful = any(j.law is not None for j in model.jumps)
    if lawful and not is_homogeneous(model):
        raise NotYetError(
            "steps with a continuous law and rates that depend on place have no exact law to compare with yet"
        )
    most = FEW if lawful and len(model.state_names) == 1 else EVENTS.get(model.dimension, 4)
    best, least = None, math.inf
    for events in dict.fromkeys((most, max(most // 2, 2), 3, 2, 1)):
        setting = find_setting(model, base, events)
        test: Any = (law_test if lawful else site_test)(
            setting, wrong_rules(model, setting.values, delta), alpha, delta
        )
        cost = test.walkers(POWER) * max(setting.events, 1.0) or math.inf
        if best is None or cost < least:
            best, least = test, cost
        if cost <= budget * SPEED:
            break
    return best


def find_setting(model: JumpModel, base: BaseValues, most: int) -> Setting:
    """Values, test functions and at most ``most`` steps for which every rule that is met is a probability or a rate.

    Raises :class:`UsageError` where none was found.
    """
    problem: SymdiffError | None = None
    shrinks = SHRINKS if model.regimes else SHRINKS[:1]
    for eps in shrinks:
        values = _values(model, base, eps)
        for shape in range(len(SHAPES) if free_functions(model) else 1):
            for events in (n for n in dict.fromkeys((most, max(most // 2, 2), 3, 2)) if n <= most):
                try:
                    return _setting(model, values, shape, events, eps)
                except (UsageError, ResourceError) as error:
                    problem = error
    assert problem is not None
    raise problem


def _values(model: JumpModel, base: BaseValues, eps: float) -> dict[sp.Symbol, float]:
    with mpmath.workdps(30):
        if eps == 1.0:
            return {s: float(v) for s, v in base.numbers().items()}
        return {s: float(v) for s, v in eps_path(model, model.regimes[0], base).values(mpmath.mpf(eps)).items()}


def _setting(model: JumpModel, values: Mapping[sp.Symbol, float], shape: int, events: int, eps: float) -> Setting:
    with mpmath.workdps(20):
        numbers = {s: mpmath.mpf(v) for s, v in values.items()}
        start = tuple(float(evaluate(p, numbers, mp_arithmetic())) for p in model.preparation.position)
        given = model.preparation.states
        shares = None if given is None else {n: float(evaluate(v, numbers, mp_arithmetic())) for n, v in given}
    period = 24 * _step(model, values)
    generator = generator_for(model, "functions")
    drawn = {
        f.name: draw_waves(f, generator, dict.fromkeys(f.arguments, period), SHAPES[shape])
        for f in free_functions(model)
    }
    functions = all_functions(model, drawn, values)
    exits = _exits(model, values, functions, start)
    if shares is None:
        given_shares = stationary_shares(model, exits)
    else:
        given_shares = tuple(shares.get(n, 0.0) for n in model.state_names)
    amount = float(events) if model.clock == "discrete" else events / max(exits.sum(axis=0).max(), 1e-300)
    setting = Setting(model, values, functions, drawn, start, given_shares, amount, eps)
    if all(j.law is None for j in model.jumps):
        LatticeWalk(model, values, functions, start).law(
            model, given_shares, amount
        )  # raises where a rule on the way is none
    else:
        _check_weights(model, exits)
    return setting


def _check_weights(model: JumpModel, exits: Any) -> None:
    if np.any(exits < -1e-12) or (model.clock == "discrete" and np.any(exits.sum(axis=0) > 1 + 1e-12)):
        raise UsageError("at these values the intensities are no probabilities", instead="choose others with --set")


def _step(model: JumpModel, values: Mapping[sp.Symbol, float]) -> float:
    sizes = [abs(float(evaluate(r, {**values}, _floats()))) for j in model.jumps for r in j.displacement
             if not r.free_symbols & set(model.coordinate_symbols)]  # fmt: skip
    return max([s for s in sizes if s > 0], default=1.0)


def _floats() -> Any:
    from symdiff.evidence.arrays import array_arithmetic

    return array_arithmetic()


def _exits(
    model: JumpModel,
    values: Mapping[sp.Symbol, float],
    functions: Mapping[str, SmoothFunction],
    start: tuple[float, ...],
) -> Any:
    """The weights of the transitions [target, source] at the start."""
    size = len(model.state_names)
    matrix = np.zeros((size, size))
    local = {s: np.array([v]) for s, v in zip(model.coordinate_symbols, start, strict=True)}

    def call(e: Any, orders: tuple[int, ...]) -> Any:
        arguments = tuple(np.asarray(evaluate(a, {**values, **local}, _floats(), call)) for a in e.args)
        return functions[e.func.__name__](arguments, orders)

    for i, j, jump in model.transitions():
        matrix[i, j] += float(np.ravel(evaluate(jump.intensity, {**values, **local}, _floats(), call))[0])
    return matrix


def _result(
    test: Any, ends: Endpoints, setting: Setting, base: BaseValues, seed: int, budget: float, note: str, alpha: float, delta: float
) -> TierResult:  # fmt: skip
    observed = test.observed(ends)
    claimed: Comparison = test.compare(observed, None)
    claims, missed = [], []
    for wrong in test.wrong:
        name = f"{wrong.name} times (1 {'+' if wrong.factor > 1 else '-'} {delta:g})"
        claims.append(name)
        if not test.compare(observed, wrong).rejected:
            missed.append(name)
    control = NegativeControl(tuple(claims), tuple(missed))
    detectable = test.resolution(len(ends.states), POWER)
    needed = test.walkers(POWER)
    passed: bool | None = not claimed.rejected
    why = f"no direction contradicts the exact law; a relative error of {delta:g} in any rule is excluded"
    if not passed:
        why = f"the walkers contradict the exact law: {claimed.worst.name}"
    elif not control.rejected:
        passed = None
        seconds = max(needed, 2 * len(ends.states)) * max(setting.events, 1.0) / SPEED
        why = f"{len(ends.states)} walkers do not exclude a relative error of {delta:g} in every rule; --budget {math.ceil(seconds)} would"
        if not claims:
            why = "no rule can be varied: there is nothing that could fail"
    worst = claimed.worst
    details = frozen(
        walkers=len(ends.states),
        steps=setting.amount if setting.model.clock == "discrete" else None,
        time=None if setting.model.clock == "discrete" else setting.amount,
        tests=len(claimed.scores),
        false_alarm_probability=alpha,
        delta=delta,
        smallest_p=worst.p,
        scores=[{"name": s.name, "z": s.z, "p": s.p} for s in claimed.scores],
        seed=seed,
        budget=budget,
        budget_needed=needed * max(setting.events, 1.0) / SPEED,
        note=note,
        values={s.name: f"{v:.12g}" for s, v in setting.values.items()},
        drawn=list(base.drawn),
        functions={
            n: w.text(next(f.arguments for f in setting.model.functions if f.name == n))
            for n, w in setting.drawn.items()
        },
    )
    return TierResult(
        "simulation", True, why, "", QUANTITY, 0.0, min(deviation_of(worst.p), 1e3), deviation_of(claimed.level), passed, detectable,
        control, details,
    )  # fmt: skip


__all__ = ["Setting", "Wrong", "simulation_tier"]
