"""An equation against measured increments: by cumulants where nothing depends on place, else by its own moments over the interval.

The lattice and its equation differ by what the equation leaves out. Where the exact law of an increment is known, the difference
between it and the derived equation is allowed for: it is no error of the equation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, SymdiffError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.trajectories.finite_time import Forecast, fit_by_place, forecast, longest
from symdiff.evidence.trajectories.kramers_moyal import Estimate, by_cumulants
from symdiff.evidence.trajectories.reading import Trajectories
from symdiff.model.jump_model import JumpModel
from symdiff.verification.statistics import deviation_of
from symdiff.verification.tier import NegativeControl, TierResult, frozen, not_applicable

ALPHA = 1e-4  # probability to reject correct data, per row of the result
DELTA = 0.1  # relative error of a rule, or of a coefficient, that a passed test excludes
POWER = 0.99
LEAST_PER_PART = 2000  # increments: the tails of their squares are then close to normal
MOST_PARTS = 10
Values = Mapping[sp.Symbol, float]


@dataclass(frozen=True)
class DataSet:
    """Data and everything in numbers that they are compared with; ``amount`` is in steps (discrete time) or in time."""

    model: JumpModel
    values: Values
    functions: Functions
    trajectories: Trajectories
    amount: float

    @property
    def texts(self) -> dict[str, str]:
        """The values in decimal notation."""
        return {s.name: f"{v:.12g}" for s, v in self.values.items()}


@dataclass(frozen=True)
class _Sum:
    """A sum of residuals that vanishes on average, its standard error, what the lattice adds to it, and how to say it."""

    name: str
    total: float
    error: float
    gap: float
    text: str

    def deviation(self, bound: float) -> float:
        """In standard errors, where the gap counts as none; what is beyond ``bound`` is a rejection."""
        left = max(abs(self.total) - self.gap, 0.0)
        return left / self.error if self.error > 0 else math.inf if left > 0 else 0.0


def against_equation(
    data: DataSet,
    equation: EvolutionEquation | None,
    derived: EvolutionEquation | None,
    name: str,
    law: FloatArray | None,
) -> TierResult:
    """Drift and diffusion of ``equation`` against the increments, and what these say of the coefficients themselves.

    ``law`` is that of the model's own increment: where nothing depends on place its values and, in the last column, their
    probabilities; else mean, variance and the variance of the squared deviation from every start; None where it is not known.
    """
    starts, steps, owners = data.trajectories.increments()
    homogeneous = is_homogeneous(data.model)
    coordinates, interval = data.model.coordinates, data.trajectories.interval
    estimates, note = by_cumulants(steps, owners, interval, coordinates), ""
    if not homogeneous and len(coordinates) == 1:
        try:
            estimates = fit_by_place(starts[:, 0], steps[:, 0], interval)
        except NotYetError as reason:
            estimates, note = [], reason.message
    listed = [{"name": e.name, "place": e.place, "value": e.value, "standard_error": e.error,
               "low": e.value - e.reach(0.01), "high": e.value + e.reach(0.01)} for e in estimates]  # fmt: skip
    details: dict[str, Any] = {"kramers_moyal": listed, "confidence": 0.99, "interval": interval, "values": data.texts}
    details |= {"note": note} if note else {}
    try:
        if equation is None:
            raise NotYetError("there is no single equation to compare the data with")
        if data.model.boundaries:
            raise NotYetError(
                "beside walls increments are those of the walls too: the equation is not compared with them yet"
            )
        if not homogeneous and len(coordinates) > 1:
            raise NotYetError("place-dependent equations are compared with data in one dimension only")
        if len(data.model.state_names) > 1:
            raise NotYetError(
                "with internal states the coefficients are those of long times; increments are not compared with them yet"
            )
        if homogeneous:
            return _by_cumulants(data, equation, estimates, name, law, details)
        return _by_moments(data, equation, derived, law, name, details)
    except SymdiffError as reason:
        return not_applicable("data: equation", reason.message, name, frozen(**details))


def successive(steps: FloatArray, owners: Any) -> list[tuple[str, float]]:
    """Whether increments that follow one another are independent: correlations of bounded functions of both, in standard errors."""
    pairs = np.flatnonzero(owners[1:] == owners[:-1])
    found = []
    for i in range(steps.shape[1]):
        low, middle, high = np.quantile(steps[:, i], [0.25, 0.5, 0.75])
        scale = (high - low) or float(np.ptp(steps[:, i])) or 1.0
        bounded = np.clip((steps[:, i] - middle) / scale, -5, 5)
        for what, f in (("increments", bounded), ("sizes of increments", np.abs(bounded))):
            spread = float(np.std(f))
            if len(pairs) >= 30 and spread > 1e-9:
                f = (f - np.mean(f)) / spread
                z = float(np.sum(f[pairs] * f[pairs + 1]) / math.sqrt(len(pairs)))
                found.append((f"correlation of successive {what} along coordinate {i + 1}", z))
    return found


# --- nothing depends on place ---------------------------------------------------------------------------------------


def _by_cumulants(
    data: DataSet, equation: EvolutionEquation, estimates: Sequence[Estimate], name: str, law: FloatArray | None, details: dict[str, Any],
) -> TierResult:  # fmt: skip
    _, steps, owners = data.trajectories.increments()
    interval = data.trajectories.interval
    sums = []
    for e in estimates:
        if e.name[0] not in "vD":
            continue
        claimed = float(_coefficient(equation, data, e.name)(np.zeros(1))[0])
        sums.append((e, claimed, _least_error(e.name, data.model.coordinates, steps, law, interval)))
    links = successive(steps, owners)
    level = ALPHA / (len(sums) + len(links))
    bound = deviation_of(level)
    rows = []
    for e, claimed, (least, skew) in sums:
        error = max(e.reach(level) / bound, least) * (1 + skew * (2 * bound**2 + 1) / (6 * bound))
        text = f"the data give {e.name} = {e.value:.6g} +- {e.error:.2g}, the equation says {claimed:.6g}"
        rows.append((_Sum(e.name, e.value - claimed, error, 0.0, text), claimed))
    tried = [(r, c, s * DELTA) for r, c in rows if r.name[0] == "D" and c != 0 for s in (1, -1)]
    claims = [f"{r.name} times (1 {'+' if s > 0 else '-'} {DELTA:g})" for r, _, s in tried]
    missed = [t for t, (r, c, s) in zip(claims, tried, strict=True) if abs(r.total - c * s) <= bound * r.error]
    reach = bound + deviation_of(2 * (1 - POWER))
    resolution = max((reach * r.error / abs(c) for r, c, s in tried if s > 0), default=None)
    control = NegativeControl(tuple(claims), tuple(missed))
    all_rows = [r for r, _ in rows] + [
        _Sum(n, z, 1.0, 0.0, f"{n}: {z:.1f} standard errors, where the equation has none") for n, z in links
    ]
    return _row(all_rows, bound, control, resolution, True, name, details)


def _least_error(
    name: str, coordinates: Sequence[str], steps: FloatArray, law: FloatArray | None, interval: float
) -> tuple[float, float]:
    """The standard error by the model's own law (rare jumps that were not seen have theirs), and the skewness of the estimate."""
    if law is None:
        positions, weights = steps, np.full(len(steps), 1 / len(steps))
    else:
        positions, weights = law[:, :-1], law[:, -1]
    axes = [0] if len(coordinates) == 1 else [n for n, c in enumerate(coordinates) if c in name[2:]]
    away = positions - weights @ positions
    value = away[:, axes[0]] if name[0] == "v" else away[:, axes[0]] * away[:, axes[-1]] / 2
    value = value - weights @ value
    variance = float(weights @ value**2)
    if variance <= 0:
        return 0.0, 0.0
    skew = abs(float(weights @ value**3)) / variance**1.5 / math.sqrt(len(steps))
    return (math.sqrt(variance / len(steps)) / interval if law is not None else 0.0), skew


