r"""Continuous-time random walks as pasted: ``P(x,t) = \Psi(t)\delta(x) + \int_0^t \psi(t-t') \int \lambda(x-x') P(x',t') dx' dt'`` and its kin.

Three forms: the density by its last jump, the density of arrivals eta, and the master equation with a memory. Each is what happens at a
jump, read like a master equation in steps, and a law of waits. A fractional derivative in front of jumps on a lattice is a memory too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.pasted_names import plain_name
from symdiff.dossier.pasted_transforms import walk_by_transforms
from symdiff.dossier.pasted_wait_laws import (
    Laws,
    S,
    by_odds,
    declare_laws,
    laws_in,
    memory_transform,
    renamed,
    waits_of,
)
from symdiff.errors import ModelError, NotYetError, SymdiffError
from symdiff.notation.expression import Scope, parse_expression

_T = sp.Symbol("t")
_FRACTIONAL = ("FracDeriv", "CaputoDerivative", "RiemannLiouvilleDerivative")
_ADVICE = "state the jumps and the law of the waits in a model file: [waiting_time] and [[jumps]]"
Jumps = Callable[[Sequence[sp.Basic]], tuple[dict[str, Any], list[str], dict[str, str]]]


@dataclass(frozen=True)
class _Memory:
    """What is integrated over earlier times: a kernel of the time passed, and what happens at a jump, with densities at time t."""

    kernel: sp.Expr
    inside: sp.Expr


def waiting_document(equations: Sequence[sp.Basic], jumps: Jumps) -> tuple[dict[str, Any], list[str]] | None:
    """The document of a walk with waits, and what is assumed; None for formulas that state none.

    ``jumps`` makes a document, its assumptions and its names of the equations of the jumps alone.

    Raises :class:`NotYetError` for laws that are not written out enough, :class:`ModelError` where probability is not conserved.
    """
    laws, rest = laws_in(equations)
    by_transforms = walk_by_transforms(laws, rest)
    if by_transforms is not None:
        by_transforms[1].extend(_unused(laws))
        return by_transforms
    found = _fractional(laws, rest) or _with_memory(laws, rest)
    if found is None:
        return None
    density, memory, change, name, others = found
    second = next((o for o in others if _advances(o)), None)
    if second is not None:
        raise ModelError(
            f"{second.args[0]} = ... stands beside a walk with waits: two models at once", instead="paste one of them"
        )
    drawn = {c.func.__name__: c.func for c in memory.inside.atoms(AppliedUndef)}  # laws of steps, put into the jumps
    others += [sp.Equality(drawn[n](v), e, evaluate=False) for n, (v, e) in laws.exact.items() if n in drawn]
    for n in set(laws.exact) & set(drawn):
        del laws.exact[n]
    document, assumed, names = _document_of_jumps(density, memory.inside, change, others, jumps)
    taken = {
        *document["parameters"],
        *document.get("functions", {}),
        *names.values(),
        *document["model"]["coordinates"],
    }
    total = _to_probabilities(document)
    if change is None:
        waits = waits_of(name, laws, taken)
    else:
        waits = _of_memory(
            memory.kernel if not isinstance(memory.kernel, AppliedUndef) else None, name, laws, taken, total
        )
    _put_waits(document, waits, laws, names, assumed)
    return document, [*assumed, *_unused(laws)]


def _unused(laws: Laws) -> list[str]:
    stated = {**laws.exact, **laws.near}
    return [
        f"{n}({v}) = {e} is not part of the model"
        for n, (v, e) in stated.items()
        if n not in laws.used and " " not in n
    ]


def _advances(e: sp.Basic) -> bool:
    """Whether a density is advanced in time."""
    moved = any(_T in d.variables for d in e.atoms(sp.Derivative))
    return moved or any(c.args[-1].has(_T) and c.args[-1] != _T and c.args[-1].has(sp.Add) and len(c.args) > 1 and c.args[-1].as_independent(_T)[1] == _T
                        and not e.has(sp.Integral) for c in e.atoms(AppliedUndef))  # fmt: skip


# --- forms -----------------------------------------------------------------------------------------------------------

_Found = tuple[AppliedUndef, _Memory, sp.Basic | None, str, list[sp.Basic]]


def _fractional(laws: Laws, rest: Sequence[sp.Basic]) -> _Found | None:
    """``d_t^a P_n = g (P_{n+1} + P_{n-1} - 2 P_n)``, ``dP_n/dt = D_t^{1-a} g (...)``: the memory s^(1-a)."""
    for e in rest:
        if not isinstance(e, sp.Equality):
            continue
        left, right = e.args
        others = [o for o in rest if o is not e]
        if isinstance(left, AppliedUndef) and left.func.__name__ in _FRACTIONAL and left.args[1] == _T:
            density, inside, power = left.args[0], right, 1 - left.args[2]
        elif isinstance(left, sp.Derivative) and left.variables == (_T,):
            ahead = [a for a in right.atoms(AppliedUndef) if a.func.__name__ in _FRACTIONAL and a.args[1] == _T]
            if len(ahead) != 1 or (front := sp.cancel(right / ahead[0])).has(ahead[0]):
                continue
            density, inside, power = left.expr, front * ahead[0].args[0], ahead[0].args[2]
        else:
            continue
        if not isinstance(density, AppliedUndef) or inside.has(
            sp.Derivative, *(sp.Function(n) for n in (*_FRACTIONAL, "FracLaplacian"))
        ):
            continue
        laws.more |= power.free_symbols
        for symbol in power.free_symbols:
            laws.symbols.setdefault(symbol, f"0 < {symbol} < 1")
        return density, _Memory(S**power, inside), sp.Derivative(density, _T), "", others
    return None


def _with_memory(laws: Laws, rest: Sequence[sp.Basic]) -> _Found | None:
    held = [e for e in rest if isinstance(e, sp.Equality) and any(_is_memory(i) for i in e.rhs.atoms(sp.Integral))]
    if not held:
        return None
    joint = {
        e.lhs.func: e for e in rest if isinstance(e, sp.Equality) and e not in held and isinstance(e.lhs, AppliedUndef)
    }
    for equation in held:
        change = equation.lhs if isinstance(equation.lhs, sp.Derivative) else None
        density = equation.lhs.expr if change is not None else equation.lhs
        if not isinstance(density, AppliedUndef) or not equation.rhs.has(density.func):
            continue  # P = \int eta Psi: what is left of the arrivals
        right = equation.rhs
        survival: list[sp.Expr] = []
        memories = [t for t in sp.Add.make_args(right) if any(_is_memory(i) for i in t.atoms(sp.Integral))]
        for start in (t for t in sp.Add.make_args(right) if t not in memories):
            _check_start(start, density, change)
            if change is None:
                survival += [
                    f for f in sp.Mul.make_args(start) if f.has(_T) and not f.has(*density.args[:-1], sp.DiracDelta(_T))
                ]
        memory = _together([_taken_apart(m, density, joint) for m in memories])
        if change is None and not memory.kernel.atoms(AppliedUndef):
            memory = _normalised(memory)
        _check_survival(sp.Mul(*survival), memory, laws)
        name = memory.kernel.func.__name__ if isinstance(memory.kernel, AppliedUndef) else ""
        used = {f for f in joint if any(m.has(f) for m in memories)}
        others = [
            e
            for e in rest
            if e not in held
            and not (isinstance(e, sp.Equality) and isinstance(e.lhs, AppliedUndef) and e.lhs.func in used)
        ]
        arrivals = any(t.has(sp.DiracDelta(_T), memory.kernel) for t in sp.Add.make_args(right) if t not in memories)
        own = _observed(held, equation, density, arrivals and change is None)
        if own != density:
            memory = _Memory(memory.kernel, memory.inside.replace(density.func, own.func))
        if not name and change is None:
            laws.exact["psi of the text"] = (_T, memory.kernel)
            name = "psi of the text"
        return own, memory, change, name, others
    return None


def _together(memories: Sequence[_Memory]) -> _Memory:
    """Several integrals over earlier times, one for each jump, as one: the same kernel stands in all."""
    first, *others = memories
    for other in others:
        ratio = sp.S.One if other.kernel == first.kernel else sp.cancel(other.kernel / first.kernel)
        if ratio.has(_T) or ratio.atoms(AppliedUndef):
            raise NotYetError(
                f"several laws of waits, {first.kernel} and {other.kernel}, each with its own jumps, are not read into a model",
                instead="in a model file such waits stand in the jumps: [[jumps]] waiting_time = {...}",
            )
        first = _Memory(first.kernel, first.inside + ratio * other.inside)
    return first


def _is_memory(total: sp.Integral) -> bool:
    return any(len(limit) == 3 and limit[2] == _T for limit in total.limits)


def _observed(
    held: Sequence[sp.Equality], equation: sp.Equality, density: AppliedUndef, arrivals: bool
) -> AppliedUndef:
    """P of ``P(x,t) = \\int_0^t \\Psi(t-t') \\eta(x,t') dt'`` beside the equation of the arrivals eta, or P where it is not written."""
    for e in held:
        if (
            e is not equation
            and isinstance(e.lhs, AppliedUndef)
            and e.rhs.has(density.func)
            and not e.rhs.has(e.lhs.func)
        ):
            return e.lhs
    if not arrivals:
        return density
    start = [
        c
        for t in sp.Add.make_args(equation.rhs)
        if t.has(sp.DiracDelta(_T))
        for c in t.atoms(AppliedUndef)
        if c.func != density.func and c.args == (*density.args[:-1], sp.S.Zero)
    ]
    return (start[0].func if len(start) == 1 else sp.Function("P"))(*density.args)  # \\delta(t) P(x, 0)


