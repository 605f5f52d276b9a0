"""One coefficient of all powers of a series, times another: [z^n] U F^k for k = 0..n, exactly; modulo many primes, by threads.

See ``projection_kernel`` for the algorithm. Its cost is n log(n)^2 for each prime, and the number of primes grows with the digits.
"""

from __future__ import annotations

import importlib.util
import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from symdiff.errors import InternalFaultError, NotYetError, ResourceError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular import is_prime
from symdiff.evidence.counting.power_series import low_product, quotient

FEW = 150  # below, one product after the other is as fast
MOST_WITHOUT_KERNEL = 2_000
_TOP_BITS = 31
_GROUP = 32  # primes that are taken together


def all_powers(first: Sequence[int], weights: Sequence[int], bound: int) -> list[int]:
    """[z^n] U F^k for k = 0..n, F = sum first[i] z^i with first[0] = 0, U = sum weights[i] z^i of n + 1 terms each.

    All results must lie in 0..bound. Raises :class:`NotYetError` above 2000 terms without numba, :class:`ResourceError` where there
    are not enough primes, :class:`InternalFaultError` where a result disagrees with a further prime.
    """
    n = len(first) - 1
    if n <= FEW or importlib.util.find_spec("numba") is None:
        return _one_by_one(first, weights, n)
    from symdiff.evidence.counting.projection_kernel import project

    return _projected(project, (first, weights), (), n, bound)


def powers_of_first_returns(returns: Sequence[int], factor: int, shift: int, bound: int) -> list[int]:
    """[z^n] U F^k for k = 0..n, F = 1 - 1/R, U = shift (1 - F)/(1 - factor z), R = sum returns[i] z^i with returns[0] = 1.

    With the kernel the quotients are formed modulo each prime, where they are short. As :func:`all_powers` otherwise.
    """
    n = len(returns) - 1
    if n <= FEW or importlib.util.find_spec("numba") is None:
        if n > MOST_WITHOUT_KERNEL:
            raise _too_many(n)
        first = quotient([0, *returns[1:]], returns)
        weights = [shift]
        for f in first[1:]:
            weights.append(factor * weights[-1] - shift * f)
        return _one_by_one(first, weights, n)
    from symdiff.evidence.counting.projection_kernel import project_returns

    return _projected(project_returns, (returns,), (factor, shift), n, bound)


def _projected(
    kernel: Callable[..., Any], series: Sequence[Sequence[int]], factors: Sequence[int], n: int, bound: int
) -> list[int]:
    """What the kernel finds of the series and the factors, modulo as many primes as needed and one further."""
    order = _order(n)
    primes = _primes(order, bound.bit_length(), n)
    columns: list[Any] = [None] * len(primes)
    stop = threading.Event()
    reduced = _Reduced(series, primes)

    def one(number: int) -> None:
        if not stop.is_set():
            p = primes[number]
            columns[number] = kernel(*reduced.modulo(number), *(_word(f % p) for f in factors), *_constants(p), order)

    with ThreadPoolExecutor(min(len(primes), os.cpu_count() or 1)) as pool:
        try:
            list(pool.map(one, range(len(primes))))
        except BaseException:  # an interrupt too: no thread works on after this call
            stop.set()
            raise
    values = _combined(columns[:-1], primes[:-1])
    if any((v - int(r)) % primes[-1] for v, r in zip(values, columns[-1], strict=True)):
        raise InternalFaultError("the coefficients of powers disagree with their remainder modulo a further prime")
    return values


def _word(value: int) -> Any:
    import numpy as np

    return np.uint32(value)


def _too_many(n: int) -> NotYetError:
    return NotYetError(
        f"a coefficient of {about(n)} powers needs the compiled kernel", instead="fewer steps, or the extra 'fast'"
    )


def _one_by_one(first: Sequence[int], weights: Sequence[int], n: int) -> list[int]:
    if n > MOST_WITHOUT_KERNEL:
        raise _too_many(n)
    found, current = [], list(weights)
    for _ in range(n + 1):
        found.append(current[n])
        current = low_product(current, first, n + 1) if any(current) else current
    return found


def _order(n: int) -> int:
    """The length of the longest transform, as a power of two."""
    rows, left, longest = 1, n, 32
    while left:
        longest = max(longest, (4 * rows - 2) * (left + 1))
        rows, left = 2 * rows, left // 2
    return 1 << (longest - 1).bit_length()


def _primes(order: int, bits: int, n: int) -> list[int]:
    """Enough primes below 2^31 whose units have roots of unity of this order, and one to check with."""
    longest = order.bit_length() - 1
    found: list[int] = []
    have = 0.0
    for factor in range((1 << _TOP_BITS - longest) - 1, 1 << max(0, _TOP_BITS - longest - 4), -1):
        p = (factor << longest) + 1
        if is_prime(p):
            found.append(p)
            if have > bits + 1:
                return found
            have += math.log2(p)
    raise ResourceError(
        f"numbers of {about(bits)} bits for {about(n)} powers need more primes than there are below 2^{_TOP_BITS}",
        instead="fewer steps",
    )


