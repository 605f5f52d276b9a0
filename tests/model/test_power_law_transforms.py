"""Transforms of power laws, cut off or on a lattice, against the integrals and sums that define them."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from symdiff.dossier.gallery import load
from symdiff.model.law_transform import _pareto, _polylogarithm, transform
from symdiff.model.step_law import StepLaw
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
