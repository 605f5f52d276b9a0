"""Growth rates of plane waves under the exact microscopic dynamics: the eigenvalues of the symbol matrix.

A wave e^(ik.x) with amplitudes v in the states is multiplied by lambda in every step when T(k) v = lambda v, so that it
grows like e^(st) with s = log(lambda)/tau; in continuous time s is an eigenvalue of W(k). No equation enters.
"""

from __future__ import annotations

from typing import Any

import mpmath

from symdiff.evidence.propagation.rules import NumericRules, symbol_matrix

Number = Any


def growth_branches(rules: NumericRules, wave: tuple[Number, ...], count: int) -> list[Number]:
    """The ``count`` slowest growth rates s (smallest abs(s)) of waves with vector k, slowest first.

    The principal branch of the logarithm: in discrete time rates are known up to 2 pi i/tau.
    """
    matrix = symbol_matrix(rules, wave)
    if rules.time_step is None:
        rates = eigenvalues(matrix)
    else:
        smallest = mpmath.mpf(10) ** (-mpmath.mp.dps // 2)  # a mode that dies in one step has no rate
        rates = [mpmath.log(x) / rules.time_step for x in eigenvalues(matrix) if abs(x) > smallest]
    return sorted(rates, key=abs)[:count]


def eigenvalues(matrix: list[list[Number]]) -> list[Number]:
    """Eigenvalues at the working precision; two states by the quadratic formula without cancellation."""
    size = len(matrix)
    if size == 1:
        return [matrix[0][0]]
    if size == 2:
        (a, b), (c, d) = matrix
        half, product = (a + d) / 2, a * d - b * c
        root = mpmath.sqrt((a - d) ** 2 / 4 + b * c)
        large = half + root if abs(half + root) >= abs(half - root) else half - root
        return [large, product / large if large != 0 else mpmath.mpc(0)]
    found: list[Number] = list(mpmath.eig(mpmath.matrix(matrix), left=False, right=False))
    return found


def monic_coefficients(roots: list[Number]) -> list[Number]:
    """a_1, ..., a_n of prod (s - s_b) = s^n + a_1 s^(n-1) + ... + a_n."""
    coefficients = [mpmath.mpc(1)]
    for root in roots:
        raised = [*coefficients, mpmath.mpc(0)]
        for i, c in enumerate(coefficients):
            raised[i + 1] -= root * c
        coefficients = raised
    return coefficients[1:]


def generator_matrix(rules: NumericRules, wave: tuple[Number, ...]) -> list[list[Number]]:
    """W(k) in continuous time, log T(k)/tau in discrete time (T close to one), by the series of the logarithm.

    Raises ArithmeticError where T(k) is not close to one: then no slow generator of all states exists.
    """
    matrix = symbol_matrix(rules, wave)
    if rules.time_step is None:
        return matrix
    return logarithm(matrix, rules.time_step)


def logarithm(matrix: list[list[Number]], time_step: Number) -> list[list[Number]]:
    """log of a matrix over the time step, by its series. Raises ArithmeticError where it is not close to one."""
    size = len(matrix)
    small = mpmath.matrix(matrix) - mpmath.eye(size)
    total, power, n = small * 0, mpmath.eye(size), 0
    while n < 4 * mpmath.mp.dps:
        n += 1
        power = power * small
        total += power * (mpmath.mpf((-1) ** (n + 1)) / n)
        if mpmath.mnorm(power, 1) < mpmath.mpf(10) ** (-mpmath.mp.dps - 5):
            return [[total[i, j] / time_step for j in range(size)] for i in range(size)]
    raise ArithmeticError("one step is not close to the identity")
