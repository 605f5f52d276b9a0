"""Distinguished limits that are found without a [scaling], against those that textbooks state.

Sources: S. Goldstein, Q. J. Mech. Appl. Math. 4 (1951) 129 (persistent walks); K. H. Coats and B. D. Smith, SPE J. 4 (1964) 73
(mobile and immobile water); E. Orsingher and others on telegraph noise beside diffusion. The equations are worked out here by hand.
"""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from symdiff.continuum.crossovers import crossovers
from symdiff.continuum.derive import derive_all
from symdiff.continuum.limit import ContinuumLimit
from symdiff.model.jump_model import JumpModel


def found(model: JumpModel) -> dict[str, ContinuumLimit]:
    return {x.regime.name: x for x in derive_all(model) if x.regime.origin == "found"}


def powers(limit: ContinuumLimit) -> dict[str, str]:
    return {str(k): str(p) for k, p in limit.regime.powers}


def table(limit: ContinuumLimit) -> dict[tuple[int, int], sp.Expr]:
    """Coefficients of u_(t..x..) with everything on the left, by the orders in time and in space."""
    terms: dict[tuple[int, int], sp.Expr] = {}
    for sign, side in ((1, limit.equations[0].left), (-1, limit.equations[0].right)):
        for t in side:
            terms[t.time, t.space[0]] = terms.get((t.time, t.space[0]), sp.Integer(0)) + sign * t.coefficient
    return terms


def agree(limit: ContinuumLimit, expected: dict[tuple[int, int], str]) -> bool:
    got = table(limit)
    names = {s.name: s for c in got.values() for s in c.free_symbols}
    wanted = {k: sp.sympify(v, locals=names) for k, v in expected.items()}
    return all(
        sp.cancel(got.get(k, sp.Integer(0)) - wanted.get(k, sp.Integer(0))) == 0 for k in got.keys() | wanted.keys()
    )


def two_states(**states: dict[str, str]) -> JumpModel:
    """Two states R and L, of which R turns into L at rate a and back at rate b."""
    parameters = dict.fromkeys(("v", "D", "a", "b"), "positive")
    jumps = [{"from": "R", "to": "L", "rate": "a"}, {"from": "L", "to": "R", "rate": "b"}]
    return JumpModel(parameters=parameters, coordinates=["x"], jumps=jumps,
                     states=[{"name": n, **values} for n, values in states.items()])  # fmt: skip


def test_walkers_that_diffuse_between_rare_turns_have_the_limit_in_which_both_are_seen() -> None:
    """(d_t + v d_x + a - D d_xx)(d_t + b) u = a b u where one state rests: all terms balance at v = eps, a = b = eps^2."""
    limit = found(two_states(R={"velocity": "v", "diffusivity": "D"}, L={}))["coupled"]
    assert powers(limit) == {"a": "2", "b": "2", "v": "1", "x": "-1", "t": "-2"}
    expected = {(2, 0): "1", (1, 0): "a + b", (1, 1): "v", (1, 2): "-D", (0, 1): "b*v", (0, 2): "-b*D"}
    assert agree(limit, expected)
    assert not agree(limit, expected | {(1, 2): "-2*D"})


def test_runs_and_tumbles_with_noise_have_their_full_equation() -> None:
    """(d_t - D d_xx)^2 u + 2 a (d_t - D d_xx) u = v^2 u_xx at equal rates a, of which v = eps and a = eps^2."""
    model = two_states(R={"velocity": "v", "diffusivity": "D"}, L={"velocity": "-v", "diffusivity": "D"})
    limits = found(model)
    assert powers(limits["coupled"]) == {"a": "2", "b": "2", "v": "1", "x": "-1", "t": "-2"}
    assert {"telegraph", "coupled"} <= limits.keys()
    expected = {
        (2, 0): "1",
        (1, 0): "a + b",
        (1, 2): "-2*D",
        (0, 2): "-v**2 - (a + b)*D",
        (0, 4): "D**2",
        (0, 1): "(b - a)*v",
    }
    assert agree(limits["coupled"], expected)


def test_two_chances_to_keep_the_direction_have_a_telegraph_limit_where_both_are_near_one() -> None:
    """R_t = -c R_x - a R + b L with a = (1 - p)/tau, b = (1 - q)/tau: u_tt + (a + b) u_t + (b - a) c u_x = c^2 u_xx."""

    def jump(start: str, end: str, step: str, chance: str) -> dict[str, Any]:
        return {"from": start, "to": end, "displacement": step, "probability": chance}

    model = JumpModel(
        parameters={"h": "positive", "tau": "positive", "p": "probability", "q": "probability"}, coordinates=["x"],
        states=["R", "L"], time_step="tau",
        jumps=[jump("R", "R", "h", "p"), jump("R", "L", "-h", "1 - p"), jump("L", "L", "-h", "q"), jump("L", "R", "h", "1 - q")])  # fmt: skip
    limit = found(model)["telegraph"]
    assert powers(limit) == {"1 - p": "1", "1 - q": "1", "x": "-1", "t": "-1"}
    assert agree(limit, {(2, 0): "1", (1, 0): "(2 - p - q)/tau", (0, 1): "(p - q)*h/tau**2", (0, 2): "-h**2/tau**2"})


