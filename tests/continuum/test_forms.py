"""Forms of a derived equation against textbook forms: conventions of the noise, groups, Pade, isotropy, dimensions."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum import forms
from symdiff.continuum.crossovers import crossovers
from symdiff.continuum.sizing import require_size
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.derive_document import derive_document
from symdiff.errors import DerivationError, ResourceError
from symdiff.model.dimensions import dimensions_of, shown
from symdiff.notation.expression import parse_expression


def walk(rate_left, rate_right, **more):
    return sd.JumpModel(title="t", parameters={"h": "positive", "g": "positive"}, functions={"D": ["x"]},
                        model={"coordinates": ["x"]}, scaling={"h": 1}, **more,
                        jumps=[{"displacement": "h", "rate": rate_right}, {"displacement": "-h", "rate": rate_left}])  # fmt: skip


@pytest.mark.parametrize(
    ("place", "name"),  # Ito, Stratonovich (D at x + r/4), isothermal (the midpoint): van Kampen, ch. IX.5
    [("x", "Ito"), ("x + r/4", "Stratonovich"), ("x + r/2", "isothermal")],
)
def test_the_convention_that_leaves_no_drift_vs_where_the_rate_is_read(place, name):
    limit = sd.derive(walk(f"D({place})/h**2", f"D({place})/h**2"))
    assert forms.drifts(limit).name == name


def test_regularised_form_has_the_dispersion_relation_to_fourth_order_and_decays():
    limit = sd.derive(walk("g", "g"))
    limit = next(x for x in sd.derive_all(walk("g", "g")) if x.regime.name == "long-wave")
    lhs, rhs = forms.regularised(limit).equation
    k, s = sp.symbols("k s")
    x, t = limit.coordinates[0], limit.equation.time
    mode = sp.exp(s * t + sp.I * k * x)
    density = sp.Function(limit.density)(x, t)
    rate = sp.solve(sp.expand((lhs - rhs).subs(density, mode).doit() / mode), s)[0]
    h, g = (q.symbol for q in (walk("g", "g").parameter("h"), walk("g", "g").parameter("g")))
    exact = 2 * g * (sp.cos(k * h) - 1)
    assert sp.expand(sp.series(rate - exact, k, 0, 6).removeO()) == 0
    assert sp.limit(rate.subs({h: 1, g: 1}), k, sp.oo) < 0  # the plain fourth order has + k**4: it grows


def test_groups_and_isotropy_vs_by_hand():
    biased = sd.JumpModel(title="t", parameters={"h": "positive", "a": "positive", "b": "positive"}, model={"coordinates": ["x"]},
                          jumps=[{"displacement": "h", "rate": "a"}, {"displacement": "-h", "rate": "b"}])  # fmt: skip
    groups = dict(forms.dimensionless(next(x for x in sd.derive_all(biased) if x.regime.name == "long-wave")).groups)
    a, b, h = (biased.parameter(n).symbol for n in "abh")
    assert sp.simplify(groups["Pe"] - 2 * (a - b) * forms.LENGTH / (h * (a + b))) == 0
    for lattice, fourth in (("square", False), ("triangular", True)):  # the triangular lattice is round to fourth order
        model = sd.JumpModel(title="t", parameters={"h": "positive", "g": "positive"},
                             model={"coordinates": ["x", "y"], "lattice": lattice, "spacing": "h", "rate": "g"})  # fmt: skip
        assert dict(forms.isotropy(sd.derive(model))) == {2: True, 4: fourth}


def test_dimensions_follow_from_displacements_and_rates_and_refute_a_claim():
    model = walk("g*exp(-D(x))", "g", claims=[{"id": "c", "expression": "D_eff = g*h", "symbols": {"D_eff": "D"}},
                                              {"id": "f", "expression": "D_eff = 3*g*h**2", "symbols": {"D_eff": "D"}}])  # fmt: skip
    found = dimensions_of(model)
    assert {n: shown(found.table[n]) for n in ("h", "g", "D")} == {"h": "length", "g": "1/time", "D": "none"}
    first, other = sd.check_all(model).verdicts
    assert first.verdict == other.verdict == "refuted"
    assert "length²/time on the left, length/time on the right" in first.why
    assert "dimension" not in other.why  # wrong by a factor, not by its dimension


WAITS = {"parameters": {"a": "positive", "T": "positive", "al": "0 < al < 1"}, "coordinates": ["x"],
         "jumps": [{"displacements": ["a", "-a"], "probability": "1/2"}]}  # fmt: skip
HEAVY = WAITS | {"waiting_time": {"distribution": "mittag_leffler", "index": "al", "scale": "T"}}
SCHEME = {"parameters": {"D": "positive", "h": "positive", "k": "positive"}, "coordinates": ["x"], "density": "u",
          "master_equation": "u(x, t + k) - u(x, t) = D*k/h**2*(u(x + h, t) - 2*u(x, t) + u(x - h, t))"}  # fmt: skip
NUMBERS = {"parameters": {"V": "positive", "k": "positive", "c": "positive"}, "coordinates": ["n"], "system_size": "V", "scaled": ["x"],
           "jumps": [{"displacement": "1", "rate": "k*V"}, {"displacement": "-2", "rate": "c*n*(n - 1)/V"}]}  # fmt: skip
CROWD = {"parameters": {"h": "positive", "g": "positive", "b": "positive"}, "coordinates": ["x"], "density": "u",
         "jumps": [{"displacements": ["h", "-h"], "rate": "g*(1 - u(x + r))"}],
         "reactions": [{"consumes": ["u"], "produces": ["u", "u"], "rate": "b*(1 - u(x))"}]}  # fmt: skip
TABLES = [
    (HEAVY, {"a": "length", "T": "time", "al": "none"}, "K = a**2/(2*T**al)", "K = a**2/(2*T)"),
    (SCHEME, {"D": "length**2/time", "h": "length", "k": "time"}, "a_4 = D*h**2/12 - D**2*k/2", "a_4 = D*h/12 - D**2*k/2"),
    (NUMBERS, {"V": "[V]", "k": "1/([V]*time)", "c": "[V]/time"}, "D = (k + 4*c*x**2)/(2*V)", "D = (k + 4*c*x**2)/2"),
    (CROWD, {"h": "length", "g": "1/time", "b": "1/time"}, "D = g*h**2", "D = g*h"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "table", "right", "wrong"), TABLES)
def test_dimensions_of_waits_schemes_numbers_and_crowds_vs_by_hand(document, table, right, wrong):
    model = sd.JumpModel(
        **document, claims=[{"id": "right", "expression": right}, {"id": "wrong", "expression": wrong}]
    )
    found = dimensions_of(model)
    assert {n: found.words(found.table[n]) for n in table} == table
    judged, refuted = sd.check_all(model).verdicts
    assert (judged.verdict, refuted.verdict) == ("proved", "refuted")
    assert ("dimensionally wrong" in refuted.why) == (document is not HEAVY)  # what K is of depends on two indices
    limits = derive_model(model)
    assert derive_document(limits)["dimensions"]["consistent"]


def test_a_claims_own_name_for_a_parameter_vs_the_files_name():
    model = walk("g", "g", claims=[{"id": str(n), "expression": f"D_eff = {claim}", "symbols": {"alpha": "g", "D_eff": "D"}}
                                   for n, claim in enumerate(("alpha*h**2", "2*alpha*h**2", "alpha*h"))])  # fmt: skip
    proved, refuted, wrong = sd.check_all(model).verdicts
    assert (proved.verdict, refuted.verdict, wrong.verdict) == ("proved", "refuted", "refuted")
    assert "dimensionally wrong" in wrong.why
    assert "dimensionally wrong" not in refuted.why


def test_limits_that_do_not_commute_and_a_derivation_that_is_too_large_are_named():
    """A persistent walk: D = p l^2/(2 (1 - p) tau) diverges as p -> 1, where the telegrapher's equation holds."""
    jumps = [{"from": a, "to": b, "displacement": "ell" if b == "r" else "-ell", "probability": "p" if a == b else "1 - p"}
             for a in "rl" for b in "rl"]  # fmt: skip
    model = sd.JumpModel(title="t", parameters={"ell": "positive", "tau": "positive", "p": "probability"}, jumps=jumps,
                         model={"coordinates": ["x"], "states": ["r", "l"], "time_step": "tau"},
                         scaling={"name": "telegraph", "ell": 1, "tau": 1, "1 - p": 1})  # fmt: skip
    found = [c for c in crossovers(model, sd.derive_all(model)) if not c.commute]
    assert [(c.between, str(c.at[0][1])) for c in found] == [(("long-wave", "telegraph"), "1 - p")]
    with pytest.raises(ResourceError, match="about 20 terms, more than 19"):
        require_size(model, None, 19)
    require_size(model, None, 20)


