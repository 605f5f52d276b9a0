"""Growth rates of waves for walkers with one continuous internal state: run and tumble, active Brownian, velocities, shear.

With f(u) = E[e^(-ik.X) g(U) | u], the backward generator of the internal state plus -ik.v(u) - k.D(u)k acts on functions of u over a
finite basis. The slow growth rate is the root of the last pivot of (matrix - s), all other functions being eliminated.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mpmath

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.internal_bases import Basis, Matrix, Point, basis_of, diagonal, numbers_of
from symdiff.evidence.propagation.rules import Values, jump_factor, moved
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.waiting_transform import waiting_transform

Number = Any
Wave = tuple[Number, ...]
GROWN = (0, 2, 8, 16)  # further functions of a basis, tried in turn; profiles that are no polynomials need many
SAME = 30  # digits to which the next larger basis must give the same growth rate


class InternalDynamics:
    """The dynamics of waves at one set of numbers; raises :class:`NotYetError` for what it does not treat."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        if len(model.internals) != 1:
            raise NotYetError("several continuous internal states are not cross-checked yet")
        if model.lossy or any(j.destination is not None for j in model.jumps):
            raise NotYetError(
                "walkers with a continuous internal state that die or are put back are not cross-checked yet"
            )
        (self.variable,), self.model, self.values = model.internals, model, values
        self.number = numbers_of(values)
        self.time_step = None if model.time_step is None else self.number(model.time_step, {})
        self.states = len(model.state_names)
        self.waits = model.clock == "waiting"
        if self.waits:
            self._require_short_waits()
        self._require_isotropy()
        self.length = self._length()
        self.grow: int | None = None  # how far the basis must be enlarged; found with the first wave
        self._parts: dict[int, tuple[Basis, Matrix, list[tuple[list[Matrix], list[list[Matrix]]]]]] = {}

    def _require_short_waits(self) -> None:
        """Waits whose transform is analytic at zero, so that waves of real wave vector have a growth rate of their own."""
        for _, source, jump in self.model.transitions():
            law = self.model.wait_before(source, jump)
            if law.tail is not None or law.index is not None:
                raise NotYetError("heavy-tailed waits beside a continuous internal state are not cross-checked yet")
        if self.variable.moves or self.variable.rate is not None:
            raise NotYetError("waits beside an internal state that moves on its own are not cross-checked yet")

    def _require_isotropy(self) -> None:
        """In space only what a direction does along the wave is followed."""
        if self.variable.domain != "direction" or self.model.dimension < 3:
            return
        u = self.variable.symbols
        vectors = [m.velocity for m in self.model.motions] + [j.displacement for j in self.model.jumps]
        vectors += [row for j in self.model.jumps if j.law is not None for row in j.directions]
        for vector in vectors:
            shares = [e.coeff(s, 1) for e, s in zip(vector, u, strict=True)]
            rest = [(e - shares[0] * s).expand() for e, s in zip(vector, u, strict=True)]
            if any(r.free_symbols & set(u) for r in (*rest, shares[0])):
                raise NotYetError("directions in space whose components count differently are not cross-checked yet")
        others = [j.intensity for j in self.model.jumps] + [
            d for m in self.model.motions for row in m.diffusivity for d in row
        ]
        if any(e.free_symbols & set(u) for e in others):
            raise NotYetError("rates that depend on a direction in space are not cross-checked yet")

    def _length(self) -> Number:
        """A length of one run or jump: speed over the rate at which the slowest function of u decays."""
        wave = (mpmath.mpf(1),) * self.model.dimension
        basis = basis_of(self.variable, self.model.dimension, wave, self.values)
        sizes = [mpmath.mpf(0)]
        for point in basis.points[:5]:
            for motion in self.model.motions:
                sizes += [abs(self.number(v, point)) for v in motion.velocity]
        found = mpmath.mpf(0) if self.time_step is not None else max(sizes) * self._duration(basis)
        for jump in self.model.jumps:
            found = max([found, *(abs(self.number(r, p)) for p in basis.points[:5] for r in jump.displacement)])
            if jump.law is not None:
                found = max(
                    [found, *(abs(self.number(e, {})) ** (mpmath.mpf(1) / root) for e, root in jump.law.length_scales)]
                )
        return found or mpmath.mpf(1)

    def _duration(self, basis: Basis) -> Number:
        """The mean wait, or the time in which the slowest function of the internal state decays."""
        if self.waits:
            small = mpmath.mpf(10) ** (-mpmath.mp.dps // 2)
            laws = {self.model.wait_before(source, jump) for _, source, jump in self.model.transitions()}
            return max(abs(1 - waiting_transform(law, small, lambda e: self.number(e, {}))) / small for law in laws)
        own = self._own(basis)
        rates = [abs(own[n].get(n, 0)) for n in range(1, basis.size)]
        return 1 / min((r for r in rates if r != 0), default=mpmath.mpf(1))

    def oriented(self, wave: Wave, unit: Number) -> Wave:
        """Real waves."""
        del unit
        return wave

    # --- the matrix ---------------------------------------------------------------------------------------------------

    def _own(self, basis: Basis) -> Matrix:
        """Motion and renewal of the internal state between jumps."""
        total = basis.own(self.number)
        if self.variable.rate is not None:
            renewed = _plus(basis.renewed(self.number), diagonal([mpmath.mpf(-1)] * basis.size))
            rate = basis.times([self.number(self.variable.rate, p) for p in basis.points])
            total = _plus(total, _product(rate, renewed))
        return total

    def _renewal(self, wave: Wave, s: Number, grow: int) -> Matrix:
        """One wait, then a jump and a renewal, minus one: M(k, s) - 1 of Montroll and Weiss on functions of (state, u)."""
        basis, _, _ = self._of_basis(wave, grow)
        renewed, whole = basis.renewed(self.number), _Blocks(self.states, basis.size)
        motions = [[self._moved(n, wave, p) for p in basis.points] for n in range(self.states)]
        for target, source, jump in self.model.transitions():
            law = self.model.wait_before(source, jump)
            samples = [
                self.number(jump.intensity, p)
                * self._phase(jump, wave, p)
                * waiting_transform(law, s - own, lambda e: self.number(e, {}))
                for p, own in zip(basis.points, motions[source], strict=True)
            ]
            whole.put(source, target, _product(basis.times(samples), renewed))
        return _plus(whole.rows, diagonal([mpmath.mpf(-1)] * len(whole.rows)))

    def _moved(self, state: int, wave: Wave, point: Point) -> Number:
        """- ik.v(u) - k.D(u) k of the motion inside a state."""
        motion = self.model.motion_of(state)
        if motion is None:
            return mpmath.mpf(0)
        velocity = tuple(self.number(v, point) for v in motion.velocity)
        return moved((velocity, tuple(tuple(self.number(d, point) for d in row) for row in motion.diffusivity)), wave)

    def matrix(self, wave: Wave, grow: int = 0) -> Matrix:
        """The generator, or one step, on functions of (state, u): states first."""
        basis, own, motions = self._of_basis(wave, grow)
        size, blocks = basis.size, _Blocks(self.states, basis.size)
        put = blocks.put
        for target, source, jump in self.model.transitions():
            weight = [self.number(jump.intensity, p) for p in basis.points]
            moved = [w * self._phase(jump, wave, p) for w, p in zip(weight, basis.points, strict=True)]
            landing = basis.times(moved)
            put(source, target, _product(landing, basis.renewed(self.number)) if jump.redraw else landing)
            put(source, source, basis.times([-w for w in weight]))
        for state in range(self.states):
            if self.time_step is not None:
                put(state, state, diagonal([mpmath.mpf(1)] * size))
                continue
            put(state, state, own)
            velocity, spread = motions[state]
            for k, v in zip(wave, velocity, strict=False):
                put(state, state, _times(-1j * k, v))
            for k, row in zip(wave, spread, strict=False):
                for q, d in zip(wave, row, strict=True):
                    put(state, state, _times(-k * q, d))
        whole = blocks.rows
        if self.time_step is not None:  # renewed before every step
            once = basis.renewed(self.number)
            turned: Matrix = [{n * size + b: x for b, x in row.items()} for n in range(self.states) for row in once]
            whole = _product(turned, whole)
        return whole

    def _phase(self, jump: Jump, wave: Wave, point: Point) -> Number:
        shift = [self.number(r, point) for r in jump.displacement]
        rows = [[self.number(e, point) for e in row] for row in jump.directions] if jump.law is not None else []
        return jump_factor(
            wave, shift, jump.law, rows, lambda e: e if not hasattr(e, "free_symbols") else self.number(e, point)
        )

    def _of_basis(self, wave: Wave, grow: int) -> tuple[Basis, Matrix, list[tuple[list[Matrix], list[list[Matrix]]]]]:
        """The basis, the internal state's own generator, and velocities and diffusivities as operators; kept where waves share them."""
        if grow in self._parts:
            return self._parts[grow]
        basis = basis_of(self.variable, self.model.dimension, wave, self.values, grow)

        def operator(e: Any) -> Matrix:
            return basis.times([self.number(e, p) for p in basis.points])

        motions: list[tuple[list[Matrix], list[list[Matrix]]]] = []
        for state in range(self.states):
            motion = self.model.motion_of(state)
            if motion is None:
                motions.append(([], []))
            else:
                motions.append(
                    ([operator(v) for v in motion.velocity], [[operator(d) for d in row] for row in motion.diffusivity])
                )
        free = self.time_step is None and not self.waits
        found = (basis, self._own(basis) if free else [], motions)
        if not basis.turns_with_wave:
            self._parts[grow] = found
        return found

    # --- growth -------------------------------------------------------------------------------------------------------

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """The one slow growth rate."""
        if count != 1:
            raise NotYetError("several slow branches with a continuous internal state are not cross-checked yet")
        if self.grow is None:
            self.grow = self._large_enough(wave)
        found = self._root(wave, self.grow)
        return [found if self.time_step is None else mpmath.log(1 + found) / self.time_step]

    def _large_enough(self, wave: Wave) -> int:
        """The smallest basis that gives the growth rate to so many digits as the next larger one."""
        found = self._root(wave, GROWN[0])
        for grow, larger in pairwise(GROWN):
            before, found = found, self._root(wave, larger)
            if abs(found - before) <= mpmath.mpf(10) ** -SAME * abs(found):
                return grow
        raise NotYetError("too many functions of the internal state would be needed to tell an error")

    def _root(self, wave: Wave, grow: int = 0) -> Number:
        """The small root x of the last pivot of matrix - x (in discrete time matrix - 1 - x; with waits M(k, x) - 1), by secants."""
        if not self.waits:
            rows = self.matrix(wave, grow)
            if self.time_step is not None:
                rows = _plus(rows, diagonal([mpmath.mpf(-1)] * len(rows)))

        def relation(x: Number) -> Number:
            return last_pivot(self._renewal(wave, x, grow), mpmath.mpf(0)) if self.waits else last_pivot(rows, x)

        before, value = mpmath.mpf(0), relation(mpmath.mpf(0))
        duration = self._duration(self._of_basis(wave, grow)[0]) if self.waits else mpmath.mpf(0)
        here, least = (value / duration, 1 / duration) if self.waits else (value, mpmath.mpf(0))
        largest = (
            max((abs(x) for row in rows for x in row.values()), default=mpmath.mpf(0))
            if not self.waits
            else mpmath.mpf(0)
        )
        rounding = largest * mpmath.mpf(10) ** (4 - mpmath.mp.dps)  # of the last pivot, in which fast rates cancel
        for _ in range(40):
            pivot = relation(here)
            if pivot == value or here == before or abs(pivot) <= rounding:
                return here
            step = pivot * (here - before) / (pivot - value)
            before, value, here = here, pivot, here - step
            if abs(step) <= max(abs(here), least) * mpmath.mpf(10) ** (4 - mpmath.mp.dps):
                return here
        raise NotYetError("the slow growth rate of this wave was not found")

    def speed(self, wave: Wave, found: Number) -> Number:
        """The fastest rate of the internal state."""
        del found
        if self.time_step is not None:
            return 1 / self.time_step
        if self.waits:
            return 1 / self._duration(self._of_basis(wave, 0)[0])
        return max(abs(x) for row in self.matrix(wave) for x in row.values())

    def generator(self, wave: Wave) -> list[list[Number]]:
        """None: the functions of u are no slow densities of their own."""
        raise NotYetError("several densities with a continuous internal state are not cross-checked yet")


class _Blocks:
    """A matrix on functions of (state, u), states first, put together from blocks."""

    def __init__(self, states: int, size: int) -> None:
        self.size = size
        self.rows: Matrix = [{} for _ in range(states * size)]

    def put(self, i: int, j: int, block: Matrix) -> None:
        """Add a block in row i, column j."""
        for a, row in enumerate(block):
            line = self.rows[i * self.size + a]
            for b, x in row.items():
                line[j * self.size + b] = line.get(j * self.size + b, 0) + x


def last_pivot(rows: Matrix, shift: Number) -> Number:
    """The pivot of the first function in (rows - shift) after all others were eliminated, from the last on; sparse."""
    work = [dict(row) for row in rows]
    for n, row in enumerate(work):
        row[n] = row.get(n, 0) - shift
    for n in range(len(work) - 1, 0, -1):
        pivot = work[n][n]
        if pivot == 0:
            raise NotYetError("the internal state does not relax")
        rest = [(b, x) for b, x in work[n].items() if b < n]
        for a in range(n):
            head = work[a].pop(n, None)
            if head is None:
                continue
            factor = head / pivot
            for b, x in rest:
                work[a][b] = work[a].get(b, 0) - factor * x
    return work[0][0]


def _plus(a: Matrix, b: Matrix) -> Matrix:
    found = [dict(row) for row in a]
    for row, other in zip(found, b, strict=True):
        for n, x in other.items():
            row[n] = row.get(n, 0) + x
    return found


def _times(factor: Number, a: Matrix) -> Matrix:
    return [{n: factor * x for n, x in row.items()} for row in a]


def _product(a: Matrix, b: Matrix) -> Matrix:
    found: Matrix = []
    for row in a:
        line: dict[int, Number] = {}
        for k, x in row.items():
            for n, y in b[k].items():
                line[n] = line.get(n, 0) + x * y
        found.append(line)
    return found
