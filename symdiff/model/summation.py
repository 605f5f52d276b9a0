"""Exact sums over an integer index: polynomials, geometric and exponential series, power laws, binomial weights.

The index j runs over integers from ``low`` to ``high``. Every term is brought to the form c j^p rho^j (times 1/j! or a
binomial coefficient) and summed by one rule:

    rho = 1, p = 0, 1, ...:    (B_{p+1}(high + 1) - B_{p+1}(low))/(p + 1), Bernoulli polynomials
    rho = 1, p = -s:           zeta(s, low), for s > 1 and high = oo
    rho != 1:                  rho^j Q(j) between the ends, where rho Q(j + 1) - Q(j) = j^p (Q a polynomial)
    1/j!:                      exp(rho) sum_i S(p, i) rho^i, Stirling numbers of the second kind
    binomial(N, j), high = N:  sum_i S(p, i) N (N - 1) ... (N - i + 1) rho^i (1 + rho)^(N - i)

Sources: NIST Digital Library of Mathematical Functions, 24.4.7 (Bernoulli), 25.2 and 25.11 (zeta), 26.8 (Stirling).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy as sp
from sympy.functions.combinatorial.numbers import stirling
from sympy.polys.appellseqs import bernoulli_poly

from symdiff.errors import DerivationError, NotYetError

Positive = Callable[[sp.Expr], bool | None]
MOST_TERMS = 400


@dataclass(frozen=True)
class Summand:
    """coefficient * j**power * ratio**j, times 1/j! (``factorial``) or binomial(top, j)."""

    coefficient: sp.Expr
    power: sp.Expr
    ratio: sp.Expr
    factorial: bool
    top: sp.Expr | None


def exact_sum(
    term: sp.Expr, j: sp.Symbol, low: sp.Expr, high: sp.Expr, positive: Positive, *, pole: sp.Expr | None = None
) -> sp.Expr:
    """sum of ``term`` over j = low, ..., high; ``positive`` tells whether an expression is certainly positive (None: unknown).

    Raises :class:`DerivationError` where the sum diverges, or may diverge for allowed values; :class:`NotYetError` for
    terms of another kind. With ``pole`` a divergent sum of a power law is given its finite part, zeta(s) beyond its range,
    and ``pole`` in place of zeta(1).
    """
    if low.is_Integer and high.is_Integer and high - low < MOST_TERMS:
        return sp.Add(*(term.xreplace({j: sp.Integer(n)}) for n in range(int(low), int(high) + 1)))
    shift = _shift(term, j)
    if shift:
        return exact_sum(term.xreplace({j: j - shift}), j, low + shift, high + shift, positive, pole=pole)
    total = sp.Integer(0)
    for s in summands(term, j):
        total += s.coefficient * _one_sum(s, low, high, positive, pole)
    return total


def summands(term: sp.Expr, j: sp.Symbol) -> list[Summand]:
    """The terms of a summand in normal form; raises :class:`NotYetError` for terms of another kind."""
    found = []
    for whole in sp.Add.make_args(term):
        fixed, moving = whole.as_independent(j, as_Add=False)  # a quotient is not multiplied out below the line
        found += [
            replace(s, coefficient=fixed * s.coefficient)
            for s in (_summand(part, j) for part in sp.Add.make_args(sp.expand(sp.powdenest(moving))))
        ]
    return found


def _shift(term: sp.Expr, j: sp.Symbol) -> int:
    """c where the term holds (j + c)**(-s), and no such power at another place: the index is then moved."""
    offsets = {
        sp.expand(power.base - j) for power in term.atoms(sp.Pow) if not (power.exp.is_Integer and power.exp > 0)
    }
    whole = [c for c in offsets if c.is_Integer]
    return int(whole[0]) if len(whole) == 1 else 0


def _summand(part: sp.Expr, j: sp.Symbol) -> Summand:
    coefficient, power, ratio, factorial, top = sp.Integer(1), sp.Integer(0), sp.Integer(1), False, None
    for factor in sp.Mul.make_args(part):
        base, exponent = factor.as_base_exp()
        if not factor.has(j):
            coefficient *= factor
        elif base == j and not exponent.has(j):
            power += exponent
        elif not base.has(j) and sp.diff(exponent, j, 2) == 0:
            slope = sp.expand(sp.diff(exponent, j))
            ratio *= base**slope
            coefficient *= base ** sp.expand(exponent - slope * j)
        elif base == sp.factorial(j) and exponent == -1 and not factorial and top is None:
            factorial = True
        elif isinstance(factor, sp.binomial) and factor.args[1] == j and not factorial and top is None:
            top = factor.args[0]
        else:
            raise NotYetError(f"a sum over the index of {_shown(part, j)} is not known here",
                              instead="known: polynomials, powers r**j, power laws j**(-s), r**j/factorial(j), binomial(N, j)")  # fmt: skip
    return Summand(coefficient, power, ratio, factorial, top)


def _shown(part: sp.Expr, j: sp.Symbol) -> sp.Expr:
    return part.xreplace({j: sp.Symbol("j", positive=True, integer=True)})


def _one_sum(s: Summand, low: sp.Expr, high: sp.Expr, positive: Positive, pole: sp.Expr | None) -> sp.Expr:
    whole = s.power.is_Integer and s.power >= 0
    if s.factorial or s.top is not None:
        if not whole:
            raise NotYetError("negative powers of the index beside factorials are not summed yet")
        return _combinatorial(s, low, high)
    if s.ratio == 1:
        return _powers(s, low, high, positive, pole)
    if whole:
        return _geometric(int(s.power), s.ratio, low, high, positive)
    if s.power == -1 and high is sp.oo and low == 1:
        _require_ratio(s.ratio, positive)
        return -sp.log(1 - s.ratio)
    raise NotYetError(f"the sum of j**({s.power})*({s.ratio})**j over the index has no elementary form")


def _powers(s: Summand, low: sp.Expr, high: sp.Expr, positive: Positive, pole: sp.Expr | None) -> sp.Expr:
    if high is sp.oo:
        exponent = -s.power
        certain = pole is not None or positive(exponent - 1)
        if not certain:
            may = "diverges" if certain is False else f"converges only where {exponent} > 1"
            raise DerivationError(f"the sum of j**({s.power}) over all j {may}",
                                  instead="narrow the range of the exponent, or ask for a lower --order")  # fmt: skip
        if low.is_Integer and 0 < low < MOST_TERMS:
            total = pole if exponent == 1 and pole is not None else sp.zeta(exponent)
            return total - sp.Add(*(sp.Integer(n) ** s.power for n in range(1, int(low))))
        if exponent == 1:
            raise NotYetError(
                "a divergent sum of 1/j from a symbolic start is not known here", instead="start at an integer"
            )
        return sp.zeta(exponent, low)
    if not (s.power.is_Integer and s.power >= 0):
        raise NotYetError(f"a finite sum of j**({s.power}) to the symbolic end {high} is not known here",
                          instead="give the end as an integer, or let the sum run to oo")  # fmt: skip
    n = int(s.power) + 1
    z = sp.Dummy("z")
    polynomial = bernoulli_poly(n, z)
    return sp.expand((polynomial.xreplace({z: high + 1}) - polynomial.xreplace({z: low})) / n)


def _require_ratio(ratio: sp.Expr, positive: Positive) -> None:
    if not (positive(1 - ratio) and positive(1 + ratio)):
        raise DerivationError(f"the geometric series of {ratio} converges only where it lies between -1 and 1",
                              instead="declare its parameters so, as in r = \"0 < r < 1\"")  # fmt: skip


def _geometric(n: int, ratio: sp.Expr, low: sp.Expr, high: sp.Expr, positive: Positive) -> sp.Expr:
    """rho^j Q(j) between the ends; at infinity it vanishes for abs(rho) < 1."""
    coefficients = _antidifference(n, ratio)

    def at(place: sp.Expr) -> sp.Expr:
        return ratio**place * sp.Add(*(c * place**k for k, c in enumerate(coefficients)))

    if high is sp.oo:
        _require_ratio(ratio, positive)
        return -at(low)
    return at(high + 1) - at(low)


def _antidifference(n: int, ratio: sp.Expr) -> list[sp.Expr]:
    """The coefficients c_k of Q: (rho - 1) c_k + rho sum_(m>k) binomial(m, k) c_m = 1 for k = n, else 0."""
    return [c.xreplace({_RATIO: ratio}) for c in _antidifference_in_ratio(n)]


_RATIO = sp.Dummy("z")


@lru_cache(maxsize=64)
def _antidifference_in_ratio(n: int) -> tuple[sp.Expr, ...]:
    found: list[sp.Expr] = [sp.Integer(0)] * (n + 1)
    for k in range(n, -1, -1):
        later = sp.Add(*(sp.binomial(m, k) * found[m] for m in range(k + 1, n + 1)))
        found[k] = sp.cancel((int(k == n) - _RATIO * later) / (_RATIO - 1))
    return tuple(sp.factor(c) for c in found)


def _combinatorial(s: Summand, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """From j = 0; the terms below ``low`` are taken off."""
    n, rho = int(s.power), s.ratio
    if not (low.is_Integer and 0 <= low < MOST_TERMS):
        raise NotYetError("such a sum starts at a given integer, 0 or above")
    if s.factorial and high is sp.oo:
        total = sp.exp(rho) * sp.Add(*(stirling(n, i) * rho**i for i in range(n + 1)))
        missing = [sp.Integer(i) ** n * rho**i / sp.factorial(i) for i in range(int(low))]
    elif s.top is not None and high == s.top:
        whole = _quotient(1 + rho)  # p/(1 - p) + 1 is 1/(1 - p)
        total = sp.Add(*(stirling(n, i) * sp.ff(s.top, i) * rho**i * whole ** (s.top - i) for i in range(n + 1)))
        missing = [sp.Integer(i) ** n * sp.binomial(s.top, i) * rho**i for i in range(int(low))]
    else:
        raise NotYetError("sums of binomial(N, j) run to N, those of 1/factorial(j) to oo")
    return total - sp.Add(*missing)


def _quotient(value: sp.Expr) -> sp.Expr:
    """A sum of quotients as one in lowest terms, of which as few parts as may be begin with a minus sign."""
    above, below = sp.fraction(sp.cancel(value))
    signs = [
        part.could_extract_minus_sign() or (part.is_Add and part.as_coeff_Add()[0].is_negative)
        for part in (above, below)
    ]
    return -above / -below if all(signs) else above / below


def factored(value: sp.Expr) -> sp.Expr:
    """The value as a product, with exponentials, powers and functions as indeterminates (exp(2b) is exp(b) squared)."""
    change: dict[sp.Expr, sp.Expr] = {}
    bases: list[tuple[sp.Expr, sp.Symbol]] = []
    powers: dict[tuple[sp.Expr, sp.Expr], sp.Symbol] = {}
    for atom in sorted(value.atoms(sp.exp, sp.Pow, sp.Function), key=sp.default_sort_key):
        if atom.is_Pow and (atom.exp.is_Integer or atom.base.is_Rational):
            continue
        if atom.is_Pow and not isinstance(atom, sp.exp):  # b^(N - 1) is b^N/b
            times, rest = sp.expand(atom.exp).as_coeff_Add()
            if times.is_Integer:
                symbol = powers.setdefault((atom.base, rest), sp.Dummy("u", positive=True))
                change[atom] = symbol * atom.base**times
                continue
        argument = atom.args[0] if isinstance(atom, sp.exp) else None
        for known, symbol in bases:
            if argument is not None and (argument / known).is_Integer:
                change[atom] = symbol ** (argument / known)
                break
        else:
            symbol = sp.Dummy("u", positive=True)
            change[atom] = symbol
            if argument is not None:
                bases.append((argument, symbol))
    back = {s: e for e, s in change.items() if s.is_Symbol} | {s: base**rest for (base, rest), s in powers.items()}
    return sp.factor(value.xreplace(change)).xreplace(back)
