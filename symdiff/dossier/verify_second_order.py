"""Solved densities of an equation of second order in time: the density and its rate of change, on the lattice and by the equation.

P_t = Q/T, and what the equation says of Q_t, T being the time of comparison at each level, so that both are of one size. Two states of
the lattice have two slow modes, as the equation has: nothing is waited for, and nothing is eliminated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import sympy as sp

from symdiff.dossier.verify_claim import Claim
from symdiff.dossier.verify_layout import DoesNotApply, Layout, Level
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.dossier.verify_place import PlaceTest
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.periodic import LatticeStep
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.propagation.uniform import is_uniform, rate_of_change
from symdiff.evidence.propagation.wave_walk import needs_transforms
from symdiff.evidence.solution.spectral import SpectralOperator
from symdiff.model.jump_model import JumpModel

SPAN = sp.Dummy("T", positive=True)


class SecondOrderTest(PlaceTest):
    """One model of two states in one regime, and a linear equation of second order in time."""

    def __init__(self, model: JumpModel, claim: Claim, path: EpsPath, layout: Layout) -> None:
        if len(model.state_names) != 2 or needs_transforms(model) or not is_homogeneous(model):
            raise DoesNotApply(
                "equations of second order in time are solved for walkers of two states that nothing at their place tells apart"
            )
        assert claim.equation is not None
        system = in_two_densities(claim.equation)
        super().__init__(model, replace(claim, equation=None, system=system, branches=2, discarded=()), path, layout)

    def _new_walk(self, level: Level, points: int) -> tuple[FloatArray, FloatArray]:
        step = LatticeStep(self.model, level.values, self.layout.grid(level, points), level.functions)
        if not is_uniform(step):
            raise DoesNotApply("the rate of change of densities is known wave by wave, which takes extended precision")
        first = self._initial(level, points)
        last = step.evolve(first, level.steps if step.time_step is not None else level.time)
        return self._with_rate(step, first, level), self._with_rate(step, last, level)

    def _with_rate(self, step: LatticeStep, density: FloatArray, level: Level) -> FloatArray:
        try:
            change = rate_of_change(step, density)
        except ArithmeticError as reason:
            raise DoesNotApply(str(reason)) from None
        return np.stack([density.sum(axis=0), level.time * change.sum(axis=0)])

    def operator(self, equations: Sequence[EvolutionEquation], level: Level, points: int) -> SpectralOperator:
        """The operator of both densities on the grid of one level."""
        box = self.layout.grid(level, points)
        values = {**level.values, SPAN: level.time}
        return SpectralOperator(equations, values, box.low, box.length, box.points, level.functions)


def in_two_densities(equation: EvolutionEquation) -> tuple[EvolutionEquation, EvolutionEquation]:
    """P_t = Q/T and Q_t = ... of a linear equation. Raises :class:`DoesNotApply` for other derivatives in time."""
    name, zero = equation.density, (0,) * len(equation.coordinates)
    rate = f"{name}_t"
    terms = [*equation.left, *(replace(t, coefficient=-t.coefficient) for t in equation.right)]
    lead = [t for t in terms if t.time == 2]
    if (
        len(lead) != 1
        or any(lead[0].space)
        or lead[0].coefficient.free_symbols & {*equation.coordinates, equation.time}
    ):
        raise DoesNotApply("equations of second order in time are solved with one constant in front of P_tt")
    if any(t.time > 2 or t.caputo is not None or t.memory is not None for t in terms):
        raise DoesNotApply("equations with more than two derivatives in time are not solved yet")
    factor = -SPAN / lead[0].coefficient
    right = tuple(
        replace(
            t, density=rate if t.time else name, time=0, coefficient=factor * t.coefficient / (SPAN if t.time else 1)
        )
        for t in terms
        if t is not lead[0]
    )
    return (
        replace(equation, left=(Term(sp.Integer(1), name, zero, 1),), right=(Term(1 / SPAN, rate, zero),)),
        replace(equation, density=rate, left=(Term(sp.Integer(1), rate, zero, 1),), right=right),
    )
