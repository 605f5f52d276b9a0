"""Internal states: classes, killing, transients, symmetries; what has no equation is refused with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sympy as sp

import symdiff as sd
from symdiff import certifier
from symdiff.algebra import elimination
from symdiff.api import loads
from symdiff.dossier.certificate import certificate, certificate_and_gaps
from symdiff.dossier.derivation import derive_model
from symdiff.errors import DerivationError, ModelError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel

HEAD = """[parameters]
a = "positive"
b = "positive"
c = "positive"
D1 = "positive"
p = "probability"
s1 = "probability"
s2 = "probability"
h = "positive"
tau = "positive"
[functions]
m = ["x"]
[model]
coordinates = ["x"]
"""


def state(name: str, velocity: str = "0", diffusivity: str = "0", more: str = "") -> str:
    return f'[[states]]\nname = "{name}"\nvelocity = "{velocity}"\ndiffusivity = "{diffusivity}"\n{more}'


def switch(old: str, new: str, rate: str) -> str:
    return f'[[jumps]]\nfrom = "{old}"\nto = "{new}"\nrate = "{rate}"\n'


def coefficients(text: str) -> dict[str, sp.Expr]:
    return {k: sp.factor(v) for k, v in sd.derive(loads(text)).coefficients}


def test_two_classes_vs_each_of_them_alone() -> None:
    pair = state("right", "c") + state("left", "-c", "D1") + switch("right", "left", "a") + switch("left", "right", "b")
    both = sd.derive(loads(HEAD + 'density = {u = ["right", "left"], w = ["v"]}\n' + pair + state("v", "c", "D1")))
    assert [e.density for e in both.equations] == ["u", "w"]
    assert both.equation is None
    assert any(a.startswith("u and w vary over lengths") for a in both.assumptions)
    found = {(k.density, k.role, k.of): k.value for k in both.coupled}
    alone = coefficients(HEAD + pair)
    assert sp.simplify(found["u", "D", "u"] - alone["D"]) == 0
    assert sp.simplify(found["u", "v", "u"] - alone["v"]) == 0
    assert found["w", "D", "w"] == sp.Symbol("D1", positive=True)
    assert sp.simplify(found["w", "D", "w"] - alone["D"]) != 0  # negative control


def test_two_unnamed_classes_are_asked_for_names() -> None:
    text = "".join(state(s, "c") for s in ("A", "B", "C", "D"))
    text += switch("A", "B", "a") + switch("B", "A", "b") + switch("C", "D", "a") + switch("D", "C", "b")
    with pytest.raises(ModelError, match="several sums of states"):
        sd.derive(loads(HEAD + text))


def test_transient_state_into_one_class_vs_the_class() -> None:
    pair = state("R", "c") + state("L", "-c") + switch("R", "L", "a") + switch("L", "R", "b")
    assert coefficients(HEAD + state("T", "c") + pair + switch("T", "R", "a")) == coefficients(HEAD + pair)


def test_transient_state_into_two_classes_is_refused() -> None:
    text = state("T", "c") + state("R", "c") + state("L", "-c") + switch("T", "R", "a") + switch("T", "L", "b")
    with pytest.raises(DerivationError, match="several closed classes"):
        sd.derive(loads(HEAD + text))


def test_splitting_a_state_in_two_changes_nothing() -> None:
    pair = state("R", "c") + state("L", "-c") + switch("R", "L", "a") + switch("L", "R", "b")
    twins = state("R1", "c") + state("R2", "c") + state("L", "-c")
    twins += switch("R1", "L", "a") + switch("R2", "L", "a") + switch("L", "R1", "b*p") + switch("L", "R2", "b*(1 - p)")
    assert coefficients(HEAD + pair) == coefficients(HEAD + twins)


def test_relabelled_states_give_the_same_equation() -> None:
    one = state("R", "c") + state("L", "-c", "D1") + switch("R", "L", "m(x)") + switch("L", "R", "b")
    two = state("L", "-c", "D1") + state("R", "c") + switch("L", "R", "b") + switch("R", "L", "m(x)")
    assert coefficients(HEAD + one) == coefficients(HEAD + two)


LOSSY = (
    'states = ["A", "B"]\ntime_step = "tau"\nsurvival = "lossy"\n'
    '[[jumps]]\nfrom = "A"\nto = "B"\ndisplacement = "h"\nprobability = "p*s1"\n'
    '[[jumps]]\nfrom = "A"\ndisplacement = "-h"\nprobability = "(1 - p)*s1"\n'
    '[[jumps]]\nfrom = "B"\ndisplacement = "h"\nprobability = "p*s2"\n'
    '[[jumps]]\nfrom = "B"\nto = "A"\ndisplacement = "-h"\nprobability = "(1 - p)*s2"\n'
)


def test_killing_that_depends_on_the_state_vs_the_largest_eigenvalue() -> None:
    rate = coefficients(HEAD + LOSSY)["a_0"]
    at = {"p": sp.Rational(1, 3), "s1": sp.Rational(9, 10), "s2": sp.Rational(1, 2), "tau": sp.Integer(2)}
    value = rate.subs({s: at[s.name] for s in rate.free_symbols})
    matrix = sp.Matrix([[at["s1"] * 2 / 3, at["s2"] * 2 / 3], [at["s1"] / 3, at["s2"] / 3]])
    largest = max(sp.N(e, 30) for e in matrix.eigenvals())
    assert abs(sp.N(value, 30) - sp.log(largest) / 2) < 1e-25
    assert abs(sp.N(value, 30) - sp.log(largest)) > 1e-3  # negative control: the time step left out


@pytest.mark.parametrize(("evaluation", "drift"), [("0", 0), ("1/2", sp.Rational(1, 2)), ("1", 1)])
def test_evaluation_of_the_noise_vs_its_drift(evaluation: str, drift: sp.Expr) -> None:
    text = HEAD + f'[[states]]\ndiffusivity = "m(x)"\nevaluation = "{evaluation}"\n'
    x = sp.Symbol("x", real=True)
    assert sp.simplify(coefficients(text)["v"] - drift * sp.Derivative(sp.Function("m")(x), x)) == 0


PLANE = """[parameters]
v0 = "positive"
lam = "positive"
Dr = "positive"
al = "-1 < al < 1"
[functions]
f = ["x"]
[model]
coordinates = ["x", "y"]
[[states]]
velocity = ["v0*u_x", "v0*u_y"]
[[internal]]
name = "u"
domain = "direction"
"""


def test_renewal_at_a_rate_vs_by_a_jump() -> None:
    one = coefficients(PLANE + 'rate = "lam"\nmean_cosine = "al"\n')
    two = coefficients(PLANE + 'mean_cosine = "al"\n[[jumps]]\nrate = "lam"\nredraw = ["u"]\n')
    assert one == two
    assert one != coefficients(PLANE + 'rate = "lam"\n')  # negative control


def test_orders_that_need_more_of_the_turn_are_refused() -> None:
    model = loads(PLANE + 'rate = "lam"\nmean_cosine = "al"\n')
    with pytest.raises(NotYetError, match="does not state"):
        sd.derive(model, order=4)
    assert sd.derive(loads(PLANE + 'rate = "lam"\n'), order=4).coefficient("a_xxxx") != 0


LINE = (
    '[parameters]\nD = "positive"\n[model]\ncoordinates = ["x"]\n[[states]]\nvelocity = "w"\n[[internal]]\nname = "w"\n'
)


@pytest.mark.parametrize("more", [
    'domain = "line"\ndiffusivity = "D"\n', 'domain = "line"\ndrift = "-w**3"\ndiffusivity = "D"\n',
    'domain = "w > 0"\ndiffusivity = "D"\n', 'domain = "line"\nrate = "D"\n', 'domain = "direction"\n',
    'domain = "line"\nmean_cosine = "1/2"\n', 'domain = "0 < w < 1"\n',
])  # fmt: skip
def test_internal_states_without_an_equation_are_refused(more: str) -> None:
    with pytest.raises(SymdiffError) as caught:
        sd.derive(loads(LINE + more))
    assert caught.value.status == 2


@pytest.mark.parametrize("dimension", [3, 4, 5])
def test_run_and_tumble_in_any_dimension_vs_its_resolvent(dimension: int) -> None:
    """1 = lam <1/(lam + s + v u.q)>, with <u_x^2> = 1/d, <u_x^4> = 3/(d(d + 2)); in four dimensions s = v^2 k^2/(4 lam) exactly."""
    names = ["p", "q", "r", "s", "w"][:dimension]
    velocity = [f"v*u_{name}" for name in names]
    text = f'[parameters]\nv = "positive"\nlam = "positive"\n[model]\ncoordinates = {names}\n[[states]]\nvelocity = {velocity}\n'
    found = dict(
        sd.derive(loads(text + '[[internal]]\nname = "u"\ndomain = "direction"\nrate = "lam"\n'), order=4).coefficients
    )
    v, lam = sp.symbols("v lam", positive=True)
    second, fourth = sp.Rational(1, dimension), sp.Rational(3, dimension * (dimension + 2))
    assert found["D_pp"] == second * v**2 / lam
    assert found.get("a_pppp", 0) == (fourth - 2 * second**2) * v**4 / lam**3
    assert found.get("a_ppqq", 0) == 2 * found.get("a_pppp", 0)  # isotropic


@pytest.mark.slow
def test_three_velocities_in_a_magnetic_field_vs_their_correlations() -> None:
    """<a(t) a(0)> = (D/g) e^(-g t) cos(B t) across the field, (D/g) e^(-g t) along it: D_xx and D_zz are the integrals."""
    text = """[parameters]
