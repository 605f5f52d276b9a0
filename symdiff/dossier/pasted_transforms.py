r"""Walks pasted as transforms: ``\hat P(k,s) = \frac{1-\hat\psi(s)}{s} \frac{1}{1-\hat\psi(s)\hat\lambda(k)}`` (Montroll and Weiss), or as their two laws.

With G = s P(k, s) the equation is G (1 - psi lambda) = 1 - psi: one of the laws is a name or follows from the other, and lambda(0) = 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.pasted_names import plain_name
from symdiff.dossier.pasted_wait_laws import (
    K,
    Laws,
    S,
    base,
    by_transform,
    by_waves,
    declare_laws,
    renamed,
    steps_of,
    waits_of,
)
from symdiff.errors import ModelError, NotYetError
from symdiff.notation.expression import Scope, parse_expression

_WAVES, _TIMES = ("k", "q", "kappa"), ("s", "u", "p", "epsilon")
_WAIT_NAMES = ("psi", "w", "phi", "varphi", "omega", "Psi", "f")
_STEP_NAMES = ("lambda", "p", "phi", "varphi", "f", "g", "w", "chi", "eta", "Lambda")
_ORDER = (sp.StrictLessThan, sp.LessThan, sp.StrictGreaterThan, sp.GreaterThan)
_ADVICE = "write \\hat P(k,s) = \\frac{1-\\hat\\psi(s)}{s}\\frac{1}{1-\\hat\\psi(s)\\hat\\lambda(k)} and what \\hat\\psi and \\hat\\lambda are"


def walk_by_transforms(laws: Laws, rest: Sequence[sp.Basic]) -> tuple[dict[str, Any], list[str]] | None:
    """The walk of a Montroll-Weiss equation, or of the two laws alone; None where a text states neither.

    Raises :class:`ModelError` where the density is not normalised, :class:`NotYetError` for walks whose steps depend on the waits.
    """
    equations = [e for e in rest if isinstance(e, sp.Equality)]
    found = [e for e in equations if _is_transformed(e.lhs)]
    if not found:
        return None if equations else _by_laws(laws)
    joint = {e.lhs.func: e for e in found[1:] if isinstance(e.lhs, AppliedUndef)} | {
        e.lhs.func: e for e in found if any(o is not e and o.rhs.has(e.lhs.func) for o in found)
    }
    left = [e for e in rest if e not in found and not isinstance(e, _ORDER)]
    if left:
        raise ModelError(
            f"{left[0].args[0]} = ... stands beside a walk that is given by its transforms: two models at once",
            instead="paste one of them",
        )
    walk = next((e for e in found if e.lhs.func not in joint), found[0])
    value = walk.rhs
    calls = [c for c in value.atoms(AppliedUndef) if c.func in joint and joint[c.func] is not walk]
    value = value.xreplace(
        {c: joint[c.func].rhs.xreplace(dict(zip(joint[c.func].lhs.args, c.args, strict=False))) for c in calls}
    )
    wave, time = walk.lhs.args
    change = {wave: K, time: S}
    value = value.xreplace(change)
    waits, steps, start = _laws_of(value, laws)
    taken: set[str] = {s.name for s in value.free_symbols} | {"x"}
    name = base(walk.lhs.func.__name__)
    jumps = steps_of(steps, laws, taken) if isinstance(steps, str) else by_waves(steps)
    waiting = waits_of(waits, laws, taken) if isinstance(waits, str) else by_transform(waits)
    laws.more |= value.free_symbols - {K, S}
    notes = [f"{start} is the transform of the start"] if start else []
    return _document(name, waiting, jumps, laws, notes)


def _is_transformed(head: sp.Basic) -> bool:
    """``\\hat P(k, s)``."""
    if not isinstance(head, AppliedUndef) or len(head.args) != 2 or not all(a.is_Symbol for a in head.args):
        return False
    wave, time = (a.name for a in head.args)
    if wave.endswith("bold") and time in _TIMES:
        raise NotYetError(
            "a walk in several dimensions is not read from its transforms",
            instead="state the jumps and [waiting_time] in a model file",
        )
    return wave in _WAVES and time in _TIMES


def _laws_of(value: sp.Expr, laws: Laws) -> tuple[str | sp.Expr, str | sp.Expr, sp.Expr | None]:
    """The laws of waits and steps, by name or written out, and the transform of the start."""
    calls = sorted(value.atoms(AppliedUndef), key=str)
    if any(len(c.args) != 1 or c.args[0] not in (K, S) for c in calls):
        odd = next(c for c in calls if len(c.args) != 1 or c.args[0] not in (K, S))
        raise NotYetError(f"{odd} ties waits and steps together", instead="write it as \\psi(k,s) = \\hat\\psi(s)\\hat\\lambda(k) beside the equation; flights at "
                          "a velocity are [[states]] with velocity and waiting_time in a model file")  # fmt: skip
    marks = {c: sp.Dummy() for c in calls}
    plain = value.xreplace(marks)
    start = next((c for c in calls if c.args[0] == K and not sp.cancel(plain / marks[c]).has(marks[c])), None)
    if start is not None:
        plain = sp.cancel(plain / marks[start])
    times = [c for c in calls if c.args[0] == S]
    waves = [c for c in calls if c.args[0] == K and c != start]
    if len(times) > 1 or len(waves) > 1 or not (times or waves):
        raise NotYetError(
            "which law is that of the waits, and which that of the steps, is not seen in this equation", instead=_ADVICE
        )
    grown = S * plain
    if times:
        psi: sp.Expr = marks[times[0]]
        waits: str | sp.Expr = times[0].func.__name__
        found = sp.cancel(sp.together((1 - (1 - psi) / grown) / psi))
        steps: str | sp.Expr = waves[0].func.__name__ if waves else found
        fits = found == marks[waves[0]] if waves else not found.has(psi, S)
    else:
        lam = marks[waves[0]]
        found = sp.cancel(sp.together((1 - grown) / (1 - grown * lam)))
        waits, steps, fits = found, waves[0].func.__name__, not found.has(lam, K)
    if not fits:
        raise ModelError(
            "this is no equation of Montroll and Weiss: with s P(k,s) (1 - psi lambda) = 1 - psi the laws do not separate",
            instead=_ADVICE,
        )
    return waits, steps, start


def _by_laws(laws: Laws) -> tuple[dict[str, Any], list[str]] | None:
    """A walk of which the text says the law of the waits and that of the steps, and nothing else."""
    stated = {**laws.exact, **laws.near}
    waits = [n for n, (v, _) in stated.items() if v.name in ("t", *_TIMES[:2]) and base(n) in _WAIT_NAMES]
    steps = [
        n for n, (v, _) in stated.items() if v.name in ("x", *_WAVES, "r", "y", "ell", "xi") and base(n) in _STEP_NAMES
    ]
    if not waits or not steps or len({base(n) for n in waits}) > 1 or len({base(n) for n in steps}) > 1:
        return None
    if set(stated) - {*waits, *steps}:
        return None
    taken = {"x"} | {s.name for _, e in stated.values() for s in e.free_symbols}
    jumps, waiting = steps_of(steps[0], laws, taken), waits_of(waits[0], laws, taken)
    return _document(
        "P", waiting, jumps, laws, [f"{base(waits[0])} is the law of the waits, {base(steps[0])} that of the steps"]
    )


def _document(
    name: str, waiting: dict[str, Any], jumps: list[dict[str, Any]], laws: Laws, notes: list[str]
) -> tuple[dict[str, Any], list[str]]:
    taken = {"x"}
    own: dict[str, str] = {"x": "x"}
    for symbol in sorted(laws.letters(), key=str):
        own[symbol.name] = symbol.name if symbol in laws.symbols else plain_name(symbol.name, taken)
        taken.add(own[symbol.name])
    density = plain_name(name, taken)
    document: dict[str, Any] = {
        "title": "A model read from LaTeX",
        "parameters": {},
        "model": {"coordinates": ["x"], "density": density},
        "waiting_time": {k: renamed(v, own) for k, v in waiting.items()},
        "jumps": [{k: renamed(v, own) if k != "distribution" else v for k, v in j.items()} for j in jumps],
    }
    assumed = ["waits and steps are independent of each other", *notes]
    _settle(document["jumps"], assumed, laws)
    declare_laws(document, [document["waiting_time"], *document["jumps"]], own, laws, assumed)
    return document, assumed


def _settle(jumps: list[dict[str, Any]], assumed: list[str], laws: Laws) -> None:
    """Probabilities p and q of the jumps: the last follows from the others."""
    names = {w for j in jumps for w in re.findall(r"[A-Za-z_]\w*", j["probability"])}
    chances = [parse_expression(j["probability"], Scope({n: sp.Symbol(n) for n in names})) for j in jumps]
    missing = sp.expand(sp.Add(*chances) - 1)
    plain = [c for c in chances if c.is_Symbol and sp.diff(missing, c) == 1]
    if missing == 0 or len(plain) < 2 or len(set(plain)) != len(plain):
        return
    last = max(plain, key=str)
    value = sp.expand(last - missing)
    for j, c in zip(jumps, chances, strict=True):
        j["probability"] = str(c.xreplace({last: value}))
    assumed.append(f"{last} = {value}, since the probabilities sum to one")
    laws.symbols |= {c: "probability" for c in plain if c != last}