def test_logarithm_of_the_laplacian_as_shown_vs_its_growth_rate():
    """k^2 log|k| is (-Laplacian) ln(-Laplacian) / 2 in a plane wave."""
    flights = sd.JumpModel(parameters={"a": "positive", "tau": "positive"}, coordinates=["x"], time_step="tau",
                           jumps=[{"distribution": "tail", "index": "2", "amplitude": "a", "probability": "1"}])  # fmt: skip
    equation = derive_document(derive_model(flights))["limits"][0]["equations"][0]["rhs"]["latex"]
    assert equation == r"\frac{a}{2 \tau} (-\Delta) \ln (-\Delta) P"


@pytest.mark.parametrize(("rate", "divisor"), [("g/(x*h)", "x"), ("g/(h*Abs(x - g))", "Abs(g - x)"), ("g/(h*D(x))", "D(x)"),
                                               ("g/(h*(1 + x**2))", None), ("g*x**2/h", None)])  # fmt: skip
def test_places_that_a_rate_divides_by_are_assumed_away(rate, divisor):
    notes = [a for a in sd.derive(walk("g/h**2", f"g/h**2 + {rate}")).assumptions if "divide" in a]
    assert [a.split(":")[0] for a in notes] == ([f"the rates divide by {divisor}"] if divisor else [])


