"""Measured trajectories against the model and against its equation, and what they say of the coefficients themselves.

The model is tested by the exact law of one increment; the equation by its drift and diffusion within the confidence intervals of
the Kramers-Moyal coefficients that are estimated from the data alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.dossier.claimed_equation import read_equation
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_functions import all_functions, free_functions
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_rules import stand_in, wrong_rules
from symdiff.dossier.verify_scope import check_scope
from symdiff.dossier.verify_setting import Setting
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, ResourceError, SymdiffError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic, evaluate_arrays
from symdiff.evidence.propagation.lattice_law import LatticeWalk
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.simulation.walkers import Endpoints
from symdiff.evidence.trajectories.kramers_moyal import Estimate, by_cumulants, by_place
from symdiff.evidence.trajectories.reading import Trajectories, read_trajectories
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate
from symdiff.verification.statistics import deviation_of, normal_p
from symdiff.verification.tier import Evidence, NegativeControl, TierResult, frozen, not_applicable

ALPHA = 1e-4  # probability to reject correct data, per row of the result
DELTA = 0.1  # relative error of a rule, or of a coefficient, that a passed test excludes
POWER = 0.99
MOST_SITES = 400  # starting sites whose laws are worked out one by one
Values = Mapping[sp.Symbol, float]


@dataclass(frozen=True)
class _Data:
    """Data and everything in numbers that they are compared with; ``amount`` is in steps (discrete time) or in time."""

    model: JumpModel
    values: Values
    functions: Functions
    trajectories: Trajectories
    amount: float


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
    data = _Data(
        subject,
        values,
        all_functions(subject, {}, values),
        trajectories,
        _amount(subject, values, trajectories.interval),
    )
    rows = [_against_model(data, note)]
    limits = derive_all(prepared)
    chosen = read_equation(equation, prepared) if equation else next(
        (x.equation for x in limits if x.regime.origin == "long-wave" and x.equation is not None), None)  # fmt: skip
    rows.append(_against_equation(data, chosen, "the user's equation" if equation else "long-wave"))
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


def _against_model(data: _Data, note: str) -> TierResult:
    try:
        check_scope(data.model, "simulation")
        if data.model.clock == "waiting":
            raise NotYetError("waits are under way when positions are measured: their increments are not tested yet")
        if len(data.model.state_names) > 1:
            raise NotYetError(
                "internal states are not seen in positions: increments that depend on each other are not tested yet"
            )
        return _homogeneous(data, note) if is_homogeneous(data.model) else _by_start(data)
    except (NotYetError, ResourceError) as reason:
        return not_applicable("data: model", reason.message)


def _homogeneous(data: _Data, note: str) -> TierResult:
    from symdiff.dossier.verify_laws import LawTest
    from symdiff.dossier.verify_sites import WalkedSiteTest

    lawful = any(j.law is not None for j in data.model.jumps)
    zero = (0.0,) * data.model.dimension
    setting = Setting(data.model, data.values, data.functions, {}, zero, (1.0,), data.amount, 1.0)
    make: Any = LawTest if lawful else WalkedSiteTest
    test = make(setting, wrong_rules(data.model, data.values, DELTA), ALPHA, delta=DELTA)
    starts, steps, owners = data.trajectories.increments()
    if not lawful:
        _check_sites(test.walk, test.law, starts, steps, owners)
    found, resolution = test.judge_all(Endpoints(steps, np.zeros(len(steps), dtype=np.int64)), POWER)
    scores = [(s.name, s.z, s.p) for s in found.scores]
    return _model_row(scores, found.level, NegativeControl(found.claims, found.missed), resolution, data, note)


def _check_sites(walk: Any, law: Any, starts: FloatArray, steps: FloatArray, owners: Any) -> None:
    """Raises :class:`UsageError` where an increment is no sum of jumps: the data are off the lattice."""
    off = np.flatnonzero(law.index(steps) < 0)
    if len(off) == 0:
        return
    n = int(off[0])
    grain = float(np.min(np.abs(walk.places[1:]).max(axis=1))) if len(walk.places) > 1 else 1.0
    distance = float(np.min(np.max(np.abs(law.positions - steps[n]), axis=1)))
    if distance > 1e-3 * grain:
        where = (
            f"--data, trajectory {int(owners[n]) + 1}, increment {n - int(np.flatnonzero(owners == owners[n])[0]) + 1}"
        )
        raise UsageError(f"the increment {np.array2string(steps[n], precision=6)} from {np.array2string(starts[n], precision=6)} is no sum of "
                         f"the model's jumps ({len(off)} of {len(steps)} increments are none)", where=where,
                         instead="give positions in the model's units; measured noise is not part of the model")  # fmt: skip
    raise UsageError(
        "positions are rounded too coarsely to tell the sites apart", where="--data", instead="write more digits"
    )


def _by_start(data: _Data) -> TierResult:
    """Where rates depend on place: mean and spread of the increments from every site that was visited, as exact residuals."""
    if data.model.dimension > 1:
        raise NotYetError("increments of place-dependent models are tested in one dimension only")
    starts, steps, _ = data.trajectories.increments()
    if any(j.law is not None for j in data.model.jumps):
        raise NotYetError(
            "steps with a continuous law and rates that depend on place have no exact law to compare with yet"
        )
    sites, back = np.unique(np.round(starts[:, 0], 9), return_inverse=True)
    if len(sites) > MOST_SITES:
        raise NotYetError(f"the data start from {len(sites)} places; the laws of at most {MOST_SITES} are worked out")
    moments = np.array([_moments(data, float(x)) for x in sites])[back.ravel()]
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
                z = float(np.sum(residual[part]) / math.sqrt(total)) if total > 0 else 0.0
                scores.append((f"{what} of the increments, {label}", z, normal_p(z)))
    level = ALPHA / len(scores)
    reach = deviation_of(level) + deviation_of(2 * (1 - POWER))
    spread = reach * math.sqrt(float(np.sum(moments[:, 2]))) / float(np.sum(moments[:, 1]))
    claims = [f"spread of the increments times (1 {s} {DELTA:g})" for s in "+-"]
    missed = [] if spread <= DELTA else claims
    return _model_row(scores, level, NegativeControl(tuple(claims), tuple(missed)), spread, data, "")


def _fifths(x: FloatArray) -> list[Any]:
    edges = np.quantile(x, np.linspace(0, 1, 6))
    return [(x >= a) & ((x < b) | (n == 4)) for n, (a, b) in enumerate(pairwise(edges))]


def _moments(data: _Data, start: float) -> tuple[float, float, float]:
    """Mean and variance of one increment from a site, and the variance of its squared deviation."""
    law = LatticeWalk(data.model, data.values, data.functions, (start,)).law(data.model, (1.0,), data.amount)
    p = law.probabilities.sum(axis=0)
    p, r = p / p.sum(), law.positions[:, 0] - start
    mean = float(p @ r)
    second, fourth = float(p @ (r - mean) ** 2), float(p @ (r - mean) ** 4)
    return mean, second, fourth - second**2


def _model_row(
    scores: Sequence[tuple[str, float, float]], level: float, control: NegativeControl, resolution: float | None, data: _Data, note: str
) -> TierResult:  # fmt: skip
    name, _, p = min(scores, key=lambda s: s[2])
    passed: bool | None = p >= level
    why = (
        f"no direction contradicts the exact law of an increment; a relative error of {DELTA:g} in any rule is excluded"
    )
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
                     scores=[{"name": n, "z": zz, "p": pp} for n, zz, pp in scores], values=_texts(data.values))  # fmt: skip
    return TierResult("data: model", True, why, "", "largest deviation of the increments from their exact law, in standard errors", 0.0,
                      min(deviation_of(p), 1e3), deviation_of(level), passed, resolution, control, details)  # fmt: skip


def _texts(values: Values) -> dict[str, str]:
    return {s.name: f"{v:.12g}" for s, v in values.items()}


# --- the equation ---------------------------------------------------------------------------------------------------


def _against_equation(data: _Data, equation: EvolutionEquation | None, name: str) -> TierResult:
    starts, steps, owners = data.trajectories.increments()
    homogeneous = is_homogeneous(data.model)
    coordinates = data.model.coordinates
    estimates = by_cumulants(steps, owners, data.trajectories.interval, coordinates)
    if not homogeneous and len(coordinates) == 1:
        estimates = by_place(starts, steps, data.trajectories.interval)
    listed = [{"name": e.name, "place": e.place, "value": e.value, "standard_error": e.error,
               "low": e.value - 2.575829 * e.error, "high": e.value + 2.575829 * e.error} for e in estimates]  # fmt: skip
    details = frozen(
        kramers_moyal=listed, confidence=0.99, interval=data.trajectories.interval, values=_texts(data.values)
    )
    try:
        if equation is None:
            raise NotYetError("there is no single equation to compare the data with")
        if not homogeneous and len(coordinates) > 1:
            raise NotYetError("place-dependent equations are compared with data in one dimension only")
        if len(data.model.state_names) > 1:
            raise NotYetError(
                "with internal states the coefficients are those of long times; increments are not compared with them yet"
            )
        pairs = [(e, _claimed(equation, e, data, coordinates)) for e in estimates if e.name[0] in "vD"]
    except SymdiffError as reason:
        return not_applicable("data: equation", reason.message, name, details)
    pairs += [
        _pooled([p for p in pairs if p[0].name == n]) for n in ("v", "D") if sum(e.name == n for e, _ in pairs) > 1
    ]
    level = ALPHA / len(pairs)
    bound = deviation_of(level)
    gaps = [(_deviations(e, c), e, c) for e, c in pairs]
    worst, estimate, claimed = max(gaps, key=lambda g: abs(g[0]))
    wrong = [(e, c) for e, c in pairs if c != 0 and e.name[0] == "D" and (homogeneous or e.place is None)]
    tries = [(e, c, s * DELTA) for e, c in wrong for s in (1, -1)]
    claims = [f"{_shown(e)} times (1 {'+' if s > 0 else '-'} {DELTA:g})" for e, _, s in tries]
    missed = [text for text, (e, c, s) in zip(claims, tries, strict=True) if abs(_deviations(e, c * (1 + s))) <= bound]
    resolution = max(((bound + deviation_of(2 * (1 - POWER))) * e.error / abs(c) for e, c in wrong), default=None)
    control = NegativeControl(tuple(claims), tuple(missed))
    passed: bool | None = abs(worst) <= bound
    why = "drift and diffusion of the equation lie within the confidence intervals of the data"
    if not passed:
        why = f"the data give {_shown(estimate)} = {estimate.value:.6g} +- {estimate.error:.2g}, the equation says {claimed:.6g}"
    elif not control.rejected:
        passed, why = None, f"the data do not exclude a relative error of {DELTA:g} in every diffusion coefficient"
    return TierResult("data: equation", True, why, name, "largest deviation of drift and diffusion from the data, in standard errors", 0.0,
                      min(abs(worst), 1e3), bound, passed, resolution, control, details)  # fmt: skip


def _deviations(e: Estimate, claimed: float) -> float:
    if e.error > 0:
        return (e.value - claimed) / e.error
    return 0.0 if abs(e.value - claimed) < 1e-9 else math.inf


def _pooled(pairs: Sequence[tuple[Estimate, float]]) -> tuple[Estimate, float]:
    """One coefficient at all places together, as a multiple of what the equation says (which is 1)."""
    weight = sum((c / e.error) ** 2 for e, c in pairs if e.error > 0)
    if weight == 0:
        return Estimate(pairs[0][0].name, 1.0, math.inf), 1.0
    value = sum(e.value * c / e.error**2 for e, c in pairs if e.error > 0) / weight
    return Estimate(f"{pairs[0][0].name} over the equation's", value, weight**-0.5), 1.0


def _shown(e: Estimate) -> str:
    return e.name if e.place is None else f"{e.name}({e.place:.4g})"


def _claimed(equation: EvolutionEquation, estimate: Estimate, data: _Data, coordinates: Sequence[str]) -> float:
    """What the equation says of a coefficient of the form d_t P = - d_i(v_i P) + d_ij(D_ij P), at a place."""
    if len(equation.left) != 1 or equation.left[0].time != 1 or equation.left[0].caputo is not None:
        raise NotYetError("only equations d_t P = ... are compared with data so far")
    if any(t.fractional is not None or t.memory is not None or not t.density for t in equation.right):
        raise NotYetError("fractional and nonlinear equations are not compared with data yet")
    kind, axes = estimate.name[0], estimate.name[2:]
    wanted = [axes.count(c) for c in coordinates] if axes else [1 if kind == "v" else 2]
    total = sp.Integer(0)
    head = equation.left[0].coefficient
    for t in equation.right:
        if t.density and not t.inside and t.coefficient.has(*equation.coordinates):
            raise NotYetError("the equation is not in the form d_x(... P): its drift is not read off")
        if list(t.space) == wanted:
            total += t.coefficient / head * (-1 if kind == "v" else 1)
    if kind == "D" and sum(1 for n in wanted if n) > 1:
        total /= 2  # the equation has 2 D_xy d_x d_y
    local = dict(data.values) | {equation.coordinates[0]: estimate.place or 0.0}
    return float(evaluate_arrays(total, local, data.functions))
