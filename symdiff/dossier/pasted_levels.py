r"""Pasted equations in discrete time, brought to ``P(x, t + \tau) = ...``: from ``P(x, t) = ... P(x, t - \tau)`` and ``\delta P = ...``."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.core.function import AppliedUndef

CHANGES = ("delta", "Delta")


def with_later_level(equations: Sequence[sp.Basic]) -> tuple[tuple[sp.Basic, ...], tuple[str, ...]]:
    r"""``\delta C_i = ...`` as C_i(t + 1) - C_i(t) = ..., for all densities that change so; with a note where that was done."""
    changed = {name for e in equations if (name := _changing(e)) is not None}
    if not changed:
        return tuple(equations), ()
    time = sp.Symbol("t")
    found = []
    for e in equations:
        name = _changing(e)
        sides = [
            side.xreplace({c: c.func(*c.args, time) for c in _calls(side) if c.func.__name__ in changed})
            for side in e.args
        ]
        if name is not None:
            (call,) = (c for c in _calls(e.lhs))
            own, step = sp.Function(name), _step(e.lhs)
            sides = [own(*call.args, time + step) - own(*call.args, time), sides[1] if step == 1 else step * sides[1]]
            found.append(sp.Equality(*sides, evaluate=False))
        else:
            found.append(e.func(*sides, evaluate=False) if sides != list(e.args) else e)
    names = ", ".join(sorted(changed))
    return tuple(found), (f"the change of {names} is that in one time step",)


def _calls(e: sp.Basic) -> list[AppliedUndef]:
    return sorted(e.atoms(AppliedUndef), key=str)


def _step(left: sp.Expr) -> sp.Expr:
    r"""The time step below a change: Delta t of ``\\Delta P_i/\\Delta t``, else one step of the time index."""
    named = [s for s in left.free_symbols if s.name in ("Delta t", "delta t")]
    return named[0] if len(named) == 1 and not sp.expand(left * named[0]).has(named[0]) else sp.S.One


def _changing(e: sp.Basic) -> str | None:
    """The density whose change is the left side: ``delta*C(i)``, or the function ``Delta C`` of i."""
    if not isinstance(e, sp.Equality) or any("t" in {s.name for s in c.free_symbols} for c in _calls(e)):
        return None
    left = e.lhs * _step(e.lhs)
    calls = _calls(left)
    if len(calls) != 1 or e.has(sp.Derivative):
        return None
    name = calls[0].func.__name__
    for change in CHANGES:
        bare = name.removeprefix(f"{change} ")
        whole = bare != name and left == calls[0]
        factor = left == sp.Symbol(change) * calls[0] and not e.rhs.has(sp.Symbol(change))
        if (whole or factor) and any(c.func.__name__ == bare for c in _calls(e.rhs)):
            return str(bare)
    return None


def forward(e: sp.Equality) -> sp.Equality:
    r"""``P(x, t) = ... P(x - a, t - \tau)`` with the time moved on by \tau; other equations as they stand.

    >>> x, t = sp.symbols("x t")
    >>> P = sp.Function("P")
    >>> forward(sp.Eq(P(x, t), P(x - 1, t - 2)))
    Eq(P(x, t + 2), P(x - 1, t))
    """
    if e.atoms(sp.Derivative):
        return e
    calls = _calls(e)
    for call in calls:
        others = [c for c in calls if c != call and len(c.args) == len(call.args)]
        for slot, time in enumerate(call.args):
            if not time.is_Symbol or len(call.args) < 2:
                continue
            behind = [c for c in others if c.args[slot].has(time)]
            lags = {sp.expand(time - c.args[slot]) for c in behind}
            lag = lags.pop() if len(lags) == 1 else sp.S.Zero
            if lag == 0 or lag.has(time) or lag.could_extract_minus_sign():
                continue
            same = [c for c in behind if c.func == call.func]
            places = {c.args[:slot] + c.args[slot + 1 :] for c in behind}
            if same and (time.name == "t" or len(places) > 1):
                return sp.Equality(*(_moved(side, time, lag) for side in e.args), evaluate=False)
    return e


def _moved(side: sp.Expr, time: sp.Symbol, lag: sp.Expr) -> sp.Expr:
    return side.xreplace({time: time + lag})


def unconditional(equations: Sequence[sp.Basic]) -> tuple[sp.Basic, ...]:
    """``P(x, t | x_0, t_0)`` as P(x, t): what stands behind the time, the same everywhere, is the start.

    >>> x, t, x0 = sp.symbols("x t x0")
    >>> P = sp.Function("P")
    >>> unconditional([sp.Eq(sp.Derivative(P(x, t, x0), t), P(x - 1, t, x0))])
    (Eq(Derivative(P(x, t), t), P(x - 1, t)),)
    """
    time = sp.Symbol("t")
    calls = {c for e in equations for c in e.atoms(AppliedUndef)}
    change: dict[sp.Basic, sp.Basic] = {}
    for function in {c.func for c in calls}:
        own = [c for c in calls if c.func == function]
        slots = {next((i for i, a in enumerate(c.args) if a.has(time)), None) for c in own}
        slot = slots.pop() if len(slots) == 1 else None
        starts = set() if slot is None else {c.args[slot + 1 :] for c in own}
        if (
            slot is not None
            and slot > 0
            and len(starts) == 1
            and starts != {()}
            and len({c.args[:slot] for c in own}) > 1
        ):
            change |= {c: c.func(*c.args[: slot + 1]) for c in own}
    if not change:
        return tuple(equations)
    return tuple(
        e.func(*(side.xreplace(change) for side in e.args), evaluate=False) if isinstance(e, sp.Equality) else e
        for e in equations
    )
