r"""Correlations at two times, ``<x(t) x(0)>``, ``<x(t) x(t')>``, ``<[x(t) - x(0)]^2>``: by the mean from a start, in the stationary
state or of the walk that starts at time 0.

Where the mean at time u from x_0 is A(u) x_0 + B(u) (linear rates, homogeneous walks), <x(s + u) x(s)> = A <x(s)^2> + B <x(s)>: the
process is Markovian (N. G. van Kampen, Stochastic Processes in Physics and Chemistry, ch. IV).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.moments import counts_individuals, lattice_moment
from symdiff.dossier.averaged_places import depends_on_place
from symdiff.dossier.claim_senses import extended
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.dossier.resolving_averages import STATIONARY as STATIONARY_LABELS
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.model.parameter import parse_parameter
from symdiff.verification.claim import Claim

STATIONARY = "the average is taken to be one in the stationary state"
FROM_START = "the average is taken to be one over walks that start at time 0"
LAG = "lag"
MOST_OPERATIONS = 60  # in what an average is taken of


@dataclass(frozen=True)
class _Times:
    """The later time, the earlier one, and what lies between, where it has a name of its own."""

    late: sp.Expr
    early: sp.Expr
    lag: sp.Symbol | None = None


def senses_of_two_times(claim: Claim, model: JumpModel) -> list[tuple[Claim, JumpModel]]:
    """The claim in both senses, each with the model that knows the time between; empty where it speaks of one time only."""
    calls = {c for r in claim.relations for c in calls_of(r) if c.func.__name__.partition("_")[0] == "Mean"}
    found = {c: t for c in calls if (t := _times(c, model)) is not None}
    if any(c.func.__name__.partition("_")[2] not in ("", *STATIONARY_LABELS) for c in found):
        return []
    settled_alone = any(c.func.__name__ != "Mean" for c in found)  # <x(t) x(s)>_s
    plain = model.dimension == 1 and len(model.state_names) == 1 and model.clock != "waiting"
    if (
        len(set(found.values())) != 1
        or not plain
        or model.boundaries
        or model.internals
        or model.space_dimension is not None
    ):
        return []
    times = next(iter(found.values()))
    try:
        slope, rest = regression(model)
        square = _second(model)
    except (SymdiffError, ValueError):
        return []
    marks = {c: sp.Dummy() for c in found}
    marked = _unnamed(changed(claim, dict(marks)), set(marks.values()), model)
    senses = []
    if slope.has(model.time):
        settled = {marks[c]: _stationary(c, times, slope, rest, model) for c in found}
        if values := _all_known(settled):
            moved = _rewritten(_settled(marked, model), times, sp.Dummy("s", positive=True), model.time)
            senses.append((changed(moved, values, STATIONARY), model))
            if times.early == 0 and not settled_alone and not all(_of_deviations(c, model) for c in found):
                senses.append((claim, model))  # from a start that is fixed
    if times.early != 0 and not settled_alone and LAG not in {p.name for p in model.parameters}:
        lag = parse_parameter(LAG, "positive")
        after = {model.time: lag.symbol}
        later = tuple(e.xreplace(after) for e in (slope, rest, *square))
        walks = {marks[c]: _from_start(c, times, later, model) for c in found}
        if values := _all_known(walks):
            moved = _rewritten(marked, times, model.time, lag.symbol)
            senses.append((changed(moved, values, FROM_START), extended(model, lag)))
    return senses


def _unnamed(claim: Claim, marks: set[sp.Dummy], model: JumpModel) -> Claim:
    """``C(t) = <x(t) x(0)> = ...`` without the name, which nobody else knows."""
    known = {model.density, *(o.name for o in model.observables), *(d.name for d in model.functions)}
    kept = tuple(
        r
        for r in claim.relations
        if not (r.right in marks and isinstance(r.left, AppliedUndef) and r.left.func.__name__ not in known)
    )
    return replace(claim, relations=kept) if kept else claim


def _settled(claim: Claim, model: JumpModel) -> Claim:
    """Averages at one time beside a stationary correlation are stationary too."""
    (x,), t = model.coordinate_symbols, model.time
    average = sp.Function("Mean_eq")
    change: dict[sp.Basic, sp.Basic] = {}
    for call in {c for r in claim.relations for c in calls_of(r)}:
        inside = call.args[0].xreplace({sp.Function(_place(model))(t): x}) if call.args else None
        if inside is not None and not inside.atoms(AppliedUndef):
            if call.func.__name__ == "Mean":
                change[call] = average(inside)
            elif call.func.__name__ == "Var":
                change[call] = average(inside**2) - average(inside) ** 2
    return changed(claim, change)


def open_in_the_stationary_state(claim: Claim, model: JumpModel) -> bool:
    """Whether an average holds x(0) beside x(t) where a stationary state may be meant, and is of a kind not handled in it."""
    calls = {c for r in claim.relations for c in calls_of(r) if c.func.__name__ == "Mean"}
    if model.dimension > 1:
        return depends_on_place(model) and any(len({a.args[0] for a in _all_calls(c, model)}) > 1 for c in calls)
    if not any(len({a.args[0] for a in _calls(c, model)}) > 1 for c in calls):
        return False
    try:
        return bool(regression(model)[0].has(model.time))
    except (SymdiffError, ValueError):
        return True


def _all_known(values: dict[sp.Dummy, sp.Expr | None]) -> dict[sp.Basic, sp.Basic]:
    return {mark: v for mark, v in values.items() if v is not None} if None not in values.values() else {}


def _place(model: JumpModel) -> str:
    return model.coordinates[0]


def _calls(mean: AppliedUndef, model: JumpModel) -> list[AppliedUndef]:
    """The places x(t), delta x(t) within an average."""
    names = {_place(model), _place(model).upper(), f"delta {_place(model)}", f"Delta {_place(model)}"}
    return sorted(
        (c for c in mean.args[0].atoms(AppliedUndef) if c.func.__name__ in names and len(c.args) == 1), key=str
    )


def _all_calls(mean: AppliedUndef, model: JumpModel) -> list[AppliedUndef]:
    """The places within an average, along every axis."""
    names = {n for c in model.coordinates for n in (c, c.upper(), f"delta {c}", f"Delta {c}")}
    return [c for c in mean.args[0].atoms(AppliedUndef) if c.func.__name__ in names and len(c.args) == 1]


def _times(mean: AppliedUndef, model: JumpModel) -> _Times | None:
    """The two times of an average; None where there is one, or they are of another kind."""
    spoken = sorted({c.args[0] for c in _calls(mean, model)}, key=str)
    if len(spoken) != 2:
        return None
    if 0 in spoken:
        other = next(t for t in spoken if t != 0)
        return _Times(other, sp.S.Zero) if other == model.time else None
    one, two = spoken
    if one.is_Symbol and two.is_Symbol:
        late, early = (one, two) if two != model.time else (two, one)
        if early.name in {p.name for p in model.parameters} or late.name in {p.name for p in model.parameters}:
            return None
        return _Times(late, early)
    for late, early in ((one, two), (two, one)):
        lag = sp.expand(late - early)
        if early == model.time and lag.is_Symbol and lag.name not in {p.name for p in model.parameters}:
            return _Times(late, early, lag)
    return None


def regression(model: JumpModel) -> tuple[sp.Expr, sp.Expr]:
    """A and B of the mean A x_0 + B at time t from x_0; raises :class:`ValueError` where it is not linear in x_0."""
    rest, slope = _by_start(model, 1)
    return slope, rest


def _second(model: JumpModel) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The coefficients of x_0^0, x_0, x_0^2 of the mean square at time t from x_0."""
    return _by_start(model, 2)


