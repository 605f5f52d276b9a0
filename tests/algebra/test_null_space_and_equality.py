"""Null spaces and the group inverse against their defining equations; equality against known identities."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.equality import Answer, compare
from symdiff.algebra.null_space import split_slow
from symdiff.errors import DerivationError

a, b, c, p = (sp.Symbol(n, positive=True) for n in "abcp")
x = sp.Symbol("x", real=True)


def dense(ring: DifferentialRing, rows: list[list[sp.Expr]]) -> list[list[object]]:
    from symdiff.continuum.generator import ungraded

    return [[ungraded(ring, sp.sympify(e)) for e in row] for row in rows]


RING = [[-a, b, 0], [a, -b - c, p], [0, c, -p]]


def test_group_inverse_against_its_equations() -> None:
    ring = DifferentialRing((x,), 40)
    matrix = dense(ring, RING)
    split = split_slow(matrix, ring)
    size = range(3)

    def product(m: list, n: list) -> list:
        return [
            [sum((m[i][k] * n[k][j] for k in range(len(n))), ring.zero) for j in range(len(n[0]))]
            for i in range(len(m))
        ]

    def projector(i: int, j: int) -> object:
        return (ring.one if i == j else ring.zero) - split.right[i][0] * split.left[0][j]

    forward, backward = product(matrix, split.group_inverse), product(split.group_inverse, matrix)
    assert all(ring.is_zero(forward[i][j] - projector(i, j)) for i in size for j in size)
    assert all(ring.is_zero(backward[i][j] - projector(i, j)) for i in size for j in size)
    assert all(ring.is_zero(row[0]) for row in product(matrix, split.right))
    assert not ring.is_zero(forward[0][0] - ring.one)  # negative control: it is no true inverse


def test_transient_chain_that_never_settles_is_refused() -> None:
    ring = DifferentialRing((x,), 24)
    with pytest.raises(DerivationError):
        split_slow(dense(ring, [[0, 1], [0, 0]]), ring)


PROVED = [
    (4 * p * (1 - p), 1 - (2 * p - 1) ** 2),
    (sp.sqrt(a * b), sp.sqrt(a) * sp.sqrt(b)),
    (sp.exp(a) * sp.exp(-a), sp.Integer(1)),
    (1 / (1 - p) - p / (1 - p), sp.Integer(1)),
    (  # the constant of the fractional Laplacian in the plane, by the duplication formula (Abramowitz and Stegun, 6.1.18)
        sp.sqrt(sp.pi) * sp.gamma(a / 2 + sp.Rational(1, 2)) / (sp.gamma(a + 1) * sp.sin(sp.pi * a / 2)),
        2 ** (1 - a) * sp.gamma(1 - a / 2) / a,
    ),
]
REFUTED = [
    (  # the same without the 2
        sp.sqrt(sp.pi) * sp.gamma(a / 2 + sp.Rational(1, 2)) / (sp.gamma(a + 1) * sp.sin(sp.pi * a / 2)),
        2 ** (-a) * sp.gamma(1 - a / 2) / a,
    ),
    (a, a * sp.Rational(10**9 + 1, 10**9)),
    (sp.exp(a), 1 + a),
    (sp.gamma(a), a),
    (sp.oo, a),
]


@pytest.mark.parametrize(("left", "right"), PROVED, ids=str)
def test_identities_are_proved(left: sp.Expr, right: sp.Expr) -> None:
    assert compare(left, right).answer is Answer.PROVED


@pytest.mark.parametrize(("left", "right"), REFUTED, ids=str)
def test_differences_are_refuted(left: sp.Expr, right: sp.Expr) -> None:
    assert compare(left, right).answer is Answer.REFUTED


def test_numbers_that_agree_to_many_digits_never_prove() -> None:
    """sin^2 + cos^2 = 1 is never refuted; off by 10^-300, beyond any digits that are looked at, it is never proved."""
    circle = sp.sin(p) ** 2 + sp.cos(p) ** 2
    assert compare(circle, sp.Integer(1)).answer is not Answer.REFUTED
    assert compare(circle, 1 + sp.Rational(1, 10**300)).answer is not Answer.PROVED
    assert compare(circle, sp.Integer(2)).answer is Answer.REFUTED


def test_witness_shows_the_values() -> None:
    found = compare(a * b, a + b)
    values = {sp.Symbol(n, positive=True): sp.Rational(v) for n, v in found.witness}
    assert sp.Rational(found.left) == (a * b).xreplace(values)
    assert sp.Rational(found.right) == (a + b).xreplace(values)


def test_long_sides_are_put_to_numbers_before_they_are_multiplied_out() -> None:
    """70 powers of sums of seven symbols: expanded, hundreds of millions of terms."""
    total = sp.Add(*sp.symbols("a:g", positive=True))
    long = sp.Add(*((total + n) ** 24 for n in range(70)))
    assert compare(long, long + sp.Rational(1, 7) * total**25).answer is Answer.REFUTED
    assert compare(total**2, sp.expand(total**2)).answer is Answer.PROVED  # negative control


def test_integrals_without_ends_vs_those_in_other_letters_and_exponentials() -> None:
    r"""``\int e^{y^2/2 - y^4/4} dy`` as ``\int e^{(2 - z^2) z^2/4} dz``; half of it, and another power, are not the same."""
    y, z, w = sp.symbols("y z w", real=True)
    one = 1 / sp.Integral(sp.exp(y**2 / 2) * sp.exp(-(y**4) / 4), (y, -sp.oo, sp.oo))
    other = sp.exp((2 - z**2) * z**2 / 4)
    assert compare(one, 1 / sp.Integral(other, (z, -sp.oo, sp.oo))).answer is Answer.PROVED
    assert compare(one, 2 / sp.Integral(other, (z, -sp.oo, sp.oo))).answer is not Answer.PROVED
    inner, outer = (
        sp.Integral(other, (z, -sp.oo, w)),
        sp.Integral(sp.exp(y**2) * other.xreplace({z: y}), (y, -sp.oo, w)),
    )
    assert compare(one * inner, one * outer).answer is not Answer.PROVED
