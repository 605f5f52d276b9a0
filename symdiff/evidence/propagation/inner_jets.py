"""The exact dynamics on Taylor polynomials about one place, for walkers with a continuous internal state whose rules depend on place.

Moments m_a(x) = sum over u of f_a(u) p(x, u) over a basis of functions of the state u obey d_t m = sum_i d^(alpha_i) [c_i(x) M_i m]: what
happens at one place (no derivative), and motion. With u the total density and y all other moments, the slow y[u] solves
y[s] = A21 u + A22 y, s = A11 u + A12 y[u] = d_t u; each turn of the iteration for it gains one power of the gradients, and so
many turns are taken as the derivatives of u that are kept. In discrete time A is one step less one, and log(1 + s)/tau is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.internal_bases import Matrix, Point, basis_of, numbers_of
from symdiff.evidence.taylor import Series, taylor, variable
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Index = tuple[int, ...]
Poly = dict[Index, int]  # Taylor coefficients times 2**BITS: whole numbers multiply fast
Vector = list[Poly]
Rows = list[dict[int, int]]
BITS = 600
TURNS = 3  # of the iteration: the error is of this many powers of the gradients, and one, beyond the first
Term = tuple[Index, Poly, Rows]  # d^index [series * (rows . moments)]


class InnerJets:
    """d_t of the total density at ``place``; ``functions`` are those of place, ``degree`` the derivatives of it that are kept.

    Raises :class:`NotYetError` for other models, and where the internal state does not relax.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, Number], functions: Mapping[str, Any], place: Sequence[Number], degree: int,
        grow: int = 0,
    ) -> None:  # fmt: skip
        if len(model.internals) != 1 or model.clock not in ("continuous", "discrete") or model.lossy or model.resets:
            raise NotYetError("Taylor polynomials are followed for one continuous internal state without waits")
        (self.inner,) = model.internals
        if self.inner.domain == "direction" and model.dimension > 2:
            raise NotYetError("directions in space beside rates that depend on place are not cross-checked yet")
        self.model, self.values, self.functions, self.place = model, dict(values), functions, tuple(place)
        self.degree, self.zero = degree, (0,) * model.dimension
        step = model.time_step
        self.time_step = None if step is None else evaluate(step, self.values, mp_arithmetic())
        wave = (mpmath.mpf(1),) * model.dimension
        self.basis = basis_of(self.inner, model.dimension, wave, self.values, grow)
        self.size, self.states = self.basis.size, len(model.state_names)
        self.orders = [i for i in itertools.product(range(degree + 1), repeat=model.dimension) if sum(i) <= degree]
        self._monomials: dict[Index, Matrix] = {}
        self._known: dict[sp.Expr, Poly] = {}
        self._calls: dict[tuple[AppliedUndef, Index], Any] = {}
        self._left: dict[Index, list[Index]] = {}  # powers that a derivative leaves
        terms = self._terms()
        local = [(series, rows) for order, series, rows in terms if order == self.zero]
        self.moving = [t for t in terms if t[0] != self.zero]
        self._split(local)

    def rate_of_change(self, density: Mapping[Index, Number]) -> Number:
        """d_t u at the place, from the Taylor coefficients of u."""
        start = {i: _whole(c) for i, c in density.items() if sum(i) <= self.degree}
        if self.time_step is None:
            return _number(self._slow(start, TURNS).get(self.zero, 0))
        total, change = mpmath.mpf(0), start
        for j in range(1, self.degree):  # every step costs a derivative at least
            change = self._slow(change, max(TURNS - j + 1, 0))
            total += _number(change.get(self.zero, 0)) * (-1) ** (j + 1) / j
        return total / self.time_step

    # --- functions of place and of the internal state -----------------------------------------------------------------

    def _series(self, expression: sp.Expr) -> Poly:
        """Taylor coefficients of an expression of parameters, place and functions."""
        if expression not in self._known:
            self._known[expression] = self._evaluated(expression)
        return self._known[expression]

    def _evaluated(self, expression: sp.Expr) -> Poly:
        box, local = (self.degree,) * self.model.dimension, dict(self.values)
        for axis, x in enumerate(self.model.coordinate_symbols):
            local[x] = variable(self.place[axis], axis, box)
        found = taylor(expression, local, self.functions, self._calls)
        if not isinstance(found, Series):
            return {self.zero: _whole(found)}
        return {i: _whole(c) for i, c in found.parts.items() if sum(i) <= self.degree and c != 0}

    def _real(self, matrix: Matrix) -> Matrix:
        return _real_waves(matrix) if self.inner.domain == "direction" else matrix

    def _polynomial(self, expression: sp.Expr) -> list[tuple[Index, sp.Expr]]:
        """A polynomial in the internal state, by its exponents."""
        try:
            found = sp.Poly(expression, *self.inner.symbols)
        except sp.PolynomialError:
            raise NotYetError(f"{expression} is no polynomial in the internal state") from None
        return list(found.terms())

    def _times(self, expression: sp.Expr) -> list[tuple[Poly, Matrix]]:
        """The operator that multiplies with a function of place and internal state, as series times matrices."""
        found = []
        for exponents, coefficient in self._polynomial(expression):
            if exponents not in self._monomials:
                samples = [
                    mpmath.fprod(p[s] ** n for s, n in zip(self.inner.symbols, exponents, strict=True))
                    for p in self.basis.points
                ]
                self._monomials[exponents] = self._real(self.basis.times(samples))
            if coefficient != 0:
                found.append((self._series(coefficient), self._monomials[exponents]))
        return found

    # --- the rules ----------------------------------------------------------------------------------------------------

    def _terms(self) -> list[Term]:
        """All parts of the forward operator on the moments of all states."""
        found: list[Term] = []

        def put(order: Index, series: Poly, backward: Matrix, target: int, source: int) -> None:
            rows: Rows = [{} for _ in range(self.states * self.size)]
            for a, row in enumerate(backward):  # f_a -> sum_b M_ba f_b: the moments take the transposed matrix
                for b, x in row.items():
                    rows[target * self.size + b][source * self.size + a] = _whole(x)
            if any(series.values()) and any(rows):
                found.append((order, series, rows))

        turn = self._renewed() if self.model.time_step is not None else None
        for i, j, jump in self.model.transitions():
            for order, series, matrix in self._jump(jump):
                put(order, series, matrix if turn is None else _after(turn, matrix), i, j)
            for series, matrix in self._times(-jump.intensity):
                put(self.zero, series, matrix if turn is None else _after(turn, matrix), j, j)
        for state in range(self.states):
            if turn is not None:  # renewed before every step, whatever the walker then does
                put(self.zero, {self.zero: _whole(mpmath.mpf(1))}, _less_one(turn), state, state)
                continue
            for series, matrix in self._own():
                put(self.zero, series, matrix, state, state)
            for order, series, matrix in self._motion(state):
                put(order, series, matrix, state, state)
        return found

    def _renewed(self) -> Matrix:
        number = numbers_of(self.values)
        shown = [e for e in (self.inner.mean_cosine, self.inner.mean_sine) if e is not None]
        shown += [e for _, e in self.inner.law.arguments] if self.inner.law is not None else []
        if any(e.free_symbols & set(self.model.coordinate_symbols) or e.atoms(AppliedUndef) for e in shown):
            raise NotYetError("laws of renewal that depend on place are not cross-checked yet")
        return self._real(self.basis.renewed(number))

    def _own(self) -> list[tuple[Poly, Matrix]]:
        """The internal state's own motion, which is linear in its diffusivity and drift, and its renewal."""
        found = []
        series = {}
        shown = [self.inner.diffusivity, *self.inner.drift]
        coefficients = {c for e in shown for _, c in self._polynomial(e)}
        for c in coefficients:
            series[c] = self._series(c)
        for index in sorted({i for s in series.values() for i in s}):

            def number(e: sp.Expr, point: Point, at: Index = index) -> Number:
                """The Taylor coefficient of what the motion is linear in."""
                total = mpmath.mpf(0)
                for exponents, c in self._polynomial(e):
                    own = series[c] if c in series else self._series(c)
                    factor = mpmath.fprod(
                        point[s] ** n for s, n in zip(self.inner.symbols, exponents, strict=True) if n
                    )
                    total += _number(own.get(at, 0)) * factor
                return total

            found.append(({index: 1 << BITS}, self._real(self.basis.own(number))))
        if self.inner.rate is not None:
            change = _less_one(self._renewed())
            found += [(s, _after(m, change)) for s, m in self._times(self.inner.rate)]
        return found

    def _jump(self, jump: Jump) -> list[tuple[Index, Poly, Matrix]]:
        """Gain: sum over alpha of (-d)^alpha/alpha! E[r^alpha] w p."""
        if jump.law is not None and (
            jump.law.lengths != 1 or len(jump.directions) != 1 or jump.law.highest_moment is not None
        ):
            raise NotYetError(
                "steps of heavy tails, or of several random lengths, are not followed on Taylor polynomials"
            )
        if jump.law is not None and jump.intensity.free_symbols & set(jump.law.variables):
            raise NotYetError("rates that depend on a random step are not cross-checked yet")
        length, found = sp.Dummy("length"), []
        along = jump.directions[0] if jump.law is not None else (sp.Integer(0),) * self.model.dimension
        ways = [r + length * e for r, e in zip(jump.displacement, along, strict=True)]
        for order in self.orders:
            power = sp.Integer(1)
            for way, n in zip(ways, order, strict=True):
                power *= way**n
            if power == 0:
                continue
            whole = sp.Integer(0)
            for (n,), c in sp.Poly(sp.expand(power), length).terms():
                whole += c * (jump.law.raw_moment(n) if n and jump.law is not None else 1)
            factor = mpmath.mpf((-1) ** sum(order)) / math.prod(map(math.factorial, order))
            for series, matrix in self._times(sp.expand(whole * jump.intensity)):
                landed = _after(matrix, self._renewed()) if jump.redraw else matrix
                found.append((order, _scaled(series, _whole(factor)), landed))
        return found

    def _motion(self, state: int) -> list[tuple[Index, Poly, Matrix]]:
        """- d_x (v p) + d_xx (D p), D read between the ends of its steps as the model says."""
        motion, found = self.model.motion_of(state), []
        if motion is None:
            return []
        x = self.model.coordinate_symbols
        for axis in range(self.model.dimension):
            drift = motion.velocity[axis] if motion.velocity else sp.Integer(0)
            for other, d in enumerate(motion.diffusivity[axis] if motion.diffusivity else ()):
                drift += motion.evaluation * sp.diff(d, x[other])
                order = tuple(int(n == axis) + int(n == other) for n in range(self.model.dimension))
                found += [(order, s, m) for s, m in self._times(d)]
            order = tuple(int(n == axis) for n in range(self.model.dimension))
            found += [(order, s, m) for s, m in self._times(-drift)]
        return found

    # --- the slow density ---------------------------------------------------------------------------------------------

    def _split(self, local: list[tuple[Poly, Rows]]) -> None:
        """With the total density in place of the first moment; the inverse of what happens to all others at one place."""
        heads = [n * self.size for n in range(self.states)]

        def changed(rows: Rows) -> Rows:
            found = [dict(r) for r in rows]
            for n in heads[1:]:  # the total gains what every state gains
                for b, c in rows[n].items():
                    found[0][b] = found[0].get(b, 0) + c
            for row in found:  # the first moment is the total less the others
                first = row.get(0, 0)
                for n in heads[1:]:
                    row[n] = row.get(n, 0) - first
            return [{b: c for b, c in row.items() if c} for row in found]

        self.moving = [(order, series, changed(rows)) for order, series, rows in self.moving]
        self.here: dict[Index, Rows] = {}
        for series, rows in local:
            turned = changed(rows)
            for index, c in series.items():
                whole = self.here.setdefault(index, [{} for _ in turned])
                for a, row in enumerate(turned):
                    for b, m in row.items():
                        whole[a][b] = whole[a].get(b, 0) + (c * m >> BITS)
        tiny = 1 << BITS // 3
        if any(abs(c) > tiny for rows in self.here.values() for c in rows[0].values()):
            raise NotYetError("the total number changes at single places")
        size = self.states * self.size
        at = self.here.get(self.zero, [{} for _ in range(size)])
        try:
            inverse = mpmath.matrix([[_number(at[a].get(b, 0)) for b in range(1, size)] for a in range(1, size)]) ** -1
        except ZeroDivisionError:
            raise NotYetError("the internal state does not relax") from None
        self.inverse: Rows = [{}, *({b + 1: _whole(inverse[a, b]) for b in range(size - 1) if inverse[a, b] != 0}
                                    for a in range(size - 1))]  # fmt: skip

    def _slow(self, density: Poly, turns: int) -> Poly:
        """s = d_t u; what lies beyond the degree that is kept is of that many more gradients."""
        return self._moved([density, *self._others(density, turns)])[0]

    def _others(self, density: Poly, turns: int) -> Vector:
        """y[u]: what happens at one place balances motion and the slow change of u."""
        if turns < 0:
            return [{} for _ in range(self.states * self.size - 1)]
        moved = self._moved([density, *self._others(density, turns - 1)])
        later = self._others(moved[0], turns - 1)
        first = self._at_place([density, *({} for _ in later)])
        given = zip(later, moved[1:], first[1:], strict=True)
        return self._relaxed([_less(_less(a, b), c) for a, b, c in given])

    def _at_place(self, moments: Vector) -> Vector:
        found: Vector = [{} for _ in moments]
        for index, rows in self.here.items():
            _add(found, rows, moments, {index: 1 << BITS}, self.zero, self.orders)
        return found

    def _targets(self, order: Index) -> list[Index]:
        if order not in self._left:
            self._left[order] = [k for k in self.orders if all(n >= d for n, d in zip(k, order, strict=True))]
        return self._left[order]

    def _moved(self, moments: Vector) -> Vector:
        """All that moves walkers."""
        found: Vector = [{} for _ in moments]
        for order, series, rows in self.moving:
            _add(found, rows, moments, series, order, self._targets(order))
        return found

    def _relaxed(self, given: Vector) -> Vector:
        """y with (what happens at one place) y = given, order by order in the distance from the place."""
        size = len(given) + 1
        found: Vector = [{} for _ in range(size)]
        for index in sorted(self.orders, key=sum):
            right = [0, *(g.get(index, 0) for g in given)]
            for part, rows in self.here.items():
                rest = tuple(n - m for n, m in zip(index, part, strict=True))
                if part == self.zero or min(rest) < 0:
                    continue
                for a in range(1, size):
                    right[a] -= sum(c * found[b].get(rest, 0) for b, c in rows[a].items() if b) >> BITS
            if any(right):
                for a in range(1, size):
                    value = sum(c * right[b] for b, c in self.inverse[a].items()) >> BITS
                    if value:
                        found[a][index] = value
        return found[1:]


