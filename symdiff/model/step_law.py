"""Step laws: random step lengths, known through their raw moments and, where these end, their power-law tail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from symdiff.errors import DerivationError
from symdiff.model.parameter import REAL_LINE, Interval


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
    """The law of a step length s, by name and arguments; the step itself is displacement + s * direction.

    Sources: the moments are those of the standard laws (Abramowitz and Stegun, ch. 26); the strength of a power-law
    tail A abs(r)**(-1-a) is A times the integral of (1 - cos kr) abs(r)**(-1-a) over the line,
    pi/(sin(pi a/2) Gamma(1+a)) abs(k)**a for 0 < a < 2.
    """

    distribution: str
    arguments: tuple[tuple[str, sp.Expr], ...]
    index_range: Interval = REAL_LINE  # of ``index`` or ``dof``, which decide what moments exist

    def argument(self, name: str) -> sp.Expr | None:
        """The value of one argument, or None where it is not given."""
        return dict(self.arguments).get(name)

    @property
    def highest_moment(self) -> int | None:
        """The order of the last raw moment that is known and finite; None where all are."""
        return LAWS[self.distribution].highest_moment(dict(self.arguments), self.index_range)

    def raw_moment(self, order: int) -> sp.Expr:
        """E[s**order]; raises :class:`DerivationError` where it is infinite or not known."""
        highest = self.highest_moment
        if highest is not None and order > highest:
            raise DerivationError(
                f"moment {order} of the law '{self.distribution}' is not known or not finite; "
                f"its last one is of order {highest}",
                instead="ask for a lower --order, or name a law that has more moments",
            )
        if order == 0:
            return sp.Integer(1)
        return LAWS[self.distribution].moment(dict(self.arguments), order)

    @property
    def tail(self) -> Tail | None:
        """The leading non-analytic term, where the second moment is infinite."""
        return LAWS[self.distribution].tail(dict(self.arguments))

    @property
    def length_scales(self) -> tuple[tuple[sp.Expr, int], ...]:
        """Expressions whose given root is a length: moment n is of the order of the largest length to the n."""
        scales = LAWS[self.distribution].lengths
        return tuple((value, scales[name]) for name, value in self.arguments if name in scales and value != 0)

    def substitute(self, change: Callable[[sp.Expr], sp.Expr]) -> StepLaw:
        """The same law with every argument changed."""
        return StepLaw(self.distribution, tuple((n, change(v)) for n, v in self.arguments), self.index_range)


Arguments = dict[str, sp.Expr]


@dataclass(frozen=True)
class LawDefinition:
    """What a named law needs: its argument names, moments, the order of its last moment, its tail, its lengths."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    moment: Callable[[Arguments, int], sp.Expr]
    lengths: dict[str, int]
    highest_moment: Callable[[Arguments, Interval], int | None] = lambda a, index: None
    tail: Callable[[Arguments], Tail | None] = lambda a: None


def _normal(a: Arguments, n: int) -> sp.Expr:
    before, now = sp.Integer(1), a["mean"]
    for i in range(1, n):
        before, now = now, sp.expand(a["mean"] * now + i * a["variance"] * before)
    return now


def _uniform(a: Arguments, n: int) -> sp.Expr:
    return sp.Add(*(a["low"] ** i * a["high"] ** (n - i) for i in range(n + 1))) / (n + 1)


def _gamma(a: Arguments, n: int) -> sp.Expr:
    return a["scale"] ** n * sp.Mul(*(a["shape"] + i for i in range(n)))


def _student(a: Arguments, n: int) -> sp.Expr:
    if n % 2:
        return sp.Integer(0)
    nu = a["dof"]
    return nu ** (n // 2) * sp.Mul(*((2 * i - 1) / (nu - 2 * i) for i in range(1, n // 2 + 1)))


def _certainly_above(index: Interval, order: int) -> bool:
    return index.low is not None and (index.low > order or (index.low == order and index.low_open))


def _student_highest(a: Arguments, index: Interval) -> int | None:
    """Moments exist below dof: the last integer order that is below it for every allowed value."""
    return max((order for order in range(1, 40) if _certainly_above(index, order)), default=0)


def _given(a: Arguments, n: int) -> sp.Expr:
    mean = a.get("mean", sp.Integer(0))
    if n == 1:
        return mean
    variance = a["variance"] if "variance" in a else a["second_moment"] - mean**2
    cumulants = [sp.Integer(0), mean, variance, a.get("third_cumulant"), a.get("fourth_cumulant")]
    moments = [sp.Integer(1)]
    for m in range(1, n + 1):  # m_n = sum_k C(n-1, k-1) kappa_k m_(n-k)
        moments.append(
            sp.expand(sum(sp.binomial(m - 1, k - 1) * cumulants[k] * moments[m - k] for k in range(1, m + 1)))
        )
    return moments[n]


def _given_highest(a: Arguments, index: Interval) -> int | None:
    if "third_cumulant" not in a:
        return 2
    return 4 if "fourth_cumulant" in a else 3


def _tail_moment(a: Arguments, n: int) -> sp.Expr:
    mean = a.get("mean", sp.Integer(0))
    return mean if n == 1 else a["variance"] + mean**2


def _tail_highest(a: Arguments, index: Interval) -> int | None:
    if "variance" in a:
        return 2
    return 1 if "mean" in a or _certainly_above(index, 1) else 0


def _tail_term(a: Arguments) -> Tail | None:
    if "variance" in a:
        return None
    index = a["index"]
    strength = a["amplitude"] * sp.pi / (sp.sin(sp.pi * index / 2) * sp.gamma(1 + index))
    return Tail(index, strength, exact=False)


def _no_moment(a: Arguments, n: int) -> sp.Expr:
    return sp.Integer(0)


LAWS: dict[str, LawDefinition] = {
    "fixed": LawDefinition(("value",), (), lambda a, n: a["value"] ** n, {"value": 1}),
    "normal": LawDefinition(("mean", "variance"), (), _normal, {"mean": 1, "variance": 2}),
    "laplace": LawDefinition(("scale",), (), lambda a, n: sp.Integer(0) if n % 2 else sp.factorial(n) * a["scale"] ** n, {"scale": 1}),
    "uniform": LawDefinition(("low", "high"), (), _uniform, {"low": 1, "high": 1}),
    "exponential": LawDefinition(("mean",), (), lambda a, n: sp.factorial(n) * a["mean"] ** n, {"mean": 1}),
    "gamma": LawDefinition(("shape", "scale"), (), _gamma, {"scale": 1}),
    "student": LawDefinition(("dof",), (), _student, {}, _student_highest),
    "moments": LawDefinition(
        (), ("mean", "variance", "second_moment", "third_cumulant", "fourth_cumulant"), _given,
        {"mean": 1, "variance": 2, "second_moment": 2, "third_cumulant": 3, "fourth_cumulant": 4}, _given_highest),
    "tail": LawDefinition(("index", "amplitude"), ("mean", "variance"), _tail_moment,
                          {"mean": 1, "variance": 2}, _tail_highest, _tail_term),
    "levy": LawDefinition(("index", "scale"), (), _no_moment, {"scale": 1},
                          lambda a, index: 1 if _certainly_above(index, 1) else 0,
                          lambda a: Tail(a["index"], a["scale"] ** a["index"], exact=True)),
    "cauchy": LawDefinition(("scale",), (), _no_moment, {"scale": 1}, lambda a, index: 0,
                            lambda a: Tail(sp.Integer(1), a["scale"], exact=True)),
}  # fmt: skip

LATER_LAWS = ("pareto", "lomax", "mittag_leffler", "binomial", "poisson", "geometric", "isotropic")
