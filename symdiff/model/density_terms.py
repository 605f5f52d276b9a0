"""Terms of a density in u > 0 with their Mellin transforms between the ends of an interval, and their power-law tails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.density_pieces import LENGTH as U

MOST_TAILS = 12


@dataclass(frozen=True)
class Term:
    """coefficient * u**power * exp(-sum rates[q] u**q) * (C + D u**q)**(-S) * sech(b u)**n (``binomial`` (C, D, q, S))."""

    coefficient: sp.Expr
    power: sp.Expr
    rates: tuple[tuple[sp.Expr, sp.Expr], ...] = ()
    binomial: tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr] | None = None
    sech: tuple[sp.Expr, int] | None = None


def terms_of(body: sp.Expr) -> tuple[Term, ...]:
    """A smooth piece as a sum of terms; raises :class:`NotYetError` for other functions."""
    plain = body.replace(lambda e: isinstance(e, (sp.sin, sp.cos, sp.sinh)) and e.has(U), lambda e: e.rewrite(sp.exp))
    plain = plain.replace(
        lambda e: isinstance(e, sp.cosh) and e.has(U) and not _below(body, e), lambda e: e.rewrite(sp.exp)
    )
    plain = plain.replace(lambda e: e.is_Pow and e.exp.is_negative and _waves(e.base) is not None, _as_cosh)
    hidden: dict[sp.Expr, sp.Expr] = {}

    def hide(e: sp.Expr) -> sp.Expr:  # a denominator (C + D u^q)^S is not multiplied out
        return hidden.setdefault(e, sp.Symbol(f"root.{len(hidden)}", positive=True))

    plain = plain.replace(lambda e: e.is_Pow and e.base.is_Add and e.base.has(U) and not e.exp.is_nonnegative, hide)
    back = {symbol: e for e, symbol in hidden.items()}
    fixed: dict[sp.Expr, sp.Expr] = {}
    plain = (
        plain.replace(  # nor is a divisor such as (a + b), which would otherwise be drawn into what stands beside it
            lambda e: e.is_Pow and e.base.is_Add and not e.exp.is_nonnegative,
            lambda e: fixed.setdefault(e, sp.Symbol(f"fixed.{len(fixed)}", positive=e.base.is_positive)),
        )
    )
    shown = {symbol: e for e, symbol in fixed.items()}
    return tuple(_term(part.xreplace(shown), back) for part in sp.Add.make_args(sp.expand(plain)) if part != 0)


def _waves(base: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """(a, p, q) of a exp(p u) + a exp(q u), as in the logistic density; None for anything else."""
    found = []
    for part in base.args if base.is_Add and len(base.args) == 2 else ():
        a, rest = part.as_independent(U, as_Add=False)
        slope = rest.args[0] / U if isinstance(rest, sp.exp) else sp.Integer(0) if rest == 1 else sp.nan
        found.append((a, sp.cancel(slope)))
    if len(found) != 2 or found[0][0] != found[1][0] or any(slope.has(U, sp.nan) for _, slope in found):
        return None
    return found[0][0], found[0][1], found[1][1]


def _as_cosh(power: sp.Expr) -> sp.Expr:
    """(a exp(p u) + a exp(q u))**n = (2 a)**n exp(n (p + q) u/2) cosh((p - q) u/2)**n."""
    a, p, q = _waves(power.base) or (sp.Integer(1), sp.Integer(0), sp.Integer(0))
    half = (p - q) / 2
    half = -half if half.could_extract_minus_sign() else half
    return (2 * a) ** power.exp * sp.exp(sp.expand(power.exp * (p + q) / 2) * U) * sp.cosh(half * U) ** power.exp


def _below(body: sp.Expr, e: sp.Expr) -> bool:
    """Whether a hyperbolic cosine stands in the denominator."""
    return any(p.base == e and p.exp.is_negative for p in body.atoms(sp.Pow))


def _term(part: sp.Expr, hidden: Mapping[sp.Expr, sp.Expr]) -> Term:
    coefficient, power = sp.Integer(1), sp.Integer(0)
    rates: dict[sp.Expr, sp.Expr] = {}
    binomial: tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr] | None = None
    sech: tuple[sp.Expr, int] | None = None
    for shown in sp.Mul.make_args(part):
        base, exponent = shown.as_base_exp()
        factor = hidden[base] ** exponent if base in hidden else shown
        base, exponent = factor.as_base_exp()
        if not factor.has(U):
            coefficient *= factor
        elif base == U and not exponent.has(U):
            power += exponent
        elif isinstance(factor, sp.exp):
            for piece in sp.Add.make_args(sp.expand(factor.args[0])):
                c, q = _monomial(piece, part)
                if q == 0:
                    coefficient *= sp.exp(c)
                else:
                    rates[q] = rates.get(q, sp.Integer(0)) - c
        elif isinstance(base, (sp.cosh, sp.sech)) and exponent.is_Integer and sech is None:
            c, q = _monomial(base.args[0], part)
            n = int(exponent) if isinstance(base, sp.sech) else -int(exponent)
            if q != 1 or n not in (1, 2):
                raise _unknown(part)
            sech = (c, n)
        elif base.is_Add and not exponent.has(U):
            found = _two_terms(base, -exponent, part)
            if binomial is not None and binomial[:3] != found[:3]:
                raise _unknown(part)
            binomial = found if binomial is None else (*found[:3], binomial[3] + found[3])
        else:
            raise _unknown(part)
    kept = tuple(sorted(((q, sp.expand(c)) for q, c in rates.items() if sp.expand(c) != 0), key=str))
    if sum((bool(kept), binomial is not None, sech is not None)) > 1:
        raise _unknown(part)
    return Term(coefficient, sp.expand(power), kept, binomial, sech)


def _unknown(part: sp.Expr) -> NotYetError:
    shown = part.xreplace({U: sp.Symbol("r")})
    return NotYetError(f"the moments of the density {shown} have no closed form here",
                       instead="handled: powers, exponentials exp(-b*Abs(r)**q), sine and cosine, (C + D*Abs(r)**q)**(-s), (a**2 - r**2)**s within a, sech, "
                       "and Piecewise or Heaviside of these; or state its moments, distribution = \"moments\"")  # fmt: skip


def _monomial(e: sp.Expr, part: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(c, q) of c u**q."""
    c, rest = sp.expand_power_base(e).as_independent(U, as_Add=False)
    base, exponent = rest.as_base_exp()
    if rest == 1:
        return c, sp.Integer(0)
    if base != U or exponent.has(U):
        raise _unknown(part)
    return c, exponent


