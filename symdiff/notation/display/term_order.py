"""The order in which people write terms and factors, and where they put signs.

Ties keep SymPy's own canonical order, which does not depend on the run. Sums: time derivatives first, then ascending
derivative order; coordinates before parameters (x - ell, t + tau); polynomials by descending degree unless that would
begin with a minus (2p - 1, but 1 - p). Products: numbers, then probabilities, sums in brackets, other parameters,
then coordinates and time, functions; the coefficient in front of the derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

if TYPE_CHECKING:
    from symdiff.notation.display.build import Typography

MEMORY_OPERATORS = {"FracDeriv": "", "CaputoDerivative": "C", "RiemannLiouvilleDerivative": "RL", "WeylDerivative": "W"}


def ordered_terms(terms: list[sp.Expr], style: Typography) -> list[sp.Expr]:
    """The terms of a sum in the order of the module's text."""
    if any(_is_dynamic(t, style) for t in terms):
        if len(terms) == 2 and not any(_derivatives(t) for t in terms) and negative(terms[0]) != negative(terms[1]):
            return sorted(terms, key=negative)  # c(x) - c(x - h)
        return sorted(terms, key=lambda t: _dynamic_key(t, style))
    coordinates = [t for t in terms if t.is_Symbol and t.name in style.coordinates]
    rest = [t for t in terms if t not in coordinates]
    called = any(calls_in(t) or _is_quotient(t) for t in rest)  # 1 + chi (S(x + h) - S(x)), 1 + Pe^2/D^2
    descending = sorted(rest, key=lambda t: (not t.is_number if called else False, -_degree(t)))
    if coordinates or not descending or not negative(descending[0]):
        return sorted(coordinates, key=lambda c: c.name) + descending
    ascending = sorted(rest, key=_degree)
    if not negative(ascending[0]):
        return ascending
    return [t for t in descending if not negative(t)] + [t for t in descending if negative(t)]


def _is_quotient(term: sp.Expr) -> bool:
    """Whether symbols stand below a fraction line."""
    return any(f.is_Pow and negative(f.exp) and not f.is_number for f in sp.Mul.make_args(term))


def _dynamic_key(term: sp.Expr, style: Typography) -> tuple[Any, ...]:
    derivatives = _sorted(_derivatives(term), lambda d: (-d.derivative_count, _time_order(d), printed(d)))
    time = _time_order(derivatives[0]) if derivatives else 0
    order = max((d.derivative_count for d in derivatives), default=0)
    fractional = any(f.func.__name__ in ("FracLaplacian", "Laplacian") for f in calls_in(term))
    calls = _sorted([a for a in calls_in(term) if a.func.__name__ in style.densities], printed)
    shift = [_shift_key(c, style) for c in calls]
    exponents = [[-d.variables.count(sp.Symbol(c, real=True)) for c in style.places] for d in derivatives[:1]]
    powers = (0, 0) if derivatives or any(c.args != calls[0].args for c in calls) else _degree_in(term, style)
    return (-time, order + (1 if fractional else 0), exponents, shift, powers, term.has(sp.Limit) and negative(term))


def _degree_in(term: sp.Expr, style: Typography) -> tuple[int, int]:
    """(degree in densities, number of the other factors): 1 - C - a C + a C^2."""
    bases = [f.as_base_exp() for f in sp.Mul.make_args(term)]
    inside = [n for b, n in bases if isinstance(b, AppliedUndef) and b.func.__name__ in style.densities]
    return sum(int(n) if n.is_Integer else 1 for n in inside), len(bases) - len(inside)


def _shift_key(call: AppliedUndef, style: Typography) -> tuple[Any, ...]:
    """Shifted to the left first: p C(x - ell) before (1 - p) C(x + ell)."""
    signs = []
    for argument in call.args:
        rest = [p for p in sp.Add.make_args(argument) if not (p.is_Symbol and p.name in style.places)]
        total = sp.Add(*rest)
        signs.append(0 if total == 0 else (-1 if negative(total) else 1))
    return (call.func.__name__, [abs(s) for s in signs] == [0] * len(signs), signs)


