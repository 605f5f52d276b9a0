"""The law of a walk on its lattice: sites that can be reached, and the local limit that the law tends to.

At the sites that can be reached at time t the probability tends to cell * density, where cell is the volume per such site:
for a walk that moves at every step on a line it is *twice* the spacing, since half of the sites are empty (Spitzer,
Principles of Random Walk, P7.9).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from fractions import Fraction
from itertools import combinations
from math import gcd

import sympy as sp

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.observables import propagators
from symdiff.continuum.observables.backward import Backward, of_model
from symdiff.continuum.observables.lattice_walk import LatticeWalk, lattice_walk, multiples
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.scaling_path import draw_values

STEPS = (3, 8)  # of the walks that reach the sites at which a claim is tried
NEAR, TRIES = 6, 60  # sites about the first one, of which one within the walls is taken
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


def on_sites(
    model: JumpModel, values: Mapping[sp.Symbol, Fraction], marks: Collection[sp.Symbol], generator: random.Random
) -> dict[sp.Symbol, Fraction]:
    """The values with every place on a site of the lattice: ``marks`` (walls, targets) a few steps apart, coordinates between walls.

    Where the model has no lattice that is the same everywhere, or its conditions exclude such places, the values stay.
    """
    exact = {s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()}
    try:
        spacings = _spacings(model, exact)
        places = dict(values) | _marked(model, values, marks, spacings, generator)
        if any(places[s] != values[s] for s in marks if s in values):
            places |= draw_values(model, generator, {s: v for s, v in places.items() if s in values})
    except SymdiffError:
        return dict(values)
    first = [_number(e.xreplace(exact)) for e in model.origin] if model.origin else [Fraction(0)] * model.dimension
    sites = [
        {c: o + n * h for c, o, n, h in zip(model.coordinate_symbols, first, at, spacings, strict=True)}
        for at in ([generator.randint(-NEAR, NEAR) for _ in spacings] for _ in range(TRIES))
    ]
    inside = [site for site in sites if _within(model, places | site)]
    return places | (inside[0] if inside else {})


def _spacings(model: JumpModel, exact: Mapping[sp.Symbol, sp.Rational]) -> list[Fraction]:
    """The spacing of the sites along each axis, in numbers; raises SymdiffError where there is none."""
    if model.motions or any(j.law is not None for j in model.jumps):
        raise NotYetError("the walk lives on no lattice")
    columns = zip(*(j.displacement for j in model.jumps if any(j.displacement)), strict=True)
    found = [multiples(list(c), x)[0].xreplace(exact) for c, x in zip(columns, model.coordinate_symbols, strict=False)]
    if len(found) != model.dimension:
        raise NotYetError("nothing moves")
    return [_number(h) for h in found]


def _marked(
    model: JumpModel,
    values: Mapping[sp.Symbol, Fraction],
    marks: Collection[sp.Symbol],
    spacings: list[Fraction],
    generator: random.Random,
) -> dict[sp.Symbol, Fraction]:
    """Places in the order in which they were drawn, some sites apart; in one dimension, where it is plain what a place is."""
    positive = sorted((s for s in marks if values.get(s, 0) > 0), key=lambda s: (values[s], s.name))
    if model.dimension != 1 or model.origin:
        return {}
    found, at = {}, 0
    for s in positive:
        at += generator.randint(2, 4)
        found[s] = at * spacings[0]
    ranges = {p.symbol: p.interval for p in model.parameters}
    return found if all(ranges[s].contains(value) for s, value in found.items()) else {}


def _within(model: JumpModel, values: Mapping[sp.Symbol, Fraction]) -> bool:
    """Whether a place lies inside of all walls, as far as numbers tell."""
    at = {s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()}
    gaps = [(i.gap.xreplace(at), i.strict) for b in model.boundaries for i in b.domain]
    return all(bool(g.is_positive) or (not strict and g == 0) for g, strict in gaps)


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
