"""The second route for semi-Markov walks: the exact relation det(1 - M(k, s)) = 0 as numbers of many digits.

The transforms of the waits come from closed forms, the root s(k) from Newton's method; nothing of the expansion is used.
Where the model depends on place, (1 + A)+ f = G(L+) f on smooth functions, with G = 1/psi as a numeric Taylor series.
"""

from __future__ import annotations

from typing import Any

import mpmath

from symdiff.continuum.confirmation import FAR, Confirmation, digits_of_numbers, near_or_far, powers_seen, size_of
from symdiff.continuum.confirmation_probe import Probe, Result
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.waiting_transform import waiting_transform

Number = Any


def confirm_waiting(model: JumpModel, regime: ScalingRegime, result: Result) -> Confirmation:
    """Test d/dt = L against the exact relation; raises :class:`InternalFaultError` where they disagree."""
    return near_or_far(lambda exponents: _confirm_at(model, regime, result, exponents), digits_of_numbers(model))


def _confirm_at(model: JumpModel, regime: ScalingRegime, result: Result, exponents: tuple[int, int]) -> Confirmation:
    digits = 40 + exponents[1] * (size_of(result.known_below) + 7)
    heavy = any(j.law is not None and j.law.imaginary_only for j in model.jumps)
    with mpmath.workdps(digits):
        residuals = [WaitingProbe(model, regime, result, exponent, heavy).residuals() for exponent in exponents]
        lost = 15 + max(0, exponents[1] - FAR[1])  # large numbers magnify what rounding leaves
        observed = [seen for _, seen in powers_seen(regime, exponents, residuals, lost=lost)]
    method = (
        "exact Montroll-Weiss relation, its root" if result.homogeneous else "one wait and jump on smooth functions"
    )
    return Confirmation(method, str(result.known_below), min(observed, default=None), digits)


def _eigen(matrix: Any) -> tuple[list[Number], Any, Any]:
    """Eigenvalues, eigenvectors and their inverse of a matrix that is symmetric up to a factor."""
    size = matrix.rows
    if not any(matrix[a, b] for a in range(size) for b in range(size)):
        return [mpmath.mpf(0)] * size, mpmath.eye(size), mpmath.eye(size)
    pairs = [(matrix[a, b], mpmath.conj(matrix[b, a])) for a in range(size) for b in range(a + 1)]
    if all(abs(x - y) <= 4 * mpmath.eps * abs(x) for x, y in pairs):
        values, vectors = mpmath.eighe(matrix)
        return list(values), vectors, vectors.H
    values, vectors = mpmath.eig(matrix)
    return list(values), vectors, vectors**-1


