"""Which entries of the gallery a loop visits: the chapter's in the quick suite, a sample in the slow one, all with --exhaustive."""

from __future__ import annotations

from typing import Any

import pytest

from symdiff.dossier.gallery import gallery_names

QUICK = frozenset({  # the chapter's own entries, and one or two of each further topic
    "biased_walk", "central_limit", "continuous_time_diffusion", "discrete_time_diffusion", "gaussian_propagator", "harmonic_trap",
    "levy_flight", "mean_squared_displacement", "persistent_walk", "square_walk_three_steps", "walk_in_potential",
})  # fmt: skip


EVERY = 24  # of the other entries one in so many is in the slow suite


def entries_with_slow_ones(quick: frozenset[str] = QUICK, every: int = EVERY) -> list[Any]:
    """All names: those outside ``quick`` are marked slow (a sample of fixed stride) or exhaustive (the rest)."""
    others = [n for n in gallery_names() if n not in quick]
    sample = set(others[::every])
    marks = {n: pytest.mark.slow if n in sample else pytest.mark.exhaustive for n in others}
    return [pytest.param(n, marks=marks[n]) if n in marks else n for n in gallery_names()]
