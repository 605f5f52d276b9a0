"""Pasted equations of the field that are no jump model as they stand: what they are, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError, NotYetError, SymdiffError

ADVICE = "write it as P(x, t+\\tau) = ... or \\frac{dP_n}{dt} = ..., with displaced densities on the right"
_WAITS = (
    "state the jumps and the law of the waits in a model file: [waiting_time] with a density, or with laplace_transform = M/(s + M) "
    "for a memory with the transform M(s)"
)
_FRACTIONAL = frozenset(
    {"FracDeriv", "FracLaplacian", "CaputoDerivative", "RiemannLiouvilleDerivative", "WeylDerivative"}
)


def refuse(relations: Sequence[sp.Basic]) -> None:
    """Raise :class:`NotYetError` for memories, fractional equations and schemes of several levels; return for everything else."""
    error = _why(relations)
    if error is not None:
        raise error


def no_master_equation(relations: Sequence[sp.Basic]) -> SymdiffError:
    """The error for equations in which no density is advanced in time."""
    levels = _levels(relations)
    if levels is not None:
        return levels
    if any(_is_renewal(e) for e in relations):
        return NotYetError(
            "an integral over earlier times (a continuous-time random walk) is not read into a model", instead=_WAITS
        )
    if any(_is_path(e) for e in relations):
        return NotYetError("this is the recursion of a path, and not of its density",
                           instead="write the steps, x \\to x+\\ell \\text{ with probability } p; a step with a law is [[jumps]] with distribution, "
                           "time_step in a model file; in continuous time dX = a\\,dt + b\\,dW is read")  # fmt: skip
    return ModelError("this is no master equation: no density is advanced in time", instead=ADVICE)


def _is_path(e: sp.Basic) -> bool:
    """``x_{n+1} = x_n + \\xi_n``: one function of the time alone, a step on."""
    head = e.lhs if isinstance(e, sp.Equality) else None
    if not isinstance(head, AppliedUndef) or len(head.args) != 1:
        return False
    own = [c for c in e.rhs.atoms(AppliedUndef) if c.func == head.func]
    return any(
        c.args[0].is_Symbol
        and sp.expand(head.args[0] - c.args[0]).is_positive is not False
        and head.args[0] != c.args[0]
        for c in own
    )


def _why(relations: Sequence[sp.Basic]) -> SymdiffError | None:
    names = {c.func.__name__ for e in relations for c in e.atoms(AppliedUndef)}
    if names & _FRACTIONAL:
        return NotYetError(
            "a fractional equation is the limit of a jump model, not one itself",
            instead='state the jumps in a model file: steps with a heavy tail (distribution = "levy" or "pareto"), waits '
            '([waiting_time] distribution = "mittag_leffler" or "pareto"); the equation is a claim about them',
        )
    if any(_is_memory(total) for e in relations for total in e.atoms(sp.Integral)):
        return NotYetError("the integral holds a density at another time (a memory)", instead=_WAITS)
    return None


def _is_memory(total: sp.Integral) -> bool:
    """Whether a density stands at an earlier time that is integrated over: P(x, t') under an integral from 0 to t."""
    bound = {limit[0] for limit in total.limits if len(limit) == 3 and sp.Symbol("t") in limit[2].free_symbols}
    return any(a in bound for c in total.function.atoms(AppliedUndef) for a in c.args if len(c.args) > 1)


def _is_renewal(e: sp.Basic) -> bool:
    return any(_is_memory(total) for total in e.atoms(sp.Integral))


def _levels(relations: Sequence[sp.Basic]) -> SymdiffError | None:
    """``u^{n+1}``, ``u^n`` and ``u^{n-1}`` in one equation."""
    for e in relations:
        calls = e.atoms(AppliedUndef)
        for call in calls:
            own = [c for c in calls if c.func == call.func and len(c.args) == len(call.args) > 1]
            for slot in range(len(call.args)):
                shifts = {sp.expand(c.args[slot] - call.args[slot]) for c in own}
                if call.args[slot].is_Symbol and len(shifts) == 3 and _at_one_place(own, call, slot):
                    return NotYetError("equations of more than two levels of time are no jump model",
                                       instead="state the scheme in a model file: [model] latex_master_equation")  # fmt: skip
    return None


def _at_one_place(own: Sequence[AppliedUndef], call: AppliedUndef, slot: int) -> bool:
    """Whether the later and the earlier level stand at the place of ``call`` alone, while its own has displaced neighbours."""
    others = [c for c in own if c.args[slot] != call.args[slot]]
    level = [c for c in own if c.args[slot] == call.args[slot]]
    places = {c.args[:slot] + c.args[slot + 1 :] for c in others}
    return len(others) == 2 and len(places) == 1 and len(level) > 1
