"""Random step lengths from the named laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray

Arguments = Mapping[str, float]
Sampler = Callable[[np.random.Generator, Arguments, int], FloatArray]


def sample_steps(distribution: str, arguments: Arguments, generator: np.random.Generator, count: int) -> FloatArray:
    """``count`` independent steps; raises :class:`NotYetError` for a law that is no single law, such as ``moments``."""
    check_sampled(distribution)
    return _SAMPLERS[distribution](generator, arguments, count)


def check_sampled(distribution: str) -> None:
    """Raises :class:`NotYetError` for a law from which no steps can be drawn."""
    if distribution not in _SAMPLERS:
        raise NotYetError(f"steps of the law '{distribution}' are not drawn yet: there is no rule for their sampling")


def _stable(generator: np.random.Generator, index: float, scale: float, skewness: float, count: int) -> FloatArray:
    """Stable steps with characteristic function exp(-(scale abs(k))^index (1 - i skewness sign(k) tan(pi index/2))).

    Source: J. M. Chambers, C. L. Mallows, B. W. Stuck, J. Am. Stat. Assoc. 71 (1976) 340.
    """
    angle = np.pi * (generator.random(count) - 0.5)
    if index == 1:
        return np.asarray(scale * np.tan(angle), dtype=float)
    wait = -np.log1p(-generator.random(count))
    lean = skewness * np.tan(np.pi * index / 2) if index != 2 else 0.0
    turned = index * angle + np.arctan(lean)
    body = np.sin(turned) / np.cos(angle) ** (1 / index) * (1 + lean**2) ** (1 / (2 * index))
    return np.asarray(scale * body * (np.cos(turned - angle) / wait) ** ((1 - index) / index))


def _pareto(generator: np.random.Generator, a: Arguments, count: int) -> FloatArray:
    """Symmetric, with density A abs(r)^(-1-index) beyond the cut that the normalisation fixes."""
    if "mean" in a or "variance" in a:
        raise NotYetError("a tail law with given moments names no single distribution that could be simulated")
    cut = (2 * a["amplitude"] / a["index"]) ** (1 / a["index"])
    draw = generator.random(count)
    sign = np.where(draw < 0.5, -1.0, 1.0)
    rest = 1 - np.where(draw < 0.5, 2 * draw, 2 * draw - 1)  # uniform in (0, 1], independent of the sign
    return np.asarray(sign * cut * rest ** (-1 / a["index"]))


_SAMPLERS: dict[str, Sampler] = {
    "fixed": lambda g, a, n: np.full(n, a["value"]),
    "normal": lambda g, a, n: a["mean"] + np.sqrt(a["variance"]) * g.standard_normal(n),
    "laplace": lambda g, a, n: a["scale"] * (np.log1p(-g.random(n)) - np.log1p(-g.random(n))),
    "uniform": lambda g, a, n: a["low"] + (a["high"] - a["low"]) * g.random(n),
    "exponential": lambda g, a, n: -a["mean"] * np.log1p(-g.random(n)),
    "gamma": lambda g, a, n: a["scale"] * g.standard_gamma(a["shape"], n),
    "student": lambda g, a, n: g.standard_t(a["dof"], n),
    "levy": lambda g, a, n: _stable(g, a["index"], a["scale"], a.get("skewness", 0.0), n),
    "cauchy": lambda g, a, n: _stable(g, 1.0, a["scale"], 0.0, n),
    "tail": _pareto,
    "lomax": lambda g, a, n: np.asarray(a["scale"] * np.expm1(-np.log1p(-g.random(n)) / a["index"]), dtype=float),
    "binomial": lambda g, a, n: g.binomial(round(a["trials"]), a["success"], n).astype(float),
    "poisson": lambda g, a, n: g.poisson(a["mean"], n).astype(float),
    "geometric": lambda g, a, n: (g.geometric(1 / (1 + a["mean"]), n) - 1).astype(float),
}
