"""Non-analytic terms of the transform of a step law."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp


@dataclass(frozen=True)
class Singular:
    """A non-analytic term of E[e^(ikr)] for k > 0: (``even`` + i ``odd``) k**``exponent`` log(k)**``logs``."""

    exponent: sp.Expr
    even: sp.Expr
    odd: sp.Expr = sp.S.Zero
    logs: int = 0


def power_tail(index: sp.Expr, amplitude: sp.Expr) -> Singular:
    """What a density with the symmetric tail A abs(r)**(-1 - index) adds to the transform.

    - A pi/(sin(pi index/2) Gamma(1 + index)) abs(k)**index; for index 2 the limit of this beside the divergent second
    moment, A k^2 log(k).
    """
    if index == 2:
        return Singular(index, amplitude, logs=1)
    return Singular(index, -amplitude * sp.pi / (sp.sin(sp.pi * index / 2) * sp.gamma(1 + index)))
