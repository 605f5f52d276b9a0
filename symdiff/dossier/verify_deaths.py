"""Walkers that wait and die meanwhile at one constant rate k: P = e^(-kt) q, where q is the density of walkers that do not die.

So the equation of P, written for q, is held against the rules without the reaction. In P_t = ... - k P and in every memory
e^(-kt) D_t^a e^(kt) the rate is then gone, if it is the rate of the rules: what is left of another one is a term that no walk has.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.occupancy import is_crowd

WRONG = "a kept coefficient is wrong: the rules say that a uniform density decays as e^(-kt) with k = {rate}"


class WrongDeathsError(Exception):
    """The equation's rate of death is not that of the rules."""


def dies_while_waiting(model: JumpModel) -> bool:
    """Whether walkers wait and the only reactions are deaths of one walker at constant rates."""
    reactions = model.crowd.reactions
    return (
        model.clock == "waiting"
        and bool(reactions)
        and not is_crowd(model)
        and len(model.state_names) == 1
        and all(len(r.consumes) == 1 and not r.produces for r in reactions)
    )


def without_deaths(
    model: JumpModel, limit: ContinuumLimit, users: EvolutionEquation | None
) -> tuple[JumpModel, ContinuumLimit, EvolutionEquation | None]:
    """The model without its deaths, and the equations of q. Raises :class:`WrongDeathsError`."""
    rate = sp.Add(*(r.intensity for r in model.crowd.reactions))
    if rate.free_symbols & {*model.coordinate_symbols, model.time}:
        raise NotYetError("deaths beside waits are cross-checked at constant rates only")
    walk = make_model({**vars(model), "crowd": INDEPENDENT})
    equations = tuple(_of_survivors(e, rate) for e in limit.equations)
    groups = tuple(replace(d, terms=tuple(_plain(t, rate) for t in d.terms)) for d in limit.discarded)
    own = None if users is None else _of_survivors(users, rate)
    return walk, replace(limit, equations=equations, discarded=groups), own


def _of_survivors(equation: EvolutionEquation, rate: sp.Expr) -> EvolutionEquation:
    """The equation of q = e^(kt) P: P_t + k P becomes q_t; beside memories q_t = D_t^(1-a) R q is D_t^a q = R q with Caputo's."""
    density, zero = equation.density, (0,) * len(equation.coordinates)
    if any(t.caputo is not None for t in (*equation.left, *equation.right)):
        return _with_memory_in_front(equation, rate)
    first = Term(sp.Integer(1), density, zero, 1)
    if [replace(t, power=first.power) for t in equation.left] != [first] or not all(t.density for t in equation.right):
        raise NotYetError("beside deaths and waits only equations written as P_t = ... are cross-checked")
    moved = [t for t in equation.right if any(t.space) or t.fractional is not None or t.time]
    if sp.expand(sp.Add(rate, *(t.coefficient for t in equation.right if t not in moved))) != 0:
        raise WrongDeathsError(WRONG.format(rate=rate))
    orders = {sp.Integer(0) if t.memory is None else t.memory[0] for t in moved}
    right = tuple(_plain(t, rate) for t in moved)
    if orders <= {sp.Integer(0)}:
        return replace(equation, right=right)
    if len(orders) > 1:
        raise NotYetError("several memories beside deaths are not cross-checked yet")
    return replace(equation, left=(replace(first, time=0, caputo=1 - orders.pop()),), right=right)


def _with_memory_in_front(equation: EvolutionEquation, rate: sp.Expr) -> EvolutionEquation:
    """The equation of q from e^(-kt) D_t^a e^(kt) P = R P: any other derivative of broken order lets a uniform density not decay as e^(-kt)."""
    broken = [t for t in (*equation.left, *equation.right) if t.caputo is not None]
    if any(t.memory is None or t.memory[0] != 0 for t in broken):
        raise WrongDeathsError(WRONG.format(rate=rate))
    left, right = (tuple(_plain(t, rate) for t in side) for side in (equation.left, equation.right))
    if any(t.caputo is None and not any(t.space) and t.fractional is None for t in (*left, *right)):
        raise WrongDeathsError(WRONG.format(rate=rate))
    return replace(equation, left=left, right=right)


def _plain(term: Term, rate: sp.Expr) -> Term:
    """A term without its memory, whose rate must be that of death."""
    if term.memory is None:
        return term
    if sp.expand(term.memory[1] - rate) != 0:
        raise WrongDeathsError(f"a memory fades at the rate {term.memory[1]}, and the walkers die at the rate {rate}")
    return replace(term, memory=None)
