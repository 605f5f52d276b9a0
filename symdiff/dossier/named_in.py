"""Whether a parameter stands in the rules of a model, or only where places, averages and claims are spoken of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import sympy as sp

from symdiff.model.jump_model import JumpModel

APART = ("parameters", "values", "scope", "claims", "observables", "preparation")  # keys that are no rules


def named_in_rules(symbol: sp.Symbol, model: JumpModel, apart: tuple[str, ...] = APART) -> bool:
    """Whether a symbol stands anywhere in a model but under the keys ``apart``."""

    def holds(value: object) -> bool:
        if isinstance(value, sp.Basic):
            return symbol in value.free_symbols
        if isinstance(value, Mapping):
            return any(holds(v) for pair in value.items() for v in pair)
        if isinstance(value, list | tuple | set | frozenset):
            return any(map(holds, value))
        return is_dataclass(value) and any(holds(getattr(value, f.name)) for f in fields(value))

    return any(holds(getattr(model, name)) for name in JumpModel.__dataclass_fields__ if name not in apart)