def _by_start(model: JumpModel, order: int) -> tuple[sp.Expr, ...]:
    """The moment at time t by powers of the start, up to ``order``."""
    start = parse_parameter("x_start", "real")
    position = replace(model.preparation, position=(start.symbol,), stated=True)
    (x,) = model.coordinate_symbols
    moved = extended(model, start, preparation=position)
    counted = counts_individuals(model)
    values = [lattice_moment(moved, x**n) for n in range(1, order + 1)]
    if any(v is None for v in values):
        raise ValueError("no moment in closed form")
    way = [sp.S.One, *(v for v in values if v is not None)]
    shift = sp.S.Zero if counted else start.symbol  # lengths are measured from the start
    parts = (sp.binomial(order, n) * way[n] * shift ** (order - n) for n in range(order + 1))
    moment = way[order] if counted else sp.Add(*parts)
    poly = sp.Poly(sp.expand(moment), start.symbol) if sp.expand(moment).is_polynomial(start.symbol) else None
    if poly is None or poly.degree() > order:
        raise ValueError("the moment is no polynomial in the start")
    return tuple(poly.coeff_monomial(start.symbol**n) for n in range(order + 1))


def _of_deviations(mean: AppliedUndef, model: JumpModel) -> bool:
    """``<delta n(t) delta n(0)>``: deviations from the mean, which vanish for a start that is fixed."""
    small = sp.Symbol("delta")
    marked = mean.has(small) and small.name not in {p.name for p in model.parameters}
    return marked or all(c.func.__name__.startswith(("delta ", "Delta ")) for c in _calls(mean, model))


