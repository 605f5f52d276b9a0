"""Averages at late times of walks whose waits have no second moment, where the equation of the body has others.

After n jumps E[f] is sum_m c_m binomial(n, m), and the transform of E[binomial(N(t), m)] is (1/s) q^m, q = psi/(1 - psi); from
equilibrium q^(m - 1)/(s^2 T). With 1 - psi = T s + B s^g + ..., 1 < g < 2, that is by the Tauberian theorem

    E[binomial(N, m)] = t^m/(m! T^m) - m' B t^(m + 1 - g)/(T^(m + 1) Gamma(m + 2 - g)) + ...,     m' = m (m - 1 from equilibrium)

and with c s^2 log(1/s) in place of the second term - m' c t^(m - 1) log(t/T)/(T^(m + 1) (m - 1)!). Where the mean diverges like A log(1/s)
the first term stands alone, with T = A log(t/A).
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.observables.renewal import after_jumps
from symdiff.continuum.observables.result import Found
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.waiting import WaitingLaw


def slow_waits(model: JumpModel) -> WaitingLaw | None:
    """The one law of all waits where its mean diverges like a logarithm, or its second moment is infinite; else None."""
    laws = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    if len(laws) != 1 or model.motions or model.internals:
        return None
    (law,) = laws
    if law.tail is None or (law.mean_is_infinite and not law.tail.logarithmic):
        return None
    return law if law.mean_is_infinite or law.side_of(2) in (-1, 0) else None


def late_average(model: JumpModel, law: WaitingLaw, function: sp.Expr, kind: str) -> Found:
    """E[f], or the variance of a coordinate, at leading order for late times."""
    tail, t = law.tail, model.time
    assert tail is not None
    choices = after_jumps(model, function)
    if kind == "variance":
        return Found(_variance(model, law, function, choices), (_NOTE,))
    if kind != "moment":
        raise NotYetError("walks beside waits without a second moment have no stationary averages")
    highest = max((m for m, c in enumerate(choices) if c != 0), default=0)
    rate = 1 / (tail.coefficient * sp.log(t / tail.coefficient)) if law.mean_is_infinite else 1 / law.moment(1)
    return Found(
        choices[highest] * (rate * t) ** highest / sp.factorial(highest) if choices else sp.Integer(0), (_NOTE,)
    )


_NOTE = "late times: the leading power of t"


def _variance(model: JumpModel, law: WaitingLaw, function: sp.Expr, once: list[sp.Expr]) -> sp.Expr:
    """Of x: the number of jumps varies more than the jumps do, where these have a mean."""
    tail, t = law.tail, model.time
    assert tail is not None
    if function not in model.coordinate_symbols:
        raise NotYetError("beside waits without a second moment the variance is handled for single coordinates")
    mean = once[1] if len(once) > 1 else sp.Integer(0)
    if mean == 0:
        return late_average(model, law, function**2, "moment").value
    if law.mean_is_infinite:
        raise NotYetError("the variance of a drift beside waits whose mean diverges like a logarithm is a term that is left out: of "
                          "relative order 1/log t", instead="ask for the moments")  # fmt: skip
    ready = 1 if model.first_wait == "equilibrium" else 0
    one, g = law.moment(1), tail.index
    if tail.logarithmic:  # of N(N - 1) + N less the square of the mean; what is left out is of order t
        value = -2 * ((2 - ready) - (1 - ready)) * tail.coefficient * t * sp.log(t / one) / one**3
        return sp.factor(mean**2) * value
    size = -2 * (2 - ready) / sp.gamma(4 - g) + 2 * (1 - ready) / sp.gamma(3 - g)
    value = sp.gammasimp(size * sp.gamma(4 - g)) * tail.coefficient / sp.gamma(4 - g)
    return sp.factor(mean**2) * sp.gammasimp(value) * t ** (3 - g) / one**3
