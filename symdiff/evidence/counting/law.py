"""Exact answers of walk counting, as frozen values that say how they were found and how they were checked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from symdiff.errors import UsageError
from symdiff.evidence.counting.decimal_text import about, exact_text
from symdiff.evidence.counting.folded_law import FoldedCounts
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.places import position, state_position, step_number
from symdiff.evidence.counting.product_law import ProductCounts
from symdiff.evidence.counting.steps import Site, StateSteps, Vector, WalkSteps, Weight


@dataclass(frozen=True, repr=False)
class EndpointLaw:
    """Where the walks of n steps end, exactly.

    ``numerators[site] / denominator`` is the number of walks from ``start`` to ``site`` (with fractional weights:
    the sum of their weights); sites that no walk reaches are absent. Sites are in lattice units; with internal
    states the name of the state follows the coordinates. ``checked_by`` says what was compared, and nothing else was.
    """

    n: int
    start: Site
    states: tuple[str, ...]
    numerators: Mapping[Site, int] = field(hash=False)
    denominator: int
    weighted: bool
    method: str
    checked_by: tuple[str, ...] = ()
    numerator_total: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.numerators, HeldCounts):
            object.__setattr__(self, "numerator_total", self.numerators.total)
            return
        if not isinstance(self.numerators, MappingProxyType):
            object.__setattr__(self, "numerators", MappingProxyType(dict(self.numerators)))
        object.__setattr__(self, "numerator_total", sum(self.numerators.values()))

    @property
    def dimension(self) -> int:
        return len(self.start) - bool(self.states)

    @property
    def total(self) -> Weight:
        """The number (with fractional weights: the summed weight) of all walks of n steps."""
        return self._exact(self.numerator_total)

    @property
    def counts(self) -> Mapping[Site, Weight]:
        """Site -> number of walks (with fractional weights: a Fraction, built anew on each call)."""
        if self.denominator == 1 and not self.weighted:
            return self.numerators
        return MappingProxyType({site: self._exact(value) for site, value in self.numerators.items()})

    def walks(self, site: object) -> Weight:
        """The number of walks that end at a site, 0 where none does; without a state, the sum over all states.

        Raises :class:`UsageError` for a site of the wrong dimension or an unknown state.
        """
        return self._exact(self._numerator(site))

    def probability(self, site: object) -> Fraction:
        """walks(site) / total: every walk counts by its weight, also where weights do not sum to one.

        Raises :class:`UsageError` where no walk of n steps exists.
        """
        if not self.numerator_total:
            raise UsageError(
                f"no walk of {self.n} steps exists, so there are no probabilities", instead="a smaller number of steps"
            )
        return Fraction(self._numerator(site), self.numerator_total)

    def moments(self, order: int) -> dict[Vector, Fraction]:
        """The raw moments E[r_1^a_1 r_2^a_2 ...] of the displacement r = end - start, for all |a| = order.

        Keys are the exponents (a_1, a_2, ...); lattice units. Raises :class:`UsageError` where no walk exists.
        """
        if not self.numerator_total:
            raise UsageError(
                f"no walk of {self.n} steps exists, so there are no moments", instead="a smaller number of steps"
            )
        origin = self.start[: self.dimension]
        found = {}
        for powers in exponents(self.dimension, step_number(order, "the order of the moments")):
            axes = [(i, origin[i], power) for i, power in enumerate(powers) if power]
            weighted_sum = 0
            if isinstance(self.numerators, (FoldedCounts, ProductCounts)):
                weighted_sum = self.numerators.moment(powers)
            else:
                for site, count in self.numerators.items():
                    for i, zero, power in axes:
                        count *= (site[i] - zero) ** power  # type: ignore[operator]
                    weighted_sum += count
            found[powers] = Fraction(weighted_sum, self.numerator_total)
        return found

    def items(self) -> Iterator[tuple[Site, Weight]]:
        """(site, number of walks) in sorted order: by coordinates, then by state in its declared order."""
        number = {name: i for i, name in enumerate(self.states)}
        pairs = sorted(
            self.numerators.items(), key=lambda pair: (*pair[0][:-1], number[str(pair[0][-1])]) if number else pair[0]
        )
        for site, value in pairs:
            yield site, self._exact(value)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``count``: numbers as strings, ``weight`` for ``walks`` where weights are fractions."""
        key = "weight" if self.weighted else "walks"
        counts = [
            {"site": list(site), key: exact_text(count), "probability": exact_text(self.probability(site))}
            for site, count in self.items()
        ]
        return {
            "n": self.n,
            "total": exact_text(self.total),
            "counts": counts,
            "method": self.method,
            "checked_by": "; ".join(self.checked_by),
        }

    def __repr__(self) -> str:
        return (
            f"EndpointLaw(n={self.n}, start={self.start}, sites={self._sites()}, total={short(self.total)}, "
            f"method={self.method!r}, checked_by={self.checked_by!r})"
        )

    def _sites(self) -> str:
        return "not unpacked" if isinstance(self.numerators, HeldCounts) else str(len(self.numerators))

    def _exact(self, numerator: int) -> Weight:
        return Fraction(numerator, self.denominator) if self.weighted else numerator

    def _numerator(self, site: object) -> int:
        if site is None:
            raise UsageError("no site is given", instead="a site, such as " + str(self.start))
        if not self.states:
            return self.numerators.get(position(site, self.dimension), 0)
        entries = tuple(site) if isinstance(site, (tuple, list)) else (site,)
        if not any(isinstance(entry, str) for entry in entries):
            coordinates = position(site, self.dimension)
            return sum(self.numerators.get((*coordinates, name), 0) for name in self.states)
        where, state = state_position(site, self.states, self.dimension)
        return self.numerators.get((*where, self.states[state]), 0)


