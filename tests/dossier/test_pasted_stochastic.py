r"""Stochastic differential equations against the Fokker-Planck coefficients that textbooks give for them."""

from __future__ import annotations

import re

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import ModelError, NotYetError

# v and D of d_t P = -d_x(v P) + d_xx(D P), by hand: Ito v = a, D = b^2/2 (Gardiner, Handbook of Stochastic Methods, 4.3);
# Stratonovich v = a + b b'/2; Langevin D = kT/gamma (Einstein); Kramers D_vv = gamma kT/m^2
STATED = [
    (r"dX_t = \mu\,dt + \sigma\,dW_t", {"v": "mu", "D": "sigma**2/2"}),
    (r"\mathrm{d}X = -\kappa X\,\mathrm{d}t + \sqrt{2D}\,\mathrm{d}W", {"v": "-kappa*x", "D": "D"}),
    (r"dX_t = \sigma X_t\circ dW_t", {"v": "sigma**2*x/2", "D": "sigma**2*x**2/2"}),
    (r"\dot x = -kx + \sigma x\circ\xi(t)", {"v": "-k*x + sigma**2*x/2", "D": "sigma**2*x**2/2"}),
    (r"dX_t = \sigma X_t\,dW_t", {"v": "0", "D": "sigma**2*x**2/2"}),
    (r"\gamma\dot x(t) = -k x(t) + \xi(t),\quad \langle\xi(t)\xi(t')\rangle = 2\gamma k_B T\delta(t-t')",
     {"v": "-k*x/gam", "D": "T*k_B/gam"}),
    (r"\frac{dx}{dt} = v,\quad m\frac{dv}{dt} = -\gamma v - kx + \eta(t),\quad \langle\eta(t)\eta(s)\rangle = 2\gamma k_BT\delta(t-s)",
     {"v_x": "v", "v_v": "-(gam*v + k*x)/m", "D_xx": "0", "D_vv": "T*gam*k_B/m**2"}),
    (r"m\ddot{x} = -\gamma\dot{x} + \sqrt{2\gamma k_BT}\,\xi(t)", {"v_x": "v", "v_v": "-gam*v/m", "D_vv": "T*gam*k_B/m**2"}),
    (r"\dot x = \eta(t),\quad \tau\dot\eta = -\eta + \sqrt{2D}\,\xi(t)", {"v_x": "eta", "D_x_x": "0", "D_eta_eta": "D/tau**2"}),
    (r"\dot{x} = v_0\cos\theta+\sqrt{2D}\,\xi_x(t),\ \dot{y} = v_0\sin\theta+\sqrt{2D}\,\xi_y(t),\ \dot\theta = \sqrt{2D_r}\,\xi_\theta(t)",
     {"D_xx": "D + v_0**2/(2*D_r)", "D_xy": "0"}),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), STATED, ids=range(len(STATED)))
def test_coefficients_of_the_diffusion(latex: str, expected: dict[str, str]) -> None:
    model = model_from_latex(latex).model
    found = dict(sd.derive(model).coefficients)
    names = {str(s): s for e in found.values() for s in e.free_symbols}
    for role, value in expected.items():
        words = {w: names.get(w, sp.Symbol(w)) for w in re.findall(r"[A-Za-z]\w*", value)}
        right = sp.sympify(value, locals=words)
        assert sp.simplify(found[role] - right) == 0
        assert sp.simplify(found[role] - right - 1) != 0  # negative control


def test_what_is_taken_for_granted_is_listed() -> None:
    assumed = " ".join(model_from_latex(r"\dot x = -kx + \sqrt{2D}\,\xi(t)").assumed)
    assert "unit strength" in assumed
    assert "Ito" in " ".join(model_from_latex(r"dX_t = X_t\,dW_t").assumed)


def test_noise_that_depends_on_place_must_say_its_sense() -> None:
    with pytest.raises(ModelError, match="Ito, Stratonovich"):
        model_from_latex(r"\dot x = -k x + x\,\xi(t)")


def test_noise_with_a_memory_is_refused() -> None:
    with pytest.raises(NotYetError, match="memory"):
        model_from_latex(r"\dot x = \eta(t),\quad \langle\eta(t)\eta(s)\rangle = \frac{D}{\tau}e^{-|t-s|/\tau}")


@pytest.mark.parametrize(
    "latex", [r"\frac{dP(x,t)}{dt} = \int w(\xi)[P(x-\xi,t)-P(x,t)]d\xi", r"\dot P_n = \xi (P_{n-1}-P_n)"]
)
def test_other_uses_of_the_letter_are_no_noise(latex: str) -> None:
    assert model_from_latex(latex).model.jumps
