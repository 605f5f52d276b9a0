"""The bibliography of a report: the sources that a model and its claims name, and the programs that were used.

Sources are free text. A BibTeX entry keeps that text whole in ``note``; author and year are set where they are plain to see, and
nothing is added that the text does not say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from symdiff.model.jump_model import JumpModel
from symdiff.report.document import plain
from symdiff.report.tex_text import escape_tex

_INITIALS = r"(?:[A-Z]\.[ -]?(?:-?[A-Z]\.[ -]?)*)"
_PERSON = rf"{_INITIALS}?(?:(?:van|von|de|den|der|Le|La) )*[A-Z][\w'’-]+"
_AUTHORS = re.compile(rf"({_PERSON}(?:(?:, | and | & ){_PERSON})*)(?= et al\.|,| \(|$)")
_OWN = re.compile(r"(?i)^own (?:model|work|example),? (?:after|following|based on|in the spirit of) ")
_YEAR = re.compile(r"(?<!\d)(1[6-9]\d\d|20\d\d)(?!\d)")
PROGRAMS = {  # what stands in the list, and the entry
    "sympy": (
        "A. Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017) e103",
        "@article{sympy,\n  author = {Meurer, Aaron and others},\n  title = {{SymPy}: symbolic computing in {Python}},\n"
        "  journal = {PeerJ Computer Science},\n  volume = {3},\n  pages = {e103},\n  year = {2017},\n  note = {version VERSION}\n}",
    ),
    "symdiff": (
        "The symdiff authors, symdiff: continuum equations from microscopic jump models, derived and checked",
        "@software{symdiff,\n  author = {{The symdiff authors}},\n"
        "  title = {symdiff: continuum equations from microscopic jump models, derived and checked},\n  version = {VERSION}\n}",
    ),
}


@dataclass(frozen=True)
class Source:
    """One source: its key, and what the model file says of it."""

    key: str
    text: str
    author: str = ""
    year: str = ""

    @property
    def bibtex(self) -> str:
        """The entry; all text is escaped, so that nothing in it is a command."""
        fields = [("author", self.author), ("year", self.year), ("note", escape_tex(self.text))]
        return f"@misc{{{self.key},\n" + ",\n".join(f"  {n} = {{{v}}}" for n, v in fields if v) + "\n}"


def sources_of(model: JumpModel) -> tuple[Source, ...]:
    """The sources that are named, each once; several stand apart with semicolons in a model file."""
    found: list[Source] = []
    for text in texts_of(model):
        found.append(source_of(text, {s.key for s in found}))
    return tuple(found)


def texts_of(model: JumpModel) -> list[str]:
    """What is written of each source of a model."""
    texts = [model.source, *(c.source for c in model.claims)]
    parts = [part.strip() for text in texts for part in _apart(" ".join(plain(text).split()))]
    named = (_OWN.sub("", p) for p in parts)
    return list(
        dict.fromkeys(p for p in named if p and not re.match(r"(?i)ibid|not in|own\b|elementary|standard\b", p))
    )


def _apart(text: str) -> list[str]:
    """Several sources apart at semicolons; an address, or "see ...", belongs to the one before."""
    found: list[str] = []
    for part in text.split(";"):
        if found and re.match(r"\s*(?:see|cf\.?|eqs?\.|pp?\.|ch\.|sect?\.|http)", part):
            found[-1] += f";{part}"
        else:
            found.append(part)
    return found


def source_of(text: str, taken: set[str]) -> Source:
    """What can be said of one source, under a key of its own.

    >>> source_of("W. Feller (1951), Ann. Math.", set()).key
    'feller1951'
    """
    year = (_YEAR.findall(text) or [""])[0]
    match = _AUTHORS.match(text)
    people = [] if match is None else [p for p in re.split(r", | and | & ", match.group(1)) if p]
    named = bool(people) and (bool(re.match(_INITIALS, people[0])) or bool(year))
    author = " and ".join(escape_tex(p) for p in people) if named else ""
    if author and text[match.end() if match else 0 :].startswith(" et al."):
        author += " and others"
    stem = (
        re.sub(r"[^a-z]", "", (people[0].split()[-1] if named else (text.split() or ["source"])[0]).lower()) or "source"
    )
    key, n = f"{stem}{year}", 0
    while key in taken:
        key, n = f"{stem}{year}{'abcdefghijklmnopqrstuvwxyz'[n % 26] * (n // 26 + 1)}", n + 1
    return Source(key, text, author, year)


def programs_of(versions: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The programs that were used, as entries of the bibliography."""
    return tuple(
        (name, f"{text}, version {versions[name]}.") for name, (text, _) in PROGRAMS.items() if name in versions
    )


def bibtex_of_all(sources: tuple[Source, ...], versions: Mapping[str, str]) -> str:
    """BibTeX of the sources and of the programs with their versions."""
    programs = [
        entry.replace("VERSION", escape_tex(versions[name]))
        for name, (_, entry) in PROGRAMS.items()
        if name in versions
    ]
    return "\n\n".join([*(s.bibtex for s in sources), *programs]) + "\n"
