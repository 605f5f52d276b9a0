"""Observables of one walker that is put back to fixed places: stationary law, propagator, mean first passage.

At a constant rate r the walk without resetting is renewed after exponential times, so that
P(x, t) = e^(-rt) G(x, t | start) + r int_0^t e^(-rs) G(x, s | x0) ds, with the stationary law r int_0^oo e^(-rs) G(x, s | x0) ds.
The mean first passage solves L T - r T + r T(x0) = -1: T = Q/(1 - r Q(x0)) with L Q - r Q = -1.
Source: M. R. Evans, S. N. Majumdar, G. Schehr, Stochastic resetting and applications, J. Phys. A 53 (2020) 193001.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables import moments, propagators, resets_in_space
from symdiff.continuum.observables.backward import Backward, of_limit, of_model
from symdiff.continuum.observables.exit_modes import grid
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import Interval, exit_interval
from symdiff.continuum.resetting import without_gain
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement, make_model

ZERO, ONE = sp.Integer(0), sp.Integer(1)
AVERAGES = ("moment", "variance", "stationary_moment")


@dataclass(frozen=True)
class Renewed:
    """A walk on a line that is put back at a constant rate, or with a constant chance per step.

    ``modes``: the solutions b^n (n = (x - start)/spacing on the lattice, e^(b x) off it: ``spacing`` None) of the backward
    equation with the loss, the first falling and the second growing with x; ``rate`` is that of the resetting.
    """

    rate: sp.Expr
    places: tuple[tuple[sp.Expr, sp.Expr], ...]  # (place, its share of the resets)
    falling: sp.Expr
    growing: sp.Expr
    strength: sp.Expr  # of the stationary law where the walker begins anew
    spacing: sp.Expr | None
    step: sp.Expr | None

    def wave(self, base: sp.Expr, way: sp.Expr) -> sp.Expr:
        """A mode at a distance, in units of the spacing where there is one."""
        return sp.exp(base * way) if self.spacing is None else base**way


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The quantity of the microscopic model, exactly."""
    if statement.kind in AVERAGES:
        return moments.lattice(model, statement)
    if statement.kind == "propagator":
        return _propagator(model, lambda m: propagators.lattice(m, statement))
    if model.internals:
        raise NotYetError("laws of walkers with continuous internal states that are put back are not handled exactly yet",
                          instead="averages are: ask for a moment")  # fmt: skip
    generator = of_model(model)
    if model.dimension > 1:
        return resets_in_space.solved(model, generator, statement)
    _require_line(model, generator)
    walk = lattice_walk(replace(generator, resets=()))
    up = sp.Add(*(h.rate for h in walk.hops if h.move[0] == 1))
    down = sp.Add(*(h.rate for h in walk.hops if h.move[0] == -1))
    if any(abs(h.move[0]) > 1 for h in walk.hops) or up == 0 or down == 0:
        raise NotYetError("resetting on the lattice is handled for jumps to both neighbours so far")
    rate = sp.Add(*(r.rate for r in generator.resets))
    middle, root = up + down + rate, sp.sqrt(sp.factor(sp.expand((up + down + rate) ** 2 - 4 * up * down)))
    walker = Renewed(rate, _places(generator), (middle - root) / (2 * up), (middle + root) / (2 * up), rate / root,
                     walk.spacings[0], generator.step)  # fmt: skip
    return _answer(model, walker, statement)


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The quantity from a limit's equation with its gain."""
    if statement.kind in AVERAGES:
        return moments.of_equation(model, limit, statement)
    if any(s.kernel for s in limit.resets):
        raise NotYetError("the gain in this regime holds derivatives of the delta function; only averages are handled",
                          instead="look at a regime in which resetting is rare, or at the lattice")  # fmt: skip
    generator = of_limit(model, limit)
    if generator is None:
        raise NotYetError("the regime has no equation or system of first order in time")
    if statement.kind == "propagator":
        return _propagator(model, lambda m: propagators.of_equation(m, _without_loss(limit), statement), generator)
    if model.dimension > 1:
        return resets_in_space.solved(model, generator, statement)
    _require_line(model, generator)
    terms = {c.order[0]: c.coefficient for c in generator.local}
    if max(terms) > 2:
        raise NotYetError("resetting is handled for drift and diffusion so far")
    v, spread = terms.get(1, ZERO), terms.get(2, ZERO)
    rate = sp.Add(*(r.rate for r in generator.resets))
    root = sp.sqrt(sp.factor(sp.expand(v**2 + 4 * spread * rate)))
    if spread == 0:
        raise NotYetError("resetting of walkers that do not diffuse is not handled yet")
    walker = Renewed(
        rate, _places(generator), (-v - root) / (2 * spread), (-v + root) / (2 * spread), rate / root, None, None
    )
    return _answer(model, walker, statement)


def _answer(model: JumpModel, walker: Renewed, statement: ObservableStatement) -> Found:
    if statement.kind == "stationary_density":
        return _stationary(model, walker)
    if statement.kind == "mean_exit_time":
        return _first_passage(model, walker, statement)
    raise NotYetError(f"the observable '{statement.kind}' of walkers that are put back is not handled yet",
                      instead="handled: moment, variance, stationary_moment, stationary_density, propagator, mean_exit_time")  # fmt: skip


