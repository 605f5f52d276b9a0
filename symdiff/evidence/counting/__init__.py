"""Exact walk counting: integers and fractions, from the steps alone, each answer with its method and its checks."""

from symdiff.evidence.counting.decimal_text import abridged, decimal_text, exact_text
from symdiff.evidence.counting.dynamic_programming import dynamic_programming_law
from symdiff.evidence.counting.endpoint import count_to, endpoint_law, site_count, why_unreachable
from symdiff.evidence.counting.first_visits import first_passage, first_return
from symdiff.evidence.counting.law import EndpointLaw, SiteCount, WalkSequence
from symdiff.evidence.counting.non_reversing import non_reversing_law
from symdiff.evidence.counting.self_avoiding import self_avoiding_law, self_avoiding_sequence
from symdiff.evidence.counting.sequences import any_end_sequence, any_end_total, sequence
from symdiff.evidence.counting.state_law import state_endpoint_law
from symdiff.evidence.counting.steps import StateSteps, StepSet, Transition

__all__ = [
    "EndpointLaw",
    "SiteCount",
    "StateSteps",
    "StepSet",
    "Transition",
    "WalkSequence",
    "abridged",
    "any_end_sequence",
    "any_end_total",
    "count_to",
    "decimal_text",
    "dynamic_programming_law",
    "endpoint_law",
    "exact_text",
    "first_passage",
    "first_return",
    "non_reversing_law",
    "self_avoiding_law",
    "self_avoiding_sequence",
    "sequence",
    "site_count",
    "state_endpoint_law",
    "why_unreachable",
]
