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
    from symdiff.model.step_law import StepLaw

Number = Any
SITES = 12
FEW_SITES = 60
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
        lam = _solved_length(number, wall, axis, model, inward, spacing)
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


def _solved_length(number: Any, wall: Wall, axis: int, model: JumpModel, inward: int, length: sp.Expr) -> Number:
    """Where the stationary density of the chain vanishes, beyond the wall; ``length`` is that of a jump."""
    boundary, spacing = wall.boundary, number(length)
    first = _first_site(number, wall, axis, model, inward, length)
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
                kept = rate - (absorbed if boundary.rate is None else 0)  # a rate stands beside the jumps
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


def _first_site(number: Any, wall: Wall, axis: int, model: JumpModel, inward: int, length: sp.Expr) -> Number:
    """How far inside the wall the first site is, in spacings."""
    origin = model.origin[axis] if model.origin else sp.Integer(0)
    ways = sp.cancel((wall.place - origin) / length)
    offset = number(ways) if ways.is_number else mpmath.mpf(0)  # a wall at a symbol of its own stands on a site
    ahead = -offset * inward  # of the origin, inside the wall, in spacings
    first = ahead + mpmath.ceil(-ahead - mpmath.mpf(10) ** -15)
    return first + 1 if wall.strict and abs(first) < mpmath.mpf(10) ** -15 else first


def confirm_states(
    model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int, rule: Rule, spread: sp.Expr
) -> None:
    """Walkers with states, or with long jumps: their sites as a system of numbers, or the two ends of a slab of runs."""
    with mpmath.workdps(DIGITS):
        number = _numbers(model, prepared)
        if number is None:
            return
        runs = any(v != 0 for m in model.motions for v in m.velocity)
        if runs:
            assert rule.length is not None
            solved = _slab_of_runs(model, number, axis, inward, number(spread))
            _agree(wall, "extrapolation length", _given(number, rule.length), solved, mpmath.mpf(0))
            return
        reflected = rule.length is None
        few, many = (
            _sites_with_states(model, number, wall, axis, inward, n, reflected=reflected)
            for n in (FEW_SITES, 2 * FEW_SITES)
        )
        unit, open_still = many[1], [abs(a - b) for a, b in zip(few, many, strict=True)]
        if rule.length is not None:
            _agree(wall, "extrapolation length", _given(number, rule.length), many[0], unit, open_still[0])
        if rule.wall is not None:
            _agree(wall, "place", _given(number, rule.wall), many[0], unit, open_still[0])
        if rule.flux is not None and wall.boundary.probability is not None:
            share = number(wall.boundary.probability)
            _agree(wall, "absorption", _given(number, rule.flux), share * many[2], mpmath.mpf(0), share * open_still[2])


def _given(number: Any, value: sp.Expr) -> Number:
    """A result with its decimal numbers, as they stand."""
    return number(value.xreplace({f: sp.Rational(str(f)) for f in value.atoms(sp.Float)}))


