"""The exact tier on Taylor polynomials: rates of change of the total density where states are eliminated, or laws depend on place.

As :mod:`.verify_local`, with the dynamics of :mod:`symdiff.evidence.propagation.jets` in place of the rules at single places.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import mpmath

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_crowd import CrowdTest, slope_of
from symdiff.dossier.verify_kinks import kinks_of
from symdiff.dossier.verify_numbers import EpsPath, generator_for
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.inner_jets import InnerJets
from symdiff.evidence.propagation.jets import JetDynamics
from symdiff.evidence.propagation.mean_field import Place
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.convergence import size

Number = Any

LEVELS = (2, 3, 4, 5, 6)  # eps = 10**-2 ... 10**-6
BEYOND = 6  # powers of eps that the polynomials resolve beyond the kept one
PLACES = 3
BEYOND_INNER = 3  # beside a continuous internal state: as many as are extrapolated away
GROWN = (-2, 0, 2, 6, 12)  # functions of an internal state more or fewer than for waves, tried in turn
SAME = 30  # digits to which a larger basis must give the same rate at the finest level, five powers of eps


class JetTest(CrowdTest):
    """One model in one regime, one density; the exact numbers serve for every equation that is tested."""

    grow: int | None = None  # how far the basis of an internal state must be enlarged; found at the first place

    def __init__(self, model: JumpModel, limit: ContinuumLimit, path: EpsPath, name: str) -> None:
        if model.dimension != 1 and not model.internals:
            raise NotYetError("Taylor polynomials are followed in one dimension only")
        if kinks_of(model):
            raise NotYetError("kinks of rates beside internal states are not cross-checked at single places yet")
        self.model, self.limit, self.path = model, limit, path
        self.long_wave = limit.regime.origin == "long-wave"
        self.names, self.tested = (name,), (0,)
        degree = int(mpmath.ceil(abs(limit.kept_power))) + BEYOND
        self.digits = 60 + LEVELS[-1] * (degree + 4)
        with mpmath.workdps(self.digits):
            self.kept = mpmath.mpf(limit.kept_power.numerator) / limit.kept_power.denominator
            self.eps = [mpmath.mpf(10) ** -n for n in LEVELS]
            self.values = [path.values(e) for e in self.eps]
            self.fields = [self._fields(e) for e in self.eps]
            generator = generator_for(model, "places")
            places = [
                tuple(mpmath.mpf(generator.randint(0, 999)) / 1000 for _ in model.coordinates)
                for _ in range(PLACES if model.dimension == 1 else 1)
            ]
            self.places = [[tuple(x / path.unit(e) for x in p) for p in places] for e in self.eps]
            self.exact = [[[self._rate(i, p, degree)] for p in row] for i, row in enumerate(self.places)]
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

    def _rate(self, level: int, place: Place, degree: int) -> Number:
        try:
            return self._of_inner(level, place) if self.model.internals else self._dynamics(level, place[0], degree)
        except (ArithmeticError, ValueError) as error:
            raise NotYetError(f"no Taylor polynomials about this place: {error}") from None

    def _of_inner(self, level: int, place: Place) -> Number:
        """With a continuous internal state: over the smallest basis of its functions to which two more add nothing."""
        next_terms = [sum(t.space) for d in self.limit.discarded for t in d.terms]
        degree = max(int(mpmath.ceil(abs(self.limit.kept_power))) + BEYOND_INNER, 2 + max(next_terms, default=0))
        if self.grow is None:
            self.grow = self._large_enough(degree)
        return self._inner_rate(level, place, degree, self.grow)

    def _inner_rate(self, level: int, place: Place, degree: int, grow: int) -> Number:
        fields = self.fields[level]
        dynamics = InnerJets(self.model, self.values[level], fields, place, degree, grow)
        density = {i: fields[self.names[0]](place, i) / math.prod(map(math.factorial, i)) for i in dynamics.orders}
        return dynamics.rate_of_change(density)

    def _large_enough(self, degree: int) -> int:
        """How far the basis of functions is enlarged, so that a larger one changes nothing at the finest level."""
        place = self.places[-1][0]
        found = self._inner_rate(-1, place, degree, GROWN[0])
        for grow, larger in itertools.pairwise(GROWN):
            before, found = found, self._inner_rate(-1, place, degree, larger)
            if abs(found - before) <= mpmath.mpf(10) ** -SAME * abs(found):
                return grow
        raise NotYetError("too many functions of the internal state would be needed to tell an error")

    def _dynamics(self, level: int, place: Number, degree: int) -> Number:
        fields = self.fields[level]
        dynamics = JetDynamics(
            self.model, self.values[level], fields, place, degree, self.eps[level] ** 5 * mpmath.mpf(10) ** -45
        )
        density = fields[self.names[0]]
        return dynamics.rate_of_change([density((place,), (n,)) / mpmath.factorial(n) for n in range(degree + 1)])
