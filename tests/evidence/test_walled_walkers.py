"""Numbers of walkers between walls, after one step from the site next to a wall: shares counted by hand, and not the wrong ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import NotYetError
from symdiff.evidence.simulation.walled import WalledOccupation

MANY = 10**12


def shares(wall: dict[str, str], *, start: float = 0.0, steps: int = 1, **more: object) -> dict[float, float]:
    """The share of the walkers on every site after some steps of the symmetric walk; that of the dead under NaN's stand-in, -99."""
    walk = sd.JumpModel(title="walled", model={"coordinates": ["x"], "time_step": "1", **more},
                        jumps=[{"displacements": ["1", "-1"], "probability": "1/2"}], boundaries=[wall])  # fmt: skip
    crowd = WalledOccupation(walk, {}, {}, (start,), (1.0,), steps, "key", 1).chunk(0, MANY)
    numbers = zip(np.nan_to_num(crowd.positions[:, 0], nan=-99.0).tolist(), crowd.counts[0].tolist(), strict=True)
    return {place: n / MANY for place, n in numbers if n}


def same(found: dict[float, float], exact: dict[float, float]) -> bool:
    return found.keys() == exact.keys() and all(
        abs(found[x] - p) <= 6 * math.sqrt(max(p * (1 - p), 0.0) / MANY) for x, p in exact.items()
    )


@pytest.mark.parametrize(("wall", "start", "exact"), [
    ({"domain": "x >= 0", "kind": "absorbing"}, 0.0, {1.0: 1 / 2, -99.0: 1 / 2}),
    ({"domain": "x >= 0", "kind": "reflecting"}, 0.0, {1.0: 1 / 2, 0.0: 1 / 2}),
    ({"domain": "x >= 0", "kind": "reflecting", "rejected": "mirror"}, 0.0, {1.0: 1.0}),
    ({"domain": "x > 0", "kind": "reflecting"}, 1.0, {2.0: 1 / 2, 1.0: 1 / 2}),
    ({"domain": "x > 0", "kind": "reflecting", "rejected": "mirror"}, 0.5, {1.5: 1 / 2, 0.5: 1 / 2}),
    ({"domain": "x >= 0", "kind": "partial", "probability": "1/4"}, 0.0, {1.0: 1 / 2, 0.0: 3 / 8, -99.0: 1 / 8}),
    ({"domain": "x >= 0", "kind": "partial", "probability": "1/4", "rejected": "mirror"}, 0.0, {1.0: 7 / 8, -99.0: 1 / 8}),
    ({"domain": "-1 < x < 1", "kind": "absorbing"}, 0.0, {-99.0: 1.0}),
])  # fmt: skip
def test_one_step_at_a_wall(wall: dict[str, str], start: float, exact: dict[float, float]) -> None:
    found = shares(wall, start=start)
    assert same(found, exact)
    assert not same(found, {x + 1: p for x, p in exact.items()})
    bent = {x: p * (1 + 1e-4 * (-1) ** n) for n, (x, p) in enumerate(exact.items())}
    assert not same(found, bent)


def test_ruin_after_some_steps() -> None:
    """From 1 the walk is at 0 after 1, 3, 5 steps with 1/2, 1/8, 1/16: Feller, An Introduction to Probability, vol. 1, III.4."""
    found = shares({"domain": "x > 0", "kind": "absorbing"}, start=1.0, steps=5)
    assert abs(found[-99.0] - 11 / 16) < 6 / math.sqrt(MANY)
    assert abs(found[-99.0] - 10 / 16) > 6 / math.sqrt(MANY)


def test_walls_that_are_not_simulated_say_so() -> None:
    with pytest.raises(NotYetError, match="periodic"):
        shares({"domain": "0 <= x < 5", "kind": "periodic"})