@pytest.mark.parametrize("assumed", ["positive", "0 < e < 1", "real"])
def test_a_bias_that_is_declared_positive_may_be_weak(assumed: str) -> None:
    """Rates g (1 + e) and g (1 - e): v = 2 e g h and D = g h^2 balance at times of order 1/eps^2 where e = eps."""
    model = JumpModel(parameters={"h": "positive", "g": "positive", "e": assumed}, coordinates=["x"],
                      jumps=[{"displacement": "h", "rate": "g*(1 + e)"}, {"displacement": "-h", "rate": "g*(1 - e) + g*e**2"}])  # fmt: skip
    limit = found(model)["diffusive"]
    assert powers(limit) == {"e": "1", "x": "-1", "t": "-2"}
    assert agree(limit, {(1, 0): "1", (0, 1): "2*e*g*h", (0, 2): "-g*h**2"})


def test_waits_with_a_mean_have_the_weak_bias_of_walks_in_steps() -> None:
    model = JumpModel(
        parameters={"h": "positive", "T": "positive", "m": "positive", "p": "probability"}, coordinates=["x"],
        waiting_time={"distribution": "gamma", "shape": "m", "scale": "T"},
        jumps=[{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "1 - p"}])  # fmt: skip
    limit = found(model)["diffusive"]
    assert powers(limit) == {"2*p - 1": "1", "x": "-1", "t": "-2"}
    assert agree(limit, {(1, 0): "1", (0, 1): "(2*p - 1)*h/(m*T)", (0, 2): "-h**2/(2*m*T)"})


def test_rates_that_only_set_the_unit_of_time_are_no_regime() -> None:
    model = JumpModel(parameters={"h": "positive", "a": "positive", "b": "positive"}, coordinates=["x"],
                      jumps=[{"displacements": ["h", "-h"], "rate": "a"}, {"displacements": ["2*h", "-2*h"], "rate": "b"}])  # fmt: skip
    assert not found(model)


def test_slow_exchange_between_two_diffusivities_does_not_commute_with_long_times_and_has_no_waves() -> None:
    """a, b -> 0 at equal ratio leaves the mean of D as it is, but the two populations apart: d_t u = D d_xx u for each."""
    model = two_states(R={"diffusivity": "D"}, L={"diffusivity": "v"})
    at = crossovers(model, derive_all(model))
    assert [(c.between, c.commute) for c in at] == [
        (("coupled: states", "coupled: diffusion"), True), (("long-wave", "coupled"), False)]  # fmt: skip
    assert "a, b -> 0 do not commute" in at[1].why
    waves = two_states(R={"velocity": "v"}, L={"velocity": "-v"})
    assert ("telegraph: waves", "telegraph: diffusion") in [c.between for c in crossovers(waves, derive_all(waves))]


def test_dying_that_differs_between_three_states_is_found_where_it_is_slow() -> None:
    """A -> B -> C -> A with rates a, b, c: shares bc, ac, ab over their sum. Walkers move in A and die at k1, k2, k3.

    The slowest root of the cubic det(s - W(k)) at k = 0 for k_i = eps^2: s = -(bc k1 + ac k2 + ab k3)/(bc + ac + ab).
    """
    rates = {"a": ("A", "B"), "b": ("B", "C"), "c": ("C", "A")}
    jumps: list[dict[str, Any]] = [{"displacement": d, "rate": "g", "from": "A"} for d in ("h", "-h")]
    jumps += [{"displacement": "0", "rate": rate, "from": start, "to": end} for rate, (start, end) in rates.items()]
    deaths = [{"consumes": [s], "produces": [], "rate": k} for s, k in zip("ABC", ("k1", "k2", "k3"), strict=True)]
    names = ("a", "b", "c", "g", "h", "k1", "k2", "k3")
    model = JumpModel(parameters=dict.fromkeys(names, "positive"), coordinates=["x"], states=["A", "B", "C"],
                      jumps=jumps, reactions=deaths)  # fmt: skip
    limits = derive_all(model)
    assert "root of a polynomial" in limits[0].closure.why
    limit = next(x for x in limits if x.regime.name == "diffusive")
    assert powers(limit) == {"k1": "2", "k2": "2", "k3": "2", "x": "-1", "t": "-2"}
    total = "(a*b + a*c + b*c)"
    expected = {(1, 0): "1", (0, 0): f"(b*c*k1 + a*c*k2 + a*b*k3)/{total}", (0, 2): f"-b*c*g*h**2/{total}"}
    assert agree(limit, expected)
    assert not agree(limit, expected | {(0, 0): "(k1 + k2 + k3)/3"})
