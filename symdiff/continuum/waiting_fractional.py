"""Walks whose waits have no mean: fractional equations in time.

With 1 - psi(s) = B s^alpha + ..., alpha < 1, and the increment A of one jump, B s^alpha P - B s^(alpha - 1) P_0 = A P, which
is the Caputo equation D_t^alpha P = A P / B. States share out B by how often the walker comes to them; the smallest index
wins. At alpha = 1, where B s log(1/s) stands instead, d_t P = A P / (B log(t/B)) up to relative terms of order 1/log t.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import sympy as sp

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import GradedSeries, Power
from symdiff.algebra.operators import Matrix, OperatorAlgebra
from symdiff.continuum import assembly
from symdiff.continuum.assembly import graded_terms
from symdiff.continuum.assumptions import assumptions
from symdiff.continuum.coefficients import coefficient_name, coefficient_value, expected_indices
from symdiff.continuum.derivation import EXTRA, Derived, kept_power, with_ring
from symdiff.continuum.fast_states import eliminate_fast
from symdiff.continuum.generator import build_generator
from symdiff.continuum.limit import Closure, Coefficients, ContinuumLimit, Step
from symdiff.continuum.regimes import PreparedRegime, prepare
from symdiff.continuum.staged import NOT_YET, confirmed
from symdiff.continuum.waiting import everyone, waiting_notes
from symdiff.continuum.waiting_master import renewal_equations, renewal_steps
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.waiting import WaitingLaw, WaitTail


@dataclass(frozen=True)
class Memory:
    """The dominating waits: the index, B as a ring element, whether a logarithm stands in, whether nothing follows."""

    index: sp.Expr
    strength: Any
    logarithmic: bool
    exact: bool


def derive_fractional(model: JumpModel, regime: ScalingRegime, order: int | None) -> ContinuumLimit:
    """The fractional equation of a walk whose waits have no mean: of long waves, or where a scaling of the jumps is stated.

    Time follows from B s^alpha ~ A, whose power is 2/alpha where that of A is 2; a power of the waits' own scale would
    state it a second time.
    """
    if regime.origin != "long-wave":
        _refuse_powers_of_waits(model, regime)
    if model.internals:
        raise NotYetError("a direction that is redrawn, beside waits without a mean, is not handled yet", where="internal",
                          instead="list the directions as states with velocities, or give the waits a mean")  # fmt: skip
    prepared = prepare(regime, model)

    def run(ring: DifferentialRing) -> ContinuumLimit:
        derived, memory = _derived(model, prepared, ring, order)
        return _assembled(derived, memory)

    return with_ring(model, prepared, run)


def _refuse_powers_of_waits(model: JumpModel, regime: ScalingRegime) -> None:
    """Raise :class:`DerivationError` where a regime states how the waits, or the time, scale."""
    laws = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    of_waits = {s for law in laws for _, value in law.arguments for s in value.free_symbols} | {model.time}
    for key, _ in regime.powers:
        if named := sorted(map(str, key.free_symbols & of_waits)):
            raise DerivationError(
                f"the waits have no mean, and the power of {named[0]} follows from that of the jumps, by the index of the waits",
                where=f"regime '{regime.name}'", instead=f"leave {named[0]} out: give powers of the lengths and the biases alone")  # fmt: skip


def _derived(
    model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: int | None
) -> tuple[Derived, Memory]:
    """A/B by powers of the gradient; what is kept is the leading power, or all up to second order for exact waits."""
    kept = kept_power(model, prepared, order)
    generator = build_generator(model, prepared, ring, kept + EXTRA + 1)
    if model.motions:
        generator = replace(generator, matrix=_with_flights(model, prepared, ring, generator.order))
    homogeneous = not any(ring.varies(c) for row in generator.matrix for x in row for c in x.terms.values())
    algebra = OperatorAlgebra(ring, generator.order, homogeneous)
    increment, reductions, _ = eliminate_fast(model, prepared, generator.matrix, algebra, 0)
    if len(increment) > 1:
        raise NotYetError(
            "several densities that are conserved separately, with waits without a mean, are not handled yet"
        )
    visits = [ring.one]
    for reduction in reductions:
        shares = [row[0] for row in reduction.split.right]
        visits = shares if len(visits) == 1 else visits
    if len(reductions) > 1:
        raise NotYetError("states that relax on several scales, with waits without a mean, are not handled yet")
    memory = _memory(model, prepared, ring, visits)
    series = increment[0][0]
    if not series.terms:
        raise DerivationError("the jumps move nobody: there is no equation of motion")
    if not prepared.is_long_wave:
        kept = series.valuation + (order or 0)
    if not memory.exact or reductions or model.motions:
        kept = min(kept, series.valuation)
    inverse = ring.inverse(memory.strength)
    operator = [[algebra.tidied(series.scaled(inverse))]]
    found = Derived(
        model, prepared, ring, generator, reductions, increment, operator, kept, homogeneous, everyone(model)
    )
    return found, memory


def _with_flights(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: Power) -> Matrix:
    """What one wait and jump cover, less one: flights are jumps beside rests that have no mean."""
    from symdiff.continuum.waiting_relation import wait_and_jump  # loaded when used: start-up time

    matrix = wait_and_jump(model, prepared, Expansion(ring, prepared.grading), order, GradedSeries({}))
    for i, row in enumerate(matrix):
        row[i] = row[i] - GradedSeries({0: ring.one})
    if any(ring.varies(c) for row in matrix for x in row for c in x.terms.values()):
        raise NotYetError("flights beside waits without a mean, in a model that depends on place, are not handled yet")
    return matrix


def _memory(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, visits: list[Any]) -> Memory:
    """B: over the states, how often the walker comes there, times the tails of the jumps that it chooses then."""
    expansion = Expansion(ring, prepared.grading)
    found: list[tuple[WaitingLaw, WaitTail, GradedSeries]] = []
    for _, j, jump in model.transitions():
        law = model.wait_before(j, jump)
        if not law.mean_is_infinite or law.tail is None:
            continue
        share = expansion.series(prepared.replace(jump.intensity * law.tail.coefficient), 1)
        found.append((law, law.tail, share.scaled(visits[j])))
    index = smallest_index([(law, tail) for law, tail, _ in found])
    leading = [(law, tail, share) for law, tail, share in found if tail.index == index]
    total = sum((share.terms.get(0, ring.zero) for _, _, share in leading), ring.zero)
    if ring.varies(total):
        total = _constant_over_place(total, ring)
    alone = len({law for law, _, _ in found}) == 1 and len(model.state_names) == 1
    return Memory(index, total, leading[0][1].logarithmic, alone and leading[0][1].exact)


def _constant_over_place(total: Any, ring: DifferentialRing) -> Any:
    """The probabilities out of a site sum to one, so that their dependence on place often cancels."""
    numerator, denominator = ring.fraction(total)
    if denominator or ring.varies(numerator):
        raise NotYetError("waits without a mean whose weight depends on place are not handled yet")
    return numerator


def smallest_index(tails: list[tuple[WaitingLaw, WaitTail]]) -> sp.Expr:
    """The smallest index; raises where that depends on the parameters."""
    indices = list(dict.fromkeys(tail.index for _, tail in tails))
    spans = {tail.index: law.index_range for law, tail in tails}
    for index in indices:
        high = spans[index].high
        if all(o == index or _certainly_below(index, high, o, spans[o].low) for o in indices):
            return index
    raise DerivationError(f"which of the waits is longest depends on {', '.join(map(str, indices))}",
                          where="waiting_time", instead="narrow the ranges of the indices so that one is smallest")  # fmt: skip


def _certainly_below(a: sp.Expr, high: Fraction | None, b: sp.Expr, low: Fraction | None) -> bool:
    if (b - a).is_positive:
        return True
    return high is not None and low is not None and high <= low


def _assembled(derived: Derived, memory: Memory) -> ContinuumLimit:
    from symdiff.continuum.waiting_fractional_confirmation import confirm_fractional  # loaded when used: start-up time

    model, ring = derived.model, derived.ring
    terms = graded_terms(ring, derived.operator[0][0])
    kept = [t for t in terms if t.power <= derived.kept]
    elements = assembly.merged_elements(derived, kept)
    plain = assembly.scalar_equation(derived, elements)
    strength = ring.to_expression(memory.strength)
    equation, coefficients = _shown(derived, memory, plain, elements, strength)
    remainder = _remainder(derived, memory)
    second_route = partial(
        confirm_fractional, model, derived.prepared.regime, memory.index, strength, memory.logarithmic,
        assembly.operator_terms(derived, derived.operator[0][0]), Fraction(derived.kept), remainder, derived.homogeneous)  # fmt: skip
    limit = ContinuumLimit(
        density=model.density,
        regime=derived.prepared.regime,
        assumptions=(*assumptions(derived, None), *waiting_notes(model), *_notes(derived, memory, strength)),
        master_equation=renewal_equations(model),
        equations=(equation,),
        system=(),
        local_equilibrium=(),
        coefficients=coefficients,
        flux_form=(),
        growth_rate=None,
        backward=None,
        closure=_closure(derived),
        moments_exist_below=None,
        discarded=assembly.discarded_terms(derived, terms, derived.kept, model.density) if memory.exact else (),
        remainder_power=remainder,
        kept_power=Fraction(derived.kept),
        steps=(*renewal_steps(model), _tail_step(memory, strength),
               Step("Continuum limit", equation.lhs, equation.rhs, "both sides for small k and s, and back to place and time")),
        confirmation=NOT_YET,
    )  # fmt: skip
    return confirmed(limit, second_route)


def _closure(derived: Derived) -> Closure:
    kind = "local-equilibrium" if derived.reductions else "exact"
    return Closure(kind, "independent walkers: the density obeys a linear equation, with the memory of the waits in its "
                         "time derivative")  # fmt: skip


def _tail_step(memory: Memory, strength: sp.Expr) -> Step:
    s = sp.Symbol("s", positive=True)
    value = strength * s * sp.log(1 / (strength * s)) if memory.logarithmic else strength * s**memory.index
    return Step(
        "Long waits", 1 - sp.Function("psi")(s), value, "the waits for small s, at leading order (Tauberian theorem)"
    )


def _shown(
    derived: Derived, memory: Memory, plain: EvolutionEquation, elements: dict[Any, Any], strength: sp.Expr
) -> tuple[EvolutionEquation, Coefficients]:
    """The equation with its derivative in time, and the coefficients by their roles."""
    if memory.logarithmic:
        slow = 1 / sp.log(derived.model.time / strength)
        right = tuple(replace(t, coefficient=t.coefficient * slow) for t in plain.right)
        names = assembly.named_coefficients(derived, elements, int(derived.kept))
        return replace(plain, right=right), tuple((n, v * slow if n in ("D", "v", "K") else v) for n, v in names)
    left = (Term(sp.Integer(1), derived.model.density, plain.left[0].space, 0, caputo=memory.index),)
    return replace(plain, left=left), _roles(derived, memory, elements)


def _roles(derived: Derived, memory: Memory, elements: dict[Any, Any]) -> Coefficients:
    """K, waiting_index, stability_index; v where there is a drift; K_xx, ... in more dimensions."""
    ring, coordinates = derived.ring, derived.model.coordinate_symbols
    fractional = [(f, c) for (_, f), c in elements.items() if f is not None]
    found: dict[str, sp.Expr] = {}
    if fractional:
        index, element = fractional[0]
        found |= {"K": ring.to_expression(-element), "stability_index": index}
    shown = {s: ring.to_expression(c) for (s, f), c in elements.items() if f is None}
    for alpha in expected_indices(len(coordinates), 2):
        value = coefficient_value(alpha, shown.get(alpha, sp.Integer(0)))
        if sum(alpha) == 1:
            if value != 0:
                found[coefficient_name(coordinates, alpha)] = value
        elif not fractional and any(sum(s) == 2 for s in shown):
            found[coefficient_name(coordinates, alpha).replace("D", "K", 1)] = value
    if len(coordinates) > 1 and not fractional:
        pure = {found.get(coefficient_name(coordinates, a).replace("D", "K", 1)) for a in expected_indices(len(coordinates), 2)
                if max(a) == 2}  # fmt: skip
        mixed = [found.get(coefficient_name(coordinates, a).replace("D", "K", 1)) for a in expected_indices(len(coordinates), 2)
                 if sum(a) == 2 and max(a) == 1]  # fmt: skip
        if len(pure) == 1 and None not in pure and all(m == 0 for m in mixed):
            found["K"] = pure.pop()
    found |= {f"a_{n}" if len(coordinates) == 1 else coefficient_name(coordinates, s): v for s, v in shown.items()
              if (n := sum(s)) > 2}  # fmt: skip
    if "stability_index" not in found and any(sum(s) == 2 for s in shown):
        found["stability_index"] = sp.Integer(2)
    return tuple((found | {"waiting_index": memory.index}).items())


def _remainder(derived: Derived, memory: Memory) -> sp.Expr:
    """The first power of the gradient that is not known, beside B s^alpha ~ A; symbolic where the index of a step's tail is."""
    series = derived.increment[0][0]
    known = assembly.remainder_power(derived)
    if memory.exact and not derived.reductions:
        return known
    following = [g for g in sorted(series.terms) if g > derived.kept]
    after = sp.Rational(*Fraction(following[0]).as_integer_ratio()) if following else known
    lead = sp.Rational(*Fraction(derived.kept).as_integer_ratio())
    for term in graded_terms(derived.ring, derived.operator[0][0]):
        if term.power == derived.kept and term.fractional is not None:
            lead = term.fractional
    if memory.logarithmic:
        return lead
    return sp.Min(after, 2 * lead, lead / memory.index, *((lead + 1,) if derived.reductions else ()))


def _notes(derived: Derived, memory: Memory, strength: sp.Expr) -> list[str]:
    if memory.logarithmic:
        return [f"the mean wait diverges like a logarithm; terms of relative order 1/log(t/({strength})) are left out"]
    found = [f"0 < {memory.index} < 1: the mean wait is infinite"]
    if not derived.prepared.is_long_wave:
        found.append("the scale of the waits is as small, or times are as long, as makes both sides of one order")
    if not memory.exact:
        found.append("only the leading power of s of the waits is used; what follows vanishes at long times")
    return found


def leading_power(derived: Derived) -> Power:
    """The lowest power of the gradient that occurs."""
    return derived.operator[0][0].valuation
