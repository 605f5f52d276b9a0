"""Products over sites that telescope: constant factors, exponentials of differences and of polynomials, rational factors."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef


def telescoped_product(ratio: sp.Expr, j: sp.Symbol, first: sp.Expr, last: sp.Expr) -> sp.Expr:
    """prod of ratio over j = first .. last, in closed form where one is seen, else an unevaluated product."""
    ratio = reduced(ratio)
    closed, rest = sp.Integer(1), []
    for factor in sp.Mul.make_args(ratio):
        value = _factor_product(factor, j, first, last)
        if value is None:
            rest.append(factor)
        else:
            closed *= value
    open_product = sp.Product(sp.Mul(*rest), (j, first, last)) if rest else sp.Integer(1)
    return closed * open_product


def reduced(ratio: sp.Expr) -> sp.Expr:
    """Quotients of exponentials in lowest terms: (1 + e^a)/(1 + e^-a) = e^a."""
    units: dict[sp.Expr, sp.Symbol] = {}

    def named(e: sp.Expr) -> sp.Expr:
        if isinstance(e, sp.exp):
            argument = sp.expand(e.args[0])
            sign = -1 if argument.could_extract_minus_sign() else 1
            key = sp.expand(sign * argument)
            if key not in units:
                units[key] = sp.Dummy("u", positive=True)
            return units[key] ** sign
        if not e.args or isinstance(e, AppliedUndef):
            return e
        return e.func(*(named(a) for a in e.args))

    value = sp.factor(sp.cancel(sp.together(named(ratio))))
    back = {symbol: sp.exp(key) for key, symbol in units.items()}
    return sp.powsimp(sp.powdenest(value.xreplace(back)), combine="exp")


def _factor_product(factor: sp.Expr, j: sp.Symbol, first: sp.Expr, last: sp.Expr) -> sp.Expr | None:
    if not factor.has(j):
        return factor ** (last - first + 1)
    base, exponent = factor.as_base_exp()
    if isinstance(factor, sp.exp):
        total = telescoped_sum(sp.expand(factor.args[0]), j, first, last)
        return None if total is None else sp.exp(total)
    if not exponent.is_Integer:
        return None
    linear = sp.Poly(base, j) if base.is_polynomial(j) else None
    if linear is None or linear.degree() != 1:
        return None
    slope, constant = linear.all_coeffs()
    shift = constant / slope
    if shift.is_Integer and first.is_Integer and first + shift >= 1:
        product = slope ** (last - first + 1) * sp.factorial(last + shift) / sp.factorial(first + shift - 1)
    elif shift.could_extract_minus_sign():  # prod (top - j), descending
        top = -shift
        product = (-slope) ** (last - first + 1) * sp.gamma(top - first + 1) / sp.gamma(top - last)
    else:
        product = slope ** (last - first + 1) * sp.gamma(last + shift + 1) / sp.gamma(first + shift)
    return product**exponent


def telescoped_sum(terms: sp.Expr, j: sp.Symbol, first: sp.Expr, last: sp.Expr) -> sp.Expr | None:
    """sum of terms over j = first .. last where terms are differences g(j) - g(j - 1) or polynomials; None otherwise."""
    total, waiting = sp.Integer(0), []
    for term in sp.Add.make_args(terms):
        if term.is_polynomial(j):
            total += _polynomial_sum(term, j, first, last)
        else:
            waiting.append(term)
    while waiting:
        term = waiting.pop()
        for other in waiting:
            if sp.expand(term.xreplace({j: j - 1}) + other) == 0:
                total += term.xreplace({j: last}) - term.xreplace({j: first - 1})
            elif sp.expand(other.xreplace({j: j - 1}) + term) == 0:
                total += other.xreplace({j: last}) - other.xreplace({j: first - 1})
            else:
                continue
            waiting.remove(other)
            break
        else:
            return None
    return total


def _polynomial_sum(term: sp.Expr, j: sp.Symbol, first: sp.Expr, last: sp.Expr) -> sp.Expr:
    """Faulhaber: sum of j^m up to n is (B_(m+1)(n + 1) - B_(m+1))/(m + 1)."""
    total = sp.Integer(0)
    for (m,), c in sp.Poly(term, j).terms():
        above = sp.bernoulli(m + 1, last + 1) - sp.bernoulli(m + 1, first)
        total += c * sp.expand(sp.expand_func(above)) / (m + 1)
    return sp.expand(total)


def closed_sums(value: sp.Expr) -> tuple[sp.Expr, tuple[sp.Expr, ...]]:
    """Finite sums of polynomials and of powers q^i in closed form, the others kept, and the q that must not be one."""
    ratios: list[sp.Expr] = []

    def closed(e: sp.Expr) -> sp.Expr:
        if not e.args or not e.has(sp.Sum):
            return e
        e = e.func(*(closed(a) for a in e.args))
        if not isinstance(e, sp.Sum) or len(e.limits) > 1 or e.limits[0][2].is_infinite:
            return e
        i, low, high = e.limits[0]
        found = _sum_of_powers(e.function, i, low, high)
        if found is None:
            return e
        ratios.extend(q for q in found[1] if q not in ratios)
        return found[0]

    return closed(value), tuple(ratios)


def _sum_of_powers(summand: sp.Expr, i: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[sp.Expr, list[sp.Expr]] | None:
    """sum of polynomials and of terms c q^i over i = low .. high; None where another term occurs."""
    total, ratios = sp.Integer(0), []
    for term in sp.Add.make_args(sp.expand(summand)):
        if term.is_polynomial(i):
            total += _polynomial_sum(term, i, low, high)
            continue
        ratio = sp.powsimp(sp.expand_power_exp(term.subs(i, i + 1) / term))
        ratio = ratio if not ratio.has(i) else sp.powsimp(ratio, combine="exp")
        if ratio.has(i) or ratio == 1:
            return None
        ratios.append(ratio)
        total += term.subs(i, low) * (1 - ratio ** sp.expand(high - low + 1)) / (1 - ratio)
    return total, ratios


MAX_TERMS = 4000


def written_out(value: sp.Expr) -> sp.Expr:
    """Sums and products over explicitly few sites, term by term."""
    return _written_out(value, [MAX_TERMS])


def _written_out(value: sp.Expr, left: list[int]) -> sp.Expr:
    if not value.has(sp.Sum, sp.Product):
        return value
    if isinstance(value, (sp.Sum, sp.Product)):
        *inner, (index, low, high) = value.limits
        if not low.is_Integer or not high.is_Integer or int(high) - int(low) >= left[0]:
            return value
        left[0] -= max(int(high) - int(low) + 1, 0)
        body = value.func(value.function, *inner) if inner else value.function
        terms = [_written_out(_at(body, index, sp.Integer(n)), left) for n in range(int(low), int(high) + 1)]
        return sp.Add(*terms) if isinstance(value, sp.Sum) else sp.Mul(*terms)
    return value.func(*(_written_out(a, left) for a in value.args)) if value.args else value


def _at(body: sp.Expr, index: sp.Symbol, number: sp.Integer) -> sp.Expr:
    """A summand at one site; an inner sum over the same letter keeps its own."""
    bound = any(index in part.bound_symbols for part in body.atoms(sp.Sum, sp.Product))
    return body.subs(index, number) if bound else body.xreplace({index: number})
