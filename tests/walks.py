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
