"""Effective coefficients against Bloch eigenvalues of one period, front speeds against a direct minimum, thresholds against
the growth of modes. By hand: harmonic mean of bonds, Lifson and Jackson's D0/I0(beta V0)^2, Fisher's 2 sqrt(D R'(0)),
Keller and Segel's threshold chi u0 f = Du k.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import pytest
import sympy as sp
from chains import evaluate, number, put

from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

L = sp.Symbol("L", positive=True)
NAMES = dict.fromkeys(("h", "L", "D", "bet", "V0", "tau", "g1", "g2", "a", "G", "lam"), "positive") | {"F": "real"}
POINT = {"h": "1/2", "L": 2, "D": "7/10", "bet": "6/5", "F": "4/5", "V0": "3/2", "tau": "1/20", "G": 1, "lam": "3/2"}
SHAPE = {"V": lambda y: sp.cos(sp.pi * y) / 2 + sp.sin(2 * sp.pi * y) / 5}


def tilted(force: str, clock: str = "rate") -> JumpModel:
    scale = "D/h**2" if clock == "rate" else "D*tau/h**2"
    jumps = [
        {
            "displacement": f"{s}h",
            clock: f"{scale}*exp(-bet*(V(x {'+-'[s == '-']} h) - V(x) {'-+'[s == '-']} {force}*h)/2)",
        }
        for s in ("", "-")
    ]
    step = {"time_step": "tau"} if clock == "probability" else {}
    return JumpModel(
        parameters=NAMES,
        coordinates=["x"],
        jumps=jumps,
        functions={"V": ["x"]},
        scaling={"h": 1} | ({"tau": 2} if step else {}),
        **step,
    )


def bloch(model: JumpModel, sites: int) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Drift and diffusion, sites at a distance 2/sites, from the eigenvalue of one period with phase e^(-ik): -ivk - Dk^2."""
    h = sp.Rational(2, sites)
    at = model.substitute({k: sp.sympify(POINT[k]) for k in ("D", "bet", "F", "tau", "L")} | {"h": h})

    def slow(k: mpmath.mpf) -> mpmath.mpf:
        matrix = mpmath.zeros(sites)
        for n in range(sites):
            for jump in at.jumps:
                rate, move = (
                    number(put(jump.intensity.subs(sp.Symbol("x", real=True), n * h), SHAPE)),
                    int(jump.displacement[0] / h),
                )
                matrix[(n + move) % sites, n] += rate * mpmath.exp(-1j * k * move)
                matrix[n, n] -= rate
        value = min(mpmath.eig(matrix, left=False, right=False), key=abs)
        return mpmath.log(1 + value) / number(at.time_step) if at.time_step is not None else value

    step = mpmath.mpf("1e-8")
    value = slow(step)
    space = number(h)
    return -mpmath.im(value) / step * space, -mpmath.re(value) / step**2 * space**2


@pytest.mark.parametrize(("force", "clock"), [("0", "rate"), ("F", "rate"), ("F", "probability")])
def test_periodic_potentials_on_the_lattice_against_bloch_eigenvalues(force: str, clock: str) -> None:
    model = tilted(force, clock)
    drift, diffusion = bloch(model, 4)
    for kind, expected in (("effective_drift", drift), ("effective_diffusion", diffusion)):
        found = observable(model, (), ObservableStatement("q", kind, None, None, L)).lattice
        assert abs(evaluate(found, POINT, SHAPE) - expected) < 1e-6 * max(1, abs(expected))
    wrong = observable(tilted("0", clock), (), ObservableStatement("q", "effective_diffusion", None, None, L)).lattice
    if force == "F":
        assert abs(evaluate(wrong, POINT, SHAPE) - diffusion) > 1e-2