def _check_start(term: sp.Expr, density: AppliedUndef, change: sp.Basic | None) -> None:
    """``\\Psi(t) \\delta(x)``, ``P_0(x) \\Psi(t)``, ``\\delta(x) \\delta(t)``: those who have not jumped yet, or the start."""
    if change is not None:
        raise NotYetError(f"the term {term} beside a memory is not read into a model", instead=_ADVICE)
    if term.has(density.func) or not (term.has(_T) and term.atoms(AppliedUndef, sp.DiracDelta, sp.exp)):
        raise ModelError(
            f"the term {term} is no share of walkers that have not jumped yet",
            instead="write \\Psi(t)\\delta(x) + \\int_0^t ...",
        )


def _normalised(memory: _Memory) -> _Memory:
    """A density of waits that is written out has the integral one; what is left of its factor belongs to the jumps."""
    whole = memory_transform(memory.kernel, _T).xreplace({S: sp.S.Zero})
    return _Memory(memory.kernel / whole, sp.cancel(whole) * memory.inside)


def _check_survival(survival: sp.Expr, memory: _Memory, laws: Laws) -> None:
    """Those who have not jumped at t are those whose wait is longer: psi = - d Psi/dt, where both are written out."""
    stated = {c: laws.exact[c.func.__name__] for c in survival.atoms(AppliedUndef) | memory.kernel.atoms(AppliedUndef)
              if c.func.__name__ in laws.exact and c.args == (_T,)}  # fmt: skip
    change = {c: value.xreplace({variable: _T}) for c, (variable, value) in stated.items()}
    left, right = survival.xreplace(change), memory.kernel.xreplace(change)
    if survival == 1 or left.atoms(AppliedUndef) or right.atoms(AppliedUndef):
        return
    gap = sp.expand(sp.diff(left, _T) + right)
    if gap != 0 and sp.cancel(gap / right) != 0:
        raise ModelError(f"the share {left} that has not jumped does not belong to waits with the density {right}",
                         instead="Psi(t) is the integral of psi from t to infinity: psi = -dPsi/dt")  # fmt: skip


