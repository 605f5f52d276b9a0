"""Moments on grids that grow: <x> = f(t) <n> and Var x = f(t)^2 Var n, by hand; walkers that wait and die meanwhile."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

NAMES = {"h": "positive", "D": "positive", "s": "positive"}
H, D, S = (sp.Symbol(n, positive=True) for n in NAMES)
T = sp.Symbol("t", real=True)


@pytest.mark.parametrize(("growth", "factor"), [
    ("exp(s*t)", sp.exp(S * T)), ("(1 + s*t)", 1 + S * T), ("L(t)", sp.Function("L")(T))])  # fmt: skip
def test_moments_on_a_growing_grid_vs_the_law_of_the_sites(growth: str, factor: sp.Expr) -> None:
    model = JumpModel(parameters=NAMES, functions={"L": ["t"]}, coordinates=["n"], embedding={"x": f"n*h*{growth}"},
                      jumps=[{"displacement": "1", "rate": "D/h**2 + s/h"}, {"displacement": "-1", "rate": "D/h**2"}])  # fmt: skip
    limits = derive_all(model)
    x = model.coordinate_symbols[0]
    wanted = {"moment": S * T * factor, "variance": (2 * D + S * H) * T * factor**2}
    for kind, value in wanted.items():
        found = observable(model, limits, ObservableStatement("q", kind, x))
        assert sp.expand(found.lattice - value) == 0
        assert sp.expand(dict(found.equation)["long-wave"] - value) == 0


def test_a_drift_that_is_not_linear_in_place_has_no_such_moments() -> None:
    model = JumpModel(parameters=NAMES, coordinates=["x"], states=[{"velocity": "-s*t*x**3", "diffusivity": "D"}])
    with pytest.raises(NotYetError, match="linear in its coordinate"):
        observable(model, (), ObservableStatement("q", "variance", model.coordinate_symbols[0]))


def test_moments_of_walkers_that_wait_and_die_are_those_of_the_walkers_alive() -> None:
    document = {"parameters": NAMES, "coordinates": ["x"], "waiting_time": {"distribution": "gamma", "shape": "2", "scale": "s"},
                "jumps": [{"displacement": "h", "probability": "3/4"}, {"displacement": "-h", "probability": "1/4"}]}  # fmt: skip
    plain, dying = (JumpModel(**document, **more) for more in ({}, {"reactions": [{"rule": "P -> 0", "rate": "D"}]}))
    asked = ObservableStatement("q", "variance", plain.coordinate_symbols[0])
    found = observable(dying, (), asked)
    assert sp.expand(found.lattice - observable(plain, (), asked).lattice) == 0
    assert any("alive" in note for note in found.assumptions)
