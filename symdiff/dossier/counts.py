"""Exact walk counts of a model: the endpoint law, one site, sequences, first visits, walks with memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.dossier.lattice_steps import LatticeSteps, lattice_steps
from symdiff.dossier.settings import Settings
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import StateSteps, StepSet, WalkSequence, any_end_total, exact_text
from symdiff.evidence.counting.any_length import any_length
from symdiff.evidence.counting.anywhere import (
    any_state_sequence,
    law_anywhere,
    sequence_anywhere,
    site_anywhere,
    why_not_there,
)
from symdiff.evidence.counting.chart import most_sites
from symdiff.evidence.counting.finite_places import places_seen
from symdiff.evidence.counting.rows import sweeps_by_rows
from symdiff.evidence.counting.single_site import reduced_fraction
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, require_law
from symdiff.evidence.counting.terrain import Walk, WalledSteps
from symdiff.evidence.counting.walled import start_place
from symdiff.model.jump_model import JumpModel
from symdiff.notation.names import did_you_mean
from symdiff.notation.storable import Storable

_LONG = 300  # steps beyond which a total between walls is swept for alone
CHANCED = ("law", "first-return", "first-passage")  # kinds whose walks have the probabilities of their steps
KINDS = (*CHANCED, "self-avoiding", "non-reversing")
SYMBOLIC = "the weights are symbols: every walk is counted once, and its weight is a formula"
Site = tuple[int | str, ...]
Number = int | Fraction


@dataclass(frozen=True)
class CountRequest:
    """What is to be counted: walks of ``n`` steps of one ``kind``, from a site, to a site or to all."""

    n: int
    kind: str = "law"
    to: Site | None = None
    start: Site | None = None
    any_end: bool = False  # the total over all ends only
    all_lengths: bool = False  # the whole sequence 0..n
    any_length: bool = False  # walks of all numbers of steps together


@dataclass(frozen=True)
class SiteRow:
    """One endpoint: the number of walks (or their weight), and their probability where it is known."""

    site: Site
    walks: Number
    probability: Fraction | None
    why: str = ""
    formula: sp.Expr | None = None  # the probability, where the probabilities of a step are symbols
    weight: sp.Expr | None = None  # the summed weight of these walks, where the weights of a step are symbols


@dataclass(frozen=True)
class WalkCount(Storable):
    """Exact walk counts; iterating gives (site, number of walks)."""

    n: int
    kind: str
    start: Site
    total: Number
    rows: tuple[SiteRow, ...]
    sequence: tuple[Number, ...]
    weighted: bool
    spacings: tuple[sp.Expr, ...]
    method: str
    checked_by: str
    note: str = ""
    survival: Fraction | None = None  # with walls: the probability that the walker is still there
    sequence_weights: tuple[sp.Expr, ...] = ()  # of the sequence, where the weights of a step are symbols
    total_weight: sp.Expr | None = None  # of all walks to any end, where the weights of a step are symbols

    def walks(self, site: Any) -> Number:
        """The number of walks that end at a site; 0 where none does."""
        return next((r.walks for r in self.rows if r.site == _as_site(site)), 0)

    def probability(self, site: Any) -> Fraction | None:
        """The probability to end at a site; None where the model fixes none."""
        found = next((r.probability for r in self.rows if r.site == _as_site(site)), None)
        known = any(r.probability is not None for r in self.rows)
        return Fraction(0) if found is None and known else found

    def __iter__(self) -> Iterator[tuple[Site, Number]]:
        return iter([(r.site, r.walks) for r in self.rows])

    def to_dict(self) -> dict[Site, Number]:
        """All sites with their numbers of walks."""
        return {r.site: r.walks for r in self.rows}


def _as_site(site: Any) -> Site:
    return tuple(site) if isinstance(site, (tuple, list)) else (site,)


def count_model(
    model: JumpModel, request: CountRequest, settings: Settings | None = None, *, file_values: bool = True
) -> WalkCount:
    """Count walks of a model, with the numbers that the user set and (``file_values``) those of the file's [values].

    Where symbols remain in the probabilities of a step, those of short walks are formulas.

    Raises :class:`UsageError` for sites of the wrong dimension, unknown states and requests that make no sense,
    :class:`symdiff.errors.ResourceError` where the answer would not fit.
    """
    values = model_values(model, settings or Settings(), file_values=file_values)
    found = _count(model, request, values)
    weights = found.note == SYMBOLIC
    unknown = request.kind in CHANCED and found.rows and all(r.probability is None for r in found.rows)
    if not weights and (not unknown or request.any_length or model.clock in ("continuous", "none") or model.resets):
        return found
    from symdiff.dossier.symbolic_counts import with_formulas  # loaded when used, and it imports this module

    return with_formulas(model, request, found, values)


def _count(model: JumpModel, request: CountRequest, values: dict[sp.Symbol, sp.Expr]) -> WalkCount:
    if request.any_end and request.to is not None:
        raise UsageError(
            "the total over all ends is asked for, and one end",
            where="--any-end",
            instead="leave --to or --any-end out",
        )
    if model.resets:
        return _with_resets(model, request, values)
    steps = lattice_steps(model, values)
    start = model_site(request.start or (0,) * model.dimension, model, "the start", needs_state=bool(model.states))
    to = None if request.to is None else model_site(request.to, model, "the endpoint", needs_state=False)
    if to is not None and isinstance(steps.walks, WalledSteps):  # a site of another period is one of this
        to = (*steps.walks.terrain.wrapped(tuple(int(c) for c in to if not isinstance(c, str))),
              *(c for c in to if isinstance(c, str)))  # fmt: skip
    request = replace(request, start=start, to=to)
    if request.kind not in KINDS:
        raise UsageError(f"unknown kind of walks '{request.kind}'", instead=did_you_mean(request.kind, KINDS))
    if steps.symbolic_weights and request.any_length:
        raise NotYetError("walks of any length are not counted with symbolic weights yet", where="--any-length",
                          instead="give the weights with --set")  # fmt: skip
    if request.any_length:
        return _any_length(steps, request)
    if request.all_lengths or request.kind in ("first-return", "first-passage"):
        return _sequence(model, steps, request)
    if request.any_end and request.kind == "law" and not isinstance(steps.walks, WalledSteps):
        total = any_end_total(steps.walks, request.n, start)
        return _result(
            steps,
            request,
            total,
            (),
            "(sum of weights)^n" if not model.states else "recurrence of the sums of weights",
            "",
        )
    if request.kind == "law" and to is not None:
        return _one_site(model, steps, request)
    if request.any_end and request.kind == "law" and _total_by_sweep(steps.walks, request):
        return replace(_sequence(model, steps, replace(request, all_lengths=True)), sequence=())
    return _law(model, steps, request)


def _total_by_sweep(walks: Walk, request: CountRequest) -> bool:
    """Whether a total between walls is had without the law of all ends."""
    if not isinstance(walks, WalledSteps) or request.n <= _LONG or not sweeps_by_rows(walks):
        return False
    return places_seen(walks, start_place(walks, request.start)) is None


def _with_resets(model: JumpModel, request: CountRequest, values: dict[sp.Symbol, sp.Expr]) -> WalkCount:
    from symdiff.dossier.reset_counts import count_with_resets  # loaded when used, and it imports this module

    start = model_site(request.start or (0,) * model.dimension, model, "the start", needs_state=bool(model.states))
    to = None if request.to is None else model_site(request.to, model, "the endpoint", needs_state=False)
    return count_with_resets(model, replace(request, start=start, to=to), values)


def model_values(model: JumpModel, settings: Settings, *, file_values: bool = True) -> dict[sp.Symbol, sp.Expr]:
    """Values that the user set, else those of the file."""
    table = {p.name: p.symbol for p in model.parameters}
    merged = (dict(model.values) if file_values else {}) | dict(settings.values)
    return {table[name]: value for name, value in merged.items() if name in table}


def model_site(site: Site, model: JumpModel, what: str, *, needs_state: bool) -> Site:
    """A site with integer coordinates, followed by a state where one is named; checked against the model."""
    coordinates = [c for c in site if not isinstance(c, str)]
    names = [c for c in site if isinstance(c, str)]
    if len(coordinates) != model.dimension:
        raise UsageError(f"{what} has {len(coordinates)} coordinates, the model has {model.dimension}",
                         instead=f"write {','.join(['0'] * model.dimension)}")  # fmt: skip
    if len(names) > 1 or (names and names[0] not in model.states):
        raise UsageError(f"'{names[-1]}' is no state of the model", where=what,
                         instead=did_you_mean(names[-1], model.states) if model.states else "leave the state out")  # fmt: skip
    if needs_state and not names:
        zeros = ["0"] * model.dimension
        listed = f'[{", ".join(zeros)}, "{model.states[0]}"]'
        raise UsageError("the model has internal states: in which one does the walker start?", where=what,
                         instead=f"write --from {','.join(zeros)}:{model.states[0]}, or from = {listed} in the count of a claim")  # fmt: skip
    return (*(int(c) for c in coordinates), *names)


# --- kinds --------------------------------------------------------------------------------------------------------


def _law(model: JumpModel, steps: LatticeSteps, request: CountRequest) -> WalkCount:
    if request.kind == "self-avoiding" and (request.to is not None or request.any_end):
        return replace(_sequence(model, steps, replace(request, all_lengths=True)), sequence=())
    own = {"states_are_sites": steps.states_are_sites}
    if request.kind == "law" and isinstance(steps.walks, StepSet) and request.to is None:  # every site is listed
        require_law(steps.walks, request.n, most_sites(steps.walks, request.n), DEFAULT_MAX_BYTES)
    law = law_anywhere(steps.walks, request.kind, request.n, request.start, **own)
    known = steps.chances is not None and request.kind == "law"
    chances = law_anywhere(steps.chances, "law", request.n, request.start) if known and steps.chances else None
    # all of the law at once: single sites are cut out of long integers, in time that grows with their length
    chance_of = {} if chances is None else {site: Fraction(chance) for site, chance in chances.items()}
    rows = []
    for site, walks in law.items():
        if request.to is None or matches(site, request.to):
            rows.append(SiteRow(site, walks, None if chances is None else chance_of.get(site, Fraction(0))))
    if chances is not None and request.to is None:  # resting may reach sites that no listed walk of n steps reaches
        listed = {row.site for row in rows}
        rows += [SiteRow(site, 0, chance) for site, chance in chance_of.items() if site not in listed]
        rows.sort(key=lambda row: row.site[: model.dimension])
    if request.to is not None:
        chance = (
            None if chances is None else sum((c for s, c in chance_of.items() if matches(s, request.to)), Fraction(0))
        )
        why = why_not_there(steps.walks, request.to) if not rows else ""
        rows = [SiteRow(request.to, sum((r.walks for r in rows), 0), chance, why)]
    survival = None if chances is None or not isinstance(steps.chances, WalledSteps) else Fraction(chances.total)
    result = _result(
        steps, request, law.total, () if request.any_end else tuple(rows), law.method, "; ".join(law.checked_by)
    )
    return replace(result, survival=survival)


def matches(site: Site, wanted: Site) -> bool:
    """Whether a site is the one asked for, in any state where none is asked for."""
    return site[: len(wanted)] == wanted


def _one_site(model: JumpModel, steps: LatticeSteps, request: CountRequest) -> WalkCount:
    to = request.to
    assert to is not None
    assert request.start is not None
    found = site_anywhere(steps.walks, request.n, request.start, to)
    chance: Fraction | None = None
    if steps.chances is not None:
        chance = _proportional(steps.walks, steps.chances, request.n, found.count)
        if chance is None:
            chance = Fraction(site_anywhere(steps.chances, request.n, request.start, to).count)
    row = SiteRow(to, found.count, chance, found.why or "")
    return _result(steps, request, found.total, (row,), found.method, "; ".join(found.checked_by))


def _proportional(walks: Walk, chances: Walk, n: int, count: Number) -> Fraction | None:
    """count times the probability of a walk, where all walks of n steps are equally likely."""
    if isinstance(walks, WalledSteps) and isinstance(chances, WalledSteps) and walks.terrain == chances.terrain:
        return _proportional(walks.steps, chances.steps, n, count)
    if isinstance(walks, StateSteps) and isinstance(chances, StateSteps):
        if walks.states != chances.states or len(walks.transitions) != len(chances.transitions):
            return None
        pairs = list(zip(walks.transitions, chances.transitions, strict=True))
        if any((a.source, a.target, a.step) != (b.source, b.target, b.step) for a, b in pairs):
            return None
        ratios = {Fraction(b.weight) / Fraction(a.weight) for a, b in pairs}
    elif isinstance(walks, StepSet) and isinstance(chances, StepSet) and walks.steps == chances.steps:
        ratios = {Fraction(p) / Fraction(w) for p, w in zip(chances.weights, walks.weights, strict=True)}
    else:
        return None
    if len(ratios) != 1:
        return None
    ratio = ratios.pop()
    return reduced_fraction(Fraction(count) * ratio.numerator**n, ratio.denominator**n)


def _sequence(model: JumpModel, steps: LatticeSteps, request: CountRequest) -> WalkCount:
    """Counts of 0..n steps of one kind."""
    end = request.to
    if request.kind == "first-return":
        if end not in (None, request.start):
            raise UsageError(
                "a first return ends where it starts", where="--to", instead="use --first-passage, or leave --to out"
            )
        end = None
    elif request.kind == "first-passage" and end is None:
        raise UsageError("a first passage needs its end", where="--first-passage", instead="write --to SITE")
    found = values_of(model, steps.walks, request, end, steps.states_are_sites)
    first = request.kind in ("first-return", "first-passage")
    chance = None
    if steps.chances is not None and (first or request.kind == "law"):
        chance = _proportional(steps.walks, steps.chances, request.n, found.values[-1])
        if chance is None:
            chance = Fraction(values_of(model, steps.chances, request, end, steps.states_are_sites).values[-1])
    site = request.to if request.to is not None else request.start
    assert site is not None
    shown = first or request.to is not None
    row = SiteRow(
        site,
        found.values[-1],
        chance,
        "" if found.values[-1] or request.to is None else why_not_there(steps.walks, request.to),
    )
    own = first or request.to is None or request.kind == "self-avoiding"  # a closed one is none of those to any end
    total = found.values[-1] if own else _total_of(model, steps, request)
    result = _result(steps, request, total, (row,) if shown else (), found.method, "; ".join(found.checked_by))
    survival = chance if not shown and isinstance(steps.chances, WalledSteps) else None
    return replace(result, sequence=found.values if request.all_lengths else (), survival=survival)


def _total_of(model: JumpModel, steps: LatticeSteps, request: CountRequest) -> Number:
    """The walks of n steps of this kind to any end."""
    if request.kind == "law" and not isinstance(steps.walks, WalledSteps):
        return any_end_total(steps.walks, request.n, request.start)
    return values_of(model, steps.walks, replace(request, to=None), None, steps.states_are_sites).values[-1]


def values_of(
    model: JumpModel, walk: Walk, request: CountRequest, end: Site | None, states_are_sites: bool
) -> WalkSequence:
    """The sequence, summed over the states of an end that is given by its coordinates alone."""
    ends: list[Site | None] = [end]
    if model.states and end is not None and not any(isinstance(c, str) for c in end):
        if request.kind == "first-passage":
            raise UsageError("with internal states the end needs its state", where="--to",
                             instead=f"write --to {','.join(map(str, end))}:{model.states[0]}")  # fmt: skip
        ends = [(*end, state) for state in model.states]
    found = [
        sequence_anywhere(walk, request.kind, request.n, request.start, e, states_are_sites=states_are_sites)
        for e in ends
    ]
    return found[0] if len(found) == 1 else any_state_sequence(found, tuple(int(c) for c in end or ()))


def _any_length(steps: LatticeSteps, request: CountRequest) -> WalkCount:
    """Walks of all numbers of steps together."""
    if request.kind != "law" or request.any_end or request.all_lengths:
        raise UsageError("walks of any length are counted for all walks from a start to one end",
                         where="--any-length", instead="leave the other kinds out")  # fmt: skip
    if request.to is None:
        raise UsageError("walks of any length need their end", where="--any-length", instead="write --to SITE")
    assert request.start is not None
    if steps.states and not any(isinstance(c, str) for c in request.to):
        raise UsageError("with internal states the end needs its state", where="--to",
                         instead=f"write --to {','.join(map(str, request.to))}:{steps.states[0]}")  # fmt: skip
    found = any_length(steps.walks, request.start, request.to)
    row = SiteRow(request.to, found.count, None, "" if found.count else "no walk leads there")
    n = replace(request, n=found.longest or 0)
    return _result(steps, n, found.count, (row,), found.method, "; ".join(found.checked_by))


def _result(
    steps: LatticeSteps, request: CountRequest, total: Number, rows: tuple[SiteRow, ...], method: str, checked: str
) -> WalkCount:
    weighted = isinstance(total, Fraction) or any(isinstance(r.walks, Fraction) for r in rows)
    assert request.start is not None
    return WalkCount(
        request.n,
        request.kind,
        request.start,
        total,
        rows,
        (),
        weighted,
        steps.spacings,
        method,
        checked,
        SYMBOLIC if steps.symbolic_weights else steps.why_no_chances,
    )


# --- documents ----------------------------------------------------------------------------------------------------


def count_document(found: WalkCount) -> dict[str, Any]:
    """The JSON document of ``symdiff count``."""
    key = "weight" if found.weighted else "walks"
    counts = []
    for row in found.rows:
        entry: dict[str, Any] = {"site": list(row.site), key: exact_text(row.walks)}
        entry["probability"] = None if row.probability is None else exact_text(row.probability)
        if row.formula is not None:
            entry["probability"] = sp.sstr(row.formula)
        if row.weight is not None:
            entry["weight"] = sp.sstr(row.weight)
        if row.why:
            entry["why"] = row.why
        counts.append(entry)
    document: dict[str, Any] = {"n": found.n, "total": exact_text(found.total), "counts": counts, "method": found.method,
                                "checked_by": found.checked_by, "kind": found.kind, "start": list(found.start)}  # fmt: skip
    if found.sequence:
        document["sequence"] = [exact_text(v) for v in found.sequence]
    if found.sequence_weights:
        document["sequence_weights"] = [sp.sstr(w) for w in found.sequence_weights]
    if found.total_weight is not None:
        document["total_weight"] = sp.sstr(found.total_weight)
    if any(s != 1 for s in found.spacings):
        document["spacing"] = [str(s) for s in found.spacings]
    if found.note:
        document["no_probability"] = found.note
    if found.survival is not None:
        document["survival"] = exact_text(found.survival)
    return document
