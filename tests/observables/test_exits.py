"""Exit times and splitting probabilities: lattice results against linear algebra over the sites, equations against quadrature.

Formulas by hand: gambler's ruin (Feller I, ch. XIV), (N^2 - i^2)/3 conditional steps, telegraph L/(2c) + lam x (L - x)/c^2
(Masoliver, Porra and Weiss 1992), T = (R^2 - r^2)/(2 d D) in a ball.
"""

from __future__ import annotations

import numpy
import pytest
import sympy as sp
from chains import evaluate, exit_numbers

import symdiff as sd
from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable, on_level
from symdiff.errors import DerivationError, SymdiffError
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.loading import load_text
from walks import stored

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

x, L = sp.Symbol("x", real=True), sp.Symbol("L", positive=True)
NAMES = dict.fromkeys(("h", "tau", "L", "a", "b", "kap", "D", "bet", "v", "lam"), "positive") | {"p": "probability"}
ASKED = [{"name": "T", "kind": "mean_exit_time"}, {"name": "s", "kind": "splitting_probability", "target": "x >= L"},
         {"name": "c", "kind": "mean_exit_time", "target": "x >= L"}]  # fmt: skip
BIASED = [{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "1 - p"}]
LAZY = [{"displacement": "h", "rate": "a"}, {"displacement": "-h", "rate": "b"}]
STRIDES = [{"displacement": "2*h", "probability": "1/4"}, {"displacement": "-h", "probability": "1/2"}]
WELL = [
    {"displacement": "h", "rate": "a*exp(-bet*(V(x + h) - V(x))/2)"},
    {"displacement": "-h", "rate": "a*exp(-bet*(V(x - h) - V(x))/2)"},
]
GLAUBER = [
    {"displacement": "h", "rate": "a/(1 + exp(bet*(V(x + h) - V(x))))"},
    {"displacement": "-h", "rate": "a/(1 + exp(bet*(V(x - h) - V(x))))"},
]
MIDWAY = [{"displacement": "h", "rate": "g(x + h/2)"}, {"displacement": "-h", "rate": "g(x - h/2)"}]
BOX = [{"domain": "0 < x < L", "kind": "absorbing"}]
FLOOR = [{"domain": "x >= 0", "kind": "reflecting"}, {"domain": "x < L", "kind": "absorbing"}]
MIRROR = [{"domain": "x >= 0", "kind": "reflecting", "rejected": "mirror"}, {"domain": "x < L", "kind": "absorbing"}]
HALF = {"V": lambda y: sp.cos(y) / 2 + y / 5, "g": lambda y: 1 + sp.cos(y) ** 2 / 3}
POINT = {"h": "1/2", "tau": "7/10", "L": 4, "a": "13/10", "b": "4/5", "p": "11/20", "bet": "6/5", "x": 1}


def walk(jumps: list, boundaries: list, **more: object) -> JumpModel:
    clock = {"time_step": "tau"} if "probability" in jumps[0] else {}
    return JumpModel(parameters=NAMES, coordinates=["x"], jumps=jumps, boundaries=boundaries, functions={"V": ["x"], "g": ["x"]},
                     observables=ASKED, **clock, **more)  # fmt: skip


def asked(model: JumpModel, name: str, limits: tuple = ()):
    return observable(model, limits, next(o for o in model.observables if o.name == name))


def bulk_limits(model: JumpModel) -> tuple:
    fields = {n: getattr(model, n) for n in model.__dataclass_fields__} | {"boundaries": ()}
    return derive_all(make_model(fields))


RULES = {"biased": BIASED, "rates": LAZY, "potential": WELL, "heat-bath": GLAUBER, "bonds": MIDWAY}


def _cost(rule: str, name: str) -> list[pytest.MarkDecorator]:
    costly = rule in ("potential", "heat-bath")
    return [] if name != "c" else [pytest.mark.exhaustive if costly else pytest.mark.slow]


