"""The scene of walkers on a line of sites: every transition as a table over the sites, beside the equation's solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

FRAMES = 40
STEPS = 120  # of the walk at the last frame (events per walker in continuous time)


class Move(NamedTuple):
    """A transition from state ``source`` to ``target`` (-1: death) by so many sites, or to the site ``at``; a weight per site."""

    source: int
    target: int
    sites: int
    weights: FloatArray
    at: int | None = None


@dataclass(frozen=True)
class Scene:
    """The rules (of the first coordinate) on sites ``low + spacing*j``, 0 <= j < sites, and the solution on ``grid`` at ``times``.

    Walkers begin at the site ``start``. ``step`` is the time step, or None in continuous time, where weights are rates.
    ``solution`` may end before the last time, or be empty. ``counted``: the sites are numbers of a population.
    """

    regime: str
    spacing: float
    low: float
    sites: int
    start: int
    states: tuple[str, ...]
    shares: tuple[float, ...]
    step: float | None
    moves: tuple[Move, ...]
    grid: tuple[float, ...]
    times: tuple[float, ...]
    solution: tuple[tuple[float, ...], ...]
    note: str
    counted: bool = False

    def document(self) -> dict[str, Any]:
        """The scene as plain JSON."""
        return {
            "kind": "numbers" if self.counted else "walkers", "regime": self.regime, "spacing": self.spacing, "low": self.low,
            "sites": self.sites, "start": self.start, "states": list(self.states), "shares": list(self.shares), "step": self.step,
            "moves": [{"from": m.source, "to": m.target, "sites": m.sites, "at": m.at, "weights": _weights(m.weights)} for m in self.moves],
            "grid": list(self.grid), "times": list(self.times), "solution": [list(s) for s in self.solution], "note": self.note,
        }  # fmt: skip


def _weights(weights: FloatArray) -> list[float]:
    found = [float(f"{w:.6g}") for w in weights]
    return found if len(set(found)) > 1 else found[:1]


def short(values: FloatArray) -> tuple[float, ...]:
    """The numbers with five digits, which a picture needs."""
    return tuple(float(f"{v:.5g}") for v in values)


def spacing_of(model: JumpModel, values: dict[sp.Symbol, float]) -> float:
    """The distance of sites along the first coordinate; raises :class:`NotYetError` where there is no regular line of sites."""
    lengths = set()
    for jump in model.jumps:
        if jump.destination is not None:
            continue
        if jump.displacement[0].free_symbols & set(model.coordinate_symbols):
            raise NotYetError("jumps whose length depends on place visit no regular line of sites")
        length = abs(float(evaluate(jump.displacement[0], values, array_arithmetic())))
        if length > 0:
            lengths.add(float(f"{length:.12g}"))
    if not lengths:
        raise UsageError("nothing moves")
    gap = min(lengths)
    for divisor in range(1, 9):
        if all(abs(n / (gap / divisor) - round(n / (gap / divisor))) < 1e-6 for n in lengths):
            return gap / divisor
    raise NotYetError("the jumps are no multiples of one lattice spacing")


def events_inside(moves: Sequence[Move], start: int, room: int) -> int:
    """How many events are shown: as many as keep walkers from the start within so many sites, where the rules are alike."""
    made = [(float(m.weights[start]), m.sites) for m in moves if m.target >= 0 and m.at is None]
    total = sum(w for w, _ in made) or 1.0
    drift, spread = (sum(w * d**n for w, d in made) / total for n in (1, 2))
    events = STEPS
    while events > 1 and abs(drift) * events + 4.5 * (spread * events) ** 0.5 > room:
        events -= 1
    return events


def sites_of(jump_length: float, spacing: float) -> int:
    """How many sites a jump passes."""
    return int(np.rint(jump_length / spacing))