def test_lifson_jackson_with_a_cosine() -> None:
    model = JumpModel(parameters=NAMES, coordinates=["x"], states=[{"velocity": ["-D*bet*Derivative(V(x), x)"], "diffusivity": "D"}],
                      definitions={"V(x)": "V0*cos(2*pi*x/L)"})  # fmt: skip
    found = dict(
        observable(model, derive_all(model), ObservableStatement("q", "effective_diffusion", None, None, L)).equation
    )["long-wave"]
    assert abs(evaluate(found, {"D": 1, "bet": 1, "V0": "3/2", "L": 3}) - mpmath.mpf("0.36877272893742469712")) < 1e-19


def quadrature(value: sp.Expr) -> float:
    """Nested integrals by the rule of Gauss and Legendre with sixteen places each."""
    nodes = mpmath.calculus.quadrature.GaussLegendre(mpmath.mp).calc_nodes(3, 60)

    def gauss(f: Callable, limits: tuple[float, float]) -> float:
        low, high = limits
        half = (high - low) / 2
        return half * sum(float(w) * f(low + half * (1 + float(x))) for x, w in nodes)

    value = put(value, SHAPE).subs({s: sp.sympify(POINT[s.name]) for s in value.free_symbols if s.name in POINT})
    return float(sp.lambdify((), value, [{"quad": gauss}, "mpmath"])())


@pytest.mark.slow
def test_tilted_quadratures_are_the_limit_of_the_lattice_sums() -> None:
    model = tilted("F")
    limits = derive_all(model)
    for kind in ("effective_drift", "effective_diffusion"):
        result = observable(model, limits, ObservableStatement("q", kind, None, None, L))
        smooth = quadrature(dict(result.equation)["stated"])
        coarse, fine = bloch_at(model, kind, 8), bloch_at(model, kind, 16)
        assert abs(fine - smooth) < abs(coarse - smooth) / 3
        assert abs((4 * fine - coarse) / 3 - smooth) < 1e-3 * abs(smooth)


def bloch_at(model: JumpModel, kind: str, sites: int) -> float:
    """The lattice value with so many sites in a period of 2."""
    with mpmath.workdps(30):
        return float(bloch(model, sites)[kind == "effective_diffusion"])


def test_alternating_bonds_have_the_harmonic_mean() -> None:
    jumps = [{"from": "A", "to": "B", "displacement": "a", "rate": "g1"}, {"from": "B", "to": "A", "displacement": "-a", "rate": "g1"},
             {"from": "B", "to": "A", "displacement": "a", "rate": "g2"}, {"from": "A", "to": "B", "displacement": "-a", "rate": "g2"}]  # fmt: skip
    model = JumpModel(parameters=NAMES, coordinates=["x"], states=["A", "B"], jumps=jumps)
    found = observable(model, derive_all(model), ObservableStatement("q", "effective_diffusion"))
    a, g1, g2 = (sp.Symbol(n, positive=True) for n in ("a", "g1", "g2"))
    assert sp.cancel(found.lattice - 2 * a**2 * g1 * g2 / (g1 + g2)) == 0
    assert sp.cancel(found.lattice - a**2 * (g1 + g2) / 2) != 0


def test_a_missing_or_wrong_period_is_an_error() -> None:
    with pytest.raises(DerivationError, match="which period"):
        observable(tilted("0"), (), ObservableStatement("q", "effective_diffusion"))
    jumps = [{"displacements": [["1"], ["-1"]], "rate": "2 + cos(pi*x/2)"}]
    model = JumpModel(parameters=NAMES, coordinates=["x"], jumps=jumps)
    found = observable(model, (), ObservableStatement("q", "effective_diffusion", None, None, sp.Integer(4))).lattice
    assert (
        abs(number(found) - 16 / mpmath.mpf(4 * (sp.Rational(1, 3) + 1 + sp.Rational(1, 2) + sp.Rational(1, 2))))
        < 1e-15
    )
    with pytest.raises(DerivationError, match="does not have the period"):
        observable(model, (), ObservableStatement("q", "effective_diffusion", None, None, sp.Integer(3)))


