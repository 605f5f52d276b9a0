"""Steps and waits drawn by elementary functions of random bits: the same bits in NumPy and compiled.

A law is a code with three numbers; its function takes them and two uniform numbers. ``gamma`` alone draws again until a draw is
accepted. Sources: J. M. Chambers, C. L. Mallows, B. W. Stuck, J. Am. Stat. Assoc. 71 (1976) 340 (stable laws); D. Fulger,
E. Scalas, G. Germano, Phys. Rev. E 77 (2008) 021122 (Mittag-Leffler); G. Marsaglia, W. W. Tsang, ACM TOMS 26 (2000) 363 (gamma).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.simulation.elementary import TINY, circle, exp, log, uniform
from symdiff.evidence.simulation.streams import GAMMA, Words, mixed

GAMMA_CODE, ATTEMPTS = 100, 20
Arguments = Mapping[str, float]


@dataclass(frozen=True)
class Law:
    """A law by its code and three numbers."""

    code: int
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0


def fixed(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Always a."""
    return a + 0.0 * u


def between(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Uniform from a to b."""
    return a + (b - a) * u


def exponential(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Exponential, of mean a."""
    return -a * log(u)


def normal(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Normal, of mean a and standard deviation b (Box and Muller)."""
    cosine, _ = circle(2.0 * v - 1.0)
    return a + b * np.sqrt(np.maximum(-2.0 * log(u), 0.0)) * cosine


def laplace(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Two-sided exponential, of scale a."""
    return a * (log(u) - log(v))


def power(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """b u^(-1/a) - c: the laws of Pareto (c = 0) and Lomax (c = b)."""
    return b * exp(log(u) * (-1.0 / a)) - c


def two_sided(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """b u^(-1/a) with either sign."""
    return (2.0 * np.floor(2.0 * v) - 1.0) * b * exp(log(u) * (-1.0 / a))


def cauchy(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Cauchy, of scale a."""
    cosine, sine = circle(v - 0.5)
    return a * sine / np.maximum(cosine, TINY)


def stable(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Stable, of index a; b and c are those of :func:`_stable`."""
    turns = v - 0.5
    cosine, _ = circle(turns)
    _, sine = circle(a * turns + c)
    other, _ = circle((a - 1.0) * turns + c)
    wait = np.maximum(-log(u), TINY)
    tail = (log(np.maximum(other, TINY)) - log(wait)) * ((1.0 - a) / a)
    return b * sine * exp(tail - log(np.maximum(cosine, TINY)) / a)


def mittag_leffler(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Mittag-Leffler, of index a and scale b: -b log(u) (sin(pi a (1 - v))/sin(pi a v))^(1/a)."""
    _, upper = circle(a * (1.0 - v))
    _, lower = circle(a * v)
    ratio = log(np.maximum(upper, TINY)) - log(np.maximum(lower, TINY))
    return np.maximum(-log(u), TINY) * b * exp(ratio / a)


def geometric(a: Any, b: Any, c: Any, u: Any, v: Any) -> Any:
    """Whole numbers n >= 0 with P(N >= n) = e^(n/a), a < 0."""
    return np.floor(log(u) * a)


def gamma_attempt(d: Any, u: Any, v: Any, w: Any) -> tuple[Any, Any]:
    """A number of shape d + 1/3, and whether it is accepted."""
    x = normal(0.0, 1.0, 0.0, u, v)
    root = 1.0 + x / (3.0 * np.sqrt(d))
    cube = root * root * root
    safe = np.maximum(cube, TINY)
    return d * cube, (cube > 0.0) & (log(w) < 0.5 * x * x + d - d * safe + d * log(safe))


FUNCTIONS: dict[int, Callable[..., Any]] = dict(
    enumerate(
        (fixed, between, exponential, normal, laplace, power, two_sided, cauchy, stable, mittag_leffler, geometric)
    )
)
_CODE = {f: n for n, f in FUNCTIONS.items()}
STANDARD_NORMAL = Law(_CODE[normal], 0.0, 1.0)


def draw(law: Law, own: Words, slot: np.uint64, *, compiled: bool) -> FloatArray:
    """One number for every walker, from its key and the counter ``slot``; ``gamma`` uses those from ``slot`` + 8 on."""
    if compiled:
        from symdiff.evidence.simulation.laws_kernel import LOOPS

        found = np.empty(len(own))
        LOOPS[law.code](law.a, law.b, law.c, own, slot, found)
        return found
    with np.errstate(over="ignore"):
        return _drawn(law, own, slot)


def _drawn(law: Law, own: Words, slot: np.uint64) -> FloatArray:
    """The same by NumPy."""
    u, v = (uniform(mixed(own + (slot + np.uint64(n)) * GAMMA)) for n in (0, 1))
    if law.code != GAMMA_CODE:
        return np.asarray(FUNCTIONS[law.code](law.a, law.b, law.c, u, v))
    found, open_ = np.zeros(len(own)), np.arange(len(own))
    for attempt in range(ATTEMPTS):
        at = slot + np.uint64(8 + 3 * attempt)
        three = (uniform(mixed(own[open_] + (at + np.uint64(n)) * GAMMA)) for n in range(3))
        value, fine = gamma_attempt(law.a, *three)
        found[open_[fine]] = value[fine]
        open_ = open_[~fine]
    return np.asarray(law.b * found * exp(law.c * log(u)))


# --- by name --------------------------------------------------------------------------------------------------------------


def step_law(distribution: str, a: Arguments) -> Law | None:
    """The law of a step by its name in the model file; None for one that is not drawn in this way."""
    build = STEPS.get(distribution)
    return None if build is None else build(a)


def wait_law(distribution: str, a: Arguments) -> Law | None:
    """The law of a wait by its name; None for one that is not drawn in this way."""
    build = WAITS.get(distribution)
    return None if build is None else build(a)


def _stable(index: float, scale: float, skewness: float) -> Law | None:
    """Characteristic function exp(-(scale abs(k))^index (1 - i skewness sign(k) tan(pi index/2)))."""
    if index == 1:
        return Law(_CODE[cauchy], scale) if skewness == 0 else None
    lean = skewness * math.tan(math.pi * index / 2) if index != 2 else 0.0
    return Law(_CODE[stable], index, scale * (1 + lean**2) ** (1 / (2 * index)), math.atan(lean) / math.pi)


def _gamma(shape: float, scale: float) -> Law:
    """Shapes below one are drawn with one more, times u^(1/shape)."""
    low = shape < 1
    return Law(GAMMA_CODE, shape + (2 / 3 if low else -1 / 3), scale, 1 / shape if low else 0.0)


def _tail(a: Arguments) -> Law | None:
    if "mean" in a or "variance" in a:
        return None
    return Law(_CODE[two_sided], a["index"], (2 * a["amplitude"] / a["index"]) ** (1 / a["index"]))


_BOTH: dict[str, Callable[[Arguments], Law | None]] = {
    "fixed": lambda a: Law(_CODE[fixed], a["value"]),
    "uniform": lambda a: Law(_CODE[between], a["low"], a["high"]),
    "exponential": lambda a: Law(_CODE[exponential], a["mean"]),
    "gamma": lambda a: _gamma(a["shape"], a["scale"]),
    "lomax": lambda a: Law(_CODE[power], a["index"], a["scale"], a["scale"]),
}
STEPS = _BOTH | {
    "normal": lambda a: Law(_CODE[normal], a["mean"], math.sqrt(a["variance"])),
    "laplace": lambda a: Law(_CODE[laplace], a["scale"]),
    "levy": lambda a: _stable(a["index"], a["scale"], a.get("skewness", 0.0)),
    "cauchy": lambda a: Law(_CODE[cauchy], a["scale"]),
    "tail": _tail,
    "geometric": lambda a: Law(_CODE[geometric], 1 / math.log(a["mean"] / (1 + a["mean"]))),
}
WAITS = _BOTH | {
    "pareto": lambda a: None if "cutoff" in a else Law(_CODE[power], a["index"], a["scale"]),
    "tail": lambda a: None if "mean" in a or "variance" in a
    else Law(_CODE[power], a["index"], (a["amplitude"] / a["index"]) ** (1 / a["index"])),
    "mittag_leffler": lambda a: Law(_CODE[mittag_leffler], a["index"], a["scale"]) if a["index"] < 1
    else Law(_CODE[exponential], a["scale"]),
    "levy": lambda a: _stable(a["index"], a["scale"], 1.0) if a["index"] < 1 else None,
}  # fmt: skip