@pytest.mark.parametrize(
    ("jumps", "name"),
    [pytest.param(RULES[r], n, marks=_cost(r, n), id=f"{n}-{r}") for n in ("T", "s", "c") for r in RULES],
)
def test_lattice_between_two_absorbing_walls(jumps: list, name: str) -> None:
    model = walk(jumps, BOX)
    found = evaluate(asked(model, name).lattice, POINT, HALF)
    numbers = exit_numbers(model.substitute({k: sp.sympify(v) for k, v in POINT.items() if k not in ("x", "L")}), list(range(1, 8)), sp.Rational(1, 2),
                           lambda n: "inside" if 0 < n < 8 else "target" if n >= 8 else "other", HALF)  # fmt: skip
    expected = numbers[(0, 2)][{"s": 0, "T": 1, "c": 2}[name]]
    assert abs(found - expected) < 1e-11 * abs(expected)
    assert abs(found - numbers[(0, 3)][{"s": 0, "T": 1, "c": 2}[name]]) > 1e-3  # a neighbouring site is told apart


@pytest.mark.parametrize(("walls", "sites"), [(FLOOR, range(8)), (MIRROR, range(8))], ids=["stay", "mirror"])
@pytest.mark.parametrize("jumps", [BIASED, LAZY, WELL], ids=["biased", "rates", "potential"])
def test_lattice_with_a_reflecting_floor(jumps: list, walls: list, sites: range) -> None:
    model = walk(jumps, walls)
    if walls is MIRROR and jumps is WELL:
        with pytest.raises(SymdiffError):
            asked(model, "T")
        return
    put = model.substitute({k: sp.sympify(v) for k, v in POINT.items() if k not in ("x", "L")})
    if walls is MIRROR:
        # a jump from 0 to -1 ends at 1: the floor sends both ways up
        numbers = exit_numbers(
            _mirrored(put), list(sites), sp.Rational(1, 2), lambda n: "inside" if n < 8 else "target"
        )
    else:
        numbers = exit_numbers(
            put, list(sites), sp.Rational(1, 2), lambda n: "back" if n < 0 else "inside" if n < 8 else "target", HALF
        )
    found = evaluate(asked(model, "T").lattice, POINT, HALF)
    assert abs(found - numbers[(0, 2)][1]) < 1e-11 * found


def _mirrored(model: JumpModel) -> JumpModel:
    jumps = [{"displacement": "Abs(x + 1/2) - x", "rate" if model.time_step is None else "probability": str(model.jumps[0].intensity)},
             {"displacement": "Abs(x - 1/2) - x", "rate" if model.time_step is None else "probability": str(model.jumps[1].intensity)}]  # fmt: skip
    clock = {} if model.time_step is None else {"time_step": str(model.time_step)}
    return JumpModel(parameters={}, coordinates=["x"], jumps=jumps, **clock)


def test_long_strides_leave_over_two_outside_sites() -> None:
    model = walk(STRIDES, BOX)
    found = {name: evaluate(asked(model, name).lattice, POINT) for name in ("T", "s")}
    numbers = exit_numbers(model.substitute({"h": sp.Rational(1, 2), "tau": sp.Rational(7, 10)}), list(range(1, 8)), sp.Rational(1, 2),
                           lambda n: "inside" if 0 < n < 8 else "target" if n >= 8 else "other")  # fmt: skip
    assert abs(found["T"] - numbers[(0, 2)][1]) < 1e-11
    assert abs(found["s"] - numbers[(0, 2)][0]) < 1e-12


