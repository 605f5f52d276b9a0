"""The author's letters for the parameters of a model that is only named: a step ``a`` for its ``ell``.

A letter of which the model knows nothing is tried as each of its parameters. Where an equation holds in one way alone, the letters
are known, and the other equations about that model are judged with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from symdiff.verification.verdict import CONDITIONAL, CONSISTENT, PROVED, REFUTED, UNDECIDED

if TYPE_CHECKING:
    from symdiff.dossier.check_tex import TexVerdict

MOST_LETTERS = 3  # of one equation
MOST_TRIALS = 40  # of one text
UNREAD = "unread"
HELD = (PROVED, CONDITIONAL, CONSISTENT)
Symbols = tuple[tuple[str, str], ...]
Judge = Callable[["TexVerdict", Symbols], "TexVerdict"]
_UNKNOWN = re.compile(r"(?:nothing is known of|has no quantity) '([^']+)'")


def missing(found: TexVerdict) -> str:
    """The symbol for want of which an equation is undecided; empty where that is not the reason."""
    unknown = _UNKNOWN.search(found.why) if found.outcome in (UNDECIDED, UNREAD) else None
    return unknown.group(1) if unknown is not None else ""


@dataclass
class _Trials:
    """How many equations may still be judged in other letters."""

    judge: Judge
    left: int = MOST_TRIALS

    def ways(self, v: TexVerdict, put: Symbols = ()) -> Iterator[tuple[Symbols, TexVerdict]]:
        """Every way to name the unknown letters of an equation, with the verdict."""
        name = missing(v)
        if not name or name in dict(put) or len(put) >= MOST_LETTERS or v.subject is None:
            yield put, v
            return
        for parameter in v.subject.parameters:
            if parameter.name in dict(put).values() or self.left <= 0:
                continue
            self.left -= 1
            more = (*put, (name, parameter.name))
            yield from self.ways(self.judge(v, more), more)


def in_their_letters(verdicts: Sequence[TexVerdict], judge: Judge) -> list[TexVerdict]:
    """The verdicts, those that want for the meaning of a letter once more in the letters that another equation bears out."""
    trials = _Trials(judge)
    known: dict[int, tuple[Symbols, int]] = {}
    for v in verdicts:
        if v.subject is None or v.own or not missing(v) or id(v.subject) in known:
            continue
        held = [put for put, found in trials.ways(v) if found.outcome in HELD and put]
        if len(held) == 1 and trials.left > 0:
            known[id(v.subject)] = held[0], v.equation.first_line
    return [_told(v, judge, *known[id(v.subject)]) if id(v.subject) in known and missing(v) else v for v in verdicts]


def _told(v: TexVerdict, judge: Judge, symbols: Symbols, line: int) -> TexVerdict:
    found = judge(v, symbols)
    if found.outcome not in (*HELD, REFUTED):
        return v
    said = ", ".join(f"{own} for {name}" for own, name in symbols)
    return replace(found, why=f"{found.why}; with {said}, as line {line} shows")
