"""Step laws by density: moments and tails against the named laws' closed forms, and densities that are none."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import SymdiffError
from symdiff.model import density_numbers
from symdiff.model.law_transform import transform
from symdiff.model.step_law import StepLaw
from symdiff.model.summation import exact_sum
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.notation.expression import Scope, parse_expression

HEAD = {"title": "t", "parameters": {"a": "positive", "tau": "positive", "C0": "positive", "alpha": "0 < alpha < 2"}}
a, tau, C0, alpha = (sp.Symbol(n, positive=True) for n in ("a", "tau", "C0", "alpha"))


def law(jump, *, clock="discrete", coordinates=("x",)):
    """The law of a model with one jump."""
    head = {"coordinates": list(coordinates)} | ({"time_step": "tau"} if clock == "discrete" else {})
    entry = jump | ({"probability": "1"} if "density" in jump else {})
    model = sd.JumpModel(**HEAD, model=head, jumps=[entry])
    return model.jumps[0]


@pytest.mark.parametrize(
    ("density", "second", "fourth"),
    [  # the moments of standard laws: Abramowitz and Stegun, ch. 26; Epanechnikov's and the raised cosine by hand
        ("exp(-Abs(r)/a)/(2*a)", "2*a**2", "24*a**4"),
        ("Piecewise((1/(2*a), Abs(r) < a), (0, True))", "a**2/3", "a**4/5"),
        ("3/(4*a)*(1 - r**2/a**2)*Heaviside(a - Abs(r))", "a**2/5", "3*a**4/35"),
        ("sech(pi*r/(2*a))/(2*a)", "a**2", "5*a**4"),
        ("exp(-r**2/(2*a**2))/sqrt(2*pi*a**2)", "a**2", "3*a**4"),
        (
            "(1 + cos(pi*r/a))/(2*a)*Heaviside(a - Abs(r))",
            "a**2/3 - 2*a**2/pi**2",
            "a**4/5 - 4*a**4/pi**2 + 24*a**4/pi**4",
        ),
        ("8*a**5/(3*pi*(a**2 + r**2)**3)", "a**2/3", None),
        ("Heaviside(a - Abs(r))/(pi*sqrt(a**2 - r**2))", "a**2/2", "3*a**4/8"),  # cos of a uniform angle
        ("Piecewise((2*sqrt(a**2 - r**2)/(pi*a**2), Abs(r) < a), (0, True))", "a**2/4", "a**4/8"),  # Catalan's numbers
    ],
)
def test_moments_of_densities_vs_closed_forms(density, second, fourth):
    found = law({"density": density}).law
    names = {"a": next(iter(found.box))[0]}
    assert sp.simplify(found.raw_moment(2) - sp.sympify(second, names)) == 0
    if fourth is not None:
        assert sp.simplify(found.raw_moment(4) - sp.sympify(fourth, names)) == 0
    assert found.raw_moment(1) == 0


@pytest.mark.parametrize(
    ("density", "exponent", "logs", "even"),
    [  # 1 - abs(ak) + ...; 1 + (ak)^2/2 log(k) + ... (Bessel K1); 1 - (ak)^2/2 + abs(ak)^3/3 (a shifted exponential)
        ("a/(pi*(a**2 + r**2))", 1, 0, "-a"),
        ("a**2/2/(a**2 + r**2)**Rational(3, 2)", 2, 1, "a**2/2"),
        ("2*a**3/(pi*(a**2 + r**2)**2)", 3, 0, "a**3/3"),
    ],
)
def test_tails_of_densities_vs_known_transforms(density, exponent, logs, even):
    first = law({"density": density}).law.singular[0]
    assert (first.exponent, first.logs, first.odd) == (exponent, logs, 0)
    assert sp.simplify(first.even - sp.sympify(even, {"a": next(iter(first.even.free_symbols))})) == 0


def test_rate_density_with_infinitely_many_small_jumps_vs_the_stable_generator():
    """C0 abs(r)^(-1-alpha): -C0 pi/(sin(pi alpha/2) Gamma(1 + alpha)) abs(k)^alpha (NIST DLMF 5.9.7), rate one by convention."""
    jump = law({"rate_density": "C0/Abs(r)**(1 + alpha)"}, clock="continuous")
    (term,) = jump.law.singular
    names = {s.name: s for s in term.even.free_symbols}
    expected = -names["C0"] * sp.pi / (sp.sin(sp.pi * names["alpha"] / 2) * sp.gamma(1 + names["alpha"]))
    assert sp.simplify(term.even - expected) == 0
    assert jump.intensity == 1


def test_uneven_jumps_without_a_finite_rate_drift_by_their_mean():
    """int r w(r) dr over both sides: (2 - 1) C0 int u^(-1/2) e^(-u/a) du = C0 sqrt(pi a); the rate itself is infinite."""
    jump = {"rate_density": "C0*Abs(r)**Rational(-3, 2)*exp(-Abs(r)/a)*(1 + Heaviside(r))"}
    limit = sd.derive(sd.JumpModel(**HEAD, coordinates=["x"], jumps=[jump]))
    drift = limit.coefficient("v")
    expected = sp.sqrt(sp.pi) * sp.sqrt(a) * C0
    names = {s: {"a": a, "C0": C0}[s.name] for s in drift.free_symbols}
    assert sp.simplify(drift.subs(names) - expected) == 0


def test_a_finite_rate_density_is_its_integral_times_a_law_also_in_the_plane():
    jump = law({"rate_density": "C0*exp(-r/a)"}, clock="continuous", coordinates=("x", "y"))
    names = {s.name: s for s in jump.intensity.free_symbols}
    assert sp.simplify(jump.intensity - 2 * sp.pi * names["C0"] * names["a"] ** 2) == 0
    assert sp.simplify(jump.law.raw_moment(2, 0) - 3 * names["a"] ** 2) == 0  # E r^2 = 6 a^2, half for each axis


@pytest.mark.parametrize(
    ("jump", "clock", "said"),
    [
        ({"density": "exp(-Abs(r)/a)/a"}, "discrete", "integrates to 2"),
        ({"density": "(a**2 - 2*r**2)*exp(-Abs(r)/a)/(2*a**3)"}, "discrete", "negative"),
        (
            {"density": "(2*exp(-Abs(r)/a) - exp(-Abs(r)/(2*a))/2)/(2*a)"},
            "discrete",
            "negative",
        ),  # integrates to one; beyond r = 2.8 a
        ({"distribution": "moments", "mean": "a", "second_moment": "a**2/2"}, "discrete", "the variance -a"),
        (
            {
                "distribution": "moments",
                "mean": "0",
                "variance": "a**2",
                "third_cumulant": "0",
                "fourth_cumulant": "-3*a**4",
            },
            "discrete",
            "no law has the fourth cumulant",
        ),  # k_4 >= -2 k_2^2, reached by steps of a and -a
        ({"density": "1/(a + Abs(r))"}, "discrete", "diverges"),
        ({"density": "1/r**2"}, "discrete", "infinite integral"),
        ({"rate_density": "C0/Abs(r)**4"}, "continuous", "second moment of small jumps diverges"),
        (
            {"rate_density": "Piecewise((exp(-r/a)/r**2, r > 0), (0, True))"},
            "continuous",
            "mean of the small jumps diverges",
        ),
        ({"rate_density": "C0", "rate": "1"}, "continuous", "both rate and rate_density"),
        ({"rate_density": "C0*exp(-Abs(r)/a)"}, "discrete", "time step"),
    ],
)
def test_what_is_no_density_is_refused_with_the_reason(jump, clock, said):
    with pytest.raises(SymdiffError, match=said):
        law(jump, clock=clock)


def test_transforms_of_the_arcsine_and_semicircle_laws_vs_bessel_functions() -> None:
    """J_0(ka) and 2 J_1(ka)/(ka) (NIST DLMF 10.9.4); a density that does not integrate to one is refused."""
    with mpmath.workdps(40):
        k = mpmath.mpf(7) / 3
        for text, expected in (
            ("Heaviside(a - Abs(r))/(pi*sqrt(a**2 - r**2))", mpmath.besselj(0, 2 * k)),
            ("Heaviside(a - Abs(r))*2*sqrt(a**2 - r**2)/(pi*a**2)", mpmath.besselj(1, 2 * k) / k),
        ):
            found = transform(law({"density": text}).law, mpmath.mpc(0, k), lambda e: mpmath.mpf(2) if e.is_Symbol else
                              evaluate(e, {s: mpmath.mpf(2) for s in e.free_symbols}, mp_arithmetic()))  # fmt: skip
            assert abs(found - expected) < mpmath.mpf(10) ** -36
    with pytest.raises(SymdiffError, match="integrates to pi"):
        law({"density": "Heaviside(a - Abs(r))/sqrt(a**2 - r**2)"})


@pytest.mark.parametrize(
    ("density", "dimension"),
    [
        ("2/(pi*(1 + r**2)**2)", 1),
        ("Piecewise((Rational(3, 4)*Abs(r)**Rational(-5, 2), Abs(r) > 1), (0, True))", 1),
        ("Piecewise((Rational(1, 4), Abs(r) < 1), (r**-2/4, True))", 1),
        ("Piecewise((Rational(5, 2)*r**Rational(-7, 2), r > 1), (0, True))", 2),
        ("Abs(r)/(2*(1 + r**2)**Rational(3, 2))", 2),
        ("Piecewise((0, r < 0), (2*r**2*Rational(2, 1)/(pi*(1 + r**2)**2), True))", 3),
    ],
)
def test_closed_transforms_of_heavy_tails_vs_quadrature(density, dimension, monkeypatch) -> None:
    """On a line and, as the law of the length of isotropic steps, in space; the closed form is compared less one, where it is small."""
    step = sp.Symbol("step.0", real=True)
    found = StepLaw("density", (("density", parse_expression(density, Scope({"r": step}))),))

    def number(e: sp.Expr) -> mpmath.mpf:
        return mpmath.mpf(sp.N(e, 30))

    for k in ("0.3",) if dimension > 1 else ("0.01", "1.3"):  # quadrature in space is slow
        wave = [mpmath.mpc(0, k)]
        with mpmath.workdps(15):
            quick = density_numbers.density_transform(found, wave, number, dimension)
            with monkeypatch.context() as patch:
                patch.setattr(density_numbers, "closed_transform", lambda *_: None)
                slow = density_numbers.density_transform(found, wave, number, dimension)
            assert quick is not slow
            assert abs(quick - slow) < mpmath.mpf(10) ** -10 * abs(1 - slow)
            wrong = density_numbers.density_transform(found, [wave[0] * (1 + mpmath.mpf(10) ** -7)], number, dimension)
            assert abs(wrong - slow) > mpmath.mpf(10) ** -10 * abs(1 - slow)


def test_weierstrass_walks_have_the_moments_that_a_comparison_between_parameters_gives() -> None:
    """b^j with weight (M - 1)/M M^-j: the mean square (M - 1)/(M - b^2) where b^2 < M, and no more is known beyond log M/log b
    (Hughes, Random Walks and Random Environments 1, ch. 4); without the comparison it may be infinite."""
    text = """
