"""Transforms of step laws as numbers: E[exp(-q s)] for real or complex q, from closed forms, not from moments.

The cross-checks need the law itself, independent of the moment formulas that the derivation uses.
Source of the closed forms: Abramowitz and Stegun, ch. 26 (transforms of the standard laws).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import transform_law
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any

# A law that is known only through its moments or its tail is represented by one that has them, and something beyond.
BEYOND = {"cumulant": mpmath.mpf("0.37")}
MOST_MEMBERS = 20_000  # of a family, summed one by one


def transform(law: StepLaw, q: Number | Sequence[Number], number: Callable[[sp.Expr], Number]) -> Number:
    """E[exp(-q.s)]; ``number`` turns the law's arguments into numbers. For heavy tails q is imaginary: q = i k.

    ``q`` has one entry per length of the law; a single number stands for a list of one.
    """
    along = list(q) if isinstance(q, Sequence) else [q]
    if law.inner is not None:
        return _isotropic(law.inner, along, number)
    if law.distribution == "family":
        return _family(dict(law.arguments), along, number)
    if law.distribution in transform_law.NAMES:
        return _given_transform(law, along, number)
    if law.distribution == "density":
        from symdiff.model.density_numbers import density_transform  # loaded when used: start-up time

        return density_transform(law, along, number)
    a = {name: number(value) for name, value in law.arguments}
    if law.lengths > 1:
        return _several_normal(along, a)
    rule = _RULES.get(law.distribution)
    if rule is None:
        raise NotYetError(f"no transform of the law '{law.distribution}'")
    return rule(along[0], a)


def _given_transform(law: StepLaw, q: Sequence[Number], number: Callable[[sp.Expr], Number]) -> Number:
    """The formula itself at ik = -q; an O(...) stands for something of that size."""
    body = dict(law.arguments)["transform"]
    body = body.replace(sp.Function("O"), lambda size: size * sp.Rational(37, 100))
    if law.distribution == "laplace_transform":
        at = {transform_law.LAPLACE: q[0]}
    else:
        waves = transform_law.wave_symbols(law.lengths)
        at = {k: _real_if_real(mpmath.mpc(0, 1) * x) for k, x in zip(waves, q, strict=True)}
    if all(x == 0 for x in q):
        return mpmath.mpf(1)
    known = {s: number(s) for s in body.free_symbols if s not in at}
    return evaluate(body, {**known, **at}, mp_arithmetic())


def _real_if_real(z: Number) -> Number:
    return mpmath.re(z) if mpmath.im(z) == 0 else z


def _several_normal(q: Sequence[Number], a: Mapping[str, Number]) -> Number:
    count = len(q)
    exponent = -mpmath.fsum(q[i] * a[f"mean.{i}"] for i in range(count))
    for i in range(count):
        for j in range(count):
            exponent += q[i] * q[j] * a[f"covariance.{min(i, j)}.{max(i, j)}"] / 2
    return mpmath.exp(exponent)


def _isotropic(inner: StepLaw, q: Sequence[Number], number: Callable[[sp.Expr], Number]) -> Number:
    """The length's transform at |q| u averaged over the first component u of a unit vector, density ~ (1 - u^2)^((d-3)/2)."""
    d = len(q)
    size = mpmath.sqrt(mpmath.fsum(x * x for x in q))
    if size == 0:
        return mpmath.mpf(1)
    if inner.distribution == "density":
        from symdiff.model.density_numbers import density_transform  # loaded when used: start-up time

        return density_transform(inner, [size], number, d)
    if inner.distribution == "pareto" and inner.argument("cutoff") is None and mpmath.re(size) == 0:
        from symdiff.model.density_closed import pareto_in_space  # loaded when used: start-up time

        index, least = (number(dict(inner.arguments)[name]) for name in ("index", "scale"))
        if (known := pareto_in_space(index, least, abs(size), d)) is not None:
            return known
    if inner.distribution == "fixed":  # Gamma(d/2) (2/kl)^(d/2 - 1) J_(d/2 - 1)(kl), as a hypergeometric series
        length = number(dict(inner.arguments)["value"])
        return mpmath.hyp0f1(mpmath.mpf(d) / 2, (size * length) ** 2 / 4)

    def both(u: Number) -> Number:
        return (transform(inner, size * u, number) + transform(inner, -size * u, number)) / 2

    if d == 1:
        return both(mpmath.mpf(1))
    if d == 2:
        return 2 / mpmath.pi * mpmath.quad(lambda angle: both(mpmath.cos(angle)), [0, mpmath.pi / 2])
    weight = mpmath.beta(mpmath.mpf(1) / 2, mpmath.mpf(d - 1) / 2) / 2
    power = mpmath.mpf(d - 3) / 2
    return mpmath.quad(lambda u: both(u) * (1 - u * u) ** power, [0, 1]) / weight


