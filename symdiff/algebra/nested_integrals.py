"""Numbers that hold integrals inside integrals, in decimals.

An inner integral that runs up to the outer variable is a function of one number: its values are kept, and the next one is the
nearest known value plus a short integral, so that the work grows with the number of nodes and not with their product.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import mpmath
import sympy as sp

GUARD = 12  # digits beyond those asked for
MOST_EVALUATIONS = 100_000


class _TooLongError(Exception):
    """More evaluations than a value beside a formula is worth, or no convergence."""


def decimal_value(number: sp.Expr, digits: int = 15) -> sp.Expr | None:
    """The value to so many digits; None where integrals in it are not found to that accuracy in a few seconds.

    >>> x, y = sp.symbols("x y")
    >>> decimal_value(sp.Integral(sp.exp(x) * sp.Integral(sp.exp(-y), (y, 0, x)), (x, 0, 1)), 6)  # e - 2
    0.718282
    """
    if not number.has(sp.Integral):
        return sp.N(number, digits)
    try:
        with mpmath.workdps(digits + GUARD):
            found = _Values(digits).of(number)(())
            return sp.Float(str(found), digits) if mpmath.im(found) == 0 else None
    except (_TooLongError, NameError, TypeError, ValueError, ZeroDivisionError, KeyError):
        return None


def with_decimals(e: sp.Expr, *, every: bool, digits: int = 15) -> sp.Expr:
    """Integrals that are numbers in decimals, if one is nested (SymPy evaluates those when it sorts or compares, for minutes) or ``every``."""
    numbers = {i for i in _outermost(e) if not i.free_symbols}
    if not (every or any(i.function.has(sp.Integral) or len(i.limits) > 1 for i in numbers)):
        return e
    found = {i: decimal_value(i, digits) for i in numbers}
    return e.xreplace({i: value for i, value in found.items() if value is not None})


@dataclass
class _Values:
    """Functions of the variables that are integrated over, with a count of how often integrands were evaluated."""

    digits: int
    evaluations: int = 0

    def of(self, e: sp.Expr, variables: tuple[sp.Symbol, ...] = ()) -> Callable[[tuple[Any, ...]], Any]:
        """The expression as a function of the values of ``variables``."""
        inner = sorted((i for i in _outermost(e)), key=sp.default_sort_key)
        names = [sp.Dummy() for _ in inner]
        parts = [self._integral(i, variables) for i in inner]
        body = sp.lambdify([*variables, *names], e.xreplace(dict(zip(inner, names, strict=True))), "mpmath")

        def value(at: tuple[Any, ...]) -> Any:
            self.evaluations += 1
            if self.evaluations > MOST_EVALUATIONS:
                raise _TooLongError
            return body(*at, *(part(at) for part in parts))

        return value

    def _integral(self, i: sp.Integral, variables: tuple[sp.Symbol, ...]) -> Callable[[tuple[Any, ...]], Any]:
        if len(i.limits[-1]) != 3:
            raise _TooLongError
        y, low, high = i.limits[-1]
        function = sp.Integral(i.function, *i.limits[:-1]) if len(i.limits) > 1 else i.function
        start, end = self.of(low, variables), self.of(high, variables)
        if not function.free_symbols & (set(variables) - {y}) and (low.free_symbols or high.free_symbols):
            single = self.of(function, (y,))
            if low.free_symbols and high.free_symbols:  # a window that moves along
                running = _Running(lambda u: single((u,)), mpmath.mpf(0), self.digits)
                return lambda at: running.up_to(end(at)) - running.up_to(start(at))
            fixed, moving, sign = (low, end, 1) if high.free_symbols else (high, start, -1)
            running = _Running(lambda u: single((u,)), self.of(fixed)(()), self.digits)
            return lambda at: sign * running.up_to(moving(at))
        integrand = self.of(function, (*variables, y))
        return lambda at: _quadrature(lambda u: integrand((*at, u)), start(at), end(at), self.digits)


def _outermost(e: sp.Basic) -> set[sp.Integral]:
    if isinstance(e, sp.Integral):
        return {e}
    return set().union(*(_outermost(a) for a in e.args)) if e.args else set()


@dataclass
class _Running:
    """The integral from a fixed place to u, for many u."""

    integrand: Callable[[Any], Any]
    start: Any
    digits: int
    places: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def up_to(self, u: Any) -> Any:
        """The value at u, from that at the nearest place between the start and u."""
        n = bisect(self.places, u)
        beyond = u >= self.start
        known = n - 1 if beyond else n
        if 0 <= known < len(self.places) and (self.places[known] >= self.start) == beyond:
            place, value = self.places[known], self.values[known]
        else:
            place, value = self.start, mpmath.mpf(0)
        if place != u:
            value = value + _quadrature(self.integrand, place, u, self.digits)
        self.places.insert(n, u)
        self.values.insert(n, value)
        return value


def _quadrature(f: Callable[[Any], Any], low: Any, high: Any, digits: int) -> Any:
    """Gauss and Legendre over a short way, the tanh-sinh rule where that does not suffice; in pieces where the integrand is steep."""
    if low == high:
        return mpmath.mpf(0)
    finite = mpmath.isfinite(low) and mpmath.isfinite(high)
    wanted, nothing = mpmath.mpf(10) ** -(digits + 2), mpmath.mpf(10) ** -(4 * digits)
    rules = (("gauss-legendre", 4), ("tanh-sinh", 7)) if finite else (("tanh-sinh", 7), ("tanh-sinh", 9))
    for method, degree in rules:
        value, error = mpmath.quad(f, [low, high], method=method, maxdegree=degree, error=True)
        if error <= max(wanted * abs(value), nothing):
            return value
    if not finite:
        raise _TooLongError
    pieces = mpmath.linspace(low, high, 9)
    value, error = mpmath.quad(f, pieces, maxdegree=7, error=True)
    if error > max(wanted * abs(value), nothing):
        raise _TooLongError
    return value
