"""Increments of a diffusion over any time: their exact moments from drift and diffusivity, and both from measured increments.

g(x, t) = E[f(X_t) | X_0 = x] obeys d_t g = v g' + D g''. It is solved by Chebyshev collocation for f = x and x^2 on an interval so
wide that no increment of the data leaves it; at its ends g is continued as a straight line. Of the data, v and log D
are polynomials whose moments, by the same equation, fit those of the increments in bins of places: nothing is expanded in the
time between two positions.
Source of the equation: H. Risken, The Fokker-Planck Equation (1989), ch. 4; of estimates from increments at finite times:
R. Friedrich, J. Peinke, M. Sahimi and M. R. R. Tabar, Phys. Rep. 506 (2011) 87.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, stats

from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.chebyshev_points import chebyshev_points, differentiation, interpolation
from symdiff.evidence.trajectories.kramers_moyal import Estimate

SIZES = ((48, 1.5), (64, 2.0))  # points, and margin in units of the longest increment: their difference is the error
LEAST_PER_BIN = 500
MOST_BINS = 16
SAMPLE = 64  # starts of a bin over which its moments are averaged
ROUNDS = 8
TOO_LONG = "the time between two positions is too long to tell drift and diffusivity from increments"
MORE = 2  # degrees beyond the lowest that fit; by one alone an odd function does not change
PLAUSIBLE = 0.02  # p-value of a fit that asks for no higher polynomials
Coefficient = Callable[[FloatArray], FloatArray]


def longest(steps: FloatArray) -> float:
    """A length that increments hardly exceed."""
    return float(max(np.max(np.abs(steps)), 4 * np.sqrt(np.mean(steps**2))))


@dataclass(frozen=True)
class Forecast:
    """Mean and variance of the increment from every start, and a bound on the error of their averages (relative)."""

    mean: FloatArray
    variance: FloatArray
    error: float


def forecast(
    drift: Coefficient, diffusivity: Coefficient, starts: FloatArray, interval: float, reach: float
) -> Forecast:
    """What a diffusion says of increments over ``interval``; ``reach`` is a length that they hardly exceed.

    Raises :class:`NotYetError` where the diffusivity is not positive at the starts, and where 64 points do not resolve the equation.
    """
    places, back = np.unique(starts, return_inverse=True)
    found = []
    for size, margin in SIZES:
        nodes = chebyshev_points(*_window(diffusivity, places, margin * reach), size)
        first, second = _moments(nodes, drift(nodes), diffusivity(nodes), interval)
        at = interpolation(nodes, places)
        mean = at @ first
        found.append((mean, at @ second - mean**2))
    (mean, spread), (finer, finest) = found
    scale = np.sqrt(np.mean(finest[back]))
    error = max(np.max(np.abs(finer - mean)) / scale, np.max(np.abs(finest - spread)) / scale**2)
    if not error < 1e-2:
        raise NotYetError(
            "the coefficients change too abruptly, or the increments are too long, for 64 points of place"
        )
    return Forecast(finer[back], finest[back], float(error))


def _window(diffusivity: Coefficient, places: FloatArray, margin: float) -> tuple[float, float]:
    """The places that matter, cut off where the diffusivity ends."""
    low, high = float(places[0]) - margin, float(places[-1]) + margin
    grid = np.linspace(low, high, 2001)
    bad = ~(diffusivity(grid) > 0)
    inside = (grid >= places[0]) & (grid <= places[-1])
    if np.any(bad & inside) or not places[-1] > places[0]:
        raise NotYetError("the diffusivity is not positive at every place of the data")
    below, above = grid[bad & (grid < places[0])], grid[bad & (grid > places[-1])]
    step = grid[1] - grid[0]
    return (
        min(float(below[-1] + step), float(places[0])) if len(below) else low,
        max(float(above[0] - step), float(places[-1])) if len(above) else high,
    )


def _moments(nodes: FloatArray, v: FloatArray, d: FloatArray, interval: float) -> tuple[FloatArray, FloatArray]:
    """E[X - x] and E[(X - x)^2] at the nodes."""
    slope = differentiation(nodes)
    bend = slope @ slope
    matrix = v[:, None] * slope + d[:, None] * bend
    ends, inner = [0, len(nodes) - 1], slice(1, -1)
    straight = -np.linalg.solve(bend[np.ix_(ends, ends)], bend[ends, inner])  # the ends where g'' vanishes there
    moved = linalg.expm(interval * (matrix[inner, inner] + matrix[inner, ends] @ straight))
    centre = nodes.mean()
    y = nodes - centre
    found = []
    for f in (y, y**2):
        rest = f[ends] - straight @ f[inner]  # of x^2, whose second derivative does not vanish: kept as it is
        g = np.empty_like(f)
        g[inner] = moved @ f[inner]
        g[ends] = straight @ g[inner] + rest
        found.append(g)
    first, second = found
    return first - y, second - 2 * y * first + y**2


# --- coefficients from increments -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bins:
    """Moments of the increments in bins of places, with their standard errors; and where the walkers of each bin start."""

    centres: FloatArray
    starts: FloatArray  # of shape (bins, SAMPLE)
    moments: (
        FloatArray  # <dx>/dt of every bin, then log <(dx - mean)^2>/(2 dt), whose error does not depend on its value
    )
    errors: FloatArray
    reach: float
    interval: float


def fit_by_place(starts: FloatArray, steps: FloatArray, interval: float) -> list[Estimate]:
    """v(x) and D(x) at the centres of bins, in one dimension, with standard errors.

    v and log D are polynomials of place, of the lowest degrees that the increments do not contradict; their moments over ``interval`` are exact.
    Raises :class:`NotYetError` where no such polynomials were found.
    """
    bins = _binned(starts, steps, interval)
    count = len(bins.centres)
    found = known = None
    for degree in range(1, count):
        with np.errstate(all="ignore"):  # a step that leads too far is taken back
            fit = _fitted(bins, degree, degree - 1, known)
        if fit is None:
            continue
        free = 2 * count - len(fit.parameters)
        if found is None and (free <= 0 or stats.chi2.sf(fit.misfit, free) > PLAUSIBLE):
            found = fit
        known = fit
        if found is not None and degree >= found.degrees[0] + MORE:
            break
    if found is None or known is None:
        raise NotYetError(TOO_LONG)
    values, errors = _at_centres(bins, known)
    errors = np.hypot(
        errors, values - _at_centres(bins, found)[0]
    )  # what more degrees change may be what still more would
    values[count:] = np.exp(values[count:])
    errors[count:] *= values[count:]
    places = np.tile(bins.centres, 2)
    return [
        Estimate("v" if n < count else "D", float(values[n]), float(errors[n]), float(places[n]))
        for n in range(2 * count)
    ]


def _at_centres(bins: _Bins, fit: _Fit) -> tuple[FloatArray, FloatArray]:
    """v, then log D, at the centres of the bins, and their standard errors."""
    v, d = _bases(bins, *fit.degrees)
    at = linalg.block_diag(v, d)
    return at @ fit.parameters, np.sqrt(np.einsum("ij,jk,ik->i", at, fit.covariance, at))


def _binned(starts: FloatArray, steps: FloatArray, interval: float) -> _Bins:
    count = max(2, min(MOST_BINS, len(starts) // LEAST_PER_BIN))
    edges = np.quantile(starts, np.linspace(0, 1, count + 1))
    number = np.clip(np.searchsorted(edges, starts, side="right") - 1, 0, count - 1)
    rows = [np.flatnonzero(number == n) for n in range(count)]
    rows = [r for r in rows if len(r) >= 30 and np.ptp(steps[r]) > 0]
    if len(rows) < 2:
        raise NotYetError("the data start from too few places for coefficients that depend on place")
    moments, errors = np.zeros((2, len(rows))), np.zeros((2, len(rows)))
    for n, r in enumerate(rows):
        gap = (steps[r] - steps[r].mean()) ** 2
        spread, relative = gap.sum() / (len(r) - 1), np.std(gap) / np.mean(gap) / np.sqrt(len(r))
        errors[:, n] = np.sqrt(spread / len(r)) / interval, max(relative, 1e-3 / np.sqrt(len(r)))
        moments[:, n] = steps[r].mean() / interval, np.log(spread / (2 * interval)) + relative**2 / 2
    sample = np.array([np.quantile(starts[r], (np.arange(SAMPLE) + 0.5) / SAMPLE) for r in rows])
    centres = np.array([starts[r].mean() for r in rows])
    return _Bins(centres, sample, moments.ravel(), errors.ravel(), longest(steps), interval)


@dataclass(frozen=True)
class _Fit:
    """Coefficients of v and log D in Chebyshev polynomials, and their sum of squared deviations."""

    degrees: tuple[int, int]
    parameters: FloatArray
    covariance: FloatArray
    misfit: float


def _bases(bins: _Bins, first: int, second: int) -> tuple[FloatArray, FloatArray]:
    unit = _unit(bins, bins.centres)
    return _powers(unit, first), _powers(unit, second)


def _powers(unit: FloatArray, degree: int) -> FloatArray:
    return np.asarray(np.polynomial.chebyshev.chebvander(unit, degree), dtype=float)


def _unit(bins: _Bins, places: FloatArray) -> FloatArray:
    low, high = float(bins.starts.min()), float(bins.starts.max())
    return (2 * places - low - high) / (high - low)


def _fitted(bins: _Bins, first: int, second: int, known: _Fit | None) -> _Fit | None:
    """Gauss-Newton, from the fit of lower degrees where there is one; None where it does not converge."""
    v, d = _bases(bins, first, second)
    count = len(bins.centres)
    size, margin = SIZES[0]
    low, high = bins.starts.min(), bins.starts.max()
    nodes = chebyshev_points(low - margin * bins.reach, high + margin * bins.reach, size)
    mean = np.mean([interpolation(nodes, s) for s in bins.starts.T], axis=0)
    squares = [interpolation(nodes, s) for s in bins.starts.T]
    weights = 1 / bins.errors
    start = [
        np.linalg.lstsq(b * w[:, None], m * w, rcond=None)[0]
        for b, m, w in ((v, bins.moments[:count], weights[:count]), (d, bins.moments[count:], weights[count:]))
    ]
    if known is not None:
        start = [np.zeros(first + 1), np.zeros(second + 1)]
        for own, part in zip(start, np.split(known.parameters, [known.degrees[0] + 1]), strict=True):
            own[: len(part)] = part
    parameters = np.concatenate(start)

    def model(p: FloatArray) -> FloatArray:
        drift, diffusivity = _extended(bins, nodes, p[: first + 1], p[first + 1 :])
        m1, m2 = _moments(nodes, drift, diffusivity, bins.interval)
        average = mean @ m1
        # the spread within a bin is about the bin's own mean, which moves with the starts
        inner = np.mean([(s @ m1 - average) ** 2 for s in squares], axis=0)
        spread = np.mean([s @ m2 - (s @ m1) ** 2 for s in squares], axis=0) + inner
        return np.concatenate([average / bins.interval, np.log(spread / (2 * bins.interval))])

    steps = np.concatenate(
        [np.full(first + 1, bins.errors[:count].min()), np.full(second + 1, bins.errors[count:].min())]
    )
    left = (bins.moments - model(parameters)) * weights
    for _ in range(ROUNDS):
        bent = [(bins.moments - model(parameters + step)) * weights for step in np.diag(steps)]
        lead = (left[:, None] - np.stack(bent, axis=1)) / steps
        if not np.all(np.isfinite(lead)):
            return None
        change = np.linalg.lstsq(lead, left, rcond=None)[0]
        for share in (1.0, 0.5, 0.25, 0.1):
            tried = (bins.moments - model(parameters + share * change)) * weights
            if tried @ tried <= left @ left * (1 + 1e-9):
                break
        gain = left @ left - tried @ tried
        parameters, left = parameters + share * change, tried
        if abs(gain) < 1e-3:
            return _Fit((first, second), parameters, np.linalg.pinv(lead.T @ lead), float(left @ left))
    return None


def _extended(bins: _Bins, nodes: FloatArray, v: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """v and log D at the nodes; beyond the data they keep their last value, a drift that leads back goes on straight."""
    unit = _unit(bins, nodes)
    held = np.clip(unit, -1, 1)
    chebyshev = np.polynomial.chebyshev
    slope = np.minimum(chebyshev.chebval(held, chebyshev.chebder(v)), 0.0)
    logarithm = np.clip(
        chebyshev.chebval(held, d),
        bins.moments[len(bins.centres) :].min() - 7,
        bins.moments[len(bins.centres) :].max() + 7,
    )
    return chebyshev.chebval(held, v) + (unit - held) * slope, np.exp(logarithm)
