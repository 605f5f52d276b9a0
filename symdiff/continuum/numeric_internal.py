"""The second route's own account of continuous internal states: moments with exponentials, spherical harmonics, powers.

In the plane B_n = exp(i n phi); in space harmonic polynomials; on a line B_k = w^k; products of these for several variables. A function f(u)
is the matrix F with f B_a = sum_b F_ab B_b, and a model's rates and velocities are polynomials in such matrices. Between
walls the stationary problem is an ordinary differential equation, solved by its power series (:class:`WallProblem`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from math import factorial, prod
from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.numeric_matrices import Sparse
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.motion import InternalVariable

Number = Any
Evaluate = Callable[[sp.Expr], Number]
Exponents = tuple[int, ...]
SEED = 7151


class NumericModes:
    """All matrices at given numbers: ``number`` evaluates expressions of parameters, ``reach`` bounds the degree."""

    def __init__(self, model: JumpModel, number: Evaluate, reach: int) -> None:
        self.model, self.number = model, number
        self.parts = [part for v in model.internals for part in _parts(v, reach)]
        self.labels = [label for label in product(*(range(part.size) for part in self.parts))
                       if sum(part.weights[n] for part, n in zip(self.parts, label, strict=True)) <= reach + 1]  # fmt: skip
        self.index = {label: n for n, label in enumerate(self.labels)}
        self.size = len(self.labels)
        self.symbols = [s for part in self.parts for s in part.times]
        self.times = {s: self._spread(n, m) for n, part in enumerate(self.parts) for s, m in part.times.items()}
        self._turns: dict[tuple[str, ...], Sparse] = {}

    def _spread(self, position: int, matrix: Sparse) -> Sparse:
        """A matrix of one part over the whole basis; what leads beyond it is dropped, as too many gradients are needed for it."""
        rows: list[dict[int, Number]] = []
        for label in self.labels:
            moved = {(*label[:position], n, *label[position + 1 :]): c for n, c in matrix.rows[label[position]].items()}
            rows.append({self.index[at]: c for at, c in moved.items() if at in self.index})
        return Sparse(rows)

    def matrix(self, expression: sp.Expr) -> Sparse:
        """A polynomial in the internal variables as a matrix."""
        total = Sparse.zero(self.size)
        for exponents, coefficient in self.monomials(expression):
            total += self.monomial(exponents).scaled(self.number(coefficient))
        return total

    def monomials(self, expression: sp.Expr) -> list[tuple[tuple[int, ...], sp.Expr]]:
        """The expression by its powers of the internal variables."""
        if not expression.free_symbols & set(self.symbols):
            return [((0,) * len(self.symbols), expression)]
        return [(tuple(e), c) for e, c in sp.Poly(sp.expand(expression), *self.symbols).terms()]

    def monomial(self, exponents: tuple[int, ...]) -> Sparse:
        """The matrix of a product of powers of the internal variables."""
        power = Sparse.eye(self.size)
        for symbol, e in zip(self.symbols, exponents, strict=True):
            for _ in range(e):
                power = power @ self.times[symbol]
        return power

    def row(self, expression: sp.Expr, start: int) -> dict[int, Number]:
        """One row of the matrix of a polynomial: the polynomial times one mode."""
        total: dict[int, Number] = {}
        for exponents, coefficient in self.monomials(expression):
            line = {start: self.number(coefficient)}
            for symbol, e in zip(self.symbols, exponents, strict=True):
                for _ in range(e):
                    following: dict[int, Number] = {}
                    for k, c in line.items():
                        for m, d in self.times[symbol].rows[k].items():
                            following[m] = following.get(m, 0) + c * d
                    line = following
            for k, c in line.items():
                total[k] = total.get(k, 0) + c
        return total

    def own(self) -> list[tuple[Sparse, sp.Expr]]:
        """Own motion and renewal at a rate: (matrix, expression) pairs, to be multiplied by the expression's matrix."""
        found = []
        for n, part in enumerate(self.parts):
            v = part.variable
            if v.diffusivity != 0:
                found.append((self._spread(n, part.diffusion), v.diffusivity))
            for symbol, drift in zip(
                part.drifts, v.drift if part.whole else [v.drift[part.component]] if v.drift else [], strict=False
            ):
                if drift != 0:
                    found.append((self._spread(n, symbol), drift))
        for v in self.model.internals:
            if v.rate is not None:
                found.append((self.turn((v.name,)) - Sparse.eye(self.size), v.rate))
        return found

    def turn(self, names: tuple[str, ...]) -> Sparse:
        """E[B(u renewed)] for the named variables."""
        if names not in self._turns:
            self._turns[names] = self._turn(names)
        return self._turns[names]

    def _turn(self, names: tuple[str, ...]) -> Sparse:
        result = Sparse.eye(self.size)
        for n, part in enumerate(self.parts):
            if part.variable.name in names or set(part.variable.components) & set(names):
                result = self._spread(n, part.turn(self.number, random.Random(SEED))) @ result
        return result

    def drawn(self) -> dict[sp.Symbol, Number]:
        """The values that renewals give to the averages which the model does not state."""
        found: dict[sp.Symbol, Number] = {}
        for part in self.parts:
            v = part.variable
            if v.domain == "line" and v.law is None:
                continue  # never renewed
            turn = part.turn(self.number, random.Random(SEED)).rows
            for n, degree in enumerate(part.degrees):
                if v.domain == "line":
                    if n and v.law is not None:
                        found[v.open_moment(n)] = turn[n].get(0, mpmath.mpf(0))
                elif degree > 1 and (len(v.components) > 2 or part.orders[n] > 0):
                    mean = turn[n].get(n, mpmath.mpf(0))
                    found[v.open_harmonic(degree, "cosine")] = mpmath.re(mean)
                    found[v.open_harmonic(degree, "sine")] = mpmath.im(mean)
        return found