def _taken_apart(term: sp.Expr, density: AppliedUndef, joint: dict[Any, sp.Equality]) -> _Memory:
    """The kernel of the time passed and what happens at a jump, of one integral over earlier times."""
    (outer,) = [i for i in sp.Mul.make_args(term) if isinstance(i, sp.Integral)] or [None]
    if outer is None:
        raise NotYetError(
            "an integral over earlier times inside of another expression is not read into a model",
            instead="write the sum under the integral: \\int_0^t \\psi(t-t') \\sum ... dt'",
        )
    front, body = term / outer, outer.function
    (time,) = [limit[0] for limit in outer.limits if len(limit) == 3 and limit[2] == _T]
    spaces = [limit for limit in outer.limits if limit[0] != time]
    calls = [c for c in body.atoms(AppliedUndef) if c.func in joint]
    body = body.xreplace(
        {c: joint[c.func].rhs.xreplace(dict(zip(joint[c.func].lhs.args, c.args, strict=False))) for c in calls}
    )
    passed, moment = sp.Symbol("passed"), _T
    earlier = {c.args[-1] for c in body.atoms(AppliedUndef) if c.func == density.func}
    if earlier == {_T - time}:  # \int \psi(t') P(t - t') dt'
        body = body.xreplace({time: _T - time})
        body = body.xreplace({c: c.func(*(sp.expand(a) for a in c.args)) for c in body.atoms(AppliedUndef)})
    elif earlier != {time}:
        raise NotYetError(
            f"the density at the times {sorted(map(str, earlier))} is not read into a model", instead=_ADVICE
        )
    kernel, inside = _factors(sp.factor_terms(body), time, density)
    kernel = kernel.xreplace(
        {c: c.func(*(sp.expand(a.xreplace({time: _T - passed})) for a in c.args)) for c in kernel.atoms(AppliedUndef)}
    )
    kernel = kernel.xreplace({time: _T - passed})
    kernel = (
        kernel
        if isinstance(kernel, AppliedUndef)
        else sp.expand(kernel.replace(sp.exp, lambda a: sp.exp(sp.expand(a))))
    )
    if kernel.has(_T) or (isinstance(kernel, AppliedUndef) and kernel.args != (passed,)):
        raise NotYetError(f"the law {kernel} ties waits and steps together, or depends on time", instead="write \\psi(x,t) = \\lambda(x) w(t) beside it; "
                          "flights at a velocity are [[states]] with velocity and waiting_time in a model file")  # fmt: skip
    inside = inside.xreplace({time: moment})
    if spaces:
        inside = sp.Integral(inside, *spaces)
    return _Memory(kernel.xreplace({passed: _T}), front * inside)


