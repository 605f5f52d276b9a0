"""How much all jumps of a law that is written out have together: a sum or an integral, exactly."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy as sp

from symdiff.dossier.pasted_laws import NUMBER, STEP, Law
from symdiff.errors import SymdiffError
from symdiff.model.density_law import NAME, total_of
from symdiff.model.family import certainly_positive
from symdiff.model.parameter import Interval
from symdiff.model.step_law import StepLaw
from symdiff.model.summation import exact_sum

_ABOVE_ZERO = Interval(Fraction(0), None)
_BELOW_ONE = Interval(Fraction(0), Fraction(1))


def kernel_of(law: Law) -> sp.Expr:
    """The density of an integral times its weight, zero beyond its ends."""
    kernel = law.weight * law.kernel
    if law.low.is_infinite is not True:
        kernel *= sp.Heaviside(STEP - law.low)
    if law.high.is_infinite is not True:
        kernel *= sp.Heaviside(law.high - STEP)
    return kernel


def law_total(law: Law) -> sp.Expr | None:
    """All weights of a law together, for positive parameters (the ratio of a geometric series below one).

    None where the sum or the integral is not known, or is infinite.
    """
    weight = law.weight * law.kernel if law.summed else kernel_of(law)
    ratios = set(ratios_of(law))
    symbols = (weight.free_symbols | law.low.free_symbols | law.high.free_symbols) - {NUMBER, STEP}
    change = {s: sp.Symbol(s.name, positive=True) for s in symbols}
    box = tuple((own, _BELOW_ONE if s in ratios else _ABOVE_ZERO) for s, own in change.items())
    back = {own: s for s, own in change.items()}
    try:
        if law.summed:
            ends = (law.low.xreplace(change), law.high.xreplace(change))
            total = exact_sum(weight.xreplace(change), NUMBER, *ends, lambda e: certainly_positive(box, e))
        else:
            length = sp.Symbol("step.0", real=True)
            density = weight.xreplace(change | {STEP: length})
            total = total_of(StepLaw(NAME, ((NAME, density),), lengths=1, box=box))
    except SymdiffError:
        return None
    if total is None:
        return None
    total = sp.powsimp(sp.powdenest(total, force=True), force=True)  # bases are positive where the weights are
    return (sp.cancel(total) if total.is_rational_function(*total.free_symbols) else total).xreplace(back)


def ratios_of(law: Law) -> list[sp.Symbol]:
    """The symbols that lie below one, so that a geometric series converges."""
    weight = law.weight * law.kernel
    if law.high is not sp.oo or weight.has(sp.factorial, sp.gamma, sp.binomial):
        return []
    return sorted({p.base for p in weight.atoms(sp.Pow) if p.base.is_Symbol and p.exp.has(NUMBER)}, key=str)


def vanishes(value: sp.Expr) -> bool:
    """Whether an expression is zero: by cancelling, or in numbers at three sets of parameters between zero and one (ends: 2 to 7)."""
    if value == 0:
        return True
    if value.is_rational_function(*value.free_symbols):
        return bool(sp.cancel(value) == 0)
    ends = {s for p in value.atoms(sp.Pow, sp.binomial) for s in p.args[1 if isinstance(p, sp.Pow) else 0].free_symbols}
    draw = random.Random(1)
    for _ in range(3):
        at = {
            s: sp.Integer(draw.randint(2, 7)) if s in ends else sp.Rational(draw.randint(1, 99), 100)
            for s in sorted(value.free_symbols, key=str)
        }
        number = sp.N(value.xreplace(at), 40)
        if not number.is_number or not abs(number) < sp.Float("1e-30"):
            return False
    return True
