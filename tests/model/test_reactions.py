"""Rules of reactions: arrows as in print and both ways against the same reactions written one by one."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.errors import ModelError

PARTS = {"parameters": {"k": "positive", "l": "positive", "V": "positive"}, "coordinates": ["A", "B"], "system_size": "V", "scaled": ["a", "b"]}  # fmt: skip
APART = [{"rule": "2 A -> B", "rate": "k/V"}, {"rule": "B -> 2 A", "rate": "l"}]


@pytest.mark.parametrize("rule", ["2 A <-> B", "2 A <=> B", "2A ⇌ B", "2 A⇄B", "A + A ↔ B"])
def test_a_rule_both_ways_vs_two_rules(rule: str) -> None:
    together = sd.JumpModel(**PARTS, reactions=[{"rule": rule, "rate": "k/V", "reverse_rate": "l"}])
    pairs = [
        [(j.displacement, j.intensity) for j in m.jumps] for m in (together, sd.JumpModel(**PARTS, reactions=APART))
    ]
    assert pairs[0] == pairs[1]


@pytest.mark.parametrize(("entry", "message"), [
    ({"rule": "A <-> B", "rate": "k"}, "no rate of the way back"),
    ({"rule": "A -> B", "rate": "k", "reverse_rate": "l"}, "a reverse without"),
    ({"rule": "A <- B", "rate": "k"}, "points backwards"),
    ({"rule": "A -> B -> A", "rate": "k"}, "is no rule"),
    ({"consumes": [{"state": "A", "displacement": ["1", "0"]}], "produces": ["B"], "rate": "k"}, "have no place"),
])  # fmt: skip
def test_rules_that_say_too_little_or_too_much(entry: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message) as refused:
        sd.JumpModel(**PARTS, reactions=[entry])
    assert refused.value.where.startswith("[[reactions]] 1")
