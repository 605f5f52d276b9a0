"""Exact solutions of one growth rate on a chain of sites with a wall or special sites: what comes in, and what leaves.

Away from the special sites a solution of growth rate s is a sum of modes z^m, z the roots of the medium's symbol. One slow mode
comes in from far away; the balance of the special sites fixes the amplitudes of all modes that leave. No expansion enters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.chain_geometry import ChainGeometry, Move
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Exponential = tuple[Number, Number]  # (amplitude, exponent): amplitude e^(exponent x), x from the place


@dataclass(frozen=True)
class Scattering:
    """Slow parts of one exact solution: ``left`` and ``right`` of the place (None: no sites there), growing like e^(st)."""

    rate: Number
    left: tuple[Exponential, ...] | None
    right: tuple[Exponential, ...] | None
    incoming: Number  # the exponent of the mode that comes in with amplitude one, at the place
    from_left: bool


class ChainModes:
    """The chain with numbers; ``wave`` are the wave numbers along the other coordinates (0 at the axis itself)."""

    def __init__(
        self, model: JumpModel, chain: ChainGeometry, values: dict[sp.Symbol, Number], wave: Sequence[Number]
    ) -> None:
        self.chain = chain
        self.spacing = self._number(chain.spacing, values)
        self.step = None if model.time_step is None else self._number(model.time_step, values)
        self.weights: dict[sp.Expr, Number] = {}
        for moves in (*chain.sites, chain.left, chain.right):
            for move in moves or ():
                if move.weight not in self.weights:
                    self.weights[move.weight] = self._number(move.weight, values)
        self.turns = [
            mpmath.exp(-1j * mpmath.fsum(k * self._number(r, values) for n, (k, r) in enumerate(zip(wave, jump.displacement, strict=True))
                                         if n != chain.axis)) if any(wave) else mpmath.mpf(1)
            for jump in model.jumps
        ]  # fmt: skip
        self.media = [None if m is None else _Medium(self._flows(m)) for m in (chain.left, chain.right)]

    @staticmethod
    def _number(expression: sp.Expr, values: dict[sp.Symbol, Number]) -> Number:
        return evaluate(expression, values, mp_arithmetic())

    def _flows(self, moves: Sequence[Move]) -> list[tuple[int | None, Number, Number]]:
        """(shift, what arrives, what leaves) of every move."""
        return [
            (m.shift, self.weights[m.weight] * (self.turns[m.jump] if m.jump >= 0 else 1), self.weights[m.weight])
            for m in moves
        ]

    def rate(self, excess: Number) -> Number:
        """The growth rate per unit of time, from the change per step or per unit of time."""
        return excess if self.step is None else mpmath.log(1 + excess) / self.step

    def solve(self, exponent: Number, from_left: bool) -> Scattering:
        """The solution for an incoming mode e^(exponent x) with amplitude one at the place.

        ``exponent`` belongs to the medium that the mode comes through. Raises ArithmeticError where the modes that leave do
        not decay: then the growth rate is too small for this drift.
        """
        chain, side = self.chain, 0 if from_left else 1
        source = self.media[side]
        assert source is not None
        factor = mpmath.exp(exponent * self.spacing)
        excess = source.excess(factor)
        away = [None if m is None else m.roots(excess, inside=n == 1) for n, m in enumerate(self.media)]
        first = chain.first if chain.left is None else chain.first - self._reach()
        last = chain.first + len(chain.sites) - 1 + (0 if chain.right is None else self._reach())
        amplitudes = self._amplitudes(first, last, excess, factor, side, away)
        found: list[tuple[Exponential, ...] | None] = [None, None]
        place = -self._mp(chain.phase)
        for n, roots in enumerate(away):
            if roots is None:
                continue
            slow = min(range(len(roots)), key=lambda i: abs(roots[i] - 1))
            reference = (first - 1, last + 1)[n]  # amplitudes are those at the first site of the medium
            turned = mpmath.log(roots[slow])
            parts = [(amplitudes[n][slow] * mpmath.exp(turned * (place - reference)), turned / self.spacing)]
            if n == side:
                parts.append((mpmath.mpf(1), exponent))
            found[n] = tuple(parts)
        return Scattering(self.rate(excess), found[0], found[1], exponent, from_left)

    @staticmethod
    def _mp(value: Any) -> Number:
        return mpmath.mpf(value.numerator) / value.denominator

    def _reach(self) -> int:
        moves = [m for site in (*self.chain.sites, self.chain.left, self.chain.right) for m in site or ()]
        return max(abs(m.shift) for m in moves if m.shift is not None)

    def _amplitudes(
        self, first: int, last: int, excess: Number, factor: Number, side: int, away: list[list[Number] | None]
    ) -> list[list[Number]]:
        """Amplitudes of the modes that leave to the left and to the right, from the balance of all sites that they do not solve."""
        left, right = (len(a or ()) for a in away)
        inner = last - first + 1
        size = left + inner + right
        place = -self._mp(self.chain.phase)
        rows = mpmath.zeros(size, size)
        known = mpmath.zeros(size, 1)

        def put(row: int, number: int, weight: Number) -> None:
            """weight P_number in one row of the balance."""
            if first <= number <= last:
                rows[row, left + number - first] += weight
                return
            n = 0 if number < first else 1
            roots = away[n]
            if roots is None:
                return
            reference = (first - 1, last + 1)[n]
            start = 0 if n == 0 else left + inner
            for i, z in enumerate(roots):
                rows[row, start + i] += weight * z ** (number - reference)
            if n == side:
                known[row] -= weight * factor ** (number - place)

        reach = self._reach()
        for row, number in enumerate(range(first - left, last + right + 1)):
            moves = self.chain.moves(number)
            assert moves is not None
            put(row, number, excess + mpmath.fsum(leaves for _, _, leaves in self._flows(moves)))
            for source in range(number - reach, number + reach + 1):
                for shift, arrives, _ in self._flows(self.chain.moves(source) or ()):
                    if shift is not None and source + shift == number:
                        put(row, source, -arrives)
        found = mpmath.lu_solve(rows, known)
        return [[found[i] for i in range(left)], [found[left + inner + i] for i in range(right)]]


class _Medium:
    """Jumps on an endless chain: excess(z) = sum of weights (z^-r - 1)."""

    def __init__(self, flows: list[tuple[int | None, Number, Number]]) -> None:
        if any(shift is None for shift, _, _ in flows):
            raise NotYetError("walkers that die everywhere are not compared beside walls yet")
        self.arrivals: dict[int, Number] = {}
        self.leaving = mpmath.mpf(0)
        for shift, arrives, leaves in flows:
            assert shift is not None
            self.arrivals[shift] = self.arrivals.get(shift, 0) + arrives
            self.leaving += leaves
        self.up = max((r for r, w in self.arrivals.items() if w != 0), default=0)
        self.down = -min((r for r, w in self.arrivals.items() if w != 0), default=0)
        if self.up < 1 or self.down < 1:
            raise NotYetError("walls of walkers that jump one way only are not compared yet")

    def excess(self, factor: Number) -> Number:
        """The change of z^m, in units of itself."""
        return mpmath.fsum(w * factor ** (-r) for r, w in self.arrivals.items()) - self.leaving

    def roots(self, excess: Number, *, inside: bool) -> list[Number]:
        """The modes that decay to the right (``inside`` the unit circle) or to the left."""
        coefficients = [mpmath.mpc(0)] * (self.up + self.down + 1)  # of z^n, n from the highest
        for r, w in self.arrivals.items():
            coefficients[r + self.down] += w
        coefficients[self.down] -= self.leaving + excess
        if len(coefficients) == 3:
            a, b, c = coefficients
            root = mpmath.sqrt(b * b - 4 * a * c)
            large = (-b + root) if abs(-b + root) >= abs(-b - root) else (-b - root)
            found = [large / (2 * a), 2 * c / large]
        else:
            found = mpmath.polyroots(coefficients, maxsteps=400, extraprec=4 * mpmath.mp.prec)
        kept = [z for z in found if (abs(z) < 1) == inside]
        if len(kept) != (self.up if inside else self.down):
            raise ArithmeticError("a mode neither grows nor decays away from the special sites")
        return kept
