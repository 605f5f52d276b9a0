"""One coefficient of all powers of a series, by projection modulo primes against one product after the other."""

from __future__ import annotations

import importlib.util
import random

import pytest

from symdiff.errors import InternalFaultError, NotYetError
from symdiff.evidence.counting import StepSet, modular_matrix, power_projection, visits
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
