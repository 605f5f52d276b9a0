"""Identities that the differential ring does not know: reflection of the gamma function, multiple angles, cases by sign.

Gamma(z) and Gamma(c - z) are joined by Gamma(z) Gamma(1 - z) = pi/sin(pi z), Gamma(z + 1) = z Gamma(z), Gamma(n z) and
Gamma(z) by Gauss' product Gamma(n z) = (2 pi)^((1 - n)/2) n^(n z - 1/2) Gamma(z) Gamma(z + 1/n) ... Gamma(z + (n - 1)/n)
(Abramowitz and Stegun, 6.1.15, 6.1.17, 6.1.20); sines and cosines of one angle's integer multiples are polynomials in those of the angle.
"""

from __future__ import annotations

import itertools
from math import gcd, lcm

import sympy as sp
from sympy.core.function import AppliedUndef

LARGEST = 400  # operations
MOST_SIGNS = 3  # symbols of unknown sign
MOST_PARTS = 6  # of a gamma function by Gauss' product
KINKED = (sp.Abs, sp.sign, sp.Min, sp.Max)


def equal_by_powers(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two sides agree with binomials and factorials as gamma functions and every b^(n x) as (b^x)^n, as quotients.

    Bases are brought to lowest terms first, so that ((1 - p)/p)^x and (1/p - 1)^x are one; False where this does not tell.
    """
    if sp.count_ops(left) + sp.count_ops(right) > LARGEST:
        return False
    units: dict[tuple[sp.Expr, sp.Expr], sp.Dummy] = {}

    def named(e: sp.Expr) -> sp.Expr:
        if not e.args or isinstance(e, (AppliedUndef, sp.Derivative, sp.Integral, sp.Sum, sp.Product)):
            return e
        if isinstance(e, sp.exp) and len(logs := [f for f in sp.Mul.make_args(e.exp) if isinstance(f, sp.log)]) == 1:
            e = sp.Pow(logs[0].args[0], e.exp / logs[0])  # e^(n log b), which SymPy keeps where n is a quotient
        if not e.is_Pow or not e.exp.free_symbols:
            return e.func(*(named(a) for a in e.args))
        plain = not e.base.has(sp.sin, sp.cos)  # polynomials of sines are expanded: to factor them with i takes seconds
        base, value = sp.factor(sp.together(e.base)) if plain else _by_sines(e.base), sp.Integer(1)
        for term in sp.Add.make_args(sp.expand(e.exp)):
            times, rest = term.as_coeff_Mul()
            if not rest.free_symbols:
                value *= base**term
                continue
            times, rest = (times, rest) if times.is_Integer else (sp.Integer(1), term)
            for factor, power in _factors(base):
                value *= units.setdefault((factor, rest), sp.Dummy(positive=True)) ** (times * power)
        return value

    left, right = _by_angles(left), _by_angles(right)
    if left.has(sp.sin, sp.cos):
        left, right = _one_angle(sp.Tuple(left, right)).args
    plain = [named(side.rewrite([sp.binomial, sp.factorial], sp.gamma)) for side in (left, right)]
    return bool(sp.cancel(sp.together(plain[0] - plain[1])) == 0)


def _factors(base: sp.Expr) -> list[tuple[sp.Expr, int]]:
    """A base as a product of whole powers, (a b)^x = a^x b^x where all factors but one are surely not negative; else itself."""
    parts = [f.as_base_exp() for f in sp.Mul.make_args(base)]
    split = all(n.is_Integer for _, n in parts) and sum(not f.is_nonnegative for f, _ in parts) <= 1
    return [(f, int(n)) for f, n in parts] if split else [(base, 1)]


def _by_sines(base: sp.Expr) -> sp.Expr:
    """The base of a power with every cos^2 as 1 - sin^2."""
    for cosine in sorted(base.atoms(sp.cos), key=str):
        base = _reduced(sp.expand(base), cosine, sp.sin(cosine.args[0]))
    return sp.expand(base)


def _by_angles(side: sp.Expr) -> sp.Expr:
    """e^(iu) in the bases of powers and in logarithms by cosine and sine."""
    held = [e.base for e in side.atoms(sp.Pow) if e.exp.free_symbols] + [e.args[0] for e in side.atoms(sp.log)]
    waves = {w for b in held for w in b.atoms(sp.exp) if (w.exp / sp.I).is_real}
    return side.xreplace({w: sp.cos(w.exp / sp.I) + sp.I * sp.sin(w.exp / sp.I) for w in waves}) if waves else side


def vanishes_by_identities(expression: sp.Expr) -> bool:
    """Whether an expression with factorials, gamma or trigonometric functions is zero by these identities; False where they do not tell."""
    if expression.has(sp.factorial, sp.binomial):
        expression = expression.replace(
            sp.binomial, lambda n, m: sp.gamma(n + 1) / (sp.gamma(m + 1) * sp.gamma(n - m + 1))
        )
        expression = expression.replace(sp.factorial, lambda n: sp.gamma(n + 1))
    if not expression.has(sp.gamma, sp.sin, sp.cos, sp.tan, sp.cot) or sp.count_ops(expression) > LARGEST:
        return False
    plain = _one_angle(_one_side(expression))
    numerator = sp.expand(sp.together(plain).as_numer_denom()[0])
    for sine in sorted(numerator.atoms(sp.sin), key=str):
        numerator = _reduced(numerator, sp.cos(sine.args[0]), sine)
    return bool(sp.expand(sp.powsimp(numerator)) == 0)


def _one_side(expression: sp.Expr) -> sp.Expr:
    """Every gamma function of an argument z + n by that of z, and of c - z by that of z; tan and cot by sine and cosine."""
    change: dict[sp.Basic, sp.Expr] = {}
    calls = [(c, *sp.expand(c.args[0]).as_coeff_Add(rational=True)) for c in expression.atoms(sp.gamma)]
    units = _units([rest for _, _, rest in calls])
    for call, number, rest in calls:
        if rest == 0:
            continue
        if rest.could_extract_minus_sign():  # Gamma(c - w) = pi/(sin(pi (c - w)) Gamma(1 - c + w))
            z = sp.expand(call.args[0])
            change[call] = sp.pi / (sp.sin(sp.expand(sp.pi * z)) * _of_unit(1 - number, -rest, units))
        else:
            change[call] = _of_unit(number, rest, units)
    for call in expression.atoms(sp.tan, sp.cot):
        sine, cosine = sp.sin(call.args[0]), sp.cos(call.args[0])
        change[call] = sine / cosine if isinstance(call, sp.tan) else cosine / sine
    return expression.xreplace(change)


def _units(rests: list[sp.Expr]) -> dict[sp.Expr, sp.Rational]:
    """For every direction of arguments (alpha of 3 alpha/2) the largest part of which all of them are whole multiples."""
    shares: dict[sp.Expr, list[sp.Rational]] = {}
    for rest in rests:
        times, plain = rest.as_coeff_Mul(rational=True)
        shares.setdefault(plain, []).append(abs(times))
    return {
        plain: sp.Rational(gcd(*(int(c.p) for c in found)), lcm(*(int(c.q) for c in found)))
        for plain, found in shares.items()
    }


def _of_unit(number: sp.Rational, rest: sp.Expr, units: dict[sp.Expr, sp.Rational]) -> sp.Expr:
    """Gamma(number + rest) by gamma functions of the unit that ``rest`` is a multiple of, by Gauss' product."""
    times, plain = rest.as_coeff_Mul(rational=True)
    n = times / units.get(plain, units.get(-plain, times))
    if n == 1 or n > MOST_PARTS:
        return _lowered(number, rest)
    parts = [_lowered((number + i) / n, rest / n) for i in range(int(n))]
    return (2 * sp.pi) ** ((1 - n) / 2) * n ** (number + rest - sp.Rational(1, 2)) * sp.Mul(*parts)


def _lowered(number: sp.Rational, rest: sp.Expr) -> sp.Expr:
    """Gamma(number + rest) by Gamma(f + rest) with 0 <= f < 1."""
    whole = sp.floor(number)
    if abs(whole) > 12:
        return sp.gamma(number + rest)
    base = number - whole + rest
    factor = (
        sp.Mul(*(base + i for i in range(whole)))
        if whole >= 0
        else 1 / sp.Mul(*(base - i for i in range(1, 1 - whole)))
    )
    return factor * sp.gamma(base)


def _one_angle(expression: sp.Expr) -> sp.Expr:
    """Sines and cosines of rational multiples of one angle by those of its largest common part."""
    families: dict[sp.Expr, list[sp.Rational]] = {}
    calls = expression.atoms(sp.sin, sp.cos)
    for call in calls:
        coefficient, angle = sp.expand(call.args[0]).as_coeff_Mul(rational=True)
        families.setdefault(angle, []).append(abs(coefficient))
    change: dict[sp.Basic, sp.Expr] = {}
    for call in calls:
        coefficient, angle = sp.expand(call.args[0]).as_coeff_Mul(rational=True)
        if angle.is_Add or angle.is_number:
            continue
        unit = sp.Rational(gcd(*(int(c.p) for c in families[angle])), lcm(*(int(c.q) for c in families[angle])))
        times = coefficient / unit
        if abs(times) > 8:
            continue
        mark = sp.Dummy()
        change[call] = sp.expand_trig(call.func(times * mark)).xreplace({mark: unit * angle})
    return expression.xreplace(change)


def _reduced(numerator: sp.Expr, cosine: sp.Expr, sine: sp.Expr) -> sp.Expr:
    """cos^2 = 1 - sin^2, as far as it goes."""
    marks = sp.Dummy(), sp.Dummy()
    marked = numerator.xreplace({cosine: marks[0], sine: marks[1]})
    if not marked.is_polynomial(*marks):
        return numerator
    rest = sp.rem(sp.Poly(marked, *marks), sp.Poly(marks[0] ** 2 + marks[1] ** 2 - 1, *marks))
    return sp.expand(rest.as_expr().xreplace({marks[0]: cosine, marks[1]: sine}))


def cases_by_sign(expression: sp.Expr) -> list[sp.Expr] | None:
    """The expression for each sign of the symbols of unknown sign in |x|, sign, Min and Max, without these; None where some stay."""
    if not expression.has(*KINKED):
        return None
    kinks = set().union(*(k.free_symbols for k in expression.atoms(*KINKED)))
    unknown = sorted((s for s in kinks if s.is_real and s.is_positive is None and s.is_negative is None), key=str)
    if (
        len(unknown) > MOST_SIGNS or not set(unknown) <= expression.free_symbols
    ):  # a variable of integration has every sign
        return None
    found = []
    for signs in itertools.product((1, -1, 0), repeat=len(unknown)):
        table = {s: sign * sp.Dummy(s.name, positive=True) for s, sign in zip(unknown, signs, strict=True)}
        case = _straight(expression.xreplace(table))
        if case.has(*KINKED):
            return None
        found.append(case)
    return found


def _straight(expression: sp.Expr) -> sp.Expr:
    """Min and Max of two where the signs of all symbols decide them."""
    change: dict[sp.Basic, sp.Expr] = {}
    for call in expression.atoms(sp.Min, sp.Max):
        if len(call.args) != 2:
            continue
        a, b = call.args
        above = _sign(a, b)
        if above is not None:
            change[call] = (a if above > 0 else b) if isinstance(call, sp.Max) else (b if above > 0 else a)
    return expression.xreplace(change)


def _sign(a: sp.Expr, b: sp.Expr) -> int | None:
    """The sign of a - b; of log(a) - log(b) where both are positive."""
    gaps = [a - b]
    if a.is_positive and b.is_positive:
        gaps.append(sp.expand_log(sp.log(a), force=True) - sp.expand_log(sp.log(b), force=True))
    for gap in gaps:
        if gap.is_nonnegative:
            return 1
        if gap.is_nonpositive:
            return -1
    return None
