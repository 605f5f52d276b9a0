"""Products of 1 +- exp(u) in print against their value, and against the forms in which people write them."""

from __future__ import annotations

import random

import pytest
import sympy as sp

from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.hyperbolic import hyperbolic
from symdiff.notation.display.text import to_text

U, V = sp.symbols("u v", real=True)
K = sp.Symbol("k", positive=True)


def shown(expression: sp.Expr) -> str:
    return to_text(build(expression, Typography()))


@pytest.mark.parametrize("seed", range(40))
def test_a_product_and_its_hyperbolic_form_have_one_value(seed: int) -> None:
    rng = random.Random(seed)
    factors: list[sp.Expr] = [K]
    for _ in range(rng.randint(1, 4)):
        u = rng.choice([U, 2 * U, U / 2, -U, V, U + V])
        c, s = rng.choice([1, -1, 2]), rng.choice([1, -1])
        base = c * (1 + s * sp.exp(u))
        factors.append((sp.Abs(base) if rng.random() < 0.3 else base) ** rng.choice([1, 2, -1]))
    exponent = rng.choice([sp.Integer(0), -U, -U / 2, -(U + V) / 2, U - V, -2 * U])
    product = sp.Mul(*factors, sp.exp(exponent))
    at = {U: sp.Rational(7, 10), V: sp.Rational(-13, 10), K: sp.Integer(3)}
    assert sp.N(product.subs(at) - hyperbolic(product).subs(at), 30, chop=True) == 0
    assert sp.N(product.subs(at) - 2 * hyperbolic(product).subs(at), 30, chop=True) != 0  # negative control


@pytest.mark.parametrize(
    ("product", "text"),
    [
        (K * (sp.exp(U) - 1) * (1 + sp.exp(U)) * sp.exp(-U), "2k sinh(u)"),
        (K * (1 + sp.exp(2 * U)) * sp.exp(-U) / 2, "k cosh(u)"),
        (K * (1 - sp.exp(U)) / (1 + sp.exp(U)), "−k tanh(u/2)"),
        (K * (1 + sp.exp(U)) / sp.Abs(1 - sp.exp(U)), "k|coth(u/2)|"),
        (K * (1 + sp.exp(U)), "(1 + e^u)k"),  # no exponential to cancel: stays as it is
        (K / (1 + sp.exp(U)), "k/(1 + e^u)"),
        (V - K * (1 - sp.exp(U)) / (1 + sp.exp(U)), "k tanh(u/2) + v"),  # one sign in a sum, not two
    ],
)
def test_products_in_print_against_what_people_write(product: sp.Expr, text: str) -> None:
    assert shown(product).replace(" ", "") == text.replace(" ", "")
