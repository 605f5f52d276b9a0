"""Fronts of one kind of agents into a uniform state of the others: c = v + 2 sqrt(D g), with g their growth ahead of the front.

The linear speed is that of the front where growth is fastest ahead: agents do not help each other, those they meet help them
and are nowhere more than ahead (by the maximum principle, where their own equation has no gain at that density). Source:
van Saarloos, Phys. Rep. 386 (2003) 29; Murray, Mathematical Biology II, ch. 1 and 13.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.pushed_fronts import STEEP
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.stability import uniform_state
from symdiff.errors import DerivationError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement


@dataclass(frozen=True)
class Equations:
    """Names, and diffusivities, fluxes and sources in symbols of the densities."""

    names: tuple[str, ...]
    symbols: tuple[sp.Symbol, ...]
    spread: tuple[tuple[sp.Expr, ...], ...]
    flux: tuple[sp.Expr, ...]
    source: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Invader:
    """Who grows into what: the growth rate ``ahead``, and the state there by symbol."""

    place: int
    ahead: sp.Expr
    state: dict[sp.Symbol, sp.Expr]
    notes: tuple[str, ...]


def speed_of_several(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The speed of the front of those that invade.

    Raises
    ------
    DerivationError
        where nobody invades.
    NotYetError
        where several kinds do and ``of`` names none, and where the front may be pushed.
    """
    equations = _equations(model, limit)
    if model.dimension != 1:
        raise NotYetError("fronts of several kinds of agents are handled in one dimension so far")
    wanted = None if statement.of is None else str(statement.of)
    if wanted is not None and wanted not in equations.names:
        raise DerivationError(f"'{wanted}' is no density of this model", where=f"observable '{statement.name}'",
                              instead=f"of is one of {', '.join(equations.names)}")  # fmt: skip
    found = [
        i for k, name in enumerate(equations.names) if wanted in (None, name) for i in _invader(model, equations, k)
    ]
    if not found:
        raise DerivationError("no kind of agents grows, where it is rare, into a uniform state of the others: there is no pulled front",
                              instead="state [[reactions]] in which one does, such as S + I -> 2 I")  # fmt: skip
    if len(found) > 1 and wanted is None:
        fronts = "; ".join(f"{equations.names[i.place]} where {_ahead(equations, i)}" for i in found)
        raise NotYetError(f"several kinds of agents grow into what is ahead of them ({fronts})",
                          instead=f'name the one whose front is meant: of = "{equations.names[found[0].place]}"')  # fmt: skip
    return _pulled(equations, found[0])


def _equations(model: JumpModel, limit: ContinuumLimit) -> Equations:
    x, t = model.coordinate_symbols, model.time
    names = tuple(dict.fromkeys(c.density for c in limit.coupled))
    table = {(c.density, c.role, c.of): c.value for c in limit.coupled}
    symbols = tuple(sp.Symbol(f"{n}.", positive=True) for n in names)
    change = {sp.Function(n)(*x, t): s for n, s in zip(names, symbols, strict=True)}

    def entry(density: str, role: str, of: str = "") -> sp.Expr:
        return table.get((density, role, of), sp.Integer(0)).xreplace(change)

    found = Equations(names, symbols, tuple(tuple(entry(a, "D", b) for b in names) for a in names),
                      tuple(entry(a, "flux") for a in names), tuple(entry(a, "source") for a in names))  # fmt: skip
    if any(
        e.has(*x, t) or e.atoms(AppliedUndef)
        for e in (*found.flux, *found.source, *(v for r in found.spread for v in r))
    ):
        raise NotYetError("fronts are handled for coefficients that depend on the densities alone")
    return found


def _invader(model: JumpModel, equations: Equations, place: int) -> list[Invader]:
    """The agents of one kind, where they grow into a uniform state of the others: where these are present, then where nobody is."""
    own = equations.symbols[place]
    gone = {own: sp.Integer(0)}
    if sp.expand(equations.source[place].xreplace(gone)) != 0:
        return []
    others = [n for k, n in enumerate(equations.names) if k != place]
    sources = [s.xreplace(gone) for k, s in enumerate(equations.source) if k != place]
    growth = sp.diff(equations.source[place], own).xreplace(gone)
    open_density = any(sp.expand(s) == 0 for s in sources)  # zero is then one of its values
    found = []
    for empty in (False,) if open_density else (False, True):
        try:
            state, notes = uniform_state(model, others, sources, empty=empty)
        except SymdiffError:
            continue
        ahead = sp.factor(growth.xreplace(state))
        if not ahead.is_nonpositive:
            found.append(Invader(place, ahead, state, notes))
    return found


def _ahead(equations: Equations, invader: Invader) -> str:
    return ", ".join(f"{n} = {invader.state[s]}" for n, s in zip(equations.names, equations.symbols, strict=True)
                     if s in invader.state)  # fmt: skip


def _pulled(equations: Equations, invader: Invader) -> Found:
    place, own = invader.place, equations.symbols[invader.place]
    name = equations.names[place]
    others = [s for s in equations.symbols if s != own]
    spread, velocity = equations.spread[place][place], sp.cancel(equations.flux[place] / own)
    crossed = [v for k, v in enumerate(equations.spread[place]) if k != place]
    if any(v != 0 for v in crossed) or spread.has(*equations.symbols) or velocity.has(*equations.symbols):
        raise NotYetError(f"fronts of several kinds of agents are handled where {name} moves alike at all densities")
    if spread == 0:
        raise DerivationError(f"{name} grows and does not spread: there is no front")
    per_head = sp.expand(sp.cancel(equations.source[place] / own))
    helped = sp.diff(per_head, own)
    if not helped.is_nonpositive or not all(
        sp.diff(per_head, s).is_nonnegative or (invader.state[s] == 0 and sp.diff(per_head, s).is_nonpositive)
        for s in others
    ):
        raise NotYetError(f"the front may be pushed: {name} grows faster behind it, and the linear speed is a lower bound only",
                          instead="ask for stability_threshold, or for a simulation")  # fmt: skip
    met = [s for s in others if per_head.has(s)]
    for s in met:
        k = equations.symbols.index(s)
        if invader.state[s] == 0 and sp.diff(per_head, s).is_nonpositive:
            continue  # there is nowhere less of it than ahead
        gain = sp.expand(equations.source[k].xreplace({s: invader.state[s]}))
        alone = all(v == 0 for j, v in enumerate(equations.spread[k]) if j != k)
        if not gain.is_nonpositive or not alone or equations.flux[k] != 0:
            raise NotYetError(
                f"the front may be pushed: {equations.names[k]}, which feeds it, may be more behind it than ahead"
            )
    sign = () if invader.ahead.is_positive else (f"{invader.ahead} > 0: else nothing grows ahead",)
    return Found(velocity + 2 * sp.sqrt(spread) * sp.sqrt(invader.ahead),
                 (f"the front of {name} into the uniform state {_ahead(equations, invader)}",
                  *(n for n in invader.notes if n.split(" is ")[0] in {str(v) for v in invader.state.values()}), *sign,
                  "the front is pulled: growth is fastest ahead of it", STEEP))  # fmt: skip
