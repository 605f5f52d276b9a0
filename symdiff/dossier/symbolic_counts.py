"""Probabilities and weights of walks as formulas, where those of a step are symbols: nothing is multiplied out.

Every distinct probability of a step is one generator of a polynomial, packed into the whole numbers that are counted; the
expressions of the model are put in at the end: 3 p^2 (1 - p), not 3 p^2 - 3 p^3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from symdiff.dossier.counts import SYMBOLIC, CountRequest, SiteRow, WalkCount, matches, values_of
from symdiff.dossier.lattice_steps import SymbolicSteps, symbolic_steps
from symdiff.errors import ResourceError, UsageError
from symdiff.evidence.counting.anywhere import law_anywhere
from symdiff.evidence.counting.law import WalkSequence
from symdiff.evidence.counting.steps import StateSteps, StepSet, Transition, Weight, plain
from symdiff.evidence.counting.terrain import Walk, WalledSteps
from symdiff.evidence.counting.weight_symbols import (
    SymbolPacking,
    WeightPolynomial,
    site_polynomial,
    symbol_packing,
)
from symdiff.model.jump_model import JumpModel

MOST_WORK = 2**36  # bits of all numbers that are added, which is some seconds
Site = tuple[int | str, ...]


def with_formulas(
    model: JumpModel, request: CountRequest, found: WalkCount, values: dict[sp.Symbol, sp.Expr]
) -> WalkCount:
    """The same counts with probabilities or weights as formulas, where symbols stand for those of a step.

    Raises :class:`ResourceError` where weights would be too long; probabilities are then left out.
    """
    weights = found.note == SYMBOLIC
    symbolic = symbolic_steps(model, values)
    if symbolic is None:
        return found
    formulas = Formulas(symbolic, found.n, found.start)
    try:
        return _filled(model, request, found, formulas, weights)
    except ResourceError:
        if weights:
            raise
        return found


def _filled(model: JumpModel, request: CountRequest, found: WalkCount, formulas: Formulas, weights: bool) -> WalkCount:
    """The counts with their formulas; raises :class:`ResourceError` where these would be too long."""
    field, note = ("weight", found.note) if weights else ("formula", "")
    found = replace(found, method=f"{found.method}; formulas: the same, with a high power of two for each symbol")
    named = {"states_are_sites": model.lattice is not None and bool(model.states)}
    ended = request.to is not None or request.any_end
    if request.all_lengths or "first" in request.kind or (request.kind == "self-avoiding" and ended):

        def numbers(walk: Walk) -> WalkSequence:
            return values_of(model, walk, replace(request, start=found.start), request.to, **named)

        every = formulas.sequence(numbers)
        rows = tuple(replace(r, **{field: every[-1]}) for r in found.rows)
        return replace(found, rows=rows, note=note, sequence_weights=every if weights and request.all_lengths else (),
                       total_weight=every[-1] if weights and not rows else None)  # fmt: skip
    single = formulas.site(request.to) if request.kind == "law" and request.to is not None else None
    if single is not None:
        return replace(found, rows=(replace(found.rows[0], **{field: single}),), note=note)
    law = formulas.law(request.kind, **named)
    listed = {r.site for r in found.rows}
    more = () if ended else tuple(SiteRow(s, 0, None) for s in law if s not in listed)
    rows = tuple(
        replace(r, **{field: sp.Add(*(p for s, p in law.items() if matches(s, r.site)))}) for r in found.rows + more
    )
    return replace(found, rows=rows, note=note, total_weight=sp.Add(*law.values()) if weights else None)


@dataclass(frozen=True)
class Formulas:
    """The formulas of walks of n steps from a start; every method raises :class:`ResourceError` where they are too long."""

    symbolic: SymbolicSteps
    n: int
    start: Site

    def law(self, kind: str, *, states_are_sites: bool) -> dict[Site, sp.Expr]:
        """Of every endpoint."""
        walk, packing = self._packed()
        law = law_anywhere(walk, kind, self.n, self.start, states_are_sites=states_are_sites)
        return {site: formula_of(packing.polynomial(value, self.n)) for site, value in law.items()}

    def sequence(self, numbers: Callable[[Walk], WalkSequence]) -> tuple[sp.Expr, ...]:
        """Of what ``numbers`` counts for 0..n steps."""
        walk, packing = self._packed()
        return tuple(formula_of(packing.polynomial(value, m)) for m, value in enumerate(numbers(walk).values))

    def site(self, to: Site) -> sp.Expr | None:
        """Of one site without those of the others; None where walls or states do not let it stand alone."""
        if self.symbolic.walk.states != ("",) or not self.symbolic.walk.terrain.plain:
            return None
        steps = [t.step for t in self.symbolic.walk.machine.transitions]
        rests = [r for r in self.symbolic.rests if r != 0]
        steps += [(0,) * self.symbolic.walk.dimension] * len(rests)
        split = [_split(e) for e in (*self.symbolic.weights, *rests)]
        moves = [(step, f, s) for step, (f, s) in zip(steps, split, strict=True)]
        return formula_of(site_polynomial(moves, self.n, to, self.start))

    def _packed(self) -> tuple[Walk, SymbolPacking]:
        walk, packing = packed_walk(self.symbolic, self.n)
        if packing.bits * _places(walk, self.n) * max(1, self.n) > MOST_WORK:
            raise ResourceError(f"the formulas of {self.n} steps would be too long", where="-n",
                                instead="give values with --set, fewer steps, or one site with --to")  # fmt: skip
        return walk, packing


def packed_walk(symbolic: SymbolicSteps, n: int) -> tuple[Walk, SymbolPacking]:
    """The steps with their symbols packed, for walks of up to n steps; raises :class:`ResourceError` where they are too long."""
    walk = symbolic.walk
    rests = {state: rest for state, rest in zip(walk.states, symbolic.rests, strict=True) if rest != 0}
    expressions = [*symbolic.weights, *rests.values()]
    split = [_split(e) for e in expressions]
    symbols = list(dict.fromkeys(s for _, s in split if s is not None))
    share = math.prod(wall.absorbed.denominator for wall in walk.terrain.walls)
    packing = symbol_packing(
        symbols, n, [f for f, _ in split], complete=all(s is not None for _, s in split), share=share
    )
    numbers = {s: i for i, s in enumerate(symbols)}
    packed = [packing.weight(f, None if s is None else numbers[s]) for f, s in split]
    moves = [(t.source, t.target, t.step, w) for t, w in zip(walk.machine.transitions, packed, strict=False)]
    still = (0,) * walk.dimension
    moves += [(state, state, still, w) for state, w in zip(rests, packed[len(moves) :], strict=True)]
    terrain = walk.terrain
    steps: StepSet | StateSteps
    if any(terrain.open_where):
        steps = StateSteps(walk.states, tuple(Transition(*move) for move in moves), distinct=False)
    elif walk.states == ("",):
        steps = StepSet.from_steps([m[2] for m in moves], [m[3] for m in moves])
    else:
        steps = StateSteps.from_transitions(moves, states=walk.states)
    return steps if terrain.plain else WalledSteps(steps, terrain), packing


def formula_of(polynomial: WeightPolynomial) -> sp.Expr:
    """The polynomial as an expression, in the expressions that its symbols are."""
    terms = []
    for powers, c in polynomial.terms:
        factors = [e**k for e, k in zip(polynomial.symbols, powers, strict=True) if k]
        terms.append(sp.Mul(sp.Rational(c.numerator, c.denominator), *factors))
    return sp.Add(*terms)


def _split(weight: sp.Expr) -> tuple[Weight, sp.Expr | None]:
    """(positive number, expression) of a weight; the expression is None for a number."""
    if weight.has(sp.zoo, sp.oo, sp.nan):
        raise UsageError(
            "a weight is infinite or undefined at these values", instead="values at which every weight is a number"
        )
    number, rest = weight.primitive()
    if weight.is_number and not weight.is_positive:
        raise UsageError(f"the weight {weight} is not positive, and walks are counted with positive weights only")
    if not number.is_Rational or number <= 0:
        return 1, weight
    return plain(Fraction(int(number.p), int(number.q))), None if rest == 1 else rest


def _places(walk: Walk, n: int) -> int:
    """A bound of the places that n steps reach."""
    steps = walk.steps if isinstance(walk, WalledSteps) else walk
    vectors = steps.steps if isinstance(steps, StepSet) else tuple(t.step for t in steps.transitions)
    size = 1 if isinstance(steps, StepSet) else len(steps.states)
    for axis in zip(*vectors, strict=True):
        size *= n * (max(0, *axis) - min(0, *axis)) + 1
    return size