@dataclass(frozen=True, repr=False)
class SiteCount:
    """The exact number of walks of n steps from ``start`` to ``site``; where it is zero, ``why`` says the reason."""

    n: int
    start: Site
    site: Site
    count: Weight
    total: Weight
    method: str
    checked_by: tuple[str, ...] = ()
    why: str | None = None

    @property
    def probability(self) -> Fraction:
        """count / total; raises :class:`UsageError` where no walk of n steps exists."""
        if not self.total:
            raise UsageError(
                f"no walk of {self.n} steps exists, so there are no probabilities", instead="a smaller number of steps"
            )
        return Fraction(self.count) / Fraction(self.total)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``count`` with one site; ``why`` is added where the count is zero."""
        key = "weight" if isinstance(self.total, Fraction) else "walks"
        chance = exact_text(self.probability) if self.total else None
        row = {"site": list(self.site), key: exact_text(self.count), "probability": chance}
        reason = {} if self.why is None else {"why": self.why}
        return {
            "n": self.n,
            "total": exact_text(self.total),
            "counts": [row | reason],
            "method": self.method,
            "checked_by": "; ".join(self.checked_by),
        }

    def __repr__(self) -> str:
        return (
            f"SiteCount(n={self.n}, start={self.start}, site={self.site}, count={short(self.count)}, "
            f"method={self.method!r}, checked_by={self.checked_by!r}, why={self.why!r})"
        )


@dataclass(frozen=True, repr=False)
class WalkSequence:
    """Exact numbers of walks of 0, 1, ..., n steps of one kind: ``values[m]`` belongs to m steps.

    ``end`` is None where the walk may end anywhere.
    """

    start: Site
    end: Site | None
    values: tuple[Weight, ...]
    method: str
    checked_by: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """The largest number of steps."""
        return len(self.values) - 1

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``count --sequence``: all of 0..n, exact numbers as strings."""
        return {
            "n": self.n,
            "sequence": [exact_text(value) for value in self.values],
            "method": self.method,
            "checked_by": "; ".join(self.checked_by),
        }

    def __repr__(self) -> str:
        return (
            f"WalkSequence(n={self.n}, start={self.start}, end={self.end}, last={short(self.values[-1])}, "
            f"method={self.method!r}, checked_by={self.checked_by!r})"
        )


def weight_of(numerator: int, steps: WalkSteps, n: int) -> Weight:
    """A numerator over denominator^n, as a number of walks or, with fractional weights, a Fraction."""
    return Fraction(numerator, steps.denominator**n) if steps.weighted else numerator


def weight_of_walled(numerator: Weight, denominator: int, n: int, weighted: bool) -> Weight:
    """A numerator over denominator^n, as a number of walks or, where weights may be fractions, a Fraction."""
    return Fraction(numerator) / denominator**n if weighted else numerator


def states_of(steps: WalkSteps) -> tuple[str, ...]:
    """The names of the states that sites carry; none for plain steps or one nameless state."""
    return steps.states if isinstance(steps, StateSteps) and steps.states != ("",) else ()


def short(value: Weight) -> str:
    """A number for a one-line display, which must not fail however long it is."""
    if isinstance(value, Fraction):
        small = value.numerator.bit_length() < 200 and value.denominator.bit_length() < 200
        return str(value) if small else f"{about(value.numerator)}/{about(value.denominator)}"
    return str(value) if value.bit_length() < 200 else about(value)


def exponents(dimension: int, order: int) -> Iterator[Vector]:
    """All vectors of non-negative integers with a given sum."""
    for chosen in itertools.combinations_with_replacement(range(dimension), order):
        yield tuple(chosen.count(i) for i in range(dimension))
