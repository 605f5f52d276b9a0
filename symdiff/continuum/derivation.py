"""From a model and a regime to the evolution operator: expand, eliminate fast states, eliminate time derivatives.

The passes, in order: (1) the master operator as a graded series; (2) fast internal states, as long as the part of
lowest grade is faster than the time scale asked for; (3) in discrete time d/dt = log(1 + K)/tau; (4) the split into
what the regime keeps and what it discards. Nothing here prints or builds SymPy expressions for display.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import MAX_ATOMS, DifferentialRing
from symdiff.algebra.elimination import Extent, Reduction
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, power
from symdiff.algebra.multiindex import of_degree
from symdiff.algebra.null_space import Classes
from symdiff.algebra.operators import Matrix, OperatorAlgebra, lowest_power, part
from symdiff.algebra.ring_atoms import CapacityError, ExponentialUnitError
from symdiff.continuum.fast_states import eliminate_fast
from symdiff.continuum.generator import Generator, build_generator, tail_grade, ungraded
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, NotYetError, OpenCaseError, ResourceError
from symdiff.model.jump_model import JumpModel

if TYPE_CHECKING:
    pass

EXTRA = 2  # grades computed beyond what is kept, to name what was discarded

Value = TypeVar("Value")


@dataclass(frozen=True)
class Derived:
    """The evolution operator of a model in a regime, with everything that led to it.

    ``operator`` is graded like d/dt; what lies at or below ``kept`` belongs to the equation, the rest was discarded.
    """

    model: JumpModel
    prepared: PreparedRegime
    ring: DifferentialRing
    generator: Generator
    reductions: tuple[Reduction, ...]
    increment: Matrix  # after the elimination of fast states
    operator: Matrix
    kept: Power
    homogeneous: bool
    slow: Classes  # the states that each row of ``operator`` sums
    survivors: tuple[Matrix, GradedSeries] | None = (
        None  # their operator, and the rate of order one at which all of them die
    )


def derive_operator(
    model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, further: int | None, beyond: int | None = None,
    bare: bool = False,
) -> Derived:  # fmt: skip
    """Run the passes over one ring; ``further`` is the user's ``--order``, ``beyond`` the grades to name what is discarded.

    With ``bare`` the local equilibrium is known to what the equation and its second route need.
    """
    step_power = _step_power(model, prepared, ring)
    kept = kept_power(model, prepared, further)
    order = kept + (_further(model, prepared) if beyond is None else beyond) + 1 + step_power
    generator = build_generator(model, prepared, ring, order)
    if generator.order <= kept + step_power:
        raise DerivationError(
            "a step law does not have the moments that this order needs",
            where=f"regime '{prepared.regime.name}'", instead="ask for a lower --order, or state more of the law")  # fmt: skip
    homogeneous = not any(ring.varies(c) for row in generator.matrix for x in row for c in x.terms.values())
    algebra = OperatorAlgebra(ring, generator.order, homogeneous)
    survival = survival_factor(generator.matrix, ring) if model.lossy else None
    matrix = generator.matrix if survival is None else per_survivor(generator.matrix, survival, algebra)
    extent = Extent(kept + step_power + 1, bare and homogeneous)
    increment, reductions, slow = eliminate_fast(model, prepared, matrix, algebra, step_power, generator.modes, extent)
    if generator.modes is not None:
        increment = generator.modes.cut(increment)
        if increment[0][0].order <= kept + step_power:
            raise NotYetError(
                f"this order needs {generator.modes.unknown[0]}, which the model does not state",
                where=f"regime '{prepared.regime.name}'", instead="ask for a lower --order")  # fmt: skip
    if not homogeneous and min(x.order for row in increment for x in row) <= kept + step_power:
        raise NotYetError(
            "a heavy tail acts on what fast states carry at rates of place: their deviation from local equilibrium is nonlocal, and "
            "counts at this order", where=f"regime '{prepared.regime.name}'",
            instead="ask for a lower --order; or let the tails or the rates be the same everywhere")  # fmt: skip
    operator, survivors = increment, None
    if model.clock == "waiting":
        from symdiff.continuum.waiting_series import function_of_increment  # loaded when used: start-up time

        assert model.waiting is not None
        operator = function_of_increment(model.waiting, increment, prepared, algebra)
        if min(x.order for row in operator for x in row) <= kept:
            raise DerivationError(
                f"the waiting time '{model.waiting.distribution}' does not have the moments that this order needs",
                where=f"regime '{prepared.regime.name}'", instead="ask for a lower --order, or state more of the law")  # fmt: skip
    if generator.inverse_step is not None:
        if survival is None:
            survival = survival_factor(increment, ring)
            increment = increment if survival is None else per_survivor(increment, survival, algebra)
        _require_small(increment, prepared, ring)
        logarithm = algebra.logarithm(increment)
        if survival is not None:
            if prepared.regime.origin == "found":  # how the survivors move; their number falls faster, as it stands
                _require_bounded([[x * generator.inverse_step for x in row] for row in logarithm], prepared, ring)
            fading = GradedSeries({0: ring.log(survival)})
            alive = [[algebra.tidied(x * generator.inverse_step) for x in row] for row in logarithm]
            survivors = alive, fading * generator.inverse_step
            logarithm = [[x + fading if i == j else x for j, x in enumerate(row)] for i, row in enumerate(logarithm)]
        operator = [[algebra.tidied(x * generator.inverse_step) for x in row] for row in logarithm]
    if min(x.order for row in operator for x in row) <= kept:
        raise NotYetError(
            "the time step beside heavy tails at rates of place adds nonlocal terms, which count at this order",
            where=f"regime '{prepared.regime.name}'", instead="ask for a lower --order")  # fmt: skip
    _require_ordered(model, operator)
    if not prepared.is_long_wave and not (survival is not None and prepared.regime.origin == "found"):
        _require_bounded(operator, prepared, ring)
    return Derived(
        model, prepared, ring, generator, reductions, increment, operator, kept, homogeneous, slow, survivors
    )


def _further(model: JumpModel, prepared: PreparedRegime) -> int:
    """Grades beyond what is kept; fewer where the terms grow fast: states that switch at rates that depend on place, populations."""
    places = set(model.coordinate_symbols)
    varying = any(j.intensity.free_symbols & places or j.intensity.atoms(AppliedUndef) for j in model.jumps)
    if any(
        (v.domain == "direction" and not v.uniform) or (v.law and v.law.distribution == "moments")
        for v in model.internals
    ):
        return 1  # beyond, further averages of the turn or of the law count, which the model does not state
    if model.population is not None:
        return 1  # the next order is hardly ever zero
    if varying and len(model.state_names) > 1 and model.crowd.reactions and prepared.is_long_wave:
        return 0  # the rate at which all die is an eigenvalue at every place: each derivative of it is long
    if varying and len(model.state_names) > 1 and any(m.diffusivity for m in model.motions):
        return (
            1 if prepared.is_long_wave else 0
        )  # every grade has two more derivatives, each with all those of the rates
    return max(0, min(EXTRA, 4 - len(model.state_names))) if varying else EXTRA


def _require_ordered(model: JumpModel, operator: Matrix) -> None:
    """With a symbolic tail index on both sides of one, a drift may be larger or smaller than the tail's term."""
    for jump in model.jumps:
        tail = None if jump.law is None else jump.law.tail
        if tail is None or jump.law is None or tail.index.is_Rational:
            continue
        span = jump.law.range_of(tail.index)
        inside = (span.low is None or span.low < 1) and (span.high is None or span.high > 1)
        if inside and any(1 in x.terms for row in operator for x in row):
            raise OpenCaseError(
                f"whether the drift or the heavy tail is larger depends on {tail.index}, which may lie on both sides of 1",
                index=tail.index, at=1,
                where=jump.label, instead=f"declare 0 < {tail.index} < 1 or 1 < {tail.index} < 2")  # fmt: skip


