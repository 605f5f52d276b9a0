"""Enclosures of expressions against sampling."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import UsageError
from symdiff.model.parameter import Interval, parse_parameter
from symdiff.model.ranges import enclosure
from symdiff.model.scaling_path import draw_values

p, q, h = sp.Symbol("p", nonnegative=True), sp.Symbol("q", nonnegative=True), sp.Symbol("h", positive=True)
UNIT = Interval(Fraction(0), Fraction(1), False, False)
BOX = {p: UNIT, q: UNIT, h: Interval(low=Fraction(0))}

EXPRESSIONS = [p * (1 - p), p * q + (1 - p) * (1 - q), (1 - p) * q, p - q, h / (1 + h), sp.exp(-h), sp.sqrt(p) * q, sp.Abs(p - q), 1 / (1 + p),
               p**2 - p, sp.tanh(h), (2 * p - 1) ** 2]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_enclosure_against_samples(expression: sp.Expr) -> None:
    span = enclosure(expression, BOX)
    generator = random.Random(1)
    for _ in range(60):
        point = {p: sp.Rational(generator.randint(0, 20), 20), q: sp.Rational(generator.randint(0, 20), 20),
                 h: sp.Rational(generator.randint(1, 200), 20)}  # fmt: skip
        value = Fraction(str(sp.N(expression.subs(point), 30)))
        slack = Fraction(1, 10**20)
        assert span.low is None or value >= span.low - slack
        assert span.high is None or value <= span.high + slack


def test_multi_affine_enclosure_is_exact() -> None:
    span = enclosure(p * q + (1 - p) * (1 - q), BOX)
    assert (span.low, span.high) == (0, 1)
    assert enclosure(p - 2, BOX).high == -1


def test_open_ends_are_seen() -> None:
    assert not enclosure(-h, BOX).contains(Fraction(0))
    assert enclosure(1 - p, BOX).contains(Fraction(0))


def test_assumptions_are_parsed() -> None:
    alpha = parse_parameter("alpha", "0 < alpha < 2")
    assert (alpha.interval.low, alpha.interval.high, alpha.symbol.is_positive) == (0, 2, True)
    assert parse_parameter("n", "positive integer").symbol.is_integer
    assert parse_parameter("q", "0 < q < 1 - p", others=("p",)).constraints == ("q < 1 - p",)


def test_values_are_found_where_a_constraint_leaves_little_room() -> None:
    """A product below 1e-5 is hit by one draw in ten thousand: smaller values are tried where nothing else fits."""
    text = """
[parameters]
a = "0 < a < 1"
b = "0 < b < 1"
[model]
coordinates = ["x"]
constraints = ["a*b <= 1/100000", "a >= b"]
[[jumps]]
displacements = ["1", "-1"]
rate = "a + b"
"""
    model = sd.loads(text)
    for seed in range(5):
        found = {s.name: v for s, v in draw_values(model, random.Random(seed)).items()}
        assert found["a"] * found["b"] <= Fraction(1, 100000)
        assert found["a"] >= found["b"] > 0


def test_fixed_values_that_contradict_a_constraint_are_named() -> None:
    text = "[parameters]\np = 'probability'\nq = 'probability'\n[model]\ncoordinates = ['x']\nconstraints = ['p + q <= 1']\ntime_step = '1'\n[[jumps]]\ndisplacement = '1'\nprobability = 'p'\n[[jumps]]\ndisplacement = '-1'\nprobability = 'q'\n"
    model = sd.loads(text)
    first, second = (x.symbol for x in model.parameters)
    with pytest.raises(UsageError, match=r"the values p = 2/3, q = 1/2 contradict what the model states: p \+ q <= 1"):
        draw_values(model, random.Random(1), {first: Fraction(2, 3), second: Fraction(1, 2)})
    assert draw_values(model, random.Random(1), {first: Fraction(2, 3), second: Fraction(1, 3)})
