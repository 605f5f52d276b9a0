"""An equation put to the test in one regime: its terms, and what the derivation predicts about its error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.equations.evolution_equation import EvolutionEquation, Term, fractional_name
from symdiff.model.jump_model import ScalingRegime


@dataclass(frozen=True)
class Claim:
    """What is claimed in one regime: an equation or a system (one equation per state).

    ``discarded`` are the next terms, as they would stand on the right-hand side, with their powers of eps; ``remainder`` is
    the first power that was not worked out; of a user's claim they are what the derivation predicts, if the claim is the same. ``kept`` is the highest
    power of d/dt that the regime keeps, ``branches`` the number of slow growth rates per wave vector.
    """

    regime: ScalingRegime
    equation: EvolutionEquation | None
    system: tuple[EvolutionEquation, ...]
    kept: Fraction
    branches: int
    discarded: tuple[tuple[Fraction, tuple[Term, ...]], ...] = ()
    remainder: sp.Expr | None = None
    users: bool = False


def claim_of(limit: ContinuumLimit) -> Claim:
    """The claim that a derived limit makes."""
    discarded = tuple((d.power, d.terms) for d in limit.discarded)
    branches = len(limit.system) if limit.equation is None else time_order(limit.equation)
    return Claim(
        limit.regime, limit.equation, limit.system, limit.kept_power, branches, discarded, limit.remainder_power
    )


def time_order(equation: EvolutionEquation) -> int:
    """The highest time derivative; one of broken order counts as one."""
    return max(t.time if t.caputo is None else 1 for t in (*equation.left, *equation.right))


def with_term_scaled(equation: EvolutionEquation, index: int, factor: sp.Expr) -> EvolutionEquation:
    """The equation with the coefficient of one term (left ones first) multiplied."""
    terms = [*equation.left, *equation.right]
    terms[index] = replace(terms[index], coefficient=terms[index].coefficient * factor)
    return replace(equation, left=tuple(terms[: len(equation.left)]), right=tuple(terms[len(equation.left) :]))


def term_name(equation: EvolutionEquation, term: Term) -> str:
    """A term's derivative in words, such as ``C_xx`` or ``(-Laplacian)^s C``."""
    letters = "".join(c.name * n for c, n in zip(equation.coordinates, term.space, strict=True)) + "t" * term.time
    name = f"{term.density}_{letters}" if letters else term.density
    return name if term.fractional is None else f"{fractional_name(term.fractional)} {name}"
