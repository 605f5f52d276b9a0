"""Rods on a line in local equilibrium, from the gaps between them: the rate of change of their density at one place.

Rod j moves to the right at the rate a if the gap in front of it is not empty, to the left at the rate b if the one behind it is not.
So the gaps are a zero range process of constant rate, whose local equilibrium is geometric: of a mean gap g the share z = g/(1 + g) is
not empty. Rods are found by counting, int_x^X u dx/h = 1 from one to the next; their velocity V gives d_t u = - d_x(u V).
Source: G. Schonherr and G. M. Schutz, J. Phys. A 37 (2004) 8215; M. R. Evans and T. Hanney, J. Phys. A 38 (2005) R195.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Place = tuple[Number, ...]
Field = Callable[[Place, tuple[int, ...]], Number]
TERMS = 60  # of the Taylor series of the number of rods; neighbours are a hundredth of a wave apart at most
TURNS = 60


class Rods:
    """Rods of ``model`` with these numbers; ``fields`` holds their density, in rods per site.

    Raises :class:`NotYetError` where jumps are not to the neighbouring sites of a line, at constant rates, in continuous time.
    """

    def __init__(self, model: JumpModel, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]) -> None:
        (name, *more), crowd = model.state_names, model.crowd
        shown = [e for j in model.jumps for e in (*j.displacement, j.intensity)]
        plain = model.clock == "continuous" and model.dimension == 1 and not more and not crowd.reactions
        if (
            not plain
            or any(j.law is not None for j in model.jumps)
            or any(e.free_symbols & set(model.coordinate_symbols) for e in shown)
        ):
            raise NotYetError("rods are cross-checked at constant rates on a line, one species in continuous time")
        assert crowd.rod_length is not None
        self.density, self.length = fields[name], self._number(crowd.rod_length, values)
        moves = [(self._number(j.displacement[0], values), self._number(j.intensity, values)) for j in model.jumps]
        self.spacing = max(abs(r) for r, _ in moves)
        if any(abs(r) != self.spacing for r, _ in moves):
            raise NotYetError("rods that jump over several sites are not cross-checked yet")
        self.ahead, self.back = (mpmath.fsum(w for r, w in moves if (r > 0) is sign) for sign in (True, False))

    @staticmethod
    def _number(expression: sp.Expr, values: Mapping[sp.Symbol, Number]) -> Number:
        return evaluate(expression, values, mp_arithmetic())

    def at(self, place: Place) -> list[Number]:
        """d_t of the density at one place."""
        (x,) = place
        here, slope = (self.density(place, (n,)) for n in (0, 1))
        speed, change = mpmath.mpf(0), mpmath.mpf(0)
        for sign, rate in ((1, self.ahead), (-1, self.back)):
            way = self._way(x, sign)
            gap = sign * way / self.spacing - self.length
            if gap <= 0:
                raise NotYetError("the rods overlap at this density")
            speed += sign * rate * self.spacing * gap / (1 + gap)
            change += rate * (here / self.density((x + way,), (0,)) - 1) / (1 + gap) ** 2
        return [-slope * speed - here * change]

    def _way(self, x: Number, sign: int) -> Number:
        """How far the next rod is: one more is counted up to there."""
        slopes = [self.density((x,), (n,)) / mpmath.factorial(n + 1) for n in range(TERMS)]
        way = sign * self.spacing / slopes[0]
        for _ in range(TURNS):
            counted = mpmath.fsum(s * way ** (n + 1) for n, s in enumerate(slopes))
            step = (counted - sign * self.spacing) / self.density((x + way,), (0,))
            way -= step
            if abs(step) < abs(way) * mpmath.mpf(10) ** (4 - mpmath.mp.dps):
                return way
        raise NotYetError("the next rod was not found")
