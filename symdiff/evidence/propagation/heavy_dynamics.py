"""Walks that wait, beside steps or flights of heavy tails: rates at real wave vectors, where they are not analytic in k.

With F(k, s) = det(1 - M(k, s)) of Montroll and Weiss, a slow density obeys s^a - R(k) = 0 when F(k, s)/F(0, s) -> 1 - R(k)/s^a as s
and k vanish together. So R = s^a (1 - F(k, s)/F(0, s)) is read off at s > 0, far from the cuts of the waits, with s^a of the size of
R; terms beyond R are not. Where the waits carry a drift V, (s + ik.v)^g is not what it is on the root; there the root s near -ik.V itself is
taken, by secants, and for jumps between waits wherever it lies beside the cut.
Source: E. W. Montroll and G. H. Weiss, J. Math. Phys. 6 (1965) 167; V. Zaburdaev, S. Denisov, J. Klafter, Rev. Mod. Phys. 87 (2015) 483.
"""

from __future__ import annotations

from typing import Any

import mpmath

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.evidence.propagation.rules import Values
from symdiff.model.jump_model import JumpModel

Number = Any
Wave = tuple[Number, ...]
TURNS = 60


class HeavyDynamics:
    """The rate of one slow density; ``length`` is the longest step, or the way of one flight."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        self.walk = RenewalWalk(model, values)
        self.time_step = None
        rest = (mpmath.mpf(0),) * model.dimension
        with mpmath.workdps(15):
            self.duration = self._duration(rest)
        number = self.walk.number
        sizes = [abs(number(r)) for j in model.jumps for r in j.displacement]
        sizes += [abs(number(e)) ** (mpmath.mpf(1) / root) for j in model.jumps if j.law is not None
                  for e, root in j.law.length_scales]  # fmt: skip
        speeds = [abs(v) for velocity, _ in self.walk.motions for v in velocity]
        self.length = max([*sizes, max(speeds, default=mpmath.mpf(0)) * self.duration]) or mpmath.mpf(1)
        self.at_root = self._drift(model) != 0 if any(speeds) else self._is_off_the_cut(model)

    def _duration(self, rest: Wave) -> Number:
        """The time after which half the waits have ended, as their transforms tell it: F(0, 1/T) = 1/2, up to a factor of two."""
        time = mpmath.mpf(1)
        while abs(self._relation(rest, 1 / time)) > 0.5:
            time *= 2
        while abs(self._relation(rest, 1 / time)) < 0.5 and time > mpmath.mpf(10) ** -mpmath.mp.dps:
            time /= 2
        return time

    def _is_off_the_cut(self, model: JumpModel) -> bool:
        """Whether the root of jumps between waits lies beside the negative axis, on which waits with tails have their cut."""
        waits = [model.wait_before(j, jump) for _, j, jump in model.transitions()]
        if all(wait.tail is None for wait in waits):
            return True
        wave = tuple(mpmath.mpf(10) ** -6 * (n + 1) / self.length for n in range(model.dimension))
        aside = mpmath.im(self._relation(wave, mpmath.mpf(10) ** -mpmath.mp.dps / self.duration))
        return not any(wait.mean_is_infinite for wait in waits) and abs(aside) > mpmath.mpf(10) ** (-mpmath.mp.dps // 2)

    def _drift(self, model: JumpModel) -> Number:
        """The mean velocity; raises where walkers linger at it, whose waits have their cut on the root."""
        size, number = self.walk.size, self.walk.number
        turning = mpmath.matrix(size, size)
        means: dict[int, Number] = {}
        for i, j, jump, weight in self.walk.jumps:
            turning[i, j] += weight
            law = model.wait_before(j, jump)
            if law.mean_is_infinite:
                return mpmath.mpf(0)  # a drift beside waits without a mean is not derived
            means[j] = means.get(j, 0) + weight * number(law.moment(1))
        rows = turning - mpmath.eye(size)
        for j in range(size):
            rows[size - 1, j] = 1
        shares = mpmath.lu_solve(rows, mpmath.matrix([0] * (size - 1) + [1]))
        speeds = [sum(v) if v else mpmath.mpf(0) for v, _ in self.walk.motions]
        total = mpmath.fsum(shares[j] * means[j] for j in range(size))
        drift = mpmath.fsum(shares[j] * means[j] * speeds[j] for j in range(size)) / total
        if abs(drift) < max(map(abs, speeds)) * mpmath.mpf(10) ** (10 - mpmath.mp.dps):
            return mpmath.mpf(0)
        heavy = {j for _, j, jump in model.transitions() if model.wait_before(j, jump).tail is not None}
        if any(abs(speeds[j] - drift) < abs(drift) * mpmath.mpf(10) ** -10 for j in heavy):
            raise NotYetError("walkers that move with the mean for long have no growth rate of their own")
        return drift

    def oriented(self, wave: Wave, unit: Number) -> Wave:
        """Real waves."""
        del unit
        return wave

    def _relation(self, wave: Wave, s: Number) -> Number:
        return mpmath.det(mpmath.eye(self.walk.size) - self.walk.matrix(wave, s))

    def rate(self, wave: Wave, order: Number, kept: Number) -> Number:
        """R(k) in s^order = R(k), from s^order of the order abs(k)^kept."""
        if self.at_root:
            return self._root(wave) ** order
        size = mpmath.sqrt(mpmath.fsum(abs(k) ** 2 for k in wave)) * self.length
        s = size ** (kept / order) / self.duration
        rest = (mpmath.mpf(0),) * len(wave)
        return s**order * (1 - self._relation(wave, s) / self._relation(rest, s))

    def _root(self, wave: Wave) -> Number:
        """The root s that vanishes with k."""
        rest, small = (mpmath.mpf(0),) * len(wave), mpmath.mpf(10) ** -mpmath.mp.dps / self.duration
        slope = self._relation(rest, small) / small  # the mean wait
        before, at_before = small, self._relation(wave, small)
        here = before - at_before / slope
        for _ in range(TURNS):
            value = self._relation(wave, here)
            if value == at_before:
                return here
            step = value * (here - before) / (value - at_before)
            before, at_before, here = here, value, here - step
            rounding = 1 / abs(slope)  # entries of the relation are of order one
            if abs(step) <= max(100 * abs(here), rounding) * mpmath.mpf(10) ** (6 - mpmath.mp.dps):
                return here
        raise NotYetError("the slow growth rate of this wave was not found")

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """None: rates are asked for by :meth:`rate`, which knows the powers of the equation."""
        raise NotYetError("several slow branches of a walk with waits are not cross-checked yet")

    def speed(self, wave: Wave, found: Number) -> Number:
        """One mean wait."""
        del wave, found
        return 1 / self.duration

    def generator(self, wave: Wave) -> list[list[Number]]:
        """None: the states are no slow densities of their own."""
        raise NotYetError("several densities of walks with waits are not cross-checked yet")