class WaitingProbe(Probe):
    """All numbers of a semi-Markov walk at one eps."""

    _flights: tuple[tuple[Number, ...], list[tuple[Any, ...]]] | None = None

    def residuals(self) -> list[tuple[str, float, Number]]:
        """(what, the power that it must have, the residual)."""
        if not self.result.homogeneous:
            from symdiff.continuum.waiting_smooth import WaitingSmoothComparison  # loaded when used: start-up time

            return WaitingSmoothComparison(self).residuals()
        drawn = [
            mpmath.mpf(self.generator.randint(300, 900)) / 1000 * (-1) ** self.generator.randint(0, 1)
            for _ in range(self.model.dimension)
        ]
        wave = [(mpmath.mpc(0, q) if self.heavy else q) * self.unit for q in drawn]
        guess = self._sum(self.result.operator[0][0], wave, mpmath.mpf(0))
        if not self.heavy and guess < 0:  # transforms of laws without all moments exist on the side of growth only
            mirrored = [-q for q in wave]
            other = self._sum(self.result.operator[0][0], mirrored, mpmath.mpf(0))
            wave, guess = (mirrored, other) if other > guess else (wave, guess)
        return [("growth rate", self.known_below, self.root(wave, guess) - guess)]

    def characteristic(self, wave: list[Number], s: Number) -> Number:
        """det(1 - M(k, s)), with the exact transforms."""
        matrix = self.one_turn(wave, s) if self.model.internals else self.one_jump(wave, s)
        return mpmath.det(mpmath.eye(matrix.rows) - matrix)

    def one_turn(self, wave: list[Number], s: Number) -> Any:
        """M(k, s) over the moments of a direction: psi(s + v(u).q) by the eigenvalues of v(u).q, then the turn."""
        key = tuple(wave)
        if self._flights is None or self._flights[0] != key:
            self._flights = (key, self._flights_along(wave))
        width = len(self._flights[1][0][2])
        whole = mpmath.matrix(len(self.model.state_names) * width)
        for i, j, before, law, values, inverse in self._flights[1]:
            waits = [waiting_transform(law, s + z, self.number) for z in values]
            waited = [[wait * x for wait, x in zip(waits, column, strict=True)] for column in inverse]
            for a, row in enumerate(before):
                for b, column in enumerate(waited):
                    whole[i * width + a, j * width + b] += mpmath.fdot(row, column)
        return whole

    def _flights_along(self, wave: list[Number]) -> list[tuple[Any, ...]]:
        """Per kind of jump: its states, turn and displacement times the eigenvectors of v(u).q by rows, its law, the eigenvalues, their inverse by columns."""
        from symdiff.continuum.numeric_internal import NumericModes  # loaded when used: start-up time

        model = self.model
        modes = NumericModes(model, self.number, int(self.known_below) + 2)
        width, turn = modes.size, modes.turn(tuple(v.name for v in model.internals)).dense()
        found = []
        for i, j, jump in model.transitions():
            motion = model.motion_of(j)
            along, shift = mpmath.matrix(width), mpmath.matrix(width)
            for n, q in enumerate(wave):
                shift += modes.matrix(jump.displacement[n]).dense() * q
                if motion is not None:
                    along += modes.matrix(motion.velocity[n]).dense() * q
                    for p, d in zip(wave, motion.diffusivity[n] if motion.diffusivity else (), strict=False):
                        along -= modes.matrix(d).dense() * (p * q)
            values, vectors, inverse = _eigen(along)
            if any(shift):
                away, there, back = _eigen(shift)
                vectors = there * mpmath.diag([mpmath.exp(-z) for z in away]) * back * vectors
            before = turn * vectors * self.number(jump.intensity)
            found.append((i, j, before.tolist(), model.wait_before(j, jump), values, inverse.T.tolist()))
        return found

    def one_jump(self, wave: list[Number], s: Number) -> Any:
        """M(k, s)."""
        model = self.model
        size = len(model.state_names)
        matrix = mpmath.matrix(size, size)
        for i, j, jump in model.transitions():
            phase = mpmath.exp(-mpmath.fsum(q * self.number(r) for q, r in zip(wave, jump.displacement, strict=True)))
            if jump.law is not None:
                along = [
                    mpmath.fsum(q * self.number(e) for q, e in zip(wave, row, strict=True)) for row in jump.directions
                ]
                phase *= self.law_transform(jump.law, along)
            psi = waiting_transform(model.wait_before(j, jump), s - self.moving(wave, j), self.number)
            matrix[i, j] += self.number(jump.intensity) * phase * psi
        return matrix

    def moving(self, wave: list[Number], state: int) -> Number:
        """The growth rate of e^(q.x) by the motion inside a state: - v.q + D_ij q_i q_j."""
        motion = self.model.motion_of(state)
        if motion is None:
            return mpmath.mpf(0)
        total = -mpmath.fsum(q * self.number(v) for q, v in zip(wave, motion.velocity, strict=True))
        for p, row in zip(wave, motion.diffusivity, strict=False):
            total += mpmath.fsum(p * q * self.number(d) for q, d in zip(wave, row, strict=True))
        return total

    def root(self, wave: list[Number], guess: Number) -> Number:
        """The root s of the relation next to ``guess``, by the secant method."""
        span = abs(guess) * mpmath.mpf(10) ** (-mpmath.mp.dps // 4)
        before, here = guess + span, guess
        lost = mpmath.mpf(10) ** (12 - mpmath.mp.dps)  # digits that the determinant loses; residuals are read to 15
        at_before, at_here = self.characteristic(wave, before), self.characteristic(wave, here)
        for _ in range(60):
            if at_here == at_before:
                break
            step = at_here * (here - before) / (at_here - at_before)
            before, at_before = here, at_here
            here = here - step
            if abs(step) <= lost * max(1, abs(here)):
                break
            at_here = self.characteristic(wave, here)
        return here