def _agree(wall: Wall, what: str, derived: Number, solved: Number, unit: Number, open_still: Number = 0) -> None:
    """Raises where the two differ by more than what the solved sites still change with their number, ``open_still``."""
    scale = abs(solved) + abs(derived) + unit
    if abs(derived - solved) > mpmath.mpf(10) ** -6 * scale + 2 * open_still:
        raise InternalFaultError(
            f"the two routes disagree at the wall {wall.place}: the {what} is {mpmath.nstr(derived, 8)}, but the "
            f"solved sites give {mpmath.nstr(solved, 8)}; no result is given",
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
    steps, width = 40, 40 * max(abs(v) for v in speed) / max(abs(generator[j, j]) for j in range(size))
    # the derivative where they move, the balance where they rest: finite pieces of the slab, each solved exactly
    moving = [i for i in range(size) if speed[i] != 0]
    resting = [i for i in range(size) if speed[i] == 0]
    held = mpmath.zeros(len(resting), len(moving)) if resting else None
    if held is not None:
        among = mpmath.matrix([[generator[i, j] for j in resting] for i in resting])
        for k, j in enumerate(moving):
            column = mpmath.lu_solve(among, mpmath.matrix([-generator[i, j] for i in resting]))
            for i in range(len(resting)):
                held[i, k] = column[i]
    count = len(moving)
    flow = mpmath.zeros(count, count)
    for a, i in enumerate(moving):
        for b, j in enumerate(moving):
            total = generator[i, j]
            if held is not None:
                total += mpmath.fsum(generator[i, resting[c]] * held[c, b] for c in range(len(resting)))
            flow[a, b] = total / speed[i]
    piece = mpmath.expm(flow * (width / steps))
    entering = [a for a, i in enumerate(moving) if speed[i] > 0]
    last = [steps * count + a for a in range(count) if a not in entering]
    rows: list[dict[int, Number]] = [{a: mpmath.mpf(1)} for a in entering]
    for n in range(steps):
        for a in range(count):
            rows.append({n * count + b: piece[a, b] for b in range(count)} | {(n + 1) * count + a: mpmath.mpf(-1)})
    rows += [{column: mpmath.mpf(1)} for column in last]
    given = [mpmath.mpf(0)] * (len(rows) - len(last)) + [mpmath.mpf(1)] * len(last)
    found = _solved_along(rows, given)
    middle = [found[steps // 2 * count + a] for a in range(count)]
    current = mpmath.fsum(speed[i] * middle[a] for a, i in enumerate(moving))
    present = mpmath.fsum(middle)
    if held is not None:
        present += mpmath.fsum(held[c, b] * middle[b] for c in range(len(resting)) for b in range(count))
    return -present * spread / current - width / 2


def _sites_with_states(
    model: JumpModel, number: Any, wall: Wall, axis: int, inward: int, sites: int, *, reflected: bool = False
) -> tuple[Number, Number, Number]:
    """(where the density vanishes, the spacing, zero) of the sites next to a wall, jump by jump.

    With ``reflected`` nothing is absorbed and the density far inside is one: (place of the wall, the spacing, what tries to leave).
    """
    size = len(model.state_names)
    step = mpmath.mpf(1) if model.time_step is None else number(model.time_step)
    moves = [
        (i, j, number(jump.displacement[axis]) * inward, number(jump.intensity) / step)
        for i, j, jump in model.transitions()
    ]
    least, jump = min(((m, jump) for m, (_, _, jump) in zip(moves, model.transitions(), strict=True) if m[2] != 0),
                      key=lambda pair: abs(pair[0][2]))  # fmt: skip
    shortest = abs(least[2])
    parts = next(q for q in range(1, 61) if all(_whole(r * q / shortest) for _, _, r, _ in moves))
    unit = shortest / parts
    hops = [(i, j, int(mpmath.nint(r / unit)), w) for i, j, r, w in moves]
    length = jump.displacement[axis] * (inward if least[2] > 0 else -inward) / parts
    first = _first_site(number, wall, axis, model, inward, length)
    boundary = wall.boundary
    kept = mpmath.mpf(1)
    if not reflected:
        kept = 1 - (mpmath.mpf(1) if boundary.probability is None else number(boundary.probability))
    reach = max(1, *(-r for _, _, r, _ in hops))
    sites += reach
    rows: list[dict[int, Number]] = [{} for _ in range(sites * size)]

    def add(row: int, column: int, value: Number) -> None:
        rows[row][column] = rows[row].get(column, mpmath.mpf(0)) + value

    outflow: dict[int, Number] = {}
    for n in range(sites):
        for i, j, r, w in hops:
            source, target = n * size + j, n + r
            add(source, source, -w)
            if target < 0:
                outflow[source] = outflow.get(source, mpmath.mpf(0)) + w
                landed = n if boundary.rejected == "stay" else int(mpmath.nint(-2 * first - target))
                state = j if boundary.rejected == "stay" else i
                add(landed * size + state, source, kept * w)
            elif target < sites:
                add(target * size + i, source, w)
    ends = ((0, 1), (1, -1)) if reflected else ((0, 1), (1, -2), (2, 1))
    for n in range(sites - reach, sites):  # no second difference; flat where nothing is absorbed
        for j in range(size):
            rows[n * size + j] = {(n - back) * size + j: mpmath.mpf(weight) for back, weight in ends}
    half = sites // 2
    found = _solved_along(rows, [mpmath.mpf(0)] * (sites * size))
    total = [mpmath.fsum(found[n * size + j] for j in range(size)) for n in range(sites)]
    if reflected:
        found = [value / total[half] for value in found]
        total = [value / total[half] for value in total]
        excess = mpmath.fsum(t - 1 for t in total[: half + 4])
        leaving = mpmath.fsum(w * found[source] for source, w in outflow.items())
        return (first - mpmath.mpf(1) / 2 - excess) * unit, unit, leaving * unit
    return (total[half] / (total[half + 1] - total[half]) - half - first) * unit, unit, mpmath.mpf(0)


def _solved_along(rows: list[dict[int, Number]], right: list[Number]) -> list[Number]:
    """A system whose rows reach over few neighbours, by elimination along it.

    Without a right side the last unknown is one, and the row that is left over is not asked.
    """
    homogeneous = not any(right)
    count = len(rows)
    rows, right = [dict(r) for r in rows], list(right)
    reach = max(abs(c - n) for n, row in enumerate(rows) for c in row) + 1
    small = mpmath.mpf(10) ** (-DIGITS * 2 // 3)
    used: list[tuple[int, int]] = []  # unknown, its row
    top = 0
    for k in range(count):
        near = range(top, min(count, top + reach + 1))
        best = max(near, key=lambda n: abs(rows[n].get(k, mpmath.mpf(0))), default=top)
        spare = homogeneous and k == count - 1 and len(used) == k
        if top >= count or spare or abs(rows[best].get(k, mpmath.mpf(0))) < small:
            continue
        rows[top], rows[best], right[top], right[best] = rows[best], rows[top], right[best], right[top]
        for n in near:
            if n == top or k not in rows[n]:
                continue
            factor = rows[n].pop(k) / rows[top][k]
            for c, value in rows[top].items():
                if c != k:
                    rows[n][c] = rows[n].get(c, mpmath.mpf(0)) - factor * value
            right[n] -= factor * right[top]
        used.append((k, top))
        top += 1
    found = [mpmath.mpf(0)] * count
    for k in {*range(count)} - {k for k, _ in used}:
        found[k] = mpmath.mpf(1)
    for k, row in reversed(used):
        rest = mpmath.fsum(value * found[c] for c, value in rows[row].items() if c != k)
        found[k] = (right[row] - rest) / rows[row][k]
    return found


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

    if len(moves) != 1 or moves[0].law is None or not _has_integrals(moves[0].law):
        return  # the uniform law's constant is compared with its integral in a test: it oscillates
    law = moves[0].law
    with mpmath.workdps(15):
        number = _numbers(model, prepared)
        if number is None:
            return
        size = abs(number(moves[0].slope))
        a = {name: number(value) for name, value in (law if law.inner is None else law.inner).arguments}
        if law.inner is not None:
            variance = 2 * a["mean"] ** 2 / law.lengths
        else:
            variance = (a["variance"] if law.distribution == "normal" else 2 * a["scale"] ** 2) * size**2

        def characteristic(k: Number) -> Number:
            if law.inner is not None:
                return _flight_transform(k * a["mean"], law.lengths)
            return mpmath.re(transform(law, mpmath.mpc(0, k * size), number))

        if rule.length is not None and rule.length != 0:
            _compare("extrapolation length", _given(number, rule.length), milne_length(characteristic, variance))
        elif rule.flux is not None and boundary.probability is not None:
            attempts = (
                number(boundary.probability) * number(moves[0].rate) * (2 if boundary.crossing == "bridge" else 1)
            )
            _compare("mean step outward", number(rule.flux) / attempts, mean_outward(characteristic, variance))


def _has_integrals(law: StepLaw) -> bool:
    """Whether the law's component across the wall is smooth enough for the integrals: normal, Laplace, isotropic flights."""
    if law.inner is not None:
        return law.inner.distribution == "exponential" and law.lengths <= 3
    return law.distribution in ("normal", "laplace")


def _flight_transform(y: Number, dimension: int) -> Number:
    """E[cos(k x)] of a flight of exponential length l in any direction, along one axis; y = k l."""
    return {1: 1 / (1 + y * y), 2: 1 / mpmath.sqrt(1 + y * y), 3: mpmath.atan(y) / y}[dimension]


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
            return _flight_transform(k * mean, d)

        exact = rule.length.xreplace({f: sp.Rational(str(f)) for f in rule.length.atoms(sp.Float)})
        _compare("extrapolation length", number(exact), milne_length(characteristic, 2 * mean**2 / d))


def _compare(what: str, derived: Number, integral: Number) -> None:
    if abs(derived - integral) > mpmath.mpf(10) ** -6 * abs(integral):
        raise InternalFaultError(
            f"the two routes disagree at a wall: the {what} is {mpmath.nstr(derived, 8)}, its integral {mpmath.nstr(integral, 8)}; "
            "no result is given", instead="please report the model file as a fault of symdiff")  # fmt: skip
