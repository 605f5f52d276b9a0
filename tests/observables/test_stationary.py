"""Stationary laws against null vectors of the rate matrix, and densities against the equation that they solve.

By hand: barometric law (1 - q/p)(q/p)^n, Poisson and binomial laws (van Kampen ch. VI), Wright's beta law, Boltzmann.
"""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from chains import evaluate, number, put
from test_exits import BIASED, GLAUBER, LAZY, MIDWAY, NAMES, WELL, bulk_limits, walk

import symdiff as sd
from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable, on_level
from symdiff.dossier.derivation import derive_model
from symdiff.errors import DerivationError, ModelError, SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.loading import load_text

x = sp.Symbol("x", real=True)
P = ObservableStatement("P", "stationary_density")
POINT = {"h": "1/2", "tau": 1, "L": 3, "a": "13/10", "b": "9/5", "p": "2/5", "bet": "6/5", "D": "7/10"}
SHAPES = {"V": lambda y: sp.cos(y) / 2 + y**2 / 5, "g": lambda y: 1 + sp.cos(y) ** 2 / 3}


def null_vector(model: JumpModel, sites: list[int], spacing: sp.Rational) -> list[mpmath.mpf]:
    """The stationary law of the sites, jumps that lead outside not made."""
    at = model.substitute(
        {k: sp.sympify(v) for k, v in POINT.items() if k in {q.name for q in model.parameters} and k != "L"}
    )
    size = len(sites)
    matrix, right = mpmath.zeros(size), mpmath.zeros(size, 1)
    for column, n in enumerate(sites):
        for jump in at.jumps:
            row = column + int(jump.displacement[0] / spacing)
            if 0 <= row < size:
                rate = number(put(jump.intensity.subs(x, n * spacing).subs(sp.Symbol("L", positive=True), 3), SHAPES))
                matrix[row, column] += rate
                matrix[column, column] -= rate
    for column in range(size):
        matrix[size - 1, column] = 1
    right[size - 1] = 1
    return list(mpmath.lu_solve(matrix, right))


@pytest.mark.parametrize(
    "jumps", [BIASED, LAZY, WELL, GLAUBER, MIDWAY], ids=["biased", "rates", "potential", "heat-bath", "bonds"]
)
def test_sites_between_reflecting_walls(jumps: list) -> None:
    model = walk(jumps, [{"domain": "0 <= x <= L", "kind": "reflecting"}])
    found = observable(model, (), P).lattice
    expected = null_vector(model, list(range(7)), sp.Rational(1, 2))
    for site in (0, 2, 6):
        assert abs(evaluate(found, POINT | {"x": sp.Rational(site, 2)}, SHAPES) - expected[site]) < 1e-12
    mean = observable(model, (), ObservableStatement("m", "stationary_moment", x)).lattice
    assert abs(evaluate(mean, POINT, SHAPES) - sum(w * n / 2 for n, w in enumerate(expected))) < 1e-12
    assert abs(evaluate(mean, POINT, SHAPES) - sum(w * (n + 1) / 2 for n, w in enumerate(expected))) > 0.1


@pytest.mark.parametrize("up", ["a*(L - x)", "a*(L - x)*(D + x)"])
def test_populations_between_their_natural_limits(up: str) -> None:
    down = "b*x" if "D" not in up else "b*x*(D + L - x)"
    model = JumpModel(
        parameters=NAMES,
        coordinates=["x"],
        jumps=[{"displacement": "1", "rate": up}, {"displacement": "-1", "rate": down}],
    )
    found = observable(model, (), P).lattice
    expected = null_vector(model, [0, 1, 2, 3], sp.Integer(1))
    for n in range(4):
        value = sp.N(
            found.subs({s: sp.sympify(POINT[s.name]) for s in found.free_symbols if s.name in POINT}).subs(x, n), 30
        )
        assert abs(number(value) - expected[n]) < 1e-25


def test_poisson_law_and_barometric_law_in_symbols() -> None:
    a, b, p, h = (
        sp.Symbol("a", positive=True),
        sp.Symbol("b", positive=True),
        sp.Symbol("p", nonnegative=True),
        sp.Symbol("h", positive=True),
    )
    births = JumpModel(
        parameters=NAMES,
        coordinates=["x"],
        jumps=[{"displacement": "1", "rate": "a"}, {"displacement": "-1", "rate": "b*x"}],
    )
    found = observable(births, (), P).lattice
    for n in range(4):
        assert sp.simplify(found.subs(x, n) - sp.exp(-a / b) * (a / b) ** n / sp.factorial(n)) == 0
    air = walk(
        [{"displacement": "h", "probability": "1 - p"}, {"displacement": "-h", "probability": "p"}],
        [{"domain": "x >= 0", "kind": "reflecting"}],
    )
    result = observable(air, (), P)
    rho = (1 - p) / p
    assert sp.simplify(result.lattice.subs(x, 3 * h) - (1 - rho) * rho**3) == 0
    assert any("< 1" in note for note in result.assumptions)


