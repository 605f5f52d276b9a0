"""Polynomials in symbolic weights against dynamic programming over polynomials, and against numbers put in."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symdiff import counting
from symdiff.errors import SymdiffError

A, B = sp.symbols("a b")
SQUARE = [(1, 0), (-1, 0), (0, 1), (0, -1)]
WEIGHTS = st.sampled_from([A, B, A * B, sp.Rational(1, 2), Fraction(3, 4), 2])


def twin(steps: list[tuple[int, ...]], weights: list[Any], n: int) -> dict[tuple[int, ...], sp.Expr]:
    """Level by level with expressions, expanded."""
    layer = {(0,) * len(steps[0]): sp.Integer(1)}
    for _ in range(n):
        following: dict[tuple[int, ...], sp.Expr] = {}
        for site, value in layer.items():
            for step, weight in zip(steps, weights, strict=True):
                there = tuple(x + s for x, s in zip(site, step, strict=True))
                following[there] = sp.expand(following.get(there, 0) + value * sp.sympify(weight))
        layer = following
    return layer


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_site_and_law_against_expanded_levels(data: st.DataObject) -> None:
    dimension = data.draw(st.integers(1, 3))
    steps = data.draw(st.lists(st.tuples(*[st.integers(-2, 2)] * dimension), min_size=1, max_size=5))
    weights, n = [data.draw(WEIGHTS) for _ in steps], data.draw(st.integers(0, 5))
    expected = twin(steps, weights, n)
    packed = counting.symbolic_steps(steps, weights, n + 1)
    law = counting.endpoint_law(packed.steps, n)
    found = {s: packed.polynomial(v, n) for s, v in law.items()}
    assert {s: sp.expand(p.at(p.symbols)) for s, p in found.items()} == expected
    for site in [(0,) * dimension, (1,) * dimension, *list(expected)[:3]]:
        one = counting.weight_polynomial(steps, weights, n, site)
        assert sp.expand(one.at(one.symbols) - expected.get(site, 0)) == 0


def test_many_steps_against_the_number_put_in() -> None:
    found = counting.weight_polynomial(SQUARE, ["a", "b", 1, 1], 600, (4, 2))
    values = (Fraction(2, 3), Fraction(1, 5))
    numbers = counting.StepSet.from_steps(SQUARE, [*values, 1, 1])
    assert len(found.terms) == 298
    assert found.at(values) == counting.count(numbers, 600, (4, 2)).count
    assert found.at((values[1], values[0])) != found.at(values)  # negative control


def test_first_return_between_walls_in_symbols() -> None:  # RULD, URDL, RUDL, URLD are the four
    packed = counting.symbolic_steps(SQUARE, ["a", "b", 1, 1], 4)
    quadrant = counting.WalledSteps(packed.steps, counting.orthant(2))
    values = counting.walled_first_visit(quadrant, 4, (0, 0)).values
    assert [str(packed.polynomial(v, m)) for m, v in enumerate(values)] == [
        "0",
        "0",
        "a*b + 1",
        "0",
        "a**2*b**2 + 4*a*b + 1",
    ]


@pytest.mark.parametrize(("weights", "message"), [
    (["a", "b", 1], "3 weights"), (["a", "b", 1, 0.5], "not an exact number"), (["a", "b", 1, None], "not an exact number"),
    (["a", "b", 1, -1], "not positive"), (["a", "b", 1, True], "not an exact number"),
])  # fmt: skip
def test_weights_that_are_none_are_refused(weights: list[Any], message: str) -> None:
    for ask in (lambda: counting.weight_polynomial(SQUARE, weights, 4, (0, 0)),
                lambda: counting.symbolic_steps(SQUARE, weights, 4)):  # fmt: skip
        with pytest.raises(SymdiffError, match=message):
            ask()


def test_polynomials_that_would_not_fit_are_refused() -> None:
    king = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]
    with pytest.raises(SymdiffError, match="terms"):
        counting.weight_polynomial(king, list("abcdefgh"), 10**9, (0, 0))
    with pytest.raises(SymdiffError, match="bits each"):
        counting.symbolic_steps(king, list("abcdefgh"), 1000)
