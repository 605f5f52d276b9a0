"""Definite integrals with a coordinate in a limit: told apart by slopes, against altered copies, and against quadrature."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.algebra.equality import Answer, compare

x, y, z = sp.symbols("x y z", real=True)
a, D, k = sp.symbols("a D k", positive=True)
V = sp.Function("V")


def twice(outer: sp.Expr, inner: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """int_low^high outer(y) int_(-oo)^y inner(z) dz dy."""
    return sp.Integral(outer * sp.Integral(inner, (z, -sp.oo, y)), (y, low, high))


GAUSS = twice(sp.exp(k * y**2 / (2 * D)), sp.exp(-k * z**2 / (2 * D)), x, a) / D
BY_ERF = sp.Integral(
    sp.sqrt(sp.pi / (2 * k * D)) * (1 + sp.erf(sp.sqrt(k / (2 * D)) * z)) * sp.exp(k * z**2 / (2 * D)), (z, x, a)
)
WELL = twice(sp.exp(-(y**2 / 2 - y**4 / 4) / D), sp.exp((z**2 / 2 - z**4 / 4) / D), x, 1) / D
SPLIT = twice(
    sp.exp(-(y**2) / (2 * D)) * sp.exp(y**4 / (4 * D)), sp.exp(z**2 / (2 * D)) * sp.exp(-(z**4) / (4 * D)) / D, x, 1
)
ANY = sp.Integral(sp.exp(V(y) / D) * sp.Integral(sp.exp(-V(z) / D), (z, 0, y)), (y, x, a)) / D
BOTH = sp.Integral(sp.exp(V(y) / D - V(z) / D) / D, (z, 0, y), (y, x, a))


@pytest.mark.parametrize(("left", "right"), [(GAUSS, BY_ERF), (WELL, SPLIT), (ANY, BOTH)], ids=["gauss", "well", "any"])
def test_two_forms_of_a_mean_exit_time_are_one_and_altered_ones_are_not(left: sp.Expr, right: sp.Expr) -> None:
    assert compare(left, right, (x,)).answer is Answer.PROVED
    assert compare(left + x - x, right, (x,)).answer is Answer.PROVED
    for wrong in (2 * right, right + x):
        assert compare(left, wrong, (x,)).answer is not Answer.PROVED
    if not left.has(V):
        found = compare(left, sp.Rational(11, 10) * right, (x,))
        assert found.answer is Answer.REFUTED
        assert abs(float(found.right) / float(found.left) - 1.1) < 1e-4  # by quadrature, which knows no slopes