class _Part:
    """One variable (one component of a line): its basis, multiplications and motions."""

    def __init__(self, variable: InternalVariable, degrees: list[int], times: Mapping[sp.Symbol, Sparse], diffusion: Sparse,
                 drifts: list[Sparse], component: int = 0, whole: bool = True, orders: list[int] | None = None) -> None:  # fmt: skip
        self.variable, self.degrees, self.times = variable, degrees, dict(times)
        self.diffusion, self.drifts, self.component, self.whole = diffusion, drifts, component, whole
        self.orders = orders or degrees
        self.size = len(degrees)
        # gradients that a mode costs: one per power of a number; a harmonic is left as it was reached
        self.weights = degrees if variable.domain == "line" else [2 * degree for degree in degrees]

    def turn(self, number: Evaluate, generator: random.Random) -> Sparse:
        """What a renewal makes of every function; harmonics that the model does not state are drawn at random."""
        v = self.variable
        result = Sparse.zero(self.size)
        if v.domain == "line":
            if v.law is None:
                raise NotYetError(f"'{v.name}' is renewed without a law")
            for k in range(self.size):
                highest = v.law.highest_moment
                known = highest is None or k <= highest
                result.rows[k][0] = number(v.law.raw_moment(k)) if known else mpmath.mpf(generator.randint(1, 9))
            return result
        drawn: dict[int, Number] = {}
        for n, degree in enumerate(self.degrees):
            if degree == 0:
                result.rows[n][n] = mpmath.mpf(1)
            elif not v.uniform:
                if degree not in drawn:
                    drawn[degree] = mpmath.mpc(generator.randint(-700, 700), generator.randint(-700, 700)) / 1000
                    if degree == 1:
                        drawn[1] = mpmath.mpc(
                            number(v.mean_cosine or sp.Integer(0)), number(v.mean_sine or sp.Integer(0))
                        )
                z = drawn[degree]
                plane = len(v.components) == 2
                result.rows[n][n] = (z if self.orders[n] > 0 else mpmath.conj(z)) if plane else mpmath.re(z)
        return result


