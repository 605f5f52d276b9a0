"""The long-wave regime of a model that writes coordinates out: every such place made a slow function by name.

The long-wave regime reads a coordinate in a rate (``k*x``), and a definition such as ``eps(x)``, as a slowly varying function
of place, each derivative of which counts as small. Once these functions are put in, the equation no longer shows what was
small. So the model is opened (``x`` becomes ``place_x(x)``, definitions lose their bodies), the opened equation is tested along
eps -> 0, and the equation that is shown must be the opened one with the functions put in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.evidence.arrays import FloatArray
from symdiff.model.definitions import composed_definitions
from symdiff.model.jump_model import FunctionDeclaration, Jump, JumpModel, make_model

Number = Any


def place_name(coordinate: str) -> str:
    """The name of the function that stands for a coordinate."""
    return f"place_{coordinate}"


def opened(model: JumpModel) -> JumpModel:
    """The model with coordinates outside of calls as functions, and definitions that speak of no function without bodies."""
    composed = composed_definitions(model.functions)
    x = dict(zip(model.coordinates, model.coordinate_symbols, strict=True))
    marks = {s: sp.Function(place_name(n))(s) for n, s in x.items()}

    def swap(value: sp.Expr) -> sp.Expr:
        calls = {c: sp.Dummy() for c in value.atoms(AppliedUndef)}
        derivatives = {d: sp.Dummy() for d in value.atoms(sp.Derivative)}
        hidden = value.xreplace(derivatives).xreplace(calls).xreplace(marks)
        return hidden.xreplace({v: k for k, v in calls.items()}).xreplace({v: k for k, v in derivatives.items()})

    def jump(j: Jump) -> Jump:
        law = None if j.law is None else j.law.substitute(swap)
        return replace(j, intensity=swap(j.intensity), displacement=tuple(map(swap, j.displacement)), law=law)

    functions = [
        replace(f, body=swap(f.body) if f in composed and f.body is not None else None) for f in model.functions
    ]
    functions += [FunctionDeclaration(place_name(n), (n,)) for n in model.coordinates]
    fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model(
        {
            **fields,
            "jumps": tuple(map(jump, model.jumps)),
            "motions": tuple(m.changed(swap) for m in model.motions),
            "internals": tuple(v.changed(swap) for v in model.internals),
            "functions": tuple(functions),
            "regimes": (),
            "conditions": (),
        }
    )


class Place:
    """The function x -> x."""

    def __call__(self, places: tuple[FloatArray, ...], orders: tuple[int, ...]) -> FloatArray:
        (x,), (n,) = places, orders
        return x if n == 0 else (np.ones_like(x) if n == 1 else np.zeros_like(x))


def smooth_stand_in(e: AppliedUndef, orders: tuple[int, ...]) -> Number:
    """Any smooth function of the model that is left open: the same one on both sides."""
    angle = mpmath.mpf(sum(ord(c) for c in e.func.__name__) % 7) / 3 + sum(orders) * mpmath.pi / 2
    return mpmath.mpf(1) / 3 * mpmath.cos(angle) + (0 if any(orders) else 1)
