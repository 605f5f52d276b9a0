"""Claims about crowds and coupled equations: the right ones hold in any way of writing them, altered ones are refuted."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.settings import settings_of
from symdiff.model.jump_model import ClaimStatement, JumpModel

CHEMOTAXIS = sd.JumpModel(
    parameters=dict.fromkeys(("Du", "Ds", "chi", "f", "k", "h"), "positive"), coordinates=["x"],
    states=[{"name": "u"}, {"name": "s", "diffusivity": "Ds"}],
    jumps=[{"from": "u", "displacement": "h", "rate": "Du/h**2 + chi/(2*h**2)*(s(x + h) - s(x))"},
           {"from": "u", "displacement": "-h", "rate": "Du/h**2 + chi/(2*h**2)*(s(x - h) - s(x))"}],
    reactions=[{"consumes": ["u"], "produces": ["u", "s"], "rate": "f"}, {"consumes": ["s"], "produces": [], "rate": "k"}],
    scaling={"h": 1})  # fmt: skip
EXCLUSION = sd.JumpModel(parameters={"G": "positive", "h": "positive"}, coordinates=["x"], density="C", occupancy=1,
                         jumps=[{"displacements": ["h", "-h"], "rate": "G*(1 - C(x + r))"}])  # fmt: skip
ADHESION = sd.JumpModel(parameters={"G": "positive", "h": "positive", "a": "0 <= a <= 1"}, coordinates=["x"], density="C", occupancy=1,
                        jumps=[{"displacements": ["h", "-h"], "rate": "G*(1 - C(x + r))*(1 - a*C(x - r))"}])  # fmt: skip

CLAIMS = [
    (CHEMOTAXIS, r"\frac{\partial u}{\partial t} = D_u \nabla^2 u - \chi\nabla\cdot(u\nabla s)", "proved"),
    (CHEMOTAXIS, r"u_t = D_u u_{xx} - \chi u_x s_x - \chi u s_{xx}", "proved"),
    (CHEMOTAXIS, r"u_t = D_u u_{xx} + \chi (u s_x)_x", "refuted"),
    (CHEMOTAXIS, r"s_t = D_s s_{xx} + f u - k s", "proved"),
    (CHEMOTAXIS, r"s_t = D_s s_{xx} + f u + k s", "refuted"),
    (CHEMOTAXIS, r"\begin{aligned}u_t &= D_u u_{xx} - \chi (u s_x)_x\\ s_t &= D_s s_{xx} + fu - ks\end{aligned}", "proved"),
    (CHEMOTAXIS, r"\begin{aligned}u_t &= D_u u_{xx} - \chi (u s_x)_x\\ s_t &= D_s s_{xx} + ku - ks\end{aligned}", "refuted"),
    (EXCLUSION, r"C_t = G h^2 C_{xx}", "proved"),
    (EXCLUSION, r"C_t = G h^2 ((1-C) C_x)_x", "refuted"),
    (EXCLUSION, r"D = G h^2", "proved"),
    (ADHESION, r"C_t = \partial_x(D(C) C_x)", "proved"),
    (ADHESION, r"D(C) = G h^2 (1 - aC(4 - 3C))", "proved"),
    (ADHESION, r"D(C) = G h^2 (1 - aC(2 - 3C))", "refuted"),
    (ADHESION, r"C_t = Gh^2 ((1-4aC+3aC^2)C_x)_x", "proved"),
    (ADHESION, r"C_t = Gh^2 (1-4aC+3aC^2)C_{xx}", "refuted"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "claim", "verdict"), CLAIMS, ids=lambda t: t[:40] if isinstance(t, str) else "")
def test_claims_about_nonlinear_equations(model: sd.JumpModel, claim: str, verdict: str) -> None:
    found = sd.check(model, claim)
    assert found.verdict == verdict
    if verdict == "refuted":
        assert found.witness is not None
        assert found.witness.left != found.witness.right


@pytest.mark.parametrize(("name", "given", "right", "wrong"), [
    ("adhesion", {"alpha": "7/10"}, "equation", "half-the-adhesion"),
    ("weakly_asymmetric_exclusion", {"v0": 1}, "burgers", "linear-drift"),
    ("fisher_equation", {"lam": 2, "h": "1/2"}, "equation", "exponential-growth"),
])  # fmt: skip
def test_equations_are_judged_at_the_values_that_are_set(name: str, given: dict, right: str, wrong: str) -> None:
    model = sd.load(name)
    report = check_model(model, (), settings_of(model, [f"{k}={v}" for k, v in given.items()]))
    verdicts = {v.id: v.verdict for v in report.verdicts}
    assert verdicts[right] == "proved"
    assert verdicts[wrong] == "refuted"


@pytest.mark.parametrize(
    ("diffusion", "expected"), [("(1-I)", "proved"), ("", "refuted"), (r"\cdot 2(1-I)", "refuted")]
)
def test_terms_beyond_the_regime_are_set_against_the_discarded_ones(diffusion: str, expected: str) -> None:
    """Infection of neighbours: b sum (1 - I) I(x +- h) = 2 b I (1 - I) + b h^2 (1 - I) I_xx + ..., which h -> 0 discards."""
    moves = [{"consumes": ["I"], "produces": ["I", {"state": "I", "displacement": [h]}], "rate": f"b*(1 - I(x + {h}))"}
             for h in ("h", "-h")]  # fmt: skip
    model = JumpModel(parameters={"h": "positive", "b": "positive", "g": "positive"}, coordinates=["x"], density="I", occupancy=1,
                      reactions=[*moves, {"rule": "I -> 0", "rate": "g"}], scaling={"name": "near", "h": 1})  # fmt: skip
    claim = ClaimStatement(id="c", latex=rf"I_t = b h^2{diffusion}I_{{xx}} + 2 b I(1-I) - g I", regime="near")
    (found,) = check_model(model, (claim,), derivation=derive_model(model)).verdicts
    assert found.verdict == expected
