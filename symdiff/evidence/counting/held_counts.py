"""Laws that are held as they were computed; single counts are taken out when they are asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.steps import Site, Vector


class HeldCounts(Mapping[Site, int]):
    """Site -> count, zero counts left out; what holds them gives the count at a displacement, and all pairs in turn.

    ``reading``: a check of what is read, made before a single site is (with None) and with all sites once they are unpacked.
    """

    start: Vector
    reading: Callable[[Any, Mapping[Site, int] | None], None] | None = None

    @abstractmethod
    def count_at(self, displacement: Vector) -> int:
        """The number of walks that end at a displacement from the start."""

    @abstractmethod
    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count) of all sites, never all at once."""

    @property
    @abstractmethod
    def total(self) -> int:
        """The sum of all counts."""

    def require_table(self) -> None:
        """Refuse where a dictionary of all sites would not fit."""

    def __getitem__(self, site: Site) -> int:
        if self.reading is not None and "unpacked" not in self.__dict__:
            self.reading(self, None)
        if "unpacked" in self.__dict__:
            return self.unpacked[site]
        count = 0
        if isinstance(site, tuple) and len(site) == len(self.start) and not any(isinstance(c, str) for c in site):
            count = self.count_at(plus(site, self.start, -1))  # type: ignore[arg-type]
        if not count:
            raise KeyError(site)
        return count

    def __iter__(self) -> Iterator[Site]:
        return iter(self.unpacked)

    def __len__(self) -> int:
        return len(self.unpacked)

    @cached_property
    def unpacked(self) -> dict[Site, int]:
        """The law as a dictionary; made when all of it is asked for, and kept. Refused where it would not fit."""
        self.require_table()
        found = dict(self.pairs())
        if self.reading is not None:
            self.reading(self, found)
        return found
