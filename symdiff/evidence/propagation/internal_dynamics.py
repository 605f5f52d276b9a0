"""Growth rates of waves for walkers with one continuous internal state: run and tumble, active Brownian, velocities, shear.

With f(u) = E[e^(-ik.X) g(U) | u], the backward generator of the internal state plus -ik.v(u) - k.D(u)k acts on functions of u over a
finite basis. The slow growth rate is the root of the last pivot of (matrix - s), all other functions being eliminated.
"""

from __future__ import annotations

from typing import Any

import mpmath

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.internal_bases import Basis, Matrix, basis_of, diagonal, numbers_of
from symdiff.evidence.propagation.rules import Values, jump_factor
from symdiff.model.jump_model import Jump, JumpModel

Number = Any
Wave = tuple[Number, ...]
GROW = 2  # further functions, with which the cut is tested
SAME = 14  # digits to which a larger basis must give the same growth rate, for the first wave


class InternalDynamics:
    """The dynamics of waves at one set of numbers; raises :class:`NotYetError` for what it does not treat."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        if len(model.internals) != 1 or model.clock not in ("discrete", "continuous"):
            raise NotYetError("several continuous internal states, and waits beside one, are not cross-checked yet")
        if model.lossy or any(j.destination is not None for j in model.jumps):
            raise NotYetError(
                "walkers with a continuous internal state that die or are put back are not cross-checked yet"
            )
        (self.variable,), self.model, self.values = model.internals, model, values
        self.number = numbers_of(values)
        self.time_step = None if model.time_step is None else self.number(model.time_step, {})
        self.states = len(model.state_names)
        self._require_isotropy()
        self.length = self._length()
        self.tested = False
        self._parts: dict[int, tuple[Basis, Matrix, list[tuple[list[Matrix], list[list[Matrix]]]]]] = {}

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
        fastest = max(sizes)
        own = self._own(basis)
        decay = min(
            (abs(own[n].get(n, 0)) for n in range(1, basis.size) if own[n].get(n, 0) != 0), default=mpmath.mpf(1)
        )
        found = fastest / decay if self.time_step is None else mpmath.mpf(0)
        for jump in self.model.jumps:
            found = max([found, *(abs(self.number(r, p)) for p in basis.points[:5] for r in jump.displacement)])
            if jump.law is not None:
                found = max(
                    [found, *(abs(self.number(e, {})) ** (mpmath.mpf(1) / root) for e, root in jump.law.length_scales)]
                )
        return found or mpmath.mpf(1)

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

    def matrix(self, wave: Wave, grow: int = 0) -> Matrix:
        """The generator, or one step, on functions of (state, u): states first."""
        basis, own, motions = self._of_basis(wave, grow)
        size = basis.size
        whole: Matrix = [{} for _ in range(self.states * size)]

        def put(i: int, j: int, block: Matrix) -> None:
            for a, row in enumerate(block):
                for b, x in row.items():
                    whole[i * size + a][j * size + b] = whole[i * size + a].get(j * size + b, 0) + x

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
        if self.time_step is not None:  # renewed before every step
            once = basis.renewed(self.number)
            turned: Matrix = [{n * size + b: x for b, x in row.items()} for n in range(self.states) for row in once]
            whole = _product(turned, whole)
        return whole

    def _phase(self, jump: Jump, wave: Wave, point: dict[Any, Number]) -> Number:
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
        found = (basis, self._own(basis) if self.time_step is None else [], motions)
        if not basis.turns_with_wave:
            self._parts[grow] = found
        return found

    # --- growth -------------------------------------------------------------------------------------------------------

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """The one slow growth rate."""
        if count != 1:
            raise NotYetError("several slow branches with a continuous internal state are not cross-checked yet")
        found = self._root(wave)
        if not self.tested:
            self.tested = True
            larger = self._root(wave, GROW)
            if abs(found - larger) > mpmath.mpf(10) ** -SAME * abs(found):
                raise NotYetError("too many functions of the internal state would be needed")
        return [found if self.time_step is None else mpmath.log(1 + found) / self.time_step]

    def _root(self, wave: Wave, grow: int = 0) -> Number:
        """The small root x of the last pivot of matrix - x (in discrete time matrix - 1 - x), by the secant method."""
        rows = self.matrix(wave, grow)
        if self.time_step is not None:
            rows = _plus(rows, diagonal([mpmath.mpf(-1)] * len(rows)))
        before, value = mpmath.mpf(0), last_pivot(rows, mpmath.mpf(0))
        here = value
        for _ in range(40):
            pivot = last_pivot(rows, here)
            if pivot == value or here == before:
                return here
            step = pivot * (here - before) / (pivot - value)
            before, value, here = here, pivot, here - step
            if abs(step) <= abs(here) * mpmath.mpf(10) ** (4 - mpmath.mp.dps):
                return here
        raise NotYetError("the slow growth rate of this wave was not found")

    def speed(self, wave: Wave, found: Number) -> Number:
        """The fastest rate of the internal state."""
        del found
        if self.time_step is not None:
            return 1 / self.time_step
        return max(abs(x) for row in self.matrix(wave) for x in row.values())

    def generator(self, wave: Wave) -> list[list[Number]]:
        """None: the functions of u are no slow densities of their own."""
        raise NotYetError("several densities with a continuous internal state are not cross-checked yet")


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
