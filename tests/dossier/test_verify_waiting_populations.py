"""The exact tier for walks with waits and for populations: right equations pass, every wrong one fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from mutations import mutations, verdict_on
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_claim import claim_of, with_term_scaled
from symdiff.dossier.verify_homogeneous import HomogeneousTest
from symdiff.dossier.verify_numbers import base_values, eps_path
from symdiff.dossier.verify_population import population_tier

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[1] / "data" / "models"


@pytest.mark.parametrize("name", ["subdiffusion", "rw1d-unequal-times"])
def test_walks_with_waits_against_the_relation_of_montroll_and_weiss(name: str) -> None:
    model = sd.load(DATA / f"{name}.toml")
    limit = sd.derive(model)
    found = verdict_on(model, limit)
    assert found.passed is True
    assert found.negative_control is not None
    assert found.negative_control.rejected
    assert found.smallest_detectable_error is not None
    assert found.smallest_detectable_error < 1e-7
    assert limit.equation is not None
    test = HomogeneousTest(model, claim_of(limit), eps_path(model, limit.regime, base_values(model, Settings())))
    with mpmath.workdps(test.digits):
        for text, wrong in mutations(limit.equation):
            errors = test.errors(test.table(wrong))
            assert not test.study(errors, test.predicted.first, mpmath.mpf(0)).vanishes, text


def test_another_order_of_the_derivative_in_time_is_caught() -> None:
    model = sd.load(DATA / "subdiffusion.toml")
    limit = sd.derive(model)
    assert limit.equation is not None
    (head,) = limit.equation.left
    assert head.caputo is not None
    wrong = replace(limit.equation, left=(replace(head, caputo=head.caputo + sp.Rational(1, 1000)),))
    assert verdict_on(model, limit, wrong).passed is False


@pytest.mark.parametrize("name", ["bd-immigration-death", "bd-vk-mean-correction"])
def test_populations_against_their_master_equation(name: str) -> None:
    model = sd.load(DATA / f"{name}.toml")
    limit = sd.derive(model)
    assert limit.regime.name == "large-system"
    path = eps_path(model, limit.regime, base_values(model, Settings()))
    found = population_tier(model, limit, path)
    assert found.passed is True
    assert found.smallest_detectable_error is not None
    assert found.smallest_detectable_error < 1e-30
    (equation,) = limit.equations
    for n in range(len(equation.right)):
        for factor in (1 + sp.Rational(1, 10**6), sp.Integer(0), sp.Integer(-1)):
            wrong = replace(limit, equations=(with_term_scaled(equation, n + 1, factor),))
            assert population_tier(model, wrong, path).passed is False
    assert population_tier(model, replace(limit, discarded=limit.discarded[1:]), path).passed is False


GENERATIONS = """
title = "Wright-Fisher model without selection"
[parameters]
N = "positive integer"
[model]
coordinates = ["n"]
time_step = "1/N"
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = "-n"
distribution = "{}"
probability = "1"
"""


@pytest.mark.parametrize(
    ("law", "equation", "passed"),
    [
        ('binomial"\ntrials = "N"\nsuccess = "n/N', r"P_t = \frac12 (x (1 - x) P)_{xx}", True),  # Kimura's
        ('binomial"\ntrials = "N"\nsuccess = "n/N', r"P_t = (x (1 - x) P)_{xx}", False),  # Moran's, per generation
        ('poisson"\nmean = "n', r"P_t = \frac12 (x P)_{xx}", True),  # Feller's, offspring of variance one
        ('poisson"\nmean = "n', r"P_t = \frac{1000000001}{2000000000} (x P)_{xx}", False),
    ],
)
def test_populations_of_one_generation_a_step(law: str, equation: str, passed: bool) -> None:
    model = sd.loads(GENERATIONS.format(law))
    rows = [r for r in sd.verify(model, tier="exact", equation=equation).tiers if r.applies]
    assert [r.passed for r in rows] == [passed]
