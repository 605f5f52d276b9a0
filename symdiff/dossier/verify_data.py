"""Measured trajectories against the model and against its equation, and what they say of the coefficients themselves.

The model is tested by the exact law of one increment, and by the independence of successive ones; the equation in
``verify_data_equation``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.dossier.claimed_equation import read_equation
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_data_equation import ALPHA, DELTA, POWER, DataSet, against_equation, successive
from symdiff.dossier.verify_functions import all_functions, free_functions
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_rules import stand_in, wrong_rules
from symdiff.dossier.verify_scope import check_scope
from symdiff.dossier.verify_setting import Setting
from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.characteristic import transition_weights
from symdiff.evidence.propagation.lattice_law import LatticeWalk
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.simulation.walkers import Endpoints
from symdiff.evidence.trajectories.reading import read_trajectories
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate
from symdiff.verification.statistics import deviation_of, normal_p
from symdiff.verification.tier import Evidence, NegativeControl, TierResult, frozen, not_applicable

MOST_EVENTS = 2000  # jumps between two positions, up to which their law is worked out site by site
FAR = 4.5  # standard errors, about where p-values of 1e-5 lie
MOST_SITES = 400  # starting sites whose laws are worked out one by one
Values = Mapping[sp.Symbol, float]


def verify_data(model: JumpModel, path: Path, settings: Settings | None = None, equation: str = "") -> Evidence:
    """Test trajectories against the model and against the long-wave equation (or the user's).

    Raises :class:`UsageError` for data that cannot be used, with the place, and where a parameter has no value.
    """
    settings = settings or Settings()
    prepared = apply_to_model(model, settings)
    trajectories = read_trajectories(path, prepared.coordinates)
    base = base_values(prepared, settings)
    if base.drawn:
        raise UsageError(f"{', '.join(base.drawn)} have no value: data are compared with numbers", where="--data",
                         instead=f"give them in [values], or --set {base.drawn[0]}=...")  # fmt: skip
    if free := free_functions(prepared):
        raise UsageError(f"the function {free[0].name} is left open: data are compared with numbers", where="--data",
                         instead=f"write it in [definitions], or --set {free[0].name}=...")  # fmt: skip
    values = {s: float(v) for s, v in base.numbers().items()}
    subject, note = stand_in(prepared)
    data = DataSet(
        subject,
        values,
        all_functions(subject, {}, values),
        trajectories,
        _amount(subject, values, trajectories.interval),
    )
    row, law = _against_model(data, note)
    derived = next(
        (x.equation for x in derive_all(prepared) if x.regime.origin == "long-wave" and x.equation is not None), None
    )
    chosen = read_equation(equation, prepared) if equation else derived
    rows = [row, against_equation(data, chosen, derived, "the user's equation" if equation else "long-wave", law)]
    if not any(r.applies for r in rows):
        raise UsageError(f"there is nothing to check ({'; '.join(r.why for r in rows)})", where="--data")
    return Evidence(model.title, tuple(rows), equation)


def _amount(model: JumpModel, values: Values, interval: float) -> float:
    if model.time_step is None:
        return interval
    step = float(evaluate(model.time_step, values, array_arithmetic()))
    steps = round(interval / step)
    if steps < 1 or abs(steps * step / interval - 1) > 1e-6:
        raise UsageError(f"the positions are {interval:g} apart in time, which is {interval / step:.6g} steps of {step:g}", where="--data",
                         instead="sample at whole numbers of steps, or correct the time step")  # fmt: skip
    return float(steps)


# --- the model ------------------------------------------------------------------------------------------------------


def _against_model(data: DataSet, note: str) -> tuple[TierResult, FloatArray | None]:
    """The row of the model, and what the test of the equation needs of the law of an increment."""
    law: FloatArray | None = None
    try:
        check_scope(data.model, "data")
        if data.model.clock == "waiting":
            raise NotYetError("waits are under way when positions are measured: their increments are not tested yet")
        if len(data.model.state_names) > 1:
            raise NotYetError(
                "internal states are not seen in positions: increments that depend on each other are not tested yet"
            )
        if data.model.lossy:
            raise NotYetError("walkers that die leave no increment: those of the survivors are not tested yet")
        if is_homogeneous(data.model):
            return _homogeneous(data, note)
        law = _from_every_start(data)
        return _by_start(data, law), law
    except (NotYetError, ResourceError) as reason:
        return not_applicable("data: model", reason.message), law


def _homogeneous(data: DataSet, note: str) -> tuple[TierResult, FloatArray | None]:
    from symdiff.dossier.verify_laws import LawTest
    from symdiff.dossier.verify_sites import WalkedSiteTest

    zero = (0.0,) * data.model.dimension
    setting = Setting(data.model, data.values, data.functions, {}, zero, (1.0,), data.amount, 1.0)
    lawful = any(j.law is not None for j in data.model.jumps) or setting.events > MOST_EVENTS
    make: Any = LawTest if lawful else WalkedSiteTest
    starts, steps, owners = data.trajectories.increments()
    links = successive(steps, owners)
    test = make(setting, wrong_rules(data.model, data.values, DELTA), ALPHA / 2, delta=DELTA)
    if not lawful:
        _check_sites(test.walk, test.law, starts, steps, owners)
    found, resolution = test.judge_all(Endpoints(steps, np.zeros(len(steps), dtype=np.int64)), POWER)
    # as p-values at one level, that of the test of single increments: half of ALPHA is left for the dependence of successive ones
    share = found.level / (ALPHA / 2 / max(len(links), 1))
    scores = [(s.name, s.z, s.p) for s in found.scores] + [(n, z, min(1.0, normal_p(z) * share)) for n, z in links]
    row = _model_row(scores, found.level, NegativeControl(found.claims, found.missed), resolution, data, note)
    if lawful:
        return row, None
    weights = test.law.probabilities.sum(axis=0)
    return row, np.column_stack([test.law.positions, weights / weights.sum()])


def _check_sites(
    walk: Any, law: Any, starts: FloatArray, ends: FloatArray, owners: Any, steps: FloatArray | None = None
) -> None:
    """Raises :class:`UsageError` where an increment is no sum of jumps: the data are off the lattice."""
    off = np.flatnonzero(law.index(ends) < 0)
    if len(off) == 0:
        return
    n = int(off[0])
    step = (ends if steps is None else steps)[n]
    grain = float(np.min(np.abs(walk.places[1:] - walk.places[0]).max(axis=1))) if len(walk.places) > 1 else 1.0
    distance = float(np.min(np.max(np.abs(law.positions - ends[n]), axis=1)))
    if distance > 1e-3 * grain:
        raise UsageError(f"the increment {np.array2string(step, precision=6)} from {np.array2string(starts[n], precision=6)} is no sum of "
                         f"the model's jumps ({len(off)} of {len(ends)} increments are none)", where=f"--data, trajectory {int(owners[n]) + 1}",
                         instead="give positions in the model's units; measured noise is not part of the model")  # fmt: skip
    raise UsageError(
        "positions are rounded too coarsely to tell the sites apart", where="--data", instead="write more digits"
    )


def _from_every_start(data: DataSet) -> FloatArray:
    """Mean, variance and variance of the squared deviation of the exact increment from every start."""
    if data.model.dimension > 1:
        raise NotYetError("increments of place-dependent models are tested in one dimension only")
    starts, steps, owners = data.trajectories.increments()
    if any(j.law is not None for j in data.model.jumps):
        raise NotYetError(
            "steps with a continuous law and rates that depend on place have no exact law to compare with yet"
        )
    unit = 1e-9 * (float(np.ptp(starts)) or 1.0)
    _, first, back = np.unique(np.rint(starts[:, 0] / unit), return_index=True, return_inverse=True)
    if len(first) > MOST_SITES:
        raise NotYetError(f"the data start from {len(first)} places; the laws of at most {MOST_SITES} are worked out")
    found = np.zeros((len(starts), 3))
    for n, row in enumerate(first):
        own = np.flatnonzero(back.ravel() == n)
        found[own] = _moments(data, starts[own], steps[own], owners[own], tuple(starts[row]))
    return found


def _by_start(data: DataSet, moments: FloatArray) -> TierResult:
    """Where rates depend on place: mean and spread of the increments from every site that was visited, as exact residuals."""
    starts, steps, owners = data.trajectories.increments()
    gap = steps[:, 0] - moments[:, 0]
    scores = []
    for name, parts in (("all places", [np.ones(len(gap), dtype=bool)]), ("fifth", _fifths(starts[:, 0]))):
        for n, part in enumerate(parts):
            label = name if name == "all places" else f"{name} {n + 1} of the places"
            for what, residual, variance in (
                ("mean", gap, moments[:, 1]),
                ("spread", gap**2 - moments[:, 1], moments[:, 2]),
            ):
                total = float(np.sum(variance[part]))
                skew = abs(float(np.sum(residual[part] ** 3))) / total**1.5 if total > 0 else 0.0
                z = float(np.sum(residual[part]) / math.sqrt(total)) if total > 0 else 0.0
                z /= 1 + skew * (2 * FAR**2 + 1) / (6 * FAR)  # the tails of a sum that is skew
                scores.append((f"{what} of the increments, {label}", z, normal_p(z)))
    information = float(np.sum(moments[:, 0] ** 2 / moments[:, 1])) if np.all(moments[:, 1] > 0) else 0.0
    if information > 0:  # the direction in which all rules that lead on average somewhere are a little stronger
        z = float(np.sum(moments[:, 0] * gap / moments[:, 1]) / math.sqrt(information))
        scores.append(("mean of the increments over the exact one", z, normal_p(z)))
    pairs = np.flatnonzero(owners[1:] == owners[:-1])
    total = float(np.sum(moments[pairs, 1] * moments[pairs + 1, 1]))
    if len(pairs) >= 30 and total > 0:
        z = float(np.sum(gap[pairs] * gap[pairs + 1]) / math.sqrt(total))
        scores.append(("correlation of successive increments", z, normal_p(z)))
    level = ALPHA / len(scores)
    reach = deviation_of(level) + deviation_of(2 * (1 - POWER))
    spread = reach * math.sqrt(float(np.sum(moments[:, 2]))) / float(np.sum(moments[:, 1]))
    claims = [f"spread of the increments times (1 {s} {DELTA:g})" for s in "+-"]
    missed = [] if spread <= DELTA else claims
    drift = reach / math.sqrt(information) if information > 0 else math.inf
    control = NegativeControl(tuple(claims), tuple(missed))
    excluded = f"{DELTA:g} in the spread of the increments, and of {drift:.2g} in their mean,"
    return _model_row(scores, level, control, spread, data, "", excluded)


def _fifths(x: FloatArray) -> list[Any]:
    edges = np.quantile(x, np.linspace(0, 1, 6))
    return [(x >= a) & ((x < b) | (n == 4)) for n, (a, b) in enumerate(pairwise(edges))]


def _moments(
    data: DataSet, starts: FloatArray, steps: FloatArray, owners: Any, start: tuple[float, ...]
) -> tuple[float, float, float]:
    """Mean and variance of one increment from a site, and the variance of its squared deviation; increments must end on sites."""
    walk = LatticeWalk(data.model, data.values, data.functions, start)
    exits = transition_weights(data.model, data.values, data.functions, start).sum()
    if (data.amount if walk.discrete else data.amount * exits) > MOST_EVENTS:
        raise NotYetError(f"more than {MOST_EVENTS} jumps lie between two positions: their exact law is not worked out")
    law = walk.law(data.model, (1.0,), data.amount)
    _check_sites(walk, law, starts, start + steps, owners, steps)
    p, r = law.probabilities.sum(axis=0), law.positions[:, 0] - start[0]
    p = p / p.sum()
    mean = float(p @ r)
    second, fourth = float(p @ (r - mean) ** 2), float(p @ (r - mean) ** 4)
    return mean, second, fourth - second**2


def _model_row(
    scores: Sequence[tuple[str, float, float]], level: float, control: NegativeControl, resolution: float | None, data: DataSet, note: str,
    excluded: str = f"{DELTA:g} in any rule",
) -> TierResult:  # fmt: skip
    name, _, p = min(scores, key=lambda s: s[2])
    passed: bool | None = p >= level
    why = f"no direction contradicts the exact law of an increment; a relative error of {excluded} is excluded"
    if not passed:
        why = f"the data contradict the exact law of an increment: {name}"
    elif not control.rejected:
        passed = None
        enough = (
            ""
            if not resolution or not math.isfinite(resolution)
            else f"; about {math.ceil((resolution / DELTA) ** 2)} times as many would"
        )
        why = f"the data do not exclude a relative error of {DELTA:g} in every rule{enough}"
    details = frozen(increments=sum(len(t) - 1 for t in data.trajectories.paths), trajectories=len(data.trajectories.paths),
                     interval=data.trajectories.interval, false_alarm_probability=ALPHA, note=note,
                     scores=[{"name": n, "z": zz, "p": pp} for n, zz, pp in scores], values=data.texts)  # fmt: skip
    return TierResult("data: model", True, why, "", "largest deviation of the increments from their exact law, in standard errors", 0.0,
                      min(deviation_of(p), 1e3), deviation_of(level), passed, resolution, control, details)  # fmt: skip
