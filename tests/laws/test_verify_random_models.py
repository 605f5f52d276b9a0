"""Random models with their own derived equations: the cross-check never rejects them."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

import symdiff as sd

PLACES = ("D(x)", "D(x + r/2)", "D(x + r)")


def random_model(generator: random.Random) -> sd.JumpModel:
    """A walk in one or two dimensions with up to five jumps, up to three states, perhaps rates that depend on place."""
    dimension, states = generator.choice((1, 1, 2)), generator.choice((1, 1, 2, 3))
    discrete = generator.random() < 0.5
    place = dimension == 1 and states == 1 and generator.random() < 0.4
    names = ["A", "B", "C"][:states] if states > 1 else []
    jumps = []
    for state in names or [None]:
        for _ in range(generator.randint(2, 4)):
            steps = [generator.randint(-2, 2) for _ in range(dimension)]
            if not any(steps):
                steps[0] = 1
            weight = Fraction(generator.randint(1, 9), 60)
            jump: dict[str, object] = {"displacement": [f"{s}*h" for s in steps]}
            jump["probability" if discrete else "rate"] = (
                f"{weight}*{generator.choice(PLACES)}" if place else f"{weight}"
            )
            if state:
                jump["from"] = state
            jumps.append(jump)
        if state:
            following = names[(names.index(state) + 1) % states]
            jumps.append({"from": state, "to": following, "displacement": ["0"] * dimension,
                          "probability" if discrete else "rate": f"{generator.randint(1, 9)}/40"})  # fmt: skip
    document: dict[str, object] = {
        "parameters": {"h": "positive", "tau": "positive"}, "jumps": jumps,
        "model": {"coordinates": ["x", "y"][:dimension], **({"states": names} if names else {})},
    }  # fmt: skip
    if place:
        document["functions"] = {"D": ["x"]}
    if discrete:
        document["time_step"] = "tau"
    return sd.JumpModel(**document)


def check(seeds: range) -> None:
    tested = 0
    for seed in seeds:
        model = random_model(random.Random(seed))
        try:
            evidence = sd.verify(model, tier="exact")
        except sd.SymdiffError:  # no derivation, or no tier: a refusal with a reason
            continue
        for result in evidence.tiers:
            assert result.passed is not False, (seed, result.regime, result.why)
        tested += 1
    assert tested > len(seeds) // 2


@pytest.mark.slow
def test_no_false_alarm_of_the_exact_tier() -> None:
    check(range(12))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_no_false_alarm_of_the_exact_tier_in_many_models() -> None:
    check(range(1000, 1015))  # tests/benchmarks/false_alarms.py: ten thousand


@pytest.mark.slow
def test_no_false_alarm_of_the_other_tiers() -> None:
    for seed in range(3):
        model = random_model(random.Random(seed))
        for tier in ("pde", "simulation"):
            try:
                evidence = sd.verify(model, tier=tier, budget=1, seed=seed)
            except sd.SymdiffError:
                continue
            assert evidence.passed is not False, (seed, tier, [r.why for r in evidence.tiers])
