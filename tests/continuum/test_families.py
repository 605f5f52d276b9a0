"""Families of jumps by an index against closed sums: Bernoulli polynomials, polylogarithms, Poisson and binomial laws."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import SymdiffError

h, c, k, tau, m, p = sp.symbols("h c k tau m p", positive=True)
N = sp.Symbol("N", positive=True, integer=True)


def _model(index: list[str], rate: str, where: str | None = None, **more: object) -> sd.JumpModel:
    jump = {"index": {"j": index}, "displacement": "j*h", **({"where": where} if where else {})}
    assumed = {
        "h": "positive",
        "c": "positive",
        "tau": "positive",
        "m": "positive",
        "p": "probability",
        "N": "positive integer",
    }
    key = "probability" if "time_step" in more else "rate"
    return sd.JumpModel(parameters=assumed, coordinates=["x"], jumps=[jump | {key: rate}], **more)


def _plain(e: sp.Expr) -> sp.Expr:
    known = {s.name: s for s in (h, c, tau, m, p, N)}
    return e.xreplace({s: known.get(s.name, k if s.name == "k" else s) for s in e.free_symbols}).replace(
        sp.Abs, lambda x: x
    )


# sum_(j != 0) (cos(jk) - 1)/abs(j)^s: s = 2, 4 are Bernoulli polynomials (DLMF 24.8.1), s = 3 is -2 zeta(3) + 2 Re Li_3(e^ik) with
# Li_3(e^z) = z^2/2 (3/2 - log(-z)) + ... (DLMF 25.12.12 in the limit of a whole index)
SUMS = [
    ("c/j**2", 2, -sp.pi * k * h + k**2 * h**2 / 2),
    ("c/Abs(j)**3", 3, k**2 * h**2 * sp.log(k * h) - sp.Rational(3, 2) * k**2 * h**2),
    ("c/j**4", 3, -(sp.pi**2) / 6 * k**2 * h**2 + sp.pi / 6 * k**3 * h**3),
]


@pytest.mark.parametrize(("rate", "order", "expected"), SUMS)
def test_growth_rate_at_a_whole_index_against_the_closed_sum(rate: str, order: int, expected: sp.Expr) -> None:
    limit = sd.derive(_model(["-oo", "oo"], rate, "j != 0"), order=order)
    found = _plain(limit.growth_rate)
    assert sp.expand(sp.expand_log(found - c * expected, force=True)) == 0
    assert sp.expand(sp.expand_log(found - 2 * c * expected, force=True)) != 0


def test_displacements_beside_an_index_against_one_family_over_both_signs() -> None:
    jump = {"index": {"j": ["1", "oo"]}, "displacements": ["j*h", "-j*h"], "rate": "c/j**4"}
    model = sd.JumpModel(parameters={"h": "positive", "c": "positive"}, coordinates=["x"], jumps=[jump])
    both = _plain(sd.derive(_model(["-oo", "oo"], "c/j**4", "j != 0"), order=3).growth_rate)
    assert sp.expand(_plain(sd.derive(model, order=3).growth_rate) - both) == 0
    listed = {"index": {"j": ["1", "3"]}, "displacements": [["j*h", "0"], ["0", "-j*h"]], "rate": "c"}
    plane = sd.JumpModel(parameters={"h": "positive", "c": "positive"}, coordinates=["x", "y"], jumps=[listed])
    assert [str(_plain(sd.derive(plane).coefficient(a))) for a in ("v_x", "v_y", "D_xx")] == [
        "6*c*h",
        "-6*c*h",
        "7*c*h**2",
    ]


def test_the_leading_order_of_a_whole_index_is_that_which_does_not_cancel() -> None:
    limit = sd.derive(_model(["-oo", "oo"], "c/j**2", "j != 0"))  # the logarithms of the two sides cancel
    assert _plain(limit.coefficient("K")) == sp.pi * c * h


def test_two_indices_with_power_laws_are_known_below_the_first_tail() -> None:
    jump = {"index": {"i": ["1", "oo"], "j": ["1", "oo"]}, "displacement": ["i*h", "j*h"], "rate": "c/(i*j)**(7/2)"}
    limit = sd.derive(sd.JumpModel(parameters={"h": "positive", "c": "positive"}, coordinates=["x", "y"], jumps=[jump]))
    assert limit.remainder_power == sp.Rational(5, 2)


def test_poisson_and_binomial_families_against_their_cumulants() -> None:
    poisson = sd.derive(_model(["0", "oo"], "exp(-m)*m**j/factorial(j)", time_step="tau"), order=3)
    assert [_plain(poisson.coefficient(a)) for a in ("v", "D", "a_3")] == [
        m * h / tau,
        m * h**2 / (2 * tau),
        -m * h**3 / (6 * tau),
    ]
    binomial = sd.derive(_model(["0", "N"], "binomial(N, j)*p**j*(1 - p)**(N - j)", time_step="tau"))
    assert sp.cancel(_plain(binomial.coefficient("D")) - N * p * (1 - p) * h**2 / (2 * tau)) == 0


def test_a_constraint_that_names_a_function_is_kept_as_an_assumption() -> None:
    model = sd.JumpModel(parameters={"h": "positive", "tau": "positive"}, functions={"q": ["x"]}, coordinates=["x"], time_step="tau",
        constraints=["q(x) <= 1"], scaling={"name": "hyperbolic", "h": 1, "tau": 1},
        jumps=[{"displacement": "h", "probability": "q(x)"}, {"displacement": "-h", "probability": "1 - q(x)"}])  # fmt: skip
    limit = sd.derive(model)
    assert any("q(x) <= 1" in a for a in limit.assumptions)


@pytest.mark.slow
def test_densities_with_sums_below_the_line_and_slow_decay() -> None:
    a, b = sp.symbols("a b", positive=True)
    for density, v, D in (  # integrals of r^n times the density, by hand
        ("Piecewise((exp(-r/a)/(a + b), r > 0), (exp(r/b)/(a + b), True))", a - b, (a**2 + b**2) / 2),
        ("exp(-sqrt(Abs(r)/a))/(4*a)", 0, 60 * a**2),
    ):
        model = sd.JumpModel(parameters={"a": "positive", "b": "positive"}, coordinates=["x"], time_step="1",
                             jumps=[{"density": density, "probability": "1"}])  # fmt: skip
        limit = sd.derive(model)
        shown = [
            e.xreplace({s: {"a": a, "b": b}[s.name] for s in e.free_symbols})
            for e in map(limit.coefficient, ("v", "D"))
        ]
        assert [sp.cancel(x - y) for x, y in zip(shown, (v, D), strict=True)] == [0, 0]


@pytest.mark.parametrize(
    ("coordinates", "density"),
    [
        (["x"], "a/Abs(r)**(3/2)"),
        (["x", "y"], "a/(r_x**2 + r_y**2)**(7/4)"),
        (["x", "y"], "a*Heaviside(1 - sqrt(r_x**2 + r_y**2))"),
    ],
)
def test_rate_densities_survive_their_json(coordinates: list[str], density: str) -> None:
    model = sd.JumpModel(parameters={"a": "positive"}, coordinates=coordinates, jumps=[{"rate_density": density}])
    assert sd.derive(sd.from_json(model.to_json())).equation == sd.derive(model).equation


def test_a_divergent_family_is_refused() -> None:
    with pytest.raises(SymdiffError, match="diverges"):
        _model(["1", "oo"], "c/j")