def test_boltzmann_gauss_and_beta_densities() -> None:
    trap = walk([{"displacement": "h", "rate": "D/h**2*exp(-bet*((x + h)**2 - x**2)/4)"},
                 {"displacement": "-h", "rate": "D/h**2*exp(-bet*((x - h)**2 - x**2)/4)"}], [], scaling={"h": 1})  # fmt: skip
    bet = sp.Symbol("bet", positive=True)
    density = dict(observable(trap, derive_all(trap), P).equation)["stated"]
    assert sp.simplify(density - sp.sqrt(bet / (2 * sp.pi)) * sp.exp(-bet * x**2 / 2)) == 0
    genes = JumpModel(parameters={"u": "positive", "v": "positive"}, coordinates=["x"], states=[{"velocity": ["v*(1 - x) - u*x"], "diffusivity": "x*(1 - x)/2"}],
                      boundaries=[{"domain": "0 < x < 1", "kind": "reflecting"}])  # fmt: skip
    u, v = sp.Symbol("u", positive=True), sp.Symbol("v", positive=True)
    limits = bulk_limits(genes)
    beta = dict(observable(genes, limits, P).equation)["long-wave"]
    assert (
        sp.gammasimp(
            beta
            - x ** (2 * v - 1) * (1 - x) ** (2 * u - 1) / sp.gamma(2 * u) / sp.gamma(2 * v) * sp.gamma(2 * u + 2 * v)
        )
        == 0
    )
    mean = dict(observable(genes, limits, ObservableStatement("m", "stationary_moment", x)).equation)["long-wave"]
    assert sp.gammasimp(mean) == v / (u + v)


def test_a_free_walk_and_a_leaking_box_have_none() -> None:
    with pytest.raises(DerivationError, match="spreads for ever"):
        observable(walk(LAZY, []), derive_all(walk(LAZY, [])), P)
    leaking = walk(LAZY, [{"domain": "0 < x < L", "kind": "absorbing"}])
    with pytest.raises(DerivationError, match="leave"):
        observable(leaking, bulk_limits(leaking), P)
    vanishing = JumpModel(
        parameters=NAMES, coordinates=["x"], states=[{"velocity": ["-x"], "diffusivity": "x*(1 - x)"}]
    )
    with pytest.raises(SymdiffError, match="vanishes"):
        observable(vanishing, derive_all(vanishing), P)


OUR = """
[parameters]
k = "positive"
m = "positive"
D = "positive"
[model]
coordinates = {coordinates}
[[states]]
velocity = {velocity}
diffusivity = "{diffusivity}"
"""


@pytest.mark.parametrize(
    ("velocity", "diffusivity", "more", "rate"),
    [
        (["-k*x"], "D", "", "k"),  # the mean of a start at rest does not move: the rate is that of any start
        (["k*(m - x)"], "D*x", "", "k"),
        (["-k*x", "-m*y"], "D", "", "Min(k, m)"),
        (["-k*x - m*y", "-k*y + m*x"], "D", "", "k"),  # eigenvalues -k +- i m
        (["-k*x"], "D", '[[reactions]]\nrule = "P -> 0"\nrate = "m"\n', "m"),
    ],
)
def test_slowest_rates_of_linear_drifts_against_their_eigenvalues(
    velocity: list, diffusivity: str, more: str, rate: str
) -> None:
    text = OUR.format(coordinates=str(["x", "y"][: len(velocity)]), velocity=velocity, diffusivity=diffusivity) + more
    model = load_text(text)
    (_, value), *_ = observable(model, derive_all(model), ObservableStatement("q", "decay_rate")).equation
    names = {p.name: p.symbol for p in model.parameters}
    assert value == sp.sympify(rate, locals=names)


@pytest.mark.parametrize(("velocity", "diffusivity"), [("k*x", "D"), ("-k*x", "D + m*x**2")])
def test_no_slowest_rate_where_nothing_confines_or_the_noise_grows_with_the_distance(
    velocity: str, diffusivity: str
) -> None:
    model = load_text(OUR.format(coordinates='["x"]', velocity=[velocity], diffusivity=diffusivity))
    with pytest.raises(SymdiffError, match=r"confines|square"):
        observable(model, derive_all(model), ObservableStatement("q", "decay_rate"))


MORAN = """
[parameters]
N = "positive integer"
mu = "positive"
nu = "positive"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = "1"
rate = "n*(N - n)/N{up}"
[[jumps]]
displacement = "-1"
rate = "n*(N - n)/N{down}"
"""


