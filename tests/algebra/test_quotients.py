"""Quotients collected by products of variables, against SymPy's values at a point."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.algebra.quotients import coefficients

A, B, T, E = sp.symbols("a b t e")


def test_collected_coefficients_vs_the_sum_at_a_point() -> None:
    value = (T * A / (A - B) + E / (B - A) ** 2 + sp.Rational(1, 3) / (A**2 - B**2)) ** 2 - E**2 / (A - B) ** 4
    found = coefficients(value, (T, E))
    assert (0, 2) not in found  # it cancels
    assert found[2, 0] == A**2 / (A - B) ** 2
    at = {A: sp.Rational(3, 7), B: sp.Rational(-5, 3), T: sp.Integer(2), E: sp.Rational(1, 9)}
    total = sp.Add(*(c * T**n * E**m for (n, m), c in found.items()))
    assert total.xreplace(at) == value.xreplace(at)


@pytest.mark.parametrize("value", [sp.sqrt(A) * T, T / (1 + T), sp.exp(A) * T])
def test_what_is_no_polynomial_over_quotients_is_refused(value: sp.Expr) -> None:
    with pytest.raises(ValueError):
        coefficients(value, (T,))
