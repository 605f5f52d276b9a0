"""Products of operators against applying one after the other to a test function."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.graded import GradedSeries
from symdiff.algebra.operators import OperatorAlgebra

x = sp.Symbol("x", real=True)
V = sp.Function("V")

entries = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(-3, 3)), min_size=1, max_size=4)


def operator(ring: DifferentialRing, terms: list[tuple[int, int, int]]):  # sum c d^n [V^m .]
    total = ring.zero
    for n, m, c in terms:
        total = total + ring.derivative_symbol(0) ** n * ring.jet("V", (0,), (0,)) ** m * c
    return total


def applied(ring: DifferentialRing, element: object, function: sp.Expr) -> sp.Expr:
    """sum d^n [A_n f] by SymPy's own differentiation."""
    from symdiff.continuum.derivation import collect

    return sp.Add(*(sp.diff(ring.to_expression(c) * function, x, a[0]) for a, c in collect(ring, element)))


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(entries, entries)
@pytest.mark.exhaustive
def test_product_against_successive_application(first: list, second: list) -> None:
    ring = DifferentialRing((x,), 24)
    a, b = operator(ring, first), operator(ring, second)
    algebra = OperatorAlgebra(ring, 10, homogeneous=False)
    product = algebra.product(GradedSeries({0: a}), GradedSeries({0: b})).terms.get(0, ring.zero)
    f = sp.sin(2 * x) + x**2
    body = x**3 - 2 * x + 5
    difference = (applied(ring, product, f) - applied(ring, a, applied(ring, b, f))).subs(V(x), body).doit()
    assert sp.expand(difference) == 0


def test_wrong_order_of_factors_is_seen() -> None:
    ring = DifferentialRing((x,), 24)
    a, b = operator(ring, [(1, 0, 1)]), operator(ring, [(0, 1, 1)])
    algebra = OperatorAlgebra(ring, 10, homogeneous=False)
    product = algebra.product(GradedSeries({0: b}), GradedSeries({0: a})).terms[0]
    difference = applied(ring, product, x**2) - applied(ring, a, applied(ring, b, x**2))
    assert sp.expand(difference.subs(V(x), x**3).doit()) != 0


def test_a_product_cut_at_an_order_against_the_whole_product() -> None:
    """What lies beyond the order is not multiplied out; nothing below it may be missing."""
    ring = DifferentialRing((x,), 24)
    a = GradedSeries(
        {0: operator(ring, [(1, 2, 1)]), 2: operator(ring, [(2, 1, 3)]), 4: operator(ring, [(0, 3, 5)])}, 6
    )
    b = GradedSeries(
        {-1: operator(ring, [(2, 1, 2)]), 1: operator(ring, [(1, 2, 1)]), 3: operator(ring, [(3, 1, 1)])}, 5
    )
    whole = OperatorAlgebra(ring, 100, homogeneous=False).product(a, b)
    for order in range(-2, 7):
        assert OperatorAlgebra(ring, order, homogeneous=False).product(a, b) == whole.truncated(order)
    assert OperatorAlgebra(ring, 2, homogeneous=False).product(b, a) != whole.truncated(2)


def test_logarithm_of_commuting_parts_against_series() -> None:
    ring = DifferentialRing((x,), 12)
    d = ring.derivative_symbol(0)
    k = GradedSeries({1: d * 2, 2: d**2 * 3, 3: d**3}, 6)
    algebra = OperatorAlgebra(ring, 6, homogeneous=True)
    by_recursion = algebra.logarithm([[k]])[0][0]
    z = sp.Symbol("z")
    reference = sp.Poly(sp.series(sp.log(1 + 2 * z + 3 * z**2 + z**3), z, 0, 6).removeO(), z)
    for n in range(1, 6):
        assert sp.Rational(str(by_recursion.terms[n].LC)) == reference.coeff_monomial(z**n)
