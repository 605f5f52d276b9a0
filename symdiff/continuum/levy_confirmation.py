"""The second route for Levy walks: the root s(k) of det(1 - M(k, s)) = 0 with the exact transforms, as complex numbers."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.confirmation import Confirmation, digits_of_numbers, observed_power
from symdiff.continuum.confirmation_probe import OperatorTerm, Result
from symdiff.continuum.waiting_confirmation import WaitingProbe
from symdiff.errors import InternalFaultError
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.waiting import WaitingLaw
from symdiff.model.waiting_transform import waiting_transform

EXPONENTS = (16, 22)
TOLERANCE = 0.05
DIGITS = 200
FLIGHT_EXPONENTS, FLIGHT_DIGITS = (7, 10), 36  # averages over directions are quadratures


def _further(model: JumpModel) -> tuple[tuple[int, int], int]:
    """The powers of ten of eps and the digits, further where the model holds large numbers."""
    more = digits_of_numbers(model)
    return (EXPONENTS[0] + more, EXPONENTS[1] + more), DIGITS + 8 * more


def confirm_levy_walk(
    model: JumpModel, regime: ScalingRegime, terms: tuple[OperatorTerm, ...], remainder: sp.Expr
) -> Confirmation:
    """The difference must fall as fast as what was left out; raises :class:`InternalFaultError`."""
    exponents, digits = _further(model)
    with mpmath.workdps(digits):
        result = Result([[terms]], None, None, remainder, sp.Integer(0), True)
        found = []
        for exponent in exponents:
            probe = WaitingProbe(model, regime, result, exponent, True)
            wave = [mpmath.mpc(0, "0.7") * probe.unit for _ in range(model.dimension)]
            guess = probe._sum(terms, wave, mpmath.mpf(0))
            found.append(probe.root(wave, guess) - guess)
            power = probe.known_below
        seen = observed_power(found[0], found[1], exponents)
    if seen is not None and seen < power - TOLERANCE:
        raise InternalFaultError(
            f"the two routes disagree in regime '{regime.name}': the difference falls like eps**{seen:.3f} instead of "
            f"eps**{power:.3f}; no result is given", instead="please report the model file as a fault of symdiff")  # fmt: skip
    return Confirmation("exact Montroll-Weiss relation, its root at a real wave vector", str(remainder), seen, digits)


def confirm_logarithmic(model: JumpModel, regime: ScalingRegime, drift: sp.Expr, strength: sp.Expr) -> Confirmation:
    """Index 2: the root over - v q + strength q^2 log(1/k) - what is left is of order q^2, without a logarithm."""
    exponents, digits = _further(model)
    with mpmath.workdps(digits):
        left = []
        for exponent in exponents:
            result = Result([[()]], None, None, sp.Integer(2), sp.Integer(0), True)
            probe = WaitingProbe(model, regime, result, exponent, True)
            q = mpmath.mpc(0, "0.7") * probe.unit
            guess = -probe.number(drift) * q + probe.number(strength) * q**2 * mpmath.log(1 / abs(q))
            left.append((probe.root([q], guess) - guess) / abs(q) ** 2)
        seen = observed_power(left[0], left[1], exponents)
    if abs(left[1] - left[0]) > TOLERANCE * probe.number(strength):
        raise InternalFaultError(
            f"the two routes disagree in regime '{regime.name}': what is left of the root of Montroll and Weiss keeps a logarithm; "
            "no result is given", instead="please report the model file as a fault of symdiff")  # fmt: skip
    power = None if seen is None else 2 + seen
    return Confirmation("exact Montroll-Weiss relation, its root at a real wave vector", "2", power, digits)


def confirm_isotropic_flights(
    model: JumpModel, regime: ScalingRegime, law: WaitingLaw, speed: sp.Expr, strength: sp.Expr, g: sp.Expr, remainder: sp.Expr
) -> Confirmation:  # fmt: skip
    """The root s of E[psi(s + i c k u_x)] = 1 over all directions u, by quadrature; what turns remember is of order k^2."""
    with mpmath.workdps(FLIGHT_DIGITS):
        found = []
        for exponent in FLIGHT_EXPONENTS:
            probe = WaitingProbe(
                model, regime, Result([[()]], None, None, remainder, sp.Integer(0), True), exponent, True
            )
            mean = probe.number(law.moment(1))  # times in mean flights, lengths in mean flights as well
            wave = probe.unit / (probe.number(speed) * mean)
            guess = -probe.number(strength) * wave ** probe.number(g) * mean
            found.append(_root(probe, law, mean, guess) - guess)
            power = probe.known_below
        seen = observed_power(found[0], found[1], FLIGHT_EXPONENTS)
    if seen is not None and seen < power - TOLERANCE:
        raise InternalFaultError(
            f"the two routes disagree in regime '{regime.name}': the difference falls like eps**{seen:.3f} instead of "
            f"eps**{power:.3f}; no result is given", instead="please report the model file as a fault of symdiff")  # fmt: skip
    return Confirmation(
        "flights averaged over all directions, their root at a real wave vector", str(remainder), seen, 60
    )


def _root(probe: WaitingProbe, law: WaitingLaw, unit: Any, guess: Any) -> Any:
    """s times ``unit``, the mean flight."""
    d, flight = probe.model.dimension, probe.unit

    def mean(function: Any) -> Any:
        """Over the angle from the plane across the wave vector, with sin^(d - 2) of the polar angle."""
        if d == 1:
            return mpmath.re(function(1))
        edge = abs(guess) / flight
        places = [0, edge, mpmath.sqrt(edge), mpmath.pi / 2]
        total = mpmath.quad(lambda y: mpmath.re(function(mpmath.sin(y))) * mpmath.cos(y) ** (d - 2), places)
        return total / (mpmath.pi / 2 if d == 2 else 1)

    def gap(s: Any) -> Any:
        return 1 - mean(lambda c: waiting_transform(law, (s + mpmath.mpc(0, flight * c)) / unit, probe.number))

    return mpmath.findroot(
        gap,
        (guess, guess * (1 + mpmath.mpf(10) ** -6)),
        solver="secant",
        tol=mpmath.mpf(10) ** (-FLIGHT_DIGITS),
        verify=False,
    )
