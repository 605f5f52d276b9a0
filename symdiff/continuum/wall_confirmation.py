"""The second route for walls: the sites next to the wall solved as a system of numbers, and integrals of the law.

The chain's sites are numbered from the wall; every jump is sent where the model's own words send it (absorbed, refused,
mirrored), the far end is held at one, and the stationary density is extrapolated to zero. Nothing of the formulas in
:mod:`wall_rules` is used.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

from symdiff.errors import InternalFaultError
from symdiff.model.boundary import Boundary
from symdiff.model.jump_model import JumpModel
from symdiff.model.scaling_path import draw_values, values_at
from symdiff.notation.evaluation import evaluate, mp_arithmetic

if TYPE_CHECKING:
    from symdiff.continuum.observables.walls import Wall
    from symdiff.continuum.regimes import PreparedRegime
    from symdiff.continuum.wall_rules import Hop, Rule

Number = Any
SITES = 12
LONG_SITES = 44
DIGITS = 50
EPS = 12  # eps = 10**-12 in a stated scaling
SEED = 4711


def confirm_chain(
    model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int, spacing: sp.Expr, rule: Rule,
    kappa: sp.Expr | None, spread: sp.Expr,
) -> None:  # fmt: skip
    """The extrapolated zero and kappa against the solved chain; raises :class:`InternalFaultError`."""
    with mpmath.workdps(DIGITS):
        number = _numbers(model, prepared)
        if number is None or rule.kind == "reflecting":
            return
        lam = _solved_length(number, wall, axis, model, inward, number(spacing))
        pairs = (
            [] if rule.length is None else [("extrapolation length", number(rule.length), lam, mpmath.mpf(10) ** -20)]
        )
        if kappa is not None and not kappa.free_symbols & set(model.coordinate_symbols):
            pairs.append(("kappa", number(kappa), number(spread) / lam, mpmath.mpf(10) ** (-EPS // 3)))
        for what, derived, solved, tolerance in pairs:
            if abs(derived - solved) > tolerance * (abs(solved) + (abs(number(spacing)) if what != "kappa" else 0)):
                raise InternalFaultError(
                    f"the two routes disagree at the wall {wall.place}: the {what} is {mpmath.nstr(derived, 8)}, but the solved "
                    f"chain gives {mpmath.nstr(solved, 8)}; no result is given",
                    instead="please report the model file as a fault of symdiff")  # fmt: skip


def _numbers(model: JumpModel, prepared: PreparedRegime) -> Any:
    """Expressions to numbers, at one small eps; None where rates hold functions or place."""
    arithmetic = mp_arithmetic()
    base = {s: mpmath.mpf(v.numerator) / v.denominator for s, v in draw_values(model, random.Random(SEED)).items()}
    eps = mpmath.mpf(10) ** (0 if prepared.is_long_wave else -EPS)
    values = values_at(prepared.regime, base, arithmetic, lambda w: eps ** (mpmath.mpf(w.numerator) / w.denominator))
    unknown = set(model.coordinate_symbols) | {model.time}
    if any(j.intensity.free_symbols & unknown or j.intensity.atoms(sp.core.function.AppliedUndef) for j in model.jumps):
        return None
    return lambda expression: evaluate(expression, values, arithmetic)


def _solved_length(number: Any, wall: Wall, axis: int, model: JumpModel, inward: int, spacing: Number) -> Number:
    """Where the stationary density of the chain vanishes, beyond the wall."""
    boundary = wall.boundary
    first = _first_site(number, wall, axis, model, inward, spacing)
    rate = mpmath.mpf(1)
    matrix = mpmath.zeros(SITES, SITES)
    per_jump = _bulk_rate(number, model, axis, spacing)
    for n in range(SITES):
        for step in (1, -1):
            end = first + n + step
            outside = end < 0 or (wall.strict and end == 0)
            if not outside:
                if n + step < SITES:
                    matrix[n + step, n] += rate
                matrix[n, n] -= rate
                continue
            absorbed = _absorbed(number, boundary, per_jump)
            matrix[n, n] -= absorbed
            if boundary.rejected == "mirror" and boundary.kind != "absorbing":
                landed = int(mpmath.nint(-end - first))
                kept = rate - absorbed
                matrix[n, n] -= kept
                matrix[landed, n] += kept
    right = mpmath.zeros(SITES, 1)
    for j in range(SITES):
        matrix[SITES - 1, j] = mpmath.mpf(j == SITES - 1)
    right[SITES - 1] = 1
    density = mpmath.lu_solve(matrix, right)
    slope = density[SITES - 2] - density[SITES - 3]
    here = first + SITES - 2
    return (density[SITES - 2] / slope - here) * spacing


def _first_site(number: Any, wall: Wall, axis: int, model: JumpModel, inward: int, spacing: Number) -> Number:
    """How far inside the wall the first site is, in spacings."""
    origin = number(model.origin[axis]) if model.origin else mpmath.mpf(0)
    place = number(wall.place)
    offset = (place - origin) / spacing
    if abs(offset - mpmath.nint(2 * offset) / 2) > mpmath.mpf(10) ** -20:
        offset = mpmath.mpf(0)  # a wall at a symbol of its own stands on a site
    ahead = -offset * inward  # of the origin, inside the wall, in spacings
    first = ahead + mpmath.ceil(-ahead - mpmath.mpf(10) ** -15)
    return first + 1 if wall.strict and abs(first) < mpmath.mpf(10) ** -15 else first


def confirm_long_jumps(
    model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int, rule: Rule
) -> None:
    """The place of an absorbing wall against the sites next to it, whose jumps reach over several; the far end is linear."""
    with mpmath.workdps(DIGITS):
        number = _numbers(model, prepared)
        if number is None or rule.length is None or rule.kind != "absorbing":
            return
        moves = [(number(j.displacement[axis]) * inward, number(j.intensity)) for j in model.jumps]
        moves = [(r, w) for r, w in moves if r != 0]
        shortest = min(abs(r) for r, _ in moves)
        unit = next(shortest / q for q in range(1, 61) if all(_whole(r * q / shortest) for r, _ in moves))
        hops = [(int(mpmath.nint(r / unit)), w) for r, w in moves]
        first = _first_site(number, wall, axis, model, inward, unit)
        reach = max(-r for r, _ in hops)
        sites = LONG_SITES + reach
        matrix, right = mpmath.zeros(sites, sites), mpmath.zeros(sites, 1)
        for n in range(sites - reach):
            for r, w in hops:
                if n - r >= 0:
                    matrix[n, n - r] += w
                matrix[n, n] -= w
        for n in range(sites - reach, sites - 1):  # no second difference
            matrix[n, n + 1], matrix[n, n], matrix[n, n - 1] = mpmath.mpf(1), mpmath.mpf(-2), mpmath.mpf(1)
        matrix[sites - 1, sites - 1] = right[sites - 1] = mpmath.mpf(1)
        density = mpmath.lu_solve(matrix, right)
        half = sites // 2
        slope = (density[half + 4] - density[half]) / 4
        solved = (density[half] / slope - half - first) * unit
        derived = number(rule.length.xreplace({f: sp.Rational(str(f)) for f in rule.length.atoms(sp.Float)}))
        if abs(derived - solved) > mpmath.mpf(10) ** -4 * (abs(solved) + abs(unit)):
            raise InternalFaultError(
                f"the two routes disagree at the wall {wall.place}: the extrapolation length is {mpmath.nstr(derived, 8)}, but the "
                f"solved chain gives {mpmath.nstr(solved, 8)}; no result is given",
                instead="please report the model file as a fault of symdiff")  # fmt: skip


def confirm_states(
    model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int, rule: Rule, spread: sp.Expr
) -> None:
    """Walkers with states next to an absorbing wall: their sites as a system of numbers, or the two ends of a slab of runs."""
    with mpmath.workdps(DIGITS):
        number = _numbers(model, prepared)
        if number is None or rule.length is None:
            return
        if model.motions:
            solved = _slab_of_runs(model, number, axis, inward, number(spread))
        else:
            solved = _sites_with_states(model, number, wall, axis, inward)
        derived = number(rule.length)
        if abs(derived - solved) > mpmath.mpf(10) ** -6 * (abs(solved) + abs(derived)):
            raise InternalFaultError(
                f"the two routes disagree at the wall {wall.place}: the extrapolation length is {mpmath.nstr(derived, 8)}, but the "
                f"solved states give {mpmath.nstr(solved, 8)}; no result is given",
                instead="please report the model file as a fault of symdiff")  # fmt: skip


def _slab_of_runs(model: JumpModel, number: Any, axis: int, inward: int, spread: Number) -> Number:
    """Nobody enters at 0, a fixed number of each kind that moves to the wall at the other end; the current tells the slope."""
    size = len(model.state_names)
    generator = mpmath.zeros(size, size)
    for i, j, jump in model.transitions():
        generator[i, j] += number(jump.intensity)
        generator[j, j] -= number(jump.intensity)
    motions = [model.motion_of(j) for j in range(size)]
    speed = [mpmath.mpf(0) if m is None else number(m.velocity[axis]) * inward for m in motions]
    flow = mpmath.matrix([[generator[i, j] / speed[i] for j in range(size)] for i in range(size)])
    width = 40 * max(abs(v) for v in speed) / max(abs(generator[j, j]) for j in range(size))
    half = mpmath.expm(flow * (width / 2))
    far = half * half
    matrix, right = mpmath.zeros(size, size), mpmath.zeros(size, 1)
    for i in range(size):
        if speed[i] > 0:
            matrix[i, i] = mpmath.mpf(1)
        else:
            right[i] = mpmath.mpf(1)
            for j in range(size):
                matrix[i, j] = far[i, j]
    start = mpmath.lu_solve(matrix, right)
    current = mpmath.fsum(v * p for v, p in zip(speed, start, strict=True))
    middle = half * start
    return -mpmath.fsum(middle) * spread / current - width / 2


def _sites_with_states(model: JumpModel, number: Any, wall: Wall, axis: int, inward: int) -> Number:
    size = len(model.state_names)
    moves = [
        (i, j, number(jump.displacement[axis]) * inward, number(jump.intensity)) for i, j, jump in model.transitions()
    ]
    unit = min(abs(r) for _, _, r, _ in moves if r != 0)
    hops = [(i, j, int(mpmath.nint(r / unit)), w) for i, j, r, w in moves]
    first = _first_site(number, wall, axis, model, inward, unit)
    reach = max(1, max(-r for _, _, r, _ in hops))
    sites = LONG_SITES // 2 + reach
    matrix, right = mpmath.zeros(sites * size, sites * size), mpmath.zeros(sites * size, 1)
    for n in range(sites - reach):
        for i, j, r, w in hops:
            if n - r >= 0:
                matrix[n * size + i, (n - r) * size + j] += w
            matrix[n * size + j, n * size + j] -= w
    for n in range(sites - reach, sites):  # no second difference
        for j in range(size):
            for back, weight in ((0, 1), (1, -2), (2, 1)):
                matrix[n * size + j, (n - back) * size + j] = mpmath.mpf(weight)
    for column in range(sites * size):
        matrix[sites * size - 1, column] = mpmath.mpf(column >= (sites - 1) * size)
    right[sites * size - 1] = mpmath.mpf(1)
    found = mpmath.lu_solve(matrix, right)
    total = [mpmath.fsum(found[n * size + j] for j in range(size)) for n in range(sites)]
    half = sites // 2
    return (total[half] / (total[half + 1] - total[half]) - half - first) * unit


def _whole(value: Number) -> bool:
    return bool(abs(value - mpmath.nint(value)) < mpmath.mpf(10) ** -20)


def _bulk_rate(number: Any, model: JumpModel, axis: int, spacing: Number) -> Number:
    """The rate of the jumps one way along the axis."""
    total = mpmath.fsum(number(j.intensity) for j in model.jumps if abs(number(j.displacement[axis])) > spacing / 2) / 2
    return total if model.time_step is None else total / number(model.time_step)


def _absorbed(number: Any, boundary: Boundary, per_jump: Number) -> Number:
    if boundary.kind == "absorbing":
        return mpmath.mpf(1)
    if boundary.probability is not None:
        return number(boundary.probability)
    assert boundary.rate is not None
    return number(boundary.rate) / per_jump


def confirm_law(model: JumpModel, prepared: PreparedRegime, rule: Rule, moves: list[Hop], boundary: Boundary) -> None:
    """Closed forms of one law against the integrals of its characteristic function."""
    from symdiff.continuum.wall_integrals import mean_outward, milne_length
    from symdiff.model.law_transform import transform

    if len(moves) != 1 or moves[0].law is None or moves[0].law.distribution not in ("normal", "laplace"):
        return  # the uniform law's constant is compared with its integral in a test: it oscillates
    law = moves[0].law
    with mpmath.workdps(15):
        number = _numbers(model, prepared)
        if number is None:
            return
        size = abs(number(moves[0].slope))
        a = {name: number(value) for name, value in law.arguments}
        variance = (a["variance"] if law.distribution == "normal" else 2 * a["scale"] ** 2) * size**2

        def characteristic(k: Number) -> Number:
            return mpmath.re(transform(law, mpmath.mpc(0, k * size), number))

        if rule.length is not None and rule.length != 0:
            _compare("extrapolation length", number(rule.length), milne_length(characteristic, variance))
        elif rule.flux is not None and boundary.probability is not None:
            attempts = (
                number(boundary.probability) * number(moves[0].rate) * (2 if boundary.crossing == "bridge" else 1)
            )
            _compare("mean step outward", number(rule.flux) / attempts, mean_outward(characteristic, variance))


def confirm_flights(model: JumpModel, prepared: PreparedRegime, rule: Rule, path: sp.Expr) -> None:
    """The wall of flights of one speed against Spitzer's integral of the places where they turn."""
    from symdiff.continuum.wall_integrals import milne_length

    if rule.length is None:
        return
    with mpmath.workdps(15):
        number = _numbers(model, prepared)
        if number is None:
            return
        mean, d = number(path), model.dimension

        def characteristic(k: Number) -> Number:
            """E[cos(k x)] of a flight of exponential length, along the axis."""
            y = k * mean
            return {1: 1 / (1 + y * y), 2: 1 / mpmath.sqrt(1 + y * y), 3: mpmath.atan(y) / y}[d]

        exact = rule.length.xreplace({f: sp.Rational(str(f)) for f in rule.length.atoms(sp.Float)})
        _compare("extrapolation length", number(exact), milne_length(characteristic, 2 * mean**2 / d))


def _compare(what: str, derived: Number, integral: Number) -> None:
    if abs(derived - integral) > mpmath.mpf(10) ** -6 * abs(integral):
        raise InternalFaultError(
            f"the two routes disagree at a wall: the {what} is {mpmath.nstr(derived, 8)}, its integral {mpmath.nstr(integral, 8)}; "
            "no result is given", instead="please report the model file as a fault of symdiff")  # fmt: skip
