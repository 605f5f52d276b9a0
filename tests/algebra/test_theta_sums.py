"""Sums over images and over modes are one function: Courant and Hilbert (1953), ch. II.5 (Poisson's sum)."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.algebra.equality import Answer, compare
from symdiff.algebra.theta_sums import NoFormError, normal_form

x, y = sp.symbols("x y", real=True)
t, D, L = sp.symbols("t D L", positive=True)
n = sp.Symbol("n", integer=True)


def gaussian(place: sp.Expr) -> sp.Expr:
    return sp.exp(-(place**2) / (4 * D * t)) / sp.sqrt(4 * sp.pi * D * t)


def mode(function: type[sp.Function], wave: sp.Expr) -> sp.Expr:
    return function(wave * x) * function(wave * y) * sp.exp(-(wave**2) * D * t) * 2 / L


IMAGES = sp.Sum(gaussian(x - y + 2 * n * L) - gaussian(x + y + 2 * n * L), (n, -sp.oo, sp.oo))
MODES = sp.Sum(mode(sp.sin, n * sp.pi / L), (n, 1, sp.oo))
REFLECTED = sp.Sum(gaussian(x - y + 2 * n * L) + gaussian(x + y + 2 * n * L), (n, -sp.oo, sp.oo))
ODD = sp.Sum(mode(sp.sin, (2 * n + 1) * sp.pi / (2 * L)), (n, 0, sp.oo))
HALVES = sp.Sum(mode(sp.sin, (n - sp.Rational(1, 2)) * sp.pi / L), (n, 1, sp.oo))
ALIVE = sp.Sum(
    2 * (1 - (-1) ** n) / (n * sp.pi) * sp.sin(n * sp.pi * y / L) * sp.exp(-((n * sp.pi / L) ** 2) * D * t),
    (n, 1, sp.oo),
)
ALIVE_ODD = sp.Sum(
    4 / ((2 * n + 1) * sp.pi) * sp.sin((2 * n + 1) * sp.pi * y / L) * sp.exp(-(((2 * n + 1) * sp.pi / L) ** 2) * D * t), (n, 0, sp.oo)
)  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (IMAGES, MODES, Answer.PROVED),
        (IMAGES, 2 * MODES, Answer.REFUTED),
        (IMAGES, MODES.xreplace({t: t / 2}), Answer.REFUTED),
        (REFLECTED, 1 / L + sp.Sum(mode(sp.cos, n * sp.pi / L), (n, 1, sp.oo)), Answer.PROVED),
        (REFLECTED, sp.Sum(mode(sp.cos, n * sp.pi / L), (n, 1, sp.oo)), Answer.REFUTED),
        (ODD, HALVES, Answer.PROVED),
        (ODD, MODES, Answer.REFUTED),
        (ALIVE, ALIVE_ODD, Answer.PROVED),
        (ALIVE, ALIVE_ODD / 2, Answer.REFUTED),
        (MODES, sp.S.Zero, Answer.REFUTED),
    ],
)
def test_sums_are_told_apart(left: sp.Expr, right: sp.Expr, answer: Answer) -> None:
    assert compare(left, right, (x,)).answer is answer


def test_other_sums_are_left_alone() -> None:
    with pytest.raises(NoFormError):
        normal_form(sp.Sum(sp.sin(n * x) / n**2, (n, 1, sp.oo)))