def test_moran_with_mutation_both_ways_has_wrights_beta_law_and_without_it_none() -> None:
    model = load_text(MORAN.format(up=" + mu*(N - n)/N", down=" + nu*n/N"))
    found = observable(model, derive_all(model), P)
    (name, value), *_ = found.equation
    mu, nu, y = model.parameter("mu").symbol, model.parameter("nu").symbol, sp.Symbol("x", real=True)
    at = {mu: sp.Rational(7, 3), nu: sp.Rational(3, 2), sp.Symbol("x", real=True): sp.Rational(2, 5)}
    beta = y ** (mu - 1) * (1 - y) ** (nu - 1) * sp.gamma(mu + nu) / (sp.gamma(mu) * sp.gamma(nu))
    assert name == "large-system"
    assert abs(sp.N((value - beta).xreplace(at), 30)) < 1e-25
    for up in ("", " + mu*(N - n)/N"):  # no jump leaves one end, or both: a quotient of gamma functions was given
        lost = load_text(MORAN.format(up=up, down=""))
        with pytest.raises(DerivationError, match="no jump leaves"):
            observable(lost, derive_all(lost), P)


IN_THE_PLANE = """[parameters]
g = "positive"
[model]
coordinates = ["x", "y"]
[[states]]
velocity = ["-3*x/g", "-3*y/g"]
diffusivity = "(1 + x**2 + y**2)/g"
evaluation = "{}"
[[observables]]
name = "p"
kind = "stationary_density"
"""


@pytest.mark.parametrize(("evaluation", "power"), [("0", "5/2"), ("1/2", "2"), ("1", "3/2")])
def test_diffusion_that_depends_on_place_in_the_plane_vs_zero_current(evaluation: str, power: str) -> None:
    """b P - D^(1 - a) grad(D^a ...): p = exp(int b/D) D^(a - 1) with b/D = - grad (3/2) log D."""
    claims = "".join(
        f"[[claims]]\nid = '{name}'\nlatex = 'p \\propto (1 + x^2 + y^2)^{{-{of}}}'\n"
        for name, of in (("right", power), ("wrong", f"{power} - 1/4"))
    )
    found = sd.check_all(sd.loads(IN_THE_PLANE.format(evaluation) + claims)).verdicts
    assert [v.verdict for v in found] == ["proved", "refuted"]


def test_a_current_in_the_plane_has_no_closed_density() -> None:
    text = (
        IN_THE_PLANE.format("0").replace("-3*x/g", "-3*x/g - y**3") + "[[claims]]\nid = 'c'\nlatex = 'p \\propto 1'\n"
    )
    assert sd.check_all(sd.loads(text)).verdicts[0].verdict == "undecided"


@pytest.mark.parametrize(
    ("drift", "needs"),
    [("x - x**3", ()), ("x - b*x**3", ("b/(4*D) > 0",)), ("x**3 - x", None), ("-x**2", None), ("x**2 - x**5", ())],
)
def test_a_stationary_law_needs_a_weight_that_falls_off_at_both_ends(drift: str, needs: tuple[str, ...] | None) -> None:
    """psi = int v/D: e^psi has a finite integral over the line where its leading term is negative at both ends."""
    model = JumpModel(
        parameters={"D": "positive", "b": "real"}, coordinates=["x"], states=[{"velocity": drift, "diffusivity": "D"}]
    )
    (limit,) = [found for found in sd.derive_all(model) if found.regime.name == "long-wave"]
    statement = ObservableStatement("p", "stationary_density")
    if needs is None:
        with pytest.raises(DerivationError, match="diverges"):
            on_level(model, limit, statement)
        return
    found = on_level(model, limit, statement)
    assert found.value.has(sp.Integral)
    assert tuple(a for a in found.assumptions if "> 0" in a or "finite" in a) == needs


def test_a_free_walk_beside_one_reflecting_wall_has_no_stationary_law() -> None:
    """1/int_0^oo dx is no density; with a drift to the wall it is one."""
    text = """
[model]
coordinates = ["x"]
[[states]]
velocity = "{}"
diffusivity = "1"
[[boundaries]]
domain = "x > 0"
kind = "reflecting"
"""
    for drift, message in (("0", "diverges"), ("-1", "")):
        model = load_text(text.format(drift))
        wanted = ObservableStatement("st", "stationary_density", None)
        if message:
            with pytest.raises(DerivationError, match=message):
                on_level(model, derive_model(model).limits[0], wanted)
        else:
            x = model.coordinate_symbols[0]
            assert on_level(model, derive_model(model).limits[0], wanted).value == sp.exp(-x)


def test_keys_that_an_observable_has_no_use_for_are_errors() -> None:
    walk = '[model]\ncoordinates = ["x"]\n[[jumps]]\ndisplacements = ["1", "-1"]\nrate = "1"\n[[observables]]\nkind = "propagator"\n'
    assert load_text(walk).observables
    for key in ('target = "x > 0"', 'period = "2"', 'of = "x"'):
        with pytest.raises(ModelError, match="says nothing for a propagator"):
            load_text(walk + key + "\n")
