"""Long integers: those of python-flint where it is installed, Python's own elsewhere; the numbers are the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def fast_integer() -> Any:
    """The type of integers whose long products and quotients are fastest here."""
    try:
        from flint import fmpz
    except ImportError:
        return int
    return fmpz
