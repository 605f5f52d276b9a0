"""Nested integrals in decimals, against closed forms: e - 2, the dilogarithm of 1/2, and Bessel functions of a tilted cosine."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.algebra.nested_integrals import decimal_value, with_decimals

x, y = sp.symbols("x y", real=True)
CASES = [
    (sp.Integral(sp.exp(x) * sp.Integral(sp.exp(-y), (y, 0, x)), (x, 0, 1)), sp.E - 2),
    (sp.Integral(sp.Integral(1 / (2 - x * y), (y, 0, 1)), (x, 0, 1)), sp.polylog(2, sp.Rational(1, 2))),
    (sp.Integral(sp.exp(-x) * sp.Integral(sp.exp(-y), (y, x, sp.oo)), (x, 0, 5)), (1 - sp.exp(-10)) / 2),
    (sp.Integral(sp.exp(2 * sp.cos(x)) * sp.Integral(sp.exp(-2 * sp.cos(y)), (y, x, x + 2 * sp.pi)), (x, 0, 2 * sp.pi)),
     4 * sp.pi**2 * sp.besseli(0, 2) ** 2),
]  # fmt: skip


@pytest.mark.parametrize(("integral", "closed"), CASES)
def test_against_closed_forms(integral: sp.Expr, closed: sp.Expr) -> None:
    value = decimal_value(1 + integral)
    assert abs(value - sp.N(1 + closed, 15)) < 1e-13 * abs(value)
    assert abs(value - sp.N(1 + closed, 15) * sp.Rational(1000001, 1000000)) > 1e-8  # the control


def test_what_does_not_converge_is_no_number() -> None:
    diverges = sp.Integral(sp.Integral(1 / y, (y, 0, x)), (x, 0, 1))
    assert decimal_value(diverges) is None
    assert with_decimals(diverges, every=False) == diverges
