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
    sampler = _SAMPLERS.get(distribution)
    if sampler is None:
        raise NotYetError(f"the law '{distribution}' names no single distribution that could be simulated")
    return sampler(generator, arguments, count)


def _stable(generator: np.random.Generator, index: float, scale: float, count: int) -> FloatArray:
    """Symmetric stable steps with characteristic function exp(-(scale abs(k))^index).

    Source: J. M. Chambers, C. L. Mallows, B. W. Stuck, J. Am. Stat. Assoc. 71 (1976) 340.
    """
    angle = np.pi * (generator.random(count) - 0.5)
    if index == 1:
        return scale * np.tan(angle)
    wait = -np.log1p(-generator.random(count))
    body = np.sin(index * angle) / np.cos(angle) ** (1 / index)
    return np.asarray(scale * body * (np.cos((1 - index) * angle) / wait) ** ((1 - index) / index))


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
    "levy": lambda g, a, n: _stable(g, a["index"], a["scale"], n),
    "cauchy": lambda g, a, n: _stable(g, 1.0, a["scale"], n),
    "tail": _pareto,
}
