"""Waiting-time laws, known through their moments and through the first power of s that is not whole.

With psi(s) = E[e^(-st)], 1 - psi(s) = E[t] s - E[t^2] s^2/2 + ... + c s^index + ...; a density that falls like
A t^(-1-index) contributes c = A Gamma(1 - index)/index (Tauberian theorem; Feller, vol. 2, ch. XIII). At the whole
indices 1 and 2 a logarithm stands in its place: A s log(1/s) and - (A/2) s^2 log(1/s).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy as sp

from symdiff.errors import DerivationError, NotYetError, OpenCaseError
from symdiff.model.parameter import REAL_LINE, Interval
from symdiff.model.ranges import enclosure
from symdiff.model.small_variable import LOG, PowerSum, SmallVariable
from symdiff.model.step_law import LAWS
from symdiff.notation.storable import Storable

BY_MOMENTS = ("fixed", "exponential", "gamma", "uniform", "moments")
HEAVY = ("pareto", "lomax", "mittag_leffler", "levy", "tail")
NEGATIVE = ("normal", "laplace", "student", "cauchy", "binomial", "poisson", "geometric", "isotropic")
LAPLACE = "laplace_transform"
S = sp.Symbol("s", positive=True)


@dataclass(frozen=True)
class WaitTail:
    """The first power of s in 1 - psi(s) that is not whole: ``coefficient`` * s**``index``.

    ``logarithmic``: index 1 or 2, where ``coefficient`` multiplies s**index * log(1/s). ``exact``: psi is 1/(1 + c s^index).
    """

    index: sp.Expr
    coefficient: sp.Expr
    exact: bool = False
    logarithmic: bool = False


@dataclass(frozen=True)
class WaitingLaw(Storable):
    """The law of a wait, by name and arguments; ``transform`` + O(``remainder``) is E[e^(-st)] where a formula gives it.

    ``box`` holds the ranges of the parameters, which decide what moments exist.
    """

    distribution: str
    arguments: tuple[tuple[str, sp.Expr], ...]
    transform: sp.Expr | None = None
    box: tuple[tuple[sp.Symbol, Interval], ...] = ()
    index_range: Interval = REAL_LINE
    remainder: sp.Expr | None = None

    def argument(self, name: str) -> sp.Expr | None:
        """The value of one argument, or None where it is not given."""
        return dict(self.arguments).get(name)

    @property
    def index(self) -> sp.Expr | None:
        """The index of the power law, where the law has one."""
        if self.transform is not None:
            return self._noninteger()[0]
        if self.distribution == "pareto" and self.argument("cutoff") is not None:
            return None
        return self.argument("index") if self.distribution in HEAVY else None

    def side_of(self, threshold: int) -> int | None:
        """-1, 0 or 1: the index lies below, at or above a threshold for all its values; None where this is open."""
        span = self.index_range
        if span.low is not None and span.low == span.high == threshold:
            return 0
        if span.high is not None and (span.high < threshold or (span.high == threshold and span.high_open)):
            return -1
        if span.low is not None and (span.low > threshold or (span.low == threshold and span.low_open)):
            return 1
        return None

    @property
    def mean_is_infinite(self) -> bool:
        """Whether the wait has no mean; raises where the index leaves it open."""
        if self.index is None:
            return False
        if self.transform is not None:
            return self._small(1).representative(self.index) <= 1  # s log(1/s) at 1: whole powers alone have no index
        if self.distribution in ("levy", "mittag_leffler"):
            return self.side_of(1) != 0
        side = self.side_of(1)
        if side is None:
            raise OpenCaseError(f"whether the waits have a mean depends on {self.index}", instead="narrow its range",
                                index=self.index, at=1)  # fmt: skip
        return side <= 0

    @property
    def highest_moment(self) -> int | None:
        """The order of the last moment that is known and finite; None where all are."""
        if self.transform is not None:
            index, order = self._noninteger()
            bound = order if index is None else min(order, self._small(1).representative(index))
            return None if bound >= 10**6 else _below(bound)
        arguments = dict(self.arguments)
        if self.distribution in BY_MOMENTS:
            return LAWS[self.distribution].highest_moment(arguments, self.index_range)
        if self.index is None or (self.distribution == "mittag_leffler" and self.side_of(1) == 0):
            return None
        if self.distribution == "tail":
            return 2 if "variance" in arguments else 1 if "mean" in arguments else 0
        if self.distribution in ("levy", "mittag_leffler"):
            return 0
        low = self.index_range.low
        if low is None:
            return 0
        return int(low) if low.denominator != 1 or self.index_range.low_open else int(low) - 1

    @property
    def open_power(self) -> sp.Expr | None:
        """The first power of s beyond the moments that are known: a whole one, or that of the tail; None where all are."""
        highest = self.highest_moment
        if highest is None:
            return None
        found = {sp.Integer(highest + 1), self.index}
        if self.transform is not None:
            found.add(self._expanded(4).open_order)
        powers = sorted(found - {None}, key=sp.default_sort_key)
        box = dict(self.box)
        for p in tuple(powers):
            spans = (enclosure(sp.expand(p - q), box) for q in powers if q != p)
            if any(span.low is not None and span.low >= 0 for span in spans):
                powers.remove(p)
        return sp.Min(*powers)

    def stand_in(self, exponent: sp.Expr) -> Fraction:
        """A number that stands for an exponent of s in comparisons."""
        parts = exponent.args if isinstance(exponent, sp.Min) else (exponent,)
        return min(self._small(1).representative(p) for p in parts)

    def moment(self, order: int) -> sp.Expr:
        """E[t**order]; raises :class:`DerivationError` where it is infinite or not known."""
        highest = self.highest_moment
        if highest is not None and order > highest:
            raise DerivationError(
                f"moment {order} of the waiting time '{self.distribution}' is not known or not finite",
                instead="ask for a lower --order, or state more of the law")  # fmt: skip
        if order == 0:
            return sp.Integer(1)
        a = dict(self.arguments)
        if self.transform is not None:
            terms = self._expanded(order + 1, known=order).terms
            return sp.Integer(-1) ** order * sp.factorial(order) * terms.get(sp.Integer(order), sp.Integer(0))
        if self.distribution in BY_MOMENTS:
            return LAWS[self.distribution].moment(a, order)
        return _MOMENTS[self.distribution](a, order)

    @property
    def tail(self) -> WaitTail | None:
        """The first power of s that is not whole, where the law has a power-law tail."""
        index = self.index
        if index is None:
            return None
        if self.transform is not None:
            found = -self._expanded(4, known=4).terms[index]
            if found.has(LOG):
                return WaitTail(index, logarithm_of(found, index), logarithmic=True) if index <= 2 else None
            return WaitTail(index, found, exact=self.remainder is None and _is_mittag_leffler(self.transform, index))
        a = dict(self.arguments)
        if self.distribution == "mittag_leffler":
            return None if self.side_of(1) == 0 else WaitTail(index, a["scale"] ** index, exact=True)
        if self.distribution == "levy":
            return WaitTail(index, a["scale"] ** index / sp.cos(sp.pi * index / 2))
        amplitude = a["amplitude"] if self.distribution == "tail" else index * a["scale"] ** index
        if self.side_of(1) == 0:
            return WaitTail(sp.Integer(1), amplitude, logarithmic=True)
        if self.side_of(2) == 0:
            return WaitTail(sp.Integer(2), -amplitude / 2, logarithmic=True)
        if index.is_Integer:
            return None  # a logarithm beyond the second order, where nothing of it is needed
        return WaitTail(index, amplitude * sp.gamma(1 - index) / index)

    def substitute(
        self, change: Callable[[sp.Expr], sp.Expr], box: Mapping[sp.Symbol, Interval] | None = None
    ) -> WaitingLaw:
        """The same law with every argument changed."""
        arguments = tuple((n, change(v)) for n, v in self.arguments)
        ranges = tuple(box.items()) if box is not None else self.box
        index = dict(arguments).get("index")
        span = self.index_range if index is None else enclosure(index, dict(ranges))
        transform = None if self.transform is None else change(self.transform)
        remainder = None if self.remainder is None else change(self.remainder)
        return WaitingLaw(self.distribution, arguments, transform, ranges, span, remainder)

    # --- laws given by their transform ----------------------------------------------------------------------------

    def _small(self, order: int) -> SmallVariable:
        return SmallVariable(S, dict(self.box), order)

    def _expanded(self, order: int, known: int = 0) -> PowerSum:
        """psi(s) as powers of s, known beyond s**``known`` unless an O(...) ends it before: quotients by s lose powers."""
        return _expansion(self, order, known)

    def _noninteger(self) -> tuple[sp.Expr | None, Fraction]:
        """The first exponent that is not whole or has a logarithm, and where the knowledge of the law ends (10**6: nowhere)."""
        small, found = self._small(4), self._expanded(4, known=4)
        exponents = singular_exponents(found, small)
        order = found.order if found.open_order is not None else Fraction(10**6)
        return (exponents[0] if exponents else None), order


@lru_cache(maxsize=64)
def _expansion(law: WaitingLaw, order: int, known: int) -> PowerSum:
    """The powers of s of a transform: every question about the law's moments asks for them."""
    assert law.transform is not None
    while True:
        found = SmallVariable(S, dict(law.box), order).expand(law.transform, law.remainder)
        if found.order > known or found.open_order is not None:
            return found
        order += 2


