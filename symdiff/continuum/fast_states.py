"""The fast states of a model: which of them a regime eliminates, and what is said where that cannot be done.

A part of the graded operator that is faster than the regime's time and only switches states relaxes at once; it is eliminated,
and what is left is looked at again, until nothing faster is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.elimination import WHOLE, Extent, Reduction, eliminate
from symdiff.algebra.graded import GradedSeries, Power, power
from symdiff.algebra.null_space import Classes, SpectralSplit, split_slow
from symdiff.algebra.operators import Matrix, OperatorAlgebra, lowest_power, part
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel

if TYPE_CHECKING:
    from symdiff.continuum.modes import Modes


def eliminate_fast(
    model: JumpModel, prepared: PreparedRegime, matrix: Matrix, algebra: OperatorAlgebra, step_power: Power,
    modes: Modes | None = None, extent: Extent = WHOLE,
) -> tuple[Matrix, tuple[Reduction, ...], Classes]:  # fmt: skip
    """Eliminate while the lowest part is faster than the regime's time and only switches states."""
    found: list[Reduction] = []
    slow: Classes = tuple((i,) for i in range(len(model.state_names)))
    width = 1 if modes is None else modes.size
    groups: Classes = tuple(tuple(range(i * width, (i + 1) * width)) for i in range(len(slow)))
    torn: set[int] = set()
    threshold = 1 if prepared.is_long_wave else power(prepared.time_power) + step_power
    where = f"regime '{prepared.regime.name}'"
    if modes is not None and modes.is_ball:
        split, base = modes.between_walls()
        if base < threshold and base <= lowest_power(matrix):
            matrix, growth = _apart(matrix, base, algebra.ring, where)
            found.append(eliminate(matrix, algebra, split, base, extent))
            matrix = algebra.add(found[0].reduced, [[growth]])
    while len(matrix) > 1 and lowest_power(matrix) < threshold:
        lowest = lowest_power(matrix)
        fast = part(matrix, lowest, algebra.ring)
        dimension = algebra.ring.dimension
        if any(any(m[:dimension]) for row in fast for x in row for m in x.itermonoms()):
            break
        switching = any(x for i, row in enumerate(fast) for j, x in enumerate(row) if i != j)
        if not switching and (modes is None or found):
            break  # nothing switches: every density has its own growth or decay
        births = any(len(r.produces) > 1 for r in model.crowd.reactions)
        if births and modes is None and _alike(fast, algebra.ring):
            break  # what one class bears into another piles up there: neither is faster
        try:
            split = _split(fast, algebra.ring, groups, modes if not found else None, births)
        except SymdiffError as error:
            raise error.located(where) from None
        reduction = eliminate(matrix, algebra, split, extent=extent)
        groups = tuple((i,) for i in range(len(reduction.reduced)))
        found.append(reduction)
        matrix = reduction.reduced
        torn = {i for s in split.split_transients for i in slow[s]} if len(matrix) > 1 else set()
        slow = tuple(tuple(sorted(i for s in basin for i in slow[s])) for basin in split.basins)
    if modes is not None and (not found or len(matrix) > len(model.state_names)):
        names = ", ".join(v.name for v in model.internals)
        raise DerivationError(
            f"the continuous internal state {names} is not fast in this regime: its moments obey an infinite hierarchy, and no "
            "closed equation of finite order exists", where=where,
            instead="make its own motion or renewal fast against the motion in space, or look at long waves")  # fmt: skip
    if torn and len(closed_classes(model)) > 1:
        names = ", ".join(model.state_names[i] for i in sorted(torn))
        raise DerivationError(
            f"the transient state {names} leads into several closed classes of states, "
            f"{' and '.join(_class_name(model, c) for c in slow)}: how it is shared out between them is no matter of slow densities",
            where=where, instead="let the classes turn into each other, or start from one of them")  # fmt: skip
    return matrix, tuple(found), slow


def _apart(matrix: Matrix, base: Power, ring: DifferentialRing, where: str) -> tuple[Matrix, GradedSeries]:
    """Growth or death as fast as the motion between walls set apart: one rate everywhere, which commutes with all else."""
    fast = part(matrix, base, ring)
    rate = fast[0][0]
    if any(
        x != (rate if i == j else ring.zero) for i, row in enumerate(fast) for j, x in enumerate(row)
    ) or ring.varies(rate):
        raise NotYetError(
            "growth or death that differs between places of an internal state, as fast as its motion, is not handled yet",
            where=where, instead="make it slow in [scaling], or the same everywhere")  # fmt: skip
    rest = [[GradedSeries({g: c for g, c in x.terms.items() if g != base}, x.order) for x in row] for row in matrix]
    return rest, GradedSeries({base: rate} if rate else {})


def _split(
    fast: list[list[PolyElement]], ring: DifferentialRing, groups: Classes, modes: Modes | None, births: bool
) -> SpectralSplit:
    """The split of the fast part; that of continuous internal states must leave low moments among themselves."""
    if modes is None:
        return split_slow(fast, ring, groups, births=births)
    require_closed(fast, modes)
    return split_slow(fast, ring, groups)


def _alike(fast: list[list[PolyElement]], ring: DifferentialRing) -> bool:
    """Whether states lead to each other one way only, and all of them grow or die at one rate."""
    size = len(fast)
    if any(not ring.is_zero(fast[i][i] - fast[0][0]) for i in range(1, size)):
        return False
    left = set(range(size))
    while left:
        ends = {j for j in left if not any(fast[i][j] for i in left if i != j)}
        if not ends:
            return False
        left -= ends
    return True


def require_closed(fast: list[list[PolyElement]], modes: Modes, where: str = "") -> None:
    """Raise where the fast part leads from a moment to higher ones."""
    weights = [modes.weight(label) for label in modes.labels]
    for a, row in enumerate(fast):
        for b, x in enumerate(row):
            if x and weights[b % modes.size] > weights[a % modes.size]:
                raise NotYetError(
                    "the fast motion of the internal state couples its moments to ever higher ones", where=where,
                    instead="handled: linear drift, diffusion and renewal at rates that do not depend on it at leading order; "
                            "where they do, make that part small in [scaling]")  # fmt: skip


def closed_classes(model: JumpModel) -> Classes:
    """The classes of states that turn into each other and into nothing else, over all time scales."""
    size = len(model.state_names)
    reach = [[i == j for j in range(size)] for i in range(size)]  # reach[j][i]: from j to i
    for i, j, jump in model.transitions():
        if jump.intensity != 0:
            reach[j][i] = True
    for k in range(size):
        for j in range(size):
            if reach[j][k]:
                reach[j] = [a or b for a, b in zip(reach[j], reach[k], strict=True)]
    classes = {tuple(i for i in range(size) if reach[j][i] and reach[i][j]) for j in range(size)}
    return tuple(sorted(c for c in classes if all(i in c for i in range(size) if reach[c[0]][i])))


def _class_name(model: JumpModel, states: tuple[int, ...]) -> str:
    return "{" + ", ".join(model.state_names[i] for i in states) + "}"
