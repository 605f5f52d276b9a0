r"""Averages of populations by their shares x = n/N: resampling of N genes (Ewens, Mathematical Population Genetics, ch. 1 and 3)."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import JumpModel

GENES = JumpModel(
    parameters={"N": "positive integer", "x0": "0 < x0 < 1"},
    coordinates=["n"],
    time_step="1",
    system_size="N",
    scaled=["x"],
    initial={"position": ["N*x0"]},
    jumps=[{"displacement": "-n", "distribution": "binomial", "trials": "N", "success": "n/N", "probability": "1"}],
    observables=[{"name": "H", "kind": "moment", "of": "2*x*(1 - x)"}, {"name": "v", "kind": "variance", "of": "n"}],
)
DEATHS = JumpModel(parameters={"k": "positive", "n0": "positive integer"}, coordinates=["n"],
                   initial={"position": ["n0"]}, jumps=[{"displacement": "-1", "rate": "k*n"}])  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"\langle x\rangle = x_0", "proved"),  # it was x_0 + x_0: the start was added to what holds it
        (r"\langle x\rangle = 2 x_0", "refuted"),
        (r"\langle x(1-x)\rangle = x_0(1-x_0)e^{-t/N}", "proved"),
        (r"\langle x(1-x)\rangle = x_0(1-x_0)e^{-2t/N}", "refuted"),
    ],
)
def test_shares_drawn_anew_hold_their_start(claim: str, expected: str) -> None:
    assert sd.check(GENES, claim).verdict == expected


@pytest.mark.parametrize(("claim", "expected"), [("n_0 e^{-kt}", "proved"), ("n_0 (1 + e^{-kt})", "refuted")])
def test_a_start_is_not_added_to_numbers(claim: str, expected: str) -> None:
    """<n> = n0 e^(-kt) of deaths at the rate k each."""
    assert sd.check(DEATHS, rf"\langle n\rangle = {claim}").verdict == expected


def test_averages_come_from_the_equation_in_shares() -> None:
    """E[2 x (1 - x)] = 2 x0 (1 - x0) (1 - 1/N)^t exactly, e^(-t/N) by the diffusion."""
    found = {o.name: o for o in derive_model(GENES).observables}
    t, N, x0 = sp.Symbol("t", positive=True), *sp.symbols("N x0")
    names = {"t": t, "N": N, "x0": x0}
    plain = {name: sp.sympify(str(dict(o.equation)["large-system"]), locals=names) for name, o in found.items()}
    assert sp.simplify(plain["H"] - 2 * x0 * (1 - x0) * sp.exp(-t / N)) == 0
    assert sp.simplify(plain["v"] - N**2 * x0 * (1 - x0) * (1 - sp.exp(-t / N))) == 0
    lattice = sp.sympify(str(found["H"].lattice), locals=names)
    assert sp.simplify(lattice.subs({N: 2, t: 3}) - 2 * x0 * (1 - x0) / 8) == 0
    assert sp.simplify(plain["H"] - 2 * x0 * (1 - x0) * sp.exp(-2 * t / N)) != 0


def test_a_population_that_grows_at_a_constant_rate_keeps_its_start() -> None:
    """n0 + V t immigrants."""
    model = JumpModel(parameters={"V": "positive", "n0": "positive integer"}, coordinates=["n"], system_size="V",
                      scaled=["x"], initial={"position": ["n0"]}, jumps=[{"displacement": "1", "rate": "V"}])  # fmt: skip
    assert sd.check(model, r"\langle n\rangle = n_0 + V t").verdict == "proved"
    assert sd.check(model, r"\langle n\rangle = V t").verdict == "refuted"
