"""A crowd on a ring of a few sites: the exact chain over all its configurations, and the mean field of the same rules.

For the chain at most one agent fits on a site, in one dimension. The mean field puts mean numbers in the place of numbers, as the
rules are written; the chain keeps every configuration, so that their difference is the error of the closure and nothing else.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate, sparse
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic, evaluate_arrays
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import Event, events
from symdiff.notation.evaluation import evaluate

CALLS, LARGEST = 20_000, 1e6  # evaluations and densities beyond which the mean field counts as one that explodes


class CrowdRing:
    """``sites`` sites; ``functions`` gives the open functions of place, of the ring's period.

    With ``stripes`` all numbers depend on the first of several coordinates only, with ``along`` on the sum of all coordinates
    with these weights; ``in_steps`` admits discrete time, for :meth:`step`. Raises :class:`NotYetError` for rules that this cannot hold: motion between jumps, walls, places without such
    functions.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], sites: int, functions: Functions | None = None, *,
        stripes: bool = False, in_steps: bool = False, along: tuple[float, ...] | None = None,
    ) -> None:  # fmt: skip
        clocks = ("continuous", "discrete") if in_steps else ("continuous",)
        if (model.dimension != 1 and not stripes and along is None) or model.clock not in clocks or not model.rests:
            raise NotYetError("crowds on rings are worked out in one dimension and continuous time only")
        if (
            model.crowd.site_rate is not None
            or model.crowd.rod_length is not None
            or any(j.law is not None for j in model.jumps)
        ):
            raise NotYetError("site rates, rods and random steps are not worked out on rings yet")
        if (
            model.boundaries
            or any(f.body is None for f in model.functions if f.name not in (functions or {}))
            or any(j.region is not None for j in model.jumps)
        ):
            raise NotYetError("crowds beside walls, special sites or open functions are not worked out on rings yet")
        self.model, self.values, self.sites, self.functions = model, dict(values), sites, dict(functions or {})
        self.names, self.place = model.state_names, model.coordinate_symbols[0]
        self.events = [
            (e, expand_definitions(e.intensity, model.functions))
            for e in events(model.jumps, model.crowd, self.names, model.dimension)
        ]
        if any(_outside_of_calls(rate) & set(model.coordinate_symbols) for _, rate in self.events):
            raise NotYetError("rates of crowds that depend on place are not worked out on rings yet")
        self.along = along or (1.0, *(0.0,) * (model.dimension - 1))
        steps = [abs(self.distance(p.displacement)) for e, _ in self.events for p in (*e.gone, *e.come)]
        self._shifts: dict[Any, int] = {}
        longest = max(steps, default=0.0)
        self.spacing = min((s for s in steps if s > 1e-9 * longest), default=0.0)
        if self.spacing == 0:
            raise NotYetError("nothing moves: there is no lattice")

    def number(self, e: sp.Expr) -> float:
        """An expression of the parameters as a number."""
        return float(evaluate(e, self.values, array_arithmetic()))

    def shift(self, distance: float) -> int:
        """A distance in sites."""
        steps = round(distance / self.spacing)
        if abs(steps * self.spacing - distance) > 1e-9 * self.spacing:
            raise NotYetError("the rules name places that are no sites")
        return steps

    def distance(self, displacement: tuple[sp.Expr, ...]) -> float:
        """How far a displacement leads along the ring."""
        return sum(c * self.number(r) for c, r in zip(self.along, displacement, strict=True) if c)

    def sites_away(self, displacement: tuple[sp.Expr, ...]) -> int:
        """A displacement, expressions of the parameters, in sites along the ring."""
        if displacement not in self._shifts:
            self._shifts[displacement] = self.shift(self.distance(displacement))
        return self._shifts[displacement]

    def activity(self, event: Event, rate: sp.Expr, numbers: FloatArray) -> FloatArray:
        """How often an event happens at every site; ``numbers`` has the shape (states, sites, ...)."""
        total = self.intensity(rate, numbers)
        for p in event.gone:
            total = total * np.roll(numbers[self.names.index(p.state)], -self.sites_away(p.displacement), axis=0)
        return np.asarray(total)

    def intensity(self, rate: sp.Expr, numbers: FloatArray) -> FloatArray:
        """The rate of an event at every site, per set of the agents that it consumes."""
        positions = np.arange(self.sites) * self.spacing

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> FloatArray:
            if e.func.__name__ in self.functions:
                return evaluate_arrays(e, {**self.values, self.place: positions}, self.functions)
            if e not in self._shifts:
                here = zip(e.args, self.model.coordinate_symbols, strict=False)
                self._shifts[e] = self.shift(self.distance(tuple(a - x for a, x in here)))
            return np.roll(numbers[self.names.index(e.func.__name__)], -self._shifts[e], axis=0)

        found = evaluate(rate, {**self.values, self.place: positions}, array_arithmetic(), call)
        return np.broadcast_to(np.asarray(found, dtype=float), numbers[0].shape)

    # --- mean field -------------------------------------------------------------------------------------------------

    def rate_of_change(self, means: FloatArray, factor: float = 1.0) -> FloatArray:
        """d_t of the mean numbers, of shape (states, sites); ``factor`` multiplies the first event's rate."""
        return self._change(self.events, means, factor)

    def step(self, means: FloatArray) -> FloatArray:
        """The mean numbers one step later: all jumps at once, then all reactions."""
        jumps = len(self.events) - len(self.model.crowd.reactions)
        means = means + self._change(self.events[:jumps], means)
        return means + self._change(self.events[jumps:], means)

    def _change(self, happening: list[tuple[Event, sp.Expr]], means: FloatArray, factor: float = 1.0) -> FloatArray:
        change = np.zeros_like(means)
        for n, (event, rate) in enumerate(happening):
            flow = self.activity(event, rate, means) * (factor if n == 0 else 1.0)
            for agents, sign in ((event.gone, -1), (event.come, 1)):
                for p in agents:
                    change[self.names.index(p.state)] += sign * np.roll(flow, self.sites_away(p.displacement), axis=0)
        return change

    def mean_field(self, start: FloatArray, time: float, factor: float = 1.0) -> FloatArray:
        """The mean-field densities at a time."""

        def slope(_: float, u: FloatArray) -> FloatArray:
            return self.rate_of_change(u.reshape(start.shape), factor).ravel()

        found = integrate.solve_ivp(slope, (0, time), start.ravel(), method="DOP853", rtol=1e-12, atol=1e-14)
        return np.asarray(found.y[:, -1]).reshape(start.shape)

    def mean_fields(self, start: FloatArray, times: FloatArray) -> FloatArray:
        """The mean-field densities at several times, to draw them (shape (times, states, sites)).

        Raises ArithmeticError where they grow without bound.
        """
        calls = 0

        def slope(_: float, u: FloatArray) -> FloatArray:
            nonlocal calls
            calls += 1
            if calls > CALLS or not np.all(np.isfinite(u)) or np.max(np.abs(u)) > LARGEST:
                raise ArithmeticError("the densities grow without bound")
            return self.rate_of_change(u.reshape(start.shape)).ravel()

        found = integrate.solve_ivp(
            slope, (0, times[-1]), start.ravel(), method="LSODA", t_eval=times, rtol=1e-7, atol=1e-9
        )
        if not found.success:
            raise ArithmeticError(found.message)
        return np.asarray(found.y.T).reshape(len(times), *start.shape)

    # --- the exact chain --------------------------------------------------------------------------------------------

    def exact(self, start: FloatArray, time: float) -> FloatArray:
        """The exact mean numbers at a time, from independent sites with these mean numbers (uniformisation)."""
        codes, numbers, matrix, out = self._chain
        shares = np.stack([1 - start.sum(axis=0), *start])  # (kinds, sites)
        law = np.prod([shares[codes[:, i], i] for i in range(self.sites)], axis=0)
        return np.asarray(numbers @ uniformised(matrix, out, law, time))

    @functools.cached_property
    def _chain(self) -> tuple[Any, FloatArray, Any, FloatArray]:
        """All configurations, their numbers (states, sites, configurations), the rates between them, and those out of each."""
        kinds = len(self.names) + 1  # of a site: empty, or one agent of a state
        codes = np.array(list(itertools.product(range(kinds), repeat=self.sites)), dtype=np.int8)
        numbers = np.stack(
            [(codes == s + 1).T.astype(float) for s in range(len(self.names))]
        )  # (states, sites, configurations)
        weights = kinds ** np.arange(self.sites - 1, -1, -1)
        rows, columns, rates = [], [], []
        index = np.arange(len(codes))
        for event, rate in self.events:
            activity = self.activity(event, rate, numbers)
            if np.min(activity) < -1e-12:
                raise NotYetError("a rate is negative for some numbers of agents: the rules are no process")
            for site in range(self.sites):
                live = np.flatnonzero(activity[site] > 0)
                if len(live) == 0:
                    continue
                after = codes[live].astype(np.int64)
                for p in event.gone:
                    after[:, (site + self.shift(self.number(p.displacement[0]))) % self.sites] = 0
                for p in event.come:
                    at = (site + self.shift(self.number(p.displacement[0]))) % self.sites
                    if np.any(after[:, at] != 0):
                        raise NotYetError(
                            "the rules put several agents on a site: closures are measured where one fits"
                        )
                    after[:, at] = self.names.index(p.state) + 1
                rows.append(after @ weights)
                columns.append(index[live])
                rates.append(activity[site][live])
        matrix = sparse.coo_matrix(
            (np.concatenate(rates), (np.concatenate(rows), np.concatenate(columns))), shape=(len(codes),) * 2
        ).tocsr()
        out = np.asarray(matrix.sum(axis=0)).ravel()
        return codes, numbers, matrix, out


def uniformised(matrix: Any, out: FloatArray, law: FloatArray, time: float) -> FloatArray:
    """The law of the chain at a time: Poisson weights of its jump chain, in pieces (A. Jensen, 1953)."""
    top = float(out.max())
    pieces = max(1, int(np.ceil(top * time / 60)))
    mean = top * time / pieces
    for _ in range(pieces):
        term, weight, total, n = law, float(np.exp(-mean)), np.zeros_like(law), 0
        while n < mean or weight > 1e-17:
            total = total + weight * term
            term = term + (matrix @ term - out * term) / top
            n += 1
            weight *= mean / n
        law = total
    return law


def _outside_of_calls(rate: sp.Expr) -> set[sp.Symbol]:
    return set(rate.xreplace({c: sp.Dummy() for c in rate.atoms(AppliedUndef)}).free_symbols)
