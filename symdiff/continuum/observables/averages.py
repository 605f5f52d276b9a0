"""E[f(X_t)] for functions of place that a generator maps into finitely many others: polynomials, times exponentials.

With L f_a = sum_b A_ba f_b on the closed set the averages obey a linear system with constant coefficients, whose
solution is a sum of polynomials times exponentials of t (powers of the step's eigenvalues in discrete time).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.exponential_sums import Pole, after_steps, in_continuous_time, poles
from symdiff.continuum.observables.backward import Backward, Move
from symdiff.errors import DerivationError, NotYetError

MAX_FUNCTIONS = 80
MAX_DEGREE = 24

Key = tuple[int, tuple[int, ...], tuple[sp.Expr, ...]]  # state, powers of the coordinates, exponents of e^(c x)
Combination = dict[Key, sp.Expr]


@dataclass(frozen=True)
class Average:
    """The poles of an average in time, on its way to a function of t."""

    poles: tuple[Pole, ...]
    step: sp.Expr | None

    def at(self, t: sp.Expr) -> tuple[sp.Expr, int]:
        """The average at time t, and from which number of steps on it holds."""
        if self.step is None:
            return in_continuous_time(self.poles, t), 0
        return after_steps(self.poles, t / self.step)

    def stationary(self) -> sp.Expr | None:
        """The value at late times, None where it grows or keeps oscillating; all other poles are taken to decay."""
        rest = sp.Integer(0 if self.step is None else 1)
        constant = sp.Integer(0)
        for p in self.poles:
            if p.conjugate is None and sp.expand(p.place - rest) == 0:
                if p.order > 1 and p.coefficient != 0:
                    return None
                constant += p.coefficient
            elif self.step is None and p.conjugate is None and p.place.is_nonnegative:
                return None
        return constant

    def decaying(self) -> list[sp.Expr]:
        """Every pole that is taken to decay and whose sign is not plain."""
        if self.step is not None:
            return []
        return [
            p.place for p in self.poles if p.conjugate is None and p.place != 0 and not sp.factor(p.place).is_negative
        ]


def average(generator: Backward, function: sp.Expr, place: tuple[sp.Expr, ...], shares: list[sp.Expr]) -> Average:
    """The average of a function of place at time t, for walkers that start at ``place`` with ``shares`` of the states.

    Raises :class:`NotYetError` where the function, or the generator, leads out of every finite set.
    """
    start = combination(function, generator)
    basis, columns = _closure(generator, start)
    index = {key: n for n, key in enumerate(basis)}
    size = len(basis)
    one = sp.Integer(0 if generator.step is None else 1)
    matrix = [[sp.Integer(0)] * size for _ in range(size)]
    for key, image in columns.items():
        for other, value in image.items():
            matrix[index[other]][index[key]] += value
        if one:
            matrix[index[key]][index[key]] += one
    start_place = (*place, *generator.internal)
    initial = [_at_start(key, generator, start_place, shares) for key in basis]
    if generator.internal:
        initial = [_over_internal(value, generator) for value in initial]
    return Average(poles(initial, matrix, [start.get(key, sp.Integer(0)) for key in basis]), generator.step)


def combination(function: sp.Expr, generator: Backward) -> Combination:
    """A polynomial times exponentials as a sum over the basis, the same in every state."""
    x = generator.coordinates
    expanded = sp.expand(function.rewrite(sp.exp)) if not function.is_polynomial(*x) else sp.expand(function)
    found: Combination = {}
    for term in sp.Add.make_args(expanded):
        exponents, rest = [sp.Integer(0)] * len(x), []
        for factor in sp.Mul.make_args(sp.powsimp(term)):
            if isinstance(factor, sp.exp) and factor.has(*x):
                argument = sp.expand(factor.args[0])
                slopes = [argument.coeff(c) for c in x]
                remainder = sp.expand(argument - sp.Add(*(a * c for a, c in zip(slopes, x, strict=True))))
                if remainder.has(*x) or any(a.has(*x) for a in slopes):
                    raise NotYetError(
                        f"the average of {function} is not handled: {factor} is no exponential of a linear function"
                    )
                exponents = [sp.expand(a + b) for a, b in zip(exponents, slopes, strict=True)]
                rest.append(sp.exp(remainder))
            else:
                rest.append(factor)
        body = sp.Mul(*rest)
        if not body.is_polynomial(*x):
            raise NotYetError(f"the average of {function}, which is no polynomial in the coordinates, is not handled yet",
                              instead='ask for polynomials such as "x**2", or exp, cos and sin of linear functions')  # fmt: skip
        for powers, c in sp.Poly(body, *x).terms():
            for state in range(len(generator.states)):
                key = (state, tuple(powers), tuple(exponents))
                found[key] = found.get(key, sp.Integer(0)) + c
    if max((sum(p) for _, p, _ in found), default=0) > MAX_DEGREE:
        raise NotYetError(f"an average of degree above {MAX_DEGREE}")
    return {k: v for k, v in found.items() if v != 0}


def applied(generator: Backward, function: sp.Expr) -> sp.Expr:
    """L f of a polynomial of place, in one state; raises :class:`NotYetError` where it is none."""
    x = generator.coordinates
    total = sp.Integer(0)
    for key, value in combination(function, generator).items():
        for (_, powers, exponents), c in _applied(generator, key).items():
            if any(e != 0 for e in exponents):
                raise NotYetError("the generator leads out of the polynomials")
            total += value * c * sp.Mul(*(v**n for v, n in zip(x, powers, strict=True)))
    return sp.expand(total)


def _closure(generator: Backward, start: Combination) -> tuple[list[Key], dict[Key, Combination]]:
    columns: dict[Key, Combination] = {}
    waiting = list(start)
    limit = max((sum(p) for _, p, _ in start), default=0)
    while waiting:
        key = waiting.pop()
        if key in columns:
            continue
        image = _applied(generator, key)
        if any(sum(p) > limit for _, p, _ in image):
            raise NotYetError("the averages do not close: the rates couple each one to averages of higher degree",
                              instead="use an equation of the model, or a moment closure of your own")  # fmt: skip
        columns[key] = image
        if len(columns) > MAX_FUNCTIONS:
            raise NotYetError(f"more than {MAX_FUNCTIONS} averages are coupled")
        waiting += [k for k in image if k not in columns]
    return list(columns), columns


def _applied(generator: Backward, key: Key) -> Combination:
    """L of one basis function x^m e^(c x) in one state; for a place-dependent rate the product is expanded."""
    state, powers, exponents = key
    x = generator.coordinates
    found: Combination = {}

    def add(source: int, polynomial: sp.Expr, exponent: tuple[sp.Expr, ...]) -> None:
        expanded = sp.expand(polynomial)
        if not expanded.is_polynomial(*x):
            raise NotYetError("the averages do not close: the rates are no polynomials of the place")
        if expanded != 0:
            for m, c in sp.Poly(expanded, *x).terms():
                where = (source, tuple(m), exponent)
                found[where] = found.get(where, sp.Integer(0)) + c

    monomial = sp.Mul(*(c**m for c, m in zip(x, powers, strict=True)))
    for move in generator.moves:
        if move.target == state:
            for shifted, exponent in _after_jump(move, powers, exponents, x):
                add(move.source, move.rate * shifted, exponent)
        if move.source == state:
            add(state, -move.rate * monomial, exponents)
    for reset in generator.resets:
        if reset.target == state:
            there = sp.Add(*(c * _at_place(powers, exponents, order, x, reset.place) for order, c in reset.kernel))
            add(reset.source, reset.rate * there, tuple(sp.Integer(0) for _ in x))
        if reset.source == state:
            add(state, -reset.rate * monomial, exponents)
    for term in generator.local:
        if term.target == state:
            add(term.source, term.coefficient * _derivative(powers, exponents, term.order, x), exponents)
    return {k: sp.factor_terms(v) for k, v in found.items() if sp.expand(v) != 0}


def _after_jump(
    move: Move, powers: tuple[int, ...], exponents: tuple[sp.Expr, ...], x: tuple[sp.Symbol, ...]
) -> list[tuple[sp.Expr, tuple[sp.Expr, ...]]]:
    """E[(x + r)^m e^(c (x + r))], with the part of the exponent that grows with x kept apart."""
    shift = sp.Add(*(c * r for c, r in zip(exponents, move.step, strict=True)))
    grown = [sp.diff(shift, v) for v in x]
    if any(g.has(*x) for g in grown):
        raise NotYetError("the averages do not close: a displacement is no linear function of the place")
    constant = sp.expand(shift - sp.Add(*(g * v for g, v in zip(grown, x, strict=True))))
    exponent = tuple(sp.expand(c + g) for c, g in zip(exponents, grown, strict=True))
    if move.law is None:
        body = sp.Mul(*((c + r) ** m for c, r, m in zip(x, move.step, powers, strict=True)))
        return [(sp.exp(constant) * body, exponent)]
    if any(c != 0 for c in exponents):
        raise NotYetError("averages of exponentials are not handled yet for steps with a law")
    lengths = [sp.Dummy("r") for _ in move.directions]
    places = [c + r + sp.Add(*(a * row[i] for a, row in zip(lengths, move.directions, strict=True)))
              for i, (c, r) in enumerate(zip(x, move.step, strict=True))]  # fmt: skip
    body = sp.Mul(*(place**m for place, m in zip(places, powers, strict=True)))
    total = sp.Integer(0)
    for orders, c in sp.Poly(sp.expand(body), *lengths).terms():
        total += c * move.law.raw_moment(*orders)
    return [(total, exponent)]


def _derivative(
    powers: tuple[int, ...], exponents: tuple[sp.Expr, ...], order: tuple[int, ...], x: tuple[sp.Symbol, ...]
) -> sp.Expr:
    """The polynomial in front of e^(c x) after d^order, by Leibniz' rule."""
    total = sp.Integer(0)
    for lower in product(*(range(n + 1) for n in order)):
        term = sp.Integer(1)
        for v, m, c, n, i in zip(x, powers, exponents, order, lower, strict=True):
            term *= sp.binomial(n, i) * (sp.ff(m, i) * v ** (m - i) if i <= m else 0) * c ** (n - i)
        total += term
    return total