def fisher(rate: str, growth: str) -> JumpModel:
    return JumpModel(parameters=NAMES, coordinates=["x"], density="u", jumps=[{"displacements": [["1"], ["-1"]], "rate": rate}],
                     reactions=[{"consumes": ["u"], "produces": ["u", "u"], "rate": growth}, {"consumes": ["u", "u"], "produces": ["u"], "rate": growth}])  # fmt: skip


def test_fisher_front_on_the_lattice_and_in_the_limit() -> None:
    model = fisher("1", "3/2")
    found = observable(model, derive_all(model), ObservableStatement("c", "front_speed"))
    grid = min((mpmath.mpf("1.5") + 2 * (mpmath.cosh(s) - 1)) / s for s in mpmath.linspace(0.5, 2, 3001))
    assert abs(number(found.lattice) - grid) < 1e-6
    assert number(found.lattice) <= grid + mpmath.mpf("1e-25")
    assert abs(number(found.lattice) - mpmath.mpf("2.5779282994426738")) < 1e-15
    assert dict(found.equation)["long-wave"] == sp.sqrt(6)
    symbolic = observable(fisher("G", "lam"), derive_all(fisher("G", "lam")), ObservableStatement("c", "front_speed"))
    assert symbolic.lattice is None
    assert "min over s" in symbolic.why


def test_no_growth_no_front() -> None:
    walk = JumpModel(parameters=NAMES, coordinates=["x"], jumps=[{"displacements": [["1"], ["-1"]], "rate": "G"}])
    limits = derive_all(walk)
    with pytest.raises((DerivationError, NotYetError), match="nothing grows"):
        observable(walk, limits, ObservableStatement("c", "front_speed"))


def keller_segel() -> JumpModel:
    up = "Du/h**2 + chi/(2*h**2)*(s(x + h) - s(x))"
    return JumpModel(parameters=dict.fromkeys(("Du", "Ds", "chi", "f", "k", "h"), "positive"), coordinates=["x"],
                     states=[{"name": "u"}, {"name": "s", "diffusivity": "Ds"}],
                     jumps=[{"from": "u", "displacement": "h", "rate": up}, {"from": "u", "displacement": "-h", "rate": up.replace("x + h", "x - h")}],
                     reactions=[{"consumes": ["u"], "produces": ["u", "s"], "rate": "f"}, {"consumes": ["s"], "produces": [], "rate": "k"}],
                     scaling={"h": 1})  # fmt: skip


def test_keller_segel_threshold_against_growing_modes() -> None:
    model = keller_segel()
    limits = derive_all(model)
    margin = dict(observable(model, limits, ObservableStatement("q", "stability_threshold")).equation)["stated"]
    point = {"chi": "13/10", "u0": "4/5", "f": "9/10", "Du": "7/10", "k": "2/5", "Ds": "11/10"}
    edge = evaluate(margin, point)
    assert abs(edge - mpmath.mpf("0.85194805194805194805")) < 1e-19

    def growth(q2: mpmath.mpf) -> mpmath.mpf:
        chi, u0, f, du, k, ds = (
            mpmath.mpf(sp.Rational(point[n]).p) / sp.Rational(point[n]).q for n in ("chi", "u0", "f", "Du", "k", "Ds")
        )
        matrix = mpmath.matrix([[-du * q2, chi * u0 * q2], [f, -ds * q2 - k]])
        return max(mpmath.re(e) for e in mpmath.eig(matrix, left=False, right=False))

    assert growth(edge * mpmath.mpf("0.99")) > 0 > growth(edge * mpmath.mpf("1.01"))
    chi, du, k, f, u0 = (sp.Symbol(n, positive=True) for n in ("chi", "Du", "k", "f", "u0"))
    critical = dict(observable(model, limits, ObservableStatement("q", "stability_threshold", chi)).equation)["stated"]
    assert sp.cancel(critical - du * k / (f * u0)) == 0
