"""Which values an expression can take while its parameters run through their intervals: a rigorous enclosure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from fractions import Fraction

import mpmath
import sympy as sp

from symdiff.model.parameter import REAL_LINE, Interval, Parameter

_UNIT = Interval(Fraction(0), Fraction(1), False, False)
_SIGNED_UNIT = Interval(Fraction(-1), Fraction(1), False, False)
_HALF_LINE = Interval(Fraction(0), None, False)

Intervals = Mapping[sp.Symbol, Interval]


def parameter_intervals(parameters: tuple[Parameter, ...]) -> dict[sp.Symbol, Interval]:
    """The interval of every parameter, by its symbol."""
    return {p.symbol: p.interval for p in parameters}


def enclosure(expression: sp.Expr, intervals: Intervals) -> Interval:
    """An interval that certainly holds every value of ``expression``; exact for multi-affine polynomials.

    Natural interval extension, narrowed by the vertices of the box where the expression is multi-affine with bounded
    variables. Unknown functions and unlisted symbols may take any real value.
    """
    result = _natural(expression, intervals)
    vertices = _multi_affine(expression, intervals)
    return result.intersect(vertices) if vertices else result


def certain_range(expression: sp.Expr, intervals: Intervals) -> Interval:
    """As :func:`enclosure`, narrowed by the signs of the factors of a rational function, each in a single parameter.

    >>> p = sp.Symbol("p", real=True)
    >>> certain_range(1 - 4 * p * (1 - p), {p: Interval(Fraction(0), Fraction(1), False, False)}).low
    Fraction(0, 1)
    """
    span = enclosure(expression, intervals)
    symbols = expression.free_symbols
    if not symbols or sp.count_ops(expression) > 200 or not expression.is_rational_function(*symbols):
        return span
    return span.intersect(sign_of_factors(expression, intervals))


def sign_of_factors(
    expression: sp.Expr, intervals: Intervals, more: Callable[[sp.Expr], Interval] | None = None
) -> Interval:
    """The sign of a rational function from those of its factors; ``more`` may know that of a factor that is open else."""
    product = Interval(Fraction(1), Fraction(1), False, False)
    for side in map(sp.expand, sp.fraction(sp.together(expression))):
        content, factors = (side, []) if side.is_number else sp.factor_list(side)
        product = _product(product, _sign_only(_natural(content, intervals)))
        for factor, power in factors:
            product = _product(product, _factor_sign(factor, power, intervals, more))
    return _sign_only(product)


def _sign_only(span: Interval) -> Interval:
    """What the interval says of the sign, and nothing else."""
    if span.low is not None and span.low >= 0:
        return Interval(Fraction(0), None, span.low > 0 or span.low_open)
    if span.high is not None and span.high <= 0:
        return Interval(None, Fraction(0), True, span.high < 0 or span.high_open)
    return REAL_LINE


def _factor_sign(
    factor: sp.Expr, power: int, box: Intervals, more: Callable[[sp.Expr], Interval] | None = None
) -> Interval:
    """The sign of factor**power: from its enclosure, or from the roots of a polynomial in one parameter."""
    sign = _sign_only(_natural(factor, box))
    if sign == REAL_LINE:
        sign = _single_sign(factor, box)
    if more is not None and (sign == REAL_LINE or not _apart(sign)):
        sign = sign.intersect(more(factor))
    if power % 2 == 0:
        return Interval(Fraction(0), None, sign != REAL_LINE and _apart(sign))
    return sign


def _apart(sign: Interval) -> bool:
    """Whether a sign leaves zero out."""
    return sign.low_open if sign.low is not None else sign.high_open


def _single_sign(factor: sp.Expr, box: Intervals) -> Interval:
    symbols = list(factor.free_symbols)
    if len(symbols) != 1:
        return REAL_LINE
    span, poly = box.get(symbols[0], REAL_LINE), sp.Poly(factor, symbols[0])
    if not all(c.is_Rational for c in poly.coeffs()):
        return REAL_LINE
    ends = [None if v is None else sp.Rational(v.numerator, v.denominator) for v in (span.low, span.high)]
    at_ends = [e is not None and poly(e) == 0 for e in ends]
    if poly.count_roots(*ends) > sum(at_ends):
        return REAL_LINE
    low, high = ends
    if low is None:
        inside = (high or sp.Integer(0)) - 1
    else:
        inside = low + 1 if high is None else (low + high) / 2
    apart = not any(
        zero and not is_open for zero, is_open in zip(at_ends, (span.low_open, span.high_open), strict=True)
    )
    return Interval(Fraction(0), None, apart) if poly(inside) > 0 else Interval(None, Fraction(0), True, apart)


def _natural(e: sp.Expr, box: Intervals) -> Interval:
    if e.is_Rational:
        value = Fraction(int(e.p), int(e.q))
        return Interval(value, value, False, False)
    if e.is_Symbol:
        return box.get(e, REAL_LINE)
    if e.is_Add:
        return _fold(_sum, [_natural(a, box) for a in e.args])
    if e.is_Mul:
        return _fold(_product, [_natural(a, box) for a in e.args])
    if e.is_Pow and e.exp.is_Integer:
        return _power(_natural(e.base, box), int(e.exp))
    if e.is_Pow and e.exp == sp.Rational(1, 2):
        return _monotonic(_natural(e.base, box).intersect(_HALF_LINE), mpmath.iv.sqrt)
    if e.is_Pow and e.exp.free_symbols and not isinstance(e, sp.exp):
        return _any_power(_natural(e.base, box), _natural(e.exp, box))
    if isinstance(e, sp.exp):
        inner = _monotonic(_natural(e.args[0], box), mpmath.iv.exp)
        return inner.intersect(Interval(low=Fraction(0)))
    if isinstance(e, (sp.sin, sp.cos, sp.tanh, sp.erf, sp.sign)):
        return _SIGNED_UNIT
    if isinstance(e, sp.Heaviside):
        return _UNIT
    if isinstance(e, sp.Abs):
        inner = _natural(e.args[0], box)
        negative = _product(inner, Interval(Fraction(-1), Fraction(-1), False, False))
        return _hull([inner, negative]).intersect(_HALF_LINE)
    if isinstance(e, sp.Piecewise):
        return _hull([_natural(branch.expr, box) for branch in e.args])
    if isinstance(e, sp.cosh):
        return Interval(Fraction(1), None, False)
    if e.is_number and e.is_real:
        return _numeric(e)
    if e.is_positive:
        return Interval(low=Fraction(0))
    return REAL_LINE


def _any_power(base: Interval, exponent: Interval) -> Interval:
    """b**x for b >= 0, by which side of 1 the base is on and the sign of the exponent; else the real line."""
    if base.low is None or base.low < 0:
        return REAL_LINE
    rising = exponent.low is not None and exponent.low >= 0
    if rising and base.high is not None and base.high <= 1:
        return _UNIT
    return Interval(low=Fraction(1), low_open=False) if rising and base.low >= 1 else _HALF_LINE


def _numeric(e: sp.Expr) -> Interval:
    middle = Fraction(str(sp.N(e, 40)))
    width = Fraction(1, 10**30) * max(abs(middle), Fraction(1, 10**30))
    return Interval(middle - width, middle + width)


def _fold(combine: object, parts: list[Interval]) -> Interval:
    result = parts[0]
    for part in parts[1:]:
        result = combine(result, part)  # type: ignore[operator]
    return result


def _sum(a: Interval, b: Interval) -> Interval:
    low = None if a.low is None or b.low is None else a.low + b.low
    high = None if a.high is None or b.high is None else a.high + b.high
    return Interval(low, high, low is None or a.low_open or b.low_open, high is None or a.high_open or b.high_open)


def _product(a: Interval, b: Interval) -> Interval:
    ends = [_end_product(x, y) for x in _ends(a) for y in _ends(b)]
    low = min(ends, key=lambda v: (v[0], v[1]))
    high = max(ends, key=lambda v: (v[0], not v[1]))
    return Interval(_finite(low[0]), _finite(high[0]), low[1] or low[0] == -_INFINITE, high[1] or high[0] == _INFINITE)


_INFINITE = Fraction(10**400)


def _ends(a: Interval) -> list[tuple[Fraction, bool]]:
    return [
        (-_INFINITE if a.low is None else a.low, a.low_open),
        (_INFINITE if a.high is None else a.high, a.high_open),
    ]


def _end_product(x: tuple[Fraction, bool], y: tuple[Fraction, bool]) -> tuple[Fraction, bool]:
    if x[0] == 0 or y[0] == 0:  # a closed zero is attained whatever the other factor does
        closed = (x[0] == 0 and not x[1]) or (y[0] == 0 and not y[1])
        return Fraction(0), not closed
    value = x[0] * y[0]
    if abs(x[0]) == _INFINITE or abs(y[0]) == _INFINITE:
        return (_INFINITE if value > 0 else -_INFINITE), True
    return value, x[1] or y[1]


def _finite(value: Fraction) -> Fraction | None:
    return None if abs(value) >= _INFINITE else value


def _power(a: Interval, n: int) -> Interval:
    if n < 0:
        if (a.low is not None and a.low >= 0) or (a.high is not None and a.high <= 0):
            return _reciprocal(_power(a, -n))
        return REAL_LINE if n % 2 else Interval(low=Fraction(0))
    result = Interval(Fraction(1), Fraction(1), False, False)
    for _ in range(n):
        result = _product(result, a)
    return result.intersect(_HALF_LINE) if n % 2 == 0 else result


def _reciprocal(a: Interval) -> Interval:
    negative = a.high is not None and a.high <= 0
    low = None if a.high == 0 and negative else (Fraction(0) if a.high is None else 1 / a.high)
    high = None if a.low == 0 and not negative else (Fraction(0) if a.low is None else 1 / a.low)
    return Interval(
        low, high, low is None or a.high is None or a.high_open, high is None or a.low is None or a.low_open
    )


def _monotonic(a: Interval, function: object) -> Interval:
    def end(value: Fraction | None, up: bool) -> Fraction | None:
        if value is None or abs(value) > 10**4:
            return None
        image = function(mpmath.iv.mpf(value.numerator) / value.denominator)  # type: ignore[operator]
        chosen = image.b if up else image.a
        return Fraction(*mpmath.libmp.to_rational(mpmath.mpf(chosen)._mpf_))

    low, high = end(a.low, False), end(a.high, True)
    return Interval(low, high, low is None or a.low_open, high is None or a.high_open)


def _hull(parts: list[Interval]) -> Interval:
    lows, highs = [p.low for p in parts], [p.high for p in parts]
    low = None if None in lows else min(v for v in lows if v is not None)
    high = None if None in highs else max(v for v in highs if v is not None)
    return Interval(
        low, high, all(p.low_open for p in parts if p.low == low), all(p.high_open for p in parts if p.high == high)
    )


def _multi_affine(e: sp.Expr, box: Intervals) -> Interval | None:
    """The exact range over a bounded box of an expression that is affine in each of at most eight symbols."""
    symbols = sorted(e.free_symbols, key=str)
    if not symbols or len(symbols) > 8 or not e.is_polynomial(*symbols) or e.atoms(sp.Function):
        return None
    ranges = [box.get(s) for s in symbols]
    if any(r is None or r.low is None or r.high is None for r in ranges):
        return None
    expanded = sp.expand(e)
    if any(sp.degree(expanded, s) > 1 for s in symbols) or not all(
        c.is_Rational for c in sp.Poly(expanded, *symbols).coeffs()
    ):
        return None
    values = []
    for corner in itertools.product(*(((r.low, r.low_open), (r.high, r.high_open)) for r in ranges if r)):
        point = {
            s: sp.Rational(v.numerator, v.denominator)
            for s, (v, _) in zip(symbols, corner, strict=True)
            if v is not None
        }
        value = expanded.xreplace(point)
        values.append((Fraction(int(value.p), int(value.q)), any(is_open for _, is_open in corner)))
    low, high = min(v for v, _ in values), max(v for v, _ in values)
    return Interval(low, high, all(o for v, o in values if v == low), all(o for v, o in values if v == high))
