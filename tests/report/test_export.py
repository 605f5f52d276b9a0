"""Exported programs, each compared with the equation it was made from by reading it back or running it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.model.definitions import expand_definitions
from symdiff.report.export import export

WINDY = """
[model]
coordinates = ["x", "y"]
[parameters]
a = "positive"
N = "positive"
beta = "positive"
[definitions]
"f(x)" = "1 + x**2/5"
[[jumps]]
displacement = ["a", "0"]
rate = "N*f(x)"
[[jumps]]
displacement = ["-a", "0"]
rate = "N*f(x)"
[[jumps]]
displacement = ["a", "a"]
rate = "beta"
[[jumps]]
displacement = ["-a", "-a"]
rate = "beta"
[scaling]
name = "diffusive"
a = 1
N = -2
beta = -2
"""
CROWD = """
[model]
coordinates = ["x"]
density = "u"
[parameters]
a = "positive"
g = "positive"
[[jumps]]
displacements = ["a", "-a"]
rate = "g*(1 - u(x+r)**2)"
[scaling]
name = "diffusive"
a = 1
g = -2
"""


def models() -> dict[str, sd.JumpModel]:
    found = {name: sd.load(name) for name in ("biased_walk", "harmonic_trap", "continuous_time_diffusion")}
    return found | {"windy": sd.loads(WINDY)}


def parts(model: sd.JumpModel) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
    """The right-hand side with its functions written out; plain symbols for everything in it."""
    equation = sd.derive(model).equation
    rhs = expand_definitions(equation.rhs, model.functions).doit()
    return rhs, {s: sp.Symbol(s.name) for s in rhs.free_symbols}


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "exported", "exec"), names)
    return names


class Box:
    """Stands for ``pde``: keeps what PDE was given."""

    @staticmethod
    def PDE(rhs: dict[str, str], consts: dict[str, Any] | None = None) -> tuple[dict[str, str], dict[str, Any]]:
        return rhs, consts or {}


@pytest.mark.parametrize("name", list(models()))
def test_py_pde_strings_read_back_are_the_equation(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    model = models()[name]
    rhs, plain = parts(model)
    monkeypatch.setitem(sys.modules, "pde", Box)
    text = sd.export(model, "py-pde")
    equation = run(text)["equation"]
    arguments = dict.fromkeys(equation.__kwdefaults__ or {}, 1.0) or dict.fromkeys(
        equation.__code__.co_varnames[: equation.__code__.co_kwonlyargcount], 1.0
    )
    sides, consts = equation(**arguments)
    assert set(consts) == set(arguments)
    x, y = sp.symbols("x y")
    ((density, side),) = sides.items()
    call = sp.Function(density)(
        *[plain.get(c, sp.Symbol(c.name)) for c in sd.derive(model).coordinates], sp.Symbol("t")
    )
    places = {"d_dx": lambda e: sp.Derivative(e, x), "d2_dx2": lambda e: sp.Derivative(e, x, x),
              "d_dy": lambda e: sp.Derivative(e, y), "d2_dy2": lambda e: sp.Derivative(e, y, y)}  # fmt: skip
    read = sp.sympify(side, locals={density: call, **places}).doit()
    own = sd.derive(model).equation.density
    shown = rhs.xreplace(plain).replace(
        lambda e: getattr(e.func, "__name__", "") == own and bool(e.args),
        lambda e: sp.Function(density)(*[sp.Symbol(str(a)) for a in e.args]),
    )
    names = {sp.Symbol(n + "0"): sp.Symbol(n) for n in ("Gamma", "N", "beta", "C")} | {
        sp.Symbol("dt1"): sp.Symbol("dt")
    }
    assert sp.expand((read - shown.doit()).xreplace(names)) == 0
    assert sp.expand((2 * read - shown.doit()).xreplace(names)) != 0  # the comparison can fail


@pytest.mark.parametrize("name", ["biased_walk", "continuous_time_diffusion"])
def test_mathematica_read_back_is_the_equation(name: str) -> None:
    from sympy.parsing.mathematica import parse_mathematica

    model = models()[name]
    text = sd.export(model, "mathematica")
    line = next(row for row in text.splitlines() if "==" in row)
    left, right = (parse_mathematica(side.strip().rstrip(",")) for side in line.split("=="))

    def derivatives(side: sp.Expr) -> sp.Expr:
        kind = lambda e: getattr(e.func, "__name__", "") in ("D", "Derivative") and len(e.args) == 2  # noqa: E731
        return side.replace(kind, lambda e: sp.Derivative(e.args[0], (e.args[1][0], e.args[1][1])))

    rhs, plain = parts(model)
    names = {sp.Symbol("Gamma0"): sp.Symbol("Gamma")}
    own = sd.derive(model).equation.density
    shown = sp.expand(rhs.xreplace(plain))
    read = sp.expand(derivatives(right).xreplace(names))
    wave, k = sp.exp(sp.Symbol("k") * sp.Symbol("x")), sp.Symbol("k")

    def symbol(side: sp.Expr) -> sp.Expr:
        put = side.replace(
            lambda e: getattr(e.func, "__name__", "") in (own, own + "0") and bool(e.args), lambda e: wave
        )
        return sp.expand(put.doit() / wave)

    assert symbol(read) == symbol(shown)
    assert symbol(read).has(k)
    assert derivatives(left).has(sp.Derivative)


class Coin:
    """Stands for a random generator: plus and minus one in all combinations, so that moments are exact."""

    def standard_normal(self, shape: tuple[int, int]) -> np.ndarray:
        signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * shape[0])).reshape(shape[0], -1)
        return np.tile(signs, shape[1] // signs.shape[1])


@pytest.mark.parametrize("name", list(models()))
def test_one_step_of_the_sde_has_the_drift_and_the_diffusion_of_the_equation(name: str) -> None:
    model = models()[name]
    limit = sd.derive(model)
    step = run(sd.export(model, "sde"))["step"]
    code = step.__code__
    names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    values = {n: 0.3 + 0.07 * i for i, n in enumerate(names)}
    place, dt = 0.4, 0.01
    dimension = len(limit.coordinates)
    x = np.full((dimension, 4 * dimension), place)
    moved = step(x, 0.0, dt, Coin(), **values) - x
    numbers = {s: values[n] for s in limit.equation.rhs.free_symbols for n in names if n.rstrip("01") == s.name}
    numbers |= dict.fromkeys(limit.coordinates, place)

    def at(value: sp.Expr) -> float:
        return float(expand_definitions(value, model.functions).subs(numbers))

    drift = [at(v) for v in limit.drift] or [0.0] * dimension
    tensor = np.array([[at(e) for e in row] for row in limit.diffusion_tensor])
    assert np.allclose(moved.mean(axis=1), np.array(drift) * dt, atol=1e-14)
    assert np.allclose(np.cov(moved, bias=True), np.squeeze(2 * tensor * dt), atol=1e-14)
    assert not np.allclose(np.cov(moved, bias=True), np.squeeze(2.001 * tensor * dt), atol=1e-14, rtol=1e-6)


class Field:
    """Stands for a UFL function: an expression in x and y with ``dx``."""

    def __init__(self, value: Any) -> None:
        self.value = sp.sympify(value)

    def dx(self, axis: int) -> Field:
        return Field(sp.diff(self.value, sp.Symbol("xy"[axis])))

    def _both(self, other: Any, act: Any) -> Field:
        return Field(act(self.value, other.value if isinstance(other, Field) else other))

    def __add__(self, other: Any) -> Field:
        return self._both(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Field:
        return self._both(other, lambda a, b: a - b)

    def __mul__(self, other: Any) -> Field:
        return self._both(other, lambda a, b: a * b)

    def __rsub__(self, other: Any) -> Field:
        return self._both(other, lambda a, b: b - a)

    def __truediv__(self, other: Any) -> Field:
        return self._both(other, lambda a, b: a / b)

    def __pow__(self, other: Any) -> Field:
        return self._both(other, lambda a, b: a**b)

    def __neg__(self) -> Field:
        return Field(-self.value)

    __radd__, __rmul__ = __add__, __mul__


@pytest.mark.parametrize("name", ["biased_walk", "harmonic_trap", "crowd"])
def test_the_weak_form_is_the_equation_tested_with_a_bump(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    model = sd.loads(CROWD) if name == "crowd" else models()[name]
    monkeypatch.setitem(sys.modules, "ufl", SimpleNamespace(dx=1))
    form = run(sd.export(model, "ufl"))["form"]
    code = form.__code__
    values = dict.fromkeys(
        code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount], sp.Rational(1, 3)
    )
    x = sp.Symbol("x")
    new, old, bump = 1 + x - x**3, 1 + x**2, (x * (1 - x)) ** 3  # with its derivatives zero at both ends
    residual = form(Field(new), Field(old), Field(bump), [Field(x)], sp.Rational(1, 2), **values).value
    rhs, plain = parts(model)
    density = sd.derive(model).equation.density
    put = rhs.xreplace(plain).replace(
        lambda e: getattr(e.func, "__name__", "") == density and bool(e.args), lambda e: new
    )
    strong = put.xreplace({s: sp.Rational(1, 3) for s in put.free_symbols - {x}}).doit()
    expected = sp.integrate(sp.expand(((new - old) * 2 - strong) * bump), (x, 0, 1))
    assert float(sp.integrate(sp.expand(residual), (x, 0, 1))) == pytest.approx(float(expected), abs=1e-13)
    assert float(sp.integrate(sp.expand(residual + bump / 10**9), (x, 0, 1))) != pytest.approx(
        float(expected), abs=1e-13
    )


@pytest.mark.parametrize(("axis", "weight"), [(0, "x"), (1, "y")])
def test_the_weak_form_lets_no_flux_through_where_the_tensor_is_not_diagonal(axis: int, weight: str) -> None:
    text = """
