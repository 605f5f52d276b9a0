"""Step laws: random step lengths, known through raw moments and through the non-analytic terms of their transform.

With k > 0, E[e^(ikr)] = sum_n m_n (ik)^n/n! + sum of (even + i odd) k^exponent (log k)^logs; for k < 0 the complex
conjugate. A law with a heavy tail has non-analytic terms; its m_n beyond the tail's index are the finite parts of the
divergent moments, which are no moments but stand in the transform all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from symdiff.errors import DerivationError
from symdiff.model import density_law, family, transform_law
from symdiff.model.named_laws import LATER_LAWS, LAWS, LawDefinition, several_lengths_moment
from symdiff.model.parameter import REAL_LINE, Interval
from symdiff.model.ranges import enclosure
from symdiff.model.singular import Singular

MOST_STRETCHES = 64  # four sizes of each of three parameters

__all__ = ["LATER_LAWS", "LAWS", "LawDefinition", "Singular", "StepLaw", "Tail"]


@dataclass(frozen=True)
class Tail:
    """The leading non-analytic term of a symmetric law: 1 - phi(k) = ``strength`` * abs(k)**``index`` + ...

    ``exact``: phi is exp(-strength abs(k)**index), so that discrete time adds no corrections.
    """

    index: sp.Expr
    strength: sp.Expr
    exact: bool


@dataclass(frozen=True)
class StepLaw:
    """The law of a step, by name and arguments.

    A law of one length s moves by displacement + s * direction. A law of several lengths (``lengths`` > 1) moves by
    displacement + sum of s_a * direction_a; without a direction s is the step vector itself. ``index_range`` holds the
    values of ``index`` or ``dof``, which decide what moments exist; ``box`` the intervals of the parameters.
    ``inner`` is the law of the length of an isotropic step.

    Sources: the moments are those of the standard laws (Abramowitz and Stegun, ch. 26); the strength of a power-law
    tail A abs(r)**(-1-a) is A times the integral of (1 - cos kr) abs(r)**(-1-a) over the line,
    pi/(sin(pi a/2) Gamma(1+a)) abs(k)**a for 0 < a < 2, and its analytic continuation beyond.
    """

    distribution: str
    arguments: tuple[tuple[str, sp.Expr], ...]
    index_range: Interval = REAL_LINE
    lengths: int = 1
    box: tuple[tuple[sp.Symbol, Interval], ...] = field(default=(), repr=False)
    inner: StepLaw | None = None

    def argument(self, name: str) -> sp.Expr | None:
        """The value of one argument, or None where it is not given."""
        return dict(self.arguments).get(name)

    @property
    def variables(self) -> tuple[sp.Symbol, ...]:
        """The symbols that stand for the random lengths in rates that depend on them."""
        if self.distribution == "family":
            return family.index_symbols(self.lengths)
        return tuple(sp.Symbol(f"step.{a}", real=True) for a in range(self.lengths))

    @property
    def highest_moment(self) -> int | None:
        """The order of the last raw moment that is certainly finite and known; None where all are."""
        if self.inner is not None:
            return self.inner.highest_moment
        if self.distribution == "family":
            return family.highest_family_moment(dict(self.arguments), self.box)
        if self.distribution == "density" and self.lengths > 1:
            return None  # a product of light tails
        if self.distribution in transform_law.BY_FORMULA:
            return transform_law.transform_highest(self)
        return LAWS[self.distribution].highest_moment(dict(self.arguments), self.index_range)

    @property
    def singular(self) -> tuple[Singular, ...]:
        """The non-analytic terms, the largest first; of a symbolic index only those that are certainly ordered."""
        if self.inner is not None:
            return _isotropic_singular(self)
        if self.distribution == "family":
            return family.family_singular(dict(self.arguments), self.box)
        if self.distribution == "density" and self.lengths > 1:
            return ()
        if self.distribution in transform_law.BY_FORMULA:
            return transform_law.transform_singular(self)
        return LAWS[self.distribution].singular(dict(self.arguments), self.index_range)

    @property
    def imaginary_only(self) -> bool:
        """Whether E[e^(q r)] exists for imaginary q only: power tails, whatever the order at which they show, and what falls
        off slower than an exponential."""
        law = self.inner or self
        if law.distribution == "density" and density_law.falls_off_slowly(law):
            return True
        if law.distribution == "family" and family.grows_beyond_bounds(dict(law.arguments), law.box):
            return True
        return bool(self.singular) or law.distribution in ("tail", "student")

    @property
    def known_below(self) -> sp.Expr | None:
        """The power of k from which on nothing is known of the transform; None where all is known."""
        if self.inner is not None:
            return self.inner.known_below
        if self.distribution == "family":
            return family.family_known_below(dict(self.arguments), self.box)
        if self.distribution == "density" and self.lengths > 1:
            return None
        if self.distribution in transform_law.BY_FORMULA:
            return transform_law.transform_known_below(self)
        return LAWS[self.distribution].known_below(dict(self.arguments), self.index_range)

    def raw_moment(self, *orders: int) -> sp.Expr:
        """E[s_1**o_1 s_2**o_2 ...]; raises :class:`DerivationError` where it is infinite or not known."""
        highest, order = self.highest_moment, sum(orders)
        if highest is not None and order > highest:
            raise DerivationError(
                f"moment {order} of the law '{self.distribution}' is not known or not finite; "
                f"its last one is of order {highest}",
                instead="ask for a lower --order, or name a law that has more moments",
            )
        return self.analytic_moment(*orders)

    def analytic_moment(self, *orders: int) -> sp.Expr:
        """m_n of the analytic part of the transform: the moment, or the finite part of a divergent one."""
        if not any(orders):
            return sp.Integer(1)
        if self.inner is not None:
            return _isotropic_moment(self, orders)
        if self.distribution == "family":
            return family.family_moment(dict(self.arguments), self.box, orders)
        if self.distribution in transform_law.BY_FORMULA:
            return transform_law.transform_moment(self, orders)
        if self.lengths > 1:
            return several_lengths_moment(dict(self.arguments), orders)
        return LAWS[self.distribution].moment(dict(self.arguments), orders[0])

    def stand_in(self, exponent: sp.Expr) -> Fraction:
        """A number that stands for an exponent in comparisons: the exponent itself, or a value inside its range."""
        if exponent.is_Rational:
            return Fraction(int(exponent.p), int(exponent.q))
        box = dict(self.box or (self.inner.box if self.inner is not None else ()))
        stated = [e for e in box if not e.is_Symbol]  # what comparisons between parameters make positive
        change: dict[sp.Symbol, sp.Expr] = {}
        for stretch in range(MOST_STRETCHES if stated else 1):
            for n, symbol in enumerate(sorted(exponent.free_symbols, key=str)):
                span = box.get(symbol, REAL_LINE)
                low = Fraction(0) if span.low is None else span.low
                high = low + 1 + 3 * (stretch // 4**n % 4) if span.high is None else span.high
                share = low + (high - low) * Fraction(617 + 31 * n, 1000)
                change[symbol] = sp.Rational(share.numerator, share.denominator)
            if not any(e.xreplace(change).is_negative for e in stated):
                break
        value = sp.expand(exponent.xreplace(change))
        if value.is_number and value.is_real and not value.is_Rational:
            value = sp.Rational(str(sp.N(value, 20))).limit_denominator(10**6)
        if not value.is_Rational:
            raise DerivationError(
                f"the exponent {exponent} of a heavy tail is not handled", instead="name it by one parameter"
            )
        return Fraction(int(value.p), int(value.q))

    def range_of(self, index: sp.Expr) -> Interval:
        """Where the index of a tail may lie."""
        box = self.box or (self.inner.box if self.inner is not None else ())
        return enclosure(index, dict(box)) if box else self.index_range

    def order_of(self, term: Singular) -> Fraction:
        """The power of k at which a non-analytic term counts; k^a log(k) is larger than k^a by a little."""
        return self.stand_in(term.exponent) - Fraction(term.logs, 1000)

    @property
    def tail(self) -> Tail | None:
        """The leading non-analytic term, where the second moment is infinite."""
        for term in self.singular:
            if self.order_of(term) < 2:
                return Tail(term.exponent, -term.even, exact=self.distribution in ("levy", "cauchy"))
        return None

    @property
    def length_scales(self) -> tuple[tuple[sp.Expr, int], ...]:
        """Expressions whose given root is a length: moment n is of the order of the largest length to the n."""
        if self.inner is not None:
            return self.inner.length_scales
        if self.distribution == "family" or self.distribution in transform_law.BY_FORMULA:
            return ()
        if self.distribution == "normal" and self.lengths > 1:
            return tuple((v, 1 if n.startswith("mean") else 2) for n, v in self.arguments if v != 0)
        scales = LAWS[self.distribution].lengths
        return tuple((value, scales[name]) for name, value in self.arguments if name in scales and value != 0)

    def substitute(self, change: Callable[[sp.Expr], sp.Expr]) -> StepLaw:
        """The same law with every argument changed."""
        inner = None if self.inner is None else self.inner.substitute(change)
        arguments = tuple((n, change(v)) for n, v in self.arguments)
        index = dict(arguments).get("index", dict(arguments).get("dof"))
        span = self.index_range
        if index is not None and index.is_Rational:
            value = Fraction(int(index.p), int(index.q))
            span = Interval(value, value, False, False)
        box = tuple((e if e.is_Symbol else change(e), stated) for e, stated in self.box)
        return StepLaw(self.distribution, arguments, span, self.lengths, box, inner)


def _isotropic_moment(law: StepLaw, orders: tuple[int, ...]) -> sp.Expr:
    """E[L^n] E[u_1^a u_2^b ...], u uniform on the unit sphere: zero for an odd power, else
    (a - 1)!! (b - 1)!! ... / (d (d + 2) ... (d + n - 2))."""
    assert law.inner is not None
    n, d = sum(orders), law.lengths
    if any(a % 2 for a in orders):
        return sp.Integer(0)
    share = sp.Mul(*(sp.factorial2(a - 1) for a in orders if a)) / sp.Mul(*(d + 2 * i for i in range(n // 2)))
    beside = sp.Integer(0)  # of c abs(u_1 k)^n log(abs(u_1 k)): the average of abs(u_1)^n log(abs(u_1))
    for term in law.inner.singular:
        if term.logs and term.exponent == n:
            beside += term.even * _mean_logarithm(n, d) * sp.factorial(n) * sp.Integer(-1) ** (n // 2)
    return (law.inner.analytic_moment(n) + beside) * share


def _mean_logarithm(a: int, d: int) -> sp.Expr:
    """E[abs(u_1)^a log(abs(u_1))] over E[abs(u_1)^a]: (psi((1 + a)/2) - psi((d + a)/2))/2."""
    return (sp.digamma(sp.Rational(1 + a, 2)) - sp.digamma(sp.Rational(d + a, 2))) / 2


def _isotropic_singular(law: StepLaw) -> tuple[Singular, ...]:
    """The even part of every term of the length's transform times E[abs(u_1)**a], the odd parts average out.

    E[abs(u_1)**a] = Gamma(d/2) Gamma((1 + a)/2)/(sqrt(pi) Gamma((d + a)/2)). Beside k^a log(k), a whole and even, stands
    an analytic term, see :func:`_isotropic_moment`.
    """
    assert law.inner is not None
    d, found = law.lengths, []
    for term in law.inner.singular:
        a = term.exponent
        if term.even == 0:
            continue
        if term.logs > 1 or (term.logs and not (a / 2).is_Integer):
            raise DerivationError("isotropic steps whose length has such a logarithmic tail are not handled")
        share = sp.gamma(sp.Rational(d, 2)) * sp.gamma((1 + a) / 2) / (sp.sqrt(sp.pi) * sp.gamma((d + a) / 2))
        found.append(Singular(a, term.even * share, logs=term.logs))
    return tuple(found)
