"""Exact averages of walkers that carry a direction: functions of place up to second degree.

They need no more of a turn than its mean cosine (in the plane also its mean sine): with T u the mean direction after one
turn, or -R u its rate of change, the averages 1, x_i, x_i x_j and x_i u_j form a closed linear system. Directions start
uniformly, and stay so: E[u_i] = 0, E[u_i u_j] = delta_ij/d.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from symdiff.algebra.exponential_sums import poles
from symdiff.continuum.observables.averages import Average
from symdiff.errors import NotYetError
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.model.motion import InternalVariable

ZERO, ONE = sp.Integer(0), sp.Integer(1)
Vector = list[sp.Expr]
Square = list[Vector]


@dataclass(frozen=True)
class Spread:
    """The mean displacement offset + slope u per step (or per time), and its mean square at one direction, averaged over it."""

    offset: Vector
    slope: Square
    square: Square


def carries_direction(model: JumpModel) -> bool:
    """Whether the one continuous internal state is a direction."""
    return len(model.internals) == 1 and model.internals[0].domain == "direction"


def turning_average(model: JumpModel, function: sp.Expr) -> Average:
    """E[f] of a polynomial f of the place, of second degree at most; raises :class:`NotYetError` for anything beyond."""
    (variable,) = model.internals
    x, d = model.coordinate_symbols, model.dimension
    if not function.is_polynomial(*x) or sp.Poly(function, *x).total_degree() > 2:
        raise NotYetError(
            "exact averages of walkers with a direction are handled for polynomials of second degree at most"
        )
    if len(model.state_names) > 1 or model.lossy or any(j.redraw for j in model.jumps):
        raise NotYetError(
            "exact averages of walkers with a direction and other states, death or redraws are not handled yet"
        )
    moved, turn = _spread(model, variable), _turn(model, variable)
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    names = [("1",), *(("x", i) for i in range(d)), *(("xx", i, j) for i, j in pairs), *(("xu", i, j) for i in range(d) for j in range(d))]  # fmt: skip
    index = {name: n for n, name in enumerate(names)}
    rows: list[dict[int, sp.Expr]] = [{} for _ in names]  # what each average gains from the others

    def gain(name: tuple[str | int, ...], source: tuple[str | int, ...], value: sp.Expr) -> None:
        row = rows[index[name]]
        row[index[source]] = row.get(index[source], ZERO) + value

    discrete = model.time_step is not None
    for i in range(d):
        gain(("x", i), ("1",), moved.offset[i])
        for j in range(d):
            gain(("xu", i, j), ("1",), moved.slope[i][j] / d)
            for k in range(d):
                gain(("xu", i, j), ("xu", i, k), turn[j][k] - (ONE if discrete and j == k else ZERO))
    for i, j in pairs:
        gain(("xx", i, j), ("1",), moved.square[i][j])
        for a, b in ((i, j), (j, i)):
            gain(("xx", i, j), ("x", a), moved.offset[b])
            for k in range(d):
                through = (
                    sum((moved.slope[b][m] * turn[m][k] for m in range(d)), ZERO) if discrete else moved.slope[b][k]
                )
                gain(("xx", i, j), ("xu", a, k), through)
    weights = [ZERO] * len(names)
    for powers, c in sp.Poly(function, *x).terms():
        axes = [i for i, m in enumerate(powers) for _ in range(m)]
        weights[index[("1",) if not axes else ("x", axes[0]) if len(axes) == 1 else ("xx", *axes)]] += c
    matrix = [[row.get(m, ZERO) + (ONE if discrete and n == m else ZERO) for m in range(len(names))]
              for n, row in enumerate(rows)]  # fmt: skip
    start = [ONE, *([ZERO] * (len(names) - 1))]
    return Average(poles(weights, matrix, start), model.time_step)


def _put(model: JumpModel, variable: InternalVariable) -> Callable[[sp.Expr], sp.Expr]:
    varying = {*model.coordinate_symbols, model.time}

    def put(value: sp.Expr) -> sp.Expr:
        found = sp.expand(expand_definitions(value, model.functions))
        if found.free_symbols & varying or found.atoms(sp.core.function.AppliedUndef):
            raise NotYetError(
                "exact averages of walkers with a direction whose rates depend on place are not handled yet"
            )
        return found

    return put


def _linear(value: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> tuple[sp.Expr, Vector]:
    """(constant, slopes) of a + b.u; raises for anything else."""
    if not value.is_polynomial(*symbols) or sp.Poly(value, *symbols).total_degree() > 1:
        raise NotYetError(
            "exact averages of walkers with a direction are handled for displacements and velocities linear in it"
        )
    return value.xreplace(dict.fromkeys(symbols, ZERO)), [value.coeff(s) for s in symbols]


def _spread(model: JumpModel, variable: InternalVariable) -> Spread:
    put, d, u = _put(model, variable), model.dimension, variable.symbols
    offset, slope = [ZERO] * d, [[ZERO] * d for _ in range(d)]
    square = [[ZERO] * d for _ in range(d)]

    def add(rate: sp.Expr, a: Vector, b: Square, weight: sp.Expr, mean: bool) -> None:
        """A displacement a + b u with the rate; ``weight`` of its square, and whether it counts in the mean."""
        for i in range(d):
            if mean:
                offset[i] += rate * a[i]
            for j in range(d):
                if mean:
                    slope[i][j] += rate * b[i][j]
                square[i][j] += rate * weight * (a[i] * a[j] + sum((b[i][k] * b[j][k] for k in range(d)), ZERO) / d)

    for jump in model.jumps:
        rate = put(jump.intensity)
        if rate.has(*u):
            raise NotYetError(
                "exact averages of walkers whose rates depend on their direction are not handled yet", where=jump.label
            )
        base = [_linear(put(r), u) for r in jump.displacement]
        a, b = [p for p, _ in base], [q for _, q in base]
        if jump.law is None:
            add(rate, a, b, ONE, True)
            continue
        if jump.law.lengths > 1:
            raise NotYetError("exact averages of walkers with a direction and steps of several random lengths are not handled yet",
                              where=jump.label)  # fmt: skip
        (row,) = jump.directions
        along = [_linear(put(r), u) for r in row]
        mean, second = jump.law.raw_moment(1), jump.law.raw_moment(2)
        shifted = [p + mean * q for p, (q, _) in zip(a, along, strict=True)]
        turned = [[p + mean * q for p, q in zip(ps, qs, strict=True)] for ps, (_, qs) in zip(b, along, strict=True)]
        add(rate, shifted, turned, ONE, True)
        add(rate, [q for q, _ in along], [qs for _, qs in along], second - mean**2, False)
    motion = model.motion_of(0)
    if motion is not None:
        for i, v in enumerate(motion.velocity):
            constant, slopes = _linear(put(v), u)
            offset[i] += constant
            slope[i] = [p + q for p, q in zip(slope[i], slopes, strict=True)]
        for i, entries in enumerate(motion.diffusivity):
            for j, entry in enumerate(entries):
                square[i][j] += 2 * _over_directions(put(entry), u, d)
    return Spread(offset, slope, square)


def _over_directions(value: sp.Expr, u: tuple[sp.Symbol, ...], d: int) -> sp.Expr:
    """The average over uniform directions of a polynomial of second degree."""
    if not value.is_polynomial(*u) or sp.Poly(value, *u).total_degree() > 2:
        raise NotYetError("exact averages of walkers with a direction are handled for diffusivities quadratic in it")
    total = ZERO
    for powers, c in sp.Poly(value, *u).terms():
        total += c if sum(powers) == 0 else c / d if max(powers) == 2 else ZERO
    return total


def _turn(model: JumpModel, variable: InternalVariable) -> Square:
    """E[u'] = T u after one turn (discrete time), or d E[u]/dt = T u."""
    put, d = _put(model, variable), model.dimension
    cosine, sine = put(variable.mean_cosine or ZERO), put(variable.mean_sine or ZERO)
    if model.time_step is not None:
        if variable.moves or variable.rate is not None:
            raise NotYetError(
                "exact averages of a direction with a motion of its own in discrete time are not handled yet"
            )
        keep, swing = cosine, sine
    else:
        rate = put(variable.rate or ZERO)
        keep = rate * (cosine - 1) - (d - 1) * put(variable.diffusivity)
        swing = rate * sine + (put(variable.drift[0]) if variable.drift else ZERO)
    turn = [[keep if i == j else ZERO for j in range(d)] for i in range(d)]
    if swing != 0:
        turn[0][1], turn[1][0] = -swing, swing
    return turn
