"""Numbers of walks of 0, 1, ..., n steps to one site of the plane whose steps are narrow along one direction: a three-term recurrence.

Along a form f with f.s = -1, 0 or 1 for every step, P = A y + B + C / y with A, B, C polynomials in one variable. By Laplace's integral
for Legendre functions the powers t_m = [y^b] P^m, b >= 0, fulfil

    (m - b + 1) (m + b + 1) t_(m+1) = (2 m + 1) (m + 1) B t_m - m (m + 1) (B^2 - 4 A C) t_(m-1),   t_b = A^b, t_m = 0 for m < b.

Each t_m is one long integer, the value at a power of two (Kronecker's substitution). Source: E. Whittaker, G. Watson, A Course of Modern
Analysis, 15.23 and 15.61; b = 0: the recurrence of central trinomial coefficients.
"""

from __future__ import annotations

from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.lattice import dot, extends_to_basis, small_forms
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.size import largest_count_bits, require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector

METHOD = "three-term recurrence of the powers along a narrow direction (Legendre's)"
_HELD = 6  # integers of the size of a power at a time
_Forms = tuple[Vector, Vector]


def narrow_forms_of(steps: StepSet) -> _Forms | None:
    """A form of values -1, 0, 1 on all steps, and the narrowest one that completes it to a basis; None where there is none."""
    if steps.dimension != 2:
        return None
    across = [f for f in small_forms(2) if all(-1 <= dot(f, s) <= 1 for s in steps.steps)]
    if not across:
        return None
    pairs = [
        (_width(g, steps), sum(map(abs, f)), sum(map(abs, g)), f, g)
        for f in across
        for g in small_forms(2)
        if extends_to_basis([f, g])
    ]
    *_, f, g = min(pairs)
    return f, g


def narrow_numerators(steps: StepSet, n: int, displacement: Vector, forms: _Forms, max_bytes: int) -> list[int]:
    """The numerators of the counts of 0, 1, ..., n steps to a displacement, ``forms`` from ``narrow_forms_of``."""
    across, along = forms
    integer = fast_integer()
    bits = -(-largest_count_bits(steps, n) // 8) * 8
    low, width = min(dot(along, s) for s in steps.steps), _width(along, steps)
    size = bits * (n * width + 1)
    require_bytes(f"the sequence of 0..{about(n)} steps", _HELD * size // 8, max_bytes)
    parts = [integer(0)] * 3
    for s, w in zip(steps.steps, steps.numerators, strict=True):
        parts[dot(across, s) + 1] += integer(w) << bits * (dot(along, s) - low)
    c, b, a = parts
    order, place = dot(across, displacement), dot(along, displacement)
    if order < 0:
        order, a, c = -order, c, a
    square = b * b - 4 * a * c
    found = [0] * min(order, n + 1)
    before, power = integer(0), a**order if order <= n else integer(0)
    for m in range(order, n + 1):
        found.append(_digit(power, place - m * low, m * width, bits))
        divisor = (m - order + 1) * (m + order + 1)
        above = (2 * m + 1) * (m + 1) * (b * power) - m * (m + 1) * (square * before)
        before, power = power, above // divisor
        if power * divisor != above:
            raise InternalFaultError(f"the recurrence of powers leaves a remainder at {m + 1} steps")
    return found


def _digit(power: Any, place: int, most: int, bits: int) -> int:
    return int((power >> place * bits) & ((1 << bits) - 1)) if 0 <= place <= most else 0


def _width(form: Vector, steps: StepSet) -> int:
    values = [dot(form, s) for s in steps.steps]
    return max(values) - min(values)
