"""What the animation of a crowd needs: its rules as tables over numbers of agents, the mean field on the lattice, and the solution.

Agents follow the tables, the law is the mean field of the same rules on the sites, the curve is the equation's; the three meet on
the screen only. In more dimensions the profile depends on the first coordinate, so that law and curve do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.picture import picture_numbers
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_functions import SHAPES, all_functions, draw_waves, free_functions
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_scope import check_scope
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic, evaluate_arrays
from symdiff.evidence.propagation.crowd_ring import CrowdRing
from symdiff.evidence.solution.nonlinear import RingSolver
from symdiff.model.crowd import Participant
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

SITES = 121
FRAMES = 40
TICKS = 120  # of the agents' clock until the last frame
JUMPS = 60  # of an agent, about, in this time
ROWS = {2: (32,), 3: (8, 8)}  # sites along the further coordinates
MOST_AGENTS = 15  # on a site, where the model sets no limit
MOST_ENTRIES = 100_000  # of all tables together
WIDTH = 7  # sites, of the bumps at the start
BACKGROUND, BUMP = 0.12, 0.6  # mean agents per site at the start, against the most that fit (no limit: against one)
PRECISION = 1e-6
ROUGH = 1e-2  # share of the shortest waves in a solution that the grid no longer resolves
DRAWS, SHRINKS = 6, (1.0, 0.5, 0.25, 0.125)  # values to try, where a rate is negative, and smaller lattices

Agent = tuple[int, tuple[int, ...]]
"""State, and sites from the place of the event along every coordinate."""


@dataclass(frozen=True)
class Rule:
    """One event: agents that go and come, the agents whose numbers its rate reads, and the rate per place over these numbers.

    ``table`` has one row, or one per site along the first coordinate; its columns run over the numbers 0..cap of ``seen``, the last
    fastest. Sets of agents that go are counted in. ``bounds[n][m]`` is the largest rate with n of the first of the agents that go
    (n = 0 where none goes) and at most m of all others.
    """

    gone: tuple[Agent, ...]
    come: tuple[Agent, ...]
    seen: tuple[Agent, ...]
    table: FloatArray
    bounds: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class CrowdScene:
    """Rules, means at the start, mean field and solution at ``times``, each of shape (times, states, sites).

    ``solution`` may end before the last time: where it stops being smooth.
    """

    regime: str
    spacing: float
    sites: tuple[int, ...]
    cap: int
    limited: bool
    states: tuple[str, ...]
    rules: tuple[Rule, ...]
    start: FloatArray
    tick: float
    times: FloatArray
    law: FloatArray
    solution: FloatArray
    note: str

    def document(self) -> dict[str, Any]:
        """The scene as plain JSON, without what all scenes have."""
        return {
            "kind": "crowd", "regime": self.regime, "spacing": self.spacing, "sites": list(self.sites), "cap": self.cap,
            "limited": self.limited, "states": list(self.states),
            "rules": [
                {"gone": _plain(r.gone), "come": _plain(r.come), "seen": _plain(r.seen), "rows": len(r.table),
                 "table": _short(r.table, 7).ravel().tolist(), "bounds": [list(b) for b in r.bounds]} for r in self.rules
            ],
            "start": self.start.tolist(), "tick": self.tick, "times": _short(self.times, 6).tolist(), "law": _short(self.law, 5).tolist(),
            "solution": _short(self.solution, 5).tolist(), "note": self.note,
        }  # fmt: skip


def _plain(agents: tuple[Agent, ...]) -> list[list[int]]:
    return [[state, *away] for state, away in agents]


def _short(values: FloatArray, digits: int) -> FloatArray:
    """Rounded to a number of significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
    return np.asarray(np.round(values * 10.0 ** (digits - 1 - power)) / 10.0 ** (digits - 1 - power))


