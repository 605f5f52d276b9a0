"""Sums of exponentials that are certainly not zero, against sums worked by hand."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.model.occupancy import _certainly_not_zero


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