def _require_line(model: JumpModel, generator: Backward) -> None:
    if model.dimension > 1 or len(generator.states) > 1 or not replace(generator, resets=()).homogeneous:
        raise NotYetError(
            "laws of walkers that are put back are handled in one dimension for constant rates and without internal states so far"
        )
    if any(r.rate.has(*generator.coordinates) for r in generator.resets):
        raise NotYetError("laws of walkers that are put back at a rate that depends on place are not handled yet",
                          instead="averages are: ask for a moment")  # fmt: skip
    if not generator.resets:
        raise DerivationError("resetting does not happen on the time scale of this regime")


def _places(generator: Backward) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    total = sp.Add(*(r.rate for r in generator.resets))
    return tuple((r.place[0], sp.cancel(r.rate / total)) for r in generator.resets)


def _stationary(model: JumpModel, walker: Renewed) -> Found:
    """strength times falling or growing waves away from each place; the forward equation turns the two around."""
    if model.boundaries:
        raise NotYetError("stationary laws between walls with resetting are not handled yet")
    x, value, notes = model.coordinate_symbols[0], ZERO, []
    for place, share in walker.places:
        if walker.spacing is None:  # e^(-growing (x - x0)) above the place, e^(-falling (x - x0)) below it
            even, odd = (walker.growing - walker.falling) / 2, (walker.growing + walker.falling) / 2
            wave = sp.exp(-sp.factor(even) * sp.Abs(x - place) - sp.factor(odd) * (x - place))
        else:
            n = (x - place) / walker.spacing
            wave = sp.Piecewise((walker.growing ** (-n), n >= 0), (walker.falling ** (-n), True))
            notes.append(f"{x} - {place} is a multiple of {walker.spacing}; the value is the probability of one site")
        value += share * walker.strength * wave
    return Found(value, tuple(dict.fromkeys(notes)))


def _first_passage(model: JumpModel, walker: Renewed, statement: ObservableStatement) -> Found:
    interval = exit_interval(model, statement.target)
    walls = [w for w in (interval.low, interval.high) if w is not None]
    if any(w.boundary.kind != "absorbing" for w in walls):
        raise NotYetError("first passage with resetting is handled to absorbing walls so far")
    if model.boundaries and statement.target is not None and len(walls) > 1:
        raise NotYetError(
            "mean times of the walkers that leave through one of two walls are not handled with resetting"
        )
    x = model.coordinate_symbols[0]
    alive, notes = _loss(model, walker, interval)
    unit = walker.step if walker.step is not None else ONE
    start = model.preparation.position[0] if model.preparation.stated else x
    back = sp.Add(*(share * alive(place) for place, share in walker.places))  # E e^(-r T) from the places
    value = unit * (1 - alive(start)) / (walker.rate * back)
    places = ", ".join(str(p) for p, _ in walker.places)
    return Found(value, (*notes, f"{places} lies inside"))


def _loss(
    model: JumpModel, walker: Renewed, interval: Interval
) -> tuple[Callable[[sp.Expr], sp.Expr], tuple[str, ...]]:
    """E[e^(-r T)] of the walk without resetting as a function of its start: 1 at the walls."""
    notes: tuple[str, ...] = ()
    if walker.spacing is None:
        low = interval.low.place if interval.low is not None else None
        high = interval.high.place if interval.high is not None else None
        scale = ONE
    else:
        sites = grid(model, walker.spacing, interval)
        notes, scale = sites.notes, walker.spacing
        low = sites.start if interval.low is not None else None
        high = (
            sites.start
            if interval.low is None
            else (None if sites.count is None else sites.start + walker.spacing * sites.count)
        )

    wave = walker.wave

    def alive(place: sp.Expr) -> sp.Expr:
        if high is None:
            return wave(walker.falling, sp.expand((place - low) / scale))
        if low is None:
            return wave(walker.growing, sp.expand((place - high) / scale))
        n, size = sp.expand((place - low) / scale), sp.expand((high - low) / scale)
        a, b = walker.falling, walker.growing
        return ((1 - wave(b, size)) * wave(a, n) + (wave(a, size) - 1) * wave(b, n)) / (wave(a, size) - wave(b, size))

    return alive, notes


def _propagator(model: JumpModel, free: Callable[[JumpModel], Found], generator: Backward | None = None) -> Found:
    """e^(-rt) G from the start, and the walks since the last resetting."""
    generator = of_model(model) if generator is None else generator
    if model.time_step is not None and generator.exact:
        raise NotYetError("propagators with resetting are handled in continuous time so far")
    if model.boundaries or len(generator.states) > 1 or not generator.resets:
        raise NotYetError("propagators with resetting are handled without walls and internal states so far")
    if any(r.rate.has(*generator.coordinates) for r in generator.resets):
        raise NotYetError("propagators with a rate of resetting that depends on place are not handled yet")
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    moving = fields | {"jumps": tuple(j for j in model.jumps if j.destination is None)}
    t, s = model.time, sp.Symbol("_s", positive=True)

    def from_place(place: tuple[sp.Expr, ...]) -> Found:
        return free(make_model(moving | {"preparation": replace(model.preparation, position=place, stated=True)}))

    first = from_place(model.preparation.position)
    rate = sp.Add(*(r.rate for r in generator.resets))
    value = sp.exp(-rate * t) * first.value
    for r in generator.resets:
        value += r.rate * sp.Integral(sp.exp(-rate * s) * from_place(r.place).value.xreplace({t: s}), (s, 0, t))
    return Found(value, first.assumptions)


def _without_loss(limit: ContinuumLimit) -> ContinuumLimit:
    """The equation of motion alone."""
    bare = without_gain(limit)
    return replace(
        bare, equations=tuple(replace(e, right=tuple(t for t in e.right if any(t.space))) for e in bare.equations)
    )