def crowd_scene(
    model: JumpModel, limit: ContinuumLimit, settings: Settings
) -> tuple[CrowdScene, dict[sp.Symbol, float]]:
    """The scene of a crowd in one regime, and the values of the parameters at which it is drawn.

    Raises :class:`NotYetError` for rules that are not followed agent by agent, with the reason.
    """
    check_scope(model, "mean field")
    if model.clock != "continuous" or not model.rests:
        raise NotYetError("agents that see each other are animated in continuous time, and moving by jumps alone")
    if sorted(e.density for e in limit.equations) != sorted(model.state_names):
        raise NotYetError("crowds whose densities are sums of states are not animated yet")
    stripes = model.dimension > 1
    for values, functions, told in _choices(model, limit, settings):
        ring = CrowdRing(model, values, SITES, functions, stripes=stripes)
        try:
            cap, rules = _rules(model, ring, _spacings(model, values))
            notes = [*told, *(["the profile depends on the first coordinate only"] if stripes else [])]
            break
        except _NegativeRateError:
            continue
    else:
        raise UsageError("at these values a rate is negative: the rules are no process", instead="move a slider")
    limited = model.crowd.occupancy is not None or cap == 1
    start = _start(len(model.state_names), cap if limited else 1)
    times, law = _mean_field(ring, start, cap, limited)
    solution = _solution(model, limit, values, functions, ring, start, times)
    if len(solution) == 0:
        notes.append("the equation is ill-posed, or too stiff to be solved, from this profile: there is no curve")
    elif len(solution) < len(times):
        notes.append(f"at t = {times[len(solution) - 1]:.3g} the solution is no longer smooth: the curve ends there")
    if limit.closure.kind != "exact":
        notes.append(f"the closure is {limit.closure.kind}: agents may part from law and curve")
    scene = CrowdScene(limit.regime.name, ring.spacing, (SITES, *ROWS.get(model.dimension, ())), cap, limited, model.state_names, rules,
                       start, float(times[-1]) / TICKS, times, law, solution, "; ".join(notes))  # fmt: skip
    return scene, values


class _NegativeRateError(Exception):
    """A rate is negative for one agent on a site."""


def _choices(
    model: JumpModel, limit: ContinuumLimit, settings: Settings
) -> Iterator[tuple[dict[sp.Symbol, float], Functions, list[str]]]:
    """Values and open functions to try, one after the other, with what a reader must know."""
    for attempt in range(DRAWS):
        base = base_values(model, settings, attempt, simple=True)
        for factor in SHRINKS:
            values = picture_numbers(model, limit, base, factor)
            for functions, notes in _functions(model, values):
                yield values, functions, notes
            if not base.drawn:
                return


def _functions(model: JumpModel, values: dict[sp.Symbol, float]) -> Iterator[tuple[Functions, list[str]]]:
    """The open functions as waves of several sizes that fit on the ring."""
    free = free_functions(model)
    if not free:
        yield {}, []
        return
    if model.dimension > 1 or any(f.arguments != model.coordinates for f in free):
        raise NotYetError(
            "functions of anything but place on a line that are left open have no numbers", instead="write them out"
        )
    period = SITES * _spacings(model, values)[0]
    for shape in SHAPES:
        generator = random.Random(1)
        drawn = {f.name: draw_waves(f, generator, dict.fromkeys(f.arguments, period), shape) for f in free}
        told = [
            f"for {n}({', '.join(model.coordinates)}), which is left open: {w.text(model.coordinates)}"
            for n, w in drawn.items()
        ]
        yield {f.name: all_functions(model, drawn, values)[f.name] for f in free}, told


def _spacings(model: JumpModel, values: dict[sp.Symbol, float]) -> list[float]:
    """The distance of sites along every coordinate."""
    found = []
    for axis in range(model.dimension):
        moves = [abs(float(evaluate(j.displacement[axis], values, array_arithmetic()))) for j in model.jumps]
        if not any(moves):
            raise NotYetError("nothing moves along one of the coordinates")
        found.append(min(m for m in moves if m > 0))
    return found


# --- the rules ------------------------------------------------------------------------------------------------------


