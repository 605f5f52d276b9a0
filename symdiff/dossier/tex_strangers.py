"""Equations of a text that may speak of another model than the last one that could be read.

A balance that could not be read, or a law of steps behind a heading, begins something of which nothing is known; what follows is
neither wrong nor right of it because the model before says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from symdiff.dossier.tex_letters import HELD, UNREAD, missing
from symdiff.notation.latex.surroundings import Surroundings
from symdiff.verification.roles import CUSTOMARY
from symdiff.verification.verdict import REFUTED, UNDECIDED

if TYPE_CHECKING:
    from symdiff.dossier.check_tex import TexVerdict

_ADVANCES = re.compile(
    r"\\partial_\{?\s*t|\\partial\s*\{?\s*t|\}\s*\{\s*(?:\\mathrm\s*\{?\s*)?d\s*\}?\s*t|\\dot|\\p?dv\b.*\{\s*t\s*\}"
    r"|\bt\s*\+\s*(?:\\[Dd]elta|\\tau|d|h|1)|\^\{?\s*n\s*\+\s*1"
)  # a density in time
_OF_ALL = ("D", "v")  # roles whose letters stand in every section
SETTLES = "'% symdiff: model = NAME' before it says what it belongs to"


def among_strangers(
    verdicts: Sequence[TexVerdict], around: Surroundings, letters: Callable[[TexVerdict], set[str]]
) -> tuple[TexVerdict, ...]:
    """The verdicts, those that need not be about the model they were put to held back."""
    return tuple(_held_back(n, v, verdicts, around, letters) for n, v in enumerate(verdicts))


def _held_back(
    number: int,
    v: TexVerdict,
    all_: Sequence[TexVerdict],
    around: Surroundings,
    letters: Callable[[TexVerdict], set[str]],
) -> TexVerdict:
    if not v.own or not v.model or v.outcome not in (REFUTED, *HELD):
        return v
    first = max((n for n, u in enumerate(all_[:number]) if u.subject is v.subject and not u.model), default=None)
    if first is None:
        return v
    between = all_[first + 1 : number]
    unread = next((u for u in between if u.outcome == UNREAD and _ADVANCES.search(u.equation.latex)), None)
    if unread is not None:
        said = (
            f"line {unread.equation.first_line}, which could not be read, may state the model it belongs to; {SETTLES}"
        )
        if v.outcome in HELD:
            return replace(v, why=f"{v.why}; {said}")
        return _open(v, said)
    heading = max((h for h in around.headings if h <= v.equation.start), default=-1)
    if v.outcome != REFUTED or heading <= all_[first].equation.start:
        return v
    mine = {name for name in letters(v) if CUSTOMARY.get(name) not in _OF_ALL} - {"t", "x", "y", "z", "n", "k"}
    for u in between:
        if u.equation.start > heading and missing(u) and mine & (letters(u) | {missing(u)}):
            what = f"behind the heading the text turns to '{missing(u)}' (line {u.equation.first_line}), of which that model knows nothing"
            return _open(v, f"{what}; {SETTLES}")
    return v


def _open(v: TexVerdict, said: str) -> TexVerdict:
    """A refutation as a condition: what is wrong if the equation is about that model."""
    return replace(v, outcome=UNDECIDED, verdict=None, why=f"if it is meant of {v.model}, it is wrong: {v.why}; {said}")
