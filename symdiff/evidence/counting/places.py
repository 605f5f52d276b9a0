"""Numbers of steps and sites as the user gives them: checked, with errors that contain the fix."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.errors import UsageError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.steps import Site, Vector, as_integer


def step_number(n: object, what: str = "the number of steps") -> int:
    """n as an integer >= 0; raises :class:`UsageError` otherwise."""
    if type(n) is int and n >= 0:
        return n
    number = as_integer(n)
    if number is None:
        raise UsageError(f"{what} is {n!r}, which is not an integer", instead="an integer such as 3")
    if number < 0:
        raise UsageError(
            f"{what} is {about(number)}, and a walk cannot have a negative number of steps",
            instead="an integer from 0 on",
        )
    return number


def position(site: object, dimension: int, what: str = "the site") -> Vector:
    """A site as a tuple of integers, the origin for None; a bare integer will do in one dimension.

    Raises :class:`UsageError` for a wrong dimension or coordinates that are not integers.
    """
    if site is None:
        return (0,) * dimension
    entries = site if isinstance(site, Sequence) and not isinstance(site, str) else (site,)
    if len(entries) != dimension:
        raise UsageError(
            f"{what} {site!r} has {len(entries)} coordinates, the steps have {dimension}",
            instead=f"{dimension} integers, such as {(1, *(0,) * (dimension - 1))}",
        )
    found = [as_integer(entry) for entry in entries]
    if any(entry is None for entry in found):
        raise UsageError(
            f"{what} {site!r} is not made of integers", instead="lattice units: the numbers of steps along each axis"
        )
    return tuple(entry for entry in found if entry is not None)


def state_position(site: object, states: Sequence[str], dimension: int, what: str = "the site") -> tuple[Vector, int]:
    """A site with its state, ``(1, 2, "A")``, as coordinates and the number of the state.

    None is the origin, and a missing state the only one there is. Raises :class:`UsageError`.
    """
    entries = (
        tuple(site) if isinstance(site, Sequence) and not isinstance(site, str) else (() if site is None else (site,))
    )
    names = [entry for entry in entries if isinstance(entry, str)]
    if len(names) > 1 or (names and entries[-1] != names[0]):
        raise UsageError(
            f"{what} {site!r} does not end in one state", instead=f'coordinates, then the state: (1, 0, "{states[0]}")'
        )
    if not names and len(states) > 1:
        raise UsageError(
            f"{what} {site!r} does not say in which state",
            instead=f'the state after the coordinates, such as "{states[0]}"',
        )
    name = names[0] if names else states[0]
    if name not in states:
        raise UsageError(
            f"{what} {site!r} names a state that the steps do not have", instead="one of " + ", ".join(states)
        )
    coordinates = tuple(entry for entry in entries if not isinstance(entry, str))
    return position(coordinates or None, dimension, what), list(states).index(name)


def full_site(coordinates: Vector, state: int, states: Sequence[str]) -> Site:
    """Coordinates and the number of a state as a site; one nameless state is left out."""
    return coordinates if tuple(states) == ("",) else (*coordinates, states[state])
