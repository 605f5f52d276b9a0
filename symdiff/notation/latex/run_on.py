r"""Names typed without braces or font: ``D_xx``, ``\partial_xx u``, ``k_on``, which TeX sets as ``D_x x``, and ``MSD``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.keyed import COEFFICIENTS
from symdiff.notation.latex.nodes import Leaf, Node, Row, Scripted, children, is_command, is_op, with_rows
from symdiff.notation.latex.signs import label
from symdiff.notation.latex.subscripts import WORDS

_COORDINATES = frozenset("xyz")
_INDICES = frozenset("ijklmn")
_COUNTS = frozenset("mn")  # ``k_nn`` is a rate times the number of agents
_NUMBERS = frozenset(
    {"Da", "St", "Sc", "Kn", "Bi", "Ma", "Sh", "Wi", "Pe", "Re", "De"}
)  # of Damkoehler, Strouhal, Schmidt, ...
_ABBREVIATIONS = ("RMSD", "rmsd", "MSD", "msd", "RMS", "rms")  # longest first


def with_whole_subscripts(row: Row, names: Names, note: Callable[[str], None]) -> Row:
    r"""The row where ``D_xx`` means ``D_{xx}``: the letters behind an unbraced subscript are taken into it.

    They are where the whole is a declared name, a word (``k_on``), a pair of indices (``P_ij``), a second derivative
    (``\partial_xx u``, ``u_xx`` of a field) or an entry of the diffusion tensor (``D_xy``); never where the short name
    is itself declared. Each is noted; so is a run of coordinates that is left as a product, as TeX sets it.
    """
    reader = _RunOn(names, _fields(row, names), note, numbers=_defined_numbers(row))
    return reader.row(row)


def _fields(row: Row, names: Names) -> frozenset[str]:
    """The letters that carry derivatives below: fields, and what has its derivative by time as ``u_t``."""
    found = {"u", *names.context.fields}
    for node in _nodes(row):
        if (
            isinstance(node, Scripted)
            and isinstance(node.base, Leaf)
            and _only(node.sub) == names.context.time
            and node.base.text not in COEFFICIENTS  # 4D_tt: a translational coefficient times the time
        ):
            found.add(node.base.text)
    return frozenset(found)


def _defined_numbers(row: Row) -> frozenset[str]:
    """``Da = kL/v``: a dimensionless number that a formula begins with; the letters are a product where it does not."""
    found: set[str] = set()
    for at in range(len(row.items) - 2):
        first, second, equals = row.items[at : at + 3]
        starts = not at or is_op(row.items[at - 1], ",", "quad", "newline")
        if starts and is_op(equals, "=") and not second.gap and (word := _letter(first) + _letter(second)) in _NUMBERS:
            found.add(word)
    return frozenset(found)


def _nodes(row: Row) -> Iterator[Node]:
    for node in row.items:
        yield node
        for inner in children(node):
            yield from _nodes(inner)


def _only(row: Row | None) -> str:
    return _letter(row.items[0]) if row is not None and len(row.items) == 1 else ""


def _letter(node: Node) -> str:
    return node.text if isinstance(node, Leaf) and node.kind == "letter" else ""


def _shown(node: Node) -> str:
    if not isinstance(node, Leaf):
        return "..."
    return f"\\{node.text}" if node.kind == "command" else node.text


@dataclass(frozen=True)
class _RunOn:
    names: Names
    fields: frozenset[str]
    note: Callable[[str], None]
    in_label: bool = False  # within a subscript, where letters are a word anyway
    numbers: frozenset[str] = frozenset()  # dimensionless numbers that the formula defines

    @property
    def coordinates(self) -> frozenset[str]:
        return _COORDINATES | frozenset(self.names.context.coordinates)

    def row(self, row: Row) -> Row:
        items: list[Node] = []
        at = 0
        while at < len(row.items):
            node, at = self.one(row.items, at)
            items.append(self.inside(node))
        return replace(row, items=tuple(items))

    def inside(self, node: Node) -> Node:
        """The node with the rows within it read in the same way."""
        if not isinstance(node, Scripted) or node.sub is None:
            return with_rows(node, self.row)
        found = with_rows(
            replace(node, sub=None), self.row
        )  # subscripts once only: twice would double with every level
        assert isinstance(found, Scripted)
        return replace(found, sub=replace(self, in_label=True).row(node.sub))

    def one(self, items: tuple[Node, ...], at: int) -> tuple[Node, int]:
        """The node at ``at`` with the letters that belong into its subscript, and the place behind them."""
        node = items[at]
        if not self.in_label and (word := self.abbreviation(items, at)) is not None:
            return word
        run = _run(items, at)
        if not run or not isinstance(node, Scripted) or node.sub is None:
            return node, at + 1
        first = label(node.sub) or ""
        base = node.base.text if isinstance(node.base, Leaf) else ""
        length = self.length(node.base, base, first, run, items[at + len(run) + 1 : at + len(run) + 2])
        if not length:
            return node, at + 1
        taken = items[at + 1 : at + 1 + length]
        last = taken[-1]
        letters = [*taken[:-1], last.base if isinstance(last, Scripted) else last]
        whole = first + "".join(run[:length])
        shown = _shown(node.base)
        self.note(f"'{shown}_{whole}' is read as {shown}_{{{whole}}}; TeX sets it as {shown}_{first} {whole[1:]}")
        sup = last.sup if isinstance(last, Scripted) else None
        primes = last.primes if isinstance(last, Scripted) else 0
        sub = replace(node.sub, items=(*node.sub.items, *letters))
        return replace(node, sub=sub, sup=sup, primes=primes), at + 1 + length

    def abbreviation(self, items: tuple[Node, ...], at: int) -> tuple[Node, int] | None:
        """``MSD``, ``RMS`` typed without a font: one quantity, where not every letter of it is a declared name."""
        text = ""
        for node in items[at : at + max(map(len, _ABBREVIATIONS))]:
            bare = node.base if isinstance(node, Scripted) else node
            letter = _letter(bare)
            if not letter or (text and node.gap):
                break
            text += letter
            if isinstance(node, Scripted):
                break
        word = next((w for w in (*_ABBREVIATIONS, *sorted(self.numbers)) if text.startswith(w)), "")
        if not word and self.is_peclet(items, at, text):
            word = "Pe"
        if not word or all(self.names.resolve(letter)[0] is not None for letter in word):
            return None
        last = items[at + len(word) - 1]
        self.note(
            f"'{word}' is read as one quantity, as \\mathrm{{{word}}} would be; TeX sets it as a product of letters"
        )
        leaf = Leaf("word", word, items[at].at, items[at].gap)
        if isinstance(last, Scripted):
            return replace(last, base=leaf, at=leaf.at, gap=leaf.gap), at + len(word)
        return leaf, at + len(word)

    def is_peclet(self, items: tuple[Node, ...], at: int, text: str) -> bool:
        r"""``1 + Pe^2/2``: the letter e with nothing or a number above it is no exponential function."""
        last = items[at + 1] if text == "Pe" else None
        if last is None:
            return False
        above = last.sup if isinstance(last, Scripted) else None
        number = above is None or (
            len(above.items) == 1 and isinstance(above.items[0], Leaf) and above.items[0].kind == "number"
        )
        return number and not (isinstance(last, Scripted) and (last.sub is not None or last.primes))

    def length(self, node: Node, base: str, first: str, run: list[str], after: tuple[Node, ...]) -> int:
        """How many letters of ``run`` belong to the subscript that begins with ``first``."""
        places = _same(run, self.coordinates | {self.names.context.time})
        if is_command(node, "partial"):
            operand = bool(run[places:]) or bool(after and not is_op(after[0], "+", "-", "=", ",", ")", "/"))
            return places if first in self.coordinates | {self.names.context.time} and operand else 0
        if self.names.resolve(f"{base}_{first}")[0] is not None:
            return 0
        for length in range(len(run), 0, -1):
            whole = first + "".join(run[:length])
            if self.names.resolve(f"{base}_{whole}")[0] is not None:
                return length
            if whole in WORDS and (len(whole) > 2 or first not in _INDICES):
                return length
        if first in _INDICES and _INDICES.issuperset(run) and not (first == run[0] and first in _COUNTS):
            return len(run)
        if first in self.coordinates | {self.names.context.time} and places:
            spatial = _same(run, self.coordinates)
            if base in self.fields:
                return places
            if base == "D" and first in self.coordinates and spatial == 1:
                return 1
            shown = _shown(node)
            self.note(f"'{shown}_{first}{run[0]}' is read as {shown}_{first} times {run[0]}, as TeX sets it; "
                      f"write {shown}_{{{first}{run[0]}}} for a subscript of two letters")  # fmt: skip
        return 0


def _run(items: tuple[Node, ...], at: int) -> list[str]:
    """The letters that stand directly behind an unbraced subscript of one letter; the last may carry a power."""
    node = items[at]
    if not isinstance(node, Scripted) or node.sub is None or node.sup is not None or node.primes:
        return []
    only = node.sub.items[0] if len(node.sub.items) == 1 else None
    if only is None or not _letter(only) or only.at != node.sub.at:
        return []
    found: list[str] = []
    for following in items[at + 1 :]:
        powered = isinstance(following, Scripted) and following.sub is None
        letter = _letter(following.base if powered and isinstance(following, Scripted) else following)
        if not letter or following.gap:
            break
        found.append(letter)
        if powered:
            break
    return found


def _same(run: list[str], letters: frozenset[str]) -> int:
    """How many letters at the start of ``run`` are among ``letters``."""
    return next((i for i, letter in enumerate(run) if letter not in letters), len(run))
