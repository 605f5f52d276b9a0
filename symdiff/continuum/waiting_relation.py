"""The relation R(k, s) = 0 of a semi-Markov walk: the matrix of one wait and one jump, its fast states eliminated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.elimination import Reduction, eliminate
from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import GradedSeries, Power
from symdiff.algebra.null_space import split_slow
from symdiff.algebra.operators import Matrix, OperatorAlgebra, lowest_power, part
from symdiff.continuum.generator import jump_contribution, motion_series, register_small
from symdiff.continuum.regimes import PreparedRegime
from symdiff.continuum.waiting_series import LaplaceVariable, psi_series
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.motion import Motion
from symdiff.model.waiting import WaitingLaw

if TYPE_CHECKING:
    from symdiff.continuum.modes import Modes


@dataclass(frozen=True)
class Relation:
    """R(k, s) with what led to it; ``variable`` is the symbol of s."""

    series: GradedSeries
    variable: LaplaceVariable
    algebra: OperatorAlgebra
    reductions: tuple[Reduction, ...]


def is_separable(model: JumpModel) -> bool:
    """Whether all waits share one law, nobody moves meanwhile, and nothing is remembered."""
    return (
        not model.internals
        and len({model.wait_before(j, jump) for _, j, jump in model.transitions()}) == 1
        and not model.motions
    )


def build_relation(
    model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: Power, grade: Power
) -> Relation:
    """R(k, s) known below eps**order, with s of the power ``grade``."""
    expansion = Expansion(ring, prepared.grading)
    register_small(prepared, ring)
    variable = LaplaceVariable(ring, grade)
    matrix = wait_and_jump(model, prepared, expansion, order, variable.series)
    size = len(matrix)
    modes = None
    if model.internals:
        matrix, modes = _with_turns(model, prepared, ring, order, matrix)
        size = len(matrix)
    for i in range(size):
        matrix[i][i] = matrix[i][i] - GradedSeries({0: ring.one})
    known = min(order, *(x.order for row in matrix for x in row))
    matrix = [[x.mapped(ring.tidy).truncated(known) for x in row] for row in matrix]
    if any(ring.varies(c) for row in matrix for x in row for c in x.terms.values()):
        raise NotYetError("waits that differ between jumps, in a model that depends on place, are not handled yet",
                          instead="give all jumps one waiting time, or make the probabilities constant")  # fmt: skip
    algebra = OperatorAlgebra(ring, known, True)
    reductions = []
    while len(matrix) > 1:
        if lowest_power(matrix) > 0 or _moves(part(matrix, 0, ring), ring):
            raise NotYetError(f"{len(matrix)} densities are conserved separately while walkers wait and jump; this is not "
                              "handled yet", where=f"regime '{prepared.regime.name}'")  # fmt: skip
        reduction = eliminate(matrix, algebra, split_slow(part(matrix, 0, ring), ring))
        if len(reduction.split.left) == len(matrix):
            break
        reductions.append(reduction)
        matrix = reduction.reduced
    if modes is not None:
        matrix = modes.cut(matrix)
    return Relation(matrix[0][0], variable, algebra, tuple(reductions))


def wait_and_jump(
    model: JumpModel, prepared: PreparedRegime, expansion: Expansion, order: Power, time: GradedSeries
) -> Matrix:
    """M(k, s) with the series ``time`` for s: at s = 0 what walkers cover, whatever their clocks say."""
    size = len(model.state_names)
    matrix: Matrix = [[GradedSeries({}) for _ in range(size)] for _ in range(size)]
    known_psi: dict[tuple[WaitingLaw, Motion | None], GradedSeries] = {}
    for i, j, jump in model.transitions():
        law = model.wait_before(j, jump)
        motion = model.motion_of(j)
        if (law, motion) not in known_psi:
            argument = time
            if motion is not None:  # e^(-st) of a walker that moves on meanwhile is e^(-(s - L)t)
                argument = argument - motion_series(motion, prepared, expansion, order)
            none = GradedSeries({0: expansion.ring.one})
            known_psi[law, motion] = psi_series(law, argument, prepared, expansion, order) if argument.terms else none
        matrix[i][j] = matrix[i][j] + jump_contribution(jump, prepared, expansion, order)[0] * known_psi[law, motion]
    return matrix


def _with_turns(
    model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: Power, plain: Matrix
) -> tuple[Matrix, Modes]:
    """One wait and jump over the moments of the continuous internal states, which are drawn afresh at every jump."""
    from symdiff.continuum.internal import reach_of  # loaded when used: start-up time
    from symdiff.continuum.modes import Modes

    modes = Modes(model, prepared, ring, order, reach_of(model, prepared, ring, order, plain))
    names, width = [v.name for v in model.internals], modes.size
    whole: Matrix = [[GradedSeries({}) for _ in range(len(plain) * width)] for _ in range(len(plain) * width)]
    for i, row in enumerate(plain):
        for j, x in enumerate(row):
            for a, line in enumerate(modes.renewed(names, modes.lift(x))):
                for b, entry in enumerate(line):
                    if (
                        entry.terms
                        and not entry.valuation
                        and modes.weight(modes.labels[b]) > modes.weight(modes.labels[a])
                    ):
                        raise NotYetError(
                            "turns that depend on the direction itself are not handled beside waits yet",
                            where="internal",
                        )
                    whole[i * width + a][j * width + b] = entry
    return whole, modes


def check_internals(model: JumpModel) -> None:
    """Refuse internal states beside waits whose meaning is not built."""
    for v in model.internals:
        if v.domain != "direction":
            raise NotYetError(
                f"the internal state '{v.name}' is no direction; beside waits only directions are handled yet",
                where="internal",
            )
        if v.moves:
            raise NotYetError(f"'{v.name}' moves while the walker waits, which is not handled yet", where="internal",
                              instead="exponential waits are rates: write rate = ... in [[internal]] and leave the waits out")  # fmt: skip
        if v.rate is not None:
            raise DerivationError(f"beside waits '{v.name}' is renewed at every jump, not at a rate", where="internal.rate",
                                  instead="leave rate out")  # fmt: skip
    for jump in model.jumps:
        if jump.redraw and set(jump.redraw) != {v.name for v in model.internals}:
            raise NotYetError("beside waits every jump renews all internal states; 'redraw' of some of them is not handled yet",
                              where=jump.label, instead="leave redraw out")  # fmt: skip
    inside = {s for v in model.internals for s in v.symbols}
    if any(m.diffusivity and any(d.free_symbols & inside for row in m.diffusivity for d in row) for m in model.motions):
        raise NotYetError("a diffusivity that depends on the direction is not handled beside waits yet", where="states")


def _moves(fast: object, ring: DifferentialRing) -> bool:
    dimension = ring.dimension
    return any(any(m[:dimension]) for row in fast for x in row for m in x.itermonoms())  # type: ignore[attr-defined]
