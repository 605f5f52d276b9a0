"""The jumps of a model as numbers, at one point of the path eps -> 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.law_transform import transform
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import Arithmetic, evaluate, mp_arithmetic

Number = Any
Values = Mapping[sp.Symbol, Number]


@dataclass(frozen=True)
class NumericJump:
    """One way to jump, with numbers: from state ``source`` to ``target`` with probability or rate ``weight``."""

    target: int
    source: int
    weight: Number
    displacement: tuple[Number, ...]
    law: StepLaw | None
    directions: tuple[tuple[sp.Expr, ...], ...]


@dataclass(frozen=True)
class NumericRules:
    """All jumps of a homogeneous model with numbers; ``time_step`` is None in continuous time.

    ``lossy``: in discrete time a walker that makes none of the jumps dies; otherwise it stays.
    """

    size: int
    jumps: tuple[NumericJump, ...]
    time_step: Number | None
    values: Values
    lossy: bool = False
    motions: tuple[tuple[tuple[Number, ...], tuple[tuple[Number, ...], ...]], ...] = ()

    def law_argument(self, expression: sp.Expr) -> Number:
        """The number that an argument of a step law is."""
        return evaluate(expression, self.values, mp_arithmetic())


def numeric_rules(model: JumpModel, values: Values, arithmetic: Arithmetic | None = None) -> NumericRules:
    """The rules of a homogeneous model at ``values``, in mpmath numbers at the working precision.

    Raises :class:`NotYetError` for weights that are only counted and KeyError where a rate depends on place.
    """
    if model.clock == "waiting":
        raise NotYetError("walks with waiting times are known by their transforms only, and this needs rates")
    if model.clock == "none":
        raise NotYetError("the jumps have weights but no rates or probabilities: there is no law in time to compare with",
                          instead="write a rate or a probability for every jump")  # fmt: skip
    if model.internals:
        raise NotYetError("continuous internal states are not cross-checked yet")
    numbers = arithmetic or mp_arithmetic()
    known: dict[Jump, tuple[Number, tuple[Number, ...]]] = {}

    def read(jump: Jump) -> tuple[Number, tuple[Number, ...]]:
        if jump not in known:
            known[jump] = (
                evaluate(jump.intensity, values, numbers),
                tuple(evaluate(r, values, numbers) for r in jump.displacement),
            )
        return known[jump]

    jumps = tuple(NumericJump(i, j, *read(jump), jump.law, jump.directions) for i, j, jump in model.transitions())
    step = None if model.time_step is None else evaluate(model.time_step, values, numbers)
    motions = motions_of(model, lambda e: evaluate(e, values, numbers))
    return NumericRules(len(model.state_names), jumps, step, values, model.lossy, motions)


NumericMotion = tuple[tuple[Number, ...], tuple[tuple[Number, ...], ...]]
"""Velocity and diffusivity inside a state; () () where walkers rest."""


def motions_of(model: JumpModel, number: Callable[[sp.Expr], Number]) -> tuple[NumericMotion, ...]:
    """The motion inside every state, in numbers."""
    found: list[NumericMotion] = []
    for state in range(len(model.state_names)):
        motion = model.motion_of(state)
        if motion is None:
            found.append(((), ()))
        else:
            rows = tuple(tuple(map(number, row)) for row in motion.diffusivity)
            found.append((tuple(map(number, motion.velocity)), rows))
    return tuple(found)


def moved(motion: NumericMotion, wave: Sequence[Number]) -> Number:
    """The growth rate - ik.v - k.D k of e^(ik.x) by the motion inside a state."""
    velocity, rows = motion
    total = -mpmath.j * mpmath.fsum(k * v for k, v in zip(wave, velocity, strict=False))
    for k, row in zip(wave, rows, strict=False):
        total -= mpmath.fsum(k * q * d for q, d in zip(wave, row, strict=True))
    return total


def jump_factor(
    wave: tuple[Number, ...], displacement: Sequence[Number], law: StepLaw | None, directions: Sequence[Sequence[sp.Expr]],
    number: Callable[[sp.Expr], Number],
) -> Number:  # fmt: skip
    """E[e^(-ik.r)] of one jump: of its displacement and of its random lengths along their directions."""
    phase = mpmath.exp(-mpmath.j * mpmath.fsum(k * r for k, r in zip(wave, displacement, strict=True)))
    if law is not None:
        along = [mpmath.j * mpmath.fsum(k * number(e) for k, e in zip(wave, row, strict=True)) for row in directions]
        phase *= transform(law, along if len(along) > 1 else along[0], number)
    return phase


def is_homogeneous(model: JumpModel) -> bool:
    """Whether neither intensities nor displacements depend on place."""
    places = {*model.coordinate_symbols, model.time}
    shown = [e for j in model.jumps for e in (j.intensity, *j.displacement)]
    shown += [e for j in model.jumps if j.law is not None for _, e in j.law.arguments]
    shown += [e for j in model.jumps if j.law is not None for row in j.directions for e in row]
    shown += [e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))]
    for v in model.internals:
        shown += [v.diffusivity, *v.drift, *(e for e in (v.rate, v.mean_cosine, v.mean_sine) if e is not None)]
        shown += [e for _, e in v.law.arguments] if v.law is not None else []
    return not any(e.free_symbols & places for e in shown)


def typical_step(rules: NumericRules) -> Number:
    """The longest step length of any rule: the natural unit of length of the model; zero if nothing moves."""
    longest = mpmath.mpf(0)
    for jump in rules.jumps:
        longest = max(longest, mpmath.sqrt(mpmath.fsum(abs(r) ** 2 for r in jump.displacement)))
        if jump.law is not None:
            lengths = [abs(rules.law_argument(e)) ** (mpmath.mpf(1) / root) for e, root in jump.law.length_scales]
            longest = max(longest, *lengths) if lengths else max(longest, mpmath.mpf(1))
    return longest


def symbol_matrix(rules: NumericRules, wave: tuple[Number, ...]) -> list[list[Number]]:
    """The one-step matrix T(k) (discrete time) or the rate matrix W(k) (continuous time) on plane waves e^(ik.x).

    T_ij(k) = sum over jumps j -> i of w E[e^(-ik.r)], plus on the diagonal the probability to stay (none where walkers die instead).
    """
    size = rules.size
    matrix = [[mpmath.mpc(0)] * size for _ in range(size)]
    for jump in rules.jumps:
        phase = jump_factor(wave, jump.displacement, jump.law, jump.directions, rules.law_argument)
        matrix[jump.target][jump.source] += jump.weight * phase
        if not rules.lossy:
            matrix[jump.source][jump.source] -= jump.weight
    for i, motion in enumerate(rules.motions):
        matrix[i][i] += moved(motion, wave)
    if rules.time_step is not None and not rules.lossy:
        for i in range(size):
            matrix[i][i] += 1
    return matrix
