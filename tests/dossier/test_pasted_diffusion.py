r"""Fokker-Planck equations with several axes or with a direction, against coefficients worked out by hand."""

from __future__ import annotations

import re

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import ModelError

RUN = r"\partial_t P(x,y,\theta,t) = -v\cos\theta\,\partial_x P - v\sin\theta\,\partial_y P"
# active particles: D + v^2/2 * a/(a^2 + w^2) with a = D_r + lambda (1 - mean cosine) (Cates and Tailleur 2013; van Teeffelen
# and Lowen 2008 for w); Kramers: v_v = -gamma v, D_vv = gamma kT/m (Risken, ch. 10)
STATED = [
    (r"\partial_t P = D_x P_{xx} + D_y P_{yy}", {"D_xx": "D_x", "D_yy": "D_y", "D_xy": "0"}),
    (r"\partial_t P = a P_{xx} + 2b P_{xy} + c P_{yy}", {"D_xx": "a", "D_xy": "b", "D_yy": "c"}),
    (r"\partial_t P(x,v,t) = -v\partial_x P + \gamma\partial_v(vP) + \frac{\gamma k_B T}{m}\partial_v^2P",
     {"v_x": "v", "v_v": "-gam*v", "D_xx": "0", "D_vv": "gam*k_B*T/m"}),
    (r"\partial_t P = -\partial_x[a(x,y)P] + \tfrac12\partial_x^2[b(x,y)P] + D\partial_y^2 P", {"D_yy": "D", "v_y": "0"}),
    (RUN + r" + D_r\,\partial_\theta^2 P", {"D_xx": "v**2/(2*D_r)", "D_xy": "0"}),
    (RUN + r" - \lambda P + \frac{\lambda}{2\pi}\int_0^{2\pi} P(x,y,\theta',t)\,\mathrm{d}\theta'", {"D_xx": "v**2/(2*lam)"}),
    (RUN + r" + D(P_{xx}+P_{yy}) - \omega\partial_\theta P + D_r P_{\theta\theta} + \lambda[P(x,y,\theta+\pi,t) - P(x,y,\theta,t)]",
     {"D_xx": "D + v**2*(D_r + 2*lam)/(2*((D_r + 2*lam)**2 + omega**2))"}),
    (RUN + r" + \lambda\int_{-\pi}^{\pi} g(\theta-\theta') P(x,y,\theta',t)\,d\theta' - \lambda P", {"D_yy": "v**2/(2*lam*(1 - g_c))"}),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "expected"), STATED, ids=range(len(STATED)))
def test_coefficients(latex: str, expected: dict[str, str]) -> None:
    found = dict(sd.derive(model_from_latex(latex).model).coefficients)
    names = {str(s): s for e in found.values() for s in e.free_symbols}
    for role, value in expected.items():
        words = {w: names.get(w, sp.Symbol(w)) for w in re.findall(r"[A-Za-z]\w*", value)}
        right = sp.sympify(value, locals=words)
        assert sp.cancel(found[role] - right) == 0
        assert sp.cancel(found[role] - right - 1) != 0  # negative control


def test_a_loss_without_its_gain_is_told() -> None:
    with pytest.raises(ModelError, match="not conserved"):
        model_from_latex(RUN + r" - \lambda P + \frac{\lambda}{\pi}\int_0^{2\pi} P(x,y,\theta',t)\,d\theta'")
