"""Claims that hold where a parameter goes to zero (``T = x(L - x)/2D, v -> 0``): numbers at ever smaller values."""

from __future__ import annotations

import random

import sympy as sp

from symdiff.dossier.comparing import Arena
from symdiff.verification.verdict import CONSISTENT, PROVED, REFUTED, UNDECIDED, RegimeVerdict

TINY = (sp.Rational(1, 10**8), sp.Rational(1, 10**14))
DIGITS = 60
CLOSE = 1e-3  # of one hundred-millionth, even where the difference falls like its square root
DRAWS = 4


ELEMENTARY = (sp.exp, sp.log, sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh, sp.coth)
MOST_OPERATIONS = 60


def elementary_limit(expression: sp.Expr, variable: sp.Symbol, point: sp.Expr) -> sp.Expr | None:
    """The limit of a short expression in powers, exponentials and trigonometric functions; None for others."""
    if sp.count_ops(expression) > MOST_OPERATIONS or expression.has(
        sp.Integral, sp.Sum, sp.Derivative, sp.Limit, sp.oo
    ):
        return None
    own = {f for f in expression.atoms(sp.Function) if f.has(variable)}
    if not all(isinstance(f, ELEMENTARY) for f in own):
        return None
    try:
        value = sp.limit(expression, variable, point)
    except (NotImplementedError, ValueError, TypeError):
        return None
    return None if value.has(sp.Limit, sp.AccumBounds, variable) else value


def where_small(
    verdict: RegimeVerdict, small: tuple[sp.Symbol, ...], arena: Arena, left: sp.Expr, right: sp.Expr
) -> RegimeVerdict:
    """An equation that fails as it stands, by the limit of the ratio of its sides, or by numbers where parameters are tiny."""
    present = [s for s in small if s in left.free_symbols | right.free_symbols]
    if not present:
        return verdict
    ratio = elementary_limit(left / right, present[0], sp.S.Zero) if len(present) == 1 and right != 0 else None
    if ratio == 1:
        why = f"the ratio of the two sides tends to 1 for {present[0]} -> 0"
        return RegimeVerdict("", PROVED, verdict.derived, why, reservation=f"to leading order for {present[0]} -> 0")
    if ratio is not None and ratio.is_number and ratio.is_finite:
        why = f"the ratio of the two sides tends to {ratio} for {present[0]} -> 0"
        return RegimeVerdict("", REFUTED, verdict.derived, why, (), str(left), str(right))
    agree = [all(abs(_gap(n, tiny, present, arena, left, right)) < CLOSE for tiny in TINY) for n in range(DRAWS)]
    names = ", ".join(map(str, present))
    if all(agree):
        why = f"the two sides differ as they stand; they meet for {names} -> 0, as far as numbers say"
        return RegimeVerdict("", CONSISTENT, verdict.derived, why)
    if any(agree):
        why = f"the two sides meet for {names} -> 0 at some values of what else there is"
        return RegimeVerdict("", UNDECIDED, verdict.derived, why)
    return verdict


def _gap(number: int, tiny: sp.Rational, small: list[sp.Symbol], arena: Arena, left: sp.Expr, right: sp.Expr) -> float:
    """left/right - 1 at one draw of all else, or the left side beside zero; one where that is no number."""
    generator = random.Random(number)
    values = {s: sp.Rational(n.numerator, n.denominator) for s, n in arena.draw()(generator).items()}
    for symbol in sorted((left.free_symbols | right.free_symbols) - set(values), key=str):
        values[symbol] = sp.Rational(generator.randint(300, 900), 1000)
    values |= dict.fromkeys(small, tiny)
    above, below = (sp.N(side.xreplace(values), DIGITS) for side in (left, right))
    if not (above.is_number and above.is_real and below.is_number and below.is_real):
        return 1.0
    return float(above) if below == 0 else float(above / below - 1)