def test_persistent_walker_leaves_a_box_of_sites() -> None:
    model = stored("pv-1d-exact-msd")
    fields = {n: getattr(model, n) for n in model.__dataclass_fields__}
    box = walk(BIASED, [{"domain": "0 < x < 6", "kind": "absorbing"}])
    boxed = make_model(fields | {"boundaries": box.boundaries, "observables": box.observables[:1]}).substitute(
        {"ell": sp.Integer(1)}
    )
    found = asked(boxed, "T").lattice
    put = boxed.substitute({"p": sp.Rational(3, 10), "tau": sp.Integer(1)})
    numbers = exit_numbers(put, list(range(1, 6)), sp.Integer(1), lambda n: "inside" if 0 < n < 6 else "other")
    expected = (numbers[(0, 2)][1] + numbers[(1, 2)][1]) / 2
    assert abs(evaluate(found, {"p": "3/10", "tau": 1, "x": 2}) - expected) < 1e-12


def test_half_a_site_inside_the_wall() -> None:
    """Sites h/2, 3h/2, ...: the first site outside is -h/2, and T = tau (x + h/2)(L + h/2 - x)/h^2."""
    model = walk(
        [{"displacement": "h", "probability": "1/2"}, {"displacement": "-h", "probability": "1/2"}], BOX, origin=["h/2"]
    )
    h, tau = sp.Symbol("h", positive=True), sp.Symbol("tau", positive=True)
    assert sp.expand(asked(model, "T").lattice - tau * (x + h / 2) * (L + h / 2 - x) / h**2) == 0


def test_textbook_forms_on_the_lattice_and_from_the_equation() -> None:
    model = walk([{"displacement": "h", "probability": "1/2"}, {"displacement": "-h", "probability": "1/2"}], BOX)
    limits = bulk_limits(model)
    h, tau = sp.Symbol("h", positive=True), sp.Symbol("tau", positive=True)
    diffusion = h**2 / (2 * tau)
    for name, expected in (("T", x * (L - x) / (2 * diffusion)), ("s", x / L), ("c", (L**2 - x**2) / (6 * diffusion))):
        result = asked(model, name, limits)
        assert sp.expand(result.lattice - expected) == 0
        assert sp.expand(dict(result.equation)["long-wave"] - expected) == 0
        assert sp.expand(result.lattice - 2 * expected) != 0


def test_drift_and_diffusion_between_walls_against_the_closed_form() -> None:
    """h = (1 - e^(-vx/D))/(1 - e^(-vL/D)), T = (L h - x)/v."""
    model = walk(
        [{"displacement": "h", "rate": "D/h**2 + v/(2*h)"}, {"displacement": "-h", "rate": "D/h**2 - v/(2*h)"}],
        BOX,
        scaling={"h": 1},
    )
    limits = bulk_limits(model)
    point = {"v": "9/10", "D": "7/10", "L": "3/2", "x": "3/5"}
    assert (
        abs(
            evaluate(dict(asked(model, "s", limits).equation)["stated"], point) - sp.Float("0.62908967797246625151", 20)
        )
        < 1e-15
    )
    assert (
        abs(
            evaluate(dict(asked(model, "T", limits).equation)["stated"], point) - sp.Float("0.38181612995411041918", 20)
        )
        < 1e-15
    )


def test_telegraph_exit_time() -> None:
    model = stored("pv-exit-time-1d")
    found = asked(model, "T", bulk_limits(model))
    c, lam = sp.Symbol("c", positive=True), sp.Symbol("lam", positive=True)
    assert sp.expand(found.lattice - (L / (2 * c) + lam * x * (L - x) / c**2)) == 0
    assert sp.expand(dict(found.equation)["long-wave"] - lam * x * (L - x) / c**2) == 0


def test_exit_from_balls_and_ellipses() -> None:
    model = JumpModel(parameters=NAMES, coordinates=["x", "y"], states=[{"diffusivity": "D"}],
                      boundaries=[{"domain": "x**2 + y**2/4 < L**2", "kind": "absorbing"}], observables=ASKED[:1])  # fmt: skip
    y, spread = sp.Symbol("y", real=True), sp.Symbol("D", positive=True)
    found = asked(model, "T").lattice
    assert sp.expand(spread * (sp.diff(found, x, 2) + sp.diff(found, y, 2)) + 1) == 0
    assert found.subs({x: L, y: 0}) == 0
    assert found.subs({x: 0, y: 2 * L}) == 0


