"""The law in time of walkers with one continuous internal state, by matrices on finitely many functions of that state.

f(u, t) = E[e^(-ik.X) | U = u at the start] obeys d_t f = M(k) f with f = 1 at first, and M is a polynomial of second degree in k where
walkers move only inside their states. The start is the stationary law of state and internal state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import linalg

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.internal_dynamics import InternalDynamics
from symdiff.model.jump_model import JumpModel

Matrix = npt.NDArray[np.complex128]
SIZES = (8, 14)  # further functions; what the larger basis changes is the error
SETTLED = 1e-7
DIGITS = 60  # powers of a number have averages of very different sizes


class InnerLaw:
    """E[e^(-ikx)] of the first coordinate of a homogeneous walker; raises :class:`NotYetError` for what is not followed."""

    def __init__(self, model: JumpModel, values: Mapping[sp.Symbol, float]) -> None:
        if model.clock != "continuous" or any(any(j.displacement) or j.law is not None for j in model.jumps):
            raise NotYetError("laws of walkers with a continuous internal state that jump or wait are not solved yet")
        if model.preparation.states is not None:
            raise NotYetError("laws of walkers with a continuous internal state start from the stationary one",
                              where="initial", instead="leave the states out")  # fmt: skip
        self.states = len(model.state_names)
        self.parts: list[tuple[Matrix, Matrix, Matrix]] = []
        self.starts: list[Matrix] = []
        with mpmath.workdps(DIGITS):
            dynamics = InternalDynamics(model, {s: mpmath.mpf(v) for s, v in values.items()})
            for grow in SIZES:
                parts = self._parts(dynamics, model.dimension, grow)
                self.starts.append(self._stationary(parts[0]))
                self.parts.append(tuple(np.array(m.tolist(), dtype=complex) for m in parts))  # type: ignore[arg-type]

    def _parts(self, dynamics: InternalDynamics, dimension: int, grow: int) -> tuple[Any, Any, Any]:
        """The coefficients of 1, k and k^2, from three wave numbers."""
        found = []
        for k in (1, 2, 3):
            rows = dynamics.matrix((mpmath.mpf(k), *(mpmath.mpf(0),) * (dimension - 1)), grow)
            dense = mpmath.matrix(len(rows), len(rows))
            for a, row in enumerate(rows):
                for b, x in row.items():
                    dense[a, b] = x
            found.append(dense)
        one, two, three = found
        square = (one - 2 * two + three) / 2
        slope = two - one - 3 * square
        return one - slope - square, slope, square

    def _stationary(self, rest: Any) -> Matrix:
        """The averages of all functions over the law that does not change; those of the constants add up to one."""
        size = len(rest)
        rows, right = rest.T, mpmath.matrix(size, 1)
        for b in range(size):
            rows[0, b] = int(b % (size // self.states) == 0)
        right[0] = 1
        try:
            return np.array([complex(x) for x in mpmath.lu_solve(rows, right)])
        except ZeroDivisionError:
            raise NotYetError("the internal state has no single stationary law to start from") from None

    def _ones(self, size: int) -> Matrix:
        """The function that is one in every state."""
        found = np.zeros(size, dtype=complex)
        found[:: size // self.states] = 1
        return found

    def at(self, wave: float, amount: float, share: float = 1.0) -> complex:
        """E[e^(-ikx)] at a time, of which ``share`` counts; raises :class:`NotYetError` where more functions would be needed."""
        found = []
        for (rest, slope, square), start in zip(self.parts, self.starts, strict=True):
            moved = linalg.expm((rest + wave * slope + wave**2 * square) * amount)
            found.append(complex(start @ moved @ self._ones(len(rest))))
        if not abs(found[0] - found[1]) * share <= SETTLED:
            raise NotYetError("the law of such short waves needs too many functions of the internal state",
                              where="--times", instead="ask for later times, when the density is smooth")  # fmt: skip
        return found[1]
