r"""Master equations with rates for every pair of places, ``\int [W(x|x')P(x') - W(x'|x)P(x)] dx'``: the general jump process.

Of W the equation of second order needs the total rate from a place, and the mean and the variance of the jumps from there; they
become functions of the place left, so that a_1 = w m and a_2 = w (m^2 + s) are the first two jump moments (Kramers, Moyal).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError

_T = sp.Symbol("t")


def general_jumps(equations: Sequence[sp.Basic]) -> tuple[dict[str, Any], list[str]] | None:
    """The document of one density with a kernel of two places, or of a place and a step; None for other formulas.

    Raises :class:`ModelError` where the loss is not that of the gain.
    """
    if len(equations) != 1 or not isinstance(equations[0], sp.Equality):
        return None
    e = equations[0]
    head = e.lhs.expr if isinstance(e.lhs, sp.Derivative) and e.lhs.variables == (_T,) else None
    if not isinstance(head, AppliedUndef) or len(head.args) != 2 or head.args[1] != _T:
        return None
    place = head.args[0]
    terms = [t for part in sp.Add.make_args(sp.expand(e.rhs)) for t in _opened(part, head)]
    if len(terms) != 2 or any(t is None for t in terms):
        return None
    gains = [t for t in terms if t is not None and t[0] == 1 and t[2] != place]
    losses = [t for t in terms if t is not None and t[0] == -1 and t[2] == place]
    if len(gains) != 1 or len(losses) != 1 or gains[0][1].func != losses[0][1].func:
        return None
    (_, gain, origin, variable), (_, loss, _, other) = gains[0], losses[0]
    if not gain.has(place) or (sp.expand(origin - variable).is_number and len({place, variable} & set(gain.args)) < 2):
        return None
    loss = loss.func(*(a.xreplace({other: variable}) for a in loss.args))
    if not _matches(gain, loss, origin, place, variable):
        raise ModelError(
            f"the loss {loss} is not that of the gain {gain}",
            instead="write \\int [W(x|x')P(x',t) - W(x'|x)P(x,t)] dx', with the places exchanged",
        )
    kernel, x = gain.func.__name__, place.name
    taken = {kernel, head.func.__name__, x}
    rate, mean, variance = (next(n for n in (c, f"{c}0", f"{c}1") if n not in taken) for c in ("w", "m", "s2"))
    document = {
        "title": "A model read from LaTeX",
        "parameters": {},
        "functions": {n: [x] for n in (rate, mean, variance)},
        "model": {"coordinates": [x], "density": head.func.__name__},
        "jumps": [
            {
                "rate": f"{rate}({x})",
                "displacement": [f"{mean}({x})"],
                "distribution": "moments",
                "mean": "0",
                "variance": f"{variance}({x})",
            }
        ],
    }
    assumed = [
        f"{rate} is the rate of all jumps from a place: the integral of {kernel} over where they lead",
        f"{mean} and {variance} are the mean and the variance of the jumps from there: the first two jump moments are {rate}*{mean} and {rate}*({mean}**2 + {variance})",
    ]
    return document, assumed


_Term = tuple[int, AppliedUndef, sp.Expr, sp.Symbol]  # sign, kernel, place of the density, variable


def _opened(part: sp.Expr, head: AppliedUndef) -> list[_Term | None]:
    """The terms W P under one integral, also where P stands in front of it."""
    integrals = [f for f in sp.Mul.make_args(part) if isinstance(f, sp.Integral)]
    if len(integrals) != 1 or len(integrals[0].limits) != 1 or integrals[0].limits[0][1:] not in ((), (-sp.oo, sp.oo)):
        return [None]
    front, variable = part / integrals[0], integrals[0].limits[0][0]
    found: list[_Term | None] = []
    for term in sp.Add.make_args(sp.expand(front * integrals[0].function)):
        sign, factors = (1, term) if not term.could_extract_minus_sign() else (-1, -term)
        calls = sp.Mul.make_args(factors)
        densities = [c for c in calls if isinstance(c, AppliedUndef) and c.func == head.func and c.args[-1] == _T]
        kernels = [
            c
            for c in calls
            if isinstance(c, AppliedUndef) and c.func != head.func and len(c.args) == 2 and not c.has(_T)
        ]
        if len(calls) != 2 or len(densities) != 1 or len(kernels) != 1:
            return [None]
        found.append((sign, kernels[0], densities[0].args[0], variable))
    return found


def _matches(gain: AppliedUndef, loss: AppliedUndef, origin: sp.Expr, place: sp.Symbol, variable: sp.Symbol) -> bool:
    """Whether the loss is the rate of the same jumps, from where it stands: places exchanged, or the origin put to the place."""
    if origin == variable:
        swapped = gain.func(*(a.xreplace({place: variable, variable: place}) for a in gain.args))
        return bool(swapped == loss)
    moved = gain.func(*(sp.expand(a.xreplace({place: place + (place - origin)})) for a in gain.args))
    mirrored = moved.func(*(a.xreplace({variable: -variable}) for a in moved.args))
    return loss in (moved, mirrored)