def _two_terms(base: sp.Expr, exponent: sp.Expr, part: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]:
    constant, rest = sp.expand(base).as_independent(U, as_Add=True)
    c, q = _monomial(rest, part) if not rest.is_Add else (sp.Integer(0), sp.Integer(0))
    if q == 0 or not constant.is_positive or not (c.is_positive or c.is_negative) or not q.is_positive:
        raise _unknown(part)
    return constant, c, q, exponent


def tail_terms(term: Term, order: int) -> list[tuple[sp.Expr, sp.Expr]]:
    """(A, p) of the tails A u**p far out, as far as they matter below k**order; none where the term falls off faster."""
    if term.rates or term.sech:
        if any(not sp.re(c).is_positive for q, c in term.rates if q == max((x for x, _ in term.rates), key=str)):
            raise NotYetError(
                "whether the density falls off far out is not known", instead="declare its parameters as positive"
            )
        return []
    if term.binomial is None:
        return [(term.coefficient, term.power)]
    c, d, q, s = term.binomial
    found = []
    for j in range(MOST_TAILS):
        power = sp.expand(term.power - q * s - q * j)
        if j and power.is_Rational and -power - 1 >= order:
            break
        amplitude = term.coefficient * d ** (-s) * (c / d) ** j * sp.ff(-s, j) / sp.factorial(j)
        found.append((amplitude, power))
    return [(a, p) for a, p in found if a != 0]


def finite_part(term: Term, low: sp.Expr, high: sp.Expr, z: int) -> sp.Expr:
    """The finite part of int_low^high u**(z - 1) term du."""
    if term.binomial is not None:
        if low == 0 and ball(term, high) is not None:
            return term.coefficient * _inner_beta(term, high, z)
        if low != 0 or high is not sp.oo:
            raise NotYetError("a density (C + D*Abs(r)**q)**(-s) on a part of a half-line is not handled yet",
                              instead="handled: C, D > 0 on the whole half-line; D < 0 up to where it vanishes")  # fmt: skip
        return term.coefficient * _beta(term, z)
    if term.sech is not None:
        if low != 0 or high is not sp.oo:
            raise NotYetError("a density sech(b*r) on a part of a half-line is not handled yet")
        return term.coefficient * _hyperbolic(*term.sech, sp.expand(z + term.power))
    if not term.rates:
        return term.coefficient * _between_powers(sp.expand(term.power + z), low, high)
    return term.coefficient * _exponential(term, low, high, sp.expand(term.power + z - 1))


