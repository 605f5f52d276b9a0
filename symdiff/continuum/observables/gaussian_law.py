"""The stationary law of linear motion with constant noise, exactly: a Gaussian with the mean and the variance of its averages.

Handled are one place and any continuous internal states (Ornstein–Uhlenbeck velocities, coloured noise in a trap): all drifts
linear in all of them together, all diffusivities constant. Source: Gardiner, Handbook of Stochastic Methods, section 4.4.6
(from memory).
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.observables.averages import average
from symdiff.continuum.observables.backward import Backward


def gaussian_law(generator: Backward) -> sp.Expr | None:
    """The density of the one place of a linear process; None for other processes and where averages settle to nothing."""
    if (
        len(generator.coordinates) != 1 + len(generator.internal)
        or len(generator.states) != 1
        or generator.moves
        or generator.resets
        or generator.step is not None
    ):
        return None
    everything = generator.coordinates
    for term in generator.local:
        order = sum(term.order)
        degree = (
            sp.Poly(term.coefficient, *everything).total_degree() if term.coefficient.is_polynomial(*everything) else 9
        )
        if not 1 <= order <= 2 or degree > 2 - order:
            return None
    x = generator.coordinates[0]
    mean, second = (average(generator, f, (sp.S.Zero,), [sp.S.One]).stationary() for f in (x, x**2))
    if mean is None or second is None:
        return None
    variance = sp.factor(second - mean**2)
    if not variance.is_positive:
        return None
    return sp.exp(-((x - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
