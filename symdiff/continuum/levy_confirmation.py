"""The second route for Levy walks: the root s(k) of det(1 - M(k, s)) = 0 with the exact transforms, as complex numbers."""

from __future__ import annotations

import mpmath
import sympy as sp

from symdiff.continuum.confirmation import Confirmation, OperatorTerm, Result, observed_power
from symdiff.continuum.waiting_confirmation import WaitingProbe
from symdiff.errors import InternalFaultError
from symdiff.model.jump_model import JumpModel, ScalingRegime

EXPONENTS = (16, 22)
TOLERANCE = 0.05
DIGITS = 200


def confirm_levy_walk(
    model: JumpModel, regime: ScalingRegime, terms: tuple[OperatorTerm, ...], remainder: sp.Expr
) -> Confirmation:
    """The difference must fall as fast as what was left out; raises :class:`InternalFaultError`."""
    with mpmath.workdps(DIGITS):
        result = Result([[terms]], None, None, remainder, sp.Integer(0), True)
        found = []
        for exponent in EXPONENTS:
            probe = WaitingProbe(model, regime, result, exponent, True)
            wave = [mpmath.mpc(0, "0.7") * probe.unit for _ in range(model.dimension)]
            guess = probe._sum(terms, wave, mpmath.mpf(0))
            found.append(probe.root(wave, guess) - guess)
            power = probe.known_below
        seen = observed_power(found[0], found[1], EXPONENTS)
    if seen is not None and seen < power - TOLERANCE:
        raise InternalFaultError(
            f"the two routes disagree in regime '{regime.name}': the difference falls like eps**{seen:.3f} instead of "
            f"eps**{power:.3f}; no result is given", instead="please report the model file as a fault of symdiff")  # fmt: skip
    return Confirmation("exact Montroll-Weiss relation, its root at a real wave vector", str(remainder), seen, DIGITS)