def _step_power(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing) -> Power:
    if model.clock == "waiting" and model.waiting is not None:
        from symdiff.continuum.waiting_series import time_power  # loaded when used: start-up time

        return time_power(model.waiting, prepared, ring)
    if model.time_step is None:
        return 0
    from symdiff.algebra.expansion import Expansion

    return Expansion(ring, prepared.grading).series(prepared.replace(model.time_step), 1).valuation


def kept_power(model: JumpModel, prepared: PreparedRegime, further: int | None) -> Power:
    """The highest power that the regime keeps: gradients to second order, or leading order in a stated scaling."""
    laws = [j.law for j in model.jumps if j.law is not None]
    if prepared.is_long_wave:
        if further is not None:
            if any(not term.exponent.is_Rational for law in laws for term in law.singular):
                raise NotYetError("with a symbolic tail index the order of further terms is open", where="--order",
                                  instead="set the index to a number, as in --set alpha=3/2")  # fmt: skip
            return further
        return power(min((tail_grade(law) for law in laws if law.tail is not None), default=Fraction(2)))
    return power(prepared.time_power) + (further or 0)


def composed_equilibrium(derived: Derived) -> Matrix:
    """The local equilibrium of all eliminations together, Q_1 Q_2 ...

    What each knows is multiplied as it stands: the faster part of K acts on Q_1, whose higher grades must not be cut
    where Q_2 ends.
    """
    first, *others = derived.reductions
    if not others:
        return first.local_equilibrium
    algebra = OperatorAlgebra(derived.ring, INFINITE, derived.homogeneous)
    total = [[GradedSeries(x.terms) for x in row] for row in first.local_equilibrium]
    for reduction in others:
        total = algebra.matmul(total, [[GradedSeries(x.terms) for x in row] for row in reduction.local_equilibrium])
    return total


