"""Slowest rates where drift and diffusion depend on place, against zeros of Hermite polynomials and Bessel functions.

He_2(1) = 0, He_3'(1) = 0; (1 + x) u'' = -lambda u has u = sqrt(w) J_1(2 sqrt(lambda w)), w = 1 + x. By hand.
"""

from __future__ import annotations

import mpmath
import pytest

from symdiff.continuum.observables.catalogue import on_level
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

RATE = ObservableStatement("d", "decay_rate")


def slowest(domain: str, kind: str, motion: dict[str, str], **more: object) -> float:
    model = JumpModel(coordinates=["x"], states=[motion], boundaries=[{"domain": domain, "kind": kind}], **more)
    return float(on_level(model, None, RATE).value)


@pytest.mark.parametrize(("kind", "rate"), [("absorbing", 2), ("reflecting", 3)])
def test_a_trap_between_two_walls(kind: str, rate: int) -> None:
    found = slowest("-1 < x < 1", kind, {"velocity": "-x", "diffusivity": "1"})
    assert found == pytest.approx(rate, rel=1e-14)


def test_a_drift_the_other_way() -> None:
    """The mode is e^(-x^2/2) He_2(x), which decays at the rate 1 + 2."""
    assert slowest("-1 < x < 1", "absorbing", {"velocity": "x", "diffusivity": "1"}) == pytest.approx(3, rel=1e-14)


def test_a_diffusivity_that_depends_on_place() -> None:
    def far(rate: mpmath.mpf) -> mpmath.mpf:
        a, b = 2 * mpmath.sqrt(rate), 2 * mpmath.sqrt(2 * rate)
        return mpmath.besselj(1, a) * mpmath.bessely(1, b) - mpmath.bessely(1, a) * mpmath.besselj(1, b)

    found = slowest("0 < x < 1", "absorbing", {"diffusivity": "1 + x"})
    assert found == pytest.approx(float(mpmath.findroot(far, 14)), rel=1e-13)


def test_symbols_and_a_diffusion_that_vanishes_are_refused() -> None:
    with pytest.raises(NotYetError, match="least eigenvalue"):
        slowest("-1 < x < 1", "absorbing", {"velocity": "-g*x", "diffusivity": "1"}, parameters={"g": "positive"})
    with pytest.raises(NotYetError, match="vanishes"):
        slowest("0 < x < 1", "absorbing", {"diffusivity": "x*(1 - x)"})
