"""What a diffusion approximation of a population misses: conserved numbers, absorbing states, the exponent of rare events."""

from __future__ import annotations

import itertools
import math

import sympy as sp

from symdiff.continuum.limit import RareEvents
from symdiff.model.jump_model import Jump, JumpModel

LARGEST_NUMBER = 3  # up to which the values of one number are looked at as absorbing ones
MOST_ZERO = 3  # numbers that vanish in an absorbing state
MOST_COMBINED = 4  # conserved numbers among which those without negative parts are looked for


def conserved_numbers(model: JumpModel) -> tuple[sp.Expr, ...]:
    """Sums of the numbers, with whole coefficients, that no jump changes; none where a jump follows a law."""
    return tuple(sp.Add(*(c * n for c, n in zip(v, model.coordinate_symbols, strict=True))) for v in _conserved(model))


def _conserved(model: JumpModel) -> list[tuple[int, ...]]:
    """A basis of the left null space of the stoichiometry, of vectors without negative entries where there is one."""
    if any(j.law is not None or not all(r.is_Integer for r in j.displacement) for j in model.jumps) or not model.jumps:
        return []
    basis = []
    for vector in sp.Matrix([list(j.displacement) for j in model.jumps]).nullspace():
        scale = sp.ilcm(1, *(c.q for c in vector))
        basis.append(tuple(int(c * scale) for c in vector))
    chosen: list[tuple[int, ...]] = []
    if len(basis) <= MOST_COMBINED:
        for weights in itertools.product(range(-2, 3), repeat=len(basis)):
            combined = tuple(sum(w * v[i] for w, v in zip(weights, basis, strict=True)) for i in range(model.dimension))
            if any(combined) and min(combined) >= 0 and math.gcd(*combined) == 1:
                chosen.append(combined)
    chosen.sort(key=lambda v: (sum(map(bool, v)), sum(v)))
    found: list[tuple[int, ...]] = []
    for vector in (*chosen, *basis):
        if len(found) < len(basis) and sp.Matrix([*found, vector]).rank() > len(found):
            found.append(vector)
    return found


def absorbing_states(model: JumpModel) -> tuple[str, ...]:
    """States that no jump leaves: where some numbers are zero, and of one number also the next ones and the system size."""
    n = model.coordinate_symbols
    if any(j.law is not None or not j.intensity.is_rational_function() for j in model.jumps):
        return ()
    kept = [{c for c, m in zip(n, v, strict=True) if m} for v in _conserved(model) if min(v) >= 0]
    found: list[dict[sp.Symbol, sp.Expr]] = []
    subsets = (s for k in range(1, min(len(n), MOST_ZERO) + 1) for s in itertools.combinations(n, k))
    for place in [*(dict.fromkeys(s, sp.Integer(0)) for s in subsets), *_further(model)]:
        minimal = not any(set(f) <= set(place) and len(n) > 1 for f in found)
        reached = not any(k <= set(place) for k in kept)
        if minimal and reached and all(sp.cancel(j.intensity.xreplace(place)) == 0 for j in model.jumps):
            found.append(place)
    return tuple(", ".join(f"{c} = {v}" for c, v in place.items()) for place in found)


def _further(model: JumpModel) -> list[dict[sp.Symbol, sp.Expr]]:
    if model.dimension > 1 or model.population is None:
        return []
    return [
        {model.coordinate_symbols[0]: v}
        for v in (*map(sp.Integer, range(1, LARGEST_NUMBER + 1)), model.population.system_size)
    ]


def rare_events(scaled: JumpModel, size: sp.Symbol, drift: sp.Expr, noise: sp.Expr) -> RareEvents | None:
    """The slope of Phi in the stationary or quasi-stationary law e^(-V Phi(x)), of the jumps and of the diffusion approximation.

    The jumps have sum_r w_r(x) (z^r - 1) = 0 with z = e^(Phi'), z != 1 away from the points where the drift vanishes;
    the diffusion approximation Phi' = - 2 v/B. None for several numbers and where z has no closed form.
    """
    if scaled.dimension != 1 or any(j.law is not None for j in scaled.jumps):
        return None
    z = sp.Dummy("z", positive=True)
    rates: dict[int, sp.Expr] = {}
    for jump in scaled.jumps:
        step, rate = sp.cancel(jump.displacement[0] * size), _leading(jump, size)
        if not step.is_Integer or rate is None:
            return None
        rates[int(step)] = rates.get(int(step), sp.Integer(0)) + rate
    lowest = min(rates)
    if not lowest < 0 < max(rates):
        return None
    total = sp.Add(*(w * (z ** (r - lowest) - z ** (-lowest)) for r, w in rates.items()))
    rest = sp.Poly(sp.cancel(total / (z - 1)), z)
    slope = _positive_root(rest)
    return None if slope is None else RareEvents(sp.log(slope), sp.factor(-2 * drift / noise))


def _leading(jump: Jump, size: sp.Symbol) -> sp.Expr | None:
    """w(V x)/V for large V."""
    u = sp.Dummy("u", positive=True)
    if not jump.intensity.is_rational_function():
        return None
    rate = sp.cancel(jump.intensity.xreplace({size: 1 / u}) * u)
    bottom = sp.denom(rate).xreplace({u: sp.Integer(0)})
    return None if sp.expand(bottom) == 0 else sp.numer(rate).xreplace({u: sp.Integer(0)}) / bottom


def _positive_root(polynomial: sp.Poly) -> sp.Expr | None:
    if polynomial.degree() == 1:
        slope, constant = polynomial.all_coeffs()
        return sp.factor(-constant / slope)
    if polynomial.degree() == 2:  # the product of the roots is negative: w_+ > 0 and the other weights are subtracted
        a, b, c = (sp.factor(v) for v in polynomial.all_coeffs())
        return (sp.sqrt(sp.expand(b**2 - 4 * a * c)) - b) / (2 * a)
    return None
