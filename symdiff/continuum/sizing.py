"""How large a derivation becomes, before it starts."""

from __future__ import annotations

from math import comb

from sympy.core.function import AppliedUndef
from sympy.functions.combinatorial.numbers import partition

from symdiff.errors import ResourceError
from symdiff.model.jump_model import JumpModel

MAX_TERMS = 2_000_000
BEYOND = 2  # orders that are worked out to name what was discarded


def derivation_terms(model: JumpModel, order: int | None) -> int:
    """An estimate of the number of terms: derivatives up to the order, for every pair of states.

    C(n + d, d) derivatives of order n at most in d dimensions; where coefficients depend on place, times the number of
    products of their derivatives of n derivatives in all (partitions of n).
    """
    n, d = (2 if order is None else max(order, 0)) + BEYOND, model.dimension
    pairs = len(model.state_names) ** 2
    places = set(model.coordinate_symbols)
    shown = [e for j in model.jumps for e in (j.intensity, *j.displacement, *j.direction)]
    varying = any(e.free_symbols & places or e.atoms(AppliedUndef) for e in shown)
    return pairs * comb(n + d, d) * (int(partition(n)) if varying else 1)


def require_size(model: JumpModel, order: int | None, most: int | None) -> None:
    """Raise :class:`ResourceError` for a derivation of more than ``most`` terms, before it starts."""
    terms, limit = derivation_terms(model, order), MAX_TERMS if most is None else most
    if terms > limit:
        raise ResourceError(f"the derivation would have about {terms} terms, more than {limit}", where="--max-terms",
                            instead="ask for a lower --order, or raise --max-terms")  # fmt: skip
