"""Jets against Taylor coefficients along a ray, packed products and eigenvalues against the libraries' own."""

from __future__ import annotations

import random

import mpmath
import pytest
from sympy.polys.domains import QQ
from sympy.polys.rings import ring

from symdiff.algebra.products import sum_of_products
from symdiff.continuum.numeric_jets import NumericJet, jet_arithmetic
from symdiff.continuum.numeric_matrices import eigenvalue_near

FUNCTIONS = {
    "exp": lambda jets, f: jets.functions["exp"](f),
    "log": lambda jets, f: jets.functions["log"](f),
    "sin": lambda jets, f: jets.functions["sin"](f),
    "cos": lambda jets, f: jets.functions["cos"](f),
    "tanh": lambda jets, f: jets.functions["tanh"](f),
    "reciprocal": lambda jets, f: 1 / f,
    "square root": lambda jets, f: jets.power(f, mpmath.mpf(1) / 2),
    "square": lambda jets, f: f * f,
}
PLAIN = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tanh": mpmath.tanh,
    "reciprocal": lambda v: 1 / v,
    "square root": mpmath.sqrt,
    "square": lambda v: v**2,
}


def _random_jet(generator: random.Random, dimension: int, degree: int) -> NumericJet:
    """A polynomial with coefficients of very different sizes and a positive value at the point."""
    found = {(0,) * dimension: mpmath.mpf(generator.randint(5, 20)) / 7}
    for _ in range(5):
        index = [0] * dimension
        for _ in range(generator.randint(1, 3)):
            index[generator.randrange(dimension)] += 1
        found[tuple(index)] = mpmath.mpf(generator.randint(-9, 9)) / 7 * mpmath.mpf(10) ** generator.randint(-30, 0)
    return NumericJet(found, dimension, degree)


def _along(jet: NumericJet, ray: list[mpmath.mpf], t: mpmath.mpf) -> mpmath.mpf:
    return mpmath.fsum(
        c * mpmath.fprod((r * t) ** i for r, i in zip(ray, index, strict=True)) for index, c in jet.coefficients.items()
    )


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_a_function_of_a_jet_against_its_taylor_coefficients_along_a_ray(name: str, dimension: int) -> None:
    generator, degree = random.Random(f"{name} {dimension}"), 6
    with mpmath.workdps(60):
        f = _random_jet(generator, dimension, degree)
        ray = [mpmath.mpf(generator.randint(1, 9)) / 5 for _ in range(dimension)]
        g = FUNCTIONS[name](jet_arithmetic(dimension, degree), f)
        with mpmath.workdps(150):
            wanted = mpmath.taylor(lambda t: PLAIN[name](_along(f, ray, t)), 0, degree)
        found = [_along(NumericJet({i: c for i, c in g.coefficients.items() if sum(i) == n}, dimension, degree), ray, 1)
                 for n in range(degree + 1)]  # fmt: skip
        errors = [abs(a - b) / max(abs(b), mpmath.mpf(10) ** -20) for a, b in zip(found, wanted, strict=True)]
        assert max(errors) < mpmath.mpf(10) ** -35
        spoiled = f + NumericJet({(1, *(0,) * (dimension - 1)): mpmath.mpf(10) ** -25}, dimension, degree)
        changed = FUNCTIONS[name](jet_arithmetic(dimension, degree), spoiled)
        assert max(abs(_along(changed - g, ray, 1)), 0) > mpmath.mpf(10) ** -30  # the smallest error that is seen


def test_complex_coefficients_are_multiplied_as_numbers() -> None:
    f = NumericJet({(0, 0): mpmath.mpc(1, 2), (1, 0): mpmath.mpc(0, 1)}, 2, 2)
    assert (f * f).coefficients == {(0, 0): mpmath.mpc(-3, 4), (1, 0): mpmath.mpc(-4, 2), (2, 0): mpmath.mpc(-1)}


def test_packed_products_against_those_of_the_library() -> None:
    generator = random.Random(5)
    polynomials, *symbols = ring([f"g{i}" for i in range(12)], QQ)

    def drawn() -> object:
        total = polynomials.zero
        for _ in range(generator.randint(0, 40)):
            term = polynomials(QQ(generator.randint(-9, 9), generator.randint(1, 12)))
            for _ in range(generator.randint(0, 5)):
                term = term * generator.choice(symbols) ** generator.randint(1, 9)
            total = total + term
        return total

    for _ in range(60):
        pairs = [(drawn(), drawn()) for _ in range(generator.randint(1, 4))]
        wanted = sum((a * b for a, b in pairs), polynomials.zero)
        assert sum_of_products(pairs) == wanted
        assert sum_of_products([*pairs, (symbols[0], symbols[1])]) != wanted
    powers = [(i, j, *[0] * 10) for i in range(20) for j in range(4)]  # dense: powers stand as digits of one integer
    dense = [polynomials.from_dict({m: QQ(generator.randint(-9, 9), 7) for m in powers}) for _ in range(2)]
    wanted = dense[0] * dense[1]
    assert sum_of_products([(dense[0], dense[1])]) == wanted
    assert sum_of_products([(dense[0], dense[1] + symbols[0])]) != wanted
    assert not sum_of_products([(dense[0], dense[1]), (-dense[0], dense[1])])


def test_the_eigenvalue_near_a_shift_against_all_eigenvalues() -> None:
    generator = random.Random(2)
    with mpmath.workdps(50):
        for size in (2, 5, 9):
            matrix = mpmath.matrix(size)
            for i in range(size):
                for j in range(size):
                    matrix[i, j] = mpmath.mpc(generator.randint(-9, 9), generator.randint(-9, 9)) / 3
            for value in mpmath.eig(matrix, left=False, right=False):
                found = eigenvalue_near(matrix, value + mpmath.mpf(10) ** -6)
                assert found is not None
                assert abs(found - value) < mpmath.mpf(10) ** -35
            shifted = eigenvalue_near(matrix + mpmath.mpf(10) ** -20 * mpmath.eye(size), value)
            assert shifted is not None
            assert abs(shifted - value) > mpmath.mpf(10) ** -21
