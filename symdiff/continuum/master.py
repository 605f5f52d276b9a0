"""The master equation of a model, written out for display."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import MasterEquation, StateEquation
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.model.places import read_at
from symdiff.model.step_law import StepLaw

NORMALISED = 200  # operations up to which a sum of quotients is looked at whether it vanishes


_last: list[tuple[JumpModel, MasterEquation]] = []  # every regime of a derivation shows that of one model


def master_equation(model: JumpModel) -> MasterEquation:
    """The balance of gains and losses at x, one equation per state.

    Discrete time: P_i(x, t + tau) = sum_j,r p_ij,r(x - r) P_j(x - r, t) + (probability to stay) P_i(x, t).
    Continuous time: d_t P_i = sum_j,r w_ij,r(x - r) P_j(x - r, t) - (exit rate) P_i(x, t).
    """
    for written, equation in _last:
        if written is model:
            return equation
    found = _written(model)
    _last[:] = [(model, found)]
    return found


def _written(model: JumpModel) -> MasterEquation:
    if any(j.region is not None for j in model.jumps):
        return _with_special_sites(model)
    if model.clock == "waiting":
        from symdiff.continuum.waiting_master import renewal_equations  # loaded when used: start-up time

        return renewal_equations(model)
    if model.internals:
        from symdiff.continuum.internal_master import internal_master_equation  # loaded when used: start-up time

        return internal_master_equation(model)
    heavy = any(j.law is not None and j.law.singular for j in model.jumps)
    if is_crowd(model) or (model.crowd.reactions and not heavy):
        from symdiff.continuum.crowd_master import crowd_master_equation  # loaded when used: start-up time

        return crowd_master_equation(model)
    if model.scheme is not None:
        return MasterEquation((StateEquation(model.density, model.scheme.lhs, model.scheme.rhs),), None)
    names, x, t = model.state_names, model.coordinate_symbols, model.time
    gains: list[list[sp.Expr]] = [[] for _ in names]
    exits: list[list[sp.Expr]] = [[] for _ in names]
    for i, j, jump in model.transitions():
        if jump.destination is None:
            gains[i].append(arrival(model, jump, sp.Function(names[j])))
        else:
            gains[i].append(
                gain_by_reset(
                    model,
                    jump.destination,
                    jump.intensity,
                    sp.Function(names[j]),
                    total=len(names) == 1 and _kept(model),
                )
            )
        exits[j].append(_leaving(model, jump))
    equations = []
    for i, name in enumerate(names):
        here = sp.Function(name)(*x, t)
        leaving = _expanded(sp.Add(*exits[i]))
        if model.clock == "discrete":
            assert model.time_step is not None
            lhs = sp.Function(name)(*x, t + model.time_step)
            stay = sp.Integer(0) if model.lossy else _simple(1 - leaving)
            rhs = sp.Add(*gains[i], stay * here)
        else:
            lhs = sp.Derivative(here, t)
            rhs = sp.Add(*gains[i], -leaving * here, moving(model, i, here))
        equations.append(StateEquation(name, lhs, rhs))
    equations = with_reactions(model, equations, ())
    return MasterEquation(tuple(equations), _closed(model, equations))


def with_reactions(
    model: JumpModel, equations: list[StateEquation], inside: tuple[sp.Symbol, ...]
) -> list[StateEquation]:
    """What reactions of single agents add: in discrete time they follow the jumps, so that they act on what these left."""
    names, x = model.state_names, model.coordinate_symbols
    added: dict[str, list[sp.Expr]] = {name: [] for name in names}
    for reaction in model.crowd.reactions:
        (agent,) = reaction.consumes
        before = (
            equations[names.index(agent.state)].rhs
            if model.clock == "discrete"
            else sp.Function(agent.state)(*x, *inside, model.time)
        )
        moved = {c: c - r for c, r in zip(x, agent.displacement, strict=True) if r != 0}
        lost = read_at(reaction.intensity, moved) * before
        added[agent.state].append(-lost)
        for product in reaction.produces:
            away = {c: c - p + a for c, p, a in zip(x, product.displacement, agent.displacement, strict=True) if p != a}
            added[product.state].append(read_at(lost, away))
    return [StateEquation(e.state, e.lhs, sp.Add(e.rhs, *added[e.state])) for e in equations]


def _with_special_sites(model: JumpModel) -> MasterEquation:
    """The rates of jumps with ``where`` as functions of the site that is left."""
    from symdiff.continuum.special_sites import (
        as_piecewise,
        complement,
        leaving,
    )  # loaded when used: start-up time

    found = master_equation(as_piecewise(model))
    x, t = model.coordinate_symbols, model.time
    equations = []
    for e in found.equations:
        here = sp.Function(e.state)(*x, t)
        rhs = e.rhs
        if model.clock in ("discrete", "continuous") and not model.lossy and e.state in model.state_names:
            out = leaving(model, e.state)
            kept = complement(out) if model.clock == "discrete" else -out
            rhs = sp.Add(
                *(a for a in sp.Add.make_args(rhs) if not (a.has(here) and not a.has(sp.Derivative))), kept * here
            )
        equations.append(StateEquation(e.state, e.lhs, rhs))
    closed = found.closed
    if closed is not None and len(equations) == 1:
        closed = (equations[0].lhs, equations[0].rhs)
    return MasterEquation(tuple(equations), closed)


def moving(model: JumpModel, state: int, here: sp.Expr) -> sp.Expr:
    """- d_i (v_i P) + d_ij (D_ij P) with the drift a d_j D_ij of the evaluation; zero where walkers rest."""
    motion = model.motion_of(state)
    if motion is None:
        return sp.Integer(0)
    x, terms = model.coordinate_symbols, []
    for i, velocity in enumerate(motion.velocity):
        drift = velocity
        for j, entry in enumerate(motion.diffusivity[i] if motion.diffusivity else ()):
            drift += motion.evaluation * sp.diff(entry, x[j])
            terms.append(gradient(entry, here, x[i], x[j]))
        terms.append(-gradient(drift, here, x[i]))
    return sp.Add(*terms)


def gradient(factor: sp.Expr, here: sp.Expr, *along: sp.Symbol) -> sp.Expr:
    """d (factor P), with constant factors in front."""
    if factor == 0:
        return sp.Integer(0)
    varying = factor.has(*here.args) or factor.atoms(sp.core.function.AppliedUndef)
    return sp.Derivative(factor * here, *along) if varying else factor * sp.Derivative(here, *along)


def _kept(model: JumpModel) -> bool:
    return not model.lossy and not any(b.kind in ("absorbing", "partial") for b in model.boundaries)


def gain_by_reset(
    model: JumpModel, place: tuple[sp.Expr, ...], weight: sp.Expr, source: Callable[..., sp.Expr], *, total: bool
) -> sp.Expr:
    """delta(x - x0) times the sum of weight(y) P(y) over all places y; with ``total`` the density sums to one."""
    x, t = model.coordinate_symbols, model.time
    delta = sp.Mul(*(sp.DiracDelta(c - p) for c, p in zip(x, place, strict=True)))
    if total and not weight.has(*x):
        return weight * delta
    taken = {s.name for s in weight.free_symbols} | set(model.coordinates) | {p.name for p in model.parameters}
    y = tuple(sp.Symbol(_free_name(f"{c}1", taken), real=True) for c in model.coordinates)
    there = dict(zip(x, y, strict=True))
    spread = weight.xreplace(there) if weight.has(*x) else sp.Integer(1)
    outside = sp.Integer(1) if weight.has(*x) else weight
    return outside * delta * sp.Integral(spread * source(*y, t), *((s, -sp.oo, sp.oo) for s in y))


def _expanded(value: sp.Expr) -> sp.Expr:
    """Multiplied out, with exponentials left as the model has them; zero where normalised rules add up to that."""
    hidden = {e: sp.Dummy() for e in value.atoms(sp.exp, AppliedUndef)}
    found = sp.expand(value.xreplace(hidden))
    if any(p.exp.is_negative and p.base.is_Add for p in found.atoms(sp.Pow)) and sp.count_ops(found) < NORMALISED:
        found = sp.Integer(0) if sp.cancel(sp.together(found)) == 0 else found
    return found.xreplace({d: e for e, d in hidden.items()})


def _simple(value: sp.Expr) -> sp.Expr:
    expanded = _expanded(value)
    return sp.factor_terms(expanded) if expanded.is_Add else expanded


def arrival(model: JumpModel, jump: Jump, density: Callable[..., sp.Expr]) -> sp.Expr:
    """The gain at x through one jump, w(x - r) P(x - r, t), read at the site that is left."""
    x, t = model.coordinate_symbols, model.time
    shown = (*jump.displacement, *jump.direction)
    varying = any(r.has(*x) for r in shown)
    if varying:
        return _formal_gain(model, jump, density)
    if jump.law is not None:
        return _random_gain(model, jump, jump.law, density)
    left = {c: c - r for c, r in zip(x, jump.displacement, strict=True)}
    return read_at(jump.intensity, left) * density(*(c - r for c, r in zip(x, jump.displacement, strict=True)), t)


def _leaving(model: JumpModel, jump: Jump) -> sp.Expr:
    """The rate to leave x, averaged over the law of the step where it depends on the step."""
    law = jump.law
    if law is None or not jump.intensity.free_symbols & set(law.variables):
        return jump.intensity
    weight, body, ranges = _over_law(model, jump, law)
    total = weight * body
    return sp.Sum(total, *ranges) if law.distribution == "family" else sp.Integral(total, *ranges)


def _random_gain(model: JumpModel, jump: Jump, law: StepLaw, density: Callable[..., sp.Expr]) -> sp.Expr:
    """The gain through a random step: a sum over the index of a family, else an integral over the law phi of the step."""
    x, t = model.coordinate_symbols, model.time
    weight, intensity, ranges = _over_law(model, jump, law)
    shown = [r[0] for r in ranges]
    a, change = dict(law.arguments), dict(zip(law.variables, shown, strict=True))
    family = law.distribution == "family"
    lengths = [a[f"value.{n}"].xreplace(change) for n in range(law.lengths)] if family else shown
    shift = [d + sp.Add(*(s * row[i] for s, row in zip(lengths, jump.directions, strict=True)))
             for i, d in enumerate(jump.displacement)]  # fmt: skip
    left = {c: c - s for c, s in zip(x, shift, strict=True)}
    body = read_at(intensity, left) * density(*(c - s for c, s in zip(x, shift, strict=True)), t)
    if _comes_infinitely_often(law):  # only the difference of gain and loss exists
        here = density(*x, t)
        gain = sp.Integral(weight * (body - intensity * here), *ranges)
        return gain + _leaving(model, jump) * here
    return sp.Sum(weight * body, *ranges) if family else sp.Integral(weight * body, *ranges)


def _comes_infinitely_often(law: StepLaw) -> bool:
    if law.inner is not None:
        return _comes_infinitely_often(law.inner)
    if law.distribution != "density":
        return False
    from symdiff.model.density_law import total_of  # loaded when used: start-up time

    return total_of(law) is None


Span = tuple[sp.Symbol, sp.Expr, sp.Expr]


def _over_law(model: JumpModel, jump: Jump, law: StepLaw) -> tuple[sp.Expr, sp.Expr, list[Span]]:
    """(weight of the step, intensity, ranges) in symbols that are free to be shown."""
    taken = {s.name for e in (jump.intensity, *jump.displacement, *jump.direction) for s in e.free_symbols} | set(
        model.coordinates
    )
    if law.distribution == "family":
        names = ["j"] if law.lengths == 1 else ["i", "j", "m"][: law.lengths]
        shown = [sp.Symbol(_free_name(n, taken), real=True, integer=True) for n in names]
        change = dict(zip(law.variables, shown, strict=True))
        a = dict(law.arguments)
        ends = [(s, a[f"low.{n}"], a[f"high.{n}"]) for n, s in enumerate(shown)]
        return a["weight"].xreplace(change), jump.intensity.xreplace(change), ends
    names = ["r"] if law.lengths == 1 else [f"r_{c}" for c in model.coordinates[: law.lengths]]
    shown = [sp.Symbol(_free_name(n, taken), real=True) for n in names]
    change = dict(zip(law.variables, shown, strict=True))
    if law.distribution == "density":
        weight = dict(law.arguments)["density"].xreplace(change)
        return weight, jump.intensity.xreplace(change), [(s, -sp.oo, sp.oo) for s in shown]
    laws = list(
        dict.fromkeys(
            j.law for j in model.jumps if j.law is not None and j.law.distribution not in ("family", "density")
        )
    )
    name = "phi" if len(laws) == 1 else f"phi{laws.index(law) + 1}"
    return sp.Function(name)(*shown), jump.intensity.xreplace(change), [(s, -sp.oo, sp.oo) for s in shown]


def _formal_gain(model: JumpModel, jump: Jump, density: Callable[..., sp.Expr]) -> sp.Expr:
    """Where the displacement depends on place: the integral over all sites y from which a jump by r(y) ends at x."""
    x, t = model.coordinate_symbols, model.time
    taken = {s.name for s in jump.intensity.free_symbols} | set(model.coordinates)
    y = tuple(sp.Symbol(_free_name(f"{c}0", taken), real=True) for c in model.coordinates)
    left = dict(zip(x, y, strict=True))
    weight, intensity, moved = sp.Integer(1), jump.intensity, list(jump.displacement)
    ranges: list[Span] = []
    if jump.law is not None:
        weight, intensity, ranges = _over_law(model, jump, jump.law)
        moved = [d + sp.Add(*(s[0] * row[i] for s, row in zip(ranges, jump.directions, strict=True)))
                 for i, d in enumerate(moved)]  # fmt: skip
    body = weight * intensity.xreplace(left) * density(*y, t)
    for c, origin, r in zip(x, y, moved, strict=True):
        body *= sp.DiracDelta(c - origin - r.xreplace(left))
    return sp.Integral(body, *ranges, *((origin, -sp.oo, sp.oo) for origin in y))


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "0"
    return name


def _closed(model: JumpModel, equations: list[StateEquation]) -> tuple[sp.Expr, sp.Expr] | None:
    """One state: its own equation. Two states of a homogeneous walk: the two-step equation of the total density."""
    if len(equations) == 1:
        return equations[0].lhs, equations[0].rhs
    if len(equations) != 2 or not model.rests or any(j.law is not None or j.destination for j in model.jumps):
        return None
    x, t = model.coordinate_symbols, model.time
    for jump in model.jumps:
        if any(e.has(*x) or e.atoms(sp.core.function.AppliedUndef) for e in (jump.intensity, *jump.displacement)):
            return None
    return _two_state_closed(model, x, t)


Shifts = dict[tuple[sp.Expr, ...], sp.Expr]


def _two_state_closed(model: JumpModel, x: tuple[sp.Symbol, ...], t: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """z^2 - z tr T + det T = 0 as an operator on the total density, T the symbol in shift operators (Cayley-Hamilton)."""
    zero = tuple(sp.Integer(0) for _ in x)
    symbol: list[list[Shifts]] = [[{}, {}], [{}, {}]]

    def add(target: Shifts, shift: tuple[sp.Expr, ...], value: sp.Expr) -> None:
        target[shift] = sp.expand(target.get(shift, sp.Integer(0)) + value)

    for i, j, jump in model.transitions():
        add(symbol[i][j], tuple(jump.displacement), jump.intensity)
        if not model.lossy:
            add(symbol[j][j], zero, -jump.intensity)
    if model.clock == "discrete" and not model.lossy:
        for i in range(2):
            add(symbol[i][i], zero, sp.Integer(1))
    trace: Shifts = {}
    for i in range(2):
        for shift, value in symbol[i][i].items():
            add(trace, shift, value)
    determinant: Shifts = {}
    for sign, (a, b) in ((1, (symbol[0][0], symbol[1][1])), (-1, (symbol[0][1], symbol[1][0]))):
        for s1, v1 in a.items():
            for s2, v2 in b.items():
                add(determinant, tuple(sp.expand(p + q) for p, q in zip(s1, s2, strict=True)), sign * v1 * v2)
    density = sp.Function(model.density)

    def applied(shifts: Shifts, at: sp.Expr) -> sp.Expr:
        return sp.Add(
            *(_simple(v) * density(*(c - s for c, s in zip(x, shift, strict=True)), at) for shift, v in shifts.items())
        )

    if model.clock == "discrete":
        tau = model.time_step
        assert tau is not None
        return density(*x, t + 2 * tau), applied(trace, t + tau) - applied(determinant, t)
    here = density(*x, t)
    rate = sp.Add(*(sp.Derivative(applied({k: v}, t), t) if v.is_number else v * sp.Derivative(applied({k: sp.Integer(1)}, t), t)
                    for k, v in trace.items() if v != 0))  # fmt: skip
    return sp.Derivative(here, (t, 2)), rate - applied(determinant, t)