def test_a_potential_off_the_lattice_against_numerical_quadrature() -> None:
    import mpmath

    model = walk(WELL, BOX, scaling={"h": 1})
    limits = bulk_limits(model)
    value = dict(asked(model, "s", limits).equation)["stated"]
    found = evaluate(value, {"L": 4, "x": 1, "bet": "6/5", "a": "13/10"}, HALF)
    weight = lambda y: mpmath.exp(mpmath.mpf(6) / 5 * (mpmath.cos(y) / 2 + y / 5))  # noqa: E731
    assert abs(found - mpmath.quad(weight, [0, 1]) / mpmath.quad(weight, [0, 1, 4])) < 1e-12


def test_half_line_chances_and_times() -> None:
    model = walk(BIASED, [{"domain": "x > 0", "kind": "absorbing"}])
    time = asked(model, "T").lattice
    assert evaluate(time, POINT | {"p": "1/4"}) == sp.Rational(7, 10) * 2 * 2
    assert time.subs({s: sp.Rational(3, 5) for s in time.free_symbols if s.name == "p"}) == sp.oo


def test_no_absorbing_wall_is_an_error() -> None:
    with pytest.raises(DerivationError, match="never leave"):
        asked(walk(BIASED, [{"domain": "x >= 0", "kind": "reflecting"}]), "T")
    with pytest.raises(DerivationError, match="never leave"):
        asked(walk(BIASED, []), "T")


def times_to_fixation(**drift: str) -> dict[str, sp.Expr]:
    model = JumpModel(states=[{"diffusivity": "x*(1 - x)/(2*N)", **drift}], **FIXATION)
    limits = derive_all(model)
    return {o.name: observable(model, limits, o).equation[0][1] for o in model.observables}


FIXATION = {
    "parameters": {"N": "positive", "s": "positive"},
    "coordinates": ["x"],
    "boundaries": [{"domain": "0 < x < 1", "kind": "absorbing"}],
    "observables": [
        {"name": "phi", "kind": "splitting_probability", "target": "x >= 1"},
        {"name": "T", "kind": "mean_exit_time"},
        {"name": "T1", "kind": "mean_exit_time", "target": "x >= 1"},
    ],
}


def test_exit_where_the_diffusion_vanishes_at_the_walls_vs_kimura_and_ohta() -> None:
    found, n = times_to_fixation(), sp.Symbol("N", positive=True)
    expected = {  # Kimura and Ohta (1969), haploid: the speed measure 2N/(x(1 - x)) has no integral up to either wall
        "phi": x,
        "T": -2 * n * (x * sp.log(x) + (1 - x) * sp.log(1 - x)),
        "T1": -2 * n * (1 - x) / x * sp.log(1 - x),
    }
    for name, value in expected.items():
        point = {"x": sp.Rational(3, 10), "N": sp.Integer(7)}
        mine, theirs = (e.xreplace({s: point[s.name] for s in e.free_symbols}) for e in (found[name], value))
        assert float(mine) == pytest.approx(float(theirs), rel=1e-12)


@pytest.mark.slow
def test_exit_under_selection_obeys_the_backward_equation() -> None:
    found = times_to_fixation(velocity="s*x*(1 - x)")["T"]
    values = {"N": sp.Integer(5), "s": sp.Rational(1, 4)}
    time = found.xreplace({s: values[s.name] for s in found.free_symbols if s.name in values})
    x = next(s for s in time.free_symbols if s.name == "x")
    at, h = sp.Rational(3, 10), sp.Rational(1, 100)
    low, middle, high = (sp.N(time.xreplace({x: at + k * h}), 25) for k in (-1, 0, 1))
    slope, bend = (high - low) / (2 * h), (high - 2 * middle + low) / h**2
    assert float(at * (1 - at) * (bend / 10 + slope / 4)) == pytest.approx(-1, abs=1e-3)


