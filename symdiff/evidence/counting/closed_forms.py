"""One site after any number of steps in closed form: products over independent directions, and sums of one index.

Where the steps are a Cartesian product, the number of walks is a product. Where they leave one free number in how often each
step is taken, it is a sum of multinomial coefficients over it; for steps lo, lo + 1, ..., lo + m - 1 of equal weight along a line it is

    [x^L] ((1 - x^m)/(1 - x))^n = sum_k (-1)^k C(n, k) C(L - m k + n - 1, n - 1).

The ratio of successive terms of such a sum is a rational function, so that binary splitting adds it up. Source: B. Haible,
T. Papanikolaou, Fast multiprecision evaluation of series of rational numbers, ANTS III (1998).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.compositions import compositions
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector

MULTINOMIAL = "one multinomial coefficient"
SUM = "sum of {} multinomial coefficients, by binary splitting"
ALTERNATING = "alternating sum of {} products of two binomial coefficients, by binary splitting"
_LEAF = 24
Factor = Callable[[int], int]


@dataclass(frozen=True)
class Ratios:
    """first * sum_(j=0..terms-1) prod_(i<j) above(i)/below(i), a whole number."""

    first: Any
    terms: int
    above: Factor
    below: Factor

    def total(self, max_bytes: int = DEFAULT_MAX_BYTES) -> Any:
        """The sum, exactly; raises :class:`ResourceError` before it begins, :class:`InternalFaultError` if it is not whole."""
        if self.terms == 1:
            return self.first
        bits = self.terms * (abs(self.above(0)).bit_length() + abs(self.below(0)).bit_length())
        require_bytes(f"the sum of {about(self.terms)} terms", bits // 2, max_bytes)
        _, below, rest = _split(self.above, self.below, 0, self.terms - 1)
        whole = self.first * (below + rest)
        value = whole // below
        if value * below != whole:
            raise InternalFaultError("a sum of numbers of walks is no whole number")
        return value


def closed_form(
    steps: StepSet, n: int, displacement: Vector, max_bytes: int = DEFAULT_MAX_BYTES
) -> tuple[int, str] | None:
    """The numerator of the number of walks of n steps to one site and its method; None where there is no such form."""
    for form in (_composed, _interval):
        found = form(steps, n, displacement, max_bytes)
        if found is not None:
            return found
    return None


def independent_directions(steps: StepSet) -> tuple[int, tuple[tuple[StepSet, tuple[int, ...]], ...]] | None:
    """(c, ((steps_1, axes_1), (steps_2, axes_2))) where the steps are a Cartesian product with weights c w_1 w_2; else None.

    Weights are numerators.
    """
    weight = dict(zip(steps.steps, steps.numerators, strict=True))
    axes = range(steps.dimension)
    for size in range(1, steps.dimension // 2 + 1):
        for chosen in itertools.combinations(axes, size):
            others = tuple(a for a in axes if a not in chosen)
            here, there = ({tuple(s[a] for a in part): None for s in weight} for part in (chosen, others))
            if len(here) * len(there) != len(weight) or 1 in (len(here), len(there)):
                continue
            split = {(tuple(s[a] for a in chosen), tuple(s[a] for a in others)): w for s, w in weight.items()}
            a0, b0 = next(iter(split))
            if all(w * split[a0, b0] == split[a, b0] * split[a0, b] for (a, b), w in split.items()):
                parts = [_primitive({a: split[a, b0] for a in here}), _primitive({b: split[a0, b] for b in there})]
                content = Fraction(split[a0, b0], parts[0][a0] * parts[1][b0])
                return int(content), tuple(
                    (StepSet(tuple(p), tuple(p.values())), where)
                    for p, where in zip(parts, (chosen, others), strict=True)
                )
    return None


def _primitive(weights: dict[Vector, int]) -> dict[Vector, int]:
    common = math.gcd(*weights.values())
    return {s: w // common for s, w in weights.items()}


def _composed(steps: StepSet, n: int, displacement: Vector, max_bytes: int) -> tuple[int, str] | None:
    """One multinomial coefficient, or the sum of them over one free number."""
    if len(steps.steps) > len(hermite_basis(plus(s, steps.steps[0], -1) for s in steps.steps)) + 2:
        return None
    found = compositions(steps.steps, n, displacement)
    if found is None:
        return 0, MULTINOMIAL
    low, high = found.range()
    if high < low:
        return 0, MULTINOMIAL
    direction = found.kernel[0] if found.kernel else (0,) * len(steps.steps)
    first = plus(found.base, direction, low)
    weights = steps.numerators

    def above(j: int) -> int:
        product = 1
        for k, u, w in zip(first, direction, weights, strict=True):
            if u < 0:
                for i in range(-u):
                    product *= k + j * u - i
            elif u:
                product *= w**u
        return product

    def below(j: int) -> int:
        product = 1
        for k, u, w in zip(first, direction, weights, strict=True):
            if u > 0:
                for i in range(1, u + 1):
                    product *= k + j * u + i
            elif u:
                product *= w**-u
        return product

    value = multinomial(first)
    for k, w in zip(first, weights, strict=True):
        if w != 1:
            value *= fast_integer()(w) ** k
    terms = high - low + 1
    method = MULTINOMIAL if terms == 1 else SUM.format(terms)
    return int(Ratios(value, terms, above, below).total(max_bytes)), method


def _interval(steps: StepSet, n: int, displacement: Vector, max_bytes: int) -> tuple[int, str] | None:
    """Steps of equal weight, equally spaced along a line."""
    basis = hermite_basis(plus(s, steps.steps[0], -1) for s in steps.steps)
    if len(basis) != 1 or len(set(steps.numerators)) > 1:
        return None
    places = {s: (coordinates(basis, plus(s, steps.steps[0], -1)) or (0,))[0] for s in steps.steps}
    lowest = min(places, key=lambda s: places[s])
    m = len(places)
    if max(places.values()) - places[lowest] != m - 1:
        return None
    away = coordinates(basis, plus(displacement, lowest, -n))
    if away is None or not 0 <= away[0] <= n * (m - 1):
        return 0, MULTINOMIAL
    level = min(away[0], n * (m - 1) - away[0])

    def above(k: int) -> int:
        product, top = k - n, level - m * k
        for i in range(m):
            product *= top - i
        return product

    def below(k: int) -> int:
        product, top = k + 1, level - m * k + n - 1
        for i in range(m):
            product *= top - i
        return product

    terms = min(n, level // m) + 1
    value = Ratios(binomial(level + n - 1, level) if n else fast_integer()(1), terms, above, below).total(max_bytes)
    return int(value * fast_integer()(steps.numerators[0]) ** n), ALTERNATING.format(terms)


def multinomial(numbers: Vector) -> Any:
    """(sum k)! / prod k!."""
    value, total = fast_integer()(1), 0
    for k in sorted(numbers, reverse=True):
        total += k
        value *= binomial(total, k)
    return value


def binomial(n: int, k: int) -> Any:
    """C(n, k) for 0 <= k <= n."""
    try:
        from flint import fmpz
    except ImportError:
        return math.comb(n, k)
    return fmpz.bin_uiui(n, min(k, n - k))


def _split(above: Factor, below: Factor, low: int, high: int) -> tuple[Any, Any, Any]:
    """prod above, prod below, and sum_j (prod_(i<=j) above(i)) (prod_(i>j) below(i)), all over low..high-1."""
    if high - low <= _LEAF:
        a, b, t = 1, 1, 0
        for j in range(low, high):
            a *= above(j)
            lower = below(j)
            t = t * lower + a
            b *= lower
        integer = fast_integer()
        return integer(a), integer(b), integer(t)
    middle = (low + high) // 2
    (a, b, t), (c, d, u) = _split(above, below, low, middle), _split(above, below, middle, high)
    return a * c, b * d, t * d + a * u
