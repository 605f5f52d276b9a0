"""Transforms of densities with power tails that special functions know: pieces of powers, and (C + D u^2)^(-S) to infinity.

With m(x) the mean of e^(i x u) over the directions of space (cos x on a line that is the same both ways, J_0(x) in the plane),

    int_L^oo u^p e^(-z u) du                        = z^(-p-1) Gamma(p + 1, z L)
    int_0^L u^p (m(k u) - 1) du                     = L^(p+1)/(p + 1) [1F2((p + 1)/2; d/2, (p + 3)/2; -(k L)^2/4) - 1]
    2/B(d/2, S - d/2) int_0^oo u^(d-1) (1 + u^2)^(-S) m(k u) du = 2 (k/2)^(S - d/2) K_(S-d/2)(k)/Gamma(S - d/2)

Neither moments nor tails of the density have a part in them. Quadrature of the same laws takes a hundred times as long.
Sources: NIST Digital Library of Mathematical Functions, 8.2.2, 16.5.2, 10.32.11 and 10.22.46 (Basset's integral and its like in d dimensions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import sympy as sp

from symdiff.model.density_law import Parts, is_even, parts_of
from symdiff.model.density_terms import Term
from symdiff.model.step_law import StepLaw

Number = Any
ToNumber = Callable[[sp.Expr], Number]
End = tuple[Number, Number]


def closed_transform(law: StepLaw, q: Number, number: ToNumber, dimension: int = 1) -> Number | None:
    """1 + int (e^(-q r) - 1) f dr at imaginary q, or None where the density is of another form.

    With ``dimension`` > 1 the mean over directions of steps whose length has this law, q the root of q.q.
    """
    parts = parts_of(law)
    lost = max(0, -2 * int(mpmath.log10(abs(q)))) + 10  # the integral is small where the waves are long
    with mpmath.workdps(mpmath.mp.dps + lost):
        if (basset := _whole_line(parts, number, dimension)) is not None:
            return 1 + basset[0] * _bessel(basset[1], basset[2], abs(q))
        if not all(_is_power(t) for terms in parts.terms for t in terms):
            return None
        found = mpmath.mpf(1)
        for piece, terms in zip(parts.pieces, parts.terms, strict=True):
            ends = number(piece.low), mpmath.inf if piece.high is sp.oo else number(piece.high)
            for term in terms:
                share = _power_piece(number(term.power), ends, q * piece.side, dimension)
                if share is None:
                    return None
                found += number(term.coefficient) * share
        return found


def pareto_in_space(index: Number, least: Number, k: Number, dimension: int) -> Number | None:
    """The mean of e^(i k.r) over steps of uniform direction whose length has the density index least^index r^(-1-index), r > least."""
    lost = max(0, -2 * int(mpmath.log10(k * least))) + 10
    with mpmath.workdps(mpmath.mp.dps + lost):
        share = _power_piece(-1 - index, (least, mpmath.inf), k, dimension)
        return None if share is None else 1 + index * least**index * share


def _is_power(term: Term) -> bool:
    return not term.rates and term.binomial is None and term.sech is None


def _power_piece(p: Number, ends: End, z: Number, dimension: int) -> Number | None:
    """int_low^high u^p (e^(-z u) - 1) du, or with the mean over directions; None where this form of it has a pole."""
    low, high = ends
    if low == 0 and p <= -1:
        return None
    if dimension > 1:
        whole = _radial_whole(p, abs(z), dimension) if high == mpmath.inf else _radial(p, high, abs(z), dimension)
        inside = _radial(p, low, abs(z), dimension)
        return None if whole is None or inside is None else whole - inside
    if low == 0:
        return None if high == mpmath.inf else high ** (p + 1) / (p + 1) * (mpmath.hyp1f1(p + 1, p + 2, -z * high) - 1)
    total = mpmath.mpf(0)
    for end, sign in ((low, 1), (high, -1)):
        if end != mpmath.inf:
            mass = mpmath.log(end) if p == -1 else end ** (p + 1) / (p + 1)
            total += sign * (z ** (-p - 1) * mpmath.gammainc(p + 1, z * end) + mass)
    return total


def _radial(p: Number, end: Number, k: Number, dimension: int) -> Number | None:
    """int_0^end u^p (m(k u) - 1) du, continued to any p that is not a negative odd number."""
    if end == 0:
        return mpmath.mpf(0)
    first, half = (p + 1) / 2, mpmath.mpf(dimension) / 2
    if mpmath.isint(first) and first <= 0:
        return None
    return end ** (p + 1) / (p + 1) * (mpmath.hyp1f2(first, half, first + 1, -((k * end) ** 2) / 4) - 1)


def _radial_whole(p: Number, k: Number, dimension: int) -> Number | None:
    """int_0^oo u^p (m(k u) - 1) du, continued: the Mellin transform of a Bessel function (DLMF 10.22.43)."""
    first, half = (p + 1) / 2, mpmath.mpf(dimension) / 2
    if mpmath.isint(first) and first <= 0:
        return None
    top = mpmath.gamma(half) * mpmath.gamma(first) * (mpmath.mpf(2) / k) ** (p + 1)
    return top / mpmath.gamma(half - first) / 2


def _whole_line(parts: Parts, number: ToNumber, dimension: int) -> tuple[Number, Number, Number] | None:
    """(integral, a, order) of the density c u^(d-1) (1 + u^2/a^2)^(-order - d/2)."""
    alike = is_even(parts) and len(parts.pieces) == 2
    if (
        not (alike or (dimension > 1 and len(parts.pieces) == 1))
        or len(parts.terms[0]) != 1
        or parts.pieces[0].low != 0
        or parts.pieces[0].high is not sp.oo
    ):
        return None
    (term,) = parts.terms[0]
    if term.binomial is None or term.binomial[2] != 2 or term.power != dimension - 1:
        return None
    constant, factor, s = number(term.binomial[0]), number(term.binomial[1]), number(term.binomial[3])
    half = mpmath.mpf(dimension) / 2
    if factor <= 0 or s <= half:
        return None
    a = mpmath.sqrt(constant / factor)
    sides = mpmath.mpf(len(parts.pieces)) / 2
    return sides * number(term.coefficient) * constant**-s * a**dimension * mpmath.beta(half, s - half), a, s - half


def _bessel(a: Number, order: Number, k: Number) -> Number:
    """The transform of the normalised density, less one."""
    return 2 * (a * k / 2) ** order * mpmath.besselk(order, a * k) / mpmath.gamma(order) - 1
