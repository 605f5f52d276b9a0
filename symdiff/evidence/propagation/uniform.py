"""Walks whose rules are the same everywhere, wave by wave: one small matrix per wave vector instead of step after step.

The Fourier coefficients p(k) of the densities of the states obey p -> M(k) p per step, or d_t p = W(k) p, with

    M(k) = 1 + W(k),   W(k)_ij = sum over jumps from j to i of w E[e^(-ik.r)],  less the total out of j on the diagonal

(without the loss, and without the 1, where walkers that take no jump die); motion inside a state adds - ik.v - k.D k to the
diagonal of W. Powers and exponentials are taken in extended precision, as n squarings multiply a relative error of one step by
2^n; so are the phases e^(-ik.r), of which long waves leave only the small difference from 1: its rounding is the same on every
grid, and could not be measured by changing the grid. Waves that the density has not are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import fft

if TYPE_CHECKING:
    from symdiff.evidence.propagation.periodic import LatticeStep

from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.small_matrices import EXTENDED, exponentials

MOST_ENTRIES = 4_000_000  # of all matrices together: 128 MB
ABSENT = 1e-15  # of the largest Fourier coefficient: rounding errors of the transform
TERMS = 120  # of the logarithm of one step


def is_uniform(step: LatticeStep) -> bool:
    """Whether no weight and no jump depends on place, and the matrices fit into memory."""
    waves = step.places[0].size
    return (
        EXTENDED
        and waves * step.size**2 <= MOST_ENTRIES
        and all(np.ptp(weight) == 0 for _, _, _, weight in step.weights)
        and all(np.ptp(coefficient) == 0 for _, coefficient, _ in step.motions)
        and not any(isinstance(phase, tuple) for _, _, _, phase in step.jumps)
    )


def evolve_uniform(step: LatticeStep, density: FloatArray, amount: float | int) -> FloatArray:
    """The densities (states first, then places) after ``amount`` steps, or after the time ``amount``."""
    axes = tuple(range(1, density.ndim))
    spectrum = fft.fftn(density, axes=axes).reshape(step.size, -1).T[:, :, None]  # (waves, states, 1)
    live = present(spectrum[:, :, 0])
    one = _matrices(step, live)
    whole = power(one, int(amount)) if step.time_step is not None else exponentials(one * np.longdouble(amount))
    after = np.zeros(spectrum.shape, dtype=complex)
    after[live] = whole @ spectrum[live].astype(np.clongdouble)
    found: FloatArray = fft.ifftn(after[:, :, 0].T.reshape(density.shape), axes=axes).real
    return found


def present(spectrum: Any) -> Any:
    """Which waves a density has; ``spectrum`` has the shape (waves, densities)."""
    sizes = np.max(np.abs(spectrum), axis=1)
    return np.flatnonzero(sizes > ABSENT * np.max(sizes))


def _matrices(step: LatticeStep, live: Any) -> Any:
    """M(k) or W(k) of the waves in ``live``, shape (waves, states, states)."""
    stays = step.time_step is not None and not step.model.lossy
    one = np.zeros((len(live), step.size, step.size), dtype=np.clongdouble)
    if stays:
        one += np.eye(step.size)
    for (i, j, jump, weight), (_, _, _, phase) in zip(step.weights, step.jumps, strict=True):
        share = np.longdouble(weight.flat[0])
        one[:, i, j] += share * (phase if jump.law is not None else step.fine_phase(jump)).reshape(-1)[live]
        if not step.model.lossy:
            one[:, j, j] -= share
    for state, coefficient, factor in step.motions:
        one[:, state, state] += np.longdouble(coefficient.flat[0]) * factor.reshape(-1)[live]
    return one


def power(base: Any, n: int) -> Any:
    """The n-th power of every matrix of a stack."""
    result = np.broadcast_to(np.eye(base.shape[-1], dtype=np.clongdouble), base.shape)
    while n:
        if n & 1:
            result = result @ base
        n >>= 1
        if n:
            base = base @ base
    return result


def rate_of_change(step: LatticeStep, density: FloatArray) -> FloatArray:
    """d_t of the densities: W p, in discrete time log(M) p over the time step.

    Raises ArithmeticError where one step is so long that its logarithm does not converge.
    """
    axes = tuple(range(1, density.ndim))
    spectrum = fft.fftn(density, axes=axes).reshape(step.size, -1).T[:, :, None]
    live = present(spectrum[:, :, 0])
    one = _matrices(step, live)
    if step.time_step is not None:
        one = _logarithms(one) / np.longdouble(step.time_step)
    change = np.zeros(spectrum.shape, dtype=complex)
    change[live] = one @ spectrum[live].astype(np.clongdouble)
    found: FloatArray = fft.ifftn(change[:, :, 0].T.reshape(density.shape), axes=axes).real
    return found


def _logarithms(matrices: Any) -> Any:
    """log(1 + A) = A - A^2/2 + ... of many small matrices."""
    small = matrices - np.eye(matrices.shape[-1])
    total, power_, n = np.zeros_like(small), np.broadcast_to(np.eye(small.shape[-1]), small.shape), 0
    while n < TERMS:
        n += 1
        power_ = power_ @ small
        total = total - (-1) ** n * power_ / n
        if float(np.max(np.abs(power_))) < ABSENT**1.25:
            return total
    raise ArithmeticError("one step is not close to the identity")