def survival_factor(matrix: Matrix, ring: DifferentialRing) -> PolyElement | None:
    """The chance M_0 to survive one step, where it is of order one, the same everywhere and in every state.

    Then log(M_0 (1 + K)) = log M_0 + log(1 + K): killing at the rate -log(M_0)/tau. None where nothing dies that fast.
    """
    if lowest_power(matrix) != 0:
        return None
    dimension = ring.dimension
    still = [[ring.ring.from_dict({m: c for m, c in x.items() if not any(m[:dimension])}) for x in row]
             for row in part(matrix, 0, ring)]  # fmt: skip
    factors = [ring.tidy(ring.one + sum(column, ring.zero)) for column in zip(*still, strict=True)]
    first = factors[0]
    if (
        not first
        or ring.varies(first)
        or ring.is_zero(first - ring.one)
        or any(not ring.is_zero(x - first) for x in factors)
    ):
        return None
    return first


def per_survivor(matrix: Matrix, survival: PolyElement, algebra: OperatorAlgebra) -> Matrix:
    """T/M_0 - 1 in place of T - 1."""
    ring = algebra.ring
    inverse = ring.inverse(survival)
    result = []
    for i, row in enumerate(matrix):
        line = []
        for j, x in enumerate(row):
            shifted = x + GradedSeries({0: ring.one}) if i == j else x
            scaled = algebra.tidied(shifted.scaled(inverse))
            entry = scaled - GradedSeries({0: ring.one}) if i == j else scaled
            line.append(entry.mapped(lambda c: ring.zero if ring.is_zero(c) else c))
        result.append(line)
    return result


def _require_small(increment: Matrix, prepared: PreparedRegime, ring: DifferentialRing) -> None:
    lowest = lowest_power(increment)
    if lowest <= 0:
        entry = next(x.terms[lowest] for row in increment for x in row if lowest in x.terms)
        raise DerivationError(
            f"one time step changes the density by {ring.to_expression(entry)}, of order eps**({lowest}): "
            "the logarithm of one step does not exist as a series",
            where=f"regime '{prepared.regime.name}'", instead="make the change per step small in [scaling]")  # fmt: skip


def _require_bounded(operator: Matrix, prepared: PreparedRegime, ring: DifferentialRing) -> None:
    """What is faster than the regime's time diverges; it is named."""
    floor = power(prepared.time_power)
    lowest = lowest_power(operator)
    if lowest >= floor:
        return
    named = []
    for row in operator:
        for x in row:
            for alpha, coefficient in collect(ring, x.terms.get(lowest, ring.zero)):
                if not ring.is_zero(coefficient):
                    named.append(
                        f"{_role(ring, alpha)} = {ring.to_expression(coefficient if sum(alpha) != 1 else -coefficient)}"
                    )
    if not named:
        return
    short = floor - Fraction(lowest)
    raise DerivationError(
        f"{'; '.join(dict.fromkeys(named))} is of order eps**({-short}) in this regime: it diverges as eps -> 0",
        where=f"regime '{prepared.regime.name}'",
        instead=f"a regime exists {_time_that_fits(prepared, short)}, where this term alone is left; or add what makes it small to "
        'the scaling (a weak bias, say, as in "2*p - 1" = 1)',
    )


