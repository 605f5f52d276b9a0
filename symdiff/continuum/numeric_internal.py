"""The second route's own account of continuous internal states: moments with exponentials, spherical harmonics, powers.

In the plane B_n = exp(i n phi); in space B_lm = Y_lm with their classical recurrences; on a line B_k = w^k. A function f(u)
is the matrix F with f B_a = sum_b F_ab B_b, and a model's rates and velocities are polynomials in such matrices. Between
walls the stationary problem is an ordinary differential equation, solved by its power series (:class:`WallProblem`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.motion import InternalVariable

Number = Any
Evaluate = Callable[[sp.Expr], Number]
SEED = 7151


class NumericModes:
    """All matrices at given numbers: ``number`` evaluates expressions of parameters, ``reach`` bounds the degree."""

    def __init__(self, model: JumpModel, number: Evaluate, reach: int) -> None:
        self.model, self.number = model, number
        self.parts = [part for v in model.internals for part in _parts(v, reach)]
        self.size = 1
        for part in self.parts:
            self.size *= part.size
        self.symbols = [s for part in self.parts for s in part.times]
        self.times = {s: self._spread(n, m) for n, part in enumerate(self.parts) for s, m in part.times.items()}
        self.generator = random.Random(SEED)

    def _spread(self, position: int, matrix: Any) -> Any:
        result = mpmath.eye(1)
        for n, part in enumerate(self.parts):
            result = _kronecker(result, matrix if n == position else mpmath.eye(part.size))
        return result

    def matrix(self, expression: sp.Expr) -> Any:
        """A polynomial in the internal variables as a matrix."""
        total = mpmath.matrix(self.size, self.size)
        for exponents, coefficient in self.monomials(expression):
            total += self.monomial(exponents) * self.number(coefficient)
        return total

    def monomials(self, expression: sp.Expr) -> list[tuple[tuple[int, ...], sp.Expr]]:
        """The expression by its powers of the internal variables."""
        if not expression.free_symbols & set(self.symbols):
            return [((0,) * len(self.symbols), expression)]
        return [(tuple(e), c) for e, c in sp.Poly(sp.expand(expression), *self.symbols).terms()]

    def monomial(self, exponents: tuple[int, ...]) -> Any:
        """The matrix of a product of powers of the internal variables."""
        power = mpmath.eye(self.size)
        for symbol, e in zip(self.symbols, exponents, strict=True):
            for _ in range(e):
                power = power * self.times[symbol]
        return power

    def own(self, value: Callable[[sp.Expr], Any] | None = None) -> list[tuple[Any, sp.Expr]]:
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
                found.append((self.turn((v.name,)) - mpmath.eye(self.size), v.rate))
        return found

    def turn(self, names: tuple[str, ...]) -> Any:
        """E[B(u renewed)] for the named variables."""
        result = mpmath.eye(self.size)
        for n, part in enumerate(self.parts):
            if part.variable.name in names or set(part.variable.components) & set(names):
                result = self._spread(n, part.turn(self.number, random.Random(SEED))) * result
        return result

    def functions(self, polynomials: list[sp.Expr]) -> Any:
        """Row a: the polynomial a of the internal variables in the basis."""
        start = [1 if all(k == 0 for k in label) else 0 for label in self._labels()]
        rows = []
        for polynomial in polynomials:
            matrix = self.matrix(polynomial)
            rows.append([mpmath.fsum(start[a] * matrix[a, b] for a in range(self.size)) for b in range(self.size)])
        return mpmath.matrix(rows)

    def _labels(self) -> list[tuple[int, ...]]:
        labels: list[tuple[int, ...]] = [()]
        for part in self.parts:
            labels = [(*label, abs(k)) for label in labels for k in part.degrees]
        return labels

    def degrees(self) -> list[int]:
        """The total degree of every function of the basis."""
        return [sum(label) for label in self._labels()]


class _Part:
    """One variable (one component of a line): its basis, multiplications and motions."""

    def __init__(self, variable: InternalVariable, degrees: list[int], times: Mapping[sp.Symbol, Any], diffusion: Any,
                 drifts: list[Any], component: int = 0, whole: bool = True, orders: list[int] | None = None) -> None:  # fmt: skip
        self.variable, self.degrees, self.times = variable, degrees, dict(times)
        self.diffusion, self.drifts, self.component, self.whole = diffusion, drifts, component, whole
        self.orders = orders or degrees
        self.size = len(degrees)

    def turn(self, number: Evaluate, generator: random.Random) -> Any:
        """What a renewal makes of every function; harmonics that the model does not state are drawn at random."""
        v = self.variable
        result = mpmath.matrix(self.size, self.size)
        if v.domain == "line":
            if v.law is None:
                raise NotYetError(f"'{v.name}' is renewed without a law")
            for k in range(self.size):
                highest = v.law.highest_moment
                known = highest is None or k <= highest
                result[k, 0] = number(v.law.raw_moment(k)) if known else mpmath.mpf(generator.randint(1, 9))
            return result
        drawn: dict[int, Number] = {}
        for n, degree in enumerate(self.degrees):
            if degree == 0:
                result[n, n] = mpmath.mpf(1)
            elif not v.uniform:
                if degree not in drawn:
                    drawn[degree] = mpmath.mpc(generator.randint(-700, 700), generator.randint(-700, 700)) / 1000
                    if degree == 1:
                        drawn[1] = mpmath.mpc(
                            number(v.mean_cosine or sp.Integer(0)), number(v.mean_sine or sp.Integer(0))
                        )
                z = drawn[degree]
                plane = len(v.components) == 2
                result[n, n] = (z if self.orders[n] > 0 else mpmath.conj(z)) if plane else mpmath.re(z)
        return result


def _parts(variable: InternalVariable, reach: int) -> list[_Part]:
    if variable.domain == "line":
        return [_line(variable, i, reach) for i in range(len(variable.components))]
    if len(variable.components) == 2:
        return [_plane(variable, (reach + 1) // 2)]
    return [_space(variable, (reach + 1) // 2)]


def _line(variable: InternalVariable, component: int, reach: int) -> _Part:
    size = reach + 1
    shift, first, second = (mpmath.matrix(size, size) for _ in range(3))
    for k in range(size):
        if k + 1 < size:
            shift[k, k + 1] = mpmath.mpf(1)
        if k:
            first[k, k - 1] = mpmath.mpf(k)
        if k > 1:
            second[k, k - 2] = mpmath.mpf(k * (k - 1))
    return _Part(variable, list(range(size)), {variable.symbols[component]: shift}, second, [first], component, False)


def _plane(variable: InternalVariable, highest: int) -> _Part:
    orders = list(range(-highest, highest + 1))
    size = len(orders)
    up, down, diffusion, rotation = (mpmath.matrix(size, size) for _ in range(4))
    for n, order in enumerate(orders):
        if n + 1 < size:
            up[n, n + 1] = mpmath.mpf(1)
        if n:
            down[n, n - 1] = mpmath.mpf(1)
        diffusion[n, n] = mpmath.mpf(-order * order)
        rotation[n, n] = mpmath.mpc(0, order)
    x, y = variable.symbols
    times = {x: (up + down) / 2, y: (up - down) / mpmath.mpc(0, 2)}
    return _Part(variable, [abs(o) for o in orders], times, diffusion, [rotation], orders=orders)


def _space(variable: InternalVariable, highest: int) -> _Part:
    labels = [(degree, m) for degree in range(highest + 1) for m in range(-degree, degree + 1)]
    index = {label: n for n, label in enumerate(labels)}
    size = len(labels)
    plus, minus, axis, diffusion = (mpmath.matrix(size, size) for _ in range(4))

    def put(matrix: Any, n: int, label: tuple[int, int], square: Any, sign: int) -> None:
        if label in index and square:
            matrix[n, index[label]] = sign * mpmath.sqrt(square)

    for n, (d, m) in enumerate(labels):
        above, below = mpmath.mpf((2 * d + 1) * (2 * d + 3)), mpmath.mpf((2 * d - 1) * (2 * d + 1))
        put(axis, n, (d + 1, m), ((d + 1) ** 2 - m * m) / above, 1)
        put(axis, n, (d - 1, m), (d * d - m * m) / below, 1)
        put(plus, n, (d + 1, m + 1), (d + m + 1) * (d + m + 2) / above, -1)
        put(plus, n, (d - 1, m + 1), (d - m) * (d - m - 1) / below, 1)
        put(minus, n, (d + 1, m - 1), (d - m + 1) * (d - m + 2) / above, 1)
        put(minus, n, (d - 1, m - 1), (d + m) * (d + m - 1) / below, -1)
        diffusion[n, n] = mpmath.mpf(-d * (d + 1))
    x, y, z = variable.symbols
    times = {x: (plus + minus) / 2, y: (plus - minus) / mpmath.mpc(0, 2), z: axis}
    return _Part(variable, [d for d, _ in labels], times, diffusion, [])


def _kronecker(a: Any, b: Any) -> Any:
    result = mpmath.matrix(a.rows * b.rows, a.cols * b.cols)
    for i in range(a.rows):
        for j in range(a.cols):
            if a[i, j]:
                for k in range(b.rows):
                    for m in range(b.cols):
                        result[i * b.rows + k, j * b.cols + m] = a[i, j] * b[k, m]
    return result


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