def _rules(model: JumpModel, ring: CrowdRing, spacings: list[float]) -> tuple[int, tuple[Rule, ...]]:
    """The most agents on a site, and every event as a table."""
    limit = model.crowd.occupancy
    events = [(e, rate, _seen(model, ring, e.gone, rate, spacings)) for e, rate in ring.events]
    cap = round(ring.number(limit)) if limit is not None else MOST_AGENTS
    if cap < 1:
        raise UsageError("at these values no agent fits on a site", instead="move a slider")
    rows = {n: SITES if _placed(rate, ring) else 1 for n, (_, rate, _) in enumerate(events)}
    while sum(rows[n] * (cap + 1) ** len(seen) for n, (_, _, seen) in enumerate(events)) > MOST_ENTRIES:
        if limit is not None or cap == 1:
            raise NotYetError("the rates read the numbers of too many agents to be tabulated")
        cap -= 1
    tables = [_table(ring, e.gone, rate, seen, cap, rows[n], spacings) for n, (e, rate, seen) in enumerate(events)]
    parts = [_within(t, cap, seen) for t, (_, _, seen) in zip(tables, events, strict=True)]
    while any(np.min(t) < -1e-12 for t in parts):
        if limit is not None or cap == 1:
            raise _NegativeRateError
        cap -= 1
        parts = [_within(t, cap, seen) for t, (_, _, seen) in zip(tables, events, strict=True)]
    return cap, tuple(
        Rule(_agents(ring, e.gone, spacings), _agents(ring, e.come, spacings), seen, np.maximum(table, 0.0).reshape(len(table), -1),
             _bounds(table, cap, first_goes=bool(e.gone)))
        for (e, _, seen), table in zip(events, parts, strict=True)
    )  # fmt: skip


def _within(table: FloatArray, most: int, seen: tuple[Agent, ...]) -> FloatArray:
    """The part of a table with at most so many agents on every place, zero where states together are more."""
    part = _cut(table, most)
    axes = np.meshgrid(*[np.arange(n) for n in part.shape[1:]], indexing="ij", sparse=True)
    fits = np.ones(part.shape, dtype=bool)
    for place in {away for _, away in seen}:
        total = sum((a for a, (_, away) in zip(axes, seen, strict=True) if away == place), np.zeros(1))
        fits &= total <= most
    return np.where(fits, part, 0.0)


def _cut(table: FloatArray, most: int) -> FloatArray:
    """The part of a table with at most so many agents of every kind."""
    return table[(slice(None), *(slice(0, most + 1),) * (table.ndim - 1))]


def _bounds(table: FloatArray, cap: int, *, first_goes: bool) -> tuple[tuple[float, ...], ...]:
    """The largest rates, per number of the first agent that goes and the most of the others."""
    if not first_goes:
        return (tuple(float(np.max(_cut(table, m), initial=0.0)) for m in range(cap + 1)),)
    by_number = np.moveaxis(table, 1, 0)
    return tuple(tuple(float(np.max(_cut(part, m), initial=0.0)) for m in range(cap + 1)) for part in by_number)


def _placed(rate: sp.Expr, ring: CrowdRing) -> bool:
    return any(c.func.__name__ in ring.functions for c in rate.atoms(AppliedUndef))


def _away(ring: CrowdRing, displacement: tuple[sp.Expr, ...], spacings: list[float]) -> tuple[int, ...]:
    found = []
    for r, spacing in zip(displacement, spacings, strict=True):
        sites = ring.number(r) / spacing
        if abs(sites - round(sites)) > 1e-6:
            raise NotYetError("the rules name places that are no sites")
        found.append(round(sites))
    return tuple(found)


def _agents(ring: CrowdRing, agents: tuple[Participant, ...], spacings: list[float]) -> tuple[Agent, ...]:
    return tuple((ring.names.index(p.state), _away(ring, p.displacement, spacings)) for p in agents)


def _seen(
    model: JumpModel, ring: CrowdRing, gone: tuple[Participant, ...], rate: sp.Expr, spacings: list[float]
) -> tuple[Agent, ...]:
    """The numbers that an event's rate depends on: of the agents that go, and at the sites that the rule names."""
    found = list(_agents(ring, gone, spacings))
    for call in sorted(rate.atoms(AppliedUndef), key=str):
        if call.func.__name__ in ring.names:
            found.append(_named(model, ring, call, spacings))
    return tuple(dict.fromkeys(found))


def _named(model: JumpModel, ring: CrowdRing, call: AppliedUndef, spacings: list[float]) -> Agent:
    away = tuple(sp.expand(a - c) for a, c in zip(call.args, model.coordinate_symbols, strict=False))
    return ring.names.index(call.func.__name__), _away(ring, away, spacings)


