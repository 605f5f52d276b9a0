"""Vectors in pasted equations against the same equations in components, and closed forms of active particles."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.dossier.derivation import derive_model
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import SymdiffError
from symdiff.notation.latex import ReadingContext

ACTIVE = r"\dot{\mathbf r} = v_0\hat{\mathbf u} + \sqrt{2D}\boldsymbol\xi(t)"
PLANE = r", \quad \mathbf r\in\mathbb R^2"
TURNING = r"\partial_t f(\mathbf r,\hat{\mathbf u},t) = -v\hat{\mathbf u}\cdot\nabla f"
SAME = [  # (in vectors, in components)
    (
        ACTIVE + r", \quad \dot\theta = \omega + \sqrt{2D_r}\eta(t)",
        r"\dot x = v_0\cos\theta + \sqrt{2D}\xi_x(t), \quad \dot y = v_0\sin\theta + \sqrt{2D}\xi_y(t), \quad \dot\theta = \omega + \sqrt{2D_r}\eta(t)",
    ),
    (
        ACTIVE + r", \quad \dot{\hat{\mathbf u}} = \sqrt{2D_r}\boldsymbol\eta\times\hat{\mathbf u}" + PLANE,
        r"\dot x = v_0\cos\theta + \sqrt{2D}\xi_x(t), \quad \dot y = v_0\sin\theta + \sqrt{2D}\xi_y(t), \quad \dot\theta = \sqrt{2D_r}\eta(t)",
    ),
    (
        r"\dot{\mathbf r} = \mathbf v, \quad \dot{\mathbf v} = -\gamma\mathbf v + \sqrt{2D}\boldsymbol\xi(t)" + PLANE,
        r"\dot x = v_x, \dot y = v_y, \dot v_x = -\gamma v_x + \sqrt{2D}\xi_x(t), \dot v_y = -\gamma v_y + \sqrt{2D}\xi_y(t)",
    ),
    (
        TURNING + r" + D_r\nabla_{\hat{\mathbf u}}^2 f + D\nabla^2 f" + PLANE,
        r"\partial_t f(x,y,\theta,t) = -v(\cos\theta\partial_x f + \sin\theta\partial_y f) + D_r\partial_\theta^2 f + D(\partial_x^2 f + \partial_y^2 f)",
    ),
]


@pytest.mark.parametrize(("vectors", "components"), SAME, ids=range(len(SAME)))
def test_vectors_vs_their_components(vectors: str, components: str) -> None:
    found, expected = model_from_latex(vectors).model, model_from_latex(components).model
    assert (found.coordinates, found.motions, found.internals) == (
        expected.coordinates,
        expected.motions,
        expected.internals,
    )
    assert found.motions[0].velocity != tuple(2 * v for v in expected.motions[0].velocity)


def test_run_and_tumble_in_the_plane_has_half_of_v_squared_over_the_rate() -> None:
    """D = v^2/(d lambda), d = 2 (H. C. Berg, Random Walks in Biology)."""
    text = (
        TURNING + r" + \lambda\left(\frac{1}{2\pi}\int f(\mathbf r,\hat{\mathbf u}',t)\, d\hat{\mathbf u}' - f\right)"
    )
    limit = derive_model(model_from_latex(text, ReadingContext(dim=2)).model).limits[0]
    found = dict(limit.coefficients)
    v, rate = sp.symbols("v lam", positive=True)
    diffusivity = found["D_xx"].xreplace({s: sp.Symbol(s.name, positive=True) for s in found["D_xx"].free_symbols})
    assert sp.cancel(diffusivity - v**2 / (2 * rate)) == 0
    assert sp.cancel(diffusivity - v**2 / rate) != 0


REFUSED = [  # (formula, a word of the reason)
    (ACTIVE, "dimensions"),
    (ACTIVE + PLANE, "turns"),
    (ACTIVE + PLANE.replace("2", "3"), "3 dimensions"),
    (TURNING + r" + D_r\nabla_{\hat{\mathbf u}}^2 f", "dimensions"),
    (r"\dot{\mathbf r} = -|\mathbf r|^2\mathbf r + \sqrt{2D}\boldsymbol\xi(t)" + PLANE, "lengths"),
    (r"\dot{\mathbf r} = -\nabla U(\mathbf r) + \sqrt{2D}\boldsymbol\xi(t)" + PLANE, "gradients"),
]


@pytest.mark.parametrize(("latex", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_what_the_text_does_not_say_is_asked_for(latex: str, reason: str) -> None:
    with pytest.raises(SymdiffError, match=reason):
        model_from_latex(latex)


MOVED = [  # (terms beside the derivative on the left, the derivative alone)
    (r"m\dot v + \gamma v = \xi(t)", r"m\dot v = -\gamma v + \xi(t)"),
    (r"\dot x - F + kx = \sqrt{2D}\xi(t)", r"\dot x = F - kx + \sqrt{2D}\xi(t)"),
    (r"m\ddot x + \gamma\dot x + kx = \xi(t)", r"m\ddot x = -\gamma\dot x - kx + \xi(t)"),
]


@pytest.mark.parametrize(("left", "alone"), MOVED, ids=[m[0] for m in MOVED])
def test_friction_on_the_left_of_a_langevin_equation(left: str, alone: str) -> None:
    found, expected = model_from_latex(left).model.motions, model_from_latex(alone).model.motions
    assert found == expected
    wrong = model_from_latex(left.replace("+ \\gamma", "- \\gamma").replace("+ kx", "- kx")).model.motions
    assert wrong != expected