def _parts(variable: InternalVariable, reach: int) -> list[_Part]:
    if variable.domain == "line":
        return [_line(variable, i, reach) for i in range(len(variable.components))]
    if len(variable.components) == 2:
        return [_plane(variable, (reach + 1) // 2)]
    return [_space(variable, (reach + 1) // 2)]


def _line(variable: InternalVariable, component: int, reach: int) -> _Part:
    size = reach + 1
    shift = Sparse([{k + 1: mpmath.mpf(1)} if k < reach else {} for k in range(size)])
    first = Sparse([{k - 1: mpmath.mpf(k)} if k else {} for k in range(size)])
    second = Sparse([{k - 2: mpmath.mpf(k * (k - 1))} if k > 1 else {} for k in range(size)])
    return _Part(variable, list(range(size)), {variable.symbols[component]: shift}, second, [first], component, False)


def _plane(variable: InternalVariable, highest: int) -> _Part:
    orders = list(range(-highest, highest + 1))
    one = mpmath.mpf(1)
    up = Sparse([{n + 1: one} if order < highest else {} for n, order in enumerate(orders)])
    down = Sparse([{n - 1: one} if n else {} for n in range(len(orders))])
    diffusion = Sparse([{n: mpmath.mpf(-order * order)} for n, order in enumerate(orders)])
    rotation = Sparse([{n: mpmath.mpc(0, order)} for n, order in enumerate(orders)])
    x, y = variable.symbols
    times = {x: (up + down).scaled(one / 2), y: (up - down).scaled(mpmath.mpc(0, -one / 2))}
    return _Part(variable, [abs(o) for o in orders], times, diffusion, [rotation], orders=orders)


def _space(variable: InternalVariable, highest: int) -> _Part:
    """The harmonics in m >= 3 dimensions up to a degree.

    On the sphere u_i h = (u_i h - d_i h/(2 n + m - 2)) + d_i h/(2 n + m - 2) for h of degree n: parts of degrees n + 1 and n - 1.
    A harmonic polynomial is known by what is left of it modulo |u|^2: monomials with at most one power of the last component.
    """
    m = len(variable.components)
    labels = [a for degree in range(highest + 1) for a in _exponents(m, degree) if a[-1] < 2]
    index = {label: n for n, label in enumerate(labels)}
    degrees = [sum(label) for label in labels]
    diffusion = Sparse([{row: mpmath.mpf(-n * (n + m - 2))} for row, n in enumerate(degrees)])
    times = {symbol: Sparse.zero(len(labels)) for symbol in variable.symbols}
    for row, label in enumerate(labels):
        harmonic = _harmonic(label)
        for i, symbol in enumerate(variable.symbols):
            if degrees[row] < highest:
                for a, c in _modulo_square({_moved(label, i, 1): Fraction(1)}).items():
                    times[symbol].add(row, index[a], mpmath.mpf(c.numerator) / c.denominator)
            slope = {_moved(a, i, -1): c * a[i] / (2 * degrees[row] + m - 2) for a, c in harmonic.items() if a[i]}
            for a, c in _modulo_square(slope).items():
                times[symbol].add(row, index[a], mpmath.mpf(c.numerator) / c.denominator)
    return _Part(variable, degrees, times, diffusion, [])


def _exponents(length: int, degree: int) -> list[Exponents]:
    if length == 1:
        return [(degree,)]
    return [(n, *rest) for n in range(degree + 1) for rest in _exponents(length - 1, degree - n)]


def _moved(exponents: Exponents, i: int, by: int) -> Exponents:
    return (*exponents[:i], exponents[i] + by, *exponents[i + 1 :])


def _modulo_square(polynomial: dict[Exponents, Fraction]) -> dict[Exponents, Fraction]:
    """The square of the last component replaced by minus the squares of the others."""
    done: dict[Exponents, Fraction] = {}
    left = dict(polynomial)
    while left:
        a, c = left.popitem()
        if a[-1] < 2:
            done[a] = done.get(a, Fraction(0)) + c
            continue
        lower = _moved(a, len(a) - 1, -2)
        for i in range(len(a) - 1):
            b = _moved(lower, i, 2)
            left[b] = left.get(b, Fraction(0)) - c
    return {a: c for a, c in done.items() if c}


def _harmonic(label: Exponents) -> dict[Exponents, Fraction]:
    """The harmonic part of a monomial: sum_j c_j |u|^(2j) Laplacian^j, c_j/c_(j-1) = -1/(2j (2n + m - 2 - 2j))."""
    m, degree = len(label), sum(label)
    total = {label: Fraction(1)}
    lowered = dict(total)
    for j in range(1, degree // 2 + 1):
        following: dict[Exponents, Fraction] = {}
        for a, c in lowered.items():
            for i in range(m):
                if a[i] > 1:
                    b = _moved(a, i, -2)
                    following[b] = following.get(b, Fraction(0)) - c * a[i] * (a[i] - 1) / (
                        2 * j * (2 * degree + m - 2 - 2 * j)
                    )
        lowered = following
        for a, c in lowered.items():
            for powers in _exponents(m, j):
                b = tuple(x + 2 * y for x, y in zip(a, powers, strict=True))
                ways = factorial(j) // prod(factorial(y) for y in powers)
                total[b] = total.get(b, Fraction(0)) + c * ways
    return {a: c for a, c in total.items() if c}


class WallProblem:
    """D_y f'' (+ (m - 1) f'/r in a ball) + (q.D q - q.v(y) - s) f = 0 with no flux through the walls, as a condition on s."""

    def __init__(self, model: JumpModel, number: Evaluate, wave: list[Number]) -> None:
        (variable,), motion = model.internals, model.motion_of(0)
        assert variable.radius is not None
        self.m = len(variable.symbols)
        self.radius = number(variable.radius)
        self.spread = number(variable.diffusivity)
        r = sp.Symbol("r", real=True)
        if self.m == 1:
            place = {variable.symbols[0]: variable.centre[0] + variable.radius * r}
        else:
            place = {s: sp.Integer(0) for s in variable.symbols[1:]} | {variable.symbols[0]: variable.radius * r}
        profile: dict[int, Number] = {}
        assert motion is not None
        terms = [(-v, q) for v, q in zip(motion.velocity, wave, strict=True)]
        terms += [
            (d, p * q) for q, row in zip(wave, motion.diffusivity, strict=False) for d, p in zip(row, wave, strict=True)
        ]
        for reaction in model.crowd.reactions:
            if any(r != 0 for a in (*reaction.consumes, *reaction.produces) for r in a.displacement):
                raise NotYetError("reactions at a distance beside an internal state between walls are not handled yet",
                                  where=reaction.label)  # fmt: skip
            terms.append((reaction.intensity, mpmath.mpf(len(reaction.produces) - 1)))
        inside = set(variable.symbols)
        for jump in model.jumps:
            if jump.law is not None or jump.redraw or any(r.free_symbols & inside for r in jump.displacement):
                raise NotYetError("random steps, or steps that depend on an internal state between walls, are not handled yet",
                                  where=jump.label)  # fmt: skip
            along = mpmath.fsum(q * number(r) for q, r in zip(wave, jump.displacement, strict=True))
            terms.append((jump.intensity, mpmath.expm1(-along)))
        for expression, weight in terms:
            _require_radial(expression, variable)
            for (n,), c in sp.Poly(sp.expand(expression.xreplace(place)), r).terms():
                profile[n] = profile.get(n, mpmath.mpf(0)) + weight * number(c)
        self.profile = profile

    def __call__(self, s: Number) -> Number:
        """Zero where s is an eigenvalue."""
        if self.m > 1:
            return self._slope(s, (mpmath.mpf(1), mpmath.mpf(0)), 1)
        even, odd = (mpmath.mpf(1), mpmath.mpf(0)), (mpmath.mpf(0), mpmath.mpf(1))
        return self._slope(s, even, 1) * self._slope(s, odd, -1) - self._slope(s, even, -1) * self._slope(s, odd, 1)

    def _slope(self, s: Number, start: tuple[Number, Number], side: int) -> Number:
        """f'(side) of the solution with the given first two Taylor coefficients at the middle."""
        scale = self.radius**2 / self.spread
        series, total, n = list(start), start[1], 0
        floor = mpmath.mpf(10) ** (-mpmath.mp.dps - 5)
        small = 0
        while small < 12 and n < 2000:
            drive = -s * series[n]
            for k, c in self.profile.items():
                if k <= n:
                    drive += c * series[n - k]
            following = -drive * scale / ((n + 2) * (n + self.m))
            series.append(following)
            change = (n + 2) * following * mpmath.mpf(side) ** (n + 1)
            total += change
            small = small + 1 if abs(change) < floor else 0
            n += 1
        return total


def _require_radial(expression: sp.Expr, variable: InternalVariable) -> None:
    """In a ball: a velocity that depends on the distance from the middle only."""
    for s in variable.symbols[1:]:
        first = variable.symbols[0]
        around = sp.expand(first * sp.diff(expression, s) - s * sp.diff(expression, first))
        if around != 0:
            raise NotYetError(f"{expression} depends on the angle inside the ball; only profiles of the distance are handled yet",
                              where="internal")  # fmt: skip
