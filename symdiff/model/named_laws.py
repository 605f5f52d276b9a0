"""The named laws of one length: arguments, moments, non-analytic terms; and normal laws of several lengths."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.functions.combinatorial.numbers import stirling

from symdiff.model.parameter import Interval
from symdiff.model.singular import Singular, power_tail

Arguments = dict[str, sp.Expr]
MOST_POWERS = 16  # of k^alpha in a stable law's characteristic function


@dataclass(frozen=True)
class LawDefinition:
    """What a named law needs: its argument names, moments, the root that makes each argument a length, the order of its
    last moment, its non-analytic terms, and the power of k from which on it is not known."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    moment: Callable[[Arguments, int], sp.Expr]
    lengths: dict[str, int]
    highest_moment: Callable[[Arguments, Interval], int | None] = lambda a, index: None
    singular: Callable[[Arguments, Interval], tuple[Singular, ...]] = lambda a, index: ()
    known_below: Callable[[Arguments, Interval], sp.Expr | None] = lambda a, index: None


def _normal(a: Arguments, n: int) -> sp.Expr:
    before, now = sp.Integer(1), a["mean"]
    for i in range(1, n):
        before, now = now, sp.expand(a["mean"] * now + i * a["variance"] * before)
    return now


def _uniform(a: Arguments, n: int) -> sp.Expr:
    return sp.Add(*(a["low"] ** i * a["high"] ** (n - i) for i in range(n + 1))) / (n + 1)


def _gamma(a: Arguments, n: int) -> sp.Expr:
    return a["scale"] ** n * sp.Mul(*(a["shape"] + i for i in range(n)))


def _certainly_above(index: Interval, order: int) -> bool:
    return index.low is not None and (index.low > order or (index.low == order and index.low_open))


def _certainly_below(index: Interval, order: int) -> bool:
    return index.high is not None and (index.high < order or (index.high == order and index.high_open))


def highest_certain_moment(index: Interval) -> int:
    """Moments exist below the index: the last integer order that is below it for every allowed value."""
    return max((order for order in range(1, 40) if _certainly_above(index, order)), default=0)


def _highest_below_index(a: Arguments, index: Interval) -> int:
    return highest_certain_moment(index)


def _student(a: Arguments, n: int) -> sp.Expr:
    """E[r^n]; at even degrees of freedom and beyond them, the analytic term beside the logarithm (NIST DLMF 10.31.1)."""
    if n % 2:
        return sp.Integer(0)
    nu, half = a["dof"], n // 2
    if not _is_even(nu) or n < nu:
        return nu**half * sp.Mul(*((2 * i - 1) / (nu - 2 * i) for i in range(1, half + 1)))
    share = _student_log(nu, half - nu / 2)
    beside = share * sp.log(nu / 4) / 2 - share * (sp.digamma(half - nu / 2 + 1) + sp.digamma(half + 1)) / 2
    return sp.factorial(n) * sp.Integer(-1) ** half * beside


def _is_even(nu: sp.Expr) -> bool:
    return bool(nu.is_Rational and (nu / 2).is_Integer)


def _student_log(nu: sp.Expr, j: sp.Expr) -> sp.Expr:
    """The coefficient of k^(nu + 2 j) log(k) at an even number of degrees of freedom."""
    m = nu / 2
    return sp.Integer(-1) ** (m + 1) * 2 / sp.gamma(m) * (nu / 4) ** (m + j) / (sp.factorial(j) * sp.factorial(m + j))


def _student_singular(a: Arguments, index: Interval) -> tuple[Singular, ...]:
    """- sum_j Gamma(1 - mu)/(j! Gamma(j + 1 + mu)) (x/2)^(2 mu + 2j), x = sqrt(dof) k, mu = dof/2; logarithms where mu is whole.

    Source: the transform K_mu(x) x^mu/(Gamma(mu) 2^(mu-1)) and NIST DLMF 10.27.4, 10.31.1.
    """
    nu = a["dof"]
    mu = nu / 2
    if _is_even(nu):
        return tuple(Singular(nu + 2 * j, _student_log(nu, sp.Integer(j)), logs=1) for j in range(4))
    return tuple(
        Singular(nu + 2 * j, -sp.gamma(1 - mu) / (sp.factorial(j) * sp.gamma(j + 1 + mu)) * (nu / 4) ** (mu + j))
        for j in range(4 if nu.is_Rational else 1)
    )


