"""Graded series against SymPy's own Taylor series, for one variable where SymPy is right."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

import symdiff as sd
from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion, Grading
from symdiff.errors import DerivationError

x = sp.Symbol("x", real=True)
h, k, p = (sp.Symbol(n, positive=True) for n in ("h", "k", "p"))
SMALL_H = Grading({h: Fraction(1)}, Fraction(0), Fraction(0))

EXPRESSIONS = [
    sp.exp(-k * h) / (1 + h * p),
    sp.sqrt(1 + h * k) * sp.cos(h + p),
    sp.log(1 + p * h) / h,
    (1 - sp.exp(-k * h)) / h,
    h / (1 - sp.exp(-k * h)),
    sp.tanh(h * k) / sp.sinh(h),
    1 / (1 + sp.exp(k * h + p)),
    (1 + h) ** k,
    sp.erf(p + h),
]


def series_of(expression: sp.Expr, order: int) -> tuple[DifferentialRing, dict]:
    ring = DifferentialRing((x,), 40)
    found = Expansion(ring, SMALL_H).series(expression, order)
    return ring, {g: ring.to_expression(c) for g, c in found.terms.items()}


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_coefficients_against_sympy_series(expression: sp.Expr) -> None:
    _, terms = series_of(expression, 4)
    reference = sp.series(expression, h, 0, 4).removeO()
    ours = sp.Add(*terms.values())
    point = {k: sp.Rational(7, 5), p: sp.Rational(3, 4), h: sp.Rational(1, 3)}
    assert abs(sp.N((reference - ours).subs(point), 30)) < sp.Float("1e-25", 30)


def test_a_changed_coefficient_is_seen() -> None:
    _, terms = series_of(EXPRESSIONS[0], 4)
    terms[2] = terms[2] * sp.Rational(1001, 1000)
    reference = sp.series(EXPRESSIONS[0], h, 0, 4).removeO()
    point = {k: sp.Rational(7, 5), p: sp.Rational(3, 4), h: sp.Rational(1, 3)}
    assert abs(sp.N((reference - sp.Add(*terms.values())).subs(point), 30)) > sp.Float("1e-8", 30)


def test_displaced_function_against_taylor_formula() -> None:
    V = sp.Function("V")
    ring = DifferentialRing((x,), 24)
    found = Expansion(ring, SMALL_H).series(V(x + h / 2), 4)
    for n in range(4):
        expected = (h / 2) ** n / sp.factorial(n) * sp.Derivative(V(x), (x, n)).doit() if n else V(x)
        assert sp.expand(ring.to_expression(found.terms[n]) - expected) == 0


@pytest.mark.parametrize("expression", [sp.exp(1 / h), sp.log(h), sp.floor(x), sp.exp(x / h)], ids=str)
def test_what_has_no_expansion_is_refused(expression: sp.Expr) -> None:
    with pytest.raises(DerivationError):
        series_of(expression, 3)


def test_common_exponentials_cancel() -> None:
    _ring, terms = series_of(sp.exp(k) * sp.exp(-k) + sp.exp(k / 2) ** 2 * sp.exp(-k), 1)
    assert terms[0] == 2


def test_even_functions_of_a_place_to_the_left_against_those_of_the_place_itself() -> None:
    """SymPy writes cos(-x) as cos(x): a potential V(x - h) - V(x) must vanish with h, or every force diverges."""
    for body, slope in (("cos(x)", "-sin(x)"), ("cosh(x)", "sinh(x)"), ("cos(2*x + 1)", "-2*sin(2*x + 1)")):
        rate = "D/h**2*exp(-(V(x + r) - V(x))/2)"
        model = sd.JumpModel(parameters={"D": "positive", "h": "positive"}, coordinates=["x"], definitions={"V(x)": body},
                             jumps=[{"displacements": ["h", "-h"], "rate": rate}], scaling={"h": 1})  # fmt: skip
        drift = sd.derive(model).coefficient("v")
        d, x = sp.Symbol("D", positive=True), sp.Symbol("x", real=True)
        assert sp.simplify(drift + d * sp.sympify(slope, {"x": x})) == 0