def _at_place(
    powers: tuple[int, ...], exponents: tuple[sp.Expr, ...], order: tuple[int, ...], x: tuple[sp.Symbol, ...], place: tuple[sp.Expr, ...]
) -> sp.Expr:  # fmt: skip
    """A derivative of x^m e^(c x) at one place."""
    phase = sp.exp(sp.Add(*(c * p for c, p in zip(exponents, place, strict=True))))
    return phase * _derivative(powers, exponents, order, x).subs(dict(zip(x, place, strict=True)))


def _at_start(key: Key, generator: Backward, place: tuple[sp.Expr, ...], shares: list[sp.Expr]) -> sp.Expr:
    state, powers, exponents = key
    value = sp.Mul(*(a**m for a, m in zip(place, powers, strict=True)))
    phase = sp.Add(*(c * a for c, a in zip(exponents, place, strict=True)))
    return shares[state] * value * sp.exp(phase)


def _over_internal(value: sp.Expr, generator: Backward) -> sp.Expr:
    """The internal coordinates averaged over their stationary law."""
    symbols = generator.internal
    if not value.has(*symbols):
        return value
    total, size = sp.Integer(0), len(symbols)
    inner = replace(
        generator, coordinates=symbols, internal=(), states=("",), resets=(),
        moves=tuple(replace(m, step=m.step[-size:], directions=tuple(row[-size:] for row in m.directions)) for m in generator.moves
                    if m.source == 0 and any(m.step[-size:])),
        local=tuple(replace(c, order=c.order[-size:]) for c in generator.local
                    if c.source == 0 and any(c.order[-size:]) and not any(c.order[:-size])))  # fmt: skip
    outside = set(generator.coordinates) - set(symbols)
    own = [e for m in inner.moves for e in (m.rate, *m.step)] + [c.coefficient for c in inner.local]
    if any(e.free_symbols & outside or e.atoms(AppliedUndef) for e in own):
        raise NotYetError(
            "averages that start from the stationary law of an internal state whose own motion depends on place"
        )
    for powers, c in sp.Poly(sp.expand(value), *symbols).terms():
        monomial = sp.Mul(*(s**n for s, n in zip(symbols, powers, strict=True)))
        mean = sp.Integer(1)
        if any(powers):
            found = average(inner, monomial, tuple(sp.Integer(0) for _ in symbols), [sp.Integer(1)]).stationary()
            if found is None:
                raise refuse_growth(f"the stationary average of {monomial}")
            mean = found
        total += c * mean
    return sp.expand(total)


def refuse_growth(what: str) -> DerivationError:
    """The error for a stationary average of a process that spreads for ever."""
    return DerivationError(f"{what} does not exist: it grows without limit, and no stationary law is reached",
                           instead="ask for the moment as a function of time, or add a confining rate, walls or resetting")  # fmt: skip