def _between_powers(p: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """FP of int u**(p - 1): what diverges at 0 or oo leaves its finite part."""

    def at(end: sp.Expr) -> sp.Expr:
        if end is sp.oo or end == 0:
            return sp.Integer(0)
        return sp.log(end) if p == 0 else end**p / p

    return at(high) - at(low)


def _exponential(term: Term, low: sp.Expr, high: sp.Expr, m: sp.Expr) -> sp.Expr:
    """int u**m exp(-sum rates u**q)."""
    rates = dict(term.rates)
    if low == 0 and high is sp.oo and len(rates) == 1:
        ((q, c),) = rates.items()
        return sp.gamma((m + 1) / q) / q * c ** (-(m + 1) / q)
    if not m.is_Integer or m < 0 or not set(rates) <= {1, 2}:
        raise NotYetError(f"the moments of u**({m}) times an exponential on a part of a half-line are not handled yet")
    b, d = rates.get(sp.Integer(1), sp.Integer(0)), rates.get(sp.Integer(2), sp.Integer(0))
    return _primitive(int(m), b, d, high) - _primitive(int(m), b, d, low)


def _primitive(m: int, b: sp.Expr, d: sp.Expr, end: sp.Expr) -> sp.Expr:
    """A primitive of u**m exp(-b u - d u**2) at an end, zero at infinity."""
    if end is sp.oo:
        return sp.Integer(0)
    here = sp.exp(sp.expand(-b * end - d * end**2))
    if d == 0:
        return -here * sp.Add(*(sp.ff(m, j) * end ** (m - j) / b ** (j + 1) for j in range(m + 1)))
    root = sp.sqrt(d)
    before, now = (
        sp.Integer(0),
        -sp.sqrt(sp.pi) / (2 * root) * sp.exp(b**2 / (4 * d)) * sp.erfc(root * end + b / (2 * root)),
    )
    for j in range(1, m + 1):  # 2 d J_j = (j - 1) J_(j-2) - b J_(j-1) - u^(j-1) e^(...)
        before, now = now, ((j - 1) * before - b * now - end ** (j - 1) * here) / (2 * d)
    return now


def _beta(term: Term, z: int) -> sp.Expr:
    """FP of int_0^oo u**(z - 1 + p) (C + D u**q)**(-S) du = C**(w - S) D**(-w) Gamma(w) Gamma(S - w)/(q Gamma(S))."""
    assert term.binomial is not None
    c, d, q, s = term.binomial
    w = sp.expand((z + term.power) / q)
    front = c ** (w - s) * d ** (-w) * sp.gamma(w) / (q * sp.gamma(s))
    rest = sp.expand(s - w)
    if rest.is_Integer and rest <= 0:
        j = -int(rest)
        slope = sp.expand_func(sp.digamma(j + 1)) - sp.expand_func(sp.digamma(w)) - sp.log(c / d)
        return front * (-1) ** j / sp.factorial(j) * slope
    return front * sp.gamma(rest)


def ball(term: Term, high: sp.Expr) -> sp.Expr | None:
    """e of (C - D u**q)**e on 0 < u < (C/D)**(1/q) = ``high``, as in the arcsine and the semicircle law; None for other terms.

    Raises :class:`NotYetError` where its integral diverges at the end.
    """
    if term.binomial is None or not term.binomial[1].is_negative or high is sp.oo:
        return None
    c, d, q, s = term.binomial
    if sp.cancel(sp.expand(high**q * d + c)) != 0:
        return None
    if not (1 - s).is_positive:
        raise NotYetError(f"the integral of the density (C - D*Abs(r)**q)**({-s}) is not known to converge where it ends",
                          instead="an exponent above -1, declared so")  # fmt: skip
    return sp.expand(-s)


def _inner_beta(term: Term, high: sp.Expr, z: int) -> sp.Expr:
    """int_0^h u**(z - 1 + p) (C - D u**q)**e du = C**e h**(z + p) B(w, e + 1)/q, w = (z + p)/q."""
    assert term.binomial is not None
    c, _, q, s = term.binomial
    w, e = sp.expand((z + term.power) / q), sp.expand(-s)
    return c**e * high ** sp.expand(z + term.power) * sp.gamma(w) * sp.gamma(e + 1) / (q * sp.gamma(w + e + 1))


def _hyperbolic(b: sp.Expr, n: int, z: sp.Expr) -> sp.Expr:
    """int_0^oo u**(z - 1) sech(b u)**n du for whole z."""
    if not z.is_Integer or z < 1:
        raise NotYetError("sech times a fractional power is not handled yet")
    if n == 2:
        if z == 1:
            return 1 / b
        if z == 2:
            return sp.log(2) / b**2
        return 4 * (1 - sp.Integer(2) ** (2 - z)) * sp.gamma(z) * sp.zeta(z - 1) / (2 * b) ** z
    if z % 2:  # 2 Gamma(z) beta(z), Dirichlet's beta at odd numbers by Euler's numbers
        m = (int(z) - 1) // 2
        return (-1) ** m * sp.euler(2 * m) * (sp.pi / 2) ** z / b**z
    fourth = sp.Rational(1, 4)
    beta = sp.Integer(4) ** (-z) * (sp.zeta(z, fourth) - sp.zeta(z, 1 - fourth))
    return 2 * sp.gamma(z) * beta / b**z
