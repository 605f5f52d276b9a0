"""Modes of crowds about a uniform state against the eigenvalues of a numerical Jacobian of the mean field on a ring."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.errors import NotYetError
from symdiff.model.jump_model import ObservableStatement

SITES = 12
PULLED = {
    "parameters": {"a": "positive"}, "coordinates": ["x"], "density": "u", "occupancy": 1,
    "jumps": [{"displacement": "1", "rate": "(1 - u(x + 1))*(1 + a*u(x + 2))"}, {"displacement": "-1", "rate": "(1 - u(x - 1))/2"}],
    "reactions": [{"rule": "u -> 0", "rate": "1/10"}, {"produces": ["u"], "rate": "(1 - u(x))/5"}],
}  # fmt: skip


def pulled(u: np.ndarray) -> np.ndarray:
    right = u * (1 - np.roll(u, -1)) * (1 + 0.7 * np.roll(u, -2))
    left = u * (1 - np.roll(u, 1)) / 2
    return np.roll(right, 1) - right + np.roll(left, -1) - left - u / 10 + (1 - u) / 5


def eigenvalues(rate: Callable[[np.ndarray], np.ndarray], uniform: float) -> np.ndarray:
    """Those of the plane waves on the ring, by wave number."""
    step, state = 1e-6, np.full(SITES, uniform)
    column = (rate(state + step * np.eye(SITES)[0]) - rate(state - step * np.eye(SITES)[0])) / (2 * step)
    return np.fft.fft(column)  # the Jacobian is circulant: its first column gives every eigenvalue


def test_branch_of_a_crowd_vs_numerical_jacobian_on_a_ring() -> None:
    model = sd.JumpModel(**PULLED)
    found = observable(model, (), ObservableStatement("w", "dispersion_relation")).lattice
    exact = eigenvalues(pulled, 2 / 3)  # births at (1 - u)/5 against deaths at u/10
    for n in range(SITES):
        place = {sp.Symbol("k", real=True): 2 * math.pi * n / SITES, model.parameter("a").symbol: 0.7}
        value = complex(found.subs(place))
        assert value == pytest.approx(exact[n], abs=1e-8)
        assert value + 1e-3 != pytest.approx(exact[n], abs=1e-8)  # negative control


def test_branch_of_a_crowd_from_its_equation_is_the_start_of_that_on_the_lattice() -> None:
    quiet = sd.JumpModel(**{**PULLED, "reactions": []})
    found = observable(quiet, derive_all(quiet), ObservableStatement("w", "dispersion_relation"))
    k, a, u = sp.Symbol("k", real=True), quiet.parameter("a").symbol, sp.Symbol("u0", positive=True)
    gap = found.lattice - dict(found.equation)["long-wave"]
    at = {a: sp.Rational(7, 10), u: sp.Rational(1, 3)}
    size = [abs(complex(sp.N(gap.subs({**at, k: sp.Rational(1, n)}), 30))) for n in (50, 100)]
    assert size[0] / size[1] == pytest.approx(8, rel=0.05)  # what is left out is of third order


def test_branches_beside_a_sum_that_reactions_conserve_vs_the_jacobian_by_hand() -> None:
    """2 A <-> B: B0 = k A0^2/V; of the two modes at k = 0 one stays, the sum A + 2 B, which the reactions conserve."""
    model = sd.JumpModel(
        parameters={"D": "positive", "k": "positive", "V": "positive"}, coordinates=["x"], states=["A", "B"],
        jumps=[{"from": "A", "displacements": ["1", "-1"], "rate": "D"}, {"from": "B", "displacements": ["1", "-1"], "rate": "2*D"}],
        reactions=[{"rule": "2 A <-> B", "rate": "k", "reverse_rate": "V"}],
    )  # fmt: skip
    found = observable(model, derive_all(model), ObservableStatement("w", "dispersion_relation"))
    assert "the uniform density of B is A0**2*k/V" in found.assumptions
    at = {"D": 0.7, "k": 1.3, "V": 0.4, "A0": 0.9}
    for q in (0.0, 1.1):
        spread = 2 * (1 - math.cos(q)) * at["D"]
        jacobian = np.array(
            [[-4 * at["k"] * at["A0"] - spread, 2 * at["V"]], [2 * at["k"] * at["A0"], -at["V"] - 2 * spread]]
        )
        values = {s: (at | {"k_x": q})[s.name] for b in found.branches for s in b.free_symbols}
        branches = sorted(float(b.xreplace(values)) for b in found.branches)
        assert branches == pytest.approx(sorted(np.linalg.eigvals(jacobian)), abs=1e-12)


def test_three_kinds_are_refused_by_numbers_before_anything_is_factored() -> None:
    """Exclusion of three kinds has a cubic; where one of them fills no site the rest is a square root, and its own branch by hand."""
    crowd = "(1 - u(x + r) - v(x + r) - w(x + r))"
    jumps = [{"from": s, "displacement": d, "rate": f"{rate}*{crowd}"}
             for s, rate in (("u", "2"), ("v", "1"), ("w", "3")) for d in ("1", "-1")]  # fmt: skip
    jumps[0]["rate"] = f"2*{crowd}*(1 + w(x)/2)"
    model = sd.JumpModel(coordinates=["x"], states=["u", "v", "w"], jumps=jumps)
    with pytest.raises(NotYetError, match="polynomial of degree 3"):
        observable(model, (), ObservableStatement("w", "dispersion_relation"))
    apart = [j for j in jumps if j["from"] != "w"] + [{"from": "w", "displacements": ["1", "-1"], "rate": "3"}]
    apart = [{**j, "rate": j["rate"].replace(" - w(x + r)", "").replace("*(1 + w(x)/2)", "")} for j in apart]
    found = observable(
        sd.JumpModel(coordinates=["x"], states=["u", "v", "w"], jumps=apart),
        (),
        ObservableStatement("w", "dispersion_relation"),
    )
    k, values = 0.9, {"u0": 0.2, "v0": 0.3, "w0": 0.1, "k": 0.9}
    branches = [complex(b.subs({s: values[s.name] for s in b.free_symbols})) for b in found.branches]
    turn = 2 * (math.cos(k) - 1)  # of u and v: rate a [(1 - v0) u_xx + u0 v_xx], and so on (Burger et al. 2010)
    pair = np.array([[2 * (1 - 0.3), 2 * 0.2], [0.3, 1 - 0.2]]) * turn
    assert sorted(b.real for b in branches) == pytest.approx(sorted([*np.linalg.eigvals(pair), 3 * turn]), abs=1e-10)
