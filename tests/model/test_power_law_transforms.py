"""Transforms of power laws, cut off or on a lattice, against the integrals and sums that define them."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.errors import SymdiffError
from symdiff.model.law_transform import _pareto, _polylogarithm, transform
from symdiff.model.step_law import StepLaw
from symdiff.model.wave_series import WaveSeries
from symdiff.notation.evaluation import evaluate, mp_arithmetic


@pytest.mark.parametrize("index", ["0.7", "1", "1.5", "2"])
@pytest.mark.parametrize("wave", [("0", "1e-6"), ("0", "-3"), ("1", "2")])
def test_a_cut_power_law_against_its_integral(index: str, wave: tuple[str, str]) -> None:
    with mpmath.workdps(30):
        a = {"index": mpmath.mpf(index), "scale": mpmath.mpf("0.8"), "cutoff": mpmath.mpf(4)}
        q, beyond = mpmath.mpc(*wave), (a["scale"] / a["cutoff"]) ** a["index"]
        density = a["index"] * a["scale"] ** a["index"] / (1 - beyond)
        pieces = mpmath.linspace(a["scale"], a["cutoff"], 4)
        known = density * mpmath.quad(lambda r: mpmath.exp(-q * r) * r ** (-1 - a["index"]), pieces)
        assert abs(_pareto(q, a) - known) < mpmath.mpf("1e-26")
        assert abs(_pareto(q, a | {"cutoff": mpmath.mpf("4.001")}) - known) > mpmath.mpf("1e-12")


@pytest.mark.parametrize("s", ["1.5", "2.7", "1.002"])
def test_the_polylogarithm_near_the_unit_circle_against_its_sum(s: str) -> None:
    with mpmath.workdps(25):
        for q in (mpmath.mpc("0.9", "1"), mpmath.mpc("1.5", "-9"), mpmath.mpc("0.8", "3.1")):
            known = mpmath.fsum(mpmath.exp(-q * n) / mpmath.mpf(n) ** mpmath.mpf(s) for n in range(1, 100))
            assert abs(_polylogarithm(mpmath.mpf(s), q) - known) < mpmath.mpf("1e-24")
            assert abs(_polylogarithm(mpmath.mpf(s) + mpmath.mpf("1e-9"), q) - known) > mpmath.mpf("1e-12")


def test_geometric_families_against_member_by_member() -> None:
    law = next(j.law for j in load("geometric_jumps").jumps if j.law is not None)
    with mpmath.workdps(25):
        values = {s: mpmath.mpf("0.37") for _, e in law.arguments for s in e.free_symbols}
        for q in (mpmath.mpc("0", "0.4"), mpmath.mpc("0.2", "-2")):
            found = transform(law, q, lambda e: evaluate(e, values, mp_arithmetic()))
            members = mpmath.fsum(
                mpmath.mpf("0.37") ** (n - 1) * (1 - mpmath.mpf("0.37")) * mpmath.exp(-q * n) for n in range(1, 80)
            )
            assert abs(found - members) < mpmath.mpf("1e-23")
            assert abs(found - members * (1 + mpmath.mpf("1e-12"))) > mpmath.mpf("1e-16")


@pytest.mark.parametrize("dimension", [2, 3, 5])
def test_steps_of_one_length_in_every_direction_against_the_average_of_a_cosine(dimension: int) -> None:
    steps = StepLaw("isotropic", (), inner=StepLaw("fixed", (("value", sp.Rational(13, 10)),)))
    power = mpmath.mpf(dimension - 2)
    weight = mpmath.quad(lambda a: mpmath.sin(a) ** power, [0, mpmath.pi])
    known = mpmath.quad(lambda a: mpmath.cos(3.9 * mpmath.cos(a)) * mpmath.sin(a) ** power, [0, mpmath.pi]) / weight
    wave = [mpmath.mpc(0, 3), *(mpmath.mpf(0),) * (dimension - 1)]
    found = [
        transform(steps, [*wave, *more], lambda e: evaluate(e, {}, mp_arithmetic())) for more in ([], [mpmath.mpf(0)])
    ]
    assert abs(found[0] - known) < 1e-13
    assert abs(found[1] - known) > 1e-3  # one dimension more


def test_a_cut_power_law_at_real_arguments_is_real() -> None:
    a = {"index": mpmath.mpf("1.5"), "scale": mpmath.mpf(1), "cutoff": mpmath.mpf(4)}
    known = mpmath.mpf("1.5") / (1 - mpmath.mpf(4) ** -1.5) * mpmath.quad(lambda r: mpmath.exp(3 * r) / r**2.5, [1, 4])
    assert isinstance(_pareto(mpmath.mpf(-3), a), mpmath.mpf)
    assert abs(_pareto(mpmath.mpf(-3), a) / known - 1) < 1e-13
    assert abs(_pareto(mpmath.mpf("-3.001"), a) / known - 1) > 1e-4


# exponent and logarithms of what is known of each transform: k^2 log(k) is larger than O(k^2), k^2 is not, O(k^2 log(k)) is as large
ENDS = [
    ("1 + k**2*log(Abs(k)) + 3*k**2 + O(k**2)", {(0, 0), (2, 1)}),
    ("1 + k**2*log(Abs(k))**2 + k**2*log(Abs(k)) + O(k**2*log(Abs(k)))", {(0, 0), (2, 2)}),
    ("exp(-Abs(k) + O(k**2))*(1 + k**2*log(Abs(k)))", {(0, 0), (1, 0), (2, 1)}),
    ("(1 + k*log(Abs(k)) + O(k))**2", {(0, 0), (1, 1)}),
    ("(1 + Abs(k) + O(k**2))*(1 + log(Abs(k))*k)", {(0, 0), (1, 0), (1, 1), (2, 1)}),
]


@pytest.mark.parametrize(("text", "known"), ENDS)
def test_what_an_open_transform_leaves_known_beside_logarithms(text: str, known: set[tuple[int, int]]) -> None:
    k = sp.Symbol("k", positive=True)
    body = sp.sympify(text, {"k": k, "O": sp.Function("O")})
    found = WaveSeries(k, lambda e: Fraction(int(e.p), int(e.q)), Fraction(6)).expand(body)
    assert {(int(x), logs) for x, logs in found.terms} == known


def test_a_law_that_is_known_to_its_logarithm_only() -> None:
    law = {"characteristic_function": "1 + a**2*k**2*log(a*Abs(k)) + O(k**2)", "rate": "g"}
    limit = sd.derive(sd.JumpModel(parameters={"a": "positive", "g": "positive"}, coordinates=["x"], jumps=[law]))
    a, g, wave = sp.symbols("a g k", positive=True)
    rate = limit.growth_rate.xreplace({s: {"a": a, "g": g, "k": wave}[s.name] for s in limit.growth_rate.free_symbols})
    assert sp.expand(sp.expand_log(rate) - g * a**2 * wave**2 * sp.log(wave)) == 0
    assert limit.remainder_power == 2
    assert any("log(1/eps)" in note for note in limit.assumptions)
    law["characteristic_function"] = "1 + a**2*k**2*log(a*Abs(k)) + O(k**2*log(Abs(k)))"
    with pytest.raises(SymdiffError):
        sd.derive(sd.JumpModel(parameters={"a": "positive", "g": "positive"}, coordinates=["x"], jumps=[law]))
