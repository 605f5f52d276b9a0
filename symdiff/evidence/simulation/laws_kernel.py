"""Laws compiled (needs numba): the functions of ``laws`` in one loop over the walkers each, bit for bit what NumPy does with them."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.extending import register_jitable

from symdiff.evidence.simulation import elementary, laws
from symdiff.evidence.simulation.elementary import exp, log, uniform
from symdiff.evidence.simulation.followed_kernel import GAMMA, mix

for _function in (uniform, log, exp, elementary.circle, *laws.FUNCTIONS.values(), laws.gamma_attempt):
    register_jitable(inline="always")(_function)  # else loops over walkers are not vectorised


@numba.njit(nogil=True, cache=True, error_model="numpy")
def fixed(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.fixed` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.fixed(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def between(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.between` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.between(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def exponential(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.exponential` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.exponential(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def normal(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.normal` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.normal(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def laplace(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.laplace` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.laplace(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def power(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.power` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.power(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def two_sided(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.two_sided` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.two_sided(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def cauchy(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.cauchy` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.cauchy(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def stable(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.stable` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.stable(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def mittag_leffler(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.mittag_leffler` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.mittag_leffler(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def geometric(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """:func:`laws.geometric` for every walker."""
    for i in range(len(own)):
        at = own[i] + slot * GAMMA
        out[i] = laws.geometric(a, b, c, uniform(mix(at)), uniform(mix(at + GAMMA)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def gamma(a: float, b: float, c: float, own: Any, slot: Any, out: Any) -> None:
    """The law of gamma, drawn until it is accepted, for every walker."""
    for i in range(len(own)):
        found = 0.0
        for attempt in range(laws.ATTEMPTS):
            at = own[i] + (slot + np.uint64(8 + 3 * attempt)) * GAMMA
            value, fine = laws.gamma_attempt(
                a, uniform(mix(at)), uniform(mix(at + GAMMA)), uniform(mix(at + np.uint64(2) * GAMMA))
            )
            if fine:
                found = value
                break
        out[i] = b * found * exp(c * log(uniform(mix(own[i] + slot * GAMMA))))


LOOPS = {
    0: fixed,
    1: between,
    2: exponential,
    3: normal,
    4: laplace,
    5: power,
    6: two_sided,
    7: cauchy,
    8: stable,
    9: mittag_leffler,
    10: geometric,
    laws.GAMMA_CODE: gamma,
}
