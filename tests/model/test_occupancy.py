"""What is judged by the numbers of agents: rates that are negative somewhere, and sums of exponentials that are certainly not zero."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.errors import ModelError
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import _certainly_not_zero, _linear_balance, _products_left, events, exact_closure


@pytest.mark.parametrize(("number", "certain"), [
    (sp.exp(2) - 7, True),  # Hermite: e^2 is no rational number
    (sp.exp(1) * sp.exp(2) - sp.exp(3), False),
    ((sp.exp(sp.Rational(1, 2)) - 1) * (sp.exp(sp.Rational(1, 2)) + 1) - sp.exp(1) + 1, False),
    (1 / (1 + sp.exp(1)) + 1 / (1 + sp.exp(-1)) - 1, False),  # zero, though not as it is written
    (sp.sqrt(2) * sp.exp(2) - 1, False),  # not of the form that is known
    (sp.Rational(3, 7), True),
    (sp.Integer(0), False),
])  # fmt: skip
def test_what_is_certainly_not_zero_vs_by_hand(number: sp.Expr, certain: bool) -> None:
    assert _certainly_not_zero(number) is certain


def crowd(rate: str, occupancy: int, states: tuple[str, ...] = ()) -> JumpModel:
    named = {"states": states} if states else {"density": "C"}
    return JumpModel(parameters={"a": "positive", "al": "probability"}, coordinates=["x"], occupancy=occupancy,
                     jumps=[{"displacements": ["1", "-1"], "rate": rate}], **named)  # fmt: skip


@pytest.mark.parametrize(("rate", "occupancy"), [
    ("(1 - C(x + r))*(1 - 2*C(x - r))", 1),  # -1 where the site behind is taken
    ("a*(3 - C(x + r))*(2 - C(x))", 3),  # -3 a from a full site to an empty one
    ("a*(1 - C(x + r))*(C(x + 2*r) + C(x - r) - 1)", 1),
])  # fmt: skip
def test_a_rate_that_is_negative_somewhere_is_no_rate(rate: str, occupancy: int) -> None:
    with pytest.raises(ModelError, match="the rate is negative where"):
        crowd(rate, occupancy)


@pytest.mark.parametrize(("rate", "occupancy", "states"), [
    ("(1 - C(x + r))*(1 - al*C(x - r))", 1, ()),  # zero at al = 1
    ("a*(3 - C(x + r))*(4 - C(x))", 3, ()),
    ("a*(1 - u(x + r) - v(x + r))", 1, ("u", "v")),  # -a only where two stand on a site for one
    ("(1 - C(x + r))*(1 - a*C(x - r))", 1, ()),  # as a is
])  # fmt: skip
def test_rates_that_may_be_valid_are_kept(rate: str, occupancy: int, states: tuple[str, ...]) -> None:
    assert crowd(rate, occupancy, states).crowd.occupancy == occupancy


@pytest.mark.parametrize(("rates", "exact"), [
    (("a*(1 - C(x + r))", "a*(1 - C(x + r))"), True),  # C(x)C(x + 1) comes and goes: simple exclusion
    (("a*(1 - C(x + r))", "2*a*(1 - C(x + r))"), False),  # asymmetric exclusion: the current has C(x)C(x + 1)
    (("a*(1 + C(x - r))*(1 - C(x + r))", "a*(1 + C(x - r))*(1 - C(x + r))"), False),  # pushed from behind
    (("a*(1 + C(x + r))", "a*(1 + C(x + r))"), True),  # symmetric inclusion
    (("a", "al"), True),
])  # fmt: skip
def test_products_known_by_their_sites_vs_the_balance_written_out(rates: tuple[str, str], exact: bool) -> None:
    model = JumpModel(parameters={"a": "positive", "al": "probability"}, coordinates=["x"], density="C",
                      jumps=[{"displacement": d, "rate": r} for d, r in zip(("1", "-1"), rates, strict=True)])  # fmt: skip
    rules = tuple(events(model.jumps, model.crowd, model.state_names, 1))
    left = _products_left(rules, model.state_names, model.coordinate_symbols)
    written_out = _linear_balance("C", rules, model.coordinate_symbols, model.state_names)
    assert (left, written_out) == (not exact, exact)
    assert exact_closure(rules, model.state_names, model.coordinate_symbols) is exact


@pytest.mark.parametrize("rate", ["a*exp(C(x + r))", "a*x**2*C(x + r)", "a*(1 + C(x))**9"])
def test_rates_that_are_no_short_polynomial_are_written_out(rate: str) -> None:
    model = JumpModel(parameters={"a": "positive"}, coordinates=["x"], density="C", jumps=[{"displacements": ["1", "-1"], "rate": rate}])  # fmt: skip
    rules = tuple(events(model.jumps, model.crowd, model.state_names, 1))
    assert _products_left(rules, model.state_names, model.coordinate_symbols) is None
    assert not exact_closure(rules, model.state_names, model.coordinate_symbols)