def _student_known(a: Arguments, index: Interval) -> sp.Expr | None:
    """Four non-analytic terms are listed; a symbolic number of degrees of freedom leaves their order open."""
    nu = a["dof"]
    if not nu.is_Rational:
        return sp.Min(2, 2 * nu) if _certainly_below(index, 2) else sp.Min(nu, _highest_below_index(a, index) + 1)
    return nu + 8


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
    if n == 1:
        return mean
    return a["variance"] + mean**2 if n == 2 else 3 * mean * a["variance"] + mean**3


def _tail_highest(a: Arguments, index: Interval) -> int | None:
    if "variance" in a:
        return 3 if _certainly_above(index, 3) else 2
    return 1 if "mean" in a or _certainly_above(index, 1) else 0


def _tail_known(a: Arguments, index: Interval) -> sp.Expr | None:
    """A symmetric law (about its mean) with this tail; what follows decays by two powers more, or is a moment."""
    alpha = a["index"]
    if "variance" not in a:
        return sp.Min(2, 2 * alpha) if not alpha.is_Rational else sp.Integer(2)
    if not alpha.is_Rational:
        return sp.Min(alpha, 4)
    return sp.Min(4, alpha + 1) if alpha != 4 else sp.Integer(4)


def _tail_singular(a: Arguments, index: Interval) -> tuple[Singular, ...]:
    alpha = a["index"]
    if "variance" in a and (not alpha.is_Rational or alpha >= 4):
        return ()
    return (power_tail(alpha, a["amplitude"]),)


def _no_moment(a: Arguments, n: int) -> sp.Expr:
    return sp.Integer(0)


def _levy_singular(a: Arguments, index: Interval) -> tuple[Singular, ...]:
    """exp(-(ck)^alpha (1 - i beta tan(pi alpha/2))) for k > 0, power by power."""
    alpha, beta = a["index"], a.get("skewness", sp.Integer(0))
    if alpha == 2:
        return ()
    slope = sp.Integer(0) if beta == 0 else beta * sp.tan(sp.pi * alpha / 2)
    found = []
    for n in range(1, _levy_powers(alpha) + 1):
        real, imaginary = _complex_power(n, slope)
        scale = (-1) ** n * a["scale"] ** (n * alpha) / sp.factorial(n)
        exponent = n * alpha
        if exponent.is_Integer and exponent % 2 == 0 and imaginary == 0:
            continue  # an analytic term, see _levy_moment
        found.append(Singular(exponent, sp.expand(scale * real), sp.expand(scale * imaginary)))
    return tuple(found)


