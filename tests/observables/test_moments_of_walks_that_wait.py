"""Exact moments of walks that wait against the law of the number of jumps, written out for each law of the waits.

Gamma waits of shape m: N(t) = floor(M(t)/m) with a Poisson process M of rate 1/scale, since each wait is m exponential stages.
"""

from __future__ import annotations

import math

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.observables.moments import lattice_moment

WALK = """
title = "waits"
[parameters]
p = "probability"
[model]
coordinates = ["x"]
[waiting_time]
{law}
[[jumps]]
displacement = "2"
probability = "p"
[[jumps]]
distribution = "laplace"
scale = "1"
probability = "1 - p"
"""
P, T = sp.Rational(1, 3), sp.Rational(17, 10)
STEP = [1, 2 * P, 4 * P + 2 * (1 - P), 8 * P, 16 * P + 24 * (1 - P)]  # raw moments of a step: 2, or Laplace of scale 1


def after(jumps: int, order: int) -> sp.Rational:
    """E[x^order] after so many jumps, by convolution."""
    found = [sp.Integer(1)] + [sp.Integer(0)] * order
    for _ in range(jumps):
        found = [sum(math.comb(k, j) * found[k - j] * STEP[j] for j in range(k + 1)) for k in range(order + 1)]
    return found[order]


def stages(m: int) -> list[mpmath.mpf]:
    """The chances of 0, 1, 2, ... jumps until T of waits of m stages of mean 1/2 each."""
    poisson = [mpmath.exp(-2 * mpmath.mpf(T)) * (2 * mpmath.mpf(T)) ** j / mpmath.factorial(j) for j in range(30 * m)]
    return [mpmath.fsum(poisson[n * m : (n + 1) * m]) for n in range(30)]


CASES = [
    ('distribution = "exponential"\nmean = "1/2"', stages(1)),
    ('distribution = "gamma"\nshape = "2"\nscale = "1/2"', stages(2)),
    ('distribution = "gamma"\nshape = "3"\nscale = "1/2"', stages(3)),
    ('laplace_transform = "1/(1 + s/2)**2"', stages(2)),
]


@pytest.mark.parametrize(("law", "chances"), CASES, ids=range(len(CASES)))
def test_moments_vs_the_number_of_jumps(law: str, chances: list[mpmath.mpf]) -> None:
    model = sd.loads(WALK.format(law=law))
    x, p = model.coordinate_symbols[0], model.parameters[0].symbol
    for order in (1, 2, 4):
        value = lattice_moment(model, x**order)
        assert value is not None
        exact = mpmath.mpf(sp.re(sp.N(value.subs({p: P, model.time: T}), 30)))
        expected = mpmath.fsum(chance * mpmath.mpf(after(n, order)) for n, chance in enumerate(chances))
        assert abs(exact - expected) < mpmath.mpf(10) ** -12 * expected
        assert abs(exact - (1 + 1e-6) * expected) > mpmath.mpf(10) ** -12 * expected  # negative control


def test_mittag_leffler_waits_vs_the_mean_number_of_jumps() -> None:
    heavy = sd.loads(WALK.format(law='distribution = "mittag_leffler"\nindex = "1/2"\nscale = "3"'))
    x = heavy.coordinate_symbols[0]
    value = lattice_moment(heavy, x)
    assert value is not None
    p, t = heavy.parameters[0].symbol, heavy.time
    assert (
        sp.simplify(value - 2 * p * sp.sqrt(t / 3) / sp.gamma(sp.Rational(3, 2))) == 0
    )  # E[N] = (t/t0)^a/Gamma(1 + a)


def test_waits_without_a_rational_transform_have_no_exact_moment_here() -> None:
    model = sd.loads(WALK.format(law='distribution = "uniform"\nlow = "1"\nhigh = "2"'))
    assert lattice_moment(model, model.coordinate_symbols[0]) is None
