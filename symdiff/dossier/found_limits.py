"""Where the regimes lie that no file states: a claim that holds in these alone is wrong in general."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from symdiff.dossier.derivation import Derivation
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.verification.verdict import RegimeVerdict


def told_where_found(regimes: Sequence[RegimeVerdict], derivation: Derivation) -> list[RegimeVerdict]:
    """The verdicts, those of regimes that were found with the limit in which each lies, ``f_2 - f_1 is small``."""
    found = {x.regime.name: x.regime for x in derivation.limits if x.regime.origin == "found"}
    return [
        replace(r, found_where=where_it_lies(found[r.name], derivation.model)) if r.name in found else r
        for r in regimes
    ]


def where_it_lies(regime: ScalingRegime, model: JumpModel) -> str:
    """The parameters that a scaling takes for small and for large, in words; empty where it scales lengths and times alone."""
    own = {p.symbol for p in model.parameters}
    scaled = [(key, power) for key, power in regime.powers if key.free_symbols <= own and key.free_symbols]
    told = []
    for word, names in (
        ("small", [_positive_first(k) for k, n in scaled if n > 0]),
        ("large", [str(k) for k, n in scaled if n < 0]),
    ):
        if names:
            told.append(f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} {word}")
    return ", ".join(told)


def _positive_first(key: sp.Expr) -> str:
    """A small difference with its positive term in front: f_1 - f_2 is as small as -f_1 + f_2."""
    return str(-key if key.is_Add and str(key).startswith("-") else key)