def _table(
    ring: CrowdRing, gone: tuple[Participant, ...], rate: sp.Expr, seen: tuple[Agent, ...], cap: int, rows: int,
    spacings: list[float],
) -> FloatArray:  # fmt: skip
    """The rate of an event over places and numbers, times the number of sets of agents that can go."""
    shape = (rows, *(cap + 1,) * len(seen))
    axes = np.meshgrid(*[np.arange(n, dtype=float) for n in shape], indexing="ij", sparse=True)
    numbers = dict(zip(seen, axes[1:], strict=True))
    local = {**ring.values, ring.place: axes[0] * ring.spacing}

    def call(e: AppliedUndef, orders: tuple[int, ...]) -> FloatArray:
        if e.func.__name__ in ring.functions:
            return evaluate_arrays(e, local, ring.functions)
        return np.asarray(numbers[_named(ring.model, ring, e, spacings)])

    ways = np.ones(shape)
    left = dict(numbers)
    for agent in _agents(ring, gone, spacings):
        ways = ways * np.maximum(left[agent], 0.0)
        left[agent] = left[agent] - 1
    with np.errstate(divide="ignore", invalid="ignore"):  # where nothing can go
        found = np.broadcast_to(np.asarray(evaluate(rate, local, array_arithmetic(), call), dtype=float), shape)
        found = np.where(ways > 0, found * ways, 0.0)
    if not np.all(np.isfinite(found)):
        raise UsageError(
            "at these values a rate has no finite value for some numbers of agents", instead="move a slider"
        )
    return found


# --- densities ------------------------------------------------------------------------------------------------------


def _start(states: int, most: int) -> FloatArray:
    """Mean agents per site: a bump for every state, beside each other, on a background."""
    x = np.arange(SITES)
    centres = (SITES - 1) / 2 + 2 * WIDTH * (np.arange(states) - (states - 1) / 2)
    bumps = np.exp(-(((x[None, :] - centres[:, None]) / WIDTH) ** 2) / 2)
    return np.asarray(most * (BACKGROUND / states + BUMP * bumps / max(float(bumps.sum(axis=0).max()), 1.0)))


def _mean_field(ring: CrowdRing, start: FloatArray, cap: int, limited: bool) -> tuple[FloatArray, FloatArray]:
    """The times of the frames, and the mean field at each; it ends before a growing density is more than the tables hold."""
    moving = sum(
        float(np.sum(ring.activity(e, rate, start))) for e, rate in ring.events if len(e.gone) == len(e.come) == 1
    )
    if moving <= 0:
        raise UsageError("nothing moves", instead="move a slider")
    last = JUMPS * float(start.sum()) / moving
    for _ in range(4):
        times = np.linspace(0, last, FRAMES + 1)[1:]
        try:
            law = ring.mean_fields(start, times)
        except ArithmeticError:
            last /= 8
            continue
        crowded = law.sum(axis=1).max(axis=1) > max(cap / 3, 1.5)
        if not limited and crowded.any():
            first = int(np.argmax(crowded))
            last = float(times[first - 1]) if first else float(times[0]) / 2
            continue
        return times, law
    raise NotYetError(
        "the densities grow without bound, or the rules are too stiff to be followed at these values",
        instead="move a slider",
    )


def _solution(
    model: JumpModel, limit: ContinuumLimit, values: dict[sp.Symbol, float], functions: Functions, ring: CrowdRing,
    start: FloatArray, times: FloatArray,
) -> FloatArray:  # fmt: skip
    """The equation's solution as far as it is resolved: no steps that the grid cannot hold."""
    order = [next(e for e in limit.equations if e.density == n) for n in model.state_names]
    solver = RingSolver(order, values, SITES * ring.spacing, SITES, functions, stripes=model.dimension > 1)
    count = len(times)
    while count:
        try:
            found = solver.solutions(start, times[:count], PRECISION)
        except ArithmeticError:
            count //= 4
            continue
        spectra = np.abs(np.fft.rfft(found, axis=2))[:, :, 1:]
        largest = np.maximum(spectra.max(axis=2), ROUGH * SITES * np.abs(found).max(axis=2))
        rough = (spectra[:, :, -SITES // 6 :].max(axis=2) > ROUGH * largest).any(axis=1)
        return found[: int(np.argmax(rough))] if rough.any() else found
    return np.zeros((0, *start.shape))
