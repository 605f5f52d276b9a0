"""The walls of a model along one coordinate, and which of them a target names."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.errors import DerivationError, NotYetError, UsageError
from symdiff.model.boundary import Boundary, Region
from symdiff.model.jump_model import JumpModel, ObservableStatement, make_model

COMPARISONS = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class Wall:
    """A wall at one ``place``; with ``strict`` the place itself is outside."""

    place: sp.Expr
    strict: bool
    boundary: Boundary

    @property
    def absorbs(self) -> bool:
        """Whether walkers can leave there."""
        return self.boundary.kind in ("absorbing", "partial")

    @property
    def absorbs_all(self) -> bool:
        """Whether every jump across it is the last."""
        return self.boundary.kind == "absorbing"


@dataclass(frozen=True)
class Interval:
    """The walls of one coordinate, by its number; a side without a wall is open."""

    axis: int
    low: Wall | None
    high: Wall | None

    @property
    def periodic(self) -> bool:
        """Whether the two ends are one site."""
        return self.low is not None and self.low.boundary.kind == "periodic"


def curved(model: JumpModel) -> bool:
    """Whether a wall is no plane."""
    x = model.coordinate_symbols
    return any(sp.diff(s.gap, c, d) != 0 for b in model.boundaries for s in b.domain for c in x for d in x)


def intervals(model: JumpModel) -> list[Interval]:
    """One interval per coordinate that has walls; raises :class:`NotYetError` for curved or oblique ones."""
    found: dict[int, list[Wall | None]] = {}
    for boundary in model.boundaries:
        for side in boundary.domain:
            axis, place, below = _plane(model, side.gap)
            pair = found.setdefault(axis, [None, None])
            wall = Wall(place, side.strict, boundary)
            pair[0 if below else 1] = _inner(pair[0 if below else 1], wall, below)
    return [Interval(axis, pair[0], pair[1]) for axis, pair in sorted(found.items())]


def _plane(model: JumpModel, gap: sp.Expr) -> tuple[int, sp.Expr, bool]:
    """(coordinate, place, whether walkers are above it) of gap > 0."""
    x = model.coordinate_symbols
    involved = [i for i, c in enumerate(x) if gap.has(c)]
    if len(involved) != 1 or not gap.is_polynomial(x[involved[0]]) or sp.degree(gap, x[involved[0]]) != 1:
        raise NotYetError(f"the wall {gap} = 0 is no plane across one coordinate")
    axis = involved[0]
    slope = sp.expand(gap).coeff(x[axis], 1)
    place = sp.expand(-sp.expand(gap).coeff(x[axis], 0) / slope)
    if slope.is_positive is None and slope.is_negative is None:
        raise NotYetError(f"on which side of the wall {gap} = 0 walkers are depends on the sign of {slope}")
    return axis, place, bool(slope.is_positive)


def _inner(old: Wall | None, new: Wall, below: bool) -> Wall:
    """Of two walls on one side the one that is met first."""
    if old is None:
        return new
    gap = sp.expand(new.place - old.place)
    if gap == 0:
        raise UsageError(f"two boundaries stand at {new.place}", where="boundaries", instead="state one of them")
    if gap.is_positive is None:
        raise NotYetError(f"which of the walls at {old.place} and {new.place} comes first is not known")
    return new if bool(gap.is_positive) == below else old


def exit_interval(model: JumpModel, target: Region | None) -> Interval:
    """The one coordinate across which walkers leave, with at least one absorbing wall.

    Where no boundary absorbs a ``target`` such as x >= L is taken as the absorbing region itself. Raises where walkers never leave.
    """
    if not absorbs(model) and target is not None:
        end = _open_to(model, target)
        held = next(
            (i for i in intervals(model) if i.axis == end.axis and not i.periodic), Interval(end.axis, None, None)
        )
        return Interval(end.axis, end.low or held.low, end.high or held.high)
    with_exit = [i for i in intervals(model) if any(w is not None and w.absorbs for w in (i.low, i.high))]
    if not with_exit:
        raise DerivationError("walkers never leave: no boundary absorbs", where="boundaries",
                              instead='write [[boundaries]] with domain = "0 < x < L" and kind = "absorbing", or a target')  # fmt: skip
    if len(with_exit) > 1:
        raise NotYetError(
            "exits across several coordinates have no closed form here", instead="give numbers for the size"
        )
    return with_exit[0]


def check_start(model: JumpModel) -> None:
    """Raises where walkers certainly start beyond a wall."""
    start = dict(zip(model.coordinate_symbols, model.preparation.position, strict=True))
    for boundary in model.boundaries:
        if any(sp.expand(side.gap.xreplace(start)).is_negative for side in boundary.domain):
            place = ", ".join(map(str, model.preparation.position))
            raise DerivationError(f"the walkers start at ({place}), outside of the walls '{boundary.as_text()}'", where="initial",
                                  instead="state a place between the walls")  # fmt: skip


def absorbs(model: JumpModel) -> bool:
    """Whether walkers can leave through a boundary."""
    return any(b.kind in ("absorbing", "partial") for b in model.boundaries)


def opened(model: JumpModel, statement: ObservableStatement) -> tuple[JumpModel, ObservableStatement]:
    """The model with an absorbing wall where a curved target such as x**2 + y**2 >= R**2 begins, if no boundary absorbs.

    The statement then counts every exit. Anything else is given back as it is: targets beyond a plane are read by ``exit_interval``.
    """
    target = statement.target
    if target is None or absorbs(model) or len(target.signs) != 1 or target.signs[0] not in COMPARISONS:
        return model, statement
    left, right = target.members
    inside = right - left if target.signs[0][0] == ">" else left - right  # the complement of the target
    if all(sp.diff(inside, c, d) == 0 for c in model.coordinate_symbols for d in model.coordinate_symbols):
        return model, statement
    wall = Boundary((inside, sp.Integer(0)), (">" if "=" in target.signs[0] else ">=",), "absorbing")
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    open_model = make_model(fields | {"boundaries": (*model.boundaries, wall)})
    return open_model, statement if statement.kind == "splitting_probability" else replace(statement, target=None)


def _open_to(model: JumpModel, target: Region) -> Interval:
    if len(target.signs) != 1 or target.signs[0] not in COMPARISONS:
        raise NotYetError(f"the target '{target.as_text()}' is no half-space", instead='write "x >= L" or "x <= 0"')
    left, right = target.members
    inside = right - left if target.signs[0][0] == ">" else left - right  # the complement of the target
    axis, place, below = _plane(model, inside)
    strict = "=" in target.signs[0]
    signs = (">",) if strict else (">=",)
    wall = Wall(place, strict, Boundary((inside, sp.Integer(0)), signs, "absorbing"))
    return Interval(axis, wall, None) if below else Interval(axis, None, wall)


def counted_sides(model: JumpModel, interval: Interval, target: Region | None) -> tuple[bool, bool]:
    """Whether exits through the low and the high wall count."""
    low, high = (w is not None and w.absorbs for w in (interval.low, interval.high))
    if target is None or not absorbs(model):
        return low, high
    x = model.coordinate_symbols[interval.axis]
    if len(target.signs) != 1:
        raise NotYetError(f"the target '{target.as_text()}' is no half-space", instead='write "x >= L" or "x <= 0"')
    left, right = target.members
    if target.signs[0] in ("=", "=="):
        place = sp.expand(right - left + x) if (left - right).coeff(x) == 1 else sp.expand(left - right + x)
        hits = [w is not None and sp.expand(w.place - place) == 0 for w in (interval.low, interval.high)]
    else:
        gap = right - left if target.signs[0][0] == "<" else left - right
        _, _, upward = _plane(model, gap)
        hits = [not upward, upward]
    result = (low and hits[0], high and hits[1])
    if not any(result):
        raise UsageError(f"no exit lies in the target '{target.as_text()}'", where="target",
                         instead="name the side of an absorbing boundary")  # fmt: skip
    return result


def check_other_walls(model: JumpModel, generator: Backward, interval: Interval) -> None:
    """Walls along other coordinates change nothing if they only hold walkers back and the motion across is independent."""
    others = [i for i in intervals(model) if i.axis != interval.axis and not i.periodic] if model.boundaries else []
    x = model.coordinate_symbols
    slow = [c for i, c in enumerate(x) if i != interval.axis]
    if any(m.rate.has(*slow) for m in generator.moves) or any(c.coefficient.has(*slow) for c in generator.local):
        raise NotYetError("the rates depend on the other coordinates: the exit does not reduce to one coordinate",
                          instead="give numbers for the size")  # fmt: skip
    for other in others:
        for move in generator.moves:
            if move.step[interval.axis] != 0 and move.step[other.axis] != 0:
                raise NotYetError(
                    "jumps across and along the walls at once: the exit does not reduce to one coordinate"
                )
        if any(term.order[interval.axis] and term.order[other.axis] for term in generator.local):
            raise NotYetError("motion across and along the walls is correlated, and walls hold it back along them: the exit does not reduce to "
                              "one coordinate", instead="leave the other walls out, or give coordinates along which the motion is independent")  # fmt: skip