def _factors(body: sp.Expr, time: sp.Symbol, density: AppliedUndef) -> tuple[sp.Expr, sp.Expr]:
    """The factors of the time passed, and those with the density."""
    kernel, inside = sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(body):
        if factor.has(density.func):
            if isinstance(factor, sp.Integral) and kernel_in(factor, time, density):
                deeper, left = _factors(factor.function, time, density)
                kernel, inside = kernel * deeper, inside * sp.Integral(left, *factor.limits)
            else:
                inside *= factor
        elif factor.has(time):
            kernel *= factor
        else:
            inside *= factor
    numbers = sp.Mul(*(f for f in sp.Mul.make_args(kernel) if not f.has(time)))
    return kernel / numbers, inside * numbers


def kernel_in(factor: sp.Integral, time: sp.Symbol, density: AppliedUndef) -> bool:
    """Whether the kernel of the time passed stands under the integral over places."""
    return any(f.has(time) and not f.has(density.func) for f in sp.Mul.make_args(factor.function))


# --- documents -------------------------------------------------------------------------------------------------------


def _document_of_jumps(
    density: AppliedUndef, inside: sp.Expr, change: sp.Basic | None, others: Sequence[sp.Basic], jumps: Jumps
) -> tuple[dict[str, Any], list[str], dict[str, str]]:
    later = density.func(*(a + 1 if a == _T else a for a in density.args))
    if change is None:
        return jumps([sp.Equality(later, inside, evaluate=False), *others])
    loss = sp.diff(sp.expand(inside.xreplace({density: (mark := sp.Dummy())})), mark)
    if loss == -1:  # S P - P: what arrives is a probability, and the rest of the symbols follow
        try:
            return jumps([sp.Equality(later, sp.expand(inside) + density, evaluate=False), *others])
        except SymdiffError:
            pass
    return jumps([sp.Equality(sp.Derivative(density, _T), inside, evaluate=False), *others])


