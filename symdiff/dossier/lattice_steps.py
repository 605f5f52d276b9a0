"""The bridge from a jump model to the step lists that are counted: lattice sites, multiplicities, probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

import sympy as sp

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import StateSteps, StepSet
from symdiff.model.jump_model import JumpModel

WalkSteps = StepSet | StateSteps
Vector = tuple[int, ...]


@dataclass(frozen=True)
class LatticeSteps:
    """``walks``: every listed jump counts once (or with its weight); ``chances``: with the probabilities of one step.

    A site is a displacement in units of ``spacings``, one per coordinate. ``chances`` is None where no probability per
    step is known, and ``why_no_chances`` says why.
    """

    walks: WalkSteps
    chances: WalkSteps | None
    spacings: tuple[sp.Expr, ...]
    states: tuple[str, ...]
    why_no_chances: str = ""


def lattice_steps(model: JumpModel, values: dict[sp.Symbol, sp.Expr]) -> LatticeSteps:
    """The steps of a model on its lattice.

    Raises :class:`UsageError` for steps that lie on no lattice, :class:`NotYetError` for what is not counted yet.
    """
    if any(j.law is not None for j in model.jumps):
        raise UsageError("the steps have a continuous law: there are no lattice walks to count",
                         instead="count a model with a finite list of jumps")  # fmt: skip
    if model.signed:
        raise UsageError("weights outside [0, 1] are no probabilities: there is nothing to count")
    if not model.rests:
        raise UsageError("walkers that move between their jumps visit no lattice: there are no walks to count",
                         instead="count a model that consists of jumps only")  # fmt: skip
    if model.boundaries:
        raise NotYetError("walks between walls are not counted yet", where="boundaries")
    for jump in model.jumps:
        if any(r.has(*model.coordinate_symbols) or r.atoms(sp.core.function.AppliedUndef) for r in jump.displacement):
            raise NotYetError("jumps whose length depends on place are not counted", where=jump.label)
    spacings, vectors = _sites(model)
    if model.clock == "none":
        return LatticeSteps(
            _weighted(model, vectors, values), None, spacings, model.states, "the jumps carry weights only"
        )
    walks = _steps(model, vectors, [Fraction(1)] * len(model.jumps))
    chances, why = _chances(model, vectors, values)
    return LatticeSteps(walks, chances, spacings, model.states, why)


def _sites(model: JumpModel) -> tuple[tuple[sp.Expr, ...], list[Vector]]:
    """Displacements as integers: as written if they are integers, else in multiples of one spacing per coordinate."""
    entries = [list(j.displacement) for j in model.jumps]
    if all(r.is_Integer for row in entries for r in row):
        return tuple(sp.Integer(1) for _ in model.coordinates), [tuple(int(r) for r in row) for row in entries]
    spacings, columns = [], []
    for axis in range(model.dimension):
        spacing, multiples = _multiples([row[axis] for row in entries], model.coordinates[axis])
        spacings.append(spacing)
        columns.append(multiples)
    return tuple(spacings), [tuple(column[i] for column in columns) for i in range(len(entries))]


def _multiples(lengths: list[sp.Expr], axis: str) -> tuple[sp.Expr, list[int]]:
    parts = [r.as_coeff_Mul() for r in lengths if r != 0]
    if not parts:
        return sp.Integer(1), [0] * len(lengths)
    unit = parts[0][1]
    if any(other != unit for _, other in parts) or any(not c.is_Rational for c, _ in parts):
        shown = ", ".join(sorted({str(r) for r in lengths if r != 0}))
        raise UsageError(f"the displacements along {axis} ({shown}) are not multiples of one spacing: they lie on no lattice",
                         instead="state them as multiples of one length, such as h and -2*h")  # fmt: skip
    fractions = [Fraction(int(c.p), int(c.q)) for c, _ in parts]
    scale = Fraction(1)
    if any(f.denominator != 1 for f in fractions):
        scale = Fraction(gcd(*(f.numerator for f in fractions)), lcm(*(f.denominator for f in fractions)))
    found = [
        0 if r == 0 else int(Fraction(int(r.as_coeff_Mul()[0].p), int(r.as_coeff_Mul()[0].q)) / scale) for r in lengths
    ]
    return unit * sp.Rational(scale.numerator, scale.denominator), found


def _steps(
    model: JumpModel, vectors: list[Vector], weights: list[Fraction], rest: dict[str, Fraction] | None = None
) -> WalkSteps:
    """A step list, with the states where there are any; ``rest`` adds the probability to stay, by state."""
    plain = [int(w) if w.denominator == 1 else w for w in weights]
    if not model.states:
        extra = [] if not rest or not rest[model.density] else [((0,) * model.dimension, rest[model.density])]
        return StepSet.from_steps([*vectors, *(v for v, _ in extra)], [*plain, *(w for _, w in extra)])
    transitions = []
    for jump, vector, weight in zip(model.jumps, vectors, plain, strict=True):
        for state in model.states:
            if jump.source in (None, state):
                transitions.append((state, jump.target or state, vector, weight))
    for state, weight in (rest or {}).items():
        if weight:
            transitions.append((state, state, (0,) * model.dimension, weight))
    return StateSteps.from_transitions(transitions, states=model.states)


def _weighted(model: JumpModel, vectors: list[Vector], values: dict[sp.Symbol, sp.Expr]) -> WalkSteps:
    weights = []
    for jump in model.jumps:
        value = jump.intensity.xreplace(values)
        if not value.is_Rational:
            raise NotYetError(f"the weight {jump.intensity} is no number; symbolic weights are not counted yet", where=jump.label,
                              instead="give its value with --set")  # fmt: skip
        weights.append(Fraction(int(value.p), int(value.q)))
    return _steps(model, vectors, weights)


def _chances(model: JumpModel, vectors: list[Vector], values: dict[sp.Symbol, sp.Expr]) -> tuple[WalkSteps | None, str]:
    """The step list with probabilities, where they are numbers."""
    if model.clock == "continuous":
        return None, "the model has rates: the number of jumps up to a time is random"
    found = []
    for jump in model.jumps:
        value = jump.intensity.xreplace(values)
        if not value.is_Rational:
            names = ", ".join(sorted(str(s) for s in value.free_symbols)) or str(value)
            place = any(value.has(c) for c in model.coordinate_symbols) or value.atoms(sp.core.function.AppliedUndef)
            return (
                None,
                "the probabilities depend on place"
                if place
                else f"the probabilities depend on {names}: give values with --set",
            )
        found.append(Fraction(int(value.p), int(value.q)))
    rest = {}
    for state in () if model.lossy else model.state_names:  # who does not jump stays, or dies
        rest[state] = 1 - sum(
            (p for j, p in zip(model.jumps, found, strict=True) if j.source in (None, state)), Fraction(0)
        )
    return _steps(model, vectors, found, rest), ""
