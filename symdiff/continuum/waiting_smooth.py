"""The second route for walks with waits that depend on place: (1 + A)+ f = G(L+) f on smooth functions, G = 1/psi."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath

from symdiff.continuum.confirmation_smooth import SmoothComparison
from symdiff.continuum.numeric_jets import NumericJet
from symdiff.model.waiting import WaitingLaw
from symdiff.model.waiting_transform import waiting_transform

if TYPE_CHECKING:
    from symdiff.continuum.waiting_confirmation import WaitingProbe

Number = Any


class WaitingSmoothComparison(SmoothComparison):
    """One wait and one jump, with the mean wait in the place of a time step."""

    def __init__(self, probe: WaitingProbe) -> None:
        self.law = next(probe.model.wait_before(j, jump) for _, j, jump in probe.model.transitions())
        self.mean = probe.tau = probe.number(self.law.moment(1))
        super().__init__(probe)

    def _exponential(self, functions: list[NumericJet]) -> list[NumericJet]:
        """G(L+) f = sum_n g_n (L+)^n f, up to the power of eps that is compared."""
        probe = self.probe
        derived, raised = list(functions), functions
        for weight in self._weights(2 + int(self.degree)):
            raised = self._apply(probe.result.operator, raised)
            derived = [a + b * weight for a, b in zip(derived, raised, strict=True)]
        return derived

    def _weights(self, number: int) -> list[Number]:
        """The Taylor coefficients g_1, g_2, ... of 1/psi(s); as far as moments exist where they do not all."""
        if self.law.highest_moment is None:
            unit = self.mean
            with mpmath.workdps(3 * mpmath.mp.dps):
                found = mpmath.taylor(lambda z: 1 / self._psi(z / unit), 0, number)
            return [g * unit**n for n, g in enumerate(found)][1:]
        return _reciprocal(self.law, min(number, self.law.highest_moment), self.probe.number)

    def _psi(self, s: Number) -> Number:
        return waiting_transform(self.law, s, self.probe.number)


def _reciprocal(law: WaitingLaw, number: int, value: Any) -> list[Number]:
    """1/psi from the moments, by long division."""
    psi = [(-1) ** n * value(law.moment(n)) / mpmath.factorial(n) for n in range(number + 1)]
    found = [mpmath.mpf(1)]
    for n in range(1, number + 1):
        found.append(-mpmath.fsum(psi[m] * found[n - m] for m in range(1, n + 1)))
    return found[1:]