def _add(found: Vector, rows: Rows, moments: Vector, series: Poly, order: Index, targets: Sequence[Index]) -> None:
    """found += d^order [series * rows . moments]; ``targets`` are the powers that d^order leaves, as they were before."""
    parts = list(series.items())
    for a, row in enumerate(rows):
        if not row:
            continue
        mixed: Poly = {}
        for k in targets:
            total = 0
            for j, c in parts:
                i = tuple(n - m for n, m in zip(k, j, strict=True))
                if min(i) < 0:
                    continue
                if i not in mixed:
                    mixed[i] = sum(w * moments[b].get(i, 0) for b, w in row.items()) >> BITS
                total += c * mixed[i]
            if total:
                at = tuple(n - d for n, d in zip(k, order, strict=True))
                factor = math.prod(map(math.perm, k, order))
                found[a][at] = found[a].get(at, 0) + (factor * total >> BITS)


def _real_waves(matrix: Matrix) -> Matrix:
    """A matrix on 1, e^(i angle), e^(-i angle), ... as one on 1, cos, sin, ..., which is real."""
    pairs = range(1, len(matrix), 2)
    dense = [[row.get(n, mpmath.mpf(0)) for n in range(len(matrix))] for row in matrix]
    for n in pairs:  # cos = (e + e*)/2, sin = (e - e*)/(2i): columns are images
        for row in dense:
            plus, minus = row[n], row[n + 1]
            row[n], row[n + 1] = (plus + minus) / 2, (plus - minus) / 2j
    for n in pairs:  # e = cos + i sin
        plus, minus = dense[n], dense[n + 1]
        dense[n] = [a + b for a, b in zip(plus, minus, strict=True)]
        dense[n + 1] = [1j * (a - b) for a, b in zip(plus, minus, strict=True)]
    return [{n: mpmath.re(x) for n, x in enumerate(row) if x != 0} for row in dense]


def _after(first: Matrix, second: Matrix) -> Matrix:
    """The product of two sparse matrices."""
    found: Matrix = []
    for row in first:
        line: dict[int, Number] = {}
        for n, x in row.items():
            for b, y in second[n].items():
                line[b] = line.get(b, 0) + x * y
        found.append(line)
    return found


def _less_one(matrix: Matrix) -> Matrix:
    found = [dict(row) for row in matrix]
    for n, row in enumerate(found):
        row[n] = row.get(n, 0) - 1
    return found


def _scaled(series: Poly, factor: int) -> Poly:
    return {i: c * factor >> BITS for i, c in series.items()}


def _less(a: Poly, b: Poly) -> Poly:
    found = dict(a)
    for i, c in b.items():
        found[i] = found.get(i, 0) - c
    return found


def _whole(number: Number) -> int:
    return int(mpmath.nint(mpmath.ldexp(mpmath.re(number), BITS)))


def _number(whole: int) -> Number:
    return mpmath.ldexp(mpmath.mpf(whole), -BITS)