def test_a_wall_that_diffusion_never_reaches_is_refused() -> None:
    with pytest.raises(SymdiffError, match="x = 0 is never reached"):
        times_to_fixation(velocity="2/N")


def test_diffusion_that_vanishes_between_the_walls_is_refused() -> None:
    with pytest.raises(
        SymdiffError, match="vanishes at x = 0, between the walls"
    ):  # nobody passes x = 0: not (x + 1)/2
        asked(
            JumpModel(
                coordinates=["x"],
                states=[{"diffusivity": "x**2"}],
                boundaries=[{"domain": "-1 < x < 1", "kind": "absorbing"}],
                observables=[{"name": "s", "kind": "splitting_probability", "target": "x >= 1"}],
            ),
            "s",
        )


def test_stationary_law_where_the_diffusion_vanishes_inside_is_refused() -> None:
    box = {"domain": "-1 < x < 1", "kind": "reflecting"}
    model = JumpModel(coordinates=["x"], states=[{"diffusivity": "x**2"}], boundaries=[box],
                      observables=[{"name": "s", "kind": "stationary_density"}])  # fmt: skip
    with pytest.raises(SymdiffError, match="vanishes at x = 0, between the walls"):
        observable(model, derive_all(model), model.observables[0])


DYING = [{"name": "T", "kind": "mean_exit_time", "target": "x <= 0"}, {"name": "s", "kind": "splitting_probability", "target": "x <= 0"}]  # fmt: skip


@pytest.mark.parametrize(
    ("up", "down", "top"),
    [("2*x*(1 - x/6)", "x", 6), ("x/2", "x", 60), ("3/2", "x", 60), ("x/2", "x**2/3", 60)],
)
def test_extinction_of_a_population_against_linear_algebra_over_its_numbers(up: str, down: str, top: int) -> None:
    jumps = [{"displacement": "1", "rate": up}, {"displacement": "-1", "rate": down}]
    model = JumpModel(coordinates=["x"], jumps=jumps, initial={"position": ["3"]}, observables=DYING)
    numbers = exit_numbers(
        model,
        list(range(1, top + 1)),
        sp.Integer(1),
        lambda n: "target" if n == 0 else "inside" if n <= top else "back",
    )[(0, 3)]
    assert float(sp.N(asked(model, "T").lattice, 20)) == pytest.approx(float(numbers[1]), rel=1e-12)
    assert float(sp.N(asked(model, "T").lattice, 20)) != pytest.approx(float(numbers[1]) * 1.01, rel=1e-3)


def test_a_population_that_grows_may_never_die_out() -> None:
    """Linear birth and death: extinction with (mu/lam)^n, after an infinite time on average for lam >= mu (Feller I, ch. XVII)."""
    for up, chance in (("2*x", sp.Rational(1, 8)), ("x", sp.Integer(1))):
        jumps = [{"displacement": "1", "rate": up}, {"displacement": "-1", "rate": "x"}]
        model = JumpModel(coordinates=["x"], jumps=jumps, initial={"position": ["3"]}, observables=DYING)
        assert asked(model, "s").lattice == chance
        assert asked(model, "T").lattice == sp.oo


def test_exit_of_triangular_steps_vs_linear_algebra_over_the_rows_of_sites() -> None:
    """Modes of roots sqrt(3) - 2 and -sqrt(3) - 2, whose product is 1; seen along x the steps are a (weight 1) and a/2 (weight 2)."""
    text = """
[parameters]
a = "positive"
g = "positive"
L = "positive"
[model]
coordinates = ["x", "y"]
lattice = "triangular"
spacing = "a"
total_rate = "g"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
"""
    model = sd.loads(text)
    found = asked(model, "T").lattice
    count = 9  # sites between walls that are 5 a apart
    leaving = sp.eye(count)
    for i in range(count):
        for step, weight in ((2, 1), (-2, 1), (1, 2), (-1, 2)):
            if 0 <= i + step < count:
                leaving[i, i + step] -= sp.Rational(weight, 6)
    times = leaving.LUsolve(sp.ones(count, 1))
    for i in (0, 3):
        value = evaluate(found, {"a": 1, "g": 1, "L": 5, "x": sp.Rational(i + 1, 2)}, {})
        assert abs(value - times[i]) < 1e-11
        assert abs(value - times[i + 1]) > 0.1


