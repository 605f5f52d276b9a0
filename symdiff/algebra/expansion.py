"""A SymPy expression as a truncated graded series; the only place where rates meet the ring.

Products, quotients, powers, exponentials, logarithms and all smooth known functions compose as power series about
their leading value; functions of displaced coordinates are Taylor-expanded in the displacement. What is not smooth
there is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import factorial
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, compose_powers, power, sum_of_series
from symdiff.algebra.multiindex import up_to_degree
from symdiff.errors import DerivationError, NotYetError, ResourceError

SMOOTH = (sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc, sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch, sp.asin,
          sp.acos, sp.atan, sp.asinh, sp.acosh, sp.atanh, sp.erf, sp.erfc)  # fmt: skip
KINKED = (sp.Abs, sp.sign, sp.Min, sp.Max, sp.Heaviside)
MAX_SERIES = 60
Exponents = tuple[int, ...]  # of the ring's generators


@dataclass(frozen=True)
class Grading:
    """Powers of eps: of the parameters by symbol, of the coordinates, and what one derivative adds.

    ``derivative`` is the power that every derivative along a coordinate adds (1 in the long-wave regime, where named
    functions vary slowly; minus the power of the coordinates in a stated scaling).
    """

    symbols: Mapping[sp.Symbol, Fraction]
    coordinate: Fraction
    derivative: Fraction
    fields: Mapping[str, Fraction] = field(default_factory=dict)  # of densities, by name

    def of(self, symbol: sp.Symbol) -> Power:
        """The power of a parameter; zero where nothing is stated."""
        return power(self.symbols.get(symbol, Fraction(0)))


def _one_monomial(series: GradedSeries) -> tuple[Power, Exponents, Any] | None:
    """(grade, exponents, number) of an exact series of one term, with the number 0 for an empty one; None for others."""
    if series.order != INFINITE or len(series.terms) > 1:
        return None
    for grade, element in series.terms.items():
        return (grade, *next(iter(element.items()))) if len(element) == 1 else None
    return 0, (), 0


class Expansion:
    """Turns expressions into series over one ring, with one grading."""

    def __init__(
        self, ring: DifferentialRing, grading: Grading, composed: Mapping[str, GradedSeries] | None = None
    ) -> None:
        """``composed`` functions of place stand for series over the same ring, such as the densities after a jump."""
        self.ring, self.grading = ring, grading
        self.composed = composed or {}
        self._derivatives: dict[tuple[str, tuple[int, ...]], GradedSeries] = {}
        self._shapes: dict[Any, list[tuple[Power, Exponents, Any, tuple[int, ...]]]] = {}
        self._near: dict[tuple[sp.Expr, Power], tuple[int, GradedSeries]] = {}
        self._tables: dict[tuple[sp.Expr, int, Power], list[GradedSeries]] = {}

    def series(self, expression: sp.Expr, order: Power) -> GradedSeries:
        """The expression known below eps**order at least (or exactly).

        Raises :class:`DerivationError` where it is not smooth or diverges.
        """
        wanted = order
        for _ in range(12):
            result = self._convert(expression, wanted)
            if result.order >= order:
                return result if result.order == INFINITE else result.truncated(order)
            wanted = wanted + (order - result.order)
        raise DerivationError(f"the expansion of {expression} does not settle", instead="simplify the rate")

    # --- one rule per kind of expression --------------------------------------------------------------------------

    def _convert(self, e: sp.Expr, order: Power) -> GradedSeries:
        ring = self.ring
        if e.is_Rational:
            return self._constant(ring.ring(QQ(int(e.p), int(e.q)))) if e != 0 else GradedSeries({})
        if e.is_Symbol:
            grade = power(self.grading.coordinate) if e in ring.coordinates else self.grading.of(e)
            return GradedSeries({grade: ring.parameter(e)})
        if e.is_Add:
            result = GradedSeries({})
            for part in e.args:
                result = result + self._convert(part, order)
            return result
        if e.is_Mul:
            return self._product(e.args, order)
        if e.is_Pow:
            return self._power(e.base, e.exp, order)
        if isinstance(e, sp.exp):
            return self._exponential(e.args[0], order)
        if isinstance(e, sp.log):
            return self._logarithm(e.args[0], order)
        if isinstance(e, AppliedUndef):
            if e.func.__name__ in ring.implicit:
                return self._implicit(e, order)
            return self._function(e, (0,) * ring.dimension, order)
        if isinstance(e, sp.Derivative):
            return self._derivative(e, order)
        if isinstance(e, SMOOTH):
            return self._smooth(e.func, e.args[0], order)
        if isinstance(e, KINKED) and self._moves(e):
            return self._kinked(e, order)
        return self._other(e)

    def _moves(self, e: sp.Expr) -> bool:
        """Whether an expression depends on place or on anything that is small or large."""
        symbols = e.free_symbols
        return bool(
            symbols & set(self.ring.coordinates)
            or e.atoms(AppliedUndef)
            or any(self.grading.of(s) != 0 for s in symbols)
        )

    def _kinked(self, e: sp.Expr, order: Power) -> GradedSeries:
        """abs(z) = sign(z) z, min(a, b) = (a + b - abs(a - b))/2, ..., with the sign of the leading term of z.

        The sign is constant except where that leading term vanishes; there the result does not hold.
        """
        half = self.ring.ring(QQ(1, 2))
        if isinstance(e, (sp.Min, sp.Max)):
            first, *others = e.args
            total = first
            for other in others:
                size = sp.Abs(total - other, evaluate=False)
                total = (total + other + (size if isinstance(e, sp.Max) else -size)) / 2
            return self._convert(total, order)
        z = e.args[0]
        inner = self._settled(z, self._convert(z, order), order)
        sign = self._sign(inner.terms[inner.valuation])
        if isinstance(e, sp.Abs):
            return inner.scaled(sign).mapped(self.ring.tidy)
        if isinstance(e, sp.sign):
            return self._constant(sign)
        return self._constant(half + sign * half)

    def _sign(self, leading: PolyElement) -> PolyElement:
        shown = self.ring.to_expression(leading)
        if shown.is_positive or shown.is_negative:
            return self.ring.one if shown.is_positive else -self.ring.one
        positive = sp.Mul(*(f for f in sp.Mul.make_args(shown) if not f.is_positive))
        return self.ring.sign(sp.sign(positive))

    def _constant(self, element: PolyElement) -> GradedSeries:
        return GradedSeries({0: element} if element else {})

    def _product(self, factors: tuple[sp.Expr, ...], order: Power) -> GradedSeries:
        """Exact monomials first, so that the others are expanded exactly as far as they are needed."""
        exact = GradedSeries({0: self.ring.one})
        rest = []
        for factor in factors:
            base, exponent = factor.as_base_exp()
            if factor.is_Rational or (base.is_Symbol and exponent.is_Integer):
                exact = exact * self._convert(factor, order)
            else:
                rest.append(factor)
        needed = order - exact.valuation if exact.terms else order
        result = exact
        for factor in rest:
            part = self._convert(factor, needed)
            if not part.terms and part.order == INFINITE:
                return GradedSeries({})
            result = result * part
        return result

    def _power(self, base: sp.Expr, exponent: sp.Expr, order: Power) -> GradedSeries:
        if base == sp.E:
            return self._exponential(exponent, order)
        if base.is_Symbol and exponent.is_Integer:
            grade = power(self.grading.coordinate) if base in self.ring.coordinates else self.grading.of(base)
            generator, n = self.ring.parameter(base), int(exponent)
            return GradedSeries({grade * n: generator**n if n >= 0 else self.ring.inverse(generator) ** (-n)})
        if exponent.is_Integer and exponent > 0:
            inner = self._convert(base, order)
            room = order - (int(exponent) - 1) * min(0, inner.valuation)
            return inner.truncated_power(int(exponent), self.ring.one, room)
        if exponent.is_Rational:
            return self._rational_power(base, exponent, order)
        if base.is_positive is None and not base.is_Symbol:
            self.ring.assumed_positive[base] = None
        number, rest = exponent.as_coeff_Add(rational=True)
        if number:  # base^(m - 1) = base^m/base, as it is where both are written apart
            return self._product((base**rest, base**number), order)
        return self._exponential(exponent * sp.log(base), order)

    def _rational_power(self, base: sp.Expr, exponent: sp.Rational, order: Power) -> GradedSeries:
        """(c eps^v (1 + delta))^q = c^q eps^(qv) sum_n binomial(q, n) delta^n."""
        inner = self._convert(base, order)
        inner = self._settled(base, inner, order)
        lowest = inner.valuation
        leading = inner.terms[lowest]
        q = Fraction(int(exponent.p), int(exponent.q))
        if q.denominator == 1:
            head = self.ring.inverse(leading) ** (-q.numerator)
        else:
            head = self._root(base, leading, q)
        small = (inner.shifted(-lowest) - self._constant(leading)).scaled(self.ring.inverse(leading))
        small = small.mapped(self.ring.tidy)
        needed = order - power(Fraction(lowest) * q)

        def coefficient(n: int) -> PolyElement:
            value = Fraction(1)
            for i in range(n):
                value *= (q - i) / Fraction(i + 1)
            return self.ring.ring(QQ(value.numerator, value.denominator))

        body = compose_powers(small, coefficient, needed).mapped(self.ring.tidy)
        return body.scaled(head).mapped(self.ring.tidy).shifted(power(Fraction(lowest) * q))

    def _settled(self, base: sp.Expr, inner: GradedSeries, order: Power) -> GradedSeries:
        """Expand further until a leading term is seen that is not identically zero."""
        wanted = max(order, 1)
        for _ in range(MAX_SERIES):
            terms = {g: c for g, c in inner.terms.items() if not self.ring.is_zero(c)}
            inner = GradedSeries(terms, inner.order)
            if terms:
                return inner
            if inner.order == INFINITE:
                raise DerivationError(f"division by {base}, which is zero", instead="check the denominator")
            wanted = wanted + 1
            inner = self._convert(base, wanted)
        raise DerivationError(f"no leading term of {base} was found", instead="simplify it")

    def _root(self, base: sp.Expr, leading: PolyElement, q: Fraction) -> PolyElement:
        try:
            root = self.ring.root(leading, q.denominator)
        except ValueError:
            raise DerivationError(f"a root of {base}, which is negative", instead="check its sign") from None
        return root**q.numerator if q > 0 else self.ring.inverse(root) ** (-q.numerator)

    def _split(self, argument: sp.Expr, order: Power) -> tuple[PolyElement, GradedSeries]:
        """An argument as its part of grade zero and the rest, which must be small."""
        inner = self._convert(argument, max(order, 1))
        if inner.valuation < 0:
            raise DerivationError(
                f"{argument} is of order eps**({inner.valuation}) in this regime, so that a function of it has no expansion",
                instead="scale its parameters so that it stays bounded",
            )
        leading = inner.terms.get(0, self.ring.zero)
        return leading, inner - self._constant(leading)

    def _exponential(self, argument: sp.Expr, order: Power) -> GradedSeries:
        leading, small = self._split(argument, order)
        head = self._exponential_head(argument, leading)
        body = compose_powers(small, lambda n: self.ring.ring(QQ(1, factorial(n))), order)
        return body.scaled(head).mapped(self.ring.tidy)

    def _exponential_head(self, argument: sp.Expr, leading: PolyElement) -> PolyElement:
        if not leading:
            return self.ring.one
        return self.ring.exponential(leading)

    def _logarithm(self, argument: sp.Expr, order: Power) -> GradedSeries:
        inner = self._settled(argument, self._convert(argument, max(order, 1)), order)
        if inner.valuation != 0:
            raise DerivationError(f"log({argument}) diverges in this regime", instead="scale its parameters otherwise")
        leading = inner.terms[0]
        small = (inner - self._constant(leading)).scaled(self.ring.inverse(leading)).mapped(self.ring.tidy)
        body = compose_powers(
            small, lambda n: self.ring.ring(QQ((-1) ** (n + 1), n)) if n else self.ring.zero, order
        )  # fmt: skip
        head = self._function_atom(sp.log, leading)
        return body + self._constant(head)

    def _function_atom(self, function: type[sp.Function], leading: PolyElement) -> PolyElement:
        argument = self.ring.to_expression(leading)
        value = function(argument)
        if value.is_Rational:
            return self.ring.ring(QQ(int(value.p), int(value.q)))

        def slope() -> PolyElement:
            z = sp.Dummy("z")
            return self._at_leading(sp.diff(function(z), z), z, argument)

        return self.ring.function((function.__name__, leading), value, leading, slope)

    def _smooth(self, function: type[sp.Function], argument: sp.Expr, order: Power) -> GradedSeries:
        """f(g + delta) = sum_n f^(n)(g) delta^n / n!, with the derivatives of a known function."""
        leading, small = self._split(argument, order)
        at = self.ring.to_expression(leading)
        z = sp.Dummy("z")
        derivatives = [function(z)]

        def coefficient(n: int) -> PolyElement:
            while len(derivatives) <= n:
                derivatives.append(sp.diff(derivatives[-1], z))
            if n == 0:
                head = function(at)
                if head.is_Rational:
                    return self.ring.ring(QQ(int(head.p), int(head.q)))
                if head.func != function:
                    return self._at_leading(head, z, at)
                same = leading if head.args[0] == at else self._at_leading(head.args[0], z, at)
                return self._function_atom(function, same)  # SymPy writes cos(-x) as cos(x)
            return self._at_leading(derivatives[n], z, at) * QQ(1, factorial(n))

        return compose_powers(small, coefficient, order)

    def _implicit(self, call: AppliedUndef, order: Power) -> GradedSeries:
        """f(g + delta) for a function that is known by f' = S(f, g): f'' = S S_f + S_g, and so on."""
        known = self.ring.implicit[call.func.__name__]
        leading, small = self._split(call.args[0], order)
        at = self.ring.to_expression(leading)
        here = {known.value: call.func(at), known.argument: at}
        derivatives = [known.value, known.slope]

        def derivative(n: int) -> PolyElement:
            while len(derivatives) <= n:
                last = derivatives[-1]
                derivatives.append(sp.cancel(known.slope * sp.diff(last, known.value) + sp.diff(last, known.argument)))
            flat = Expansion(self.ring, Grading({}, Fraction(0), Fraction(0)))
            return flat._convert(derivatives[n].xreplace(here), 1).terms.get(0, self.ring.zero)

        def coefficient(n: int) -> PolyElement:
            if n:
                return derivative(n) * QQ(1, factorial(n))
            return self.ring.function((call.func.__name__, leading), call.func(at), leading, lambda: derivative(1))

        return compose_powers(small, coefficient, order)

    def _at_leading(self, expression: sp.Expr, z: sp.Symbol, at: sp.Expr) -> PolyElement:
        """The leading value of an expression in z at z = g, as a ring element."""
        flat = Expansion(self.ring, Grading({}, Fraction(0), Fraction(0)))
        result = flat._convert(expression.xreplace({z: at}), 1)
        return result.terms.get(0, self.ring.zero)

    # --- functions of place ---------------------------------------------------------------------------------------

    def _function(self, call: AppliedUndef, alpha: tuple[int, ...], order: Power) -> GradedSeries:
        """V(x + s) = sum_beta s^beta/beta! V_(alpha+beta)(x)."""
        ring, name = self.ring, call.func.__name__
        depends, shifts = self._arguments(call, order)
        weight = power(self.grading.derivative)
        head = self._jet(name, alpha, depends)
        if all(not s.terms for s in shifts):
            return head
        smallest = min(s.valuation for s in shifts if s.terms) + weight
        if smallest <= 0:
            raise DerivationError(
                f"{call} is read at a distance of order one, so that it cannot be expanded about the site that is left",
                instead="make that distance small in [scaling], as in h = 1",
            )
        highest = max(0, int((order - head.valuation) / smallest) + 1) if head.terms else 0
        if highest > MAX_SERIES:
            raise ResourceError(f"the expansion of {call} needs more than {MAX_SERIES} derivatives")
        if name not in self.composed and (lengths := [_one_monomial(s) for s in shifts]) and None not in lengths:
            return self._moved(name, alpha, depends, [m for m in lengths if m is not None], highest, order)
        powers = [self._powers(a, s, highest, order) for a, s in zip(call.args, shifts, strict=False)]
        grades = [s.valuation + weight if s.terms else None for s in shifts]
        products = []
        for beta in up_to_degree(len(depends), highest):
            if any(b and g is None for b, g in zip(beta, grades, strict=True)):
                continue
            if head.valuation + sum(b * g for b, g in zip(beta, grades, strict=True) if b and g is not None) >= order:
                continue
            factors = [table[b] for table, b in zip(powers, beta, strict=True) if b]
            term = reduce(GradedSeries.__mul__, factors) if factors else GradedSeries({0: ring.one})
            full = list(alpha)
            for i, b in zip(depends, beta, strict=True):
                full[i] += b
            if term.terms:
                products.append((term, self._jet(name, tuple(full), depends)))
        return sum_of_series(products, order)

    def _moved(
        self, name: str, alpha: tuple[int, ...], depends: tuple[int, ...], lengths: list[tuple[Power, Exponents, Any]], highest: int,
        order: Power,
    ) -> GradedSeries:  # fmt: skip
        """V(x + s) where every s is a number times a product of powers: term by term, without products of series."""
        shape = tuple((grade, monomial) if number else None for grade, monomial, number in lengths)
        key = (name, alpha, depends, shape, highest, order)
        terms = self._shapes.get(key)
        if terms is None:
            terms = self._shapes[key] = self._terms_moved(name, alpha, depends, shape, highest, order)
        found: dict[Power, dict[Exponents, Any]] = {}
        numbers = [number for _, _, number in lengths]
        for grade, monomial, factor, beta in terms:
            for number, b in zip(numbers, beta, strict=True):
                if b:
                    factor = factor * number**b
            sums = found.setdefault(grade, {})
            sums[monomial] = sums[monomial] + factor if monomial in sums else factor
        series = {g: self.ring.ring.from_dict({m: c for m, c in sums.items() if c}) for g, sums in found.items()}
        return GradedSeries({g: c for g, c in series.items() if c}, order)

    def _terms_moved(
        self, name: str, alpha: tuple[int, ...], depends: tuple[int, ...], shape: tuple[tuple[Power, Exponents] | None, ...],
        highest: int, order: Power,
    ) -> list[tuple[Power, Exponents, Any, tuple[int, ...]]]:  # fmt: skip
        """Grade, exponents, number and beta of every term s^beta/beta! V_(alpha + beta), the numbers in s left out: neighbours share them."""
        ring, weight = self.ring.ring, power(self.grading.derivative)
        own = sum(alpha) * weight + power(self.grading.fields.get(name, Fraction(0)))
        reached = {(0,) * len(depends): (own, ring.zero_monom, ring.domain.one)}
        found = []
        for beta in up_to_degree(len(depends), highest):
            if any(beta):
                i = next(i for i, n in enumerate(beta) if n)
                below, length = reached.get(tuple(n - (k == i) for k, n in enumerate(beta))), shape[i]
                if below is None or length is None or below[0] + length[0] + weight >= order:
                    continue
                reached[beta] = (
                    below[0] + length[0] + weight,
                    ring.monomial_mul(below[1], length[1]),
                    below[2] / beta[i],
                )
            grade, monomial, number = reached[beta]
            if grade >= order:
                continue
            full = list(alpha)
            for i, b in zip(depends, beta, strict=True):
                full[i] += b
            for other, factor in self.ring.jet(name, tuple(full), depends).items():
                found.append((grade, ring.monomial_mul(monomial, other), number * factor, beta))
        return found

    def _powers(self, argument: sp.Expr, shift: GradedSeries, highest: int, order: Power) -> list[GradedSeries]:
        """s^n/n! for n up to the highest, s the distance of an argument."""
        found = self._tables.get((argument, highest, order))
        if found is not None:
            return found
        found = self._tables[argument, highest, order] = [GradedSeries({0: self.ring.one})]
        for n in range(1, highest + 1):
            found.append(found[-1].times(shift, order).scaled(self.ring.ring(QQ(1, n))))
        return found

    def _jet(self, name: str, alpha: tuple[int, ...], depends: tuple[int, ...]) -> GradedSeries:
        """The derivative ``alpha`` of a function of place, with its grade."""
        weight = power(self.grading.derivative)
        if name not in self.composed:
            grade = sum(alpha) * weight + power(self.grading.fields.get(name, Fraction(0)))
            return GradedSeries({grade: self.ring.jet(name, alpha, depends)})
        if not any(alpha):
            return self.composed[name]
        found = self._derivatives.get((name, alpha))
        if found is None:
            i = next(i for i, times in enumerate(alpha) if times)
            lower = tuple(a - (n == i) for n, a in enumerate(alpha))
            below = self._jet(name, lower, depends)
            found = below.mapped(lambda c: self.ring.total_derivative(c, i)).shifted(weight)
            self._derivatives[name, alpha] = found
        return found

    def _arguments(self, call: AppliedUndef, order: Power) -> tuple[tuple[int, ...], list[GradedSeries]]:
        ring = self.ring
        depends, shifts = [], []
        evolving = ring.evolving.get(call.func.__name__)  # a density as the ring shows it, with its time
        for argument in call.args[: ring.dimension] if evolving in call.args else call.args:
            if (argument, order) not in self._near:
                i, shift = self._offset(call, argument)
                self._near[argument, order] = i, self._convert(shift, max(order, 1) + 1)
            i, series = self._near[argument, order]
            explicit = any(ring.ring.gens[a.index] in _generators(ring, c) for c in series.terms.values() for a in ring.atoms
                           if a.kind == "coordinate")  # fmt: skip
            if explicit and series.valuation <= 0:
                raise NotYetError(f"{call} is not read near the site that is left",
                                  instead="its arguments are a coordinate plus a displacement, as in V(x + h/2)")  # fmt: skip
            depends.append(i)
            shifts.append(series)
        if len(set(depends)) != len(depends):
            raise NotYetError(f"{call} reads one coordinate twice")
        return tuple(depends), shifts

    def _offset(self, call: AppliedUndef, argument: sp.Expr) -> tuple[int, sp.Expr]:
        """Which coordinate an argument is close to, and its distance from it."""
        coordinates = self.ring.coordinates
        parts = sp.Add.make_args(argument)
        inside = [i for i, c in enumerate(coordinates) if c in parts]
        if not inside:
            expanded = sp.expand(argument)
            parts = sp.Add.make_args(expanded)
            inside = [i for i, c in enumerate(coordinates) if c in parts]
        if len(inside) != 1:
            raise NotYetError(f"{call} is not read near the site that is left",
                              instead="its arguments are a coordinate plus a displacement, as in V(x + h/2)")  # fmt: skip
        i = inside[0]
        return i, sp.Add(*(part for part in parts if part != coordinates[i]))

    def _derivative(self, e: sp.Derivative, order: Power) -> GradedSeries:
        alpha = [0] * self.ring.dimension
        for variable, count in e.variable_count:
            if variable not in self.ring.coordinates or not isinstance(e.expr, AppliedUndef):
                raise NotYetError(f"{e} is no derivative of a declared function along a coordinate")
            alpha[self.ring.coordinates.index(variable)] += int(count)
        return self._function(e.expr, tuple(alpha), order)

    def _other(self, e: sp.Expr) -> GradedSeries:
        """What is not smooth, or unknown here: allowed for constants that no scaling touches, as they stand."""
        symbols = e.free_symbols
        if any(s in self.ring.coordinates for s in symbols) or e.atoms(AppliedUndef):
            raise DerivationError(f"{e} is not smooth in the coordinates, or not known here",
                                  instead="use a smooth rate; kinks and jumps are not handled yet")  # fmt: skip
        if any(self.grading.of(s) != 0 for s in symbols):
            raise DerivationError(f"{e} has no power series in the small parameters", instead="use a smooth function")
        if e.has(sp.oo, sp.zoo, sp.nan):
            raise DerivationError(f"{e} is not finite")
        return self._constant(self.ring.opaque(e))


def _generators(ring: DifferentialRing, element: PolyElement) -> list[PolyElement]:
    return [ring.ring.gens[i] for i in ring.used(element)]
