"""The second route's one-step matrix of a homogeneous model with continuous internal states."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.numeric_internal import NumericModes
from symdiff.continuum.numeric_matrices import Sparse
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.step_law import StepLaw

Number = Any
LawMoment = Callable[[StepLaw, tuple[int, ...]], Number]


def internal_symbol(
    model: JumpModel, number: Callable[[sp.Expr], Number], wave: list[Number], reach: int, moment: LawMoment
) -> Any:
    """T(q) in discrete time, the rate matrix in continuous time, over states times moments."""
    steepest = max([_degree(e, model) for m in model.motions for e in m.velocity]
                   + [_degree(e, model) for j in model.jumps for e in (*j.displacement, j.intensity)]
                   + [_degree(e, model) for j in model.jumps for row in j.directions for e in row] + [1])  # fmt: skip
    modes = NumericModes(model, number, reach * steepest)
    size, width = len(model.state_names), modes.size
    whole = mpmath.matrix(size * width, size * width)

    def put(i: int, j: int, block: Sparse) -> None:
        for a, row in enumerate(block.rows):
            for b, c in row.items():
                whole[i * width + a, j * width + b] += c

    discrete = model.clock == "discrete"
    one = Sparse.eye(width)
    turned = modes.turn(tuple(v.name for v in model.internals)) if discrete else one
    for i, j, jump in model.transitions():
        weight = modes.matrix(jump.intensity)
        landed = _phase(modes, jump, wave, reach, moment) @ weight
        put(i, j, (modes.turn(jump.redraw) @ landed if jump.redraw else landed) @ turned)
        if not model.lossy:
            put(j, j, (weight @ turned).scaled(mpmath.mpf(-1)))
    for j in range(size):
        motion = model.motion_of(j)
        if motion is not None:
            for v, q in zip(motion.velocity, wave, strict=True):
                put(j, j, modes.matrix(v).scaled(-q))
            for q, row in zip(wave, motion.diffusivity, strict=False):
                for p, d in zip(wave, row, strict=True):
                    put(j, j, modes.matrix(d).scaled(q * p))
        if not discrete:
            for matrix, factor in modes.own():
                put(j, j, matrix @ modes.matrix(factor))
        elif not model.lossy:
            put(j, j, turned)
    if not model.crowd.reactions:
        return whole
    reacted = _reactions(modes, model, number, wave)
    return reacted * whole + whole if discrete else whole + reacted


def _reactions(modes: NumericModes, model: JumpModel, number: Callable[[sp.Expr], Number], wave: list[Number]) -> Any:
    """What reactions of single agents add and take; what is produced has the internal state of what was consumed."""
    width = modes.size
    found = mpmath.zeros(len(model.state_names) * width)
    for j, rate, products, _ in model.single_reactions():
        parts = [(j, mpmath.mpf(-1))]
        for i, away in products:
            parts.append((i, mpmath.exp(-mpmath.fsum(q * number(r) for q, r in zip(wave, away, strict=True)))))
        for a, row in enumerate(modes.matrix(rate).rows):
            for b, c in row.items():
                for i, factor in parts:
                    found[i * width + a, j * width + b] += c * factor
    return found


def _phase(modes: NumericModes, jump: Jump, wave: list[Number], reach: int, moment: LawMoment) -> Sparse:
    """E[exp(-q.r)] of a jump whose displacement may depend on the internal variables."""
    phase = _exponential(_along(modes, jump.displacement, wave))
    if jump.law is None:
        return phase
    if len(jump.directions) != 1:
        raise NotYetError(
            "laws of the step vector beside continuous internal states are not handled yet", where=jump.label
        )
    along = _along(modes, jump.directions[0], wave)
    average, power = Sparse.eye(modes.size), Sparse.eye(modes.size)
    for n in range(1, reach + 1):
        power = (power @ along).scaled(mpmath.mpf(1) / n)
        average = average + power.scaled(moment(jump.law, (n,)))
    return phase @ average


def _along(modes: NumericModes, vector: Iterable[sp.Expr], wave: list[Number]) -> Sparse:
    """- q.r as a matrix."""
    total = Sparse.zero(modes.size)
    for q, r in zip(wave, vector, strict=True):
        total += modes.matrix(r).scaled(-q)
    return total


def _exponential(matrix: Sparse) -> Sparse:
    total = term = Sparse.eye(len(matrix.rows))
    n = 0
    while term.norm() > mpmath.mpf(10) ** (-mpmath.mp.dps):
        n += 1
        term = (term @ matrix).scaled(mpmath.mpf(1) / n)
        total = total + term
    return total


def _degree(expression: sp.Expr, model: JumpModel) -> int:
    inside = [s for v in model.internals for s in v.symbols if s in expression.free_symbols]
    return int(sp.Poly(sp.expand(expression), *inside).total_degree()) if inside else 0
