"""The law of a walker that waits between its jumps, from the formula of Montroll and Weiss: P^(k, s) inverted in s.

P^(k, s) = (1 - psi(s))/s / (1 - psi(s) lambda(k)) where every wait has the same law and belongs to no jump; lambda(k) is the
characteristic function of one jump. Source: E. W. Montroll and G. H. Weiss, J. Math. Phys. 6 (1965) 167.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.evidence.laplace import inverse_laplace
from symdiff.evidence.propagation.rules import NumericJump, NumericRules, symbol_matrix
from symdiff.model.jump_model import JumpModel
from symdiff.model.waiting_transform import waiting_transform
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Values = Mapping[sp.Symbol, Number]


class RenewalWalk:
    """A homogeneous walk with one law of waits; raises :class:`NotYetError` for waits of states or of jumps."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        if model.waiting is None or model.state_waits or any(j.waiting is not None for j in model.jumps):
            raise NotYetError("waits that belong to a state or to a jump are not propagated yet")
        if not model.rests or len(model.state_names) > 1 or model.first_wait != "ordinary":
            raise NotYetError("waits with internal states, motion or an equilibrium start are not propagated yet")
        self.law, self.values = model.waiting, dict(values)
        jumps = tuple(
            NumericJump(i, j, self.number(jump.intensity), tuple(map(self.number, jump.displacement)), jump.law,
                        tuple(map(self.number, jump.direction)))
            for i, j, jump in model.transitions()
        )  # fmt: skip
        self.rules = NumericRules(1, jumps, mpmath.mpf(1), self.values, lossy=False)

    def number(self, expression: sp.Expr) -> Number:
        """An expression of the parameters as a number."""
        return evaluate(expression, self.values, mp_arithmetic())

    def step(self, wave: Sequence[Number]) -> Number:
        """lambda(k) = E[e^(-ik.r)] of one jump."""
        return symbol_matrix(self.rules, tuple(wave))[0][0]

    def wait(self, s: Number) -> Number:
        """psi(s) = E[e^(-st)]."""
        return waiting_transform(self.law, s, self.number)

    def transform(self, steps: Any, s: Number) -> Any:
        """P^(k, s), for a number or an array of values lambda(k)."""
        psi = self.wait(s)
        return (1 - psi) / s / (1 - psi * steps)

    def at(self, waves: Sequence[Sequence[float]], time: float) -> tuple[npt.NDArray[np.complex128], float]:
        """E[e^(-ik.x)] at a time, one per wave vector, and the error of the inversion."""
        steps = np.array([complex(self.step([mpmath.mpf(k) for k in wave])) for wave in waves])

        def density(s: complex) -> Any:
            psi = complex(self.wait(mpmath.mpc(s)))
            return (1 - psi) / s / (1 - psi * steps)

        return inverse_laplace(density, time)