def _constants(p: int) -> tuple[Any, Any, Any]:
    """p, 1/p modulo 2^32, and a generator of the units modulo p."""
    import numpy as np

    rest, factors, d = p - 1, [], 2
    while d * d <= rest:
        if rest % d == 0:
            factors.append(d)
            while rest % d == 0:
                rest //= d
        d += 1
    factors += [rest] if rest > 1 else []
    generator = next(g for g in range(2, p) if all(pow(g, (p - 1) // f, p) != 1 for f in factors))
    return np.uint32(p), np.uint32(pow(p, -1, 2**32)), np.uint32(generator)


class _Reduced:
    """Series modulo the products of groups of primes, by halves, as 32-bit limbs; then modulo each prime."""

    def __init__(self, series: Sequence[Sequence[int]], primes: Sequence[int]) -> None:
        self._primes = primes
        integer = fast_integer()
        self._limbs: list[list[Any]] = []
        self._split([[integer(v) for v in values] for values in series], primes, integer)

    def _split(self, series: list[list[Any]], primes: Sequence[int], integer: Any) -> None:
        product = integer(math.prod(primes))
        series = [[v % product for v in values] for values in series]
        if len(primes) <= _GROUP:
            self._limbs += [[self._rows(values, primes) for values in series]] * len(primes)
            return
        half = len(primes) // 2
        self._split(series, primes[:half], integer)
        self._split(series, primes[half:], integer)

    def _rows(self, values: list[Any], primes: Sequence[int]) -> Any:
        import numpy as np

        size = (math.prod(primes).bit_length() + 31) // 32
        data = b"".join(int(v).to_bytes(4 * size, "little") for v in values)
        return np.ascontiguousarray(np.frombuffer(data, np.uint32).reshape(len(values), size).T)

    def modulo(self, number: int) -> list[Any]:
        """The series modulo a prime, given by its number."""
        import numpy as np

        from symdiff.evidence.counting.projection_kernel import remainders

        p = self._primes[number]
        inverse = np.uint32(pow(p, -1, 2**32))
        return [
            remainders(limbs, np.uint32(pow(2, 32 * (len(limbs) + 1), p)), np.uint32(p), inverse)
            for limbs in self._limbs[number]
        ]


def _combined(columns: Sequence[Any], primes: Sequence[int]) -> list[int]:
    """The numbers with these remainders, by halves: c = sum_i (r_i / (M / p_i) mod p_i) M / p_i, modulo the product M at the end."""
    import numpy as np

    product = math.prod(primes)
    units = [pow(product // p % p, -1, p) for p in primes]
    scaled = np.array([c.astype(np.uint64) * unit % p for c, unit, p in zip(columns, units, primes, strict=True)])

    def join(low: int, high: int) -> tuple[Any, int]:
        if high - low <= _GROUP:
            values, product = _grouped(scaled[low:high], primes[low:high])
            return make(values), product
        middle = (low + high) // 2
        (left, a), (right, b) = join(low, middle), join(middle, high)
        return left * b + right * a, a * b

    make = _vector_type()
    total, _ = join(0, len(primes))
    found = [int(v) % product for v in total.coeffs()]
    return found + [0] * (len(columns[0]) - len(found))


def _grouped(scaled: Any, primes: Sequence[int]) -> tuple[list[int], int]:
    """sum_i scaled_i M / p_i for one group of primes, and M: products of 31-bit numbers with 16-bit limbs, 32 of which fit into a float."""
    import numpy as np

    product = math.prod(primes)
    size = product.bit_length() // 16 + 1
    limbs = [np.frombuffer((product // p).to_bytes(2 * size, "little"), np.uint16) for p in primes]
    sums = (np.array(limbs, float).T @ scaled.astype(float)).astype(np.uint64)
    digits = np.zeros((size + 4, sums.shape[1]), np.uint16)
    carry = np.zeros(sums.shape[1], np.uint64)
    for i in range(size + 4):
        carry = carry + sums[i] if i < size else carry
        digits[i] = carry & np.uint64(0xFFFF)
        carry = carry >> np.uint64(16)
    data, width = digits.T.astype("<u2").tobytes(), 2 * (size + 4)
    return [int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)], product


def _vector_type() -> Any:
    """Vectors of long integers: python-flint's polynomials where installed."""
    try:
        from flint import fmpz_poly
    except ImportError:
        return _Vector
    return fmpz_poly


class _Vector:
    """What is needed of a vector where python-flint is not installed."""

    def __init__(self, values: list[int]) -> None:
        self.values = values

    def __mul__(self, factor: int) -> _Vector:
        return _Vector([v * factor for v in self.values])

    def __add__(self, other: _Vector) -> _Vector:
        return _Vector([a + b for a, b in zip(self.values, other.values, strict=True)])

    def coeffs(self) -> list[int]:
        return self.values