g = "positive"
B = "real"
D = "positive"
[model]
coordinates = ["x", "y", "z"]
[[states]]
velocity = ["a", "b", "c"]
[[internal]]
name = ["a", "b", "c"]
domain = "line"
drift = ["-g*a + B*b", "-g*b - B*a", "-g*c"]
diffusivity = "D"
"""
    found = coefficients(text)
    g, D = sp.symbols("g D", positive=True)
    B = sp.Symbol("B", real=True)
    assert sp.simplify(found["D_xx"] - D / (g**2 + B**2)) == 0
    assert found["D_xy"] == 0  # the antisymmetric part moves nothing
    assert sp.simplify(found["D_zz"] - D / g**2) == 0


def test_the_telegraph_regime_of_a_run_and_tumble_walk_is_found() -> None:
    """s^2 + (a + b) s + i k c (b - a) + c^2 k^2 = 0 is exact; its three kinds of terms balance where both rates are small."""
    pair = state("right", "c") + state("left", "-c") + switch("right", "left", "a") + switch("left", "right", "b")
    limits = {limit.regime.name: limit for limit in sd.derive_all(loads(HEAD + pair))}
    found = dict(limits["telegraph"].coefficients)
    a, b, c = sp.symbols("a b c", positive=True)
    assert (found["damping_rate"], found["c2"]) == (a + b, c**2)
    assert sp.expand(found["bias_rate"] - c * (b - a)) == 0
    spread = sd.derive_all(
        loads(
            HEAD
            + state("slow", "0", "D1")
            + state("fast", "0", "c")
            + switch("slow", "fast", "a")
            + switch("fast", "slow", "b")
        )
    )
    assert "telegraph" not in {limit.regime.name for limit in spread}  # negative control: fourth order in space


def test_two_eliminations_of_unlike_speed_vs_velocity_and_share_by_hand():
    """d returns to c at 2/tau (eps**-1), b passes on at g/15 (eps), a and c turn into each other at g p (eps**2).

    In c the walker goes 4h with each visit to d, at g/11; c holds 11/14 of the walkers, so v = (4h g/11)(11/14) = 2gh/7.
    The second route compared with a local equilibrium cut too early, and called it wrong.
    """
    jumps = [("a", "b", -2, "g*p"), ("b", "c", -2, "g*(1 - p)/15"), ("b", "a", -2, "g*p/5"), ("c", "d", 2, "g*(1 - p)/11"),
             ("c", "d", 1, "3*g*p/11"), ("c", "a", 1, "3*g*p/11"), ("d", "a", -1, "5*g*p/11"), ("d", "c", 2, "2/tau"), ("d", "a", -2, "2*g")]  # fmt: skip
    model = sd.JumpModel(parameters={"h": "positive", "tau": "positive", "p": "0 < p < 1", "g": "positive"}, coordinates=["x"],
                         states=["a", "b", "c", "d"], scaling={"g": 1, "p": 1, "tau": 1, "x": -1, "t": -2},
                         jumps=[{"from": i, "to": j, "displacement": f"{n}*h", "rate": rate} for i, j, n, rate in jumps])  # fmt: skip
    limit = sd.derive(model)
    g, h = (model.parameter(n).symbol for n in "gh")
    assert dict(limit.coefficients)["v"] == 2 * g * h / 7


MORTAL = {"h": "positive", "a": "positive", "b": "positive", "k": "positive"}
DRIFT = [{"displacement": "h", "rate": "a"}, {"displacement": "-h", "rate": "b"}]
IN_AND_OUT = [{"from": "m", "displacement": "h", "rate": "a"}, {"from": "m", "to": "r", "displacement": "0", "rate": "b"},
              {"from": "r", "to": "m", "displacement": "0", "rate": "b"}]  # fmt: skip


@pytest.mark.parametrize(
    ("states", "jumps", "dying", "wanted"),
    [([], DRIFT, "P", {"hyperbolic": {"a_0": "-k", "v": "(a - b)*h"}, "diffusive": {"a_0": "-k", "v": "(a - b)*h", "D": "b*h**2"}}),
     (["m", "r"], IN_AND_OUT, "m", {"hyperbolic": {"a_0": "-k/2", "v": "a*h/2"}})],
)  # fmt: skip
def test_regimes_of_rare_death_vs_by_hand(states, jumps, dying, wanted):
    """k = O(eps) beside a drift, k = O(eps**2) beside a weak one; with states, k times the share 1/2 of the mortal state."""
    reactions = [{"consumes": [dying], "produces": [], "rate": "k"}]
    extra = {"states": states} if states else {}
    model = sd.JumpModel(parameters=MORTAL, coordinates=["x"], jumps=jumps, reactions=reactions, **extra)
    found = {x.regime.name: dict(x.coefficients) for x in sd.derive_all(model) if x.regime.origin == "found"}
    symbols = {n: model.parameter(n).symbol for n in MORTAL}
    for name, roles in wanted.items():
        assert {
            r: sp.factor(found[name][r] - sp.sympify(v, locals=symbols)) for r, v in roles.items()
        } == dict.fromkeys(roles, 0)


def test_survival_near_one_is_found_vs_its_rate_by_hand():
    """A chance s to survive each step is the rate -log(s)/tau, (1 - s)/tau where 1 - s = O(eps**2): both by their regime."""
    model = sd.JumpModel(parameters={"h": "positive", "tau": "positive", "s": "0 < s < 1"}, coordinates=["x"], time_step="tau", survival="lossy",
                         jumps=[{"displacements": ["h", "-h"], "probability": "s/2"}],
                         claims=[{"id": str(n), "expression": f"a_0 = {e}"} for n, e in enumerate(("log(s)/tau", "-(1 - s)/tau", "-(1 - s)/(2*tau)"))])  # fmt: skip
    assert [v.verdict for v in sd.check_all(model).verdicts] == ["proved", "conditional", "refuted"]


def test_a_step_law_of_the_internal_state_is_refused_and_its_mean_as_a_displacement_is_not() -> None:
    """Steps of mean v u and variance s at rate g, u of unit variance and rate: D = g (s + v^2)/2 + g^2 v^2 (Green-Kubo, by hand)."""
    fixed = {"parameters": dict.fromkeys("vsg", "positive"), "coordinates": ["x"],
             "internal": [{"name": "u", "domain": "line", "diffusivity": "1", "drift": "-u"}]}  # fmt: skip
    law = {"distribution": "normal", "variance": "s", "rate": "g"}
    with pytest.raises(NotYetError, match="depend on a continuous internal state") as refused:
        sd.JumpModel(**fixed, jumps=[law | {"mean": "v*u"}])
    assert "displacement" in refused.value.instead
    v, s, g = sp.symbols("v s g", positive=True)
    found = sd.derive(sd.JumpModel(**fixed, jumps=[law | {"mean": "0", "displacement": "v*u"}])).diffusion_tensor[0][0]
    assert sp.expand(found - g * (s + v**2) / 2 - g**2 * v**2) == 0


INSIDE = {
    "direction": '[[internal]]\nname = "u"\ndomain = "direction"\ndiffusivity = "a"\n[[states]]\nvelocity = ["u_x", "u_y"]\n',
    "between walls": '[[internal]]\nname = "z"\ndomain = "0 < z < h"\ndiffusivity = "a"\n[[states]]\nvelocity = ["c*z/h", "0"]\n',
}


@pytest.mark.parametrize("inside", INSIDE)
def test_death_at_one_rate_beside_a_continuous_internal_state_vs_the_rate(inside: str) -> None:
    """It was dropped between walls, by both routes, and a fault elsewhere: the spreading is that without death."""
    text = (
        HEAD.replace('["x"]\n[model]\ncoordinates = ["x"]', '["x"]\n[model]\ncoordinates = ["x", "y"]') + INSIDE[inside]
    )
    killed = text + '[[reactions]]\nconsumes = ["P"]\nproduces = []\nrate = "b"\n'
    alive, dying = coefficients(text), coefficients(killed)
    assert dying.pop("a_0") == -sp.Symbol("b", positive=True)
    assert dying == alive
    shown = str(sd.derive(loads(killed)).master_equation.equations[0].rhs)
    assert "b*P(" in shown
    assert "a*" in shown, "the internal state's own motion stands in the master equation too"


def test_death_that_differs_between_walls_is_refused_where_it_is_fast() -> None:
    text = HEAD + INSIDE["between walls"].replace('["c*z/h", "0"]', '"c*z/h"')
    with pytest.raises(NotYetError, match="differs between places of an internal state"):
        sd.derive(loads(text + '[[reactions]]\nconsumes = ["P"]\nproduces = []\nrate = "b*z/h"\n'))


def test_jumps_at_a_rate_of_the_place_between_walls_vs_taylor_dispersion() -> None:
    """The second route did not know the jumps, a fault. v = c/2 + a h/2; (c + a h)^2 spreads as c^2 does, besides a h^2/4."""
    text = HEAD + INSIDE["between walls"].replace('["c*z/h", "0"]', '"c*z/h"').replace('"a"', '"b"')
    a, b, c, h = (sp.Symbol(n, positive=True) for n in "abch")
    found = coefficients(text + '[[jumps]]\ndisplacement = "h"\nrate = "a*z/h"\n')
    assert sp.expand(found["v"] - (c + a * h) / 2) == 0
    assert sp.expand(found["D"] - (c + a * h) ** 2 * h**2 / (120 * b) - a * h**2 / 4) == 0


@pytest.mark.parametrize("back", ["D(x)", "2*g"])
def test_a_long_further_term_is_the_last_one_vs_both(back: str, monkeypatch: pytest.MonkeyPatch) -> None:
    jumps = [
        {"from": "a", "to": "b", "displacement": "h", "rate": "g"},
        {"from": "b", "to": "a", "displacement": "0", "rate": back},
    ]
    model = sd.JumpModel(parameters={"h": "positive", "g": "positive"}, functions={"D": ["x"]}, coordinates=["x"],
                         states=["a", "b"], jumps=jumps)  # fmt: skip
    monkeypatch.setattr(elimination, "LONG", 10**6)
    both = sd.derive(model)
    monkeypatch.setattr(elimination, "LONG", 0)
    one = sd.derive(model)
    assert (one.remainder_power, both.remainder_power) == (4, 5)
    assert one.discarded == tuple(d for d in both.discarded if d.power == 3)
    assert one.equation == both.equation
    if back == "2*g":  # the checker takes it: the local equilibrium reaches as far as the equation
        assert json.loads(certificate(derive_model(model)))["limits"][-1]["remainder"] == "4"


def test_a_transient_state_between_two_slow_densities_vs_its_chances() -> None:
    """c is left fast, by g to a and by 2g to b: the densities are a + c/3 and b + 2c/3, and b loses s/3 to a."""
    links = [("a", "b", "s"), ("b", "c", "s"), ("c", "a", "g"), ("c", "b", "2*g")]
    model = sd.JumpModel(
        parameters={"g": "positive", "s": "positive", "h": "positive"},
        coordinates=["x"],
        states=["a", "b", "c"],
        scaling={"s": 1, "x": -1, "t": -1},
        jumps=[{"from": i, "to": j, "displacement": "h", "rate": w} for i, j, w in links],
    )
    (limit,) = [limit for limit in sd.derive_all(model) if limit.regime.origin == "stated"]
    assert any("(1/3) of it to a" in note and "(2/3) of it to b" in note for note in limit.assumptions)
    s = sp.Symbol("s", positive=True)
    (lost,) = [t.coefficient for e in limit.system if e.density == "b" for t in e.right if t.density == "b"]
    assert sp.simplify(lost + s / 3) == 0
    document = json.loads(certificate(derive_model(model)))
    assert "stated" not in [entry["regime"]["name"] for entry in document["limits"]]
    assert "stated" in str(document["left_out"])


@pytest.mark.parametrize(("rate", "shown"), [("G(x)", "0"), ("G(x)/h**2", "G"), ("1", "0")])
def test_a_time_too_short_for_motion_is_given_as_the_reason(rate: str, shown: str) -> None:
    """Two sites a cell: with t = O(eps^2) and rates of order one nothing happens, with rates of order 1/eps^2 sites only exchange."""
    jumps = [{"from": a, "to": b, "displacements": ["h", "-h"], "rate": rate} for a, b in ("AB", "BA")]
    model = sd.JumpModel(parameters={"h": "positive"}, functions={"G": ["x"]}, coordinates=["x"], states=["A", "B"],
                         jumps=jumps, scaling={"h": 1, "t": 2})  # fmt: skip
    (limit,) = [limit for limit in sd.derive_all(model) if limit.regime.origin == "stated"]
    assert limit.equations == ()
    assert "longer times" in limit.closure.why
    assert all((shown in str(e)) for e in limit.system)


def test_the_remainder_of_a_determinant_vs_the_determinant() -> None:
    """Two lanes: (s + w12 - a1 (e^(-ikl) - 1))(s + w21 - a2 (e^(ikl) - 1)) - w12 w21 with k, w, s of the order of eps."""
    limit = next(f for f in sd.derive_all(sd.load("two_lanes")) if f.regime.name == "telegraph")
    s, k, eps = sp.symbols("s k eps")
    a1, a2, w12, w21, ell = (sp.Symbol(n, positive=True) for n in ("a1", "a2", "w12", "w21", "ell"))
    step = sp.series(sp.exp(-sp.I * k * ell * eps) - 1, eps, 0, 6).removeO()
    one, two = s * eps + w12 * eps - a1 * step, s * eps + w21 * eps - a2 * step.subs(k, -k)
    exact = sp.Poly(sp.expand(one * two - w12 * w21 * eps**2), eps)
    terms = [(1, t) for t in limit.equation.left] + [(-1, t) for t in limit.equation.right]
    terms += [(-1, t) for d in limit.discarded for t in d.terms]
    shown = sp.Add(*(n * t.coefficient * s**t.time * (sp.I * k) ** t.space[0] for n, t in terms))
    shown = shown.xreplace({x: sp.Symbol(x.name, positive=True) for x in shown.free_symbols if x not in (s, k)})
    small = {x: eps * x for x in (s, k, w12, w21)}
    gap = sp.Poly(exact.as_expr() - sp.expand(shown.xreplace(small)), eps)
    assert min(n for (n,) in gap.monoms()) == limit.remainder_power == 5


def bearing(*reactions: tuple[str, list[str], str], turn: str = "0", **more: Any) -> JumpModel:
    """A and C walk at the rate g; A turns into C at the rate ``turn``."""
    jumps = [{"displacement": d, "rate": "g"} for d in ("h", "-h")]
    jumps += [{"displacement": "0", "rate": turn, "from": "A", "to": "C"}] if turn != "0" else []
    return JumpModel(parameters=dict.fromkeys("bghks", "positive"), coordinates=["x"], states=["A", "C"], jumps=jumps,
                     reactions=[{"consumes": [a], "produces": new, "rate": rate} for a, new, rate in reactions], **more)  # fmt: skip


def test_what_one_class_bears_into_another_piles_up_or_follows_it() -> None:
    """C_t = b A + g h^2 C_xx beside A_t = g h^2 A_xx; where C dies at the rate k it is b A/k."""
    piles = sd.derive(bearing(("A", ["A", "C"], "b")))
    assert [e.density for e in piles.equations] == ["A", "C"]
    b, k = sp.symbols("b k", positive=True)
    assert {(c.density, c.role, c.of): c.value for c in piles.coupled}["C", "a_0", "A"] == b
    follows = sd.derive(bearing(("A", ["A", "C"], "b"), ("C", [], "k")))
    assert dict(follows.local_equilibrium)["C"] == b / (b + k)


def test_a_class_that_may_outgrow_those_that_lose_nobody_is_not_left_out() -> None:
    """A doubles at b and turns into C at s: A grows like e^((b - s) t), and C follows it where b > s."""
    model = bearing(("A", ["A", "A"], "b"), turn="s")
    with pytest.raises(NotYetError, match="the sign of b - s"):
        sd.derive(model)
    grows = sd.derive(bearing(("A", ["A", "A"], "2*s"), turn="s"))
    assert dict(grows.coefficients)["a_0"] == sp.Symbol("s", positive=True)
    dies = sd.derive(bearing(("A", ["A", "A"], "s/2"), turn="s"))
    assert dict(dies.local_equilibrium)["C"] == 1


def test_a_certificate_leaves_out_the_regimes_that_have_none() -> None:
    """Births and turns: which of them is faster is open for long waves; where both are slow the two densities have their equations."""
    model = bearing(("A", ["A", "A"], "b"), turn="s", scaling={"h": 1, "b": 2, "s": 2, "t": -2})
    derivation = derive_model(model)
    text, gaps = certificate_and_gaps(derivation)
    assert [name for name, _ in gaps] == ["long-wave"]
    document = json.loads(text)
    assert [x["regime"] for x in document["left_out"]] == ["long-wave"]
    assert {x["regime"]["name"] for x in document["limits"]} == {x.regime.name for x in derivation.limits} - {
        "long-wave"
    }
    assert len(certifier.check(text)) == len(document["limits"])