def test_logistic_growth_in_discrete_time_vs_the_logarithm_of_its_map():
    """One step adds tau f, f = s u (1 - u); the flow through it begins f - tau f f'/2, so -s^2 tau u (1 - u)(1 - 2u)/2 is discarded."""
    model = sd.JumpModel(parameters={"h": "positive", "tau": "positive", "s": "positive"}, scaling={"h": 1, "tau": 2},
                         coordinates=["x"], density="u", time_step="tau",
                         jumps=[{"displacements": [["h"], ["-h"]], "probability": "1/2"}],
                         reactions=[{"consumes": ["u"], "produces": ["u", "u"], "probability": "s*tau*(1 - u(x))"}])  # fmt: skip
    limit = sd.derive(model)
    h, tau, s = (model.parameter(n).symbol for n in ("h", "tau", "s"))
    (x,), t = limit.coordinates, limit.equation.time
    u = sp.Function("u")(x, t)
    assert sp.expand((limit.equation.rhs - s * u * (1 - u) - h**2 / (2 * tau) * sp.diff(u, x, 2)).doit()) == 0
    (discarded,) = limit.discarded
    terms = sum(e.expression(limit.coordinates, t) for e in discarded.terms)
    c = sp.Symbol("c")  # a uniform density
    assert sp.expand(terms.subs(u, c).doit() + s**2 * tau * c * (1 - c) * (1 - 2 * c) / 2) == 0


@pytest.mark.parametrize(
    ("clock", "weight", "closure"), [({}, "rate", "exact"), ({"time_step": "tau"}, "probability", "mean-field")]
)
def test_exclusion_is_exact_one_agent_at_a_time_not_where_all_move_at_once(clock, weight, closure):
    """Two neighbours of an empty site may both enter it in one time step."""
    model = sd.JumpModel(parameters={"h": "positive", "tau": "positive", "m": "probability"}, scaling={"h": 1, "tau": 2}, occupancy=1,
                         coordinates=["x"], density="u", **clock,
                         jumps=[{"displacement": "h", weight: "m*(1 - u(x + h))/2"},
                                {"displacement": "-h", weight: "m*(1 - u(x - h))/2"}])  # fmt: skip
    limits = sd.derive_all(model)
    assert [x.regime.name for x in limits] == ["stated", "long-wave"]
    assert all(x.closure.kind == closure and x.equation is not None for x in limits)


FORCES = {
    "Arrhenius": ("k*exp(f*a/(2*T))", "k*exp(-f*a/(2*T))", "k*f*a**2/T", "k*a**2"),
    "Glauber": ("k/(1 + exp(-f*a/T))", "k/(1 + exp(f*a/T))", "k*f*a**2/(2*T)", "k*a**2/2"),
    "Metropolis": ("k*Min(1, exp(f*a/T))", "k*Min(1, exp(-f*a/T))", "k*f*a**2/T", "k*a**2"),
}


@pytest.mark.parametrize("rule", FORCES)
@pytest.mark.parametrize("assumed", ["real", "positive"])
def test_a_weak_force_is_found_as_the_diffusive_regime_with_einsteins_relation(rule: str, assumed: str) -> None:
    """v = f D/T for every rule with detailed balance (Einstein); the prefactors by hand from the rates' first derivative."""
    right, left, v, d = FORCES[rule]
    model = sd.JumpModel(parameters={"a": "positive", "k": "positive", "T": "positive", "f": assumed}, coordinates=["x"],
                         jumps=[{"displacement": "a", "rate": right}, {"displacement": "-a", "rate": left}])  # fmt: skip
    found = {limit.regime.name: limit for limit in sd.derive_all(model)}
    assert list(found) == ["long-wave", "diffusive"]  # one regime, not one for f and one for every symbol beside it
    weak = found["diffusive"]
    assert sp.simplify(weak.coefficient("v") - parse_expression(v, model.scope)) == 0
    assert sp.simplify(weak.coefficient("D") - parse_expression(d, model.scope)) == 0
    assert (
        sp.simplify(found["long-wave"].coefficient("v") - parse_expression(v, model.scope)) != 0
    )  # negative control: at a fixed force


