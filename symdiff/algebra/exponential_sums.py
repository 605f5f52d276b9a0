"""Powers and exponentials of a matrix of symbols, seen through two vectors: sums of polynomials times exponentials.

The resolvent a(s - A)^(-1) b is a rational function of s; each pole lam of order k is a term t^(k-1) e^(lam t)/(k-1)!
of a e^(At) b, and a term binomial(n, k-1) lam^(n-k+1) of a A^n b. Poles are found exactly where the denominator has
linear and quadratic factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.constructor import construct_domain
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices import DomainMatrix

from symdiff.algebra.surds import Surd
from symdiff.errors import NotYetError, ResourceError

MAX_SIZE = 80


@dataclass(frozen=True)
class Pole:
    """``coefficient``/(s - ``place``)**``order``; with ``root`` (r, r**2 given) both carry a square root's two signs."""

    place: sp.Expr
    order: int
    coefficient: sp.Expr
    conjugate: tuple[sp.Expr, sp.Expr, sp.Expr] | None = None  # (half of the root, A, B): place +- half, A +- B half


def poles(left: Sequence[sp.Expr], matrix: Sequence[Sequence[sp.Expr]], right: Sequence[sp.Expr]) -> tuple[Pole, ...]:
    """The poles of left (s - matrix)^(-1) right, with all orders.

    Raises :class:`NotYetError` where a factor of the denominator is of third or higher degree in s.
    """
    size = len(right)
    if size > MAX_SIZE:
        raise ResourceError(f"a closed system of {size} averages; at most {MAX_SIZE} is handled")
    s = sp.Dummy("s")
    entries = [s, *left, *right, *(e for row in matrix for e in row)]
    domain, values = construct_domain(entries, field=True)
    if domain.is_EX or not domain.is_Composite:
        raise NotYetError("numbers of this kind in a closed system of averages are not handled yet")
    shift = values[0]
    row, column, flat = values[1 : 1 + size], values[1 + size : 1 + 2 * size], values[1 + 2 * size :]
    shifted = [[(shift if i == j else domain.zero) - flat[i * size + j] for j in range(size)] for i in range(size)]
    solved = DomainMatrix(shifted, (size, size), domain).lu_solve(
        DomainMatrix([[c] for c in column], (size, 1), domain)
    )
    total = sum((a * b for a, b in zip(row, (r[0] for r in solved.to_list()), strict=True)), domain.zero)
    return _partial_fractions(total, domain, s)


def poles_of(value: sp.Expr, s: sp.Symbol) -> tuple[Pole, ...]:
    """The poles of a rational function of s; raises :class:`NotYetError` where one has no closed form."""
    domain, (_, element) = construct_domain([s, value], field=True)
    if domain.is_EX or not domain.is_Composite:
        raise NotYetError("numbers of this kind in a transform are not handled yet")
    return _partial_fractions(element, domain, s)


def _partial_fractions(value: Any, domain: Domain, s: sp.Symbol) -> tuple[Pole, ...]:
    if not value:
        return ()
    ring = domain.field.ring
    variable = ring.symbols.index(s)
    numerator, denominator = value.numer, value.denom
    constant, factors = denominator.factor_list()
    polynomials = [(_in_s(f, variable, domain), power) for f, power in factors]
    content = domain.one * domain.domain.convert(constant) if constant != 1 else domain.one
    for p, power in polynomials:
        if len(p) == 1:
            content *= p[0] ** power
    proper = [(p, power) for p, power in polynomials if len(p) > 1]
    top = [c / content for c in _in_s(numerator, variable, domain)]
    found: list[Pole] = []
    for index, (p, power) in enumerate(proper):
        others = [(q, m) for i, (q, m) in enumerate(proper) if i != index]
        if len(p) == 2:
            found += _at_linear(p, power, top, others, domain)
        elif len(p) == 3:
            found += _at_quadratic(p, power, top, others, domain)
        else:
            raise NotYetError(f"a relaxation rate that is the root of a polynomial of degree {len(p) - 1} has no closed form here",
                              instead="give numbers for some parameters (--set), or use fewer states")  # fmt: skip
    return tuple(found)


def _in_s(element: Any, variable: int, domain: Domain) -> list[Any]:
    """Coefficients by power of s, each an element of the field."""
    groups: dict[int, Any] = {}
    for monomial, c in element.terms():
        rest = tuple(0 if i == variable else m for i, m in enumerate(monomial))
        groups.setdefault(monomial[variable], {})[rest] = c
    highest = max(groups, default=0)
    ring = domain.field.ring
    return [domain.convert(ring.from_dict(groups[n])) if n in groups else domain.zero for n in range(highest + 1)]


