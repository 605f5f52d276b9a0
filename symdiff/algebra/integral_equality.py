"""Equality of expressions with definite integrals whose limits hold a coordinate, such as mean exit times of diffusion.

T(x) = (1/D) int_x^a e^(psi(y)) int_(-oo)^y e^(-psi(z)) dz dy is told from another form by derivatives: two functions of x are the same
where their slopes are and they agree at one place, such as x = a. Integrals that stay are compared under one name of what is integrated over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.quadrature import antiderivative
from symdiff.errors import SymdiffError

ZERO = sp.Integer(0)
DEEPEST = 3  # integrals within one another
MOST_POINTS = 4  # degree of the quadrature
Compare = Callable[[sp.Expr, sp.Expr], bool | None]


def equal_with_integrals(
    left: sp.Expr, right: sp.Expr, coordinates: Sequence[sp.Symbol], compare: Compare
) -> bool | None:
    """Whether two sides with definite integrals are the same for sure (True), for sure not (False), or undecided (None).

    ``compare`` answers so for sides without integrals.
    """
    return _equal(left, right, coordinates, compare, DEEPEST)


def _equal(
    left: sp.Expr, right: sp.Expr, coordinates: Sequence[sp.Symbol], compare: Compare, depth: int
) -> bool | None:
    left, right = _settled(left), _settled(right)
    held = _integrals(left) | _integrals(right)
    if not held:
        return compare(left, right)
    if (same := _by_atoms(left, right, held, compare)) is not None or depth == 0:
        return same
    for x in coordinates:
        ends = {e for i in held if i.has(x) for e in i.limits[-1][1:] if not e.has(x)}
        if not ends or any(i.function.has(x) for i in held):
            continue
        slopes = [sp.diff(side, x) for side in (left, right)]
        alike = _equal(slopes[0], slopes[1], coordinates, compare, depth - 1)
        if alike is not True:
            return alike
        for end in sorted(ends, key=str):
            if end.is_infinite is True:
                continue
            values = [_at(side, x, end) for side in (left, right)]
            if not any(_integrals(v) for v in values) and (found := compare(*values)) is not None:
                return found
    return None


def _by_atoms(left: sp.Expr, right: sp.Expr, held: set[sp.Integral], compare: Compare) -> bool | None:
    """The same with a symbol for every integral; a difference that is one positive integral times what is not zero is none."""
    names = {i: sp.Dummy("I", positive=True) for i in sorted(held, key=str)}
    one, other = left.xreplace(names), right.xreplace(names)
    if one.has(sp.Integral) or other.has(sp.Integral):
        return None
    if compare(one, other) is True:
        return True
    if len(names) == 1:
        ((integral, name),) = names.items()
        parts = [sp.expand(side).as_independent(name, as_Add=True) for side in (one, other)]
        factors = [sp.cancel(moving / name) for _, moving in parts]
        if parts[0][0] == parts[1][0] and not any(f.has(name) for f in factors) and integral.function.is_positive:
            return compare(factors[0], factors[1])
    return None


def _integrals(e: sp.Expr) -> set[sp.Integral]:
    return {
        i for i in e.atoms(sp.Integral) if not any(i in o.function.atoms(sp.Integral) for o in e.atoms(sp.Integral))
    }


def _settled(e: sp.Expr) -> sp.Expr:
    """Integrals without constants, with one name of what is integrated over, worked out where an elementary primitive is known."""
    while True:
        inner = [
            i for i in e.atoms(sp.Integral) if not _is_plain(i) and all(map(_is_plain, i.function.atoms(sp.Integral)))
        ]
        if not inner:
            return e
        e = e.xreplace({i: _plain(i) for i in inner})


def _is_plain(i: sp.Integral) -> bool:
    return any(len(limits) != 3 for limits in i.limits) or all(v.name.startswith("_u") for v, *_ in i.limits)


def _plain(i: sp.Integral) -> sp.Expr:
    value = i.function
    for limits in i.limits:  # SymPy keeps integrals within one another as one of several variables, from inside out
        value = _one(value, *limits)
    return value


def _one(function: sp.Expr, variable: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    if low == high:
        return ZERO
    u = sp.Symbol(f"_u{_depth(function)}", real=True)  # one for every depth: an inner limit may hold the outer one
    body = sp.expand(sp.powsimp(function.xreplace({variable: u}), deep=True))
    total: list[sp.Expr] = []
    for term in sp.Add.make_args(body):
        constant, moving = term.as_independent(u, as_Add=False)
        moving = sp.powsimp(moving, deep=True)
        total.append(constant * (_elementary(moving, u, low, high) or sp.Integral(moving, (u, low, high))))
    return sp.Add(*total)


def _depth(e: sp.Expr) -> int:
    return max((len(i.limits) + _depth(i.function) for i in e.atoms(sp.Integral)), default=0)


def _elementary(moving: sp.Expr, u: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr | None:
    """The difference of a primitive at two ends; None where there is none, or no plain limit at an infinite one."""
    if moving.atoms(AppliedUndef, sp.Integral):
        return None
    try:
        primitive = antiderivative(moving, u)
    except SymdiffError:
        return None
    if primitive is None or primitive.has(sp.Integral):
        return None
    ends = []
    for end in (high, low):
        value = sp.limit(primitive, u, end) if end in (sp.oo, -sp.oo) else primitive.xreplace({u: end})
        if value.has(sp.oo, sp.nan, sp.zoo, sp.Limit, sp.AccumBounds):
            return None
        ends.append(value)
    return ends[0] - ends[1]


def _at(side: sp.Expr, x: sp.Symbol, place: sp.Expr) -> sp.Expr:
    """A side at one place, where integrals over nothing vanish."""
    value = side.xreplace({x: place})
    return value.xreplace({i: ZERO for i in value.atoms(sp.Integral) if any(low == high for _, low, high in i.limits)})


def number(e: sp.Expr, digits: int = 6) -> str:
    """The value of an expression without symbols, its integrals by quadrature; not rigorous, for a reader. Empty where it fails."""
    if _depth(e) > 2:
        return ""
    try:
        with mpmath.workdps(15):
            e = _settled(e)
            plain = e.xreplace({i: sp.Float(str(_quadrature(i, ())()), 15) for i in _integrals(e)})
            return str(mpmath.nstr(mpmath.mpf(sp.lambdify((), plain, "mpmath")()), digits))
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, NameError, AttributeError):
        return ""


def _quadrature(integral: sp.Integral, outer: tuple[sp.Symbol, ...]) -> Callable[..., mpmath.mpf]:
    """As a function of what is integrated over around it, an integral of several variables from outside in; double exponential quadrature with few points, good for some six digits."""
    *nearer, (variable, low, high) = integral.limits
    inner = [sp.Integral(integral.function, *nearer)] if nearer else sorted(_integrals(integral.function), key=str)
    names = [sp.Dummy() for _ in inner]
    body = names[0] if nearer else integral.function.xreplace(dict(zip(inner, names, strict=True)))
    function = sp.lambdify([variable, *outer, *names], body, "mpmath")
    within = [_quadrature(i, (variable, *outer)) for i in inner]
    ends = [sp.lambdify(outer, end, "mpmath") for end in (low, high)]

    def value(*at: mpmath.mpf) -> mpmath.mpf:
        def here(place: mpmath.mpf) -> mpmath.mpf:
            return function(place, *at, *(w(place, *at) for w in within))

        return mpmath.quad(here, [end(*at) for end in ends], maxdegree=MOST_POINTS)

    return value
