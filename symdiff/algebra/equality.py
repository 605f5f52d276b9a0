"""Equality of expressions: proved by a canonical form, refuted by a witness, or undecided.

Two expressions are proved equal when their difference vanishes in the differential ring of their symbols and functions.
They are refuted by values of the symbols at which the difference is certainly not zero: exact rational arithmetic, or,
where other numbers occur, an interval enclosure that excludes zero. Numbers never prove an equality.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from symdiff.algebra.angles import in_unit_powers, with_one_root
from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.enclosure import interval
from symdiff.algebra.expansion import Expansion, Grading
from symdiff.algebra.integral_equality import equal_with_integrals, number
from symdiff.algebra.ring_atoms import CapacityError, ExponentialUnitError
from symdiff.algebra.special_identities import cases_by_sign, equal_by_powers, vanishes_by_identities
from symdiff.algebra.theta_sums import NoFormError, certainly_not_zero, decimal, has_sums, normal_form
from symdiff.errors import SymdiffError

ATTEMPTS = 12
FURTHER = 5  # values that are tried where a difference is hard to see
VISIBLE = 1e-3  # values of this size make a witness that people like to see


class Answer(enum.Enum):
    """The three values of a comparison."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Comparison:
    """The answer, and for a refutation the values at which both sides differ."""

    answer: Answer
    witness: tuple[tuple[str, str], ...] = ()
    left: str = ""
    right: str = ""


LONG = 500  # operations: multiplying out what is longer may take minutes, numbers come first

Draw = Callable[[random.Random], Mapping[sp.Symbol, Fraction]]


def compare(
    left: sp.Expr, right: sp.Expr, coordinates: tuple[sp.Symbol, ...] = (), draw: Draw | None = None
) -> Comparison:
    """Compare two expressions; ``draw`` gives rational values that satisfy what is assumed of the symbols.

    Symbols without a drawn value get a rational in (0, 1); unknown functions are put in as polynomials in a refutation.
    """
    if left.has(sp.erfc) or right.has(sp.erfc):
        left, right = (side.replace(sp.erfc, lambda z: 1 - sp.erf(z)) for side in (left, right))
    if has_sums(left, right):
        return _compare_sums(left, right, coordinates, draw)
    infinite = left.has(sp.oo, sp.zoo, sp.nan) or right.has(sp.oo, sp.zoo, sp.nan)
    if not infinite and sp.count_ops(left) + sp.count_ops(right) > LONG:
        quick = _refute(left, right, draw, 1)
        if quick.answer is Answer.REFUTED:
            return quick
    difference = sp.expand(left - right) if not left.has(sp.oo) and not right.has(sp.oo) else sp.nan
    if difference is sp.nan or difference.has(sp.oo, sp.nan, sp.zoo):
        if all(e.has(sp.Integral) and not _without_integrals(e).has(sp.oo, sp.zoo, sp.nan) for e in (left, right)):
            return _compare_integrals(left, right, coordinates, draw)
        return _compare_infinite(left, right)
    if difference == 0:
        return Comparison(Answer.PROVED)
    if _same_exponents(left, right):
        return Comparison(Answer.PROVED)
    if difference.has(sp.Min, sp.Max):
        left, right = scaled_extremes(left), scaled_extremes(right)
        difference = sp.expand(left - right)
        if difference == 0 or equal_by_powers(left, right):
            return Comparison(Answer.PROVED)
    quick = _refute(left, right, draw, 1)  # numbers come first: a canonical form of exponentials may take minutes
    if quick.answer is Answer.REFUTED:
        return quick
    if (
        _vanishes(difference, coordinates)
        or _vanishes_in_every_case(difference, coordinates)
        or equal_by_powers(left, right)
    ):
        return Comparison(Answer.PROVED)
    found = _refute(left, right, draw)
    if found.answer is Answer.UNDECIDED and difference.has(sp.Integral):
        return _compare_integrals(left, right, coordinates, draw)
    return found