def _powers(
    mean: AppliedUndef, times: _Times, model: JumpModel, average: sp.Expr | None
) -> dict[tuple[int, int], sp.Expr] | None:
    """The inside as a polynomial in the places at the later and the earlier time, up to the second order."""
    late, early, small = sp.Dummy("late"), sp.Dummy("early"), sp.Symbol("delta")
    product = mean.args[0]
    if sp.count_ops(product) > MOST_OPERATIONS or any(p.exp.is_number and p.exp > 2 for p in product.atoms(sp.Pow)):
        return None
    deviations = small in product.free_symbols and "delta" not in {p.name for p in model.parameters}
    change: dict[sp.Basic, sp.Expr] = {}
    for c in _calls(mean, model):
        mark = late if c.args[0] == times.late else early
        deviation = deviations or c.func.__name__.startswith(("delta ", "Delta "))
        if deviation and average is None:
            return None
        change[c] = mark - average if deviation and average is not None else mark
    if deviations:  # delta n(t) delta n(0), read as a product
        product = product / small ** len(_calls(mean, model))
        if small in product.free_symbols:
            return None
    inside = sp.expand(product.xreplace(change))
    if not inside.is_polynomial(late, early):
        return None
    poly = sp.Poly(inside, late, early)
    known = {p.symbol for p in model.parameters}
    found = dict(poly.terms())
    if max(map(sum, found), default=0) > 2 or any(
        not c.free_symbols <= known and average is None for c in found.values()
    ):
        return None
    return {(int(i), int(j)): c for (i, j), c in found.items()}


def _stationary(mean: AppliedUndef, times: _Times, slope: sp.Expr, rest: sp.Expr, model: JumpModel) -> sp.Expr | None:
    (x,) = model.coordinate_symbols
    settled = sp.Function("Mean_eq")
    first, second = settled(x), settled(x**2)
    powers = _powers(mean, times, model, first)
    if powers is None:
        return None
    values = {
        (0, 0): sp.S.One,
        (1, 0): first,
        (0, 1): first,
        (2, 0): second,
        (0, 2): second,
        (1, 1): slope * second + rest * first,
    }
    return sp.Add(*(c * values[at] for at, c in powers.items()))


def _from_start(mean: AppliedUndef, times: _Times, later: tuple[sp.Expr, ...], model: JumpModel) -> sp.Expr | None:
    """By the averages at the earlier time, which the claim then calls t; ``later`` are slope and rest, and the square, after the lag."""
    (x,) = model.coordinate_symbols
    powers = _powers(mean, times, model, None)
    if powers is None:
        return None
    slope, rest, *square = later
    average = sp.Function("Mean")
    moments = [sp.S.One, average(x), average(x**2)]
    values = {
        (0, 0): sp.S.One, (0, 1): moments[1], (0, 2): moments[2], (1, 0): slope * moments[1] + rest,
        (1, 1): slope * moments[2] + rest * moments[1],
        (2, 0): sp.Add(*(c * m for c, m in zip(square, moments, strict=True))),
    }  # fmt: skip
    return sp.expand(sp.Add(*(c * values[at] for at, c in powers.items())))


def _rewritten(claim: Claim, times: _Times, early: sp.Symbol, lag: sp.Symbol) -> Claim:
    """The claim with the later time as early + lag, and |t - t'|, min(t, t'), max(t, t') worked out."""
    if times.early == 0:
        return changed(claim, {sp.Abs(lag): lag})
    change = (
        {times.lag: lag, times.early: early} if times.lag is not None else {times.late: early + lag, times.early: early}
    )

    def moved(side: sp.Expr) -> sp.Expr:
        side = side.xreplace(change)
        side = side.xreplace({sp.Abs(lag): lag, sp.Abs(-lag): lag})
        return side.replace(sp.Min, lambda *a: early if set(a) == {early, early + lag} else sp.Min(*a)).replace(
            sp.Max, lambda *a: early + lag if set(a) == {early, early + lag} else sp.Max(*a)
        )

    return replace(
        claim, relations=tuple(replace(r, left=moved(r.left), right=moved(r.right)) for r in claim.relations)
    )
