"""Walks that wait between their jumps, from the formula of Montroll and Weiss with exact transforms of the waits.

M_ij(k, s) = sum over jumps j -> i of p E[e^(-ik.r)] psi(s + ik.v_j + k.D_j k): one wait in state j, then the jump. A wave
e^(st + ik.x) belongs to a root of det(1 - M(k, s)) = 0. Source: E. W. Montroll and G. H. Weiss, J. Math. Phys. 6 (1965) 167.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.evidence.laplace import NODES, inverse_laplace
from symdiff.evidence.propagation.renewal_numbers import inverse_checked, inverse_of_several, law_of_numbers
from symdiff.evidence.propagation.rules import jump_factor, motions_of, moved
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.waiting import WaitingLaw
from symdiff.model.waiting_transform import waiting_transform
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Values = Mapping[sp.Symbol, Number]
BISECTIONS = 60
MOST = 4000  # powers of ten of the smallest growth rate that is looked for
SECANTS = 80
SETTLED = 1e-7  # error of an inverted transform that walkers do not see
IN_PART = ("moments", "tail")  # represented by what fits near s = 0
EVEN = 1e-13  # of a sum that is real
EXACT = 1e-14  # rounding of sums over numbers of jumps
MONOTONE = ("exponential", "lomax", "mittag_leffler")  # psi is real on the real axis only: mixtures of exponentials


class NoGrowthError(ArithmeticError):
    """A wave along which a walker spreads or drifts has no growth rate: its waits are known too near to zero only."""


class RenewalWalk:
    """A homogeneous walk with waits of any law, belonging to the walk, to a state or to a jump, and motion while it waits."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        if model.internals:
            raise NotYetError("waits beside a continuous internal state are not propagated yet")
        self.model, self.values, self.size = model, dict(values), len(model.state_names)
        self._known: dict[tuple[WaitingLaw, complex], complex] = {}  # psi at points of a contour
        self._steps: tuple[Any, list[Number]] = ((), [])  # the last wave vector with its factors, which no s changes
        self._near = mpmath.mpf(1)  # the last growth rate: those of neighbouring waves are not far
        self.motions = motions_of(model, self.number)
        self.jumps = [(i, j, jump, self.number(jump.intensity)) for i, j, jump in model.transitions()]

    def number(self, expression: sp.Expr) -> Number:
        """An expression of the parameters as a number."""
        return evaluate(expression, self.values, mp_arithmetic())

    def step(self, jump: Jump, wave: Sequence[Number]) -> Number:
        """E[e^(-ik.r)] of one jump."""
        displacement = tuple(map(self.number, jump.displacement))
        return jump_factor(tuple(wave), displacement, jump.law, jump.directions, self.number)

    def matrix(self, wave: Sequence[Number], s: Number) -> Any:
        """M(k, s)."""
        key = (*wave, mpmath.mp.prec)
        if self._steps[0] != key:
            self._steps = (key, [weight * self.step(jump, wave) for _, _, jump, weight in self.jumps])
        found = mpmath.matrix(self.size, self.size)
        known: dict[tuple[int, WaitingLaw], Number] = {}
        for (i, j, jump, _), factor in zip(self.jumps, self._steps[1], strict=True):
            law = self.model.wait_before(j, jump)
            if (j, law) not in known:
                known[j, law] = waiting_transform(law, s - moved(self.motions[j], wave), self.number)
            found[i, j] += factor * known[j, law]
        return found

    def growth(self, wave: Sequence[Number]) -> Number:
        """The growth rate s > 0 of e^(q.x), for an imaginary wave vector k = -iq along which the walker spreads or drifts.

        The largest eigenvalue of M falls from above one to zero as s grows; its root is bracketed by powers of two, counted
        from the last root that was found, and bisection, then found by the secant method. Raises ArithmeticError where the
        wave does not grow.
        """
        low, high = self._bracket(wave)
        for _ in range(BISECTIONS):
            if high < 2 * low:
                break
            middle = mpmath.sqrt(low * high)
            low, high = (middle, high) if self.excess(wave, middle) > 0 else (low, middle)
        before, here = low, high
        at_before, at_here = self._relation(wave, before), self._relation(wave, here)
        for _ in range(SECANTS):
            if at_here == at_before:
                break
            change = at_here * (here - before) / (at_here - at_before)
            before, at_before, here = here, at_here, here - change
            at_here = self._relation(wave, here)
            if abs(change) <= abs(here) * mpmath.mpf(10) ** (-mpmath.mp.dps + 8):
                break
        self._near = abs(here) or mpmath.mpf(1)
        return here

    def _bracket(self, wave: Sequence[Number]) -> tuple[Number, Number]:
        """Two rates with the root between them; the nearest to zero, as a law that is known in part has a transform near zero only."""
        factor, low = mpmath.mpf(2), self._near
        above = self.excess(wave, low)
        while above > 0:
            high = self._near * factor
            further = self.excess(wave, high)
            if further <= 0:
                return low, high
            if further > above:
                break
            low, above, factor = high, further, factor**2
        high, factor = self._near, mpmath.mpf(2)
        below = above <= 0
        while True:
            low = self._near / factor
            here = self.excess(wave, low)
            if below and here > 0:
                return low, high
            below = here <= 0
            high, factor = low, factor**2 if below else factor * 16  # what lies between must not be passed over
            if factor > mpmath.mpf(10) ** MOST:
                raise NoGrowthError("no wave of the lengths that are compared grows at these numbers")

    def grows(self, wave: Sequence[Number]) -> bool:
        """Whether e^(q.x) grows at all."""
        return bool(self.excess(wave, mpmath.mpf(10) ** (-4 * mpmath.mp.dps)) > 0)

    def _relation(self, wave: Sequence[Number], s: Number) -> Number:
        return mpmath.re(mpmath.det(mpmath.eye(self.size) - self.matrix(wave, s)))

    def excess(self, wave: Sequence[Number], s: Number) -> Number:
        """The largest eigenvalue of M, minus one; s = 0 stands for a rate that is far smaller than all others."""
        s = s or mpmath.mpf(10) ** (-4 * mpmath.mp.dps)
        matrix = self.matrix(wave, s)
        if self.size == 1:
            return mpmath.re(matrix[0, 0]) - 1
        return max(mpmath.re(x) for x in mpmath.eig(matrix, left=False, right=False)) - 1

    def at(
        self, waves: Sequence[Sequence[float]], time: float, nodes: tuple[int, int] = NODES
    ) -> tuple[npt.NDArray[np.complex128], float]:
        """E[e^(-ik.x)] at a time, one per wave vector, and the error of the inversion; one state and one law of waits."""
        if not self._has_one_clock:
            raise NotYetError(
                "the law of walks whose waits belong to a state or to a jump, or that move meanwhile, is not known yet"
            )
        found, error = self.from_states(waves, time, nodes, late=False)
        return found[:, 0], error

    @property
    def _has_one_clock(self) -> bool:
        """Whether all waits have one law, and nothing else happens meanwhile."""
        model = self.model
        return (
            model.waiting is not None
            and self.size == 1
            and all(j.waiting is None for j in model.jumps)
            and not model.motions
        )

    def from_states(
        self, waves: Sequence[Sequence[float]], time: float, nodes: tuple[int, int] = NODES, *, late: bool = True
    ) -> tuple[npt.NDArray[np.complex128], float]:
        """E[e^(-ik.x)] at a time, one row per wave vector and one entry per state in which a wait starts at time 0.

        P^(k, s) = G (1 - M(k, s))^(-1): visits of all states, of which each still lasts with G_j = sum of p (1 - psi(s_j))/s_j,
        s_j = s + ik.v_j + k.D_j k. Waits belong to the walk, to states or to jumps, and walkers may move meanwhile. Waits of
        bounded length have transforms that no contour inverts: there sum_n P(n jumps) E[e^(-ik.r)]^n, with exact chances. ``late``:
        at times so late that only a drift leaves poles away from the negative real axis; without one, or for a law that is
        known near s = 0 only, nothing is checked twice.
        """
        vectors = [[mpmath.mpf(float(k)) for k in q] for q in waves]
        steps = np.array([[complex(w * self.step(jump, q)) for _, _, jump, w in self.jumps] for q in vectors])
        weights = [float(w) for _, _, _, w in self.jumps]
        laws = [self.model.wait_before(j, jump) for _, j, jump, _ in self.jumps]
        ways = np.array([[complex(moved(m, q)) for m in self.motions] for q in vectors])
        chances = law_of_numbers(laws[0], time, self.number) if self._has_one_clock else None
        if chances is not None:
            first, shares = chances
            one = steps.sum(axis=1)
            return (one**first * np.polynomial.polynomial.polyval(one, shares))[:, None], EXACT

        def density(s: complex) -> Any:
            relation = np.tile(np.eye(self.size, dtype=complex), (len(vectors), 1, 1))
            lasting = np.zeros((len(vectors), 1, self.size), dtype=complex)
            for n, ((i, j, _, _), law) in enumerate(zip(self.jumps, laws, strict=True)):
                there = s - ways[:, j]
                psi = np.array([self._psi(law, complex(x)) for x in there])
                relation[:, i, j] -= steps[:, n] * psi
                lasting[:, 0, j] += weights[n] * (1 - psi) / there
            if self.size == 1:
                return lasting[:, 0] / relation[:, 0]
            return np.linalg.solve(np.swapaxes(relation, 1, 2), np.swapaxes(lasting, 1, 2))[..., 0]

        even = bool(np.all(np.abs(steps.sum(axis=1).imag) < EVEN))
        if self._has_one_clock and even and laws[0].distribution in MONOTONE:
            return inverse_laplace(
                density, time, nodes
            )  # 1 = psi(s) lambda has real roots only: no pole is passed over
        in_part = laws[0].distribution in IN_PART or laws[0].remainder is not None
        if late and (even or in_part or not self._has_one_clock):
            return inverse_of_several(density, time, nodes)

        def beyond(s: complex) -> bool:
            out = np.zeros(self.size)
            for (_, j, _, _), law, weight in zip(self.jumps, laws, weights, strict=True):
                out[j] += weight * abs(self._psi(law, s))
            return bool(np.max(out) < 0.5)

        return inverse_checked(density, time, beyond, nodes)

    def _psi(self, law: WaitingLaw, s: complex) -> complex:
        if (law, s) not in self._known:
            if (law, s.conjugate()) in self._known and law.distribution not in IN_PART:
                return self._known[law, s.conjugate()].conjugate()
            self._known[law, s] = complex(waiting_transform(law, mpmath.mpc(s), self.number))
        return self._known[law, s]

    def characteristic(self, time: float) -> Callable[[Sequence[float]], complex]:
        """E[e^(ik.x)] at a time; raises :class:`NotYetError` where the inversion does not settle (waits of fixed length)."""
        known: dict[tuple[float, ...], complex] = {}

        def value(wave: Sequence[float]) -> complex:
            key = tuple(float(k) for k in wave)
            if key not in known:
                found, error = self.at([key], time)
                if not error * abs(found[0]) <= SETTLED:
                    raise NotYetError(
                        "the exact law of these waits is not found numerically: its transform does not settle"
                    )
                known[key] = complex(np.conj(found[0]))
            return known[key]

        return value
