"""The renewal equations of a semi-Markov walk, and the formula of Montroll and Weiss, written out for display."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import Step
from symdiff.equations.evolution_equation import MasterEquation, StateEquation
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.places import read_at
from symdiff.model.waiting import WaitingLaw


def renewal_equations(model: JumpModel) -> MasterEquation:
    """Arrivals per time in state i: J_i(x, t) = sum p int_0^t psi(u) J_j(x - r, t - u) du + start."""
    x, t = model.coordinate_symbols, model.time
    u = sp.Symbol("u" if "u" not in _taken(model) else "u0", positive=True)
    laws = _laws(model)
    gains: list[list[sp.Expr]] = [[] for _ in model.state_names]
    for i, j, jump in model.transitions():
        psi = sp.Function("psi" if len(laws) == 1 else f"psi{laws.index(model.wait_before(j, jump)) + 1}")
        arrivals = sp.Function(_arrival_name(model, model.state_names[j]))
        gains[i].append(_gain(model, j, jump, psi(u), arrivals, u))
    equations = []
    for i, name in enumerate(model.state_names):
        arrivals = sp.Function(_arrival_name(model, name))
        inside = [s for v in model.internals for s in v.symbols]
        start = sp.Function(name)(*x, *inside, 0) * sp.DiracDelta(t)
        equations.append(StateEquation(name, arrivals(*x, *inside, t), sp.Add(*gains[i], start)))
    return MasterEquation(tuple(equations), None)


def _laws(model: JumpModel) -> list[WaitingLaw]:
    """The different laws of waits, in the order of the jumps."""
    return list(dict.fromkeys(model.wait_before(j, jump) for _, j, jump in model.transitions()))


def _laws_named(model: JumpModel) -> str:
    """What psi stands for: one law, one in each group of states, or one before each jump."""
    laws = _laws(model)
    if len(laws) == 1:
        return "psi the law of the waits"
    states: dict[int, list[str]] = {}
    for _, j, jump in model.transitions():
        states.setdefault(laws.index(model.wait_before(j, jump)), []).append(model.state_names[j])
    groups = [list(dict.fromkeys(names)) for names in states.values()]
    if any(set(a) & set(b) for n, a in enumerate(groups) for b in groups[:n]):
        return "psi_1, psi_2, ... the laws of the waits in the order of the jumps"
    return ", ".join(
        f"psi_{n + 1} the law of the waits in {' and '.join(names)}" for n, names in zip(states, groups, strict=True)
    )


def _taken(model: JumpModel) -> set[str]:
    inside = {n for v in model.internals for n in (v.name, *v.components)}
    return (
        inside | {p.name for p in model.parameters} | set(model.coordinates) | set(model.state_names) | {model.density}
    )


def _arrival_name(model: JumpModel, state: str) -> str:
    name = "J" if not model.states else f"J_{state}"
    return name if name not in _taken(model) else f"{name}_arrivals"


def _gain(model: JumpModel, source: int, jump: Jump, psi: sp.Expr, arrivals: sp.Function, u: sp.Symbol) -> sp.Expr:
    """One gain: who arrived at x - r - (what the motion made of the wait u) at t - u, and jumped at t."""
    x, t = model.coordinate_symbols, model.time
    shift = list(jump.displacement)
    r = sp.Symbol("r", real=True)
    if jump.law is not None:
        if jump.law.lengths > 1:
            raise NotYetError("steps of several random lengths at renewal times are not handled yet", where=jump.label)
        shift = [d + r * e for d, e in zip(jump.displacement, jump.direction, strict=True)]
    motion = model.motion_of(source)
    spread: list[sp.Symbol] = []
    if motion is not None:
        shift = [s + v * u for s, v in zip(shift, motion.velocity, strict=True)]
        if motion.diffusivity:
            spread = [sp.Symbol(f"y_{c}", real=True) for c in x]
            shift = [s + y for s, y in zip(shift, spread, strict=True)]
            psi *= sp.Function("G")(*spread, u)
    left = {c: c - s for c, s in zip(x, shift, strict=True)}
    inside = [v for variable in model.internals for v in variable.symbols]
    body = read_at(jump.intensity, left) * psi * arrivals(*(left[c] for c in x), *inside, t - u)
    if inside:
        body = sp.Function(f"Renewed_{'_'.join(v.name for v in model.internals)}")(body)
    if jump.law is not None:
        body = sp.Integral(sp.Function("phi")(r) * body, (r, -sp.oo, sp.oo))
    if spread:
        body = sp.Integral(body, *((y, -sp.oo, sp.oo) for y in spread))
    if model.crowd.reactions:
        from symdiff.continuum.waiting_decay import death_rate  # loaded when used: start-up time

        body *= sp.exp(-death_rate(model) * u)
    return sp.Integral(body, (u, 0, t))


def renewal_steps(model: JumpModel) -> tuple[Step, ...]:
    """The renewal equations, and for one state and one law the formula of Montroll and Weiss."""
    place = model.coordinates[0] if model.dimension == 1 else "x"
    why = f"J is the rate of arrivals, {_laws_named(model)}: who arrives at {place} at time t came to {place} - r one jump before and waited u"
    of = {name: f" of {name}" if len(model.state_names) > 1 else "" for name in model.state_names}
    found = [Step(f"Renewal equation{of[e.state]}", e.lhs, e.rhs, why) for e in renewal_equations(model).equations]
    laws = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    if len(laws) == 1 and not model.states:
        plain = model.dimension == 1 and "k" not in _taken(model)
        s, k = sp.Symbol("s"), [sp.Symbol("k" if plain else f"k_{c}") for c in model.coordinates]
        why = "Fourier and Laplace transform; psi of the waits, phi the characteristic function of one jump"
        alive = s
        if model.crowd.reactions:
            from symdiff.continuum.waiting_decay import death_rate  # loaded when used: start-up time

            alive, why = s + death_rate(model), why + "; whoever waits may die, which shifts s"
        psi, step = sp.Function("psi")(alive), sp.Function("phi")(*k)
        rhs = (1 - psi) / alive / (1 - psi * step)
        found.append(Step("Montroll-Weiss formula", sp.Function(model.density)(*k, s), rhs, why))
    return tuple(found)