def oriented(e: sp.Expr, style: Typography) -> sp.Expr:
    """Differences with a probability as 1 - p and 2p - 1, where no sign is left over: -(p - 1) D as (1 - p) D."""
    flips = []
    for factor in sp.Mul.make_args(e):
        base, exponent = factor.as_base_exp()
        terms = sorted(base.args, key=printed) if base.is_Add and len(base.args) == 2 and exponent.is_odd else ()
        if len(terms) == 2 and terms[0] in (1, -1):
            share, symbol = terms[1].as_coeff_Mul()
            wanted = share == -1 if abs(share) == 1 else share > 1
            if symbol.is_Symbol and symbol.name in style.leading and terms[0] * share < 0 and not wanted:
                flips.append(factor)
    if not flips or (len(flips) % 2 == 1) != negative(e):
        return e
    rest = [f for f in sp.Mul.make_args(e) if f not in flips]
    flipped = [sp.Pow(sp.Add(*(-a for a in f.as_base_exp()[0].args)), f.as_base_exp()[1]) for f in flips]
    return sp.Mul(*rest, *flipped, -1 if len(flips) % 2 else 1)


def turned(e: sp.Expr, style: Typography) -> sp.Expr | None:
    """-(x - L) x as (L - x) x, -a/(b - c) as a/(c - b): the minus goes into the sum, above or below, that gains most by it,
    unless it stands before a density."""
    factors = sp.Mul.make_args(e)
    sums = [f for f in factors if (f.is_Add or (f.is_Pow and f.base.is_Add and f.exp == -1)) and _gain(f) >= 0]
    best = [f for f in sums if _gain(f) == max(map(_gain, sums))]
    if not best or any(is_operand(f, style) for f in factors):
        return None
    chosen = min(best, key=lambda f: (f.is_Pow, printed(f)))
    if len(best) > 1 and _gain(chosen) == 0 and not all(f.is_Pow for f in best if f is not chosen):
        return None  # several differences that are as good
    rest = sp.Mul(*(f for f in factors if f is not chosen))
    inside = sp.Add(*(-a for a in (chosen.base if chosen.is_Pow else chosen).args))
    if _begins_with_a_minus(inside):  # which ``sign_out`` would take out again
        return None
    turned_sum = 1 / inside if chosen.is_Pow else inside
    return None if (rest.is_Add or rest == -1) and not chosen.is_Pow else -rest * turned_sum


def _gain(factor: sp.Expr) -> int:
    """How many minus signs less a sum has with its sign turned; -1 where it has none."""
    terms = (factor.base if factor.is_Pow else factor).args
    minus = sum(negative(a) for a in terms)
    return 2 * minus - len(terms) if minus else -1


def tail_key(e: sp.Expr, style: Typography) -> int:
    """Integrals and the like, then densities, then their derivatives."""
    density = any(a.func.__name__ in style.densities for a in calls_in(e))
    return 2 if density and _derivatives(e) else int(density)


def factor_key(e: sp.Expr, style: Typography) -> tuple[Any, ...]:
    """What factors in front of a density are sorted by."""
    base = e.base if e.is_Pow and e.base != sp.E else e
    name = base.name if base.is_Symbol else ""
    if isinstance(base, (sp.Integral, sp.Sum, sp.Product)):
        return (5, name)  # what stands behind would look like a part of it
    if base.is_number:
        return (0, name)
    if base.is_Symbol:
        if name in style.leading:
            return (1, name)
        place = 1 + style.places.index(name) if name in style.places else 0  # v t, k x y
        return (3, place, name.lower(), name)
    if base.is_Add:
        return (4, 1, len(base.args)) if calls_in(base) else (2, len(base.args), name)
    return (4, 0, name) if isinstance(base, AppliedUndef) else (4, 2, name)


def sign_out(term: sp.Expr) -> sp.Expr:
    """d_x[-c P] as -d_x[c P], (-a - b) P as -(a + b) P."""
    factors = sp.Mul.make_args(term)
    for factor in factors:
        if factor.is_Add and len(factors) > 1 and all(negative(a) for a in factor.args):
            rest = [f for f in factors if f is not factor]
            turned_sum = sp.Add(*(-a for a in factor.args))
            if rest != [sp.S.NegativeOne]:
                return sp.Mul(-1, *rest, turned_sum)
    for factor in factors:
        if len(factors) > 1 and _begins_with_a_minus(factor):
            return sp.Mul(-1, *(f for f in factors if f is not factor), sp.Add(*(-a for a in factor.args)))
    for factor in factors:
        if isinstance(factor, sp.Derivative) and not isinstance(factor.expr, AppliedUndef):
            inside = sign_out(factor.expr)
            if negative(inside):
                return sp.Mul(-1, term / factor, sp.Derivative(-inside, *factor.variable_count))
    return term