def _compare_integrals(
    left: sp.Expr, right: sp.Expr, coordinates: tuple[sp.Symbol, ...], draw: Draw | None
) -> Comparison:
    """As they stand, but for the letters of their variables, or by the slopes of both sides.

    A witness is worked out by quadrature once they are known to differ.
    """
    if same_integrals(left, right):
        return Comparison(Answer.PROVED)
    known = {Answer.PROVED: True, Answer.REFUTED: False}
    same = equal_with_integrals(
        left, right, coordinates, lambda a, b: known.get(compare(a, b, coordinates, draw).answer)
    )
    if same is not False:
        return Comparison(Answer.PROVED if same else Answer.UNDECIDED)
    generator = random.Random(0)
    for _ in range(ATTEMPTS):
        point = probe((left, right), draw, generator).point
        values = [number(side.xreplace(point)) for side in (left, right)]
        if all(values) and values[0] != values[1] and "j" not in "".join(values):
            return Comparison(
                Answer.REFUTED, tuple((str(s), str(v)) for s, v in sorted(point.items(), key=str)), *values
            )
    return Comparison(Answer.UNDECIDED)


def same_integrals(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two sides have the same integrals, written with other letters and products of exponentials, and agree beside them."""
    return bool(sp.expand(_alike(left) - _alike(right)) == 0)


def _without_integrals(e: sp.Expr) -> sp.Expr:
    return e.xreplace({i: sp.Dummy() for i in e.atoms(sp.Integral)})


def _alike(e: sp.Expr) -> sp.Expr:
    """The expression with one exponential, multiplied out, in each integral and term, and the same letters under all integrals."""

    def gathered(f: sp.Expr) -> sp.Expr:
        grown = [a for a in sp.Mul.make_args(f) if isinstance(a, sp.exp)]
        rest = sp.Mul(*(a for a in sp.Mul.make_args(f) if not isinstance(a, sp.exp)))
        return rest * sp.exp(sp.expand(sp.Add(*(a.args[0] for a in grown))))

    change: dict[sp.Basic, sp.Expr] = {}
    for integral in sorted(e.atoms(sp.Integral), key=sp.count_ops):  # inner ones first
        body = sp.expand(integral.function.xreplace(change), power_exp=False, power_base=False)
        parts = (gathered(f).as_independent(*integral.variables, as_Add=False) for f in sp.Add.make_args(body))
        change[integral] = sp.Add(*(factor * integral.func(rest, *integral.limits) for factor, rest in parts))
    plain = e.xreplace(change) if change else e
    named = {i: i.as_dummy() for i in plain.atoms(sp.Integral)}
    return sp.Add(*map(gathered, sp.Add.make_args(plain.xreplace(named))))


def _compare_sums(left: sp.Expr, right: sp.Expr, coordinates: tuple[sp.Symbol, ...], draw: Draw | None) -> Comparison:
    """Sums over images or modes: by their normal form, or told apart at numbers by enclosures."""

    def nought(value: sp.Expr) -> bool:
        top = sp.expand(sp.fraction(sp.together(value))[0])
        return top == 0 or _vanishes(top, coordinates)

    try:
        form = normal_form(left - right)
        if all(map(nought, form.coefficients())) or all(map(nought, form.split().coefficients())):
            return Comparison(Answer.PROVED)
        generator, free = random.Random(7), (left - right).free_symbols
        found: Comparison | None = None
        for _ in range(ATTEMPTS):
            here = probe((left, right), draw, generator)
            try:
                differ = certainly_not_zero(form, interval, dict(here.point))
            except NotImplementedError:  # no bound here
                continue
            if differ:
                shown = tuple(
                    (str(s), str(v)) for s, v in sorted(here.point.items(), key=lambda i: str(i[0])) if s in free
                )
                values = [decimal(e, dict(here.point)) for e in (left, right)]
                found = Comparison(Answer.REFUTED, shown, *values)
                if max(abs(float(v)) for v in values) > VISIBLE:  # else far behind all decay: other values show more
                    return found
        if found is not None:
            return found
    except (NoFormError, NotImplementedError, ValueError, TypeError, ZeroDivisionError):
        pass
    return Comparison(Answer.UNDECIDED)


def _same_exponents(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether the sides agree once exponents that are quotients, as in e^(-t k^2/(1 + k^2)), have one form."""
    found = {e for side in (left, right) for e in side.atoms(sp.exp) if sp.fraction(sp.together(e.exp))[1].is_Add}
    if not found or any(e.exp.atoms(AppliedUndef, sp.Derivative, sp.exp) for e in found):
        return False
    change = {e: sp.exp(sp.factor(e.exp)) for e in found}
    return bool(sp.expand(left.xreplace(change) - right.xreplace(change)) == 0)


def scaled_extremes(value: sp.Expr) -> sp.Expr:
    """``Min(1, b/a)`` as Min(a, b)/a: positive denominators and factors that all members share stand outside.

    >>> a, b = sp.symbols("a b", positive=True)
    >>> scaled_extremes(sp.Min(1, b / a) / sp.Min(1, a / b))
    b/a
    """
    change = {}
    for extreme in value.atoms(sp.Min, sp.Max):
        pairs = [sp.fraction(sp.together(a)) for a in extreme.args]
        below = sp.Mul(*dict.fromkeys(f for _, d in pairs for f in sp.Mul.make_args(d)))
        above = [sp.cancel(n * below / d) for n, d in pairs]
        shared = sp.gcd_list(above) if all(n.is_polynomial() for n in above) else sp.Integer(1)
        if below.is_positive:
            shared = shared if shared.is_positive else sp.Integer(1)
            change[extreme] = shared / below * extreme.func(*(sp.cancel(n / shared) for n in above))
    return value.xreplace(change)


def _compare_infinite(left: sp.Expr, right: sp.Expr) -> Comparison:
    if left == right:
        return Comparison(Answer.PROVED)
    if {left, right} == {sp.oo, -sp.oo}:
        return Comparison(Answer.REFUTED, (), str(left), str(right))
    finite = [e for e in (left, right) if not e.has(sp.oo, -sp.oo, sp.zoo, sp.nan)]
    if len(finite) == 1 and (left in (sp.oo, -sp.oo) or right in (sp.oo, -sp.oo)):
        return Comparison(Answer.REFUTED, (), str(left), str(right))
    return Comparison(Answer.UNDECIDED)


def _vanishes(difference: sp.Expr, coordinates: tuple[sp.Symbol, ...]) -> bool:
    units: list[tuple[sp.Expr, int]] = []
    capacity = 24
    while capacity <= 192:
        ring = DifferentialRing(coordinates or (sp.Symbol("x", real=True),), capacity)
        try:
            flat = Expansion(ring, Grading({}, Fraction(0), Fraction(0)))
            for expression, degree in units:
                ring.prepare_exponential(expression, degree)
            terms = flat.series(difference, 1).terms
            return all(ring.is_zero(c) for c in terms.values())
        except CapacityError:
            capacity *= 2
        except ExponentialUnitError as finer:
            expression = ring.to_expression(finer.unit_term)
            units = [u for u in units if u[0] != expression] + [(expression, finer.degree)]
        except (SymdiffError, ZeroDivisionError):
            return False
    return False


def _vanishes_in_every_case(difference: sp.Expr, coordinates: tuple[sp.Symbol, ...]) -> bool:
    """By identities of special functions, or sign by sign."""
    if both := with_one_root(difference):
        return all(e == 0 or _vanishes(sp.expand(e.rewrite(sp.exp)), coordinates) for e in both)
    parts = in_unit_powers(difference)
    if parts is not None and all(_vanishes(p, coordinates) for p in parts):
        return True
    if difference.has(HyperbolicFunction):
        return _vanishes(sp.expand(difference.rewrite(sp.exp)), coordinates)
    waves = {e: e.exp.as_coefficient(sp.I) for e in difference.atoms(sp.exp) if e.exp.has(sp.I)}
    if waves and all(angle is not None and angle.is_real for angle in waves.values()):  # e^(ikh) by Euler's formula
        opened = sp.expand(difference.xreplace({e: sp.cos(a) + sp.I * sp.sin(a) for e, a in waves.items()}))
        parts = [opened.coeff(sp.I, n) for n in (0, 1)]
        return sp.expand(opened - parts[0] - sp.I * parts[1]) == 0 and all(
            p == 0 or _vanishes(p, coordinates) for p in parts
        )
    if vanishes_by_identities(difference):
        return True
    cases = cases_by_sign(difference)
    return cases is not None and all(c == 0 or _vanishes(sp.expand(c), coordinates) for c in cases)


@dataclass
class Probe:
    """One point: values of the symbols, and of unknown functions and their derivatives, which are put in as polynomials."""

    point: dict[sp.Symbol, sp.Rational]
    functions: dict[AppliedUndef, sp.Expr]
    known: dict[sp.Basic, sp.Expr] = field(default_factory=dict)

    def value(self, e: sp.Expr) -> sp.Expr | None:
        """The value of an expression here; None where it has none."""
        for d in e.atoms(sp.Derivative) - set(self.known):
            slope = sp.diff(d.expr.xreplace(self.functions), *d.variable_count)
            if slope.has(sp.Derivative):  # of a function that has no stand-in here
                return None
            self.known[d] = slope.xreplace(self.point)
        try:
            value = e.xreplace(self.known).xreplace(self.functions).xreplace(self.point)
        except ValueError:  # Min, Max of what has no order: a power of a negative number
            return None
        return None if value.has(sp.zoo, sp.nan, sp.oo) or value.free_symbols else value

    def tells_apart(self, left: sp.Expr, right: sp.Expr) -> bool:
        """Whether both sides certainly differ here."""
        a, b = self.value(left), self.value(right)
        return a is not None and b is not None and _certainly_different(a, b)


def probe(sides: tuple[sp.Expr, sp.Expr], draw: Draw | None, generator: random.Random) -> Probe:
    """A point for these expressions and others in the same symbols and functions."""
    point = dict(draw(generator)) if draw else {}
    for symbol in sorted((sides[0].free_symbols | sides[1].free_symbols) - set(point), key=str):
        point[symbol] = Fraction(generator.randint(100, 900), 1000)
    exact = {s: sp.Rational(v.numerator, v.denominator) for s, v in point.items()}
    return Probe(exact, _test_functions(sides, generator))


def _refute(left: sp.Expr, right: sp.Expr, draw: Draw | None, attempts: int = ATTEMPTS) -> Comparison:
    generator = random.Random(7)
    first: Comparison | None = None
    for n in range(attempts + FURTHER):
        if first is None and n >= attempts:
            break
        here = probe((left, right), draw, generator)
        a, b = here.value(left), here.value(right)
        if a is None or b is None or not _certainly_different(a, b):
            continue
        free = (left - right).free_symbols
        shown = tuple((str(s), str(v)) for s, v in sorted(here.point.items(), key=lambda i: str(i[0])) if s in free)
        shown += tuple((str(call), str(body)) for call, body in here.functions.items())
        found = Comparison(Answer.REFUTED, shown, _decimal(a), _decimal(b))
        if found.left != found.right and _is_seen(a, b):
            return found
        first = first or found  # 1 - e^(-100) against 1 - e^(-200): other values show more
    return first or Comparison(Answer.UNDECIDED)


def _is_seen(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether two numbers differ by more than a thousandth of the larger one."""
    try:
        first, second = complex(a), complex(b)
    except (TypeError, ValueError, OverflowError):
        return False
    return abs(first - second) > VISIBLE * max(abs(first), abs(second))


def _test_functions(sides: tuple[sp.Expr, ...], generator: random.Random) -> dict[AppliedUndef, sp.Expr]:
    """A polynomial with random rational coefficients for every unknown function that occurs.

    Its values lie between 0 and 1 where the variables do, so that numbers shown of a crowd are those of a density that fits.
    """
    found: dict[AppliedUndef, sp.Expr] = {}
    for call in sorted(set().union(*(s.atoms(AppliedUndef) for s in sides)), key=str):
        variables = [a for a in call.args if a.is_Symbol]
        body = sp.Rational(generator.randint(20, 35), 100)
        for v in variables:
            for n in range(1, 5):
                body += sp.Rational(generator.randint(1, 9), 80 * n) * v**n
        found[call] = body
    return found


def _certainly_different(a: sp.Expr, b: sp.Expr) -> bool:
    if a.is_Rational and b.is_Rational:
        return bool(a != b)
    try:
        gap = interval(a) - interval(b)
    except (NotImplementedError, ValueError, ZeroDivisionError, TypeError):
        return False
    parts = [gap.real, gap.imag] if hasattr(gap, "imag") and not isinstance(gap, type(mpmath.iv.mpf(0))) else [gap]
    return any(0 not in part for part in parts)


def _decimal(value: sp.Expr) -> str:
    if value.is_Rational and len(str(value)) <= 24:
        return str(value)
    return str(sp.N(value, 15))