def _to_probabilities(document: dict[str, Any]) -> sp.Expr:
    """Rates of jumps as probabilities; their total, one where they were probabilities."""
    steps = all("probability" in j for j in document["jumps"])
    for key in ("states", "internal", "reactions", "functions"):
        if document.get(key) and (key != "functions" or not steps):
            raise NotYetError(f"waits beside [[{key}]] are not read from LaTeX", instead=_ADVICE)
    document["model"].pop("time_step", None)
    entries = document["jumps"]
    if steps:
        return sp.S.One
    names = {n: sp.Symbol(n) for n in document["parameters"]}
    if any("rate" not in j or "index" in j for j in entries):
        raise NotYetError(
            "a law without a total beside waits is not read into a model", instead="write a normalised law of the steps"
        )
    rates = [parse_expression(j["rate"], Scope(names)) for j in entries]
    total = sp.factor_terms(sp.Add(*rates))
    for j, rate in zip(entries, rates, strict=True):
        del j["rate"]
        j["probability"] = str(sp.cancel(rate / total))
    return total


def _of_memory(kernel: sp.Expr | None, name: str, laws: Laws, taken: set[str], total: sp.Expr) -> dict[str, Any]:
    """The waits that belong to a memory: with the transform M of all jumps together, M/(s + M)."""
    for own in sorted({*laws.exact}):
        variable, value = laws.exact[own]
        calls = value.atoms(AppliedUndef)
        if own in (f"{name}hat", f"{name}tilde") or (own == name and variable.name in ("s", "u")):
            laws.used.add(own)
            value = value.xreplace({variable: S})
            if len(calls) == 1:
                (psi,) = (c.xreplace({variable: S}) for c in calls)
                if sp.cancel(value - S * psi / (1 - psi)) == 0 and total == 1:
                    return waits_of(psi.func.__name__, laws, taken)
            kernel = value
            break
        if own == name:
            laws.used.add(own)
            kernel = memory_transform(value, variable)
            break
    else:
        if kernel is not None and kernel.has(_T):
            kernel = memory_transform(kernel, _T)
    if kernel is None:
        laws.notes.append(
            f"the memory {name} is that of waits with the density psi: in transforms {total * sp.Symbol(name)} = s psi/(1 - psi)"
        )
        return waits_of("psi", laws, taken)
    return by_odds(S / (total * kernel))


def _put_waits(
    document: dict[str, Any], waits: dict[str, Any], laws: Laws, names: dict[str, str], assumed: list[str]
) -> None:
    """The law of the waits in the names of the model, with its parameters."""
    taken = {*names.values(), *document["model"]["coordinates"], document["model"]["density"], *document["parameters"]}
    own = dict(names)
    for symbol in sorted(laws.letters(), key=str):
        if symbol.name not in own:
            own[symbol.name] = symbol.name if symbol in laws.symbols else plain_name(symbol.name, taken)
            taken.add(own[symbol.name])
    document["waiting_time"] = {k: renamed(v, own) for k, v in waits.items()}
    declare_laws(document, [document["waiting_time"]], own, laws, assumed)
