"""The backward generator of a process on functions f_j(x) of place and state, on the lattice and from an equation.

Lattice: (L f)_j(x) = sum over the jumps of w(x) [f_i(x + r) - f_j(x)]; it is exact. Equation: the adjoint of
sum over the terms of d^a (A_a P), which is sum of (-1)^|a| A_a d^a f. In continuous time d_t E[f] = E[L f], in discrete
time E[f] after one more step is E[f + L f].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.result import OffLatticeError
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.model.motion import InternalVariable
from symdiff.model.occupancy import is_crowd
from symdiff.model.step_law import StepLaw

Index = tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """A jump from state ``source`` to ``target`` by ``step`` (plus a law's lengths along ``directions``) at ``rate``."""

    target: int
    source: int
    step: tuple[sp.Expr, ...]
    rate: sp.Expr
    law: StepLaw | None = None
    directions: tuple[tuple[sp.Expr, ...], ...] = ()  # one row per random length of the law


@dataclass(frozen=True)
class Local:
    """``coefficient`` d^``order`` f_target in the equation of f_source (order zero: gain or loss without motion)."""

    target: int
    source: int
    order: Index
    coefficient: sp.Expr


@dataclass(frozen=True)
class Reset:
    """Walkers of state ``source`` are put to ``place`` at ``rate``, and become ``target``.

    In the equation of f_source: rate times [sum of kernel d^order f_target at the place, less f_source].
    """

    target: int
    source: int
    place: tuple[sp.Expr, ...]
    rate: sp.Expr
    kernel: tuple[tuple[Index, sp.Expr], ...]


@dataclass(frozen=True)
class Backward:
    """A backward generator: jumps and local terms; ``step`` is the time step (None in continuous time).

    ``exact``: of the microscopic model itself. The loss by ``resets`` is theirs, no local term.
    """

    coordinates: tuple[sp.Symbol, ...]
    states: tuple[str, ...]
    moves: tuple[Move, ...]
    local: tuple[Local, ...]
    step: sp.Expr | None
    exact: bool
    internal: tuple[sp.Symbol, ...] = ()  # further coordinates that start in their stationary law
    resets: tuple[Reset, ...] = ()

    @property
    def losses(self) -> tuple[Local, ...]:
        """The terms of order zero: death and birth without motion."""
        return tuple(c for c in self.local if not any(c.order))

    @property
    def grows(self) -> bool:
        """Whether walkers of some state multiply: what becomes of them without motion, switches included, is certainly more than they were."""
        net = dict.fromkeys((c.source for c in self.losses), sp.Integer(0))
        for c in self.losses:
            net[c.source] += c.coefficient
        return any(sp.expand(value).is_positive for value in net.values())

    @property
    def homogeneous(self) -> bool:
        """Whether nothing depends on place."""
        x = self.coordinates
        return not self.resets and not any(
            e.has(*x) or e.atoms(AppliedUndef)
            for e in (*(m.rate for m in self.moves), *(r for m in self.moves for r in m.step), *(c.coefficient for c in self.local))
        )  # fmt: skip


def of_model(model: JumpModel) -> Backward:
    """The generator of the microscopic model; raises :class:`NotYetError` for what it cannot hold."""
    refuse_more(model, reactions=reacts_alone(model))
    if model.scheme is not None:
        raise NotYetError("a master equation that is stated has no list of jumps: of its lattice only plane waves are known",
                          instead="ask for what follows from the equation of a regime")  # fmt: skip

    def put(value: sp.Expr) -> sp.Expr:
        return expand_definitions(value, model.functions)

    moves = []
    resets = []
    for i, j, jump in model.transitions():
        if jump.destination is not None:
            inside = tuple(s for v in model.internals for s in v.symbols)  # kept as they are
            here = ((0,) * (model.dimension + len(inside)), sp.Integer(1))
            resets.append(Reset(i, j, (*jump.destination, *inside), put(jump.intensity), (here,)))
            continue
        step = tuple(put(r) for r in jump.displacement)
        directions = jump.directions if jump.law is not None else ()
        moves.append(Move(i, j, step, put(jump.intensity), jump.law, tuple(tuple(map(put, row)) for row in directions)))
    local = _motions(model, put)
    if model.lossy:
        local += _deaths(model, moves)
    changed, lost = _reactions(model, put)
    moves, local = moves + changed, local + lost
    internal = tuple(s for variable in model.internals for s in variable.symbols)
    width = len(model.coordinate_symbols) + len(internal)
    if internal:
        moves = [
            replace(m, step=_widened(m.step, width), directions=tuple(_widened(row, width) for row in m.directions))
            for m in moves
        ]
        inner_moves, inner_local = _internal_motion(model, put)
        moves, local = (
            moves + inner_moves,
            [replace(c, order=(*c.order, *([0] * len(internal)))) for c in local] + inner_local,
        )
    coordinates = (*model.coordinate_symbols, *internal)
    return Backward(
        coordinates, model.state_names, tuple(moves), tuple(local), model.time_step, True, internal, tuple(resets)
    )


def refuse_special_sites(model: JumpModel) -> None:
    """Raise for jumps with ``where``, whose sites no observable knows yet."""
    if any(j.region is not None for j in model.jumps):
        raise NotYetError("observables of walks with special sites (jumps with 'where') are not handled yet", where="jumps",
                          instead="symdiff count knows these sites")  # fmt: skip


def refuse_more(model: JumpModel, *, reactions: bool = False, special: bool = False) -> None:
    """Raise for what is no Markov process of one independent walker; ``reactions``: those of single agents may stand; ``special``: jumps from some sites only."""
    if not special:
        refuse_special_sites(model)
    if model.clock == "none":
        raise DerivationError("the jumps have weights but no rates: there is no evolution in time",
                              instead="write a rate or a probability for every jump")  # fmt: skip
    if model.clock == "waiting" or model.waiting or model.state_waits or any(j.waiting for j in model.jumps):
        raise OffLatticeError("exact observables of walks with waiting times are not handled yet")
    if model.crowd != INDEPENDENT and not reactions:
        raise OffLatticeError("exact observables of agents that see each other or react are not handled yet")
    names = {*model.state_names, *model.density_names}
    for jump in model.jumps:
        if any(c.func.__name__ in names for c in jump.intensity.atoms(AppliedUndef)):
            raise NotYetError("the rates depend on the density: averages do not close", where=jump.label)
        if jump.intensity.has(model.time) or any(r.has(model.time) for r in jump.displacement):
            raise NotYetError("observables of rates that depend on time are not handled yet", where=jump.label)
        if jump.law is not None and jump.intensity.has(*jump.law.variables):
            raise NotYetError(
                "exact observables of rates that depend on the length of the step are not handled yet", where=jump.label
            )
    if any(m.evaluation.has(model.time) or any(v.has(model.time) for v in m.velocity) for m in model.motions):
        raise NotYetError("observables of motion that depends on time are not handled yet")


def reacts_alone(model: JumpModel) -> bool:
    """Whether every reaction takes one agent where it stands, at a rate in continuous time that knows no other: walkers stay independent."""
    crowd = model.crowd
    return (
        model.clock == "continuous"
        and crowd == replace(INDEPENDENT, reactions=crowd.reactions)
        and not is_crowd(model)
        and not any(any(r.consumes[0].displacement) for r in crowd.reactions)
    )


def multiplies(model: JumpModel) -> bool:
    """Whether a reaction leaves more walkers than it takes."""
    return any(len(r.produces) > len(r.consumes) for r in model.crowd.reactions)


def _reactions(model: JumpModel, put: Callable[[sp.Expr], sp.Expr]) -> tuple[list[Move], list[Local]]:
    """A walker becomes those that its reaction produces: rate times [sum of their f - f] in the equation of its state."""
    moves, local, names = [], [], model.state_names
    for reaction in model.crowd.reactions:
        source, rate = names.index(reaction.consumes[0].state), put(reaction.intensity)
        for agent in reaction.produces:
            moves.append(Move(names.index(agent.state), source, tuple(put(r) for r in agent.displacement), rate))
        if len(reaction.produces) != 1:
            local.append(Local(source, source, (0,) * model.dimension, rate * (len(reaction.produces) - 1)))
    still = [m for m in moves if m.target != m.source or any(m.step)]
    return still, local


def without_losses(generator: Backward) -> tuple[Backward, sp.Expr]:
    """The walk of those that do not die, and the one rate (per step in discrete time) at which walkers die wherever and whatever they are.

    Raises :class:`NotYetError` where the rate depends on place or on the state.
    """
    rates = dict.fromkeys(range(len(generator.states)), sp.Integer(0))
    for c in generator.losses:
        rates[c.source] -= c.coefficient if c.target == c.source else sp.nan
    found = {sp.expand(r) for r in rates.values()}
    if len(found) > 1 or any(r.has(*generator.coordinates, sp.nan) or r.atoms(AppliedUndef) for r in found):
        raise NotYetError("death at a rate that depends on place or on the state is not handled here yet")
    return replace(generator, local=tuple(c for c in generator.local if any(c.order))), sp.factor(found.pop())


def _deaths(model: JumpModel, moves: list[Move]) -> list[Local]:
    """Where survival is lossy, walkers that make no jump die."""
    zero = (0,) * model.dimension
    found = []
    for state in range(len(model.state_names)):
        leaving = sp.expand(sp.Add(*(m.rate for m in moves if m.source == state)))
        found.append(Local(state, state, zero, sp.factor(leaving - 1)))
    return [c for c in found if c.coefficient != 0]


def _widened(vector: tuple[sp.Expr, ...], width: int) -> tuple[sp.Expr, ...]:
    return (*vector, *([sp.Integer(0)] * (width - len(vector)))) if vector else vector


def _motions(model: JumpModel, put: Callable[[sp.Expr], sp.Expr]) -> list[Local]:
    """v d_i f + D_ij d_ij f in each state, with the drift that the evaluation of the noise adds."""
    found, x = [], model.coordinate_symbols
    unit = [tuple(1 if i == j else 0 for j in range(len(x))) for i in range(len(x))]
    for state in range(len(model.state_names)):
        motion = model.motion_of(state)
        if motion is None:
            continue
        for i, velocity in enumerate(motion.velocity):
            drift = put(velocity)
            for j, entry in enumerate(motion.diffusivity[i] if motion.diffusivity else ()):
                spread = put(entry)
                drift += motion.evaluation * sp.diff(spread, x[j])
                both = tuple(a + b for a, b in zip(unit[i], unit[j], strict=True))
                found.append(Local(state, state, both, spread))
            found.append(Local(state, state, unit[i], drift))
    return [c for c in found if c.coefficient != 0]


def _internal_motion(model: JumpModel, put: Callable[[sp.Expr], sp.Expr]) -> tuple[list[Move], list[Local]]:
    """A number on the line, or every component of a direction, is one more coordinate: it drifts, diffuses and is renewed."""
    moves: list[Move] = []
    local: list[Local] = []
    width = model.dimension + sum(len(v.components) for v in model.internals)
    place = model.dimension
    for variable in model.internals:
        if variable.domain not in ("line", "direction") or model.clock != "continuous":
            raise NotYetError(f"exact averages with the internal state '{variable.name}' are handled for directions and numbers on the "
                              "line in continuous time so far")  # fmt: skip
        if any(variable.name in j.redraw for j in model.jumps):
            raise NotYetError("exact averages with redrawn internal states are not handled yet")
        inner_moves, inner_local = (_number if variable.domain == "line" else _direction)(variable, place, width, put)
        for state in range(len(model.state_names)):
            moves += [replace(m, target=state, source=state) for m in inner_moves]
            local += [replace(c, target=state, source=state) for c in inner_local]
        place += len(variable.symbols)
    return moves, [c for c in local if c.coefficient != 0]


def _axes(axes: tuple[int, ...], width: int) -> tuple[int, ...]:
    return tuple(axes.count(a) for a in range(width))


def _number(
    variable: InternalVariable, place: int, width: int, put: Callable[[sp.Expr], sp.Expr]
) -> tuple[list[Move], list[Local]]:
    """Drift, diffusion and renewal of numbers on the line."""
    moves, local = [], []
    for n, symbol in enumerate(variable.symbols):
        axis = place + n
        if variable.drift:
            local.append(Local(0, 0, _axes((axis,), width), put(variable.drift[n])))
        local.append(Local(0, 0, _axes((axis, axis), width), put(variable.diffusivity)))
        if variable.rate is not None and variable.law is not None:
            back = tuple(-symbol if a == axis else sp.Integer(0) for a in range(width))
            ahead = tuple(sp.Integer(a) for a in _axes((axis,), width))
            moves.append(Move(0, 0, back, put(variable.rate), variable.law, (ahead,)))
    return moves, local


def _direction(
    variable: InternalVariable, place: int, width: int, put: Callable[[sp.Expr], sp.Expr]
) -> tuple[list[Move], list[Local]]:
    """D (delta_ij - u_i u_j) d_i d_j - (d - 1) D u_i d_i on functions of the components, rotation, and uniform renewal.

    That is the Laplacian of the unit sphere on functions of u in its space of d dimensions.
    """
    u, d = variable.symbols, len(variable.symbols)
    spread = put(variable.diffusivity)
    local = []
    for i in range(d):
        drift = -(d - 1) * spread * u[i]
        if variable.drift and d == 2:  # the angular velocity
            drift += put(variable.drift[0]) * (u[0] if i else -u[1])
        local.append(Local(0, 0, _axes((place + i,), width), drift))
        for j in range(i, d):
            entry = sp.Integer(1) - u[i] ** 2 if i == j else -2 * u[i] * u[j]
            local.append(Local(0, 0, _axes((place + i, place + j), width), sp.expand(spread * entry)))
    if variable.rate is None:
        return [], local
    if not variable.uniform:
        raise NotYetError(f"exact averages with a direction '{variable.name}' that is renewed by turns of a mean cosine are not handled yet",
                          instead="handled: diffusion, rotation, and renewal by a uniform direction")  # fmt: skip
    back = (*([sp.Integer(0)] * place), *(-s for s in u), *([sp.Integer(0)] * (width - place - d)))
    ahead = tuple(tuple(sp.Integer(int(a == place + i)) for a in range(width)) for i in range(d))
    length = StepLaw("fixed", (("value", sp.Integer(1)),))
    return [Move(0, 0, back, put(variable.rate), StepLaw("isotropic", (), lengths=d, inner=length), ahead)], local


def of_limit(model: JumpModel, limit: ContinuumLimit) -> Backward | None:
    """The generator of a limit's equation, or of its system of states; None where it has neither of first order in time."""
    refuse_special_sites(model)
    if limit.resets:
        return _of_resetting(model, limit)
    equation = limit.equation
    if is_crowd(model):
        raise NotYetError("averages over one walker say nothing of a crowd's density; tagged agents are not handled")
    if (
        equation is not None
        and not model.depends_on_time
        and any(t.coefficient.has(equation.time) for t in equation.right)
    ):
        raise NotYetError("the equation of the body of the density holds a logarithm of time; what is asked is decided by single long waits",
                          instead="ask for moments, or for the lattice")  # fmt: skip
    if limit.coordinates and limit.coordinates != model.coordinate_symbols:
        raise NotYetError("averages from an equation in scaled coordinates are not handled yet")
    if equation is not None and _first_order(equation):
        return Backward(
            model.coordinate_symbols,
            (limit.density,),
            (),
            local_terms(model, (equation,), (limit.density,)),
            None,
            False,
        )
    if limit.system and all(_first_order(e) for e in limit.system):
        states = tuple(e.density for e in limit.system)
        return Backward(model.coordinate_symbols, states, (), local_terms(model, limit.system, states), None, False)
    return None


def _of_resetting(model: JumpModel, limit: ContinuumLimit) -> Backward | None:
    """The generator of the limit without its gains, and the gains with their losses."""
    rows = limit.equations if limit.equation is not None else limit.system
    names = tuple(e.density for e in rows)
    bare = of_limit(
        model,
        replace(
            limit,
            resets=(),
            equations=tuple(without_sources(e) for e in limit.equations),
            system=tuple(without_sources(e) for e in limit.system),
        ),
    )
    if bare is None:
        return None
    zero = (0,) * model.dimension
    resets, local = [], list(bare.local)
    for s in limit.resets:
        weight = expand_definitions(s.weight, model.functions)
        kernel = ((zero, sp.Integer(1)), *(((space, (-1) ** sum(space) * c)) for space, c in s.kernel))
        i, j = names.index(s.target), names.index(s.source)
        resets.append(Reset(i, j, s.place, weight, kernel))
        local.append(Local(j, j, zero, weight))
    return replace(bare, local=_collected(local), resets=tuple(resets))


def _collected(local: list[Local]) -> tuple[Local, ...]:
    """Terms of one kind added up."""
    total: dict[tuple[int, int, Index], sp.Expr] = {}
    for c in local:
        key = (c.target, c.source, c.order)
        total[key] = sp.expand(total.get(key, sp.Integer(0)) + c.coefficient)
    return tuple(Local(*key, value) for key, value in total.items() if value != 0)


def without_sources(equation: EvolutionEquation) -> EvolutionEquation:
    """The equation without its terms that name no density."""
    return replace(equation, right=tuple(t for t in equation.right if t.density))


def _first_order(equation: EvolutionEquation) -> bool:
    left = equation.left
    return (
        len(left) == 1
        and left[0].time == 1
        and left[0].caputo is None
        and left[0].memory is None
        and not any(left[0].space)
        and left[0].coefficient == 1
    )


def local_terms(
    model: JumpModel, equations: tuple[EvolutionEquation, ...], states: tuple[str, ...]
) -> tuple[Local, ...]:
    """The terms of the adjoint of right-hand sides that are linear and local."""
    found = []
    for i, equation in enumerate(equations):
        for term in equation.right:
            if term.fractional is not None or term.time or term.caputo is not None or term.memory is not None:
                raise NotYetError("a fractional equation has no local generator")
            if not term.density:
                raise NotYetError("the equation is nonlinear in its density, and averages do not close")
            value = expand_definitions(term.coefficient, model.functions)
            if any(c.func.__name__ in states for c in value.atoms(AppliedUndef)) or term.density not in states:
                raise NotYetError("the equation is nonlinear in its density, and averages do not close")
            if not term.inside and any(term.space) and value.has(*model.coordinate_symbols):
                raise NotYetError("a term that is not in conservative form")
            found.append(Local(i, states.index(term.density), term.space, (-1) ** sum(term.space) * value))
    return tuple(found)


def switching_matrix(generator: Backward) -> sp.Matrix:
    """The rates between states, columns the states that are left; needs rates that do not depend on place."""
    size = len(generator.states)
    matrix = sp.zeros(size, size)
    for r in generator.resets:
        matrix[r.target, r.source] += r.rate
        matrix[r.source, r.source] -= r.rate
    for m in generator.moves:
        matrix[m.target, m.source] += m.rate
        matrix[m.source, m.source] -= m.rate
    for c in generator.local:
        if not any(c.order):
            matrix[c.target, c.source] += c.coefficient
    return matrix


def state_law(model: JumpModel, generator: Backward) -> list[sp.Expr]:
    """The share of every state at the start: as stated, else stationary."""
    if len(generator.states) == 1:
        return [sp.Integer(1)]
    stated = model.preparation.states
    if stated is not None:
        shares = dict(stated)
        return [shares.get(name, sp.Integer(0)) for name in generator.states]
    matrix = switching_matrix(generator)
    if matrix.has(*generator.coordinates) or matrix.atoms(AppliedUndef):
        raise NotYetError("the stationary law of the states depends on place", where="initial",
                          instead="state it: [initial] states = {...}")  # fmt: skip
    null = matrix.nullspace(simplify=sp.cancel)
    if len(null) != 1:
        raise DerivationError(
            "the states have no unique stationary law", where="initial", instead="state it: [initial] states = {...}"
        )
    total = sp.Add(*null[0])
    return [sp.factor(sp.cancel(v / total)) for v in null[0]]
