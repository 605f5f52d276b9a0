r"""Increments, ``\Delta x`` and ``\delta t``, as physicists write them: in brackets that hold two letters together, and under integrals.

The readings are by hand: the brackets in 2D(\Delta t) are those of a product, an integral over d\Delta x one over the increment (Einstein 1905).
"""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.notation.latex import read_latex

x, t, D, q, tau, dx, dt = (sp.Symbol(n) for n in ("x", "t", "D", "q", "tau", "Delta x", "Delta t"))
P, lam, phi, Mean = (sp.Function(n) for n in ("P", "lambda", "phi", "Mean"))
READINGS = [
    (r"\langle(\Delta x)^2\rangle = 2D(\Delta t)", sp.Eq(Mean(dx**2), 2 * D * dt)),
    (r"D = q(\Delta x)^2/(2\Delta t)", sp.Eq(D, q * dx**2 / (2 * dt))),
    (r"q = D^2(\Delta t)^2", sp.Eq(q, D**2 * dt**2)),
    (r"P_0(\Delta t) = 1 - q\Delta t", sp.Eq(sp.Function("P_0")(dt), 1 - q * dt)),  # alone on the left: a function of the time that passes
    (r"\Delta x = q(\Delta t)", sp.Eq(dx, q * dt)),
    (r"P(x,t+\tau) = \int\lambda(\Delta x)P(x-\Delta x,t)\,d\Delta x", sp.Eq(P(x, t + tau), sp.Integral(lam(dx) * P(x - dx, t), dx))),
    (r"P(x,t+\tau) = \int\phi(\Delta x)P(x-\Delta x,t)\,d(\Delta x)", sp.Eq(P(x, t + tau), sp.Integral(phi(dx) * P(x - dx, t), dx))),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), READINGS)
def test_increments_vs_reading_by_hand(latex: str, expected: sp.Basic) -> None:
    (found,) = read_latex(latex).equations
    assert found == expected


def test_a_factor_before_an_increment_is_said_to_be_one() -> None:
    assert any("product" in w for w in read_latex(READINGS[0][0]).warnings)


def test_integral_over_two_components_vs_reading_by_hand() -> None:
    r"""``r_x`` and ``r_y`` are single letters with a label, no derivatives."""
    y, rx, ry = (sp.Symbol(n) for n in ("y", "r_x", "r_y"))
    u = sp.Function("u")
    latex = r"u(x,y,t+\tau) = \int\int \phi(r_x,r_y) u(x-r_x,y-r_y,t)\,dr_x\,dr_y"
    (found,) = read_latex(latex).equations
    assert found == sp.Eq(u(x, y, t + tau), sp.Integral(phi(rx, ry) * u(x - rx, y - ry, t), rx, ry))
