"""The exact right-hand side of the mean-field master equation at one place, in numbers, from the rules alone.

The mean field puts the mean number of agents per site in the place of the number, as the rules are written. Densities and
functions of place are given smooth functions, evaluated at the sites that the rules name: no grid and no expansion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.step_rule import step_rule
from symdiff.evidence.propagation.zero_range import SiteLaw
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import Event, events, is_crowd
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Place = tuple[Number, ...]
Field = Callable[[Place, tuple[int, ...]], Number]
"""A smooth function of place and its partial derivatives: (place, orders of the derivatives) -> value."""
SPARE = 60  # bits fewer to which two places are the same
MOST_CORRECTIONS = 60  # of the place from which a jump leads here; each doubles the digits


@dataclass(frozen=True)
class Move:
    """A displacement: the same everywhere (``fixed``), or a function of the place that is left (``varying``)."""

    fixed: Place | None
    varying: tuple[sp.Expr, ...] = ()


Rules = list[tuple[Event, list[Move], Number]]  # an event, its displacements, and the share of its activity


class MeanField:
    """Rates of change, or steps, of the densities of all states; ``fields`` are the densities and the functions of place.

    A step of random length is a few steps of fixed length with the same moments up to the 11th (:mod:`.step_rule`).
    With a site rate (zero range) its mean in local equilibrium takes the place of the density of those who leave.
    Raises :class:`NotYetError` for laws without moments, crowds with displacements that depend on place, rods.
    """

    def __init__(self, model: JumpModel, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]) -> None:
        if model.crowd.rod_length is not None and model.crowd.rod_length != 1:
            raise NotYetError("rods are not cross-checked yet: no law of the gaps between them is propagated")
        self.model, self.values, self.fields = model, values, fields
        if model.crowd.site_rate is not None:
            self.sites = site_law(model, values)
        found = events(model.jumps, model.crowd, model.state_names, model.dimension)
        one = mpmath.mpf(1)
        rules = [(e, [self._move(p.displacement) for p in (*e.gone, *e.come)], one) for e in found]
        jumps = len(found) - len(model.crowd.reactions)
        self.jumps, self.reactions = [*rules[:jumps], *self._random_jumps()], rules[jumps:]
        self.flows = {name: self._flow(i, name) for i, name in enumerate(model.state_names)}

    def _move(self, displacement: tuple[sp.Expr, ...]) -> Move:
        if not any(r.free_symbols & set(self.model.coordinate_symbols) for r in displacement):
            return Move(tuple(evaluate(r, self.values, mp_arithmetic()) for r in displacement))
        if self.model.crowd.reactions or is_crowd(self.model):
            raise NotYetError("crowds with displacements that depend on place are not cross-checked yet")
        return Move(None, displacement)

    def _random_jumps(self) -> Rules:
        """The jumps of random length, each as a few of fixed length."""
        found: Rules = []
        places = {*self.model.coordinate_symbols, self.model.time}
        for jump in self.model.jumps:
            if jump.law is None:
                continue
            shown = (
                *jump.displacement,
                *(e for _, e in jump.law.arguments),
                *(e for row in jump.directions for e in row),
            )
            if any(e.free_symbols & places or e.atoms(AppliedUndef) for e in shown) or len(jump.directions) != 1:
                raise NotYetError("steps whose law depends on place are not cross-checked at single places yet")
            base, along = (self.numbers(v, ()) for v in (jump.displacement, jump.directions[0]))
            whole = replace(jump, law=None)
            for event in events((whole,), INDEPENDENT, self.model.state_names, self.model.dimension):
                for length, weight in step_rule(jump.law, lambda e: self.numbers((e,), ())[0]):
                    landed = tuple(r + length * e for r, e in zip(base, along, strict=True))
                    found.append((event, [Move(tuple(mpmath.mpf(0) for _ in landed)), Move(landed)], weight))
        return found

    def _home(self, move: Move, place: Place) -> tuple[Place, Number]:
        """The place from which a displacement leads to ``place``, and dy/dx there: how much closer walkers lie where they land.

        By Newton's method from y = x - r(x). Raises ArithmeticError where it does not settle.
        """
        if move.fixed is not None:
            return tuple(x - r for x, r in zip(place, move.fixed, strict=True)), mpmath.mpf(1)
        coordinates = self.model.coordinate_symbols
        slopes = [[sp.diff(r, x) for x in coordinates] for r in move.varying]
        home = tuple(x - r for x, r in zip(place, self.numbers(move.varying, place), strict=True))
        for _ in range(MOST_CORRECTIONS):
            landed = [y + r for y, r in zip(home, self.numbers(move.varying, home), strict=True)]
            jacobian = mpmath.eye(len(place)) + mpmath.matrix([self.numbers(row, home) for row in slopes])
            gap = [a - b for a, b in zip(landed, place, strict=True)]
            if max(map(abs, gap)) <= mpmath.ldexp(1 + max(map(abs, place)), 8 - mpmath.mp.prec):
                return home, 1 / abs(mpmath.det(jacobian))
            change = mpmath.lu_solve(jacobian, mpmath.matrix(gap))
            home = tuple(y - c for y, c in zip(home, change, strict=True))
        raise ArithmeticError("no place was found from which a jump leads here")

    def numbers(self, expressions: Sequence[sp.Expr], place: Place) -> Place:
        """Expressions of parameters, coordinates and functions of place at one place; () where they speak of none."""
        local = {**self.values, **dict(zip(self.model.coordinate_symbols, place, strict=False))}
        return tuple(self._number(e, local, self.fields) for e in expressions)

    def _flow(self, state: int, name: str) -> sp.Expr:
        """- d_i(v_i P) + d_ij(D_ij P) - a d_i(d_j D_ij P) of the motion inside a state."""
        motion, x = self.model.motion_of(state), self.model.coordinate_symbols
        if motion is None:
            return sp.Integer(0)
        density, total = sp.Function(name)(*x), sp.Integer(0)
        for i, v in enumerate(motion.velocity):
            total -= sp.diff(v * density, x[i])
        for i, row in enumerate(motion.diffusivity):
            for j, d in enumerate(row):
                total += sp.diff(d * density, x[i], x[j]) - motion.evaluation * sp.diff(
                    sp.diff(d, x[j]) * density, x[i]
                )
        return sp.expand(total)

    def at(self, place: Place) -> list[Number]:
        """d_t of the density of every state at one place, in continuous time."""
        values = {**self.values, **dict(zip(self.model.coordinate_symbols, place, strict=True))}
        flows = (self._number(flow, values, self.fields) for flow in self.flows.values())
        change = self._change([*self.jumps, *self.reactions], self.fields, place, {})
        return [a + b for a, b in zip(flows, change, strict=True)]

    def steps(self, count: int) -> list[dict[str, Field]]:
        """The densities after 0, 1, ..., ``count`` steps: in every one all jumps at once, then all reactions."""
        found = [dict(self.fields)]
        for _ in range(count):
            found.append(self._after(self.reactions, self._after(self.jumps, found[-1])))
        return found

    def _after(self, rules: Rules, before: dict[str, Field]) -> dict[str, Field]:
        """The densities after these rules were applied everywhere, worked out where they are asked for, once per place."""
        names, zero = self.model.state_names, (0,) * self.model.dimension
        dies = self.model.lossy and rules is self.jumps  # who makes none of the jumps
        known: dict[tuple[int, ...], list[Number]] = {}
        activities: dict[tuple[int, ...], Number] = {}

        def everything(place: Place) -> list[Number]:
            if (key := _key(place)) not in known:
                change = self._change(rules, before, place, activities, arrivals_only=dies)
                known[key] = [
                    (0 if dies else before[name](place, zero)) + c for name, c in zip(names, change, strict=True)
                ]
            return known[key]

        def field(n: int) -> Field:
            def value(place: Place, orders: tuple[int, ...]) -> Number:
                if any(orders):
                    raise NotYetError(
                        "rates that name gradients of densities are not cross-checked in discrete time yet"
                    )
                return everything(place)[n]

            return value

        return {**before, **{name: field(n) for n, name in enumerate(names)}} if rules else before

    def _change(
        self, rules: Rules, fields: Mapping[str, Field], place: Place, known: dict[tuple[int, ...], Number], *,
        arrivals_only: bool = False,
    ) -> list[Number]:  # fmt: skip
        """What all events do to the density of every state at one place; ``known`` keeps their activities."""
        change = dict.fromkeys(self.model.state_names, mpmath.mpf(0))
        for number, (event, moves, weight) in enumerate(rules):
            agents = [*((p, -1) for p in event.gone), *((p, 1) for p in event.come)]
            for (participant, sign), move in zip(agents, moves, strict=True):
                if arrivals_only and sign < 0:
                    continue
                home, share = self._home(move, place)
                if (key := (number, *_key(home))) not in known:
                    known[key] = weight * self._activity(event, moves, home, fields)
                change[participant.state] += sign * share * known[key]
        return list(change.values())

    def _activity(self, event: Event, moves: list[Move], home: Place, fields: Mapping[str, Field]) -> Number:
        """How often an event happens at a place: its intensity times the densities of the agents that it takes."""
        local = dict(zip(self.model.coordinate_symbols, home, strict=True))
        found = self._number(event.intensity, {**self.values, **local}, fields)
        zero = (0,) * len(home)
        if self.model.crowd.site_rate is not None:
            return found * self.sites.mean_rate(fields[event.gone[0].state](home, zero))
        for participant, move in zip(event.gone, moves, strict=False):
            assert move.fixed is not None  # agents that are taken stand at fixed distances
            found *= fields[participant.state](tuple(x + r for x, r in zip(home, move.fixed, strict=True)), zero)
        return found

    def _number(self, expression: sp.Expr, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]) -> Number:
        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Number:
            here = tuple(evaluate(a, values, mp_arithmetic(), call) for a in e.args)
            return fields[e.func.__name__](here, orders)

        return evaluate(expression, values, mp_arithmetic(), call)


def site_law(model: JumpModel, values: Mapping[sp.Symbol, Number]) -> SiteLaw:
    """The local equilibrium of a site under its rate."""
    name, rate = model.state_names[0], model.crowd.site_rate
    assert rate is not None
    number = sp.Dummy("n")
    of_number = rate.xreplace({sp.Function(name)(*model.coordinate_symbols): number})
    if of_number.free_symbols & set(model.coordinate_symbols) or of_number.atoms(AppliedUndef):
        raise NotYetError("site rates that depend on place are not cross-checked yet")
    return SiteLaw(lambda n: evaluate(of_number, {**values, number: mpmath.mpf(n)}, mp_arithmetic()))


def _key(place: Place) -> tuple[int, ...]:
    """The same numbers for places that differ by rounding; where they do not, a place is worked out twice."""
    return tuple(int(mpmath.ldexp(x, mpmath.mp.prec - SPARE)) for x in place)