def _time_that_fits(prepared: PreparedRegime, short: Fraction) -> str:
    """The time scale on which the diverging term is of order one."""
    return f"on the shorter time scale t = {Fraction(short) - Fraction(prepared.time_power)}"


def _role(ring: DifferentialRing, alpha: tuple[int, ...]) -> str:
    names = "".join(c.name * a for c, a in zip(ring.coordinates, alpha, strict=True))
    if sum(alpha) == 1:
        return "the drift v" if ring.dimension == 1 else f"the drift v_{names}"
    if sum(alpha) == 2:
        return "the diffusivity D" if ring.dimension == 1 else f"the coefficient of d_{names}"
    return f"the coefficient of d_{names}" if names else "the rate of growth"


def collect(ring: DifferentialRing, element: PolyElement) -> list[tuple[tuple[int, ...], PolyElement]]:
    """The coefficient of every derivative: [(multi-index, ring element)], lowest derivatives first."""
    dimension = ring.dimension
    groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for monomial, coefficient in element.terms():
        alpha = monomial[:dimension]
        groups.setdefault(alpha, {})[(0,) * dimension + monomial[dimension:]] = coefficient
    ordered = sorted(groups, key=lambda a: (sum(a), [-x for x in a]))
    return [(alpha, ring.ring.from_dict(groups[alpha])) for alpha in ordered]


def with_ring(
    model: JumpModel, prepared: PreparedRegime, action: Callable[[DifferentialRing], Value], extra: int = 0
) -> Value:
    """Run ``action`` over a ring that is large enough, starting again with a larger one where it is not.

    ``extra`` generators are known to be needed beyond those of the model's names.
    """
    names = {s for j in model.jumps for s in j.intensity.free_symbols}
    names |= {s for m in model.motions for e in m.velocity for s in e.free_symbols}
    tails = sum(
        1 for j in model.jumps if j.law is not None and j.law.singular
    )  # each with powers and factors of its own
    states = len(model.state_names) if len(model.state_names) > 2 else 0  # inverses of sums of their rates
    capacity = 12 + 6 * ((len(names) + model.dimension + 5 * len(model.functions) + 5 * tails + states // 2) // 6)
    capacity = min(MAX_ATOMS, capacity + extra)
    units: list[tuple[sp.Expr, int]] = []
    while True:
        ring = DifferentialRing(model.coordinate_symbols, capacity)
        try:
            for declared in model.functions:
                if declared.body is not None:
                    body = prepared.replace(declared.body)
                    ring.define(declared.name, partial(ungraded, ring, body))
            for expression, degree in units:
                ring.prepare_exponential(expression, degree)
            ring.likely_factors = [1 - ring.parameter(p.symbol) for p in model.parameters if p.probability]
            return action(ring)
        except CapacityError:
            if capacity >= MAX_ATOMS:
                raise ResourceError(f"the derivation needs more than {MAX_ATOMS} independent quantities",
                                    instead="state a simpler model or a lower --order") from None  # fmt: skip
            capacity = min(MAX_ATOMS, capacity + max(12, capacity // 2))
        except ExponentialUnitError as finer:
            expression = ring.to_expression(finer.unit_term)
            units = [u for u in units if u[0] != expression] + [(expression, finer.degree)]


def jets_needed(dimension: int, degree: int) -> int:
    """How many derivatives of one function exist up to a degree."""
    return sum(1 for n in range(degree + 1) for _ in of_degree(dimension, n))


def leading_part(series: GradedSeries, kept: Power) -> GradedSeries:
    """What lies at or below the power that a regime keeps."""
    return GradedSeries({g: c for g, c in series.terms.items() if g <= kept})
