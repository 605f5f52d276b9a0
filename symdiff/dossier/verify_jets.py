"""The exact tier on Taylor polynomials: rates of change of the total density where states are eliminated, or laws depend on place.

As :mod:`.verify_local`, with the dynamics of :mod:`symdiff.evidence.propagation.jets` in place of the rules at single places.
"""

from __future__ import annotations

from typing import Any

import mpmath

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_crowd import CrowdTest, slope_of
from symdiff.dossier.verify_kinks import kinks_of
from symdiff.dossier.verify_numbers import EpsPath, generator_for
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.jets import JetDynamics
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.convergence import size

Number = Any

LEVELS = (2, 3, 4, 5, 6)  # eps = 10**-2 ... 10**-6
BEYOND = 6  # powers of eps that the polynomials resolve beyond the kept one
PLACES = 3


class JetTest(CrowdTest):
    """One model in one regime, one density; the exact numbers serve for every equation that is tested."""

    def __init__(self, model: JumpModel, limit: ContinuumLimit, path: EpsPath, name: str) -> None:
        if model.dimension != 1:
            raise NotYetError("Taylor polynomials are followed in one dimension only")
        if kinks_of(model):
            raise NotYetError("kinks of rates beside internal states are not cross-checked at single places yet")
        self.model, self.limit, self.path = model, limit, path
        self.long_wave = limit.regime.origin == "long-wave"
        self.names = (name,)
        degree = int(mpmath.ceil(abs(limit.kept_power))) + BEYOND
        self.digits = 60 + LEVELS[-1] * (degree + 4)
        with mpmath.workdps(self.digits):
            self.kept = mpmath.mpf(limit.kept_power.numerator) / limit.kept_power.denominator
            self.eps = [mpmath.mpf(10) ** -n for n in LEVELS]
            self.values = [path.values(e) for e in self.eps]
            self.fields = [self._fields(e) for e in self.eps]
            generator = generator_for(model, "places")
            places = [(mpmath.mpf(generator.randint(0, 999)) / 1000,) for _ in range(PLACES)]
            self.places = [[tuple(x / path.unit(e) for x in p) for p in places] for e in self.eps]
            self.exact = [[[self._rate(i, p[0], degree)] for p in row] for i, row in enumerate(self.places)]
            self.step_power = mpmath.mpf(0)
            if model.time_step is not None:
                self.step_power = slope_of(
                    [evaluate(model.time_step, v, mp_arithmetic()) for v in self.values], self.eps
                )
            change = size([x for row in self.exact[-1] for x in row])
            if change == 0:
                raise NotYetError("nothing changes at these places")
            self.scale = change / self.eps[-1] ** self.kept
            self.grid = self._exponents()

    def _rate(self, level: int, place: Number, degree: int) -> Number:
        try:
            return self._dynamics(level, place, degree)
        except (ArithmeticError, ValueError) as error:
            raise NotYetError(f"no Taylor polynomials about this place: {error}") from None

    def _dynamics(self, level: int, place: Number, degree: int) -> Number:
        fields = self.fields[level]
        dynamics = JetDynamics(
            self.model, self.values[level], fields, place, degree, self.eps[level] ** 5 * mpmath.mpf(10) ** -45
        )
        density = fields[self.names[0]]
        return dynamics.rate_of_change([density((place,), (n,)) / mpmath.factorial(n) for n in range(degree + 1)])
