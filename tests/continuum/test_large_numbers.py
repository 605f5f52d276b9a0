"""Lengths and times of 1e30 and 1e-30: the second route follows, and still refutes a wrong coefficient there."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from symdiff.continuum import derive, waiting, waiting_fractional_confirmation
from symdiff.continuum.derive import derive_regime
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import InternalFaultError
from symdiff.model.loading import load_text

WALK = '[[jumps]]\ndisplacements = ["{h}", "-{h}"]\nprobability = "1/2"\n'
WAITS = '[model]\ncoordinates = ["x"]\n[waiting_time]\n{wait}\n' + WALK
TEN = sp.Integer(10)
CASES = {
    "gamma": (WAITS.format(wait='distribution = "gamma"\nshape = "2"\nscale = "1e-30"', h="1e30"), "D", TEN**90 / 4),
    "formula": (WAITS.format(wait='laplace_transform = "1/(1 + 1e30*s)**2"', h="1e-30"), "D", TEN**-90 / 4),
    "pareto": (WAITS.format(wait='distribution = "pareto"\nindex = "1/2"\nscale = "1e30"', h="1e30"), "K",
               TEN**45 / (2 * sp.sqrt(sp.pi))),
    "stable": ('[model]\ncoordinates = ["x"]\n[[jumps]]\ndistribution = "levy"\nindex = "3/2"\nscale = "1e30"\nskewness = "0"\n'
               'rate = "1e-30"\n', "K", TEN**15),
    "steps": ('[model]\ncoordinates = ["x"]\ntime_step = "1e-20"\n[[jumps]]\ndistribution = "normal"\nmean = "1e25"\n'
              'variance = "1e40"\nprobability = "1"\n', "D", TEN**60 / 2),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_numbers_far_from_one_are_derived_as_the_formula_says(name: str) -> None:
    text, coefficient, value = CASES[name]
    limit = derive_regime(load_text(text), LONG_WAVE)
    assert sp.expand(dict(limit.coefficients)[coefficient] - value) == 0


def spoiled(terms: object) -> list[object]:
    return [replace(t, coefficient=t.coefficient * sp.Rational(10001, 10000)) for t in terms]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "module", "route"),
    [("gamma", waiting, "confirm_waiting"), ("stable", derive, "confirm")],
    ids=["waits", "steps"],
)
def test_a_wrong_coefficient_is_seen_beside_numbers_far_from_one(
    name: str, module: object, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(module, route)

    def wrong(model: object, regime: object, result: object) -> object:
        return real(model, regime, replace(result, operator=[[spoiled(result.operator[0][0])]]))  # type: ignore[type-var, attr-defined]

    monkeypatch.setattr(module, route, wrong)
    with pytest.raises(InternalFaultError, match="disagree"):
        derive_regime(load_text(CASES[name][0]), LONG_WAVE)


def test_the_fractional_route_sees_a_wrong_constant_beside_numbers_far_from_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = waiting_fractional_confirmation.confirm_fractional

    def wrong(model, regime, index, strength, logarithmic, operator, *rest):  # type: ignore[no-untyped-def]
        return real(model, regime, index, strength, logarithmic, spoiled(operator), *rest)

    monkeypatch.setattr(waiting_fractional_confirmation, "confirm_fractional", wrong)
    with pytest.raises(InternalFaultError, match="disagree"):
        derive_regime(load_text(CASES["pareto"][0]), LONG_WAVE)
