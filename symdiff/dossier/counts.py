"""Exact walk counts of a model: the endpoint law, one site, sequences, first visits, walks with memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.dossier.lattice_steps import LatticeSteps, WalkSteps, lattice_steps
from symdiff.dossier.settings import Settings
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import (
    EndpointLaw,
    StateSteps,
    any_end_sequence,
    any_end_total,
    endpoint_law,
    exact_text,
    first_passage,
    first_return,
    non_reversing_law,
    self_avoiding_law,
    self_avoiding_sequence,
    sequence,
    site_count,
    state_endpoint_law,
)
from symdiff.model.jump_model import JumpModel
from symdiff.notation.names import did_you_mean
from symdiff.notation.storable import Storable

KINDS = ("law", "first-return", "first-passage", "self-avoiding", "non-reversing")
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


@dataclass(frozen=True)
class SiteRow:
    """One endpoint: the number of walks (or their weight), and their probability where it is known."""

    site: Site
    walks: Number
    probability: Fraction | None
    why: str = ""


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


def count_model(model: JumpModel, request: CountRequest, settings: Settings | None = None) -> WalkCount:
    """Count walks of a model.

    Raises :class:`UsageError` for sites of the wrong dimension, unknown states and requests that make no sense,
    :class:`symdiff.errors.ResourceError` where the answer would not fit.
    """
    steps = lattice_steps(model, _values(model, settings or Settings()))
    start = _site(request.start or (0,) * model.dimension, model, "the start", needs_state=bool(model.states))
    to = None if request.to is None else _site(request.to, model, "the endpoint", needs_state=False)
    request = replace(request, start=start, to=to)
    if request.kind not in KINDS:
        raise UsageError(f"unknown kind of walks '{request.kind}'", instead=did_you_mean(request.kind, KINDS))
    if request.all_lengths or request.kind in ("first-return", "first-passage"):
        return _sequence(model, steps, request)
    if request.any_end and to is not None:
        raise UsageError(
            "the total over all ends is asked for, and one end", where="--any-end", instead="leave --to out"
        )
    if request.any_end and request.kind == "law":
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
    return _law(model, steps, request)


def _values(model: JumpModel, settings: Settings) -> dict[sp.Symbol, sp.Expr]:
    """Values that the user set, else those of the file."""
    table = {p.name: p.symbol for p in model.parameters}
    merged = dict(model.values) | dict(settings.values)
    return {table[name]: value for name, value in merged.items() if name in table}


def _site(site: Site, model: JumpModel, what: str, *, needs_state: bool) -> Site:
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
        example = f"{','.join(['0'] * model.dimension)}:{model.states[0]}"
        raise UsageError("the model has internal states: in which one does the walker start?", where=what,
                         instead=f"write --from {example}")  # fmt: skip
    return (*(int(c) for c in coordinates), *names)


# --- kinds --------------------------------------------------------------------------------------------------------


def _whole_law(steps: WalkSteps, request: CountRequest) -> EndpointLaw:
    if request.kind == "self-avoiding":
        return self_avoiding_law(steps, request.n, request.start, states_are_sites=False)
    if request.kind == "non-reversing":
        return non_reversing_law(steps, request.n, request.start, states_are_sites=False)
    if isinstance(steps, StateSteps):
        return state_endpoint_law(steps, request.n, request.start)
    return endpoint_law(steps, request.n, request.start)


def _law(model: JumpModel, steps: LatticeSteps, request: CountRequest) -> WalkCount:
    if request.kind == "self-avoiding" and request.to is not None:
        return _last_of(_sequence(model, steps, replace(request, all_lengths=True)), request)
    law = _whole_law(steps.walks, request)
    chances = _whole_law(steps.chances, request) if steps.chances is not None and request.kind == "law" else None
    rows = []
    for site, walks in law.items():
        if request.to is None or _matches(site, request.to):
            rows.append(SiteRow(site, walks, None if chances is None else _chance(chances, site)))
    if chances is not None and request.to is None:  # resting may reach sites that no listed walk of n steps reaches
        known = {row.site for row in rows}
        rows += [SiteRow(site, 0, _chance(chances, site)) for site, _ in chances.items() if site not in known]
    if request.to is not None:
        rows = [_summed(rows, request.to)]
    if request.any_end:
        rows = []
    return _result(steps, request, law.total, tuple(rows), law.method, "; ".join(law.checked_by))


def _matches(site: Site, wanted: Site) -> bool:
    return site[: len(wanted)] == wanted


def _summed(rows: list[SiteRow], site: Site) -> SiteRow:
    chances = [r.probability for r in rows if r.probability is not None]
    return SiteRow(site, sum((r.walks for r in rows), 0), sum(chances, Fraction(0)) if chances else None)


def _chance(law: EndpointLaw, site: Site) -> Fraction:
    """The probability of a site: weights of one step sum to one, so that weights of walks are probabilities."""
    return Fraction(law.walks(site))


def _one_site(model: JumpModel, steps: LatticeSteps, request: CountRequest) -> WalkCount:
    to = request.to
    assert to is not None
    if isinstance(steps.walks, StateSteps):
        return _law(model, steps, request)
    found = site_count(steps.walks, request.n, to, request.start)
    chance: Fraction | None = None
    if steps.chances is not None and not isinstance(steps.chances, StateSteps):
        chance = Fraction(site_count(steps.chances, request.n, to, request.start).count)
    row = SiteRow(to, found.count, chance, found.why or "")
    return _result(steps, request, found.total, (row,), found.method, "; ".join(found.checked_by))


def _sequence(model: JumpModel, steps: LatticeSteps, request: CountRequest) -> WalkCount:
    """Counts of 0..n steps of one kind."""
    walks, n, start = steps.walks, request.n, request.start
    end = request.to
    if model.states and end is not None and not any(isinstance(c, str) for c in end):
        raise UsageError(
            "with internal states the end needs its state",
            where="--to",
            instead=f"write --to {end[0]}:{model.states[0]}",
        )
    if request.kind == "first-return":
        if end not in (None, start):
            raise UsageError(
                "a first return ends where it starts", where="--to", instead="use --first-passage, or leave --to out"
            )
        found = first_return(walks, n, start)
    elif request.kind == "first-passage":
        if end is None:
            raise UsageError("a first passage needs its end", where="--first-passage", instead="write --to SITE")
        found = first_passage(walks, n, start, end)
    elif request.kind == "self-avoiding":
        found = self_avoiding_sequence(walks, n, start, end, states_are_sites=False)
    elif request.kind == "non-reversing":
        raise NotYetError(
            "sequences of non-reversing walks are not handled yet",
            where="--sequence",
            instead="ask for one number of steps",
        )
    elif end is None:
        found = any_end_sequence(walks, n, start)
    else:
        found = sequence(walks, n, start, end)
    site = request.to if request.to is not None else start
    assert site is not None
    last = SiteRow(site, found.values[-1], None)
    rows = (last,) if request.kind in ("first-return", "first-passage") or request.to is not None else ()
    result = _result(steps, request, found.values[-1], rows, found.method, "; ".join(found.checked_by))
    return replace(result, sequence=found.values if request.all_lengths else ())


def _last_of(result: WalkCount, request: CountRequest) -> WalkCount:
    return replace(result, sequence=(), kind=request.kind)


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
        steps.why_no_chances,
    )


# --- documents ----------------------------------------------------------------------------------------------------


def count_document(found: WalkCount) -> dict[str, Any]:
    """The JSON document of ``symdiff count``."""
    key = "weight" if found.weighted else "walks"
    counts = []
    for row in found.rows:
        entry: dict[str, Any] = {"site": list(row.site), key: exact_text(row.walks)}
        entry["probability"] = None if row.probability is None else exact_text(row.probability)
        if row.why:
            entry["why"] = row.why
        counts.append(entry)
    document: dict[str, Any] = {"n": found.n, "total": exact_text(found.total), "counts": counts, "method": found.method,
                                "checked_by": found.checked_by, "kind": found.kind, "start": list(found.start)}  # fmt: skip
    if found.sequence:
        document["sequence"] = [exact_text(v) for v in found.sequence]
    if any(s != 1 for s in found.spacings):
        document["spacing"] = [str(s) for s in found.spacings]
    if found.note:
        document["no_probability"] = found.note
    return document