[parameters]
a = "positive"
M = "M > 1"
b = "b > 1"
tau = "positive"
[model]
coordinates = ["x"]
time_step = "tau"
{constraints}
[[jumps]]
index = {{j = ["0", "oo"]}}
displacements = ["b**j*a", "-b**j*a"]
probability = "(M - 1)/(2*M)*M**(-j)"
"""
    limit = sd.derive(sd.loads(text.format(constraints='constraints = ["b**2 < M"]')))
    names = {s.name: s for s in limit.diffusion_tensor[0][0].free_symbols}
    a, b, M, tau = (names[n] for n in ("a", "b", "M", "tau"))
    assert sp.cancel(limit.diffusion_tensor[0][0] - a**2 * (M - 1) / (2 * tau * (M - b**2))) == 0
    assert sp.cancel(limit.diffusion_tensor[0][0] - a**2 * (M - 1) / (2 * tau * (M - b))) != 0
    with pytest.raises(SymdiffError, match="moments"):
        sd.derive(sd.loads(text.format(constraints="")))


def test_families_of_two_indices_whose_weights_are_powers_of_a_sum() -> None:
    """G s^(abs(i) + abs(j)) over the plane: D_xx = G h^2 s (1 + s)^2/(1 - s)^4, by hand."""
    model = sd.JumpModel(
        parameters={"h": "positive", "G": "positive", "s": "0 < s < 1"}, coordinates=["x", "y"],
        jumps=[{"index": {"i": ["-oo", "oo"], "j": ["-oo", "oo"]}, "displacement": ["i*h", "j*h"], "rate": "G*s**(Abs(i) + Abs(j))"}])  # fmt: skip
    found = sd.derive(model).diffusion_tensor[0][0]
    h, G, s = (next(x for x in found.free_symbols if x.name == n) for n in "hGs")
    assert sp.cancel(found - G * h**2 * s * (1 + s) ** 2 / (1 - s) ** 4) == 0
    assert sp.cancel(found - G * h**2 * s * (1 + s) / (1 - s) ** 3) != 0  # along one axis only


def test_weights_with_poles_at_several_places_are_refused_and_one_place_is_moved() -> None:
    """1/(j (j + 1)^4) has no sum here (it was moved to and fro without end); sum of j^2/(j + 1)^6 is zeta(4) - 2 zeta(5) + zeta(6)."""

    model = {"index": {"j": ["1", "oo"]}, "displacements": ["j*h", "-j*h"], "rate": "G/(j*(j + 1)**4)"}
    with pytest.raises(SymdiffError, match="not known"):
        sd.JumpModel(parameters={"h": "positive", "G": "positive"}, coordinates=["x"], jumps=[model])
    j = sp.Symbol("j", integer=True, positive=True)
    found = exact_sum(j**2 / (j + 1) ** 6, j, sp.Integer(1), sp.oo, lambda e: bool(e.is_positive))
    assert sp.expand(found - (sp.zeta(4) - 2 * sp.zeta(5) + sp.zeta(6))) == 0
    assert sp.expand(found - sp.zeta(4)) != 0
