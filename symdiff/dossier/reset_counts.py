"""Counts of walks with jumps to fixed sites: the law, one site, totals, sequences."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from symdiff.dossier.counts import CountRequest, Number, SiteRow, WalkCount
from symdiff.dossier.lattice_steps import lattice_steps, site_vectors
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import StepSet
from symdiff.evidence.counting.resetting import Law, resetting_law
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel, make_model

METHOD = "dynamic programming over the sites, with jumps to fixed sites"
CHECKED = "renewal formula: the last jump to a fixed site, and the walk since then"
Vector = tuple[int, ...]
Values = dict[sp.Symbol, sp.Expr]


def count_with_resets(model: JumpModel, request: CountRequest, values: Values) -> WalkCount:
    """Walks in which a jump to a fixed site is one step; ``request`` has its sites checked.

    Raises :class:`NotYetError` for other kinds of walks than all of them, :class:`UsageError` for places that are no sites.
    """
    start, n = request.start, request.n
    assert start is not None
    if request.kind != "law" or request.any_length:
        raise NotYetError("with jumps to fixed places all walks of a number of steps are counted, not first visits or walks with memory",
                          instead="leave the other kind out")  # fmt: skip
    if model.states or model.boundaries or model.signed or any(j.region is not None for j in model.jumps):
        raise NotYetError("jumps to fixed places beside states, walls or 'where' are not counted yet")
    moving = _moving(model)
    grid = lattice_steps(moving, values)
    assert isinstance(grid.walks, StepSet)
    places = [_site(j.destination or (), grid.spacings, values) for j in model.resets]
    origin = tuple(int(c) for c in start)
    weights: list[Number] = [1] * len(model.resets)
    if model.clock == "none":
        weights = _exact([j.intensity for j in model.resets], model, values, "the weight")
    steps = dict(zip(grid.walks.steps, grid.walks.weights, strict=True))
    law = resetting_law(steps, list(zip(places, weights, strict=True)), n, origin)
    chances, note = _chances(model, moving, places, values, n, origin)
    rows = [SiteRow(s, law.get(s, 0), None if chances is None else Fraction(chances.get(s, 0)))
            for s in sorted({*law, *(chances or {})}) if request.to in (None, s)]  # fmt: skip
    if request.to is not None and not rows:
        rows = [
            SiteRow(
                request.to, 0, None if chances is None else Fraction(0), "no listed walk of so many steps ends there"
            )
        ]
    every = sum(steps.values()) + sum(weights)
    sequence = _sequence(steps, list(zip(places, weights, strict=True)), request, every) if request.all_lengths else ()
    return WalkCount(n, request.kind, start, sum(law.values()), () if request.any_end else tuple(rows), sequence,
                     any(isinstance(w, Fraction) for w in law.values()), grid.spacings, METHOD, CHECKED, note)  # fmt: skip


def _sequence(steps: dict[Vector, Number], places: list[tuple[Vector, Number]], request: CountRequest, every: Number) -> tuple[Number, ...]:  # fmt: skip
    if request.to is None:
        return tuple(every**k for k in range(request.n + 1))
    assert request.start is not None
    origin, to = (tuple(int(c) for c in s) for s in (request.start, request.to))
    return tuple(resetting_law(steps, places, k, origin).get(to, 0) for k in range(request.n + 1))


def _moving(model: JumpModel) -> JumpModel:
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    moving = tuple(j for j in model.jumps if j.destination is None)
    if not moving:
        raise UsageError(
            "every jump leads to a fixed place: there is no lattice", instead="list the jumps between neighbours too"
        )
    return make_model(fields | {"jumps": moving})


def _site(place: tuple[sp.Expr, ...], spacings: tuple[sp.Expr, ...], values: Values) -> tuple[int, ...]:
    """A destination in lattice units."""
    if not spacings:
        raise NotYetError(
            "jumps to fixed places are counted on lattices along the coordinates so far", where="destination"
        )
    found = []
    for p, h in zip(place, spacings, strict=True):
        number = sp.cancel((p / h).xreplace(values))
        if not number.is_Integer:
            raise UsageError(f"the destination {p} is no site that is known to be a multiple of {h}", where="destination",
                             instead=f"write it as a multiple, as in 3*{h}, or give values with --set")  # fmt: skip
        found.append(int(number))
    return tuple(found)


def _exact(intensities: list[sp.Expr], model: JumpModel, values: Values, what: str) -> list[Number]:
    found: list[Number] = []
    for e in intensities:
        value = expand_definitions(e, model.functions).xreplace(values)
        if not value.is_Rational:
            raise NotYetError(f"{what} {e} is no number", instead="give values with --set")
        found.append(Fraction(int(value.p), int(value.q)))
    return [int(w) if Fraction(w).denominator == 1 else w for w in found]


def _chances(
    model: JumpModel, moving: JumpModel, places: list[tuple[int, ...]], values: Values, n: int, start: tuple[int, ...]
) -> tuple[Law | None, str]:
    """The law with the probabilities of the steps, where these are numbers."""
    if model.clock != "discrete":
        why = (
            "the jumps carry weights only"
            if model.clock == "none"
            else "the model has rates: the number of jumps up to a time is random"
        )
        return None, why
    try:
        given = _exact([j.intensity for j in model.jumps], model, values, "the probability")
    except NotYetError as error:
        return None, f"{error.message}: give values with --set"
    by_jump = dict(zip(model.jumps, given, strict=True))
    rest = 1 - sum(by_jump[j] for j in model.jumps)
    if rest < 0 or any(p < 0 for p in given):
        raise UsageError("with these values the probabilities of one step are negative or sum to more than one", where="--set",
                         instead="values for which they sum to at most one")  # fmt: skip
    steps: dict[tuple[int, ...], Number] = {(0,) * model.dimension: rest} if rest and not model.lossy else {}
    for jump, vector in zip(moving.jumps, site_vectors(moving), strict=True):
        steps[vector] = steps.get(vector, 0) + by_jump[jump]
    gains = [(p, by_jump[j]) for j, p in zip(model.resets, places, strict=True)]
    return resetting_law(steps, gains, n, start), ""