[parameters]
g = "positive"
[model]
coordinates = ["x", "y"]
[[jumps]]
displacements = [["1", "1"], ["-1", "-1"]]
rate = "g*(1 + x**2)"
[[jumps]]
displacements = [["1", "0"], ["-1", "0"]]
rate = "2*g"
"""
    form = run(sd.export(sd.loads(text), "ufl").replace("* ufl.dx", "").replace("import ufl", ""))["form"]
    x, y = sp.symbols("x y")
    P = x**2 * y + y**3 + 1
    # the test function x gives away minus the x component of the flux, J_i = -d_j(D_ij P); D from second moments by hand
    D = sp.Matrix([[3 + x**2, 1 + x**2], [1 + x**2, 1 + x**2]])
    flux = [-sum(sp.diff(D[i, j] * P, (x, y)[j]) for j in (0, 1)) for i in (0, 1)]
    found = form(Field(P), Field(P), Field(sp.Symbol(weight)), [Field(x), Field(y)], 1, g=1).value
    assert sp.expand(found + flux[axis]) == 0
    assert sp.expand(found + flux[1 - axis]) != 0  # negative control


def test_telegraph_equation_for_py_pde_brings_the_rate_as_a_second_field() -> None:
    text = sd.export(sd.load("persistent_walk"), "py-pde", regime="telegraph")
    assert '"P": "P_rate"' in text
    assert '"P_rate": "2*P_rate*p/tau - 2*P_rate/tau + ell**2*d2_dx2(P)/tau**2"' in text


def test_parameters_never_take_the_names_of_operators() -> None:
    text = """