# --- coefficients that depend on place ------------------------------------------------------------------------------


def _by_moments(
    data: DataSet, equation: EvolutionEquation, derived: EvolutionEquation | None, law: FloatArray | None, name: str, details: dict[str, Any],
) -> TierResult:  # fmt: skip
    starts, steps, owners = data.trajectories.increments()
    x, d = starts[:, 0], steps[:, 0]
    interval, reach = data.trajectories.interval, longest(d)

    def said(of: EvolutionEquation, factor: float = 1.0) -> Forecast:
        diffusivity = _coefficient(of, data, "D")
        return forecast(_coefficient(of, data, "v"), lambda at: factor * diffusivity(at), x, interval, reach)

    claimed = said(equation)
    own = None
    if law is not None and derived is not None:
        own = claimed if derived == equation else said(derived)
        gap = (law[:, 0] - own.mean, law[:, 1] - own.variance)
    else:
        gap = (np.zeros(len(d)), np.zeros(len(d)))
    first, second = d - claimed.mean, (d - claimed.mean) ** 2 - claimed.variance
    least = (law[:, 1], law[:, 2]) if law is not None else (np.zeros(len(d)), np.zeros(len(d)))
    parts = [("all places", np.ones(len(d), dtype=bool)), *_parts(x)]
    pairs = np.flatnonzero(owners[1:] == owners[:-1])
    bound = deviation_of(ALPHA / (2 * len(parts) + 2))
    sums = []
    for where, part in parts:
        for n, what, residual, says in (
            (0, "<dx>/dt", first, claimed.mean),
            (1, "spread^2/(2 dt)", second, claimed.variance),
        ):
            total, rate = float(np.sum(residual[part])), int(part.sum()) * interval * (1 + n)
            error = (
                _error(residual[part], least[n][part], bound)
                + claimed.error * math.sqrt(float(np.mean(claimed.variance))) * part.sum() / bound
            )
            mean = float(np.sum(says[part])) / rate
            text = f"at {where} the data give {what} = {mean + total / rate:.6g} +- {error / rate:.2g}, the equation says {mean:.6g}"
            sums.append(_Sum(f"{what}, {where}", total, error, abs(float(np.sum(gap[n][part]))), text))
    weight = claimed.mean / claimed.variance
    if np.any(weight):
        drift = first * weight
        text = f"the mean increments are {1 + np.sum(drift) / np.sum(claimed.mean * weight):.4g} times those of the equation"
        sums.append(
            _Sum(
                "drift",
                float(np.sum(drift)),
                _error(drift, least[0] * weight**2, bound),
                abs(float(np.sum(gap[0] * weight))),
                text,
            )
        )
    if len(pairs) >= 30:
        product = first[pairs] * first[pairs + 1]
        text = "what the equation leaves of successive increments is correlated"
        sums.append(_Sum("successive increments", float(np.sum(product)), _error(product, 0 * product, bound),
                         float(np.sum(np.abs(gap[0][pairs] * gap[0][pairs + 1]))), text))  # fmt: skip
    whole, claims, missed, change = sums[1], [], [], 0.0
    for s in (1, -1):
        moved = float(np.sum(said(equation, 1 + s * DELTA).variance - claimed.variance))
        change = max(change, abs(moved))
        claims.append(f"D times (1 {'+' if s > 0 else '-'} {DELTA:g})")
        if abs(whole.total - moved) <= bound * whole.error + whole.gap:
            missed.append(claims[-1])
    seen = (bound + deviation_of(2 * (1 - POWER))) * whole.error + whole.gap
    if own is not None:
        details["left_out_by_the_equation"] = {s.name: s.gap for s in sums[:2]}
    control = NegativeControl(tuple(claims), tuple(missed))
    return _row(sums, bound, control, DELTA * seen / change if change else None, own is not None, name, details)


