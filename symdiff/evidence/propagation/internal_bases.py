"""Functions of one continuous internal state over a finite basis, in many digits: waves, Legendre polynomials, powers.

A function of a direction in the plane is a sum of e^(in angle); of a direction in space, as far as it depends on the component
along one axis, and of a number in an interval, a sum of Legendre polynomials; on the whole line a sum of powers. Matrices act on such
functions; nothing of the moments or the elimination of the derivation is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.rules import Values
from symdiff.model.motion import InternalVariable
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Matrix = list[dict[int, Number]]  # rows, by column
Point = dict[sp.Symbol, Number]

WAVES, POLYNOMIALS, POWERS = 5, 12, 10  # sizes: what is cut off is far beyond the gradients that a regime keeps


class Basis(Protocol):
    """A basis whose first function is one; ``points`` are where functions are sampled."""

    size: int
    points: list[Point]
    turns_with_wave: bool  # whether the points follow the wave vector

    def times(self, samples: Sequence[Number]) -> Matrix:
        """The operator that multiplies with a function known at the points."""

    def own(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """The backward generator of the variable's own motion."""

    def renewed(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """The mean of a function over the law of a renewal, given the old value."""


def numbers_of(values: Values) -> Callable[[sp.Expr, Point], Number]:
    """Expressions at one value of the internal state."""

    def number(expression: sp.Expr, point: Point) -> Number:
        return evaluate(expression, {**values, **point} if point else values, mp_arithmetic())

    return number


def basis_of(
    variable: InternalVariable, dimension: int, wave: Sequence[Number], values: Values, grow: int = 0
) -> Basis:
    """The basis for waves of one vector; ``grow`` enlarges it. Raises :class:`NotYetError` for other domains and laws."""
    if variable.domain == "direction" and dimension == 2:
        return PlaneBasis(variable, WAVES + grow)
    if variable.domain == "direction" and dimension == 3:
        return AxisBasis(variable, WAVES + grow, wave)
    if variable.domain == "line" and len(variable.symbols) == 1:
        return LineBasis(variable, POWERS + grow)
    if variable.domain == "ball" and len(variable.symbols) == 1:
        return IntervalBasis(variable, POLYNOMIALS + grow, values)
    if variable.domain == "ball" and len(variable.symbols) == 2:
        return DiscBasis(variable, POLYNOMIALS + grow, values)
    raise NotYetError("internal states of three numbers, and of several on the whole line, are not cross-checked yet")


def diagonal(entries: Sequence[Number]) -> Matrix:
    """A diagonal matrix."""
    return [{n: x} if x != 0 else {} for n, x in enumerate(entries)]


def _tidy(rows: list[list[Number]]) -> Matrix:
    """Without the rounding errors that stand for zeros."""
    largest = max((abs(x) for row in rows for x in row), default=mpmath.mpf(0))
    least = largest * mpmath.mpf(10) ** (10 - mpmath.mp.dps)
    return [{n: x for n, x in enumerate(row) if abs(x) > least} for row in rows]


def _constant(expression: sp.Expr | None, variable: InternalVariable) -> sp.Expr:
    value = sp.Integer(0) if expression is None else expression
    if value.free_symbols & set(variable.symbols):
        raise NotYetError("motions of a direction that depend on the direction are not cross-checked yet")
    return value


class PlaneBasis:
    """e^(in angle), n = 0, 1, -1, 2, -2, ...: directions in the plane."""

    turns_with_wave = False

    def __init__(self, variable: InternalVariable, most: int) -> None:
        self.variable, self.most = variable, most
        self.orders = [0, *(s * n for n in range(1, most + 1) for s in (1, -1))]
        self.size = len(self.orders)
        count = 4 * most + 1
        self.turns = [mpmath.expjpi(mpmath.mpf(2 * j) / count) for j in range(count)]
        x, y = variable.symbols
        self.points = [{x: z.real, y: z.imag} for z in self.turns]

    def times(self, samples: Sequence[Number]) -> Matrix:
        """Convolution of Fourier coefficients."""
        count = len(self.turns)
        found = {}
        for n in range(-2 * self.most, 2 * self.most + 1):
            found[n] = mpmath.fsum(f * self.turns[-n * j % count] for j, f in enumerate(samples)) / count
        return _tidy([[found[a - b] for b in self.orders] for a in self.orders])

    def own(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """D d^2 + w d of the angle."""
        spread = number(_constant(self.variable.diffusivity, self.variable), {})
        turn = number(_constant(self.variable.drift[0] if self.variable.drift else None, self.variable), {})
        return diagonal([mpmath.mpc(-n * n * spread, n * turn) for n in self.orders])

    def renewed(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """A turn with E[e^(i angle)] = c + is; of higher harmonics, which the model leaves open, the powers."""
        mean = mpmath.mpc(
            *(number(_constant(e, self.variable), {}) for e in (self.variable.mean_cosine, self.variable.mean_sine))
        )
        return diagonal([mean**n if n >= 0 else mpmath.conj(mean) ** -n for n in self.orders])


class _Legendre:
    """Orthonormal Legendre polynomials on [-1, 1] (weight 1/2) with their Gauss nodes."""

    def __init__(self, size: int, count: int) -> None:
        self.size = size
        self.nodes, self.weights = _gauss(count, mpmath.mp.prec)
        self.values = [[mpmath.sqrt(2 * n + 1) * p for n, p in enumerate(_legendre(x, size))] for x in self.nodes]

    def matrix(self, samples: Sequence[Number]) -> list[list[Number]]:
        """(f_a, f f_b)."""
        rows = [[mpmath.mpf(0)] * self.size for _ in range(self.size)]
        for f, w, p in zip(samples, self.weights, self.values, strict=True):
            for a in range(self.size):
                head = w * f * p[a] / 2
                for b in range(a + 1):
                    rows[a][b] += head * p[b]
        for a in range(self.size):
            for b in range(a + 1, self.size):
                rows[a][b] = rows[b][a]
        return rows


_KNOWN: dict[tuple[int, int], tuple[list[Number], list[Number]]] = {}


def _gauss(count: int, precision: int) -> tuple[list[Number], list[Number]]:
    """Nodes and weights of Gauss's rule, by Newton's method; kept per number of points and precision."""
    if (count, precision) not in _KNOWN:
        nodes, weights = [], []
        for j in range(count):
            x = mpmath.cos(mpmath.pi * (4 * j + 3) / (4 * count + 2))
            for _ in range(60):
                *_, below, last = _legendre(x, count + 1)
                slope = count * (x * last - below) / (x * x - 1)
                step = last / slope
                x -= step
                if abs(step) < mpmath.mpf(10) ** (5 - mpmath.mp.dps):
                    break
            *_, below, last = _legendre(x, count + 1)
            slope = count * (x * last - below) / (x * x - 1)
            nodes.append(x)
            weights.append(2 / ((1 - x * x) * slope * slope))
        _KNOWN[count, precision] = (nodes, weights)
    return _KNOWN[count, precision]


def _legendre(x: Number, size: int) -> list[Number]:
    found = [mpmath.mpf(1), x]
    for n in range(1, size - 1):
        found.append(((2 * n + 1) * x * found[n] - n * found[n - 1]) / (n + 1))
    return found[:size]


class AxisBasis:
    """Legendre polynomials of the cosine to the wave vector: directions in space, where all else is isotropic."""

    turns_with_wave = True

    def __init__(self, variable: InternalVariable, most: int, wave: Sequence[Number]) -> None:
        self.variable = variable
        self.legendre = _Legendre(most + 1, 2 * most + 1)
        self.size = most + 1
        length = mpmath.sqrt(mpmath.fsum(abs(k) ** 2 for k in wave))
        axis = [k / length for k in wave]
        least = min(range(3), key=lambda i: abs(axis[i]))
        across = [mpmath.mpf(int(i == least)) - axis[least] * axis[i] for i in range(3)]
        size = mpmath.sqrt(mpmath.fsum(c * c for c in across))
        self.points = [
            {
                s: c * a + mpmath.sqrt(1 - c * c) * b / size
                for s, a, b in zip(variable.symbols, axis, across, strict=True)
            }
            for c in self.legendre.nodes
        ]

    def times(self, samples: Sequence[Number]) -> Matrix:
        """By Gauss's rule."""
        return _tidy(self.legendre.matrix(samples))

    def own(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """-D l(l + 1)."""
        if any(d != 0 for d in self.variable.drift):
            raise NotYetError("directions in space that turn about an axis are not cross-checked yet")
        spread = number(_constant(self.variable.diffusivity, self.variable), {})
        return diagonal([-n * (n + 1) * spread for n in range(self.size)])

    def renewed(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """A turn of mean cosine g; of higher harmonics, which the model leaves open, the powers of g."""
        mean = number(_constant(self.variable.mean_cosine, self.variable), {})
        return diagonal([mean**n for n in range(self.size)])


class IntervalBasis:
    """Legendre polynomials of a number between reflecting walls."""

    turns_with_wave = False

    def __init__(self, variable: InternalVariable, most: int, values: Values) -> None:
        number = numbers_of(values)
        assert variable.radius is not None
        self.variable = variable
        self.radius = number(variable.radius, {})
        self.centre = [number(c, {}) for c in variable.centre]
        self.legendre = _Legendre(most + 1, 2 * most + 1)
        self.size = most + 1
        self.points = [self._point(c) for c in self.legendre.nodes]

    def _point(self, node: Number) -> Point:
        (symbol,) = self.variable.symbols
        return {symbol: self.centre[0] + self.radius * node}

    def _stretch(self, node: Number) -> Number:
        """The squared gradient of the node's variable, in units of the inverse radius."""
        del node
        return mpmath.mpf(1)

    def times(self, samples: Sequence[Number]) -> Matrix:
        """By Gauss's rule."""
        return _tidy(self.legendre.matrix(samples))

    def own(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """(f_a, div D grad f_b) = -(grad f_a, D grad f_b): no flux through the walls."""
        if self.variable.diffusivity.free_symbols & set(self.variable.symbols):
            raise NotYetError("diffusivities that depend on the internal state are not cross-checked yet")
        if any(v != 0 for v in self.variable.drift):
            raise NotYetError("drifts between reflecting walls are not cross-checked yet")
        spread = number(self.variable.diffusivity, {}) / self.radius**2
        rows = [[mpmath.mpf(0)] * self.size for _ in range(self.size)]
        for w, p, x in zip(self.legendre.weights, self.legendre.values, self.legendre.nodes, strict=True):
            slopes = self._slopes(p, x)
            head = w / 2 * spread * self._stretch(x)
            for a in range(self.size):
                for b in range(self.size):
                    rows[a][b] -= head * slopes[a] * slopes[b]
        return _tidy(rows)

    def _slopes(self, values: Sequence[Number], x: Number) -> list[Number]:
        """P_n' = n (x P_n - P_(n-1))/(x^2 - 1), for the orthonormal ones."""
        plain = [v / mpmath.sqrt(2 * n + 1) for n, v in enumerate(values)]
        return [mpmath.mpf(0)] + [
            mpmath.sqrt(2 * n + 1) * n * (x * plain[n] - plain[n - 1]) / (x * x - 1) for n in range(1, self.size)
        ]

    def renewed(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """Not treated."""
        raise NotYetError("renewals between reflecting walls are not cross-checked yet")


class DiscBasis(IntervalBasis):
    """Functions of the distance to the centre of a disc: Legendre polynomials of c = 2 (r/radius)^2 - 1, in which areas are uniform.

    The model's language knows profiles of the distance only.
    """

    def _point(self, node: Number) -> Point:
        y, z = self.variable.symbols
        return {y: self.centre[0] + self.radius * mpmath.sqrt((1 + node) / 2), z: self.centre[1]}

    def _stretch(self, node: Number) -> Number:
        """(dc/dr)^2 = 8 (1 + c)."""
        return 8 * (1 + node)


class LineBasis:
    """Powers of a number on the whole line; functions are polynomials, known by their values at as many points."""

    turns_with_wave = False

    def __init__(self, variable: InternalVariable, most: int) -> None:
        self.variable, self.size = variable, most + 1
        (self.symbol,) = variable.symbols
        self.places = [mpmath.cos(mpmath.pi * (2 * j + 1) / (2 * (most + 1))) for j in range(most + 1)]
        self.points = [{self.symbol: x} for x in self.places]

    def _polynomial(self, samples: Sequence[Number]) -> list[Number]:
        """Coefficients of the polynomial through the samples (Newton's divided differences)."""
        table = list(samples)
        for n in range(1, len(table)):
            for j in range(len(table) - 1, n - 1, -1):
                table[j] = (table[j] - table[j - 1]) / (self.places[j] - self.places[j - n])
        found = [mpmath.mpf(0)] * len(table)
        for n in range(len(table) - 1, -1, -1):
            shifted = [mpmath.mpf(0), *found[:-1]]
            found = [a - self.places[n] * b for a, b in zip(shifted, found, strict=True)]
            found[0] += table[n]
        return found

    def times(self, samples: Sequence[Number]) -> Matrix:
        """Powers beyond the last are left out."""
        largest = max(abs(f) for f in samples)
        least = (largest or 1) * mpmath.mpf(10) ** (30 - mpmath.mp.dps)
        coefficients = [c if abs(c) > least else mpmath.mpf(0) for c in self._polynomial(samples)]
        return _transposed(
            [{a + n: c for n, c in enumerate(coefficients) if c != 0 and a + n < self.size} for a in range(self.size)]
        )

    def own(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """v d + D d^2 on powers."""
        rows: list[dict[int, Number]] = [{} for _ in range(self.size)]
        for e, order, most in (
            (self.variable.drift[0] if self.variable.drift else sp.Integer(0), 1, 1),
            (self.variable.diffusivity, 2, 2),
        ):
            polynomial = sp.Poly(e, self.symbol)
            if polynomial.degree() > most:
                raise NotYetError("a motion of the internal state that is not linear in it is not cross-checked yet")
            for (power,), c in polynomial.terms():
                value = number(c, {})
                for a in range(order, self.size):
                    at = a - order + power
                    rows[a][at] = rows[a].get(at, 0) + value * (a if order == 1 else a * (a - 1))
        return _transposed(rows)

    def renewed(self, number: Callable[[sp.Expr, Point], Number]) -> Matrix:
        """The moments of the law; of a law that is known through two of them, those of a normal law."""
        law = self.variable.law
        if law is None:
            raise NotYetError("this renewal is not cross-checked yet")
        if law.distribution == "moments":
            a = {n: number(v, {}) for n, v in law.arguments}
            if not set(a) <= {"mean", "variance", "second_moment"}:
                raise NotYetError("a law known through four moments has no stand-in")
            mean = a.get("mean", mpmath.mpf(0))
            spread = a["variance"] if "variance" in a else a["second_moment"] - mean**2
            moments = [mpmath.mpf(1), mean]
            for n in range(2, self.size):
                moments.append(mean * moments[-1] + (n - 1) * spread * moments[-2])
        else:
            moments = [number(law.raw_moment(n), {}) for n in range(self.size)]
        return _transposed([{0: m} if m != 0 else {} for m in moments])


def _transposed(rows: Matrix) -> Matrix:
    """Images of basis functions as columns."""
    found: Matrix = [{} for _ in rows]
    for a, row in enumerate(rows):
        for b, x in row.items():
            found[b][a] = x
    return found