def test_absorption_at_a_rate_stands_beside_the_mirrored_jumps() -> None:
    """Sites 1..6, a = 1/2, kap = 1/5 at 6, whose jump outside ends at 5: T = -n^2 + c n with 6/5 T_6 = 1 + T_5, so c = 96/11.

    Were the absorption taken out of the jump (6/5 T_6 = 1 + 4/5 T_5 + 1/5 T_6), c would be 17/2.
    """
    walls = [
        {"domain": "x > 0", "kind": "absorbing"},
        {"domain": "x <= 6*h", "kind": "partial", "rate": "kap", "rejected": "mirror"},
    ]
    model = walk([{"displacements": ["h", "-h"], "rate": "a"}], walls)
    found = asked(model, "T").lattice
    assert found is not None
    assert evaluate(found, POINT | {"h": 1, "a": "1/2", "kap": "1/5"}) == pytest.approx(85 / 11, rel=1e-12)
    wall = sd.derive(JumpModel(parameters=NAMES, coordinates=["x"], jumps=[{"displacements": ["h", "-h"], "rate": "a"}],
                               boundaries=[walls[1] | {"domain": "x >= 0"}]))  # fmt: skip
    kappa = dict(wall.boundary_conditions[0].coefficients)["kappa"]  # half a cell belongs to the site of the wall
    assert sp.expand(kappa - sp.Symbol("h", positive=True) * sp.Symbol("kap", positive=True) / 2) == 0


@pytest.mark.parametrize("target", ["n >= N", "n <= 0"])
@pytest.mark.parametrize(
    "rates", [("n", "n"), ("n*(N - n)", "n*(N - n)"), ("5*n*(N - n)/(3*n + 2*N)", "2*n*(N - n)/(3*n + 2*N)")]
)
def test_fixation_where_no_jump_leaves_the_other_end_vs_linear_equations(rates: tuple[str, str], target: str) -> None:
    """A target alone, where walkers also stay for ever at a site without jumps: they never reach it (chance 1 was given)."""
    if rates[0] == "n" and target == "n <= 0":
        rates = ("N - n", "N - n")
    model = load_text(f"""[parameters]
N = "positive integer"
[model]
coordinates = ["n"]
[[jumps]]
displacement = "1"
rate = "{rates[0]}"
[[jumps]]
displacement = "-1"
rate = "{rates[1]}"
[[observables]]
name = "h"
kind = "splitting_probability"
target = "{target}"
[[observables]]
name = "T"
kind = "mean_exit_time"
target = "{target}"
""")
    size = 6
    up, down = (lambda n, r=r: float(sp.sympify(r, locals={"n": n, "N": size})) for r in rates)  # the test's own text
    matrix, wall = numpy.zeros((size - 1, size - 1)), numpy.zeros(size - 1)
    for n in range(1, size):
        matrix[n - 1, n - 1] = -up(n) - down(n)
        for to, rate in ((n + 1, up(n)), (n - 1, down(n))):
            if 0 < to < size:
                matrix[n - 1, to - 1] = rate
            elif (to == size) == (target == "n >= N"):
                wall[n - 1] = -rate
    chance = numpy.linalg.solve(matrix, wall)
    time = numpy.linalg.solve(matrix, -chance) / chance
    for statement, expected in zip(model.observables, (chance, time), strict=True):
        value = on_level(model, None, statement).value
        found = [float(evaluate(value, {"N": size, "n": n})) for n in range(1, size)]
        assert numpy.allclose(found, expected, rtol=1e-12, atol=0)
        assert not numpy.allclose(found, 1.001 * expected, rtol=1e-12, atol=0)
