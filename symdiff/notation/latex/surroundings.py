r"""What the words of a ``.tex`` file say around its equations: definitions, lattice spacings, and where a heading begins something new."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from symdiff.notation.latex.macros import expanded, macros_of
from symdiff.notation.latex.plain_tex import alive, without_comments

MAX_INLINE = 2_000  # formulas between the words, the first
MAX_DEFINITIONS = 200
AROUND = 300  # characters behind an equation in which "where the spacing is $a$" still belongs to it
_INLINE = re.compile(
    r"(?<![\\$])\$(?P<dollars>(?:[^$\n]|\n(?![ \t\r]*\n)){1,200})\$(?!\$)|\\\((?P<round>.{1,200}?)\\\)", re.DOTALL
)
_DEFINITION = re.compile(
    r"\s*\\?[A-Za-z]+(?:_(?:[A-Za-z0-9]|\{[A-Za-z0-9+\-]{1,12}\}))?\s*(?:=|:=|\\equiv(?![A-Za-z]))[^=<>]+"
)
_PLACES = re.compile(r"\s*\\?(?:[xyzrtXR]|mathbf|boldsymbol|bm|vec)(?:\s*_|\s*=|\s*:=|\s*\\equiv|\s*\{)")
_LETTER = r"(?:\\Delta\s*[xr](?![A-Za-z])|\\?[A-Za-z]+(?:_(?:[A-Za-z0-9]|\{[A-Za-z0-9]{1,8}\}))?|\\varDelta)"
_GAP = r"(?:\s|\\[,;:!> ]|\\cdot(?![A-Za-z])|\\times(?![A-Za-z])|~)*"
_INDEX = r"(?P<index>[ijklmnq]|\\ell(?![A-Za-z]))"
_NUMBERED = re.compile(
    rf"\s*[xXr](?:_\{{?[ijklmnq]\}}?)?\s*(?:=|:=|\\equiv(?![A-Za-z])){_GAP}"
    rf"(?:{_INDEX}{_GAP}(?P<name>{_LETTER})|(?P<first>{_LETTER}){_GAP}(?P<second>[ijklmnq]))\s*[,.;]?\s*"
)
_CALLED = re.compile(
    r"(?:(?:lattice|grid|mesh|site)[\s~-]+(?:spacing|constant|parameter|size|width)|spacing|Gitter(?:abstand|konstante)"
    r"|(?:step|jump|hop)[\s~-]+(?:length|size)|distance\s+between\s+(?:neighbou?ring\s+|adjacent\s+|the\s+)?sites)"
    r"(?:\s+(?:of(?:\s+length)?|is(?:\s+(?:called|now))?|equal\s+to|by|ist|be))?[\s~]*\Z"
)
_IS_ONE = re.compile(
    r"\s*(?:is|denotes|being|for|be)\s+(?:the|a)\s+(?:lattice|grid|mesh|site)\s+(?:spacing|constant|parameter|size)"
)
_CALL = r"\\?[A-Za-z]+(?:_[A-Za-z0-9]|_\{[A-Za-z0-9]{1,8}\})?"
_INSIDE = r"\(\s*(?P<minus{0}>-)?\s*(?P<letter{0}>\\?[A-Za-z]+(?:\s*[A-Za-z])?)\s*\)"
_MIRROR = re.compile(rf"\s*(?P<head>{_CALL})\s*{_INSIDE.format(1)}\s*=\s*(?P=head)\s*{_INSIDE.format(2)}\s*[.,]?\s*")
_NORMAL = re.compile(
    rf"\s*\\int(?:_(?:\{{[^{{}}]*\}}|\S)|\^(?:\{{[^{{}}]*\}}|\\infty|\S)|\s|\\limits)*{_CALL}\s*\(\s*\\?[A-Za-z]+\s*\)(?:\s|\\[,;:! ]|\\mathrm\{{d\}}|\{{\\rm\s*d\}}|d)*\\?[A-Za-z]+\s*=\s*1\s*[.,]?\s*"
)
_HEADING = re.compile(
    r"\\(?:part|chapter|section|subsection|subsubsection|paragraph|subparagraph|frametitle|frame)\*?\s*[\[{]|\\begin\s*\{(?:frame|problem|exercise|example)\*?\}"
)

_FILES = re.compile(
    r"\\(?:(?:input|include|subfile|includestandalone|InputIfFileExists|loadglsentries)\s*(?:\[[^\]]{0,80}\])?(?:\{(?P<name>[^{}]{1,200})\}|(?=[^A-Za-z{\s])(?P<bare>[^\s\\{}]{1,200}))"
    r"|(?:sub)?(?:import|inputfrom|includefrom)\*?\s*\{(?P<folder>[^{}]{0,200})\}\s*\{(?P<file>[^{}]{1,200})\}|input\s+(?P<plain>[^\s\\{}]{1,200}))"
)


@dataclass(frozen=True)
class Spacing:
    """A length named as that of the lattice, where, and the letter that numbers the sites there (empty where none is named)."""

    name: str
    at: int
    index: str = ""


@dataclass(frozen=True)
class Surroundings:
    """Formulas between the words that say what a symbol is, with the place where each ends; spacings; places of headings."""

    definitions: tuple[tuple[int, str], ...] = ()
    spacings: tuple[Spacing, ...] = ()
    headings: tuple[int, ...] = ()
    conditions: tuple[tuple[int, str], ...] = ()  # phi(-y) = phi(y), int phi dy = 1

    def conditions_for(self, end: int) -> tuple[str, ...]:
        """What the words say of functions such as step laws, in the stretch of text between two headings around a place."""
        return tuple(latex for at, latex in self.conditions if not self.parted(min(at, end), max(at, end)))

    def spacing_for(self, latex: str, start: int, end: int) -> str:
        """The spacing, as LaTeX, for a master equation with numbered sites; empty where the text names none.

        The one whose sites are numbered by the same letter, else one named by words: the last before the equation or right behind
        it, else the first of all.
        """
        if not self.spacings:
            return ""
        letters = set(re.findall(r"_\{?\s*([ijklmnq])(?![A-Za-z])", latex))
        same = [s for s in self.spacings if s.index in letters]
        by_words = [s for s in self.spacings if not s.index]
        for some in (same, by_words, list(self.spacings)):
            before = [s for s in some if s.at <= end + AROUND]
            nearest = max(before, key=lambda s: s.at, default=None)
            if nearest is not None and not self.parted(nearest.at, start):
                return nearest.name
            behind = [s for s in some if s.at > end]
            if behind and (not self.parted(end, behind[0].at) or nearest is None):
                return behind[0].name
            if nearest is not None:
                return nearest.name
        return ""

    def parted(self, first: int, second: int) -> bool:
        """Whether a heading stands between two places."""
        return any(first < h <= second for h in self.headings)


def surroundings_of(text: str) -> Surroundings:
    r"""What is said in ``$q = 1 - p$``, ``$x = n a$``, ``lattice spacing $a$``, and where the headings are.

    A formula that says where sites are, or what the time is, defines none of the letters in it.
    """
    plain = without_comments(alive(text))
    macros = macros_of(plain)
    definitions: list[tuple[int, str]] = []
    spacings: list[Spacing] = []
    conditions: list[tuple[int, str]] = []
    for count, match in enumerate(_INLINE.finditer(plain)):
        if count >= MAX_INLINE:
            break
        latex = expanded((match.group("dollars") or match.group("round")).strip(), macros, match.start())
        numbered = _NUMBERED.fullmatch(latex)
        if numbered is not None:
            name, index = (
                numbered.group("name") or numbered.group("first"),
                numbered.group("index") or numbered.group("second"),
            )
            spacings.append(Spacing(name.strip(), match.end(), index))
        elif re.fullmatch(_LETTER, latex):
            words = plain[max(0, match.start() - 60) : match.start()]
            if _CALLED.search(words) or _IS_ONE.match(plain, match.end()):
                spacings.append(Spacing(latex, match.end()))
        elif is_condition(latex):
            conditions.append((match.end(), latex))
        elif _DEFINITION.fullmatch(latex) and not _PLACES.match(latex) and len(definitions) < MAX_DEFINITIONS:
            definitions.append((match.end(), latex.replace(":=", "=").replace(r"\equiv", "=")))
    headings = tuple(m.start() for m in _HEADING.finditer(plain))
    return Surroundings(tuple(definitions), tuple(spacings), headings, tuple(conditions))


def is_condition(latex: str) -> bool:
    r"""Whether a formula is a property of a step law: ``\phi(-y) = \phi(y)``, ``\int \phi(y)\,dy = 1``, or both."""
    parts = [p for p in re.split(r"(?<!\\)[,;]|\\q?quad(?![A-Za-z])", latex.strip(" .")) if p.strip()]
    return bool(parts) and all(_is_mirror(p) or _NORMAL.fullmatch(p) for p in parts)


def _is_mirror(latex: str) -> bool:
    found = _MIRROR.fullmatch(latex)
    signs = found is not None and (found["minus1"] is None) != (found["minus2"] is None)
    return found is not None and signs and found["letter1"].split() == found["letter2"].split()


def other_files(text: str) -> tuple[tuple[int, str], ...]:
    r"""The files that a text takes in by ``\input``, ``\include`` and the like, each with its line; none of them is ever read."""
    plain = without_comments(alive(text))
    breaks = [m.start() for m in re.finditer(r"\r\n|\r|\n", plain)]
    found = []
    for match in _FILES.finditer(plain):
        groups = match.groupdict()
        name = groups["name"] or groups["bare"] or groups["plain"] or f"{groups['folder'] or ''}{groups['file'] or ''}"
        found.append((bisect_left(breaks, match.start()) + 1, name.strip()))
    return tuple(found)
