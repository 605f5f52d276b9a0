r"""Averages over a step law that a text only names, ``D = \frac{1}{2\tau}\int \Delta^2 \phi(\Delta)\,d\Delta``, in the moments of the model."""

from __future__ import annotations

import re

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.model.jump_model import JumpModel
from symdiff.notation.latex import Reading
from symdiff.verification.roles import CUSTOMARY

_NAMED = re.compile(r"(\w+) and (\w+) are the mean and the mean square of the argument of (\w+), as of a probability")


def in_moments(reading: Reading | None, model: JumpModel) -> str:
    """A formula for a coefficient with the integrals over the whole line in the model's own moments; empty where it is none."""
    named = _NAMED.search(model.notes)
    if named is None or reading is None or len(reading.equations) != 1:
        return ""
    own = {p.name for p in model.parameters}
    moments = [sp.Symbol(n) if n in own else sp.S.Zero for n in named.groups()[:2]]  # a symmetric law has no mean
    (e,) = reading.equations
    if not isinstance(e, sp.Equality) or not e.has(sp.Integral):
        return ""
    sides = [s.replace(lambda i: isinstance(i, sp.Integral), lambda i: _moment(i, named[3], moments)) for s in e.args]
    letters = {s.name for side in sides for s in side.free_symbols}
    plain = not any(side.has(sp.Integral, sp.Derivative) or side.atoms(AppliedUndef) for side in sides)
    return f"{sides[0]} = {sides[1]}" if plain and letters <= own | set(CUSTOMARY) else ""


def _moment(integral: sp.Integral, law: str, moments: list[sp.Expr]) -> sp.Expr:
    """``c_0 + c_1 m_1 + c_2 m_2`` for the integral of a polynomial times the law; what is none stays as it is."""
    limits = integral.limits
    if len(limits) != 1 or tuple(limits[0][1:]) not in ((-sp.oo, sp.oo), ()):
        return integral
    variable = limits[0][0]
    weight = sp.cancel(integral.function / sp.Function(law)(variable))
    if weight.atoms(AppliedUndef) or not weight.is_polynomial(variable) or sp.degree(weight, variable) > len(moments):
        return integral
    powers = (sp.S.One, *moments)
    return sp.Add(*(weight.coeff(variable, n) * m for n, m in enumerate(powers)))
