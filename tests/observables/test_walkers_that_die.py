"""Walkers that die on the way, and those that reach a wall against the drift: against linear algebra over the sites.

By hand: of walkers that drift away from a wall at speed v those that come take y/v on average, as if the drift led there;
with death at rate k beside diffusion the chance to arrive is e^(-y sqrt(k/D)) and their mean time y/(2 sqrt(k D)).
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.linalg
import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

NAMES = dict.fromkeys(("a", "b", "k", "D", "v"), "positive") | {"L": "positive integer"}
NUMBERS = {"a": 1.3, "b": 0.8, "k": 0.15, "D": 0.7, "v": 0.4, "x": 2, "t": 1.7, "L": 6}
HOPS = [{"displacement": "1", "rate": "a"}, {"displacement": "-1", "rate": "b"}]
EVEN = [{"displacements": ["1", "-1"], "rate": "a"}]
DIFFUSION = [{"diffusivity": "D"}]
DEATH = [{"rule": "P -> 0", "rate": "k"}]
GROUND = {"domain": "x > 0", "kind": "absorbing"}
TOP = {"domain": "x < L", "kind": "absorbing"}
REFUSED, MIRROR = ({"domain": "x <= L", "kind": "reflecting", "rejected": how} for how in ("stay", "mirror"))


def asked(kind: str, target: str = "", *, level: str = "lattice", **model: object) -> float:
    entry = {"name": "q", "kind": kind} | ({"target": target} if target else {})
    built = JumpModel(parameters=NAMES, coordinates=["x"], observables=[entry], **model)
    found = observable(built, derive_all(built) if level == "equation" else (), built.observables[0])
    value = found.lattice if level == "lattice" else found.equation[0][1]
    assert value is not None
    put = {s: NUMBERS[s.name] for s in value.free_symbols if s.name in NUMBERS}
    return float(sp.lambdify([], value.xreplace(put).doit(), "mpmath")())


def chain(up: float, down: float, death: float, top: str, size: int = 6) -> np.ndarray:
    """The generator among the sites 1 .. size - 1 (.. size beside a reflecting wall), absorbing at 0."""
    sites = size if top in ("stay", "mirror") else size - 1
    rates = np.diag([-(up + down + death)] * sites) + np.diag([up] * (sites - 1), 1) + np.diag([down] * (sites - 1), -1)
    if top == "stay":
        rates[-1, -1] += up
    if top == "mirror":
        rates[-1, -2] += up
    return rates


def arriving(rates: np.ndarray, down: float, site: int = 2) -> tuple[float, float, float]:
    """(chance to arrive at 0, mean time until leaving or death, mean time of those that arrive)."""
    gain = np.zeros(len(rates))
    gain[0] = down
    chance = np.linalg.solve(-rates, gain)
    return (
        chance[site - 1],
        np.linalg.solve(-rates, np.ones(len(rates)))[site - 1],
        (np.linalg.solve(-rates, chance) / chance)[site - 1],
    )


@pytest.mark.parametrize(("jumps", "death"), [(HOPS, 0), (HOPS, 0.15), (EVEN, 0.15)])
def test_those_that_reach_one_wall(jumps: list, death: float) -> None:
    up, down = (1.3, 0.8) if jumps is HOPS else (1.3, 1.3)
    model = {"jumps": jumps, "boundaries": [GROUND], "reactions": DEATH if death else []}
    chance, until, conditional = arriving(chain(up, down, death, "open", 400), down)
    assert abs(asked("splitting_probability", "x <= 0", **model) - chance) < 1e-9
    assert abs(asked("mean_exit_time", "x <= 0", **model) - conditional) < 1e-9 * conditional
    if death:
        assert abs(asked("mean_exit_time", **model) - until) < 1e-9 * until
        assert abs(until - conditional) > 0.1
    else:
        assert asked("mean_exit_time", **model) == mpmath.inf


@pytest.mark.parametrize(("top", "wall"), [("open", TOP), ("stay", REFUSED)], ids=["absorbing", "reflecting"])
def test_those_that_leave_between_two_walls(top: str, wall: dict) -> None:
    model = {"jumps": HOPS, "boundaries": [GROUND, wall], "reactions": DEATH}
    chance, until, conditional = arriving(chain(1.3, 0.8, 0.15, top), 0.8)
    assert abs(asked("splitting_probability", "x <= 0", **model) - chance) < 1e-9
    assert abs(asked("mean_exit_time", "x <= 0", **model) - conditional) < 1e-9 * conditional
    assert abs(asked("mean_exit_time", **model) - until) < 1e-9 * until


@pytest.mark.parametrize(
    ("top", "wall"), [("open", TOP), ("stay", REFUSED), ("mirror", MIRROR)], ids=["absorbing", "refused", "mirror"]
)
def test_survival_and_passage_as_functions_of_time(top: str, wall: dict) -> None:
    model = {"jumps": EVEN, "boundaries": [GROUND, wall], "reactions": DEATH}
    rates = chain(1.3, 1.3, 0.15, top)
    law = scipy.linalg.expm(rates * NUMBERS["t"])[1]
    out = law[0] * 1.3 + (law[-1] * 1.3 if top == "open" else 0)
    assert abs(asked("survival_probability", **model) - law.sum()) < 1e-9
    assert abs(asked("first_passage_density", **model) - out) < 1e-9
    if top != "mirror":
        assert abs(asked("decay_rate", **model) + np.max(np.linalg.eigvals(rates).real)) < 1e-9


def test_walkers_that_die_when_they_do_not_jump() -> None:
    jumps = [{"displacements": ["1", "-1"], "probability": "2/5"}]
    model = {"jumps": jumps, "boundaries": [GROUND, TOP], "time_step": "1", "survival": "lossy"}
    step = 0.4 * (np.diag([1.0] * 4, 1) + np.diag([1.0] * 4, -1))
    _, until, conditional = arriving(step - np.eye(5), 0.4)
    assert abs(asked("mean_exit_time", **model) - until) < 1e-9
    assert abs(asked("mean_exit_time", "x <= 0", **model) - conditional) < 1e-9
    assert abs(asked("decay_rate", **model) + np.log(np.max(np.linalg.eigvalsh(step)))) < 1e-9


def test_from_the_equation() -> None:
    y, k, spread, t = NUMBERS["x"], NUMBERS["k"], NUMBERS["D"], NUMBERS["t"]
    model = {"states": DIFFUSION, "boundaries": [GROUND], "reactions": DEATH, "level": "equation"}
    assert abs(asked("splitting_probability", "x <= 0", **model) - np.exp(-y * np.sqrt(k / spread))) < 1e-12
    assert abs(asked("mean_exit_time", "x <= 0", **model) - y / (2 * np.sqrt(k * spread))) < 1e-12
    expected = np.exp(-k * t) * scipy.special.erf(y / np.sqrt(4 * spread * t))
    assert abs(asked("survival_probability", **model) - expected) < 1e-12
    away = {"states": [{"diffusivity": "D", "velocity": "v"}], "boundaries": [GROUND], "level": "equation"}
    assert abs(asked("mean_exit_time", "x <= 0", **away) - y / NUMBERS["v"]) < 1e-12
    assert asked("mean_exit_time", **away) == mpmath.inf


def test_a_ball_in_five_dimensions_those_that_come() -> None:
    """D (T'' + 4 T'/r) = -(a/r)^3 has the decaying answer a^3 (1/r - a^2/r^3)/(2 D), which is (a/r)^3 (r^2 - a^2)/(2 D)."""
    names = [f"x{i}" for i in range(1, 6)]
    square = " + ".join(f"{n}**2" for n in names)
    model = JumpModel(parameters=NAMES, coordinates=names, states=[{"diffusivity": "D"}],
                      boundaries=[{"domain": f"{square} > a**2", "kind": "absorbing"}],
                      observables=[{"name": "c", "kind": "mean_exit_time", "target": f"{square} <= a**2"},
                                   {"name": "T", "kind": "mean_exit_time"}])  # fmt: skip
    limits, x = derive_all(model), model.coordinate_symbols
    a, spread = sp.symbols("a D", positive=True)
    conditional, every = (observable(model, limits, o).equation[0][1] for o in model.observables)
    assert sp.expand(conditional - (sum(c**2 for c in x) - a**2) / (2 * spread)) == 0
    assert every == sp.oo


@pytest.mark.parametrize("kind", ["mean_exit_time", "splitting_probability", "survival_probability"])
def test_walkers_that_multiply_have_no_exit_of_their_own(kind: str) -> None:
    entry = {"name": "q", "kind": kind, "target": "x <= 0"}
    model = JumpModel(parameters=NAMES, coordinates=["x"], jumps=EVEN, boundaries=[GROUND, TOP],
                      reactions=[{"rule": "P -> 2 P", "rate": "k"}], observables=[entry])  # fmt: skip
    with pytest.raises(DerivationError, match="multiply"):
        observable(model, derive_all(model), model.observables[0])


def test_what_is_left_open_is_said() -> None:
    model = JumpModel(parameters=NAMES, coordinates=["x"], states=[{"diffusivity": "D", "velocity": "k*x"}], boundaries=[GROUND],
                      observables=[{"name": "q", "kind": "mean_exit_time", "target": "x <= 0"}])  # fmt: skip
    statement: ObservableStatement = model.observables[0]
    with pytest.raises(NotYetError, match="some escape for ever"):
        observable(model, derive_all(model), statement)


def test_there_is_no_stationary_moment_of_the_dying() -> None:
    """It was zero, the average over the dead too; over the living x**2 tends to D/k2 in a trap of strength k2 = v."""
    trap = {"states": [{"diffusivity": "D", "velocity": "-v*x"}], "reactions": DEATH}
    names = [{"name": "m", "kind": "stationary_moment", "of": "x**2"}, {"name": "q", "kind": "moment", "of": "x**2"}]
    model = JumpModel(parameters=NAMES, coordinates=["x"], observables=names, **trap)
    limits = derive_all(model)
    with pytest.raises(DerivationError, match="no stationary law"):
        observable(model, limits, model.observables[0])
    spread, v = sp.symbols("D v", positive=True)
    late = sp.limit(observable(model, limits, model.observables[1]).equation[0][1], model.time, sp.oo)
    assert sp.simplify(late - spread / v) == 0


@pytest.mark.parametrize(
    "law",
    [
        {
            "distribution": "normal",
            "mean": "v",
            "variance": "D",
        },  # leads away from the wall: the chance to come is below one
        {"distribution": "exponential", "mean": "a", "direction": ["-1"]},  # comes after (x + a)/a jumps, not never
    ],
)
@pytest.mark.parametrize("kind", ["mean_exit_time", "splitting_probability"])
def test_exits_of_steps_with_a_law_are_no_constants(law: dict, kind: str) -> None:
    model = JumpModel(parameters=NAMES, coordinates=["x"], jumps=[{**law, "rate": "k"}], boundaries=[GROUND],
                      observables=[{"name": "q", "kind": kind, "target": "x <= 0"}])  # fmt: skip
    found = observable(model, derive_all(model), model.observables[0])
    assert found.lattice is None
    assert "law" in found.why


def test_switching_walkers_of_which_one_kind_dies() -> None:
    """The equation's killing holds a root in its denominators, which ended as a traceback; by hand where switching is rare."""
    model = JumpModel(parameters=NAMES, coordinates=["x"], states=["m", "s"], jumps=[{"from": "m", "displacements": ["1", "-1"], "rate": "D"}],
                      reactions=[{"rule": "m <-> s", "rate": "a", "reverse_rate": "b"}, {"rule": "s -> 0", "rate": "k"}],
                      boundaries=[GROUND, TOP], observables=[{"name": "q", "kind": "splitting_probability", "target": "x <= 0"}])  # fmt: skip
    values = dict(observable(model, derive_all(model), model.observables[0]).equation)
    rare = values["diffusive"].xreplace({s: NUMBERS[s.name] for s in values["diffusive"].free_symbols})
    q = np.sqrt(1.3 * 0.15 / (0.8 + 0.15) / 0.7)
    assert abs(float(rare) - np.sinh(4 * q) / np.sinh(6 * q)) < 1e-9


def test_walkers_that_wait_without_a_mean_and_die() -> None:
    """Death takes walkers whatever their clock says: e^(-kt) times the survival of those that do not die."""
    waits = {"coordinates": ["x"], "waiting_time": {"distribution": "mittag_leffler", "index": "1/2", "scale": "a"},
             "jumps": [{"displacements": ["1", "-1"], "probability": "1/2"}], "boundaries": [GROUND, TOP],
             "observables": [{"name": "q", "kind": "survival_probability"}]}  # fmt: skip
    values = []
    for reactions in ([], DEATH):
        model = JumpModel(parameters=NAMES, reactions=reactions, **waits)
        values.append(observable(model, derive_all(model), model.observables[0]).equation[0][1])
    immortal, dying = values
    k, t = (next(s for s in dying.free_symbols if s.name == name) for name in "kt")
    outside = sp.Mul(*(f for f in dying.args if not f.has(sp.Sum)))
    assert not immortal.has(sp.Symbol("k", positive=True))
    assert sp.simplify(outside - sp.exp(-k * t)) == 0
    (sum_of_the_dying,), (of_the_immortal,) = dying.atoms(sp.Sum), immortal.atoms(sp.Sum)
    assert str(sum_of_the_dying).replace("k1", "k") == str(of_the_immortal).replace("k1", "k")


def test_switches_are_no_births() -> None:
    """Two velocities that turn at unequal rates between walls: c R' = a (R - L) - 1, c L' = b (R - L) + 1, R(1) = L(0) = 0."""
    states = [{"name": "right", "velocity": "v"}, {"name": "left", "velocity": "-v"}]
    turns = [{"from": "right", "to": "left", "rate": "a"}, {"from": "left", "to": "right", "rate": "b"}]
    model = JumpModel(parameters={"a": "positive", "b": "positive", "v": "positive"}, coordinates=["x"], states=states, jumps=turns,
                      boundaries=[{"domain": "0 < x < 1", "kind": "absorbing"}], initial={"states": {"right": "1"}})  # fmt: skip
    found = observable(model, derive_all(model), ObservableStatement("T", "mean_exit_time", None))
    a, b, v = (NUMBERS[n] for n in ("a", "b", "v"))
    flow = np.array([[a, -a, -1], [b, -b, 1], [0, 0, 0]]) / v  # of (R, L, 1)
    whole, part = scipy.linalg.expm(flow), scipy.linalg.expm(flow / 3)
    first = -whole[0, 2] / whole[0, 0]  # R(0), so that R(1) = 0
    expected = part[0, 0] * first + part[0, 2]
    symbols = {p.name: p.symbol for p in model.parameters}
    at = {symbols["a"]: a, symbols["b"]: b, symbols["v"]: v, sp.Symbol("x", real=True): sp.Rational(1, 3)}
    assert "telegraph" in dict(found.equation), found.why  # that walkers multiply was the reason
    for value in (found.lattice, dict(found.equation)["telegraph"]):
        assert float(value.subs(at)) == pytest.approx(expected, rel=1e-9)