def _complex_power(n: int, slope: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(1 - i slope)**n as (real, imaginary)."""
    real, imaginary = sp.Integer(1), sp.Integer(0)
    for _ in range(n):
        real, imaginary = sp.expand(real + slope * imaginary), sp.expand(imaginary - slope * real)
    return real, imaginary


def _levy_moment(a: Arguments, m: int) -> sp.Expr:
    """The analytic part: even powers n alpha = m of the symmetric law (all of a normal law for alpha = 2)."""
    alpha = a["index"]
    if not alpha.is_Rational or m % 2 or not (m / alpha).is_Integer or (alpha != 2 and a.get("skewness", 0) != 0):
        return sp.Integer(0)
    n = int(m / alpha)  # (-1)^n c^m k^m / n! = m_m (ik)^m / m!
    return sp.Integer(-1) ** (n + m // 2) * a["scale"] ** m * sp.factorial(m) / sp.factorial(n)


def _cauchy_singular(a: Arguments, index: Interval) -> tuple[Singular, ...]:
    return _levy_singular({"index": sp.Integer(1), "scale": a["scale"]}, index)


def _cauchy_moment(a: Arguments, m: int) -> sp.Expr:
    return _levy_moment({"index": sp.Integer(1), "scale": a["scale"]}, m)


def _levy_powers(alpha: sp.Expr) -> int:
    """How many powers of k^alpha are written out: all below k^4, or as many as are not too many."""
    return min(max(8, math.ceil(4 / alpha)), MOST_POWERS) if alpha.is_Rational else 1


def _levy_known(a: Arguments, index: Interval) -> sp.Expr | None:
    alpha = a["index"]
    if alpha == 2:
        return None
    return (_levy_powers(alpha) + 1) * alpha if alpha.is_Rational else sp.Min(2, 2 * alpha)


def _pareto(a: Arguments, n: int) -> sp.Expr:
    """alpha a^n/(alpha - n), at n = alpha what stands beside the logarithm; with a cut-off R the moments of
    a^alpha alpha r^(-1-alpha)/(1 - (a/R)^alpha) on a < r < R."""
    alpha, low, high = a["index"], a["scale"], a.get("cutoff")
    if high is None:
        return alpha * low**n * (sp.digamma(n + 1) - sp.log(low) if alpha == n else 1 / (alpha - n))
    share = alpha * low**alpha / (1 - (low / high) ** alpha)
    return (
        share * sp.log(high / low) if alpha == n else share * (high ** (n - alpha) - low ** (n - alpha)) / (n - alpha)
    )


def _pareto_singular(a: Arguments, index: Interval) -> tuple[Singular, ...]:
    """- Gamma(1 - alpha) (-ika)^alpha, from E[e^(ikr)] = alpha (-ika)^alpha Gamma(-alpha, -ika).

    At a whole index m: (ika)^m/(m - 1)! (i pi/2 - log k) beside the analytic part (NIST DLMF 8.4.15).
    """
    alpha = a["index"]
    if "cutoff" in a:
        return ()
    if alpha.is_Integer:
        turned, lead = sp.I**alpha, a["scale"] ** alpha / sp.factorial(alpha - 1)
        log = Singular(alpha, -lead * sp.re(turned), -lead * sp.im(turned), logs=1)
        quarter = lead * sp.pi / 2
        return (log, Singular(alpha, quarter * sp.re(sp.I * turned), quarter * sp.im(sp.I * turned)))
    strength = -sp.gamma(1 - alpha) * a["scale"] ** alpha
    return (Singular(alpha, strength * sp.cos(sp.pi * alpha / 2), -strength * sp.sin(sp.pi * alpha / 2)),)


def _pareto_known(a: Arguments, index: Interval) -> sp.Expr | None:
    """A symbolic index leaves the order of terms open."""
    return None if "cutoff" in a or a["index"].is_Rational else _open_order(a["index"], index)


def _open_order(alpha: sp.Expr, index: Interval) -> sp.Expr:
    """The first power beyond the leading ones whose place in the order depends on a symbolic index."""
    if _certainly_below(index, 1):
        return sp.Min(1, 2 * alpha)
    if not _certainly_below(index, 2):  # the next moment may or may not exist
        return sp.Min(alpha, _highest_below_index({}, index) + 1)
    return sp.Integer(2) if _certainly_above(index, 1) else sp.Min(2, 2 * alpha)


def _pareto_highest(a: Arguments, index: Interval) -> int | None:
    return None if "cutoff" in a else _highest_below_index(a, index)


def _lomax(a: Arguments, n: int) -> sp.Expr:
    """Moments of r - a, r a Pareto length; analytically continued beyond the index."""
    low = a["scale"]
    shifted = [sp.binomial(n, i) * (_pareto(a, i) if i else sp.Integer(1)) * (-low) ** (n - i) for i in range(n + 1)]
    return sp.factor(sp.Add(*shifted))


def _lomax_singular(a: Arguments, index: Interval) -> tuple[Singular, ...]:
    """e^(-ika) times the Pareto term."""
    first = _pareto_singular(a, index)
    if not first or not a["index"].is_Rational:
        return first
    found = []
    for n in range(6):
        for lead in first:
            scale = a["scale"] ** n / sp.factorial(n)  # (-i)^n times even + i odd
            even, odd = [
                (lead.even, lead.odd),
                (lead.odd, -lead.even),
                (-lead.even, -lead.odd),
                (-lead.odd, lead.even),
            ][n % 4]
            found.append(Singular(lead.exponent + n, scale * even, scale * odd, lead.logs))
    return tuple(found)


def _lomax_known(a: Arguments, index: Interval) -> sp.Expr | None:
    alpha = a["index"]
    return alpha + 6 if alpha.is_Rational else _pareto_known(a, index)


def _factorial_moments(of: Callable[[Arguments, int], sp.Expr]) -> Callable[[Arguments, int], sp.Expr]:
    """Raw moments from factorial ones: E[n^m] = sum_i S(m, i) E[n (n - 1) ... (n - i + 1)]."""
    return lambda a, m: sp.Add(*(stirling(m, i) * of(a, i) for i in range(m + 1)))


def several_lengths_moment(a: Arguments, orders: tuple[int, ...]) -> sp.Expr:
    """A normal law of several lengths: m(o) = mean_i m(o - e_i) + sum_j C_ij (o - e_i)_j m(o - e_i - e_j)."""
    if not any(orders):
        return sp.Integer(1)
    i = next(n for n, o in enumerate(orders) if o)
    lower = tuple(o - (n == i) for n, o in enumerate(orders))
    total = a[f"mean.{i}"] * several_lengths_moment(a, lower)
    for j, o in enumerate(lower):
        if o:
            further = tuple(x - (n == j) for n, x in enumerate(lower))
            total += a[f"covariance.{min(i, j)}.{max(i, j)}"] * o * several_lengths_moment(a, further)
    return sp.expand(total)


LAWS: dict[str, LawDefinition] = {
    "fixed": LawDefinition(("value",), (), lambda a, n: a["value"] ** n, {"value": 1}),
    "normal": LawDefinition(("mean", "variance"), (), _normal, {"mean": 1, "variance": 2}),
    "laplace": LawDefinition(("scale",), (), lambda a, n: sp.Integer(0) if n % 2 else sp.factorial(n) * a["scale"] ** n, {"scale": 1}),
    "uniform": LawDefinition(("low", "high"), (), _uniform, {"low": 1, "high": 1}),
    "exponential": LawDefinition(("mean",), (), lambda a, n: sp.factorial(n) * a["mean"] ** n, {"mean": 1}),
    "gamma": LawDefinition(("shape", "scale"), (), _gamma, {"scale": 1}),
    "student": LawDefinition(("dof",), (), _student, {}, _highest_below_index, _student_singular, _student_known),
    "moments": LawDefinition(
        (), ("mean", "variance", "second_moment", "third_cumulant", "fourth_cumulant"), _given,
        {"mean": 1, "variance": 2, "second_moment": 2, "third_cumulant": 3, "fourth_cumulant": 4}, _given_highest),
    "tail": LawDefinition(("index", "amplitude"), ("mean", "variance"), _tail_moment,
                          {"mean": 1, "variance": 2}, _tail_highest, _tail_singular, _tail_known),
    "levy": LawDefinition(("index", "scale"), ("skewness",), _levy_moment, {"scale": 1},
                          lambda a, index: None if a["index"] == 2 else 1 if _certainly_above(index, 1) else 0,
                          _levy_singular, _levy_known),
    "cauchy": LawDefinition(("scale",), (), _cauchy_moment, {"scale": 1}, lambda a, index: 0, _cauchy_singular),
    "pareto": LawDefinition(("index", "scale"), ("cutoff",), _pareto, {"scale": 1, "cutoff": 1}, _pareto_highest,
                            _pareto_singular, _pareto_known),
    "lomax": LawDefinition(("index", "scale"), (), _lomax, {"scale": 1}, _highest_below_index, _lomax_singular, _lomax_known),
    "binomial": LawDefinition(("trials", "success"), (),
                              _factorial_moments(lambda a, i: sp.ff(a["trials"], i) * a["success"] ** i), {}),
    "poisson": LawDefinition(("mean",), (), _factorial_moments(lambda a, i: a["mean"] ** i), {}),
    "geometric": LawDefinition(("mean",), (), _factorial_moments(lambda a, i: sp.factorial(i) * a["mean"] ** i), {}),
}  # fmt: skip

LATER_LAWS = ("mittag_leffler",)
