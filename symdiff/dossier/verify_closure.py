"""The closure of a crowd, measured: equation, mean field and exact chain side by side on rings that grow.

Three errors are kept apart: of the equation against the mean field of the rules on the lattice, of the mean field against the
exact chain over all configurations, and how the second changes with the number of sites along the regime. All are noise-free.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import numpy as np
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.crowd_ring import CrowdRing
from symdiff.evidence.solution.nonlinear import RingSolver
from symdiff.model.jump_model import JumpModel
from symdiff.verification.tier import NegativeControl, TierResult, frozen

CONFIGURATIONS = {False: 4_096, True: 20_000}  # of the largest ring: beside other tiers, and alone
SIZES = {2: (6, 8, 10, 12, 14), 3: (5, 6, 7, 8, 9), 4: (4, 5, 6, 7)}  # by the number of kinds of sites
EXACT = 1e-9  # relative difference that rounding and the integration in time leave
VANISHES = 0.5  # power of 1/L at which an error counts as one that vanishes
SLOW = 0.3  # and below which it counts as one that stays
WAVE = 0.3  # height of the initial wave over its mean
POINTS = 33
PARTS = (0.5, 1.0, 2.0, 4.0)  # of the time in which the longest wave of the smallest ring halves
QUANTITY = "largest difference of the mean field from the exact chain, relative to the highest density"


@dataclass(frozen=True)
class _Ring:
    """The errors on one ring, and the effective diffusivities of the longest wave (nan: none).

    ``mixing``: of the wave in which two species stand against each other, their sum being the same everywhere.
    """

    sites: int
    closure: float
    equation: float | None
    diffusivity: float
    mean_diffusivity: float
    mixing: float
    mean_mixing: float


def closure_tier(model: JumpModel, limit: ContinuumLimit, path: EpsPath, *, alone: bool = True) -> TierResult:
    """The badge of one regime: EXACT, EXACT IN THE LIMIT, or APPROXIMATE with the measured error.

    Passes where the badge agrees with the closure that the derivation states; raises :class:`NotYetError` where the chain is too
    large or the rules are outside of what it holds.
    """
    if model.depends_on_time:
        raise NotYetError("closures of rules that depend on time are not measured yet")
    kinds = len(model.state_names) + 1
    sizes = [n for n in SIZES.get(kinds, ()) if kinds**n <= CONFIGURATIONS[alone]]
    if len(sizes) < 3:
        raise NotYetError(f"the exact chain of {kinds - 1} species has too many configurations")
    if sorted(e.density for e in limit.equations) != sorted(model.state_names):
        raise NotYetError("closures of densities that are sums of states are not measured yet")
    rings = [_ring(model, limit, path, sizes[0], n) for n in sizes]
    return _verdict(model, limit, path, sizes, rings)


def _numbers(path: EpsPath, eps: float) -> dict[sp.Symbol, float]:
    with mpmath.workdps(30):
        return {s: float(v) for s, v in path.values(mpmath.mpf(eps)).items()}


def _start(model: JumpModel, sites: int) -> FloatArray:
    """A wave of one period in every density, independent from site to site."""
    share = 0.5 / len(model.state_names)
    x = 2 * np.pi * np.arange(sites) / sites
    return np.array([share * (1 + WAVE * np.cos(x + n)) for n in range(len(model.state_names))])


def _time(ring: CrowdRing, first: int, long_wave: bool) -> float:
    """The time after which the longest wave has about halved: by the spreading of agents at half filling."""
    means = _start(ring.model, ring.sites)
    moving = 0.0
    for event, rate in ring.events:
        shifts = [
            ring.shift(ring.number(b.displacement[0] - a.displacement[0]))
            for a, b in zip(event.gone, event.come, strict=False)
        ]
        flow = float(np.mean(ring.activity(event, rate, means)))
        moving += flow * sum(s * s for s in shifts)
    if moving <= 0:
        raise NotYetError("nothing moves at half filling: no time of comparison is known")
    density = float(np.mean(means.sum(axis=0)))
    sites = ring.sites if long_wave else first
    return 0.5 / (moving / (2 * density) * (2 * np.pi / sites) ** 2)


def _drifts(ring: CrowdRing) -> bool:
    means = np.full((len(ring.names), ring.sites), 0.5 / len(ring.names))
    flows = [(float(np.mean(ring.activity(e, rate, means))), e) for e, rate in ring.events]
    drift = sum(
        f * ring.number(b.displacement[0] - a.displacement[0])
        for f, e in flows
        for a, b in zip(e.gone, e.come, strict=False)
    )
    return bool(abs(drift) > 1e-9 * ring.spacing * sum(f for f, _ in flows))


def _ring(model: JumpModel, limit: ContinuumLimit, path: EpsPath, first: int, sites: int) -> _Ring:
    long_wave = limit.regime.origin == "long-wave"
    eps = 1.0 if long_wave else first / sites
    values = _numbers(path, eps)
    ring = CrowdRing(model, values, sites)
    reference = ring if long_wave else CrowdRing(model, _numbers(path, 1.0), first)
    time = _time(reference, first, long_wave)
    start = _start(model, sites)
    exact, mean = ring.exact(start, time), ring.mean_field(start, time)
    scale = float(np.max(mean))
    closure = float(np.max(np.abs(exact - mean))) / scale
    return _Ring(
        sites,
        closure,
        _equation_error(limit, values, ring, start, mean, time),
        *_diffusivities(ring, start, exact, mean, time),
        *_mixing(ring, time),
    )


def _equation_error(
    limit: ContinuumLimit,
    values: dict[sp.Symbol, float],
    ring: CrowdRing,
    start: FloatArray,
    mean: FloatArray,
    time: float,
) -> float | None:
    """The equation on the same ring against the mean field, at the sites; None where it is not solved."""
    order = [next(e for e in limit.equations if e.density == n) for n in ring.names]
    length, points = ring.sites * ring.spacing, POINTS
    try:
        solver = RingSolver(order, values, length, points)
        x = 2 * np.pi * np.arange(points) / points
        share = 0.5 / len(ring.names)
        found = solver.evolve(np.array([share * (1 + WAVE * np.cos(x + n)) for n in range(len(ring.names))]), time)
    except (ArithmeticError, NotYetError, ValueError):
        return None
    spectrum = np.fft.fft(found, axis=1) / points
    waves = np.fft.fftfreq(points, 1 / points)
    at = np.exp(2j * np.pi * np.outer(waves, np.arange(ring.sites) / ring.sites))
    return float(np.max(np.abs((spectrum @ at).real - mean)) / np.max(mean))


def _diffusivities(
    ring: CrowdRing, start: FloatArray, exact: FloatArray, mean: FloatArray, time: float
) -> tuple[float, float]:
    """- d log(longest wave)/dt over k^2, with the second half of the time, when correlations have formed; one conserved species."""
    conserved = all(len(e.gone) == len(e.come) for e, _ in ring.events)
    if len(ring.names) > 1 or not conserved or _drifts(ring):
        return float("nan"), float("nan")
    pairs = ((exact, ring.exact(start, time / 2)), (mean, ring.mean_field(start, time / 2)))
    found = [_decay(ring, middle[0], end[0], time / 2) for end, middle in pairs]
    return found[0], found[1]


def _mixing(ring: CrowdRing, time: float) -> tuple[float, float]:
    """The same for the difference of two species where their sum is uniform, as for tracers among agents of their kind."""
    conserved = all([p.state for p in e.gone] == [p.state for p in e.come] for e, _ in ring.events)
    if len(ring.names) != 2 or not conserved or _drifts(ring):
        return float("nan"), float("nan")
    wave = 0.25 * WAVE * np.cos(2 * np.pi * np.arange(ring.sites) / ring.sites)
    start = np.array([0.25 + wave, 0.25 - wave])
    found = []
    for law in (ring.exact, ring.mean_field):
        middle, end = law(start, time / 2), law(start, time)
        found.append(_decay(ring, middle[0] - middle[1], end[0] - end[1], time / 2))
    return found[0], found[1]


def _decay(ring: CrowdRing, before: FloatArray, after: FloatArray, time: float) -> float:
    """The diffusivity with which the longest wave has decayed."""
    k = 2 * np.pi / (ring.sites * ring.spacing)
    turn = np.exp(-2j * np.pi * np.arange(ring.sites) / ring.sites)
    return float(np.log(abs(before @ turn) / abs(after @ turn)) / time / k**2)


def _verdict(
    model: JumpModel, limit: ContinuumLimit, path: EpsPath, sizes: list[int], rings: list[_Ring]
) -> TierResult:
    errors = [r.closure for r in rings]
    stated = limit.closure.kind
    worst, last = max(errors), rings[-1]
    power = float("nan")
    if worst <= EXACT:
        badge, passed = "EXACT", True
    else:
        powers = [float(np.log(a / b) / np.log(n / m)) for (m, a), (n, b) in zip(list(zip(sizes, errors, strict=True))[-3:-1],
                  list(zip(sizes, errors, strict=True))[-2:], strict=True)]  # fmt: skip
        power = powers[-1]
        change = abs(errors[-1] - errors[-2])
        if min(powers) >= VANISHES and abs(powers[1] - powers[0]) < VANISHES:
            badge = "EXACT IN THE LIMIT"
        else:
            trend = "" if abs(power) < SLOW else ", still falling" if power > 0 else ", still growing"
            badge = f"APPROXIMATE {100 * errors[-1]:.2g} +- {100 * change:.1g} % on {sizes[-1]} sites{trend}"
        passed = stated != "exact"
    here = _at_these_values(model, path, sizes)
    why = f"{badge} (closure: {stated})"
    if here > EXACT:
        why += f"; at these values up to {100 * here:.2g} % on {sizes[-1]} sites"
    if not passed:
        why = f"the closure is stated as exact, and the exact chain differs from it: {badge}"
    control = _control(model, path, limit, sizes, last, worst)
    details = frozen(
        badge=badge, sites=sizes, mean_field_against_chain=errors, equation_against_mean_field=[r.equation for r in rings],
        power_of_1_over_sites=None if np.isnan(power) else power,
        diffusivity_of_chain=None if np.isnan(last.diffusivity) else [r.diffusivity for r in rings],
        diffusivity_of_mean_field=None if np.isnan(last.diffusivity) else [r.mean_diffusivity for r in rings],
        diffusivity_of_chain_extrapolated=_extrapolated(sizes, [r.diffusivity for r in rings]),
        diffusivity_of_mean_field_extrapolated=_extrapolated(sizes, [r.mean_diffusivity for r in rings]),
        mixing_of_chain=None if np.isnan(last.mixing) else [r.mixing for r in rings],
        mixing_of_mean_field=None if np.isnan(last.mixing) else [r.mean_mixing for r in rings],
        mean_density=0.5, error_at_these_values=here, values=path.base.texts(), drawn=list(path.base.drawn),
    )  # fmt: skip
    return TierResult("closure", True, why, limit.regime.name, QUANTITY, 0.0 if stated == "exact" else None, errors[-1], EXACT,
                      passed if control.rejected else None, 1e-6 if worst <= EXACT else None, control, details)  # fmt: skip


def _at_these_values(model: JumpModel, path: EpsPath, sizes: list[int]) -> float:
    """The largest error of the mean field at several times, for the parameters as they are, on the largest ring."""
    ring = CrowdRing(model, _numbers(path, 1.0), sizes[-1])
    start, time = _start(model, sizes[-1]), _time(ring, sizes[0], False)
    found = 0.0
    for part in PARTS:
        exact, mean = ring.exact(start, part * time), ring.mean_field(start, part * time)
        found = max(found, float(np.max(np.abs(exact - mean)) / np.max(mean)))
    return found


def _extrapolated(sizes: list[int], found: list[float]) -> float | None:
    """The value at infinitely many sites, with corrections in 1/L^2 and 1/L^4, from the last three rings."""
    if np.isnan(found[-1]):
        return None
    matrix = np.array([[1, n**-2.0, n**-4.0] for n in sizes[-3:]])
    return float(np.linalg.solve(matrix, np.array(found[-3:]))[0])


def _control(
    model: JumpModel, path: EpsPath, limit: ContinuumLimit, sizes: list[int], last: _Ring, worst: float
) -> NegativeControl:
    """An exact closure must not survive a wrong rate; of another one the claim that it is exact must fail."""
    if worst > EXACT:
        return NegativeControl(("the mean field is exact",))
    long_wave = limit.regime.origin == "long-wave"
    ring = CrowdRing(model, _numbers(path, 1.0 if long_wave else sizes[0] / last.sites), last.sites)
    time, start = _time(ring, last.sites, True), _start(model, last.sites)
    claim = f"the rate of {ring.events[0][0].label} times (1 + 1e-6)"
    right, wrong = ring.exact(start, time), ring.mean_field(start, time, 1 + 1e-6)
    seen = float(np.max(np.abs(right - wrong)) / np.max(right)) > EXACT
    return NegativeControl((claim,), () if seen else (claim,))
