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


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            {"jumps": [{"displacement": ["-1", "0"], "rate": "k*V"}]},
            "1 of A is taken away at the rate V*k where none is left",
        ),
        (
            {"jumps": [{"displacement": ["0", "-2"], "rate": "k*B"}]},
            "2 of B are taken away at the rate k where only 1 is left",
        ),
        (
            {"jumps": [{"displacement": ["-1", "1"], "rate": "k*B"}]},
            "1 of A is taken away at the rate B*k where none is left",
        ),
        ({"reactions": [{"rule": "A -> 0", "rate": "k/A"}]}, "1 of A is taken away at the rate k where none is left"),
    ],
)
def test_what_is_not_there_cannot_be_taken_away(entries: dict[str, object], said: str) -> None:
    with pytest.raises(ModelError) as refused:
        sd.JumpModel(**PARTS, **entries)
    assert said in refused.value.message
    assert "[[" in refused.value.where


def test_rates_that_vanish_in_time_and_walls_are_no_reason_to_refuse() -> None:
    jumps = [
        {"displacement": ["-2", "0"], "rate": "k*A*(A - 1)/(A + V)"},
        {"displacement": ["0", "-1"], "rate": "k*(1 - exp(-B))"},
    ]
    assert sd.JumpModel(**PARTS, jumps=jumps).jumps
    wall = [{"domain": "A >= 0", "kind": "reflecting"}]
    assert sd.JumpModel(**PARTS, jumps=[{"displacement": ["-1", "0"], "rate": "k*V"}], boundaries=wall).boundaries
