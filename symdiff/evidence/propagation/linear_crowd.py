"""How waves of mean densities grow where agents never meet: jumps of any law, and reactions that take one agent at a time.

Then the mean densities obey a linear equation exactly, whatever the noise: growth and death, branching, conversion, dispersal of
offspring. In discrete time all jumps come first, then all reactions.
"""

from __future__ import annotations

from typing import Any

import mpmath
from sympy.core.function import AppliedUndef

from symdiff.evidence.propagation.dynamics import MarkovDynamics, Wave
from symdiff.evidence.propagation.growth import eigenvalues, logarithm
from symdiff.evidence.propagation.rules import Values, is_homogeneous, symbol_matrix
from symdiff.model.crowd import Crowd
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any


def is_linear_crowd(model: JumpModel) -> bool:
    """Whether every rule takes one agent at a time, at constant rates, on a homogeneous line, plane or space."""
    reactions = model.crowd.reactions
    if not reactions or model.crowd != Crowd(reactions=reactions) or model.population is not None:
        return False
    plain = model.clock in ("continuous", "discrete") and model.scheme is None and not model.internals
    rates = [e for j in model.jumps for e in (j.intensity, *j.displacement)] + [r.intensity for r in reactions]
    places = {*model.coordinate_symbols, model.time}
    constant = not any(e.atoms(AppliedUndef) or e.free_symbols & places for e in rates)
    return plain and constant and is_homogeneous(model) and all(len(r.consumes) == 1 for r in reactions)


class LinearCrowdDynamics(MarkovDynamics):
    """Rates W(k) + R(k), or steps (1 + R(k)) T(k), of the mean densities of all states."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        super().__init__(model, values)
        names = model.state_names
        self.reactions = []
        for r in model.crowd.reactions:
            gone = r.consumes[0]
            products = [
                (names.index(p.state), tuple(self._number(a - b) for a, b in zip(p.displacement, gone.displacement, strict=True)))
                for p in r.produces
            ]  # fmt: skip
            self.reactions.append((names.index(gone.state), self._number(r.intensity), products))

    def _number(self, expression: Any) -> Number:
        return evaluate(expression, self.rules.values, mp_arithmetic())

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """The slowest eigenvalues, as rates."""
        found = eigenvalues(self._matrix(wave))
        if self.time_step is not None:
            smallest = mpmath.mpf(10) ** (-mpmath.mp.dps // 2)  # a mode that dies in one step has no rate
            found = [mpmath.log(x) / self.time_step for x in found if abs(x) > smallest]
        return sorted(found, key=abs)[:count]

    def speed(self, wave: Wave, found: Number) -> Number:
        """The clock's own rate, with that of the reactions."""
        return super().speed(wave, found) + mpmath.fsum(abs(rate) for _, rate, _ in self.reactions) / (
            self.time_step or 1
        )

    def generator(self, wave: Wave) -> list[list[Number]]:
        """The matrix of all densities, or its logarithm over the time step."""
        matrix = self._matrix(wave)
        return matrix if self.time_step is None else logarithm(matrix, self.time_step)

    def _matrix(self, wave: Wave) -> list[list[Number]]:
        moves, changes = mpmath.matrix(symbol_matrix(self.rules, wave)), mpmath.zeros(self.rules.size)
        for source, rate, products in self.reactions:
            changes[source, source] -= rate
            for target, displacement in products:
                angle = mpmath.fsum(k * r for k, r in zip(wave, displacement, strict=True))
                changes[target, source] += rate * mpmath.exp(-mpmath.j * angle)
        total = moves + changes if self.time_step is None else moves + changes * moves
        found: list[list[Number]] = total.tolist()
        return found
