"""What follows from first returns: walks that never return, distinct sites, the number of visits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.first_visits import first_return
from symdiff.evidence.counting.law import WalkSequence, weight_of
from symdiff.evidence.counting.places import step_number
from symdiff.evidence.counting.power_projection import powers_of_first_returns
from symdiff.evidence.counting.sequences import best_numerators
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES
from symdiff.evidence.counting.steps import StepSet, plain_steps

METHOD = "from the first returns"
PLAIN = "a StepSet: this is known for walks without internal states and walls"
CHECKS = "the total and the expected number of returns, exactly"


def never_returned(steps: StepSet, n: int) -> WalkSequence:
    """The numbers of walks of 0..n steps that have not come back to their start.

    u_m = W u_(m-1) - f_m with the total weight W of a step and the first returns f. Raises as :func:`first_return`.
    """
    found, firsts = _survivors(steps, step_number(n))
    origin = (0,) * steps.dimension
    values = tuple(weight_of(u, steps, m) for m, u in enumerate(found))
    return WalkSequence(origin, None, values, f"{METHOD}; {firsts.method}", firsts.checked_by)


def distinct_sites(steps: StepSet, n: int) -> tuple[Fraction, ...]:
    """The expected numbers of distinct sites that a walk of 0..n steps has visited, start included; weights normalised.

    E_n = sum_(m=0..n) P(the walk has not come back after m steps): seen backwards, the last site is new exactly then.
    Source: A. Dvoretzky, P. Erdos, Proc. 2nd Berkeley Symposium (1951), 353.
    """
    found, _ = _survivors(steps, step_number(n))
    weight, total = sum(steps.numerators), 0
    expected = []
    for m, u in enumerate(found):
        total = total * weight + u if m else u
        expected.append(Fraction(total, weight**m))
    return tuple(expected)


@dataclass(frozen=True)
class VisitsLaw:
    """``numbers[k]``: the walks of n steps that come back to their start exactly k times; they sum to ``total``."""

    n: int
    numbers: tuple[int | Fraction, ...]
    total: int | Fraction
    method: str = ""
    checked_by: tuple[str, ...] = ()

    def probability(self, k: int) -> Fraction:
        """The probability of exactly k returns."""
        return Fraction(self.numbers[k] if 0 <= k < len(self.numbers) else 0) / Fraction(self.total)

    @property
    def mean(self) -> Fraction:
        """The expected number of returns."""
        return Fraction(sum(k * v for k, v in enumerate(self.numbers))) / Fraction(self.total)


def visits_law(steps: StepSet, n: int) -> VisitsLaw:
    """How often walks of n steps come back: the coefficient of z^n in F(z)^k U(z), k = 0, 1, ... (renewal).

    With the generating functions F of first returns and U of walks that have not come back. Checked by the total and by the
    expected number of returns, both exactly. Raises as :func:`first_return`, and :class:`NotYetError` or :class:`ResourceError`
    where so many steps need the compiled kernel, or more primes than there are.
    """
    n = step_number(n)
    plain_steps(steps, PLAIN)
    returns, method, done = best_numerators(steps, n, (0,) * steps.dimension, 0, 0, True, DEFAULT_MAX_BYTES)
    period = math.gcd(*(m for m, v in enumerate(returns) if v)) or max(n, 1)  # returns come at its multiples only
    weight = sum(steps.numerators)
    total = weight**n
    numbers = powers_of_first_returns(returns[: n + 1 : period], weight**period, weight ** (n % period), total)
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    _check(weight, returns, numbers)
    values = tuple(weight_of(v, steps, n) for v in numbers)
    checks = (CHECKS, *(f"returns: {text}" for text in done))
    return VisitsLaw(n, values, weight_of(total, steps, n), f"powers of the series of first returns; {method}", checks)


def _check(weight: int, returns: Sequence[int], numbers: Sequence[int]) -> None:
    """All walks, and sum_k k N_k = sum_(m=1..n) r_m W^(n-m) with the returns r."""
    expected, n = 0, len(returns) - 1
    for r in returns[1:]:
        expected = expected * weight + r
    if sum(numbers) != weight**n or sum(k * v for k, v in enumerate(numbers)) != expected:
        raise InternalFaultError(f"the numbers of returns of walks of {n} steps have a wrong total or mean")


def _survivors(steps: StepSet, n: int) -> tuple[list[int], WalkSequence]:
    plain_steps(steps, PLAIN)
    firsts = first_return(steps, n)
    weight, found = sum(steps.numerators), [1]
    for m in range(1, n + 1):
        found.append(weight * found[-1] - int(Fraction(firsts.values[m]) * steps.denominator**m))
    return found, firsts
