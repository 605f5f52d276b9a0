"""The leading power of eps of one expression in a regime."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.continuum.derivation import with_ring
from symdiff.continuum.generator import register_small
from symdiff.continuum.regimes import PreparedRegime
from symdiff.model.jump_model import JumpModel

HIGHEST = 24


def leading(model: JumpModel, prepared: PreparedRegime, expression: sp.Expr) -> tuple[Fraction, sp.Expr]:
    """(power of eps, coefficient) of the largest term of an expression; (0, 0) where it vanishes.

    In the long-wave regime parameters are of order one, and functions of place are read where they stand.
    """
    if sp.expand(expression) == 0:
        return Fraction(0), sp.Integer(0)

    def run(ring: DifferentialRing) -> tuple[Fraction, sp.Expr]:
        register_small(prepared, ring)
        expansion = Expansion(ring, prepared.grading)
        for order in (1, 2, 4, 8, HIGHEST):
            series = expansion.series(prepared.replace(expression), order)
            for power in sorted(series.terms):
                if not ring.is_zero(series.terms[power]):
                    return Fraction(power), ring.to_expression(series.terms[power])
            if series.order > HIGHEST:
                break
        return Fraction(0), sp.Integer(0)

    return with_ring(model, prepared, run)
