"""How waves grow under the microscopic dynamics of a homogeneous model, whatever the clock."""

from __future__ import annotations

from typing import Any, Protocol

import mpmath

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.growth import generator_matrix, growth_branches
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.evidence.propagation.rules import Values, numeric_rules, typical_step
from symdiff.model.jump_model import JumpModel
from symdiff.model.waiting import WaitingLaw

Number = Any
Wave = tuple[Number, ...]


class Dynamics(Protocol):
    """Growth rates of waves e^(ik.x); ``time_step`` is None in continuous time, ``length`` the longest step."""

    time_step: Number | None
    length: Number

    def oriented(self, wave: Wave, unit: Number) -> Wave:
        """The wave vector that stands for a real one, as far as growth rates are known there."""

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """The slowest growth rates."""

    def speed(self, wave: Wave, found: Number) -> Number:
        """What a rounding error of one in the dynamics changes in the growth rate ``found``."""

    def generator(self, wave: Wave) -> list[list[Number]]:
        """The matrix of the slow states."""


class MarkovDynamics:
    """Steps or rates: all eigenvalues of the symbol matrix."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        self.rules = numeric_rules(model, values)
        self.time_step = self.rules.time_step
        self.length = typical_step(self.rules) or mpmath.mpf(1)

    def oriented(self, wave: Wave, unit: Number) -> Wave:
        """Real waves."""
        del unit
        return wave

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """The slowest eigenvalues, as rates."""
        return growth_branches(self.rules, wave, count)

    def speed(self, wave: Wave, found: Number) -> Number:
        """The clock's own rate."""
        del wave, found
        rules = self.rules
        if rules.time_step is not None:
            return 1 / rules.time_step
        moving = mpmath.fsum(abs(x) for velocity, _ in rules.motions for x in velocity) / self.length
        spreading = mpmath.fsum(abs(x) for _, rows in rules.motions for row in rows for x in row) / self.length**2
        return mpmath.fsum(j.weight for j in rules.jumps) + moving + spreading

    def generator(self, wave: Wave) -> list[list[Number]]:
        """W(k), or log T(k)/tau."""
        return generator_matrix(self.rules, wave)


class RenewalDynamics:
    """Waits of any law: the root of the relation of Montroll and Weiss, for waves e^(q.x) that grow.

    Waves of real wave vector decay, where transforms of heavy-tailed waits have their cut; a growth rate that is analytic in k
    is known as well from imaginary ones.
    """

    def __init__(self, model: JumpModel, values: Values) -> None:
        self.walk = RenewalWalk(model, values)
        self.time_step = None
        sizes = [abs(self.walk.number(r)) for j in model.jumps for r in j.displacement]
        laws = [abs(self.walk.number(e)) ** (mpmath.mpf(1) / root) for j in model.jumps if j.law is not None
                for e, root in j.law.length_scales]  # fmt: skip
        self.length = max([*sizes, *laws], default=mpmath.mpf(0)) or mpmath.mpf(1)

    def oriented(self, wave: Wave, unit: Number) -> Wave:
        """k = -iq, with the sign for which e^(q.x) grows."""
        for sign in (-1, 1):
            turned = tuple(mpmath.mpc(0, sign * k) for k in wave)
            if self.walk.grows(tuple(k * unit for k in turned)):
                return turned
        raise NotYetError("no wave along this direction grows: the growth rate is not known there")

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """The one slow root."""
        if count != 1:
            raise NotYetError("several slow branches of a walk with waits are not cross-checked yet")
        return [self.walk.growth(wave)]

    def speed(self, wave: Wave, found: Number) -> Number:
        """The growth per excess of one wait and jump over one."""
        return abs(found) / self.walk.excess(wave, mpmath.mpf(0))

    def generator(self, wave: Wave) -> list[list[Number]]:
        """None: the states are no slow densities of their own."""
        raise NotYetError("several densities of walks with waits are not cross-checked yet")


def is_heavy_walk(model: JumpModel) -> bool:
    """Whether walkers wait, and steps or flights have tails so heavy that the growth rate is not analytic in k."""
    if model.clock != "waiting" or model.internals:
        return False
    if any(j.law is not None and j.law.imaginary_only for j in model.jumps):
        return True
    flies = any(not m.is_rest for m in model.motions)
    waits = [model.wait_before(source, jump) for _, source, jump in model.transitions()]
    return flies and any(has_heavy_tail(w) for w in waits)


def has_heavy_tail(wait: WaitingLaw) -> bool:
    """Whether the second moment of a wait is infinite."""
    return wait.tail is not None and (wait.mean_is_infinite or wait.side_of(2) in (-1, 0))


def dynamics_of(model: JumpModel, values: Values) -> Dynamics:
    """The dynamics of a homogeneous model at these numbers."""
    if is_heavy_walk(model):
        from symdiff.evidence.propagation.heavy_dynamics import HeavyDynamics  # loaded when used: start-up time

        return HeavyDynamics(model, values)
    if model.internals:
        from symdiff.evidence.propagation.internal_dynamics import InternalDynamics  # loaded when used: start-up time

        return InternalDynamics(model, values)
    if model.scheme is not None:
        from symdiff.evidence.propagation.scheme_dynamics import SchemeDynamics  # loaded when used: start-up time

        return SchemeDynamics(model, values)
    if model.crowd.reactions:
        from symdiff.evidence.propagation.linear_crowd import LinearCrowdDynamics  # loaded when used: start-up time

        return LinearCrowdDynamics(model, values)
    return RenewalDynamics(model, values) if model.clock == "waiting" else MarkovDynamics(model, values)