def _begins_with_a_minus(e: sp.Expr) -> bool:
    """Whether a sum is -1 plus several terms with functions of place, at least half of which have another sign: -1 + C + a C - a C^2."""
    if not e.is_Add or len(e.args) < 3:
        return False
    number = e.as_coeff_Add()[0]
    return (
        bool(number.is_negative)
        and bool(calls_in(e))
        and not _derivatives(e)
        and 2 * sum(map(negative, e.args)) >= len(e.args)
    )


def is_logarithm(e: sp.Basic) -> bool:
    """Whether this is d/ds (-Laplacian)^s f at some s, once or several times."""
    if not isinstance(e, sp.Subs) or not isinstance(e.expr, sp.Derivative):
        return False
    body = e.expr.expr
    along = set(e.expr.variables) == set(e.variables) and body.args[1:] == e.variables
    return bool(body.func.__name__ == "FracLaplacian" and along)


def _is_dynamic(term: sp.Expr, style: Typography) -> bool:
    """Whether a term holds a density, a derivative of one, or an integral over one."""
    if _within(term)[2]:
        return True
    dynamic = (*style.densities, "FracLaplacian", "Laplacian", *MEMORY_OPERATORS, "f")
    return any(a.func.__name__ in dynamic for a in calls_in(term))


def negative(e: sp.Expr) -> bool:
    """Whether a term is written with a minus in front."""
    if e.is_Add:
        return False
    coefficient, _ = e.as_coeff_Mul()
    return bool(coefficient.is_negative)


@lru_cache(maxsize=8192)
def _within(e: sp.Basic) -> tuple[frozenset[AppliedUndef], frozenset[sp.Derivative], bool]:
    """The calls and derivatives within an expression, and whether there is an integral, a sum or a product: asked again for every term."""
    calls: frozenset[AppliedUndef] = frozenset((e,)) if isinstance(e, AppliedUndef) else frozenset()
    derivatives: frozenset[sp.Derivative] = frozenset((e,)) if isinstance(e, sp.Derivative) else frozenset()
    joined = isinstance(e, (sp.Integral, sp.Sum, sp.Product))
    for part in e.args:
        if part.args:
            more_calls, more_derivatives, more_joined = _within(part)
            calls, derivatives, joined = calls | more_calls, derivatives | more_derivatives, joined or more_joined
    return calls, derivatives, joined


def calls_in(e: sp.Basic) -> frozenset[AppliedUndef]:
    """The applied functions within an expression."""
    return _within(e)[0]


def _derivatives(e: sp.Basic) -> frozenset[sp.Derivative]:
    return _within(e)[1]


@lru_cache(maxsize=4096)
def printed(e: sp.Basic) -> str:
    """What expressions are sorted by; printing takes longer than all else that sorting does."""
    return str(e)


def _sorted(items: Iterable[Any], key: Callable[[Any], Any]) -> list[Any]:
    """Sorted; the key, which prints an expression, is not asked for where there is nothing to sort."""
    found = list(items)
    return sorted(found, key=key) if len(found) > 1 else found


def _time_order(derivative: sp.Derivative) -> int:
    return sum(int(n) for v, n in derivative.variable_count if v.name == "t")


def _degree(e: sp.Expr) -> int:
    """The total degree in symbols, roughly: it only orders terms."""
    total = 0
    for factor in sp.Mul.make_args(e):
        base, exponent = factor.as_base_exp()
        if not base.is_number:
            total += int(exponent) if exponent.is_Integer else 1
    return total


def is_operand(e: sp.Expr, style: Typography) -> bool:
    """What stands behind the coefficient: densities, derivatives of them, integrals, sums of such things."""
    if isinstance(e, (sp.Integral, sp.Sum, sp.Product)):
        return True
    if e.is_Pow and e.exp.is_Integer and e.exp > 1:  # (u_x)^2 stands with u_x
        return isinstance(e.base, sp.Derivative)
    if isinstance(e, AppliedUndef):
        return e.func.__name__ not in style.functions
    if isinstance(e, (sp.Derivative, sp.Limit)) or is_logarithm(e):
        return True
    return e.is_Add and bool(_derivatives(e) or e.atoms(sp.Limit))