def _at_linear(p: list[Any], power: int, top: list[Any], others: Any, domain: Domain) -> list[Pole]:
    place = -p[0] / p[1]
    series = _taylor(top, place, power, domain.zero)
    below = [domain.one] + [domain.zero] * (power - 1)
    for q, m in others:
        for _ in range(m):
            below = _times(below, _taylor(q, place, power, domain.zero), domain.zero)
    below = [b * p[1] ** power for b in below]
    quotient = _divide(series, below, domain.zero)
    return [Pole(_expression(domain, place), power - j, _expression(domain, c)) for j, c in enumerate(quotient) if c]


def _at_quadratic(p: list[Any], power: int, top: list[Any], others: Any, domain: Domain) -> list[Pole]:
    """Both roots (-c1 +- q)/(2 c2) at once; their terms are conjugate under the sign of q."""
    c0, c1, c2 = p
    square = c1 * c1 - 4 * c0 * c2
    zero, one = Surd(domain.zero, domain.zero, square), Surd(domain.one, domain.zero, square)
    half = domain.one / (2 * c2)
    place = Surd(-c1 * half, half, square)
    conjugate = Surd(-c1 * half, -half, square)
    lifted = [c + zero for c in top]
    series = _taylor(lifted, place, power, zero)
    # p = c2 (s - place)(s - conjugate)
    rest = [(place - conjugate) * c2, one * c2] if power > 1 else [(place - conjugate) * c2]
    below = [one] + [zero] * (power - 1)
    for _ in range(power):
        below = _times(below, rest, zero)
    for q, m in others:
        for _ in range(m):
            below = _times(below, _taylor([c + zero for c in q], place, power, zero), zero)
    quotient = _divide(series, below, zero)
    center = _expression(domain, -c1 * half)
    root = _root(_expression(domain, square * half * half))
    found = []
    for j, c in enumerate(quotient):
        if c:
            b = _expression(domain, c.b * 2 * c2)
            found.append(Pole(center, power - j, sp.Integer(0), (root, _expression(domain, c.a), b)))
    return found


def _root(square: sp.Expr) -> sp.Expr:
    """The square root, taken out of squares where these show."""
    return sp.sqrt(sp.factor(square))


def _taylor(polynomial: list[Any], place: Any, order: int, zero: Any) -> list[Any]:
    """The first ``order`` coefficients about a place, by repeated division (Horner)."""
    work = list(polynomial)
    found = []
    for _ in range(order):
        if not work:
            found.append(zero)
            continue
        quotient, carry = [], zero
        for c in reversed(work):
            carry = carry * place + c
            quotient.append(carry)
        found.append(quotient.pop())
        work = list(reversed(quotient))
    return found


def _times(a: list[Any], b: list[Any], zero: Any) -> list[Any]:
    size = len(a)
    result = [zero] * size
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if i + j < size:
                result[i + j] = result[i + j] + x * y
    return result


def _divide(a: list[Any], b: list[Any], zero: Any) -> list[Any]:
    """The quotient of two power series of the same length."""
    result: list[Any] = []
    for n in range(len(a)):
        value = a[n]
        for j in range(1, n + 1):
            value = value - result[n - j] * b[j]
        result.append(value / b[0])
    return result


def _expression(domain: Domain, element: Any) -> sp.Expr:
    value = domain.to_sympy(element)
    return sp.factor_terms(value) if value.is_Add else value


def in_continuous_time(found: Sequence[Pole], t: sp.Expr) -> sp.Expr:
    """The sum of t^(k-1) e^(lam t)/(k-1)! terms."""
    total = sp.Integer(0)
    for p in found:
        power = t ** (p.order - 1) / sp.factorial(p.order - 1)
        if p.conjugate is None:
            total += p.coefficient * power * sp.exp(p.place * t)
        else:
            half, a, b = p.conjugate
            wave = a * sp.cosh(half * t) + b * half * sp.sinh(half * t)
            total += 2 * power * sp.exp(p.place * t) * wave
    return total


def after_steps(found: Sequence[Pole], n: sp.Expr) -> tuple[sp.Expr, int]:
    """The sum of binomial(n, k-1) lam^(n-k+1) terms, and from which number of steps on it holds."""
    total, least = sp.Integer(0), 0
    for p in found:
        k = p.order - 1
        ways = sp.Mul(*(n - i for i in range(k))) / sp.factorial(k)
        if p.conjugate is None:
            if p.place == 0:
                least = max(least, p.order)
                continue
            total += p.coefficient * ways * p.place ** (n - k)
        else:
            half, a, b = p.conjugate
            for sign in (1, -1):
                total += ways * (a + sign * b * half) * (p.place + sign * half) ** (n - k)
    return total, least
