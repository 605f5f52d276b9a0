"""Walls across several coordinates: products of independent axes, and motion that does not reduce to one coordinate."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.continuum.observables.result import ObservableResult
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

ACROSS = {"domain": "0 < x < 5", "kind": "absorbing"}
ALONG = {"domain": "0 < y < 4", "kind": "absorbing"}
HELD = {"domain": "0 <= y < 3", "kind": "reflecting"}
AXES = [
    {"displacements": [["1", "0"], ["-1", "0"]], "rate": "3/5"},
    {"displacements": [["0", "1"], ["0", "-1"]], "rate": "1/2"},
]
DIAGONAL = [{"displacements": [["1", "1"], ["-1", "-1"], ["1", "-1"], ["-1", "1"]], "rate": "3/10"}]
TILTED = [{"diffusivity": [["1", "1/2"], ["1/2", "1"]]}]


def asked(kind: str, walls: list[dict], **model: object) -> ObservableResult:
    built = JumpModel(coordinates=["x", "y"], boundaries=walls, observables=[{"name": "q", "kind": kind}], **model)
    return observable(built, derive_all(built), built.observables[0])


def survival(jumps: list[dict], reflecting: bool, t: float = 1.3) -> float:
    """From the place (2, 1), by the exponential of the generator over the sites."""
    sites = [(i, j) for i in range(1, 5) for j in (range(3) if reflecting else range(1, 4))]
    rates = np.zeros((len(sites), len(sites)))
    for n, (i, j) in enumerate(sites):
        for jump in jumps:
            for dx, dy in jump["displacements"]:
                end, rate = (i + int(dx), j + int(dy)), float(sp.Rational(jump["rate"]))
                if reflecting and not 0 <= end[1] < 3:
                    continue
                rates[n, n] -= rate
                if end in sites:
                    rates[n, sites.index(end)] += rate
    return scipy.linalg.expm(rates * t)[sites.index((2, 1))].sum()


def at_the_place(value: sp.Expr, t: float = 1.3) -> float:
    put = {s: {"x": 2, "y": 1, "t": t}[s.name] for s in value.free_symbols}
    return float(sp.lambdify([], value.xreplace(put).doit(), "mpmath")())


@pytest.mark.parametrize("walls", [[ACROSS, ALONG], [ACROSS, HELD]], ids=["box", "strip with reflecting sides"])
def test_survival_along_independent_axes(walls: list[dict]) -> None:
    found = asked("survival_probability", walls, jumps=AXES)
    assert found.lattice is not None
    assert abs(at_the_place(found.lattice) - survival(AXES, walls[1] is HELD)) < 1e-9


def test_diagonal_jumps_beside_a_wall_that_holds_them_back_are_refused() -> None:
    """They had the law of the line; the sites say otherwise, for jumps that a side refuses do not move along it either."""
    line = survival([{"displacements": [["1", "0"], ["-1", "0"]], "rate": "3/5"}], True)
    assert abs(line - survival(DIAGONAL, True)) > 1e-2  # the negative control: the line is not the strip
    assert asked("survival_probability", [ACROSS, HELD], jumps=DIAGONAL).lattice is None


@pytest.mark.parametrize("kind", ["survival_probability", "mean_exit_time"])
def test_correlated_diffusion_between_sides_is_refused(kind: str) -> None:
    """The flux through a side that reflects mixes both slopes: what is left of y after averaging is not closed."""
    with pytest.raises(NotYetError, match="one coordinate"):
        asked(kind, [ACROSS, HELD], states=TILTED)
    assert asked(kind, [ACROSS], states=TILTED).equation  # without the sides it reduces
    with pytest.raises(NotYetError):
        asked("survival_probability", [ACROSS, ALONG], states=TILTED)


def test_sums_in_what_is_averaged() -> None:
    names = [{"name": "q", "kind": "moment", "of": "Sum(x**j, (j, 0, 2))"}]
    model = JumpModel(coordinates=["x"], jumps=[{"displacements": ["1", "-1"], "rate": "3/5"}], observables=names)
    value = observable(model, (), model.observables[0]).lattice
    assert sp.expand(value - (1 + sp.Rational(6, 5) * model.time)) == 0


@pytest.mark.parametrize(("wall", "target", "start", "time"), [
    ("x > 0", "x >= 7", "3", "(6.5**2 - 2.5**2)/2"),  # reflected half-way between 0 and 1: the mirror image of -6
    ("x <= 4", "x < -1", "1", "(6.5**2 - 3.5**2)/2"),
])  # fmt: skip
def test_a_target_beside_walls_that_only_reflect(wall: str, target: str, start: str, time: str) -> None:
    """The target is what absorbs: (w^2 - y^2)/(2 G) from the reflecting wall, w its distance and y that of the start."""
    model = JumpModel(coordinates=["x"], jumps=[{"displacements": ["1", "-1"], "rate": "1"}], initial={"position": [start]},
                      boundaries=[{"domain": wall, "kind": "reflecting"}],
                      observables=[{"name": "q", "kind": "mean_exit_time", "target": target}])  # fmt: skip
    value = observable(model, derive_all(model), model.observables[0]).lattice
    assert abs(float(value) - float(sp.sympify(time))) < 1e-12


def test_sides_that_are_joined_hold_nobody_back() -> None:
    joined = {"domain": "0 <= y < 3", "kind": "periodic"}
    value = asked("mean_exit_time", [ACROSS, joined], jumps=DIAGONAL).lattice
    assert sp.expand(value.subs(sp.Symbol("x", real=True), 2) - 2 * 3 / (2 * sp.Rational(3, 5))) == 0
