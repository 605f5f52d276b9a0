"""The exact dynamics on Taylor polynomials about one place, in many digits: internal states, laws of steps that depend on place.

A density is known by its Taylor coefficients up to a degree. A jump by r takes sum_m (-d)^m/m! (E[r^m] w p); multiplying by a function
of place and differentiating are matrices. Internal states that relax leave a slow subspace p = Y u above the total density u, the
solution of a quadratic matrix equation; in discrete time the logarithm of one step is taken on it. Each step of the expansion
costs a derivative, so that the result is exact up to eps**(degree + 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.evidence.taylor import Series, taylor, variable
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.law_transform import transform
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Matrix = list[list[int]]  # entries times 2**BITS: whole numbers multiply fast
BITS = 800
CIRCLE = 32
MOST_TURNS = 400
SETTLED = 300  # bits to which the logarithm of one step is summed


class JetDynamics:
    """d_t of the total density at ``place``, for walkers in one dimension; ``functions`` are those of place, ``tolerance`` the relative
    change at which the slow subspace is taken as found.

    Raises :class:`NotYetError` for other models, and where the states do not relax.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, Number], functions: Mapping[str, Any], place: Number, degree: int,
        tolerance: Number,
    ) -> None:  # fmt: skip
        if (
            model.dimension != 1
            or model.clock not in ("continuous", "discrete")
            or model.internals
            or model.scheme is not None
        ):
            raise NotYetError("Taylor polynomials are followed for jumps and motion in one dimension only")
        self.model, self.values, self.functions = model, dict(values), functions
        self.place, self.degree, self.count, self.tolerance = place, degree, degree + 1, tolerance
        self._calls: dict[tuple[AppliedUndef, tuple[int, ...]], Any] = {}  # Taylor series of functions of place
        step = model.time_step
        self.time_step = None if step is None else evaluate(step, self.values, mp_arithmetic())
        self.slope = _zeros(self.count)
        for n in range(degree):
            self.slope[n][n + 1] = (n + 1) << BITS
        self.row = self._slow_row()

    def rate_of_change(self, coefficients: list[Number]) -> Number:
        """d_t u at the place, from the Taylor coefficients of u."""
        return mpmath.fsum(r * c for r, c in zip(self.row, coefficients, strict=True))

    # --- functions of place -------------------------------------------------------------------------------------------

    def _series(self, expression: sp.Expr) -> list[Number]:
        """Taylor coefficients of an expression of parameters, place and functions."""
        local = {**self.values, self.model.coordinate_symbols[0]: variable(self.place, 0, (self.degree,))}
        found = taylor(expression, local, self.functions, self._calls)
        if not isinstance(found, Series):
            return [found] + [mpmath.mpf(0)] * self.degree
        return [found.parts.get((n,), mpmath.mpf(0)) for n in range(self.count)]

    def _times(self, series: list[Number]) -> Matrix:
        whole = [_whole(c) for c in series]
        return [[whole[n - m] if m <= n else 0 for m in range(self.count)] for n in range(self.count)]

    def _moments(self, jump: Jump) -> list[Matrix]:
        """E[r^m] as functions of the place that is left."""
        base = self._times(self._series(jump.displacement[0]))
        powers = [_unit(self.count)]
        for _ in range(self.degree):
            powers.append(_product(powers[-1], base))
        if jump.law is None:
            return powers
        along, factor, laws = self._times(self._series(jump.direction[0])), _unit(self.count), []
        for series in self._law_moments(jump):
            laws.append(_product(factor, self._times(series)))
            factor = _product(factor, along)
        return [
            _sum([_scaled(_product(powers[m - k], laws[k]), math.comb(m, k)) for k in range(m + 1)])
            for m in range(self.count)
        ]

    def _law_moments(self, jump: Jump) -> list[list[Number]]:
        """Taylor coefficients in place of the moments of the length, from the transform at complex places and waves."""
        law = jump.law
        assert law is not None
        if law.distribution in FACTORIAL_MOMENTS and law.inner is None:
            return self._number_moments(law)
        if (
            law.lengths != 1
            or law.inner is not None
            or law.highest_moment is not None
            or law.singular
            or law.imaginary_only
        ):
            raise NotYetError(
                "steps of heavy tails, or of several random lengths, are not followed on Taylor polynomials"
            )
        x, digits = self.model.coordinate_symbols[0], mpmath.mp.dps
        shown = [e for _, e in law.arguments]
        varies = any(x in e.free_symbols or e.atoms(AppliedUndef) for e in shown)
        with mpmath.workdps(5 * digits):
            radius = mpmath.mpf(10) ** (
                -(digits // 16) - 1
            )  # far within the nearest singularity, if lengths are of order one
            turns = [mpmath.expjpi(mpmath.mpf(2 * j) / CIRCLE) for j in range(CIRCLE)]
            rows = [
                self._law_at(jump, self.place + radius * t, [radius * q for q in turns])
                for t in (turns if varies else [mpmath.mpf(0)])
            ]
            rows = [
                [
                    (-1) ** m * mpmath.factorial(m) * c / radius**m
                    for m, c in enumerate(_coefficients(r, self.count, turns))
                ]
                for r in rows
            ]
            found = []
            for m in range(self.count):
                column = [r[m] for r in rows]
                places = _coefficients(column, self.count, turns) if varies else column + [mpmath.mpf(0)] * self.degree
                found.append([mpmath.re(c) / radius**n for n, c in enumerate(places)])
        return [[+c for c in row] for row in found]

    def _number_moments(self, law: StepLaw) -> list[list[Number]]:
        """E[k^m] of laws of whole numbers, from their factorial moments E[k(k - 1)...(k - j + 1)], which are products."""
        arguments = {name: self._whole_series(value) for name, value in law.arguments}
        factorial = [Series({(0,): mpmath.mpf(1)}, (self.degree,))]
        for j in range(1, self.count):
            factorial.append(factorial[-1] * FACTORIAL_MOMENTS[law.distribution](arguments, j))
        found = []
        stirling = [1] + [0] * self.degree  # of the second kind, row by row
        for m in range(self.count):
            if m:
                stirling = [0] + [j * stirling[j] + stirling[j - 1] for j in range(1, self.count)]
            total = Series({}, (self.degree,))
            for weight, moment in zip(stirling, factorial, strict=True):
                if weight:
                    total = total + moment * weight
            found.append([total.parts.get((n,), mpmath.mpf(0)) for n in range(self.count)])
        return found

    def _whole_series(self, expression: sp.Expr) -> Series:
        return Series({(n,): c for n, c in enumerate(self._series(expression)) if c != 0}, (self.degree,))

    def _law_at(self, jump: Jump, place: Number, waves: list[Number]) -> list[Number]:
        """E[e^(-qs)] of the law at one place."""
        local = {**self.values, self.model.coordinate_symbols[0]: place}

        def call(e: AppliedUndef, own: tuple[int, ...]) -> Any:
            return self.functions[e.func.__name__](
                tuple(evaluate(a, local, mp_arithmetic(), call) for a in e.args), own
            )

        known: dict[sp.Expr, Number] = {}

        def number(e: sp.Expr) -> Number:
            if e not in known:
                known[e] = evaluate(e, local, mp_arithmetic(), call)
            return known[e]

        assert jump.law is not None
        return [transform(jump.law, q, number) for q in waves]

    # --- the dynamics --------------------------------------------------------------------------------------------------

    def _blocks(self) -> list[list[Matrix]]:
        """The rate matrix, or T - 1, in blocks of states."""
        size = len(self.model.state_names)
        parts: list[list[list[Matrix]]] = [[[_zeros(self.count)] for _ in range(size)] for _ in range(size)]
        known: dict[int, tuple[Matrix, Matrix]] = {}
        for i, j, jump in self.model.transitions():
            if id(jump) not in known:
                weight = self._times(self._series(jump.intensity))
                known[id(jump)] = _product(self._moved(jump), weight), weight
            gain, weight = known[id(jump)]
            parts[i][j].append(gain)
            if not self.model.lossy:
                parts[j][j].append(_scaled(weight, -1))
        for i in range(size):
            parts[i][i].append(self._motion(i))
            if self.model.lossy:
                parts[i][i].append(_scaled(_unit(self.count), -1))
        return [[_sum(p) for p in row] for row in parts]

    def _moved(self, jump: Jump) -> Matrix:
        """sum_m (-d)^m/m! E[r^m]; of a fixed length r the density at x - r."""
        length = self._series(jump.displacement[0])
        if jump.law is None and not any(length[1:]):
            powers = [_whole((-length[0]) ** m) for m in range(self.count)]
            return [
                [math.comb(m, n) * powers[m - n] if m >= n else 0 for m in range(self.count)] for n in range(self.count)
            ]
        found, slopes = [], _unit(self.count)
        for m, moment in enumerate(self._moments(jump)):
            found.append(_product(slopes, moment))
            slopes = [[-c // (m + 1) for c in row] for row in _product(slopes, self.slope)]
        return _sum(found)

    def _motion(self, state: int) -> Matrix:
        motion = self.model.motion_of(state)
        if motion is None:
            return _zeros(self.count)
        x, found = self.model.coordinate_symbols[0], _zeros(self.count)
        drift: sp.Expr = motion.velocity[0] if motion.velocity else sp.Integer(0)
        for d in (motion.diffusivity[0][0],) if motion.diffusivity else ():
            drift += motion.evaluation * sp.diff(d, x)
            found = _product(_product(self.slope, self.slope), self._times(self._series(d)))
        return _sum([found, _scaled(_product(self.slope, self._times(self._series(drift))), -1)])

    def _slow_row(self) -> list[Number]:
        slow = self._slow(self._blocks())
        if self.time_step is None:
            return [_number(c) for c in slow[0]]
        row, total = [_unit(self.count)[0]], [0] * self.count
        for j in range(1, MOST_TURNS):
            row = _product(row, slow)
            total = [t + (c if j % 2 else -c) // j for t, c in zip(total, row[0], strict=True)]
            if all(abs(c) < 4 or abs(c) < abs(t) >> SETTLED for c, t in zip(row[0], total, strict=True)):
                return [_number(c) / self.time_step for c in total]
        raise NotYetError("one step changes the density by a share of order one: its logarithm is no series")

    def _slow(self, blocks: list[list[Matrix]]) -> Matrix:
        """The dynamics of the total density: A11 + A12 Y with A21 + A22 Y = Y (A11 + A12 Y), in the total and the other states."""
        size = len(blocks)
        if size == 1:
            return blocks[0][0]
        columns = [_sum([blocks[i][j] for i in range(size)]) for j in range(size)]  # of the total
        first, others = columns[0], range(1, size)
        across = _beside([_less(columns[a], columns[0]) for a in others])
        down = [row for a in others for row in blocks[a][0]]
        rest = [row for a in others for row in _beside([_less(blocks[a][b], blocks[a][0]) for b in others])]
        try:
            inverted = (mpmath.matrix([[_number(c) for c in row] for row in rest]) ** -1).tolist()
        except ZeroDivisionError:
            raise NotYetError("the internal states do not relax") from None
        inverse = [[_whole(c) for c in row] for row in inverted]
        y = _scaled(_product(inverse, down), -1)
        for _ in range(MOST_TURNS):
            new = _product(inverse, _less(_product(y, _sum([first, _product(across, y)])), down))
            change, y = _size(_less(new, y)), new
            if change <= int(self.tolerance * _size(y)) + 4:
                return _sum([first, _product(across, y)])
            if _size(y) > 1 << 2 * BITS:
                break
        raise NotYetError("the internal states relax too slowly for a slow subspace")


FACTORIAL_MOMENTS: dict[str, Callable[[Mapping[str, Series], int], Series]] = {
    "binomial": lambda a, j: (a["trials"] - (j - 1)) * a["success"],
    "poisson": lambda a, j: a["mean"],
    "geometric": lambda a, j: a["mean"] * j,
}  # the j-th factorial moment over the one before; the geometric law is that of 0, 1, 2, ...


def _whole(number: Number) -> int:
    return int(mpmath.nint(mpmath.ldexp(number, BITS)))


def _number(whole: int) -> Number:
    return mpmath.ldexp(mpmath.mpf(whole), -BITS)


def _zeros(count: int) -> Matrix:
    return [[0] * count for _ in range(count)]


def _unit(count: int) -> Matrix:
    return [[(i == j) << BITS for j in range(count)] for i in range(count)]


def _product(a: Matrix, b: Matrix) -> Matrix:
    columns = list(zip(*b, strict=True))
    return [
        [sum(x * y for x, y in zip(row, column, strict=True) if x and y) >> BITS for column in columns] for row in a
    ]


def _sum(matrices: list[Matrix]) -> Matrix:
    return [[sum(entries) for entries in zip(*rows, strict=True)] for rows in zip(*matrices, strict=True)]


def _scaled(a: Matrix, factor: int) -> Matrix:
    return [[factor * x for x in row] for row in a]


def _less(a: Matrix, b: Matrix) -> Matrix:
    return [[x - y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def _beside(matrices: list[Matrix]) -> Matrix:
    return [[x for row in rows for x in row] for rows in zip(*matrices, strict=True)]


def _size(a: Matrix) -> int:
    return max(sum(map(abs, row)) for row in a)


def _coefficients(values: list[Number], count: int, turns: list[Number]) -> list[Number]:
    """c_n radius^n of a power series from its values on a circle."""
    size = len(turns)
    return [mpmath.fsum(v * turns[(-j * n) % size] for j, v in enumerate(values)) / size for n in range(count)]
