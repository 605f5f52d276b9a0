"""The law of a walk on its lattice: sites that can be reached, and the local limit that the law tends to.

At the sites that can be reached at time t the probability tends to cell * density, where cell is the volume per such site:
for a walk that moves at every step on a line it is *twice* the spacing, since half of the sites are empty (Spitzer,
Principles of Random Walk, P7.9).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import gcd

import sympy as sp

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.observables import propagators
from symdiff.continuum.observables.backward import Backward, of_model
from symdiff.continuum.observables.lattice_walk import LatticeWalk, lattice_walk
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

STEPS = (3, 8)  # of the walks that reach the sites at which a claim is tried
MOST = 6  # individuals where a claim about the law of a number is tried


def _free_walk(model: JumpModel) -> tuple[Backward, LatticeWalk]:
    generator = of_model(model)
    if len(generator.states) > 1 or not generator.homogeneous or model.boundaries:
        raise NotYetError("the law on the lattice is known for free walkers of one state at constant rates")
    return generator, lattice_walk(generator)


def reached_site(
    model: JumpModel, values: Mapping[sp.Symbol, Fraction], generator: random.Random
) -> dict[sp.Symbol, Fraction]:
    """A time and a site where the walker may be then; raises SymdiffError where the model has no such lattice."""
    if counts_individuals(model) and not of_model(model).homogeneous:
        return {c: Fraction(generator.randint(1, MOST)) for c in model.coordinate_symbols} | {
            model.time: Fraction(generator.randint(1, 9), 4)
        }
    backward, walk = _free_walk(model)
    exact = {s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()}
    moves = [move for move, rate in walk.single_state() if rate.xreplace(exact) != 0]
    if _rests(backward, walk):
        moves.append((0,) * model.dimension)
    steps = generator.randint(*STEPS)
    at = [sum(axis) for axis in zip(*(generator.choice(moves) for _ in range(steps)), strict=True)]
    found = {}
    for c, n, h, start in zip(model.coordinate_symbols, at, walk.spacings, model.preparation.position, strict=True):
        found[c] = _number((start + n * h).xreplace(exact))
    time = sp.Rational(steps, 2) if backward.step is None else steps * backward.step.xreplace(exact)
    return found | {model.time: _number(time)}


def _number(value: sp.Expr) -> Fraction:
    if not value.is_Rational:
        raise NotYetError("the sites lie at irrational places")
    return Fraction(int(value.p), int(value.q))


def _rests(backward: Backward, walk: LatticeWalk) -> bool:
    """Whether a walker may be where it was: always in continuous time."""
    return backward.step is None or sp.expand(sp.Add(*(rate for _, rate in walk.single_state())) - 1) != 0


def local_limit(model: JumpModel) -> sp.Expr:
    """cell * density of the long-wave equation, at the sites that can be reached; raises SymdiffError where there is none."""
    backward, walk = _free_walk(model)
    moves = [move for move, _ in walk.single_state()]
    first = (0,) * model.dimension if _rests(backward, walk) else moves[0]
    differences = [tuple(a - b for a, b in zip(move, first, strict=True)) for move in moves]
    sites = _index(differences, model.dimension)
    if sites == 0:
        raise NotYetError("the walk does not spread in every direction")
    limit = derive_regime(model, LONG_WAVE)
    density = propagators.of_equation(model, limit, ObservableStatement("", "propagator")).value
    return sites * sp.Mul(*walk.spacings) * density


def _index(vectors: list[tuple[int, ...]], dimension: int) -> int:
    """The number of sites per one that sums of these vectors reach: the common divisor of their determinants."""
    determinants = [int(sp.Matrix(c).det()) for c in combinations(vectors, dimension)]
    return gcd(*determinants) if determinants else 0
