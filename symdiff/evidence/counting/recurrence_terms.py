"""What every proved recurrence does: its terms, one of them after many steps, order, degree; whatever its proof is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

from symdiff.errors import InternalFaultError, NotYetError
from symdiff.evidence.counting.guessing import Coefficients, evaluate
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.steps import Vector

_BLOCK = 2048


class ProvedRecurrence:
    """sum_j c_j(n) a(n+j) = 0 for all n >= 0; ``coefficients[j]``: c_j by powers of n, integers, of coprime numbers.

    a(n) are numerators over ``denominator``^n; ``initial``: a(0), a(1), ... as far as the recurrence does not give them;
    ``site``: the end, None for any.
    """

    coefficients: Coefficients
    initial: tuple[int, ...]
    site: Vector | None

    @property
    def denominator(self) -> int:
        raise NotImplementedError

    @property
    def weighted(self) -> bool:
        """Whether the numbers are summed weights, with fractions among them."""
        raise NotImplementedError

    def holds(self) -> bool:
        """Whether the independent checker accepts the proof."""
        raise NotImplementedError

    def proof_size(self) -> tuple[int, int]:
        """The number of terms of the certificate, and of decimal digits in it (about)."""
        raise NotImplementedError

    @property
    def order(self) -> int:
        return len(self.coefficients) - 1

    @property
    def degree(self) -> int:
        """The largest degree of a coefficient in n."""
        return max(len(c) for c in self.coefficients) - 1

    @property
    def stride(self) -> int:
        """The recurrence connects only terms whose numbers differ by multiples of this."""
        return math.gcd(*(self.order - j for j, c in enumerate(self.coefficients) if any(c))) or 1

    def terms(self, fast: bool = True) -> Iterator[int]:
        """a(0), a(1), ...: numerators."""
        integer = fast_integer() if fast else int
        window = [integer(v) for v in self.initial]
        yield from map(int, self.initial)
        for n in itertools.count(len(self.initial) - self.order):
            window = window[-self.order :] if self.order else []
            total = integer(0)
            for j, c in enumerate(self.coefficients[:-1]):
                if any(c):
                    total -= evaluate(c, n) * window[j]
            window.append(_divided(total, evaluate(self.coefficients[-1], n)))
            yield int(window[-1])

    def nth(self, n: int) -> int:
        """a(n), a numerator; only the terms of the same class modulo the stride are computed, and few are kept."""
        if n < len(self.initial):
            return self.initial[n]
        integer = fast_integer()
        g, order = self.stride, self.order
        known = {m: integer(v) for m, v in enumerate(self.initial) if (n - m) % g == 0}
        active = [(j, c) for j, c in enumerate(self.coefficients[:-1]) if any(c)]
        last = self.coefficients[-1]
        first = len(self.initial) + (n - len(self.initial)) % g
        if integer is not int and order % g == 0 and (n - first) // g > 4 * _BLOCK:
            first = self._leap(known, first, n)
        for target in range(first, n + 1, g):
            m = target - order
            total = integer(0)
            for j, c in active:
                total -= known[m + j] * evaluate(c, m)
            known[target] = _divided(total, evaluate(last, m))
            known.pop(target - order, None)
        return int(known[n])

    def _leap(self, known: dict[int, Any], first: int, n: int) -> int:
        """Advance the known terms by blocks of steps, each one product of matrices and one exact division; the next target.

        Binary splitting within a block: long numbers meet long numbers, which is much cheaper than many short factors.
        """
        from flint import fmpz_mat

        g, order = self.stride, self.order
        size = order // g
        inner, last = self.coefficients[:-1:g], self.coefficients[-1]

        def product(low: int, high: int) -> tuple[Any, Any]:
            if high - low == 1:
                m = first + low * g - order
                lead = evaluate(last, m)
                rows = [[lead * int(j == i + 1) for j in range(size)] for i in range(size - 1)]
                return fmpz_mat([*rows, [-evaluate(c, m) for c in inner]]), fast_integer()(lead)
            middle = (low + high) // 2
            (left, a), (right, b) = product(low, middle), product(middle, high)
            return right * left, a * b

        vector = [known[first - order + i * g] for i in range(size)]
        done = 0
        while (n - first) // g - done > _BLOCK:
            matrix, lead = product(done, done + _BLOCK)
            whole = matrix * fmpz_mat([[x] for x in vector])
            vector = [_divided(whole[i, 0], lead) for i in range(size)]
            done += _BLOCK
        known.clear()
        known.update({first + (done + i) * g - order: x for i, x in enumerate(vector)})
        return first + done * g


def initial_terms(coefficients: Coefficients, values: Sequence[int]) -> tuple[int, ...]:
    """The terms that the recurrence does not give: the first ones, and all up to the last zero of the leading coefficient."""
    order = len(coefficients) - 1
    needed = order + max(_integer_zeros(coefficients[-1]), default=-1) + 1
    if needed > len(values):
        raise NotYetError(
            f"the leading coefficient of the recurrence vanishes at n = {needed - order - 1}", where="--recurrence"
        )
    return tuple(values[:needed])


def _integer_zeros(polynomial: Sequence[int]) -> list[int]:
    """The non-negative integer zeros."""
    near = {n for m in _near_zeros(polynomial) for n in (m, m + 1)}
    return sorted(n for n in near if not evaluate(polynomial, n))


def _near_zeros(polynomial: Sequence[int]) -> set[int]:
    """Numbers m so that every real zero >= 0 lies in some [m, m + 1]; between those of the derivative it is monotone."""
    while polynomial and not polynomial[-1]:
        polynomial = polynomial[:-1]
    if len(polynomial) < 2:
        return set()
    found = _near_zeros([k * c for k, c in enumerate(polynomial)][1:])
    bound = 1 + max(map(abs, polynomial[:-1])) // abs(polynomial[-1]) + 1  # Cauchy's
    ends = sorted({0, bound, *found, *(m + 1 for m in found)})
    for low, high in itertools.pairwise(ends):
        rises = evaluate(polynomial, low) < evaluate(polynomial, high)
        while high - low > 1:
            middle = (low + high) // 2
            if (evaluate(polynomial, middle) > 0) == rises:
                high = middle
            else:
                low = middle
        found.add(low)
    return found


def _divided(total: Any, divisor: int) -> Any:
    quotient = total // divisor
    if quotient * divisor != total:
        raise InternalFaultError("a division of a proved recurrence leaves a remainder")
    return quotient