[parameters]
h = "positive"
D_x = "positive"
Sin = "positive"
laplace = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "D_x*Sin*laplace/h**2"
"""
    model = sd.loads(text)
    program = sd.export(model, "julia")
    declared = next(line for line in program.splitlines() if line.startswith("@parameters")).split()
    operators = [line.split()[0] for line in program.splitlines() if "= Differential" in line]
    assert operators == ["Dt", "Dx"]
    assert not {*operators, "D", "Sin", "laplace"} & set(declared)
    assert "Sin0" in sd.export(model, "mathematica")


def test_no_title_ends_a_comment_of_mathematica() -> None:
    text = sd.export(sd.loads('title = "a *) Print[1] (* b"' + WALK), "mathematica")
    assert text.startswith("(* a * ) Print[1] ( * b")
    heading = text.partition("equations")[0]
    assert heading.count("*)") == heading.count("(*") == len(heading.splitlines())


WALK = """
[parameters]
h = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "1/h**2"
"""


def test_walkers_of_a_crowds_density_are_not_its_agents() -> None:
    assert "one agent among others" in sd.export(sd.load("exclusion_in_the_plane"), "sde")
    assert "agent" not in sd.export(sd.load("biased_walk"), "sde")


def test_julia_has_the_variables_and_balanced_brackets() -> None:
    text = sd.export(sd.load("persistent_walk"), "julia", regime="telegraph")
    assert "(Dt^2)(P(t, x)) + 2 * (1 - p) * Dt(P(t, x)) / tau ~ ell ^ 2 * (Dx^2)(P(t, x)) / tau ^ 2," in text
    assert text.count("(") == text.count(")")


@pytest.mark.parametrize(
    ("model", "target", "regime", "says"),
    [
        ("levy_flight", "ufl", None, "fractional"),
        ("levy_flight", "sde", None, "fractional"),
        ("persistent_walk", "sde", "telegraph", "first derivative in time"),
        ("walk_in_potential", "sde", None, "no formula"),
        ("biased_walk", "matlab", None, "unknown target"),
    ],
)
def test_what_a_target_cannot_state_is_refused(model: str, target: str, regime: str | None, says: str) -> None:
    with pytest.raises(sd.SymdiffError, match=says):
        sd.export(sd.load(model), target, regime=regime)


def test_a_nonlinear_equation_has_no_sde_of_single_walkers() -> None:
    with pytest.raises(sd.SymdiffError, match="nonlinear"):
        sd.export(sd.loads(CROWD.replace("g*(1 - u(x+a))", "g*u(arrival)")), "sde")


def test_py_pde_solves_the_exported_equation() -> None:
    pde = pytest.importorskip("pde", reason="py-pde is not installed")
    model = sd.load("biased_walk")
    equation = run(sd.export(model, "py-pde"))["equation"](ell=0.2, p=0.6, tau=0.02)
    grid = pde.CartesianGrid([[-8, 8]], 256, periodic=True)
    start = pde.ScalarField.from_expression(grid, "exp(-x**2)")
    end = equation.solve(start, t_range=1.0, dt=1e-4, tracker=None, backend="numpy")
    x = grid.axes_coords[0]
    mean = float((x * end.data).sum() / end.data.sum())
    spread = float(((x - mean) ** 2 * end.data).sum() / end.data.sum())
    assert mean == pytest.approx(0.2 * 0.2 / 0.02, abs=2e-3)  # v = ell (2p - 1)/tau
    assert spread == pytest.approx(0.5 + 0.2**2 / 0.02, abs=1e-2)  # 1/2 + 2 D t


def test_ufl_accepts_the_exported_form() -> None:
    ufl = pytest.importorskip("ufl", reason="UFL is not installed")
    elements = pytest.importorskip("basix.ufl", reason="basix is not installed")
    mesh = ufl.Mesh(elements.element("Lagrange", "interval", 1, shape=(1,)))
    space = ufl.FunctionSpace(mesh, elements.element("Lagrange", "interval", 1))
    text = sd.export(sd.load("harmonic_trap"), "ufl")
    code = run(text)["form"].__code__
    values = dict.fromkeys(code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount], 0.5)
    new, old = ufl.Coefficient(space), ufl.Coefficient(space)
    form = run(text)["form"](new, old, ufl.TestFunction(space), ufl.SpatialCoordinate(mesh), 0.1, **values)
    assert len(form.arguments()) == 1


def test_media_are_exported_with_the_conditions_where_they_meet_as_remarks() -> None:
    rules = "".join(
        f'[[jumps]]\ndisplacements = ["h", "-h"]\nrate = "{rate}"\nwhere = "{where}"\n'
        for rate, where in (("1", "x < 0"), ("3", "x >= 0"))
    )
    media = sd.loads(f'[parameters]\nh = "positive"\n[model]\ncoordinates = ["x"]\n{rules}')
    text = sd.export(media, "mathematica")
    assert "Piecewise[{{h^2, x < 0}, {3*h^2, True}}]" in text
    assert "not in this program: at x = 0 (interface)" in text


@pytest.mark.parametrize(
    ("name", "crossed"), [("semi_permeable_barrier", False), ("skew_walk", False), ("interface_of_two_media", True)]
)
def test_walkers_that_do_not_cross_freely_have_no_sde_of_drift_and_noise(name: str, crossed: bool) -> None:
    """An Ito diffusion has D u and the flux continuous by itself, which a barrier and a skew walk have not."""
    if crossed:
        assert "numpy.select" in sd.export(sd.load(name), "sde")
        return
    with pytest.raises(sd.SymdiffError, match=r"would cross x = .* freely"):
        sd.export(sd.load(name), "sde")


def test_media_in_the_plane_have_an_sde() -> None:
    rules = "".join(
        f'[[jumps]]\ndisplacements = [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]]\nrate = "{rate}"\nwhere = "{where}"\n'
        for rate, where in (("1/h**2", "x < 0"), ("3/h**2", "x >= 0"))
    )
    media = sd.loads(f'[parameters]\nh = "positive"\n[model]\ncoordinates = ["x", "y"]\n{rules}[scaling]\nh = 1\n')
    assert any(b.kind == "interface" for b in sd.derive(media).boundary_conditions)
    assert "numpy.select" in sd.export(media, "sde")


def with_rate(function: str) -> sd.JumpModel:
    return sd.loads(f"""