def singular_exponents(found: PowerSum, small: SmallVariable) -> list[sp.Expr]:
    """The exponents, in order, at which psi is not analytic: those that are not whole, and those with a logarithm."""
    return sorted((x for x, c in found.terms.items() if not x.is_Integer or c.has(LOG)), key=small.representative)


def logarithm_of(coefficient: sp.Expr, index: sp.Expr) -> sp.Expr:
    """The factor of log(1/s); raises where it is not the only one."""
    powers = sp.Poly(coefficient, LOG).as_dict()
    if not index.is_Integer or max(powers) > (1,):
        raise NotYetError(
            f"logarithms beside s**({index}), other than one at the first or second power, are not handled yet"
        )
    return powers[(1,)]


def _below(bound: Fraction) -> int:
    """The largest integer below a bound."""
    return int(bound) - 1 if bound.denominator == 1 else int(bound)


def _is_mittag_leffler(transform: sp.Expr, index: sp.Expr) -> bool:
    """Whether 1/psi - 1 is one power of s."""
    rest = sp.expand(1 / transform - 1)
    return not sp.expand(rest / S**index).has(S)


def _pareto(a: Mapping[str, sp.Expr], n: int) -> sp.Expr:
    index, scale, cutoff = a["index"], a["scale"], a.get("cutoff")
    if cutoff is None:
        return index * scale**n / (index - n)
    if index == n:
        return index * scale**n * sp.log(cutoff / scale) / (1 - (scale / cutoff) ** index)
    share = index / (index - n) * (scale**n - scale**index * cutoff ** (n - index))
    return share / (1 - (scale / cutoff) ** index)


def _lomax(a: Mapping[str, sp.Expr], n: int) -> sp.Expr:
    return sp.factorial(n) * a["scale"] ** n / sp.Mul(*(a["index"] - i for i in range(1, n + 1)))


def _tail(a: Mapping[str, sp.Expr], n: int) -> sp.Expr:
    return a["mean"] if n == 1 else a["variance"] + a["mean"] ** 2


_MOMENTS: dict[str, Callable[[Mapping[str, sp.Expr], int], sp.Expr]] = {
    "pareto": _pareto, "lomax": _lomax, "tail": _tail,
    "mittag_leffler": lambda a, n: sp.factorial(n) * a["scale"] ** n,
}  # fmt: skip