def _family(a: Mapping[str, sp.Expr], q: Sequence[Number], number: Callable[[sp.Expr], Number]) -> Number:
    """The sum over the members themselves, one index after the other; power laws through the polylogarithm."""
    weight, result = a["weight"], mpmath.mpf(1)
    for n, (j, own, ends) in enumerate(_separated(a)):
        weight = weight.as_independent(j, as_Add=False)[0]
        result *= _one_index(own, j, a[f"value.{n}"], ends, q[n], number)
    return result * number(weight)


def _one_index(
    weight: sp.Expr,
    j: sp.Symbol,
    value: sp.Expr,
    ends: tuple[sp.Expr, sp.Expr],
    q: Number,
    number: Callable[[sp.Expr], Number],
) -> Number:
    """sum over j of weight * exp(-q value)."""
    base, exponent = weight.as_base_exp()
    if ends[1] is sp.oo and (weight.is_Pow and base == j) and value == j:
        s = -number(exponent)
        low = int(mpmath.nint(number(ends[0])))
        return _polylogarithm(s, q) - mpmath.fsum(mpmath.exp(-q * n) / mpmath.mpf(n) ** s for n in range(1, low))
    constant = _constant_ratio(weight, j, value) if ends[1] is sp.oo else None
    if constant is not None:  # a geometric series
        ratio = number(constant[0]) * mpmath.exp(-q * number(constant[1]))
        if abs(ratio) < 1:
            first = {j: ends[0]}
            return number(weight.xreplace(first)) * mpmath.exp(-q * number(value.xreplace(first))) / (1 - ratio)
    return _summed(weight, j, value, ends, number, lambda v: mpmath.exp(-q * v))


