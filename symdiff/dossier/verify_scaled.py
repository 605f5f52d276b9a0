"""A population in the limit of a large system as a walk on the line (plane) of n/V, for the tier of solved densities.

Jumps of n by whole numbers at rates w(n) are jumps of x = n/V by r/V at rates w(Vx): the same numbers, written in the coordinates
of the equation. Drift and diffusion are kept each at its own leading order, so that the equation alone is not right to the order
of its diffusion: what it leaves out of the drift to that order is added to what is solved.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_claim import Claim, claim_of
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel, make_model


def scaled_walk(model: JumpModel) -> JumpModel:
    """The walk of n/V. Raises :class:`NotYetError` for laws of the new number and functions of it."""
    population = model.population
    assert population is not None
    if any(j.law is not None or j.region is not None for j in model.jumps):
        raise NotYetError("populations whose new number is drawn from a law are not solved in scaled numbers yet")
    if any(set(f.arguments) & set(model.coordinates) for f in model.functions):
        raise NotYetError("populations with functions of the numbers are not solved in scaled numbers yet")
    size = population.system_size
    scaled = tuple(sp.Symbol(name, real=True) for name in population.scaled)
    numbers = dict(zip(model.coordinate_symbols, (size * x for x in scaled), strict=True))

    def moved(jump: Jump) -> Jump:
        displacement = tuple(r.xreplace(numbers) / size for r in jump.displacement)
        return replace(jump, intensity=jump.intensity.xreplace(numbers), displacement=displacement)

    position = tuple(p / size for p in model.preparation.position)
    return make_model({
        **vars(model), "coordinates": population.scaled, "population": None, "jumps": tuple(map(moved, model.jumps)),
        "preparation": replace(model.preparation, position=position), "claims": (), "observables": (),
    })  # fmt: skip


def scaled_claims(limit: ContinuumLimit, users: EvolutionEquation | None) -> tuple[Claim, ...]:
    """The equation with what the derivation leaves out to the order that it keeps; a user's own may have that already."""
    own = claim_of(limit)
    if own.equation is None:
        raise NotYetError(f"no equation to solve: {limit.closure.why}")
    near = tuple(t for power, terms in own.discarded if power <= own.kept for t in terms)
    later = tuple((power, terms) for power, terms in own.discarded if power > own.kept)
    if users is None:
        return (replace(own, equation=_with(own.equation, near), discarded=later),)
    claims = (replace(own, equation=_with(users, more), discarded=later, users=True) for more in (near, ()))
    return tuple(claims) if near else tuple(claims)[:1]


def _with(equation: EvolutionEquation, terms: tuple[Term, ...]) -> EvolutionEquation:
    return replace(equation, right=(*equation.right, *terms))
