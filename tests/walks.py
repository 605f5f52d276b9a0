"""Models that several tests use, in the words of the model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import load_file

MODELS = Path(__file__).parent / "data" / "models"


def stored(name: str) -> JumpModel:
    """A model file of tests/data/models."""
    return load_file(MODELS / f"{name}.toml")


def line(
    jumps: dict[str, str], *, time_step: str | None = "tau", functions: tuple[str, ...] = (), **more: Any
) -> JumpModel:
    """A walk in one dimension: displacement -> probability (or rate); every letter is a positive parameter."""
    key = "probability" if time_step else "rate"
    names = more.pop("parameters", {"h": "positive", "tau": "positive"})
    entries = [{"displacement": d, key: w} for d, w in jumps.items()]
    head = {"time_step": time_step} if time_step else {}
    return JumpModel(
        parameters=names, coordinates=["x"], jumps=entries, functions={f: ["x"] for f in functions}, **head, **more
    )


FOLLOWED: dict[str, dict[str, Any]] = {
    "biased": {"model": {"coordinates": ["x"], "time_step": "1"},
               "jumps": [{"displacement": "1", "probability": "0.6"}, {"displacement": "-1", "probability": "0.4"}]},
    "persistent": {"model": {"coordinates": ["x"], "time_step": "1", "states": ["r", "l"]},
                   "jumps": [{"from": a, "to": b, "displacement": r, "probability": "0.7" if a == b else "0.3"}
                             for a in "rl" for b, r in (("r", "1"), ("l", "-1"))]},
    "place": {"model": {"coordinates": ["x"]},
              "jumps": [{"displacement": "1", "rate": "1/(1 + x**2)"}, {"displacement": "-1", "rate": "1 + tanh(x)/2"}]},
    "dying": {"model": {"coordinates": ["x", "y"], "time_step": "1", "survival": "lossy"},
              "jumps": [{"displacement": list(r), "probability": "0.24"} for r in (("1", "0"), ("-1", "0"), ("0", "1"), ("1", "1"))]},
}  # fmt: skip
"""Walks that are followed from site to site, compiled or not."""