@functools.lru_cache(maxsize=256)
def _constant_ratio(weight: sp.Expr, j: sp.Symbol, value: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """weight(j + 1)/weight(j) and value(j + 1) - value(j), where neither depends on j."""
    ratio, step = sp.powsimp(weight.subs(j, j + 1) / weight), sp.expand(value.subs(j, j + 1) - value)
    return None if ratio.has(j) or step.has(j) else (ratio, step)


def _polylogarithm(s: Number, q: Number) -> Number:
    """Li_s(e^(-q)) = Gamma(1 - s) q^(s - 1) + sum_m zeta(s - m) (-q)^m/m!, |Im q| <= pi by periodicity (NIST DLMF, ch. 25).

    The values of zeta serve for every q; near whole s, where two poles cancel, and far from the origin mpmath's own function.
    """
    if isinstance(s, mpmath.mpf) and mpmath.im(q) < 0:  # every jump has its mirror image: one value serves for both
        return mpmath.conj(_polylogarithm(s, mpmath.conj(q)))
    turns = mpmath.nint(mpmath.im(q) / (2 * mpmath.pi))
    near = q - 2j * mpmath.pi * turns
    if near == 0 or abs(near) > 4 or abs(s - mpmath.nint(s)) < mpmath.mpf("0.001"):
        return mpmath.polylog(s, mpmath.exp(-q))
    return _polylogarithm_near(s, near, mpmath.mp.prec)


@functools.lru_cache(maxsize=1024)
def _polylogarithm_near(s: Number, near: Number, precision: int) -> Number:
    """The series; zeta(s - m)/m! falls at least like (2 pi)^-m, times a power of m."""
    with mpmath.workprec(precision), mpmath.extradps(10):
        ratio = mpmath.log(2 * mpmath.pi / abs(near), 10)
        last = int((mpmath.mp.dps + 2 * abs(mpmath.re(s)) + 3) / ratio) + 3
        total = mpmath.mpf(0)
        for coefficient in reversed(_series_of_polylogarithm(s, mpmath.mp.prec, -(-last // 32) * 32)[: last + 1]):
            total = total * near + coefficient
        total += mpmath.gamma(1 - s) * near ** (s - 1)
    return +total


@functools.lru_cache(maxsize=64)
def _series_of_polylogarithm(s: Number, precision: int, last: int) -> list[Number]:
    """(-1)^m zeta(s - m)/m!."""
    with mpmath.workprec(precision):
        return [_zeta(s - m, precision) * (-1) ** m / mpmath.factorial(m) for m in range(last + 1)]


@functools.lru_cache(maxsize=4096)
def _zeta(s: Number, precision: int) -> Number:
    with mpmath.workprec(precision):
        return mpmath.zeta(s)


def _summed(
    weight: sp.Expr, j: sp.Symbol, value: sp.Expr, ends: tuple[sp.Expr, sp.Expr], number: Callable[[sp.Expr], Number],
    weighed: Callable[[Number], Number],
) -> Number:  # fmt: skip
    """sum over j of weight(j) * weighed(value(j)), member by member until the rest is negligible."""
    arithmetic = mp_arithmetic()
    known = {s: number(s) for s in weight.free_symbols | value.free_symbols if s != j}

    def term(n: int) -> Number:
        at = {**known, j: n}
        return evaluate(weight, at, arithmetic) * weighed(evaluate(value, at, arithmetic))

    low = int(mpmath.nint(number(ends[0])))
    if ends[1] is not sp.oo:
        high = int(mpmath.nint(number(ends[1])))
        if high - low >= MOST_MEMBERS:
            raise NotYetError(f"the sum over an index of {high - low + 1} values is too long to be confirmed")
        return mpmath.fsum(term(n) for n in range(low, high + 1))
    total, n, small = mpmath.mpf(0), low, mpmath.mpf(10) ** (-mpmath.mp.dps - 5)
    quiet = 0
    while quiet < 5:  # a few negligible terms in a row end the sum
        found = term(n)
        total += found
        quiet = quiet + 1 if abs(found) <= small * max(abs(total), small) else 0
        n += 1
        if n - low > MOST_MEMBERS:
            raise NotYetError("the sum over an index converges too slowly to be confirmed")
    return total


def moment(law: StepLaw, powers: Sequence[int], number: Callable[[sp.Expr], Number]) -> Number:
    """E[s_1^p_1 s_2^p_2 ...]: summed over the members of a family, else a derivative of the transform at zero."""
    if not any(powers):
        return mpmath.mpf(1)
    if law.distribution == "family":
        return _family_sum(dict(law.arguments), number, [_power_rule(p) for p in powers])
    if law.distribution == "density":
        from symdiff.model.density_numbers import density_moment  # loaded when used: start-up time

        return density_moment(law, powers, number)
    if law.distribution == "uniform":  # its transform has a removable pole at zero, where differences lose digits
        low, high = (number(dict(law.arguments)[name]) for name in ("low", "high"))
        n = powers[0] + 1
        return (high**n - low**n) / (n * (high - low))
    if len(powers) == 1:
        slope = mpmath.diff(lambda q: transform(law, q, number), 0, powers[0])
    else:
        slope = mpmath.diff(lambda *q: transform(law, list(q), number), (0,) * len(powers), tuple(powers))
    return slope * (-1) ** sum(powers)


def _power_rule(exponent: int) -> Callable[[Number], Number]:
    return lambda value: value**exponent


def _family_sum(
    a: Mapping[str, sp.Expr], number: Callable[[sp.Expr], Number], weighed: Sequence[Callable[[Number], Number]]
) -> Number:
    result, weight = mpmath.mpf(1), a["weight"]
    for n, (j, own, ends) in enumerate(_separated(a)):
        weight = weight.as_independent(j, as_Add=False)[0]
        result *= _summed(own, j, a[f"value.{n}"], ends, number, weighed[n])
    return result * number(weight)


def _separated(a: Mapping[str, sp.Expr]) -> list[tuple[sp.Symbol, sp.Expr, tuple[sp.Expr, sp.Expr]]]:
    """(index, its own weight, its ends) for every index of a family whose weight is a product over the indices."""
    indices = [
        sp.Symbol(f"index.{n}", integer=True, positive=True) for n in range(sum(k.startswith("low.") for k in a))
    ]
    weight, found = a["weight"], []
    for n, j in enumerate(indices):
        weight, own = weight.as_independent(j, as_Add=False)
        if any(own.has(other) for other in indices if other != j):
            raise NotYetError("a family whose indices are weighed together cannot be confirmed yet")
        found.append((j, own, (a[f"low.{n}"], a[f"high.{n}"])))
    return found


def _normal(q: Number, a: Mapping[str, Number]) -> Number:
    return mpmath.exp(-q * a["mean"] + q * q * a["variance"] / 2)


def _uniform(q: Number, a: Mapping[str, Number]) -> Number:
    if q == 0:
        return mpmath.mpf(1)
    return (mpmath.exp(-q * a["low"]) - mpmath.exp(-q * a["high"])) / (q * (a["high"] - a["low"]))


def _given(q: Number, a: Mapping[str, Number]) -> Number:
    """The law with these cumulants, and one further cumulant that nobody asked for."""
    mean = a.get("mean", mpmath.mpf(0))
    variance = a["variance"] if "variance" in a else a["second_moment"] - mean**2
    exponent = -q * mean + q * q * variance / 2
    known, scale = 2, mpmath.sqrt(variance)
    for order, name in ((3, "third_cumulant"), (4, "fourth_cumulant")):
        if name in a:
            exponent += (-q) ** order * a[name] / mpmath.factorial(order)
            known = order
    return mpmath.exp(exponent + (-q * scale) ** (known + 1) * BEYOND["cumulant"])


def _student(q: Number, a: Mapping[str, Number]) -> Number:
    k = abs(mpmath.im(q))
    if k == 0:
        return mpmath.mpf(1)
    nu = a["dof"]
    x = mpmath.sqrt(nu) * k
    whole = nu / 2 == mpmath.nint(nu / 2)
    bessel = _bessel_k(int(nu / 2), x) if whole else mpmath.besselk(nu / 2, x)
    return bessel * x ** (nu / 2) / (mpmath.gamma(nu / 2) * 2 ** (nu / 2 - 1))


def _bessel_k(order: int, x: Number) -> Number:
    """K_m(x) = int_0^oo e^(-x cosh t) cosh(m t) dt (NIST DLMF 10.32.9) by the trapezoidal rule, whose error falls like
    e^(-pi^2/step); mpmath's own rule for whole orders takes a hundred times as long near zero."""
    step = mpmath.pi**2 / (mpmath.log(10) * (mpmath.mp.dps + 20))
    ratio, grown = mpmath.exp(step), mpmath.mpf(1)
    total = mpmath.exp(-x) / 2
    while True:
        grown *= ratio
        high = grown**order
        term = mpmath.exp(-x * (grown + 1 / grown) / 2) * (high + 1 / high) / 2
        total += term
        if x * grown > 1 and term < total * mpmath.mpf(10) ** (-mpmath.mp.dps - 5):
            return total * step


def _stable(index: Number, scale: Number, skewness: Number, q: Number) -> Number:
    k = -mpmath.im(q)
    skew = skewness * mpmath.sign(k) * mpmath.tan(mpmath.pi * index / 2) if skewness else mpmath.mpf(0)
    return mpmath.exp(-((scale * abs(k)) ** index) * mpmath.mpc(1, -skew))


def _levy(q: Number, a: Mapping[str, Number]) -> Number:
    if a["index"] == 2:
        return mpmath.exp((q * a["scale"]) ** 2)
    return _stable(a["index"], a["scale"], a.get("skewness", mpmath.mpf(0)), q)


def _tail(q: Number, a: Mapping[str, Number]) -> Number:
    """Density A |r|^(-1-index) beyond a cut, and where a variance is given the rest of the mass at two points.

    Without a variance the cut is fixed by the normalisation. A mean moves everything.
    """
    index, amplitude = a["index"], a["amplitude"]
    moved = mpmath.exp(-q * a["mean"]) if "mean" in a else mpmath.mpf(1)
    k = abs(mpmath.im(q))
    if k == 0:
        return moved
    z = mpmath.mpc(0, -k)

    def beyond(cut: Number) -> Number:  # 2 A int_cut^oo cos(kr) r^(-1-index) dr
        return 2 * amplitude * mpmath.re(_upper_gamma(index, z * cut)) / cut**index

    if "variance" not in a:
        return moved * beyond((2 * amplitude / index) ** (1 / index))
    cut = max(
        (4 * amplitude / index) ** (1 / index), (4 * amplitude / ((index - 2) * a["variance"])) ** (1 / (index - 2))
    )
    inside = 1 - 2 * amplitude * cut ** (-index) / index
    left = a["variance"] - 2 * amplitude * cut ** (2 - index) / (index - 2)
    return moved * (beyond(cut) + inside * mpmath.cos(k * mpmath.sqrt(left / inside)))


def _pareto(q: Number, a: Mapping[str, Number]) -> Number:
    """alpha (qa)^alpha Gamma(-alpha, qa); with a cut-off b less the part beyond, over 1 - (a/b)^alpha."""
    index, low = a["index"], a["scale"]
    if q == 0:
        return mpmath.mpf(1)
    if "cutoff" not in a:
        return index * _upper_gamma(index, q * low)
    beyond = (low / a["cutoff"]) ** index
    found = index * (_upper_gamma(index, q * low) - beyond * _upper_gamma(index, q * a["cutoff"])) / (1 - beyond)
    return mpmath.re(found) if mpmath.im(q) == 0 else found  # of q < 0 each part is complex


def _upper_gamma(index: Number, z: Number) -> Number:
    """z^index Gamma(-index, z); near zero Gamma(-index) z^index - sum (-1)^n z^n/(n! (n - index)) (NIST DLMF 8.7.3).

    At a whole index m the first term and n = m together are (-z)^m/m! (psi(m + 1) - log z) (NIST DLMF 8.4.15), where
    psi(m + 1) = 1 + 1/2 + ... + 1/m - gamma.
    """
    if abs(z) > mpmath.mpf("0.1"):
        return z**index * mpmath.gammainc(-index, z)
    whole = index == mpmath.nint(index)
    total, term, n = mpmath.mpf(0) if whole else mpmath.gamma(-index) * z**index, mpmath.mpf(1), 0
    while abs(term) > mpmath.mpf(10) ** (-mpmath.mp.dps - 5):
        if n == index:
            total += term * (mpmath.fsum(mpmath.mpf(1) / j for j in range(1, n + 1)) - mpmath.euler - mpmath.log(z))
        else:
            total -= term / (n - index)
        n += 1
        term *= -z / n
    return total


_RULES: dict[str, Callable[[Number, Mapping[str, Number]], Number]] = {
    "fixed": lambda q, a: mpmath.exp(-q * a["value"]),
    "normal": _normal,
    "laplace": lambda q, a: 1 / (1 - (q * a["scale"]) ** 2),
    "uniform": _uniform,
    "exponential": lambda q, a: 1 / (1 + q * a["mean"]),
    "gamma": lambda q, a: (1 + q * a["scale"]) ** (-a["shape"]),
    "student": _student,
    "moments": _given,
    "levy": _levy,
    "cauchy": lambda q, a: _stable(mpmath.mpf(1), a["scale"], mpmath.mpf(0), q),
    "tail": _tail,
    "pareto": _pareto,
    "lomax": lambda q, a: mpmath.exp(q * a["scale"]) * _pareto(q, a),
    "binomial": lambda q, a: (1 - a["success"] + a["success"] * mpmath.exp(-q)) ** a["trials"],
    "poisson": lambda q, a: mpmath.exp(a["mean"] * (mpmath.exp(-q) - 1)),
    "geometric": lambda q, a: 1 / (1 + a["mean"] * (1 - mpmath.exp(-q))),
}
