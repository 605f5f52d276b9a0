"""Walkers whose rules are the same everywhere, by the transforms of their laws: densities at two times, wave by wave.

For continuous internal states f(u, t) = E[e^(-ik.X) | U = u] obeys d_t f = M(k) f (per step f -> M(k) f) on finitely many functions
of u, so many that more change nothing; for waits the formula of Montroll and Weiss is inverted; for steps of any law M(k) is the
matrix of the states. Only waves that the density has are followed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from scipy import fft, linalg

from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.dynamics import dynamics_of, has_heavy_tail
from symdiff.evidence.propagation.internal_dynamics import GROWN, InternalDynamics
from symdiff.evidence.propagation.periodic import Box
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.evidence.propagation.rules import is_homogeneous, numeric_rules, symbol_matrix
from symdiff.evidence.propagation.uniform import power, present
from symdiff.evidence.small_matrices import exponentials
from symdiff.model.jump_model import JumpModel
from symdiff.model.waiting import WaitingLaw

Number = Any
DIGITS = 40
RELAXED = 30  # e-folds after which internal states have relaxed
SAME = 1e-13  # what a larger basis may change
FASTEST = 0.97  # largest factor per step by which internal states relax


def needs_transforms(model: JumpModel) -> bool:
    """Whether the law of a homogeneous model is followed by transforms: internal states, waits, steps that are no single length."""
    laws = [j.law for j in model.jumps if j.law is not None]
    several = any(
        w.lengths > 1 or w.inner is not None or w.distribution == "family" or w.tail is not None for w in laws
    )
    return is_homogeneous(model) and (bool(model.internals) or model.clock == "waiting" or several)


class WaveWalk:
    """One model at one set of numbers; ``length`` is that of its steps or runs, ``error`` that of an inverted transform.

    Raises :class:`NotYetError` for models of which no law in time is known.
    """

    def __init__(self, model: JumpModel, values: Mapping[sp.Symbol, float]) -> None:
        self.model, self.error = model, 0.0
        with mpmath.workdps(DIGITS):
            self.values = {s: mpmath.mpf(v) for s, v in values.items()}
            self.length = float(dynamics_of(model, self.values).length)
            if model.clock == "waiting" and not model.internals and (flown := self._flown()):
                steps = any(j.law is not None or any(j.displacement) for j in model.jumps)
                self.length = max(flown, self.length if steps else 0.0)
            self.inner = InternalDynamics(model, self.values) if model.internals else None
        if model.internals and model.clock == "waiting":
            raise NotYetError("waits beside a continuous internal state are not propagated yet")
        self.discrete = model.time_step is not None

    def between(
        self, density: FloatArray, box: Box, amount: float, *, memory: bool = False
    ) -> tuple[FloatArray, FloatArray]:
        """Total densities once internal states have relaxed, and after the ``amount`` of steps or time from then.

        ``density``, of shape (states, places), is what the walkers start with. With ``memory`` nothing is waited for: the equation
        remembers its start.
        """
        axes = tuple(range(1, density.ndim))
        spectrum = fft.fftn(density, axes=axes).reshape(len(density), -1).T
        vectors = np.stack([k.reshape(-1) for k in box.wave_numbers()], axis=1)
        live = [n for n in present(spectrum) if self._is_first(vectors[n])]
        early, late = (np.zeros(len(vectors), dtype=complex) for _ in range(2))
        with mpmath.workdps(DIGITS):
            factors = self._factors(vectors[live], amount, memory)
        shape = density.shape[1:]
        for n, pair in zip(live, factors, strict=True):
            index = np.unravel_index(n, shape)
            other = int(np.ravel_multi_index([-i % size for i, size in zip(index, shape, strict=True)], shape))  # -k
            for found, factor in zip((early, late), pair, strict=True):
                found[n] = factor @ spectrum[n]
                if other != n:
                    found[other] = np.conj(found[n])
        first, second = (fft.ifftn(x.reshape((1, *shape)), axes=axes).real for x in (early, late))
        return np.asarray(first), np.asarray(second)

    @staticmethod
    def _is_first(vector: FloatArray) -> bool:
        """Of k and -k the one that is followed: densities are real."""
        nonzero = vector[np.abs(vector) > 0]
        return len(nonzero) == 0 or bool(nonzero[0] > 0)

    def _factors(self, waves: FloatArray, amount: float, memory: bool) -> list[tuple[Any, Any]]:
        """Per wave two rows, one entry per state at the start: what its Fourier coefficient is multiplied by, at both times."""
        if self.inner is not None:
            return self._of_inner(self.inner, waves, amount)
        if self.model.clock == "waiting":
            return self._of_waits(waves, amount, memory)
        return self._of_states(waves, amount)

    # --- states -----------------------------------------------------------------------------------------------------

    def _of_states(self, waves: FloatArray, amount: float) -> list[tuple[Any, Any]]:
        rules = numeric_rules(self.model, self.values)
        still = np.array(symbol_matrix(rules, (mpmath.mpf(0),) * waves.shape[1]), dtype=complex)
        early = self._relaxation(still) if rules.size > 1 else 0.0
        found = []
        for wave in waves:  # in many digits: n steps multiply the rounding of one by n
            one = mpmath.matrix(symbol_matrix(rules, tuple(map(mpmath.mpf, wave))))
            pair = [one ** int(t) if self.discrete else _exponential(one * t) for t in (early, early + amount)]
            rows = [np.array(m.tolist(), dtype=complex).sum(axis=0) for m in pair]
            found.append((rows[0], rows[1]))
        return found

    def _rows(self, matrices: Any, left: Any, early: float, amount: float) -> list[tuple[Any, Any]]:
        """left e^(tM) at both times."""
        first, second = (self._grown(matrices, t) for t in (early, early + amount))
        return [
            (np.asarray(left @ a, dtype=complex), np.asarray(left @ b, dtype=complex))
            for a, b in zip(first, second, strict=True)
        ]

    def _grown(self, matrices: Any, amount: float) -> Any:
        return power(matrices, int(amount)) if self.discrete else exponentials(matrices * np.longdouble(amount))

    def _relaxation(self, still: Any) -> float:
        """The time, or number of steps, after which internal states have relaxed; NotYetError where they do not."""
        values = linalg.eigvals(still)
        if self.discrete:
            sizes = np.sort(np.abs(values))
            slow = float(sizes[-2]) if len(sizes) > 1 else 0.0
            if slow > FASTEST:
                raise NotYetError("the internal states relax over very many steps, or alternate for ever")
            return float(np.ceil(RELAXED / min(-np.log(max(slow, 1e-13)), RELAXED)))
        rates = np.sort(-np.real(values))
        if len(rates) == 1:
            return 0.0
        if rates[1] <= 1e-9 * max(rates[-1], 1e-300):
            raise NotYetError("the internal states have no single stationary law to start from")
        return float(RELAXED / rates[1])

    # --- continuous internal states ---------------------------------------------------------------------------------

    def _of_inner(self, inner: InternalDynamics, waves: FloatArray, amount: float) -> list[tuple[Any, Any]]:
        found = self._with_basis(inner, waves, amount, GROWN[0])
        for _, grow in pairwise(GROWN):
            before, found = found, self._with_basis(inner, waves, amount, grow)
            if (
                max(
                    np.max(np.abs(a - b)) for x, y in zip(before, found, strict=True) for a, b in zip(x, y, strict=True)
                )
                <= SAME
            ):
                return found
        raise NotYetError("too many functions of the internal state would be needed to tell an error")

    def _with_basis(
        self, inner: InternalDynamics, waves: FloatArray, amount: float, grow: int
    ) -> list[tuple[Any, Any]]:
        """Started from the stationary law of state and internal state, whatever the shares of the density."""
        found, states = [], len(self.model.state_names)
        for wave in waves:
            vector = (
                tuple(map(mpmath.mpf, wave)) if np.any(wave) else (*(mpmath.mpf(0) for _ in wave[1:]), mpmath.mpf(1))
            )
            tiny = tuple(k * mpmath.mpf(10) ** -DIGITS for k in vector)
            still = _dense(inner.matrix(tiny, grow))
            moved = _dense(inner.matrix(vector if np.any(wave) else tiny, grow))
            size = still.rows
            start = self._stationary(still, states)
            ones = np.array([1.0 if b % (size // states) == 0 else 0.0 for b in range(size)])
            early = self._relaxation(np.array(still.tolist(), dtype=complex))
            rows = self._rows(_long(moved.tolist())[None], start, early, amount)
            found.append(tuple(np.full(states, row @ ones) for row in rows[0]))
        return found  # type: ignore[return-value]

    def _stationary(self, still: Any, states: int) -> Any:
        """Averages of all functions over the law that does not change; those of the constants add up to one."""
        size = still.rows
        rows, right = still.T, mpmath.matrix(size, 1)
        if self.discrete:
            rows = rows - mpmath.eye(size)
        for b in range(size):
            rows[0, b] = int(b % (size // states) == 0)
        right[0] = 1
        try:
            return _long([[x] for x in mpmath.lu_solve(rows, right)])[:, 0]
        except ZeroDivisionError:
            raise NotYetError("the internal state has no single stationary law to start from") from None

    # --- waits ------------------------------------------------------------------------------------------------------

    def _of_waits(self, waves: FloatArray, amount: float, memory: bool) -> list[tuple[Any, Any]]:
        """At the times ``amount`` and twice that, when what happened first is forgotten; with ``memory`` at the start and ``amount``."""
        walk, found = RenewalWalk(self.model, self.values), []
        vectors = [tuple(float(k) for k in w) for w in waves]
        if not memory and any(has_heavy_tail(w) for w in self._waits()) and (walk.size > 1 or self.model.motions):
            raise NotYetError(
                "how walks with heavy-tailed waits of states forget their start is no plain power of time"
            )
        for time in (0.0, amount) if memory else (amount, 2 * amount):
            if not time:
                found.append(np.ones((len(vectors), walk.size), dtype=complex))
                continue
            law, error = walk.from_states(vectors, time)
            self.error = max(self.error, error)
            found.append(law)
        return list(zip(*found, strict=True))

    def _waits(self) -> list[WaitingLaw]:
        return [self.model.wait_before(source, jump) for _, source, jump in self.model.transitions()]

    def _flown(self) -> float:
        """The longest way of one wait: by its velocity, or the spread of its diffusion."""
        walk, ways = RenewalWalk(self.model, self.values), [0.0]
        for (velocity, rows), (_, source, jump) in ((walk.motions[t[1]], t) for t in self.model.transitions()):
            law = self.model.wait_before(source, jump)
            if not law.mean_is_infinite:
                mean = abs(float(walk.number(law.moment(1))))
                ways += [abs(float(v)) * mean for v in velocity]
                ways += [math.sqrt(2 * abs(float(d)) * mean) for row in rows for d in row]
        return max(ways)


def _exponential(matrix: Any) -> Any:
    return mpmath.matrix([[mpmath.exp(matrix[0, 0])]]) if matrix.rows == 1 else mpmath.expm(matrix)


def _dense(rows: Any) -> Any:
    found = mpmath.matrix(len(rows), len(rows))
    for a, row in enumerate(rows):
        for b, x in row.items():
            found[a, b] = x
    return found


def _long(rows: Any) -> Any:
    """Numbers of many digits in extended precision."""
    return np.array([[_number(x) for x in row] for row in rows], dtype=np.clongdouble)


def _number(x: Number) -> Any:
    parts = []
    for part in (mpmath.re(x), mpmath.im(x)):
        high = float(part)
        parts.append(
            np.longdouble(high) + np.longdouble(float(part - high)) if np.isfinite(high) else np.longdouble(high)
        )
    return parts[0] + 1j * parts[1]