def _error(residual: FloatArray, least: FloatArray, bound: float) -> float:
    """The standard error of a sum of residuals, widened for its skewness (P. Hall, The Bootstrap and Edgeworth Expansion (1992), sec. 2.4)."""
    variance = max(float(np.sum(residual**2)), float(np.sum(least)))
    if variance == 0:
        return 0.0
    skew = abs(float(np.sum(residual**3))) / variance**1.5
    return float(math.sqrt(variance) * (1 + skew * (2 * bound**2 + 1) / (6 * bound)))


def _parts(x: FloatArray) -> list[tuple[str, Any]]:
    count = min(MOST_PARTS, len(x) // LEAST_PER_PART)
    if count < 2:
        return []
    edges = np.unique(np.quantile(x, np.linspace(0, 1, count + 1)))
    return [
        (f"{a:.4g} <= x < {b:.4g}", (x >= a) & ((x < b) | (n == len(edges) - 2)))
        for n, (a, b) in enumerate(pairwise(edges))
    ]


# --- both -----------------------------------------------------------------------------------------------------------


def _row(
    sums: Sequence[_Sum], bound: float, control: NegativeControl, resolution: float | None, gap_known: bool, name: str, details: dict[str, Any],
) -> TierResult:  # fmt: skip
    worst = max(sums, key=lambda s: s.deviation(bound))
    measured = worst.deviation(bound)
    passed: bool | None = bool(measured <= bound)
    why = "drift and diffusion of the equation lie within the confidence intervals of the data"
    if not passed and gap_known:
        why = worst.text
    elif not passed:
        passed, why = (
            None,
            f"{worst.text}; whether the equation or the spacing of the lattice makes the difference is not known here",
        )
    elif not control.rejected:
        passed, why = None, f"the data do not exclude a relative error of {DELTA:g} in every diffusion coefficient"
        left = details.get("left_out_by_the_equation")
        if left and resolution and sums[1].gap > bound * sums[1].error:
            why += ": the lattice itself differs from its equation by as much"
    return TierResult("data: equation", True, why, name, "largest deviation of drift and diffusion from the data, in standard errors", 0.0,
                      min(float(measured), 1e3), bound, passed, resolution, control, frozen(**details))  # fmt: skip


def _coefficient(equation: EvolutionEquation, data: DataSet, name: str) -> Any:
    """v or D of the form d_t P = - d_i(v_i P) + d_ij(D_ij P), as a function of places."""
    if len(equation.left) != 1 or equation.left[0].time != 1 or equation.left[0].caputo is not None:
        raise NotYetError("only equations d_t P = ... are compared with data so far")
    if any(t.fractional is not None or t.memory is not None or not t.density for t in equation.right):
        raise NotYetError("fractional and nonlinear equations are not compared with data yet")
    coordinates = data.model.coordinates
    kind, axes = name[0], name[2:]
    wanted = [axes.count(c) for c in coordinates] if axes else [1 if kind == "v" else 2]
    total = sp.Integer(0)
    for t in equation.right:
        if t.density and not t.inside and t.coefficient.has(*equation.coordinates):
            raise NotYetError("the equation is not in the form d_x(... P): its drift is not read off")
        if list(t.space) == wanted:
            total += t.coefficient / equation.left[0].coefficient * (-1 if kind == "v" else 1)
    if kind == "D" and sum(1 for n in wanted if n) > 1:
        total /= 2  # the equation has 2 D_xy d_x d_y

    def at(places: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            found = evaluate_arrays(total, dict(data.values) | {equation.coordinates[0]: places}, data.functions)
        return np.broadcast_to(np.asarray(found, dtype=float), places.shape)

    return at
