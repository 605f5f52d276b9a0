"""The simulation's comparison between walls: numbers of walkers on the sites and of those absorbed, against the exact chain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from symdiff.dossier.verify_functions import all_functions, free_functions
from symdiff.dossier.verify_numbers import BaseValues
from symdiff.dossier.verify_rules import Wrong
from symdiff.dossier.verify_setting import Setting, shrinks, values_at
from symdiff.dossier.verify_sites import OUTSIDE, SiteTest
from symdiff.errors import NotYetError, ResourceError, SymdiffError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.characteristic import stationary_shares, transition_weights
from symdiff.evidence.propagation.lattice_law import GRAIN, LatticeLaw
from symdiff.evidence.propagation.walled_chain import WalledChain
from symdiff.evidence.propagation.walled_lattice import WalledLattice
from symdiff.evidence.simulation.walled import WalledOccupation
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.notation.evaluation import evaluate

NOTE = "walkers start at the site {start}, between the walls"
ROOM = 7  # spacings between walls whose distance the model leaves open
BEYOND = 1e-13  # probability of more jumps than the sites of an open side are counted for
NEAR = 8  # sites in which the start is looked for
SEEN = 1e-9  # share of the absorbed from which it is a score of its own


class WalledSiteTest(SiteTest):
    """Walkers per site, and in the last cell those that a wall absorbed."""

    def _law(self, model: JumpModel) -> LatticeLaw:
        s = self.setting
        chain = _chain(model, s.values, s.start[0], _far(model, s))
        start = np.zeros(len(chain.places))
        start[int(np.argmin(np.abs(chain.places - s.start[0])))] = 1.0
        grain = chain.spacing * GRAIN
        places = chain.places[:, None]
        (law,) = chain.laws(start, (s.amount,))
        return LatticeLaw(places, np.rint(places / grain).astype(np.int64), law[None, :], grain, 0.0)

    def _flat(self, law: LatticeLaw) -> FloatArray:
        cells = np.maximum(law.probabilities.ravel(), 0.0)
        return np.append(cells, max(1 - cells.sum(), law.missing, OUTSIDE))

    def _state_scores(self) -> list[tuple[str, FloatArray]]:
        last = np.zeros(len(self.cells))
        last[-1] = 1.0
        return [("share of the absorbed", last)] if self.cells[-1] > SEEN else []

    def _ready(self, stream: tuple[str, int]) -> None:
        s = self.setting
        self._crowd = WalledOccupation(s.model, s.values, s.functions, s.start, s.shares, s.amount, *stream)


class WalledLatticeTest(WalledSiteTest):
    """The same in more dimensions and with internal states, by the sites that can be reached."""

    def _law(self, model: JumpModel) -> LatticeLaw:
        s = self.setting
        if not isinstance(self.walk, WalledLattice):
            self.walk = WalledLattice(s.model, s.values, s.functions, s.start)
        return self.walk.law(model, s.shares, s.amount)

    def _state_scores(self) -> list[tuple[str, FloatArray]]:
        return SiteTest._state_scores(self) + super()._state_scores()


def has_chain(model: JumpModel) -> bool:
    """Whether the sites are those of a chain: one dimension, one state."""
    return model.dimension == 1 and len(model.state_names) == 1 and not model.lossy


def wrong_walls(model: JumpModel, delta: float) -> tuple[Wrong, ...]:
    """The chance, or the rate, of absorption at each wall off by +delta and by -delta."""
    found = []
    for n, boundary in enumerate(model.boundaries):
        for part in ("probability", "rate"):
            value = getattr(boundary, part)
            if value is None or value == 0:
                continue

            def off(change: float, n: int = n, part: str = part, value: sp.Expr = value) -> JumpModel:
                factor = 1 + sp.Rational(round(change * 10**6), 10**6)
                walls = list(model.boundaries)
                walls[n] = replace(walls[n], **{part: value * factor})
                fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
                return make_model({**fields, "boundaries": tuple(walls)})

            for sign in (1, -1):
                name = f"{part} of absorption at the wall of {boundary.as_text()}"
                found.append(Wrong(name, 1 + sign * delta, off(sign * delta), off(sign * 1e-3), sign * 1e-3))
    return tuple(found)


def find_walled(model: JumpModel, base: BaseValues, most: int) -> Setting:
    """Values, a site to start from and a duration for which every rule between the walls is a probability or a rate.

    Raises :class:`UsageError` where none was found, :class:`NotYetError` for walls whose chain is not known.
    """
    if free_functions(model):
        raise NotYetError("functions that are left open are not simulated beside walls yet")
    problem: SymdiffError | None = None
    for eps in shrinks(model):
        values = _with_room(model, base, values_at(model, base, eps))
        try:
            return _setting(model, base, values, most, eps)
        except UsageError as error:
            problem = error
    assert problem is not None
    raise problem


def _setting(model: JumpModel, base: BaseValues, values: dict[sp.Symbol, float], most: int, eps: float) -> Setting:
    if not has_chain(model):
        return _lattice_setting(model, values, most, eps)
    functions = all_functions(model, {}, values)
    position = model.preparation.position[0]
    wanted = _number(position, values)
    places = WalledChain(model, values, functions, wanted, NEAR).places
    start = float(places[int(np.argmin(np.abs(places - wanted)))])
    if isinstance(position, sp.Symbol) and position.name in base.drawn:
        values = {**values, position: start}  # a start that is left open is a site
    elif model.preparation.stated and abs(start - wanted) > 1e-6 * max(1.0, abs(wanted)):
        raise UsageError(f"the start {wanted:.6g} is no site between the walls", instead="choose values with --set")
    rate = float(transition_weights(model, values, functions, (start,)).sum())
    if rate <= 0:
        raise UsageError("where the walkers start no jump happens at these values", instead="choose others with --set")
    amount = float(most) if model.clock == "discrete" else most / rate
    setting = Setting(model, values, functions, {}, (start,), (1.0,), amount, eps)
    _chain(model, values, start, _far(model, setting)).matrix()  # raises where a rule is none
    return setting


def _lattice_setting(model: JumpModel, values: dict[sp.Symbol, float], most: int, eps: float) -> Setting:
    functions = all_functions(model, {}, values)
    wanted = tuple(_number(p, values) for p in model.preparation.position)
    walk = WalledLattice(model, values, functions, wanted)
    if walk.beyond(np.array([wanted]))[0] >= 0:
        if model.preparation.stated:
            raise UsageError("the start is no site between the walls", instead="choose other values with --set")
        walk = WalledLattice(model, values, functions, _inside(model, values, walk, wanted))
    start = tuple(float(x) for x in walk.places[0])
    exits = transition_weights(model, values, functions, start)
    if not exits.any():
        raise UsageError("where the walkers start no jump happens at these values", instead="choose others with --set")
    given = model.preparation.states
    shares = stationary_shares(model, exits)
    if given is not None:
        stated = {name: _number(share, values) for name, share in given}
        shares = tuple(stated.get(name, 0.0) for name in model.state_names)
    amount = float(most) if model.clock == "discrete" else most / float(exits.sum(axis=0).max())
    walk.law(model, shares, amount)  # raises where a rule is none
    return Setting(model, values, functions, {}, start, shares, amount, eps)


def _inside(
    model: JumpModel, values: Mapping[sp.Symbol, float], walk: WalledLattice, origin: tuple[float, ...]
) -> tuple[float, ...]:
    """The nearest place between the walls that some jumps away from the origin lie, walls or not."""
    steps = np.array([[_number(r, values) for r in j.displacement] for j in model.jumps
                      if not any(r.free_symbols & set(model.coordinate_symbols) for r in j.displacement)])  # fmt: skip
    places = np.array([origin])
    for _ in range(ROOM if len(steps) else 0):
        inside = places[walk.beyond(places) < 0]
        if len(inside):
            return tuple(inside[0].tolist())
        further = (places[:, None, :] + steps[None, :, :]).reshape(-1, model.dimension)
        places = np.unique(np.round(further, 12), axis=0)
    raise UsageError(
        "no site lies between the walls near the start", instead="start between the walls, as in [initial]"
    )


def _chain(model: JumpModel, values: Mapping[sp.Symbol, float], start: float, far: int) -> WalledChain:
    return WalledChain(model, values, all_functions(model, {}, values), start, far)


def _far(model: JumpModel, setting: Setting) -> int:
    """How many sites on an open side are reached, but for the probability BEYOND."""
    near = _chain(model, setting.values, setting.start[0], NEAR)
    longest, far = max(map(abs, near.shifts), default=1), NEAR
    if model.clock == "discrete":
        return int(setting.amount) * longest + 1
    for _ in range(8):  # rates may grow with the distance
        total = _chain(model, setting.values, setting.start[0], far).matrix()[1]
        mean = float(total.max(initial=0.0)) * setting.amount
        term, left, n = math.exp(-mean), -math.expm1(-mean), 0
        while left > BEYOND and n < 100 * (1 + mean):
            n += 1
            term *= mean / n
            left -= term
        if n * longest < far:
            return far
        far = n * longest + 1
    raise ResourceError("the rates grow so fast with distance that the walkers cannot be followed")


def _with_room(model: JumpModel, base: BaseValues, values: Mapping[sp.Symbol, float]) -> dict[sp.Symbol, float]:
    """Drawn parameters that only say where walls are, set to a few spacings: drawn numbers leave no site in between, or too many."""
    jumps = {s for j in model.jumps for e in (j.intensity, *j.displacement) for s in e.free_symbols}
    lengths = [_number(r, values) for j in model.jumps for r in j.displacement
               if not r.free_symbols & set(model.coordinate_symbols)]  # fmt: skip
    step, found = min((abs(r) for r in lengths if r), default=1.0), dict(values)
    for gap in (i.gap for b in model.boundaries for i in b.domain):
        for s in gap.free_symbols - jumps:
            slope = sp.diff(gap, s)
            if s.name not in base.drawn or s not in values or slope.has(*model.coordinate_symbols):
                continue
            found[s] = ROOM * step / 2 if slope.has(s) else ROOM * step / abs(_number(slope, values) or 1.0)
    return found


def _number(expression: sp.Expr, values: Mapping[sp.Symbol, float]) -> float:
    return float(evaluate(expression, values, array_arithmetic()))
