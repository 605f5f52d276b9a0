r"""Which letter is the time where no ``t`` stands in a formula: the ``\tau`` of scaled equations, a T beside an X."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.evidence import Evidence
from symdiff.notation.latex.nodes import Row
from symdiff.notation.latex.signs import Sign, sign_of, split_at_commas

_SCALED = ("tau", "T", "that", "ttilde", "tbar", "s")


def other_time(evidence: Evidence, names: Names) -> str:
    r"""The time of ``\frac{\partial u}{\partial\tau} = \frac{\partial^2 u}{\partial\xi^2}``; empty where ``t`` is, or may be, the time.

    It is a letter that nobody declared, by which something is differentiated partially, once, beside another variable.
    """
    context = names.context
    if context.time != "t" or any(use.sign.dots for use in evidence.uses):
        return ""
    runs = [(use.sign.name, run) for use in evidence.uses if (run := _letters_below(use.sign))]
    below = {letter for _, run in runs for letter in run}
    seen = {use.sign.name for use in evidence.uses} | set(evidence.variables) | evidence.bound | below
    if "t" in seen:
        return ""
    partial = {name for name, by in evidence.variables.items() if by and name}
    space = {name for name in partial if name not in _SCALED} or evidence.nabla or evidence.laplacian
    for name in _SCALED:
        if name in names.all:
            continue
        doubled = any(run == (name,) and any(b == base and len(r) == 2 == r.count(r[0]) and r[0] != name for b, r in runs)
                      for base, run in runs)  # fmt: skip
        if (name in partial and (space or name == "tau")) or doubled:
            return name
    return ""


def _letters_below(sign: Sign) -> tuple[str, ...]:
    parts: Sequence[Row] = () if sign.sub is None else split_at_commas(sign.sub)
    if len(parts) != 1:
        return ()
    found = [sign_of(node) for node in parts[0].items]
    return tuple(s.name for s in found if s is not None and s.is_bare) if all(found) else ()
