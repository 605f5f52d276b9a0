"""Continuous internal states in a certificate: the moments of their functions (harmonics, powers) as a chain of states.

The moments p_a = int B_a(u) P du obey d_t p_a = sum_b K_ab p_b, with sums for jumps in place of d_t in discrete time. A moment of
degree n carries n gradients more than the density, so that those that are left out drive nothing below the stated power.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import sympy as sp

from symdiff.algebra.graded import GradedSeries, Power
from symdiff.continuum import assembly
from symdiff.continuum.derivation import Derived
from symdiff.continuum.modes import Modes
from symdiff.dossier.certificate_laws import WHERE, slopes, text_of
from symdiff.errors import NotYetError


def mode_chain(derived: Derived, modes: Modes) -> dict[str, Any]:
    """States, their units as powers of eps, and the matrix K of a model with continuous internal states."""
    model, matrix = derived.model, derived.generator.matrix
    names = [modes.name(state, label) for state in model.state_names for label in modes.labels]
    sizes = [
        sum((Fraction(s) * n for s, n in zip(modes.scales, label, strict=True)), Fraction(0))
        for _ in model.state_names
        for label in modes.labels
    ]
    motion = [
        [names[a], names[b], text]
        for a, row in enumerate(matrix)
        for b, x in enumerate(row)
        if (text := _entry(derived, modes, x, sizes[a] - sizes[b]))
    ]
    return {
        "states": names,
        "events": [],
        "motion": motion,
        "units": {n: str(s) for n, s in zip(names, sizes, strict=True) if s},
        "parameters": {f"open{n}": "" for n in range(len(modes.unknown))},
    }


def stated(expression: sp.Expr, modes: Modes) -> sp.Expr:
    """Constants that the model leaves open (further averages of a turn or of a law) by names of their own."""
    return expression.xreplace({s: sp.Symbol(f"open{n}") for n, s in enumerate(modes.unknown)})


def _entry(derived: Derived, modes: Modes, series: GradedSeries, shift: Power) -> str:
    """One entry of K; what jumps add beyond the power that was computed is left open."""
    model, along = derived.model, slopes(derived.model)
    total = sp.Add(*(stated(t.coefficient, modes) * sp.Mul(*(d**n for d, n in zip(along, t.space, strict=True)))
                     for t in assembly.operator_terms(derived, series)))  # fmt: skip
    if total == 0 and series.order == derived.generator.order and not model.jumps:
        return ""
    if not model.jumps:
        return text_of(total)
    weight = derived.prepared.grading.derivative
    if weight <= 0:
        raise NotYetError("there is no certificate yet for jumps beside continuous internal states where gradients are of order one",
                          where=WHERE)  # fmt: skip
    return text_of(total + sp.Function("O")(along[0] ** floor((derived.generator.order + shift) / weight)))
