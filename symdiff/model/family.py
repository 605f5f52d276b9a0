"""Families of jumps by an index, summed exactly: the law of the index as a step law.

A family is stored with every index running over positive integers (negative ones are turned round, zero stands by
itself), with its normalised weight w(j) and, for each index, the length g(j) along its direction, mostly j itself.

For a power law w = C j^(-1-a) the transform sum_j w e^(ikj) is C times Li_(1+a)(e^(ik)) = Gamma(-a)(-ik)^a
+ sum_n zeta(1 + a - n) (ik)^n/n! (NIST DLMF 25.12.12), with the first terms taken off where it starts later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy as sp

from symdiff.errors import DerivationError, SymdiffError
from symdiff.model.named_laws import highest_certain_moment
from symdiff.model.parameter import Interval
from symdiff.model.ranges import certain_range, enclosure
from symdiff.model.singular import Singular
from symdiff.model.summation import exact_sum, factored, summands

Arguments = Mapping[str, sp.Expr]
Box = tuple[tuple[sp.Symbol, Interval], ...]
MOST_MOMENTS = 24


def index_symbols(count: int) -> tuple[sp.Symbol, ...]:
    """The indices of a family of jumps; they run over positive integers."""
    return tuple(sp.Symbol(f"index.{a}", integer=True, positive=True) for a in range(count))


def certainly_positive(box: Box, value: sp.Expr) -> bool | None:
    """Whether an expression is positive for all allowed parameters; None where it depends on them.

    A box holds the interval of every parameter, and expressions that comparisons between parameters make positive.
    """
    span = enclosure(sp.expand(value), dict(box))
    if span.low is not None and (span.low > 0 or (span.low == 0 and span.low_open)):
        return True
    if span.high is not None and span.high <= 0:
        return False
    if value.is_positive or _by_comparisons(box, value):
        return True
    return None


def _by_comparisons(box: Box, value: sp.Expr) -> bool:
    """Whether value is a product of certainly positive factors, each by itself or as (stated positive) + (nonnegative)."""
    stated = [e for e, span in box if not e.is_Symbol and span.low == 0 and span.low_open]
    if not stated or not value.is_rational_function(*value.free_symbols):
        return False
    negative = False
    for side in sp.fraction(sp.together(value)):
        content, factors = sp.factor_list(side)
        negative ^= bool(content.is_negative)
        for factor, power in factors:
            sign = _sign_by_comparisons(box, stated, factor)
            if sign is None:
                return False
            negative ^= sign < 0 and power % 2 == 1
    return not negative


def _sign_by_comparisons(box: Box, stated: list[sp.Expr], factor: sp.Expr) -> int | None:
    for sign in (1, -1):
        for known in (sp.Integer(0), *stated):
            span = certain_range(sp.expand(sign * factor - known), dict(box))
            if span.low is not None and (span.low > 0 or (span.low == 0 and (span.low_open or known != 0))):
                return sign
    return None


def total_weight(
    weight: sp.Expr, ranges: list[tuple[sp.Expr, sp.Expr]], box: Box, *, pole: sp.Expr | None = None
) -> sp.Expr:
    """The sum of a weight over all indices, the first innermost; raises where it diverges or is not known."""
    total = weight
    for j, (low, high) in zip(index_symbols(len(ranges)), ranges, strict=True):
        total = exact_sum(total, j, low, high, lambda e: certainly_positive(box, e), pole=pole)
    return total


def ranges_of(a: Arguments) -> list[tuple[sp.Expr, sp.Expr]]:
    """The ends of every index."""
    count = sum(1 for name in a if name.startswith("low."))
    return [(a[f"low.{n}"], a[f"high.{n}"]) for n in range(count)]


def family_moment(a: Arguments, box: Box, orders: tuple[int, ...]) -> sp.Expr:
    """sum of w(j) g_1(j)^o_1 g_2(j)^o_2 ..., the finite part where a power law diverges: of 1/j the harmonic number H_n."""
    ranges = ranges_of(a)
    term = a["weight"] * sp.Mul(*(a[f"value.{n}"] ** o for n, o in enumerate(orders)))
    pole = sp.harmonic(orders[0]) if len(ranges) == 1 else None
    return factored(total_weight(term, ranges, box, pole=pole))


def highest_family_moment(a: Arguments, box: Box) -> int | None:
    """The order of the last moment that is certainly finite; None where all are."""
    ranges = ranges_of(a)
    if all(high is not sp.oo for _, high in ranges):
        return None
    (j, *others) = index_symbols(len(ranges))
    plain = all(a[f"value.{n}"] == s for n, s in enumerate((j, *others)))
    if plain and all(
        s.factorial or s.top is not None or s.ratio != 1 for i in (j, *others) for s in summands(a["weight"], i)
    ):
        return None
    for order in range(1, MOST_MOMENTS):
        for n in range(len(ranges)):
            try:
                total_weight(a["weight"] * a[f"value.{n}"] ** order, ranges, box)
            except SymdiffError:
                return order - 1
    return None if not plain else MOST_MOMENTS


def _power_law(a: Arguments, box: Box) -> list[tuple[sp.Expr, sp.Expr]]:
    """(coefficient C, index alpha) of every term C j^(-1-alpha) of an infinite family with steps j."""
    ranges, found = ranges_of(a), []
    for n, (j, (_, high)) in enumerate(zip(index_symbols(len(ranges)), ranges, strict=True)):
        if high is not sp.oo:
            continue
        own = [(s.coefficient, sp.expand(-s.power - 1)) for s in summands(a["weight"], j)
               if s.ratio == 1 and not s.factorial and s.top is None]  # fmt: skip
        if own and a[f"value.{n}"] != j:
            raise DerivationError(
                "a power law in the index of jumps whose length is not the index itself is not handled"
            )
        found += own
    return found


def family_singular(a: Arguments, box: Box) -> tuple[Singular, ...]:
    """C Gamma(-alpha) (-ik)^alpha for every power law in the weight; at a whole alpha = m C (ik)^m/m! (H_m - log(-ik)).

    By the reflection formula Gamma(-alpha) cos(pi alpha/2) = -pi/(2 sin(pi alpha/2) Gamma(1 + alpha)), regular at alpha = 1.
    The harmonic number H_m stands among the moments (NIST DLMF 25.12.11 in the limit of a whole index).
    """
    found: list[Singular] = []
    for coefficient, alpha in _power_law(a, box) if len(ranges_of(a)) == 1 else ():
        if alpha.is_Integer:
            turned = coefficient * sp.I ** int(alpha) / sp.factorial(alpha)
            for logs, factor in ((1, -turned), (0, turned * sp.I * sp.pi / 2)):
                real, imaginary = (
                    (sp.Integer(0), factor / sp.I) if (int(alpha) + logs) % 2 == 0 else (factor, sp.Integer(0))
                )
                found.append(Singular(alpha, real, imaginary, logs))
            continue
        strength, quarter = coefficient * sp.pi / (2 * sp.gamma(1 + alpha)), sp.pi * alpha / 2
        found.append(Singular(alpha, -strength / sp.sin(quarter), strength / sp.cos(quarter)))
    return tuple(found)


def family_known_below(a: Arguments, box: Box) -> sp.Expr | None:
    """A symbolic index leaves the order of terms open; the tails of several indices are not worked out."""
    several = len(ranges_of(a)) > 1
    ends: list[sp.Expr] = list(_growing_tails(a, box))
    for _, alpha in _power_law(a, box):
        if several:
            ends.append(alpha)
        elif not alpha.is_Rational:
            below_two, above_one = certainly_positive(box, 2 - alpha), certainly_positive(box, alpha - 1)
            below_one = certainly_positive(box, 1 - alpha)
            certain = highest_certain_moment(enclosure(alpha, dict(box)))
            ends.append(
                sp.Min(alpha, certain + 1) if not below_two
                else sp.Integer(2) if above_one else sp.Min(1 if below_one else 2, 2 * alpha)
            )  # fmt: skip
    return sp.Min(*ends) if ends else None


def _growing_tails(a: Arguments, box: Box) -> Iterator[sp.Expr]:
    """log(1/rho)/log(g) where lengths grow like g^j and weights fall like rho^j (Weierstrass walks): the order from which on
    moments are infinite and the transform has a log-periodic term (Hughes, Random Walks and Random Environments 1, ch. 4)."""
    ranges = ranges_of(a)
    for n, (j, (_, high)) in enumerate(zip(index_symbols(len(ranges)), ranges, strict=True)):
        growth = sp.powsimp(a[f"value.{n}"].subs(j, j + 1) / a[f"value.{n}"])
        if high is not sp.oo or growth.has(j) or growth == 1:
            continue
        for s in summands(a["weight"], j):
            if s.ratio != 1 and not s.factorial and s.top is None and not certainly_positive(box, 1 - growth):
                yield sp.expand_log(-sp.log(s.ratio)) / sp.log(growth)


def grows_beyond_bounds(a: Arguments, box: Box) -> bool:
    """Whether lengths grow like g^j, so that not all moments are finite."""
    return any(True for _ in _growing_tails(a, box))


def members(a: Arguments) -> Iterator[tuple[sp.Expr, tuple[sp.Expr, ...], dict[sp.Symbol, sp.Expr]]]:
    """(weight, lengths, index values) of every member of a family whose ends are integers."""
    ranges = ranges_of(a)
    indices = index_symbols(len(ranges))

    def walk(n: int, chosen: dict[sp.Symbol, sp.Expr]) -> Iterator[dict[sp.Symbol, sp.Expr]]:
        if n == len(ranges):
            yield dict(chosen)
            return
        low, high = ranges[n]
        for value in range(int(low), int(high) + 1):
            yield from walk(n + 1, {**chosen, indices[n]: sp.Integer(value)})

    for chosen in walk(0, {}):
        lengths = tuple(a[f"value.{n}"].xreplace(chosen) for n in range(len(ranges)))
        yield a["weight"].xreplace(chosen), lengths, chosen


def is_listable(a: Arguments) -> bool:
    """Whether all ends are integers."""
    return all(low.is_Integer and high.is_Integer for low, high in ranges_of(a))
