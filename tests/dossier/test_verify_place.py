"""The exact tier where rates, motion or waits depend on place: right equations against the rules, wrong ones beside them."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from mutations import verdict_on
from symdiff.dossier.gallery import load
from symdiff.dossier.verify_claim import with_term_scaled
from symdiff.errors import UsageError
from symdiff.evidence.solution.right_side import RightSide

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

FINE = {  # the smallest relative error of a coefficient that must show
    "chemotaxis_by_reversals": 1e-9, "fractional_fokker_planck": 1e-9, "metropolis_rates": 1e-18, "strong_bias_that_varies": 1e-18,
    "stretched_grid": 1e-18, "walk_in_potential": 1e-18,
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_derived_equations_pass_and_every_coefficient_off_by_a_millionth_fails(name: str) -> None:
    model = load(name)
    limit = sd.derive(model)
    found = verdict_on(model, limit)
    assert found.passed is True
    assert found.smallest_detectable_error is not None
    assert found.smallest_detectable_error < FINE[name]
    assert found.negative_control is not None
    assert found.negative_control.rejected


@pytest.mark.slow
def test_wrong_coefficients_of_walkers_with_states_are_refuted_by_modes() -> None:
    model = load("turning_rate_that_varies")
    limit = sd.derive(model)
    assert limit.equation is not None
    assert verdict_on(model, limit, limit.equation).passed is True
    for index, off in enumerate((sp.Rational(1, 10**6), -sp.Rational(1, 10**6))):
        wrong = with_term_scaled(limit.equation, len(limit.equation.left) + index, 1 + off)
        assert verdict_on(model, limit, wrong).passed is False


JUMPS = [  # rules, in one and three dimensions, whose rates or lengths depend on place
    {"coordinates": ["x"], "jumps": [{"displacements": ["h + h**2*a(x)/3", "-h"], "rate": "g/h**2"}]},
    {"coordinates": ["x"], "jumps": [{"displacements": ["h", "-h"], "rate": "g*Max(a(x + r), a(x))/h**2"}]},
    {"coordinates": ["x", "y", "z"], "jumps": [{"displacements": [["h", "0", "0"], ["-h", "0", "0"], ["0", "h", "h"], ["0", "-h", "-h"]],
                                                "rate": "g*a(x + r_x)/h**2"}]},
]  # fmt: skip


@pytest.mark.parametrize("rules", JUMPS, ids=["varying length", "kinks", "three dimensions"])
def test_rules_of_other_kinds_pass_and_a_coefficient_off_by_a_billionth_fails(rules: dict[str, object]) -> None:
    model = sd.JumpModel(
        parameters={"h": "positive", "g": "positive"}, functions={"a": ["x"]},
        model={"coordinates": rules["coordinates"], "density": "u"}, jumps=rules["jumps"],
        regimes=[{"name": "small", "h": 2}] if rules is JUMPS[0] else [{"name": "small", "h": 1}],
    )  # fmt: skip
    limit = sd.derive_all(model)[-1]
    found = verdict_on(model, limit)
    assert found.passed is True, found.why
    assert limit.equation is not None
    assert found.negative_control is not None
    assert found.negative_control.rejected
    last = len(limit.equation.left) + len(limit.equation.right) - 1
    wrong = with_term_scaled(limit.equation, last, 1 + sp.Rational(1, 10**9))
    assert verdict_on(model, limit, wrong).passed is False


def test_series_give_the_same_terms_as_symbolic_derivatives() -> None:
    model = load("walk_in_potential")
    limit = sd.derive(model)
    (group, *_) = limit.discarded
    assert limit.equation is not None
    side = RightSide(limit.equation, group.terms)

    def smooth(place: tuple[mpmath.mpf, ...], orders: tuple[int, ...]) -> mpmath.mpf:
        return 2 + mpmath.sin(place[0]) if not sum(orders) else mpmath.sin(place[0] + sum(orders) * mpmath.pi / 2)

    fields = dict.fromkeys([f.name for f in model.functions] + [limit.equation.density], smooth)
    values = {p.symbol: mpmath.mpf(3) / 10 for p in model.parameters}
    with mpmath.workdps(40):
        here = (mpmath.mpf(1) / 7,)
        for term, found in zip(group.terms, side.at(here, values, fields), strict=True):
            wanted = side._symbolic(term, here, values, fields)
            assert abs(found - wanted) < mpmath.mpf(10) ** -30 * (1 + abs(wanted))


def test_a_right_equation_with_diffusion_that_a_large_bias_would_turn_negative_is_not_called_ill_posed() -> None:
    model = load("strong_bias_that_varies")
    text = r"u_t = -\partial_x(c_0 b u) + \frac{c_0 h}{2} u_{xx} - \frac{c_0 h}{2} \partial_x(b \partial_x(b u))"
    assert sd.verify(model, tier="exact", equation=text).passed is True
    with pytest.raises(UsageError, match="ill-posed"):
        sd.verify(model, tier="exact", equation=r"u_t = -\partial_x(c_0 b u) - \frac{c_0 h}{2} u_{xx}")


SEASONS = """
title = "rates that change with the seasons"
[parameters]
h = "positive"
w = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacement = "h"
rate = "(1 + sin(w*t)/2)/h**2 + cos(w*t)/h"
[[jumps]]
displacement = "-h"
rate = "(1 + sin(w*t)/2)/h**2"
[scaling]
h = 1
"""


def test_an_equation_of_ones_own_whose_coefficients_depend_on_time() -> None:
    model = sd.loads(SEASONS)
    text = r"P_t = -{} \cos(w t) P_x + (1 + \sin(w t)/2) P_{{xx}}"
    assert sd.verify(model, tier="exact", equation=text.format("1")).passed is True
    assert sd.verify(model, tier="exact", equation=text.format("1.000000001")).passed is False
    with pytest.raises(UsageError, match="ill-posed"):
        sd.verify(model, tier="exact", equation=r"P_t = -\cos(w t) P_x - (1 + \sin(w t)/2) P_{xx}")
