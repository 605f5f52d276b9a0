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

_LEAST_BLOCK, _MOST_BLOCK = 256, 16384  # powers of two
_TOGETHER = 16
_CONTENT = {1 << k for k in range(10, 30, 2)}  # after so many steps a common factor is taken out


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
        if integer is not int and order % g == 0 and (n - first) // g > 4 * _LEAST_BLOCK:
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
        size, block = order // g, self._block(n)
        steps = _Products(*_of_recurrence(self.coefficients[::g], first - order, g))
        vector = [known[first - order + i * g] for i in range(size)]
        done = 0
        while (n - first) // g - done > block:
            matrix, lead = steps.product(done, done + block)
            whole = matrix * fmpz_mat([[x] for x in vector])
            vector = [_divided(whole[i, 0], lead) for i in range(size)]
            done += block
        known.clear()
        known.update({first + (done + i) * g - order: x for i, x in enumerate(vector)})
        return first + done * g

    def _block(self, n: int) -> int:
        """The steps of a block, a power of two: its matrix has about a tenth of the digits of the result, where both cost alike."""
        leading = [abs(c[self.degree]) if len(c) > self.degree else 0 for c in self.coefficients]
        last = leading[-1] or 1
        growth = max(
            (math.log2(2 * max(c, last) / last) / (self.order - j) for j, c in enumerate(leading[:-1])), default=1
        )
        bits = max(sum(map(abs, c)) for c in self.coefficients).bit_length() + self.degree * n.bit_length()
        steps = int(n * growth / 4 / bits)
        return min(max(1 << max(steps.bit_length() - 1, 0), _LEAST_BLOCK), _MOST_BLOCK)


class _Products:
    """Products of the matrices of steps in a row with the products of what is divided by; entries are polynomials in the number of the step.

    A few matrices in a row are multiplied once, as polynomials, and then only evaluated.
    """

    def __init__(self, matrix: Sequence[Sequence[Any]], lead: Any) -> None:
        from flint import fmpz_poly

        size, one, zero = range(len(matrix)), fmpz_poly([1]), fmpz_poly([])
        rows = [[one if i == j else zero for j in size] for i in size]
        self._lead = one
        for k in range(_TOGETHER):
            shift = fmpz_poly([k, 1])
            here = [{j: entry(shift) for j, entry in enumerate(row) if entry} for row in matrix]
            rows = [[sum((w * rows[j][c] for j, w in row.items()), zero) for c in size] for row in here]
            self._lead *= lead(shift)
        self._rows = rows

    def product(self, low: int, high: int) -> tuple[Any, Any]:
        """The matrix and the divisor of steps low..high-1, a power of two (at least as many as are taken together)."""
        from flint import fmpz_mat

        if high - low == _TOGETHER:
            at = fast_integer()(low)
            return fmpz_mat([[entry(at) for entry in row] for row in self._rows]), self._lead(at)
        middle = (low + high) // 2
        (left, a), (right, b) = self.product(low, middle), self.product(middle, high)
        return _without_content(right * left, a * b) if high - low in _CONTENT else (right * left, a * b)


def _of_recurrence(coefficients: Coefficients, first: int, stride: int) -> tuple[list[list[Any]], Any]:
    """The matrix that leads from some terms in a row to the next ones, and what is divided by, as polynomials in the number of the step."""
    from flint import fmpz_poly

    number = fmpz_poly([first, stride])
    *inner, last = [fmpz_poly(list(c))(number) for c in coefficients]
    size = range(len(inner))
    rows = [[last if j == i + 1 else fmpz_poly([]) for j in size] for i in size[:-1]]
    return [*rows, [-c for c in inner]], last


def advanced(matrix: Sequence[Sequence[Any]], lead: Any, vector: Sequence[Any], many: int) -> list[Any]:
    """The vector after the steps 0, ..., many - 1, each the matrix over the divisor (polynomials of python-flint in the number of the step).

    By blocks, each a product of matrices and one exact division.
    """
    from flint import fmpz_mat

    products, integer, found, done = _Products(matrix, lead), fast_integer(), list(vector), 0
    block = min(max(1 << max((many // 64).bit_length() - 1, 0), _LEAST_BLOCK), _MOST_BLOCK)
    while done < many:
        if many - done >= block:
            step, divisor = products.product(done, done + block)
            done += block
        else:
            at = integer(done)
            step, divisor = fmpz_mat([[entry(at) for entry in row] for row in matrix]), lead(at)
            done += 1
        whole = step * fmpz_mat([[x] for x in found])
        found = [_divided(whole[i, 0], divisor) for i in range(len(found))]
    return found


def _without_content(matrix: Any, divisor: Any) -> tuple[Any, Any]:
    """Both without their common factor: more than half of the digits, for the numbers are whole and small factors return again and again."""
    from flint import fmpz_mat

    entries, common = matrix.entries(), divisor
    for entry in entries:
        common = common.gcd(entry)
    return fmpz_mat(matrix.nrows(), matrix.ncols(), [entry // common for entry in entries]), divisor // common


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
