"""Which entries of the gallery a loop visits: a few of every topic in the quick suite, all of them in the slow one."""

from __future__ import annotations

from typing import Any

import pytest

from symdiff.dossier.gallery import gallery_names

QUICK = frozenset({  # the chapter's own entries, and one or two of each further topic
    "biased_walk", "central_limit", "continuous_time_diffusion", "discrete_time_diffusion", "gaussian_propagator", "harmonic_trap",
    "levy_flight", "mean_squared_displacement", "persistent_walk", "square_walk_three_steps", "walk_in_potential",
})  # fmt: skip


def entries_with_slow_ones(quick: frozenset[str] = QUICK) -> list[Any]:
    """All names, those outside ``quick`` marked slow."""
    return [n if n in quick else pytest.param(n, marks=pytest.mark.slow) for n in gallery_names()]
