"""Step laws by their density in r: exact moments and the non-analytic terms that power-law tails leave in the transform.

A density is cut at its break points into smooth pieces on each side, in u = abs(r). Every piece is a sum of terms
c u^p times one of 1, exp(-b u^q), exp(-b u - d u^2), (C + D u^q)^(-S), sech(b u), sech(b u)^2, whose Mellin transform
M(z) = int u^(z-1) f du is known in closed form and continued beyond its strip. With the tail f ~ A u^(-1-a) far out the
transform of the side s = +1, -1 has for k > 0 the term A Gamma(-a) (-i s k)^a, and at a whole a = m, where M has a pole,
(i s k)^m/m! (FP M(m + 1) + A psi(m + 1) - A log(-i s k)): residues of Gamma(z) (-ik)^(-z) M(1 - z).

A *rate* density may be singular at r = 0 (up to abs(r)**-3): jumps then come infinitely often, and only
int (e^(ikr) - 1) f dr exists. It is kept as a law whose transform is 1 plus that integral.

Sources: NIST Digital Library of Mathematical Functions, 2.5 (Mellin transforms), 5.9, 5.12 and 25.5 (the integrals).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import sympy as sp

from symdiff.errors import DerivationError, NotYetError
from symdiff.model.density_pieces import Piece, density_pieces
from symdiff.model.density_terms import Term, finite_part, tail_terms, terms_of
from symdiff.model.family import certainly_positive
from symdiff.model.singular import Singular

if TYPE_CHECKING:
    from symdiff.model.step_law import StepLaw
    from symdiff.model.transform_law import Expanded

NAME = "density"


@dataclass(frozen=True)
class Parts:
    """The pieces of a density, each with its terms."""

    pieces: tuple[Piece, ...]
    terms: tuple[tuple[Term, ...], ...]


@lru_cache(maxsize=64)
def parts_of(law: StepLaw) -> Parts:
    """The pieces and terms of a law of one length that is given by its density."""
    pieces = density_pieces(dict(law.arguments)["density"], law.variables[0])
    return Parts(pieces, tuple(terms_of(p.body) for p in pieces))


def density_expanded(law: StepLaw, order: int) -> Expanded:
    """Moments and non-analytic terms below k**order, as of a law that is given by its transform."""
    from symdiff.model.transform_law import Expanded

    parts, box = parts_of(law), dict(law.box)
    tails = _tails(law, parts, order)
    moments: dict[tuple[int, ...], sp.Expr] = {(0,): sp.Integer(1)}
    for n in range(1, order):
        value = sp.Integer(0)
        if not (n == 1 and _near_zero(law, parts)[1]):  # then the density is even: its mean vanishes by symmetry
            value = _moment(parts, n)
        for side, amplitude, index in tails:
            if index == n:
                value += side**n * amplitude * sp.expand_func(sp.digamma(n + 1))
        moments[(n,)] = _tidy(value)
    singular = [s for s in _singular(tails, box) if not s.exponent.is_Rational or s.exponent < order]
    return Expanded(moments, tuple(sorted(singular, key=law.order_of)), Fraction(order), None)


def total_of(law: StepLaw) -> sp.Expr | None:
    """The integral of a density; None where it is infinite because small steps are too frequent. Raises where it
    diverges far out, or where not even the rate of large jumps and the second moment of small ones exist."""
    if law.lengths > 1:
        return _tidy(constant_of(law))
    parts = parts_of(law)
    infinite, _ = _near_zero(law, parts)
    _tails(law, parts, 3)  # raises where it diverges far out
    return None if infinite else _tidy(_moment(parts, 0))


def _moment(parts: Parts, n: int) -> sp.Expr:
    return sp.Add(*(
        p.side**n * finite_part(term, p.low, p.high, n + 1)
        for p, terms in zip(parts.pieces, parts.terms, strict=True) for term in terms
    ))  # fmt: skip


def _near_zero(law: StepLaw, parts: Parts) -> tuple[bool, bool]:
    """(whether the integral diverges at zero, whether the first moment does); raises where no process of jumps exists."""
    diverges = drifts = False
    for piece, terms in zip(parts.pieces, parts.terms, strict=True):
        for term in terms if piece.low == 0 else ():
            if certainly_positive(law.box, term.power + 1):
                continue
            if not certainly_positive(law.box, term.power + 3):
                raise DerivationError(f"near r = 0 the density grows like abs(r)**({term.power}), so that the second moment of small "
                                      "jumps diverges", instead="let it grow slower than abs(r)**(-3)")  # fmt: skip
            diverges = True
            drifts = drifts or not certainly_positive(law.box, term.power + 2)
    if drifts and not is_even(parts):
        raise DerivationError("the mean of the small jumps diverges at r = 0", instead="make the density even in r")
    return diverges, drifts


def is_even(parts: Parts) -> bool:
    """Whether both sides are alike."""
    sides = [{(p.low, p.high, p.body) for p in parts.pieces if p.side == s} for s in (1, -1)]
    return sides[0] == sides[1]


def falls_off_slowly(law: StepLaw) -> bool:
    """Whether a density of one length falls off slower than every exponential without a power tail, as exp(-sqrt(abs(r)))."""
    if law.lengths > 1:
        return False
    tops = [
        max((q for q, _ in term.rates), key=str)
        for piece, terms in zip(parts_of(law).pieces, parts_of(law).terms, strict=True) if piece.high is sp.oo
        for term in terms if term.rates
    ]  # fmt: skip
    return any(not certainly_positive(law.box, q - 1) and q != 1 for q in tops)


Tail = tuple[int, sp.Expr, sp.Expr]  # side, amplitude A, index a


def _tails(law: StepLaw, parts: Parts, order: int) -> list[Tail]:
    """The tails A u^(-1-a) of both sides below the power ``order``; raises where the integral diverges far out."""
    found = []
    for piece, terms in zip(parts.pieces, parts.terms, strict=True):
        for term in terms if piece.high is sp.oo else ():
            for amplitude, power in tail_terms(term, order):
                index = sp.expand(-power - 1)
                if not certainly_positive(law.box, index):
                    raise DerivationError(f"far out the density falls off like abs(r)**({power}), and its integral diverges",
                                          instead="let it fall off faster than 1/abs(r)")  # fmt: skip
                found.append((piece.side, amplitude, index))
    symbolic = {i for _, _, i in found if not i.is_Rational}
    if symbolic:  # the order of further terms is open
        first = min(found, key=lambda t: law.stand_in(t[2]))[2]
        found = [t for t in found if t[2] == first]
    return found


def _singular(tails: list[Tail], box: Mapping[sp.Symbol, object]) -> list[Singular]:
    total: dict[tuple[sp.Expr, int], list[sp.Expr]] = {}

    def add(index: sp.Expr, logs: int, even: sp.Expr, odd: sp.Expr) -> None:
        entry = total.setdefault((index, logs), [sp.Integer(0), sp.Integer(0)])
        entry[0] += even
        entry[1] += odd

    for side, a, index in tails:
        if index.is_Integer:
            m = int(index)
            for logs, factor in ((1, -a), (0, a * sp.pi / 2 * sp.I * side)):
                real, imaginary = (factor * (sp.I * side) ** m / sp.factorial(m)).as_real_imag()
                add(index, logs, real, imaginary)
            continue
        size = a * sp.pi / (2 * sp.gamma(1 + index))  # Gamma(-a) Gamma(1 + a) = -pi/sin(pi a)
        add(index, 0, -size / sp.sin(sp.pi * index / 2), side * size / sp.cos(sp.pi * index / 2))
    found = []
    for (index, logs), (even, odd) in total.items():
        even, odd = sp.expand(even), sp.expand(odd)
        analytic = logs == 0 and index.is_Integer and (even == 0 if index % 2 else odd == 0)
        if (even == 0 and odd == 0) or analytic:
            continue
        found.append(Singular(index, even, odd, logs))
    return found


def _tidy(value: sp.Expr) -> sp.Expr:
    value = sp.expand(value)
    if value.has(sp.I):
        value = sp.expand(sp.cancel(sp.together(value)))
        if value.has(sp.I):
            value = sp.re(value).expand(complex=True)
    if value.has(sp.gamma):
        value = sp.gammasimp(value)
    return sp.factor_terms(value) if value.has(sp.Function) else sp.factor(value)


def product_moment(law: StepLaw, orders: tuple[int, ...]) -> sp.Expr:
    """A moment of a density of several lengths that is a product of densities of each."""
    return sp.Mul(*(factor.analytic_moment(n) for factor, n in zip(factors_of(law), orders, strict=True)))


def factors_of(law: StepLaw) -> tuple[StepLaw, ...]:
    """The laws of the single components, each normalised; raises :class:`NotYetError` where the density is no product."""
    return _factors(law)[0]


def constant_of(law: StepLaw) -> sp.Expr:
    """The integral of a density of several components that is a product."""
    return _factors(law)[1]


@lru_cache(maxsize=64)
def _factors(law: StepLaw) -> tuple[tuple[StepLaw, ...], sp.Expr]:
    from symdiff.model.step_law import StepLaw

    variables, found = law.variables, []
    rest = dict(law.arguments)["density"].replace(
        lambda e: isinstance(e, sp.exp), lambda e: sp.Mul(*map(sp.exp, sp.Add.make_args(sp.expand(e.args[0]))))
    )
    for s in variables:
        rest, own = rest.as_independent(s, as_Add=False)
        if own.free_symbols & (set(variables) - {s}):
            raise NotYetError("a density of several components that is neither a product of densities of each nor a function of the "
                              "length alone is not handled yet", instead="for correlated normal steps write distribution = "
                              "\"normal\" with a covariance")  # fmt: skip
        plain = StepLaw(NAME, ((NAME, own.xreplace({s: sp.Symbol("step.0", real=True)})),), box=law.box)
        total = total_of(plain)
        if total is None or plain.singular:
            raise NotYetError("heavy tails along one of several directions are not handled yet")
        found.append(StepLaw(NAME, ((NAME, dict(plain.arguments)[NAME] / total),), box=law.box))
        rest *= total
    return tuple(found), rest


__all__ = ["NAME", "density_expanded", "factors_of", "falls_off_slowly", "parts_of", "product_moment", "total_of"]