def test_no_weak_force_where_its_range_excludes_zero() -> None:
    jumps = [{"displacement": "a", "rate": "k*exp(f)"}, {"displacement": "-a", "rate": "k*exp(-f)"}]
    model = sd.JumpModel(
        parameters={"a": "positive", "k": "positive", "f": "1 < f < 2"}, coordinates=["x"], jumps=jumps
    )
    assert [limit.regime.name for limit in sd.derive_all(model)] == ["long-wave"]


def test_killed_walk_has_regimes_of_weak_and_of_strong_loss() -> None:
    model = sd.JumpModel(parameters={"h": "positive", "tau": "positive", "p": "probability", "d": "probability"},
        coordinates=["x"], time_step="tau", model={"survival": "lossy"},
        jumps=[{"displacement": "h", "probability": "(1 - d)*p"}, {"displacement": "-h", "probability": "(1 - d)*(1 - p)"}])  # fmt: skip
    found = {limit.regime.name: limit for limit in sd.derive_all(model)}
    loss = {name: limit.coefficient("a_0") for name, limit in found.items()}
    d, tau = (next(s for s in loss["long-wave"].free_symbols if s.name == n) for n in ("d", "tau"))
    # survivors spread as a walk does; their number falls by ln(1 - d) a step, which is -d where d is small (by hand)
    assert sp.expand(loss["diffusive"] - sp.log(1 - d) / tau) == 0
    assert sp.expand(loss["diffusive d"] + d / tau) == 0
    assert sp.expand(loss["hyperbolic"] + d / tau) == 0
    weak = found["diffusive d"]
    assert {str(k): int(n) for k, n in weak.regime.powers if str(k) in ("d", "2*p - 1")} == {"d": 2, "2*p - 1": 1}
    assert "D" in dict(weak.coefficients)


@pytest.mark.parametrize(
    ("rate", "singular"), [("g/(D(x + r) - D(x))", True), ("g*(D(x + r) - D(x))/(D(x + r) - D(x - r))", False)]
)
def test_rates_that_are_singular_where_nothing_varies_are_refused(rate, singular):
    """g/(h D') has no sign and no bound; the removable singularity of the quotient tends to g/2."""
    model = sd.JumpModel(parameters={"h": "positive", "g": "positive"}, functions={"D": ["x"]}, coordinates=["x"],
                         jumps=[{"displacements": ["h", "-h"], "rate": rate}])  # fmt: skip
    if singular:
        with pytest.raises(DerivationError, match="singular where nothing varies"):
            sd.derive(model)
    else:
        g, h = (model.parameter(n).symbol for n in "gh")
        assert sp.simplify(dict(sd.derive(model, order=2).coefficients)["D"] - g * h**2 / 2) == 0


@pytest.mark.parametrize(("force", "up"), [("positive", "1"), ("negative", "exp(f*a)"), ("real", "Min(1, exp(f*a))")])
def test_metropolis_with_a_force_of_known_sign_vs_the_rates_by_hand(force: str, up: str) -> None:
    """Against the force the rate is its exponential, along it one; of a force of any sign the smaller of both stays."""
    model = sd.JumpModel(parameters={"f": force, "a": "positive"}, coordinates=["x"],
                         jumps=[{"displacements": ["a", "-a"], "rate": "Min(1, exp(f*r))"}])  # fmt: skip
    names = {
        s.name: s
        for s in (
            sp.Symbol("f", **({} if force == "real" else {force: True}), real=True),
            sp.Symbol("a", positive=True),
        )
    }
    down = {"1": "exp(-f*a)", "exp(f*a)": "1"}.get(up, "Min(1, exp(-f*a))")
    expected = sp.sympify(f"a*({up} - {down})", locals=names)
    assert str(sd.derive(model).coefficient("v").expand()) == str(expected.expand())


def test_fluxes_in_the_plane_have_the_equation_as_their_divergence() -> None:
    """Rates D(x, y)/h^2 along both axes, g along one diagonal and to one side: J_x = g h P - d_x(D P) - ... ."""
    model = sd.JumpModel(
        parameters={"h": "positive", "g": "positive"}, functions={"D": ["x", "y"]}, coordinates=["x", "y"],
        jumps=[{"displacements": [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]], "rate": "D(x, y)/h**2"},
               {"displacements": [["h", "h"], ["-h", "-h"]], "rate": "g"}, {"displacement": ["h", "0"], "rate": "g"}])  # fmt: skip
    limit = sd.derive(model)
    found = forms.divergence_forms(limit)
    x, y = limit.coordinates
    outflow = found["flux_x"][1].doit().diff(x) + found["flux_y"][1].doit().diff(y)
    assert sp.expand(outflow + found["conservative"][1].doit()) == 0
    assert sp.expand(2 * outflow + found["conservative"][1].doit()) != 0
    assert found["flux_x"][1] != found["flux_y"][1].xreplace({x: y, y: x})
