"""What follows from first returns: walks that never return, distinct sites, the number of visits."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symdiff.evidence.counting.first_visits import first_return
from symdiff.evidence.counting.law import WalkSequence, weight_of
from symdiff.evidence.counting.places import step_number
from symdiff.evidence.counting.power_series import low_product
from symdiff.evidence.counting.steps import StepSet

METHOD = "from the first returns"


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

    def probability(self, k: int) -> Fraction:
        """The probability of exactly k returns."""
        return Fraction(self.numbers[k] if 0 <= k < len(self.numbers) else 0) / Fraction(self.total)


def visits_law(steps: StepSet, n: int) -> VisitsLaw:
    """How often walks of n steps come back: the coefficient of z^n in F(z)^k U(z), k = 0, 1, ... (renewal)."""
    n = step_number(n)
    survivors, firsts = _survivors(steps, n)
    f = [int(Fraction(v) * steps.denominator**m) for m, v in enumerate(firsts.values)]
    numbers = []
    current = survivors
    while any(current):
        numbers.append(weight_of(current[n], steps, n))
        current = low_product(current, f, n + 1)
    return VisitsLaw(n, tuple(numbers), weight_of(sum(steps.numerators) ** n, steps, n))


def _survivors(steps: StepSet, n: int) -> tuple[list[int], WalkSequence]:
    firsts = first_return(steps, n)
    weight, found = sum(steps.numerators), [1]
    for m in range(1, n + 1):
        found.append(weight * found[-1] - int(Fraction(firsts.values[m]) * steps.denominator**m))
    return found, firsts
