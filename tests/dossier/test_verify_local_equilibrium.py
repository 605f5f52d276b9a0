"""Rods and site rates in local equilibrium against their equations and wrong ones; populations of a size that nobody states."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_setting import values_at
from symdiff.dossier.verify_simulation import BUDGET, SETUP, make_plan
from symdiff.evidence.propagation.zero_range import SiteLaw

CROWD = """
title = "A crowd in local equilibrium"
[parameters]
h  = "positive"
D0 = "positive"
b  = "positive"
k  = "positive integer"
[values]
k = 3
[model]
coordinates = ["x"]
density     = "u"
{rule}
[[jumps]]
displacements = ["h", "-h"]
rate          = "D0/h**2"
[scaling]
h = 1
"""
RODS = CROWD.format(rule='rod_length = "k"')
SITES = CROWD.format(rule='site_rate = "u(x)/(b + u(x))"')
CASES = {
    "rods": (RODS, r"u_t = \partial_x[\frac{D_0}{(1-(k-1)u)^2} u_x]", True),
    "rods without the site that a gap needs": (RODS, r"u_t = \partial_x[\frac{D_0}{(1-ku)^2} u_x]", False),
    "rods, D + 1e-9": (RODS, r"u_t = \partial_x[\frac{1.000000001D_0}{(1-(k-1)u)^2} u_x]", False),
    "zero range": (SITES, r"u_t = D_0 \partial_{xx}\frac{u}{1+b+u}", True),
    "the mean put in the place of the number": (SITES, r"u_t = D_0 \partial_{xx}\frac{u}{b+u}", False),
}


@pytest.mark.parametrize("case", CASES)
def test_an_equation_against_the_local_equilibrium(case: str) -> None:
    """Rods: G. Schonherr and G. M. Schutz, J. Phys. A 37 (2004) 8215; sites: the weights of g(n) = n/(b + n) sum to (1 - z)^(-1-b)."""
    text, equation, right = CASES[case]
    assert sd.verify(sd.loads(text), tier="exact", equation=equation).passed is right


def test_the_mean_rate_of_a_site_and_its_slopes() -> None:
    """g(n) = n/(b + n) has z = C/(1 + b + C), and its derivatives."""
    with mpmath.workdps(50):
        b, c = mpmath.mpf(3) / 2, mpmath.mpf(2) / 5
        law = SiteLaw(lambda n: n / (b + n))
        exact = [
            c / (1 + b + c),
            (1 + b) / (1 + b + c) ** 2,
            -2 * (1 + b) / (1 + b + c) ** 3,
            6 * (1 + b) / (1 + b + c) ** 4,
        ]
        for order, value in enumerate(exact):
            assert abs(law.derivative(c, order) / value - 1) < mpmath.mpf(10) ** -40


def test_the_size_of_a_population_that_nobody_states_is_a_whole_number() -> None:
    model = sd.loads("""
title = "SIS"
[parameters]
bet = "positive"
gam = "positive"
N = "positive"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = ["1"]
rate = "bet*n*(N - n)/N"
[[jumps]]
displacement = ["-1"]
rate = "gam*n"
""")
    stated = values_at(model, base_values(model, Settings(values=(("N", sp.Rational(25, 2)),))), 1.0)
    drawn = values_at(model, base_values(model, Settings()), 1.0)
    size = next(p.symbol for p in model.parameters if p.name == "N")
    assert stated[size] == 12.5
    assert drawn[size] >= 6
    assert drawn[size] == int(drawn[size])


def test_the_default_budget_decides_two_species_in_lanes() -> None:
    model = sd.load("derivations/two_species_in_lanes.toml")
    test = make_plan(model, base_values(model, Settings()), 1, None).test
    assert test.effort + SETUP <= BUDGET
    assert test.delta <= 0.05


def test_an_equation_that_says_that_nothing_changes_could_have_failed() -> None:
    """Agents that hop onto occupied sites only, at the same rate to both sides: what goes from x to x + h comes back."""
    model = sd.loads("""
title = "Hops onto occupied sites"
[parameters]
h = "positive"
g = "positive"
[model]
coordinates = ["x"]
density = "u"
[[jumps]]
displacements = ["h", "-h"]
rate = "g*u(x + r)"
""")
    found = sd.verify(model, tier="exact").tier("exact")
    assert found.passed is True
    assert found.negative_control is not None
    assert found.negative_control.rejected
    assert sd.verify(model, tier="exact", equation=r"u_t = \frac{gh^2}{10^6} u_{xx}").passed is False