[parameters]
h = "positive"
a = "positive"
om = "positive"
[model]
coordinates = ["x"]
[definitions]
"f(x)" = "{function}"
[[jumps]]
displacements = ["h", "-h"]
rate = "f(x)/h**2"
[scaling]
name = "stated"
h = 1
""")


# each right-hand side by hand: the value of f at x = 7/10, a = 3/10
FUNCTIONS = {
    "2 + erf(x)": 2 + 0.6778011938374184,  # Abramowitz & Stegun, table 7.1
    "x**2*pi*Min(a, 1, x**0)": 0.49 * np.pi * 0.3,
    "x**2*gamma(a)": 0.49 * 2.991568987687590,
    "x**2*Max(a, 1)": 0.49,
    "2 + sign(x)": 3.0,
    "2 + Heaviside(-x)": 2.0,
    "x**2*zeta(a + 17/10)": 0.49 * np.pi**2 / 6,
    "2 + exp(1)*atan(x)": 2 + np.e * np.arctan(0.7),
}


@pytest.mark.parametrize("function", list(FUNCTIONS))
def test_functions_run_with_the_modules_that_the_program_names(function: str) -> None:
    step = run(sd.export(with_rate(function), "sde"))["step"]
    code = step.__code__
    values = dict.fromkeys(code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount], 0.3)
    moved = step(np.array([[0.7, 0.7]]), 0.0, 1.0, Coin(), **values)
    assert float(np.var(moved)) == pytest.approx(2 * FUNCTIONS[function], rel=1e-9)
    assert float(np.var(moved)) != pytest.approx(2.001 * FUNCTIONS[function], rel=1e-4)


@pytest.mark.parametrize(
    ("function", "target", "has"),
    [
        ("2 + sign(x)", "mathematica", "Sign[x]"),
        ("2 + log(1 + x**2)", "ufl", "ufl.ln(x[0]**2 + 1)"),
        ("2 + atan(x/pi)", "ufl", "ufl.atan(x[0]/ufl.pi)"),
        ("x**2*Min(a, om, 1)", "ufl", "ufl.min_value(1, ufl.min_value(a, om))"),
        ("x**2*Min(a, 1)", "py-pde", "a/2 - Abs(a - 1)/2 + 1/2"),
        ("2 + sign(x)", "py-pde", "2*Heaviside(x)"),
        ("2 + erf(x)", "julia", "using SpecialFunctions"),
        ("2 + exp(1)*x**2", "julia", "exp(1)"),
    ],
)
def test_functions_are_those_of_the_target(function: str, target: str, has: str) -> None:
    assert has in sd.export(with_rate(function), target)


@pytest.mark.parametrize("target", ["sde", "py-pde", "ufl", "mathematica", "julia"])
def test_a_function_without_a_word_is_refused(target: str) -> None:
    with pytest.raises(sd.SymdiffError, match="no word for binomial"):
        sd.export(with_rate("x**2*binomial(a, om)"), target)


@pytest.mark.parametrize(
    ("target", "has"),
    [
        ("ufl", "ufl.conditional(ufl.lt(x[0], 0), D10, D20)"),
        ("julia", "ifelse(x < 0, D10, D20)"),
        ("py-pde", "D10*Heaviside(-x, 0) + D20*(1 - Heaviside(-x, 0))"),
    ],
)
def test_media_in_words_that_take_symbols(target: str, has: str) -> None:
    """A comparison of fields or symbols is no truth value: Python's and Julia's own conditions fail on it."""
    assert has in sd.export(sd.load("interface_of_two_media"), target)


def test_the_weak_form_takes_the_time_where_a_rate_depends_on_it() -> None:
    text = sd.export(sd.loads(WALK.replace("1/h**2", "(2 + sin(t))/h**2")), "ufl")
    assert "def form(P, P_old, P_test, x, dt, t)" in text
    assert "x, dt)" in sd.export(sd.loads(WALK), "ufl")


def test_a_wall_that_the_weak_form_has_by_itself_is_not_named_as_missing() -> None:
    wall = WALK + '[[boundaries]]\ndomain = "x > 0"\nkind = "reflecting"\n[scaling]\nh = 1\n'
    assert "by itself: at x = 0 (reflecting)" in sd.export(sd.loads(wall), "ufl")
    assert "not in this program: at x = 0 (reflecting)" in sd.export(sd.loads(wall), "py-pde")
    assert "not in this program: at x = 0" in sd.export(sd.loads(wall.replace("reflecting", "absorbing")), "ufl")


def test_cases_in_a_parameter_are_derived_and_exported() -> None:
    """The second route could not compare its numbers with those of a condition: a fault."""
    model = with_rate("2 + x**2*Piecewise((1, a < 1), (3, True))")
    step = run(sd.export(model, "sde"))["step"]
    for a, share in ((0.5, 1), (1.0, 3), (2.0, 3)):
        moved = step(np.array([[0.5, 0.5]]), 0.0, 1.0, Coin(), a=a)
        assert float(np.var(moved)) == pytest.approx(2 * (2 + share / 4))
    assert "ufl.conditional(ufl.lt(a, 1), 1, 3)" in sd.export(model, "ufl")


def test_one_case_of_several_says_so() -> None:
    """Of Pareto waits with any index the first case is fractional; that of a finite mean is exported with its range."""
    model = sd.loads("""
[parameters]
a = "positive"
t0 = "positive"
alpha = "positive"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "pareto"
index = "alpha"
scale = "t0"
[[jumps]]
displacements = ["a", "-a"]
probability = "1/2"
""")
    with pytest.raises(sd.SymdiffError, match="for 0 < alpha < 1, one case of several"):
        sd.export(model, "py-pde")
    last = sd.derive_all(model)[-1]
    assert f"# one case of several: {last.case};" in export(model, last, "py-pde")
    assert "one case" not in sd.export(sd.load("biased_walk"), "py-pde")
