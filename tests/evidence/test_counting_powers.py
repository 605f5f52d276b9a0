"""One coefficient of all powers of a series, by projection modulo primes against one product after the other."""

from __future__ import annotations

import importlib.util
import itertools
import random
import sys

import pytest

from symdiff.errors import InternalFaultError, NotYetError
from symdiff.evidence.counting import (
    StepSet,
    modular_matrix,
    power_projection,
    recurrence_terms,
    sparse_elimination,
    visits,
)
from symdiff.evidence.counting.power_projection import all_powers

TRIANGULAR = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
needs_kernel = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the compiled kernel is an extra")


@needs_kernel
@pytest.mark.parametrize("n", [1, 2, 3, 8, 15, 31, 33, 64, 100, 156])
def test_projection_vs_products(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(n)
    first = [0, *(draw.randrange(9) for _ in range(n))]
    weights = [draw.randrange(10**30) for _ in range(n + 1)]
    expected = all_powers(first, weights, 10**250)
    monkeypatch.setattr(power_projection, "FEW", 0)
    assert all_powers(first, weights, 10**250) == expected
    with pytest.raises(InternalFaultError, match="further prime"):
        all_powers(first, weights, max(expected) >> 100 if max(expected) >> 100 else 0)


@needs_kernel
def test_visits_vs_products(monkeypatch: pytest.MonkeyPatch) -> None:
    found = visits.visits_law(TRIANGULAR, 200)
    monkeypatch.setattr(power_projection, "FEW", 10**6)
    assert visits.visits_law(TRIANGULAR, 200) == found
    assert 0 < found.mean < 3


def test_wrong_visits_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = visits.powers_of_first_returns

    def swapped(*given: object) -> list[int]:  # the total stays right
        one, two, *rest = genuine(*given)  # type: ignore[arg-type]
        return [two, one, *rest]

    monkeypatch.setattr(visits, "powers_of_first_returns", swapped)
    with pytest.raises(InternalFaultError, match="mean"):
        visits.visits_law(TRIANGULAR, 12)


def test_many_powers_without_kernel_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_projection.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotYetError, match="compiled kernel"):
        all_powers([0] * 3000, [0] * 3000, 1)


@needs_kernel
def test_compiled_elimination_vs_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    np = pytest.importorskip("numpy")
    draw = np.random.default_rng(2)
    for prime in (2**31 - 1, 97, 7) * 10:
        rows, columns = draw.integers(1, 14, 2)
        one = draw.integers(0, prime, (rows, columns))
        one[draw.random((rows, columns)) < 0.5] = 0
        one[-1] = one[0] * 3 % prime
        other = one.copy()
        monkeypatch.setattr(modular_matrix, "_COMPILED", -1)
        monkeypatch.setattr(modular_matrix, "_LOADING", -1)
        pivots = modular_matrix.echelon(one, prime)
        monkeypatch.setattr(modular_matrix, "_COMPILED", 10**9)
        assert modular_matrix.echelon(other, prime) == pivots
        assert (one == other).all()


def test_digits_of_sparse_solutions_vs_echelon_form_and_exact_products() -> None:
    np = pytest.importorskip("numpy")
    draw = np.random.default_rng(3)
    prime, unsolved = 2**31 - 1, 0
    for large in [1] * 50 + [10**30] * 10:
        rows, columns = draw.integers(1, 14, 2)
        matrix = draw.integers(-9, 9, (rows, columns)) * (draw.random((rows, columns)) < 0.3)
        right = matrix @ draw.integers(-5, 5, columns)
        if draw.random() < 0.3:
            right[0] += 1
        whole = np.concatenate([matrix, right[:, None]], axis=1)
        whole = whole if large == 1 else whole.astype(object) * large
        filled = whole.nonzero()
        digits = sparse_elimination.p_adic_solutions(*filled, whole[filled], whole.shape, prime)
        found = list(itertools.islice(digits, 4))
        pivots = modular_matrix.echelon((whole % prime).astype(np.int64), prime)
        solved = pivots[-1:] != [columns]
        unsolved += not solved
        assert len(found) == (4 if solved else 0)
        q = sum(d.astype(object) * prime**k for k, d in enumerate(found)) + np.zeros(columns, object)
        assert not solved or not ((whole[:, :-1].astype(object) @ q - whole[:, -1]) % prime**4).any()
        assert not solved or np.count_nonzero(found[0]) <= len(pivots)
    assert 3 < unsolved < 40


def test_rank_of_a_matrix_with_and_without_flint(monkeypatch: pytest.MonkeyPatch) -> None:
    np = pytest.importorskip("numpy")
    draw = np.random.default_rng(4)
    for dependent in (0, 1) * 10:
        matrix = draw.integers(0, 97, (9, 6))
        if dependent:
            matrix[:, 4] = (3 * matrix[:, 0] + matrix[:, 5]) % 97
        expected = len(modular_matrix.echelon(matrix.copy(), 97)) == 6
        assert modular_matrix.full_rank(matrix.copy(), 97) == expected
        monkeypatch.setitem(sys.modules, "flint", None)
        assert modular_matrix.full_rank(matrix, 97) == expected
        monkeypatch.undo()


def test_integer_zeros_vs_products() -> None:
    draw = random.Random(4)
    for _ in range(300):
        zeros = [draw.choice((draw.randint(-5, 5), draw.randint(0, 10**9))) for _ in range(draw.randint(0, 5))]
        polynomial = draw.choice(([3], [-2, 0, 1], [-7, 3], [1, 1, 1]))  # no integer zeros
        for z in zeros:
            polynomial = [b - z * a for a, b in zip([*polynomial, 0], [0, *polynomial], strict=True)]
        assert recurrence_terms._integer_zeros(polynomial) == sorted({z for z in zeros if z >= 0})
