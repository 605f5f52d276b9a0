"""One coefficient of all powers of a series, by projection modulo primes against one product after the other."""

from __future__ import annotations

import importlib.util
import random

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


def test_sparse_elimination_vs_exact_products() -> None:
    np = pytest.importorskip("numpy")
    draw = np.random.default_rng(3)
    primes = [2**31 - 1, 2**31 - 19, 2**31 - 61]
    unsolved = 0
    for _ in range(60):
        rows, columns = draw.integers(1, 14, 2)
        matrix = draw.integers(-9, 9, (rows, columns)) * (draw.random((rows, columns)) < 0.3)
        right = matrix @ draw.integers(-5, 5, columns)
        if draw.random() < 0.3:
            right[0] += 1
        whole = np.concatenate([matrix, right[:, None]], axis=1)
        found = sparse_elimination.sparse_solution(np.stack([whole % p for p in primes], axis=2), primes)
        pivots = modular_matrix.echelon(whole % primes[0], primes[0])
        unsolved += found is None
        assert (found is None) == (pivots[-1:] == [columns])
        assert found is None or len(found[0]) == len(pivots)
        for p, values in zip(primes, [] if found is None else found[1].tolist(), strict=found is not None):
            q = np.zeros(columns, object)
            q[found[0]] = values  # type: ignore[index]
            assert not ((matrix.astype(object) @ q - right) % p).any()
    assert 3 < unsolved < 40


def test_sparse_elimination_refuses_a_pivot_that_vanishes_modulo_one_prime() -> None:
    np = pytest.importorskip("numpy")
    with pytest.raises(ZeroDivisionError):
        sparse_elimination.sparse_solution(np.array([[[1, 0], [1, 1]]]), [5, 7])


def test_integer_zeros_vs_products() -> None:
    draw = random.Random(4)
    for _ in range(300):
        zeros = [draw.choice((draw.randint(-5, 5), draw.randint(0, 10**9))) for _ in range(draw.randint(0, 5))]
        polynomial = draw.choice(([3], [-2, 0, 1], [-7, 3], [1, 1, 1]))  # no integer zeros
        for z in zeros:
            polynomial = [b - z * a for a, b in zip([*polynomial, 0], [0, *polynomial], strict=True)]
        assert recurrence_terms._integer_zeros(polynomial) == sorted({z for z in zeros if z >= 0})
