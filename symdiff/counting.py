"""Exact walk counting for any step set, without a model file: the functions that ``symdiff count`` calls, and more.

>>> from symdiff import counting
>>> square = counting.StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
>>> counting.count(square, 4, (0, 0)).count
36
>>> counting.endpoint_law(square, 3).probability((1, 2))
Fraction(3, 64)

Steps are integer vectors with exact positive weights; ``symbolic_steps`` and ``weight_polynomial`` take symbols. ``walls`` are half-spaces, strips, slabs, orthants, cones, boxes:
``counting.WalledSteps(square, counting.orthant(2))`` walks in the quadrant. ``steps_of`` takes the steps of a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symdiff.errors import UsageError
from symdiff.evidence.counting import (
    EndpointLaw,
    SiteCount,
    StateSteps,
    StepSet,
    Transition,
    WalkSequence,
    any_end_sequence,
    any_end_total,
    dynamic_programming_law,
    endpoint_law,
    exact_text,
    first_passage,
    first_return,
    non_reversing_law,
    self_avoiding_law,
    self_avoiding_sequence,
    sequence,
    state_endpoint_law,
    why_unreachable,
)
from symdiff.evidence.counting.any_length import AnyLength, any_length
from symdiff.evidence.counting.anywhere import site_anywhere
from symdiff.evidence.counting.asymptotics import expansion
from symdiff.evidence.counting.finite_recurrence import FiniteRecurrence
from symdiff.evidence.counting.fitted_asymptotics import FittedExpansion, fitted_expansion
from symdiff.evidence.counting.half_line import HalfLineRecurrence
from symdiff.evidence.counting.local_limit import LocalLimit, displacement_moments, local_limit
from symdiff.evidence.counting.recurrence import Recurrence, recurrence
from symdiff.evidence.counting.recurrence_text import differential_latex, recurrence_latex
from symdiff.evidence.counting.sampling import SampledWalks, sample_walks
from symdiff.evidence.counting.single_site import best_site_count
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES
from symdiff.evidence.counting.state_recurrence import StateRecurrence
from symdiff.evidence.counting.terrain import (
    ABSORBING,
    MIRROR,
    STAY,
    Terrain,
    Walk,
    WalledSteps,
    box,
    half_space,
    orthant,
)
from symdiff.evidence.counting.visits import VisitsLaw, distinct_sites, never_returned, visits_law
from symdiff.evidence.counting.walled import walled_first_visit, walled_law, walled_sequence
from symdiff.evidence.counting.weight_symbols import PackedSteps, WeightPolynomial, symbolic_steps, weight_polynomial

if TYPE_CHECKING:
    from symdiff.model.jump_model import JumpModel

__all__ = [
    "ABSORBING",
    "MIRROR",
    "STAY",
    "AnyLength",
    "EndpointLaw",
    "FiniteRecurrence",
    "FittedExpansion",
    "HalfLineRecurrence",
    "LocalLimit",
    "PackedSteps",
    "Recurrence",
    "SampledWalks",
    "SiteCount",
    "StateRecurrence",
    "StateSteps",
    "StepSet",
    "Terrain",
    "Transition",
    "VisitsLaw",
    "WalkSequence",
    "WalledSteps",
    "WeightPolynomial",
    "any_end_sequence",
    "any_end_total",
    "any_length",
    "box",
    "count",
    "differential_latex",
    "displacement_moments",
    "distinct_sites",
    "dynamic_programming_law",
    "endpoint_law",
    "exact_text",
    "expansion",
    "first_passage",
    "first_return",
    "fitted_expansion",
    "half_space",
    "local_limit",
    "never_returned",
    "non_reversing_law",
    "orthant",
    "recurrence",
    "recurrence_latex",
    "sample_walks",
    "self_avoiding_law",
    "self_avoiding_sequence",
    "sequence",
    "state_endpoint_law",
    "steps_of",
    "symbolic_steps",
    "visits_law",
    "walled_first_visit",
    "walled_law",
    "walled_sequence",
    "weight_polynomial",
    "why_unreachable",
]


def count(steps: Walk, n: int, site: Any, start: Any = None, *, max_bytes: int = DEFAULT_MAX_BYTES) -> SiteCount:
    """The number of walks of n steps to one site, by the cheapest way that applies: free, with states, between walls.

    With internal states ``start`` names one, (0, 0, "A"), and ``site`` may: without one, all are summed. An impossible site is
    answered 0, and ``why`` says the reason. Raises :class:`UsageError` for bad input, :class:`ResourceError` where it would not fit.
    """
    if isinstance(steps, StepSet):
        return best_site_count(steps, n, site, start, max_bytes=max_bytes)
    return site_anywhere(steps, n, start, tuple(site) if isinstance(site, (tuple, list)) else (site,))


def steps_of(model: JumpModel, values: Mapping[str, Any] | None = None, *, chances: bool = False) -> Walk:
    """The steps of a model on its lattice, with its walls: what all functions here take.

    ``chances``: weighted with the probabilities of the steps, rests included, instead of one for each walk. Raises
    :class:`UsageError` where the model fixes no probabilities, and as ``symdiff count`` does where it has no lattice.
    """
    from symdiff.dossier.counts import model_values  # loaded when used: step sets alone need no SymPy
    from symdiff.dossier.lattice_steps import lattice_steps
    from symdiff.dossier.settings import Settings
    from symdiff.model.substitution import read_settings

    given = read_settings(model, [f"{name}={value}" for name, value in (values or {}).items()])
    found = lattice_steps(model, model_values(model, Settings(tuple(given.items()))))
    if found.symbolic_weights:
        raise UsageError("the weights of the steps are symbols", instead="give their values")
    if not chances:
        return found.walks
    if found.chances is None:
        raise UsageError(
            f"the steps have no probabilities: {found.why_no_chances}", instead="the steps themselves, or values"
        )
    return found.chances
