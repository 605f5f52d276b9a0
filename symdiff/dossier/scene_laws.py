"""Laws of steps and waits as codes and numbers that the page draws from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic, evaluate_arrays
from symdiff.evidence.simulation.laws import STEPS, Law, step_law, wait_law
from symdiff.model import family
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.step_law import StepLaw
from symdiff.model.waiting import WaitingLaw
from symdiff.notation.evaluation import evaluate

STUDENT, CUT_POWER, IN_PLANE, IN_SPACE, TABLE = 101.0, 102.0, 103.0, 104.0, 105.0
FARTHEST = 2**21  # index of a family of jumps
EACH = 1500  # indices that are drawn one by one; further out, groups that differ by a hundredth

Code = tuple[float, ...]


@dataclass
class Tables:
    """The codes of laws, with a table of cumulative probabilities for each family of jumps over whole numbers.

    The codes up to 100 are those of :mod:`symdiff.evidence.simulation.laws`.
    """

    values: Mapping[sp.Symbol, float]
    found: list[tuple[list[float], list[float]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def number(self, e: sp.Expr) -> float:
        """An expression of the parameters as a number."""
        return float(evaluate(e, self.values, array_arithmetic()))

    def rows(self) -> list[dict[str, list[float]]]:
        """The tables as plain JSON."""
        return [{"values": v, "cumulative": c} for v, c in self.found]

    def step(self, law: StepLaw, directions: Sequence[Sequence[sp.Expr]]) -> tuple[Code, float]:
        """The code of a step and its factor along the first coordinate; raises :class:`NotYetError`."""
        named = law.distribution in STEPS or law.distribution in ("normal", "student", "pareto")
        a = {n: self.number(e) for n, e in law.arguments} if named else {}
        if (
            law.distribution == "isotropic"
            and law.inner is not None
            and law.inner.distribution == "fixed"
            and law.lengths in (2, 3)
        ):
            length = self.number(dict(law.inner.arguments)["value"])
            return (IN_PLANE if law.lengths == 2 else IN_SPACE, 0.0, 0.0, 0.0), length
        if law.distribution == "normal" and law.lengths > 1 and len(directions) == law.lengths:
            return _code(step_law("normal", {"mean": a["mean.0"], "variance": a["covariance.0.0"]})), 1.0
        if law.lengths > 1 or law.inner is not None:
            raise NotYetError("steps of several random lengths are not animated yet")
        along = self.number(directions[0][0])
        if law.distribution == "family":
            return (TABLE, self._family(law), 0.0, 0.0), along
        if law.distribution == "student":
            return (STUDENT, a["dof"], 0.0, 0.0), along
        if law.distribution == "pareto":
            return (CUT_POWER, a["index"], a["scale"], a.get("cutoff", 0.0)), along
        return _code(step_law(law.distribution, a)), along

    def wait(self, law: WaitingLaw) -> Code:
        """The code of a wait; raises :class:`NotYetError`."""
        if law.transform is not None:
            raise NotYetError("waits that are known by their transform only cannot be drawn")
        a = {n: self.number(e) for n, e in law.arguments}
        if law.distribution == "gamma" and min(a["shape"], a["scale"]) <= 0:
            raise UsageError(
                "at these values no wait is drawn: its mean or its variance is not positive", instead="move a slider"
            )
        if law.distribution == "tail" and "mean" in a:
            return _with_mean(a)
        return _code(wait_law(law.distribution, a))

    def _family(self, law: StepLaw) -> float:
        """The number of the table of one index."""
        a = dict(law.arguments)
        index = family.index_symbols(1)[0]
        low, high = (_end(a[n], self.number) for n in ("low.0", "high.0"))
        if not np.isfinite(low):
            raise NotYetError("families of jumps without a first index are not animated yet")
        high = min(high, low + FARTHEST)
        numbers = np.arange(low, high + 1)
        here = {**self.values, index: numbers}
        weights, values = (
            np.broadcast_to(evaluate_arrays(a[n], here, {}), numbers.shape) for n in ("weight", "value.0")
        )
        missing = 1 - float(weights.sum())
        if missing > 1e-4:
            self.notes.append(
                f"steps beyond the index {high:.0f} (a share of {missing:.1g}) are taken to be as long as that"
            )
        weights, values = _thinned(weights, values)
        self.found.append(([float(f"{v:.6g}") for v in values], [float(f"{c:.9g}") for c in np.cumsum(weights)]))
        return float(len(self.found) - 1)


def _thinned(weights: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Far indices in groups, each with its mean value."""
    if len(weights) <= 2 * EACH:
        return weights, values
    far = np.geomspace(EACH, len(weights), round(np.log(len(weights) / EACH) / 0.01)).astype(int)
    starts = np.unique(np.concatenate([np.arange(EACH), far[:-1]]))
    sums, means = np.add.reduceat(weights, starts), np.add.reduceat(weights * values, starts)
    live = sums > 0
    return sums[live], means[live] / sums[live]


def _end(e: sp.Expr, number: Callable[[sp.Expr], float]) -> float:
    return float("inf") if e == sp.oo else -float("inf") if e == -sp.oo else number(e)


def _code(law: Law | None) -> Code:
    if law is None:
        raise NotYetError("steps or waits of this law cannot be drawn on the page yet")
    return (float(law.code), law.a, law.b, law.c)


def _with_mean(a: dict[str, float]) -> Code:
    """b u^(-1/index) - c with the tail and the mean that are given."""
    index = a["index"]
    b = (a["amplitude"] / index) ** (1 / index)
    c = b * index / (index - 1) - a["mean"]
    if c > b:
        raise UsageError(
            "at these values no wait is drawn that has both this tail and so small a mean", instead="move a slider"
        )
    return (5.0, index, b, c)


def waits_without_moments(model: JumpModel) -> tuple[JumpModel, str]:
    """The model with a gamma law for waits that are known by two moments only, and what a reader must know."""
    law = model.waiting
    if law is None or law.distribution != "moments":
        return model, ""
    a = dict(law.arguments)
    mean = a["mean"]
    variance = a["variance"] if "variance" in a else a["second_moment"] - mean**2
    gamma = replace(law, distribution="gamma", arguments=(("shape", mean**2 / variance), ("scale", variance / mean)))
    fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model(fields | {"waiting": gamma}), "waits known through their moments are drawn as gamma laws"
