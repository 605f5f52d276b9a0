"""Declared names: which spelling in LaTeX means which of them, and the aliases that the caller gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from symdiff.errors import ExpressionError
from symdiff.notation.latex import commands
from symdiff.notation.latex.nodes import Leaf, Node, Row, Scripted, with_rows
from symdiff.notation.latex.shapes import Shaper
from symdiff.notation.latex.signs import label
from symdiff.notation.latex.tree import tree_of
from symdiff.notation.latex.values import ReadingContext

_SPOKEN = {
    "lam": "lambda",
    "gam": "gamma",
    "zet": "zeta",
    "Gam": "Gamma",
    "Lam": "Lambda",
    "eps": "epsilon",
    "bet": "beta",
}
_TWINS = {"epsilon": "varepsilon", "phi": "varphi", "theta": "vartheta", "rho": "varrho", "kappa": "varkappa",
          "sigma": "varsigma"}  # fmt: skip
_SIGNED = {"plus": "+", "minus": "-", "star": "*"}
_STEM = re.compile(r"^([A-Za-z]+?)(\d+)$")


@dataclass(frozen=True)
class Names:
    """The declared names, and the spellings that mean one of them: surely (``exact``) or by a guess (``loose``)."""

    context: ReadingContext
    all: frozenset[str] = frozenset()
    exact: dict[str, tuple[str, ...]] = field(default_factory=dict)
    loose: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: tuple[tuple[tuple[Node, ...], str, bool, bool], ...] = ()

    def resolve(self, name: str) -> tuple[str | None, bool]:
        """The declared name meant by the spelling ``name`` (None where there is none), and whether that is a guess.

        Raises :class:`ExpressionError` where several declared names could be meant.
        """
        if name in self.all:
            return name, False
        for table, guess in ((self.exact, False), (self.loose, True)):
            found = table.get(name, ())
            if len(found) > 1:
                raise ExpressionError(f"'{name}' could be any of {', '.join(found)}", instead="say which with an alias")
            if found:
                return found[0], guess
        return None, False


@lru_cache(maxsize=64)
def names_of(context: ReadingContext) -> Names:
    """The spellings of every name that ``context`` declares. Raises :class:`ExpressionError` for an alias that is no LaTeX."""
    declared = (*context.fields, *(n for n, _ in context.functions), *context.parameters, *context.coordinates,
                *context.indices, *(n for _, n in context.aliases), context.time)  # fmt: skip
    known = frozenset(declared)
    exact: dict[str, list[str]] = {}
    loose: dict[str, list[str]] = {}
    for name in dict.fromkeys(declared):
        for spelling, guess in _spellings(name):
            if spelling != name and name not in (table := loose if guess else exact).setdefault(spelling, []):
                table[spelling].append(name)
    stated = known if context.time in context.parameters else known - {context.time}
    patterns = [*_alias_patterns(context, known), *_letter_patterns(known, stated, frozenset(context.fields))]
    return Names(
        context,
        known,
        {k: tuple(v) for k, v in exact.items()},
        {k: tuple(v) for k, v in loose.items()},
        tuple(patterns),
    )


def _spellings(name: str) -> Iterable[tuple[str, bool]]:
    """The names that the reader would give by itself to the LaTeX spellings of a declared ``name``."""
    head, _, tail = name.partition("_")
    heads = list(_stems(head))
    if not tail:
        yield from heads
    if tail:
        tails = [*_stems(tail), *((sign, True) for word, sign in _SIGNED.items() if word == tail)]
        for stem, guess in heads:
            for low, unsure in tails:
                yield f"{stem}_{low}", guess or unsure
                if low in ("+", "-", "*"):
                    yield f"{stem}^{low}", True
        if head == "Delta":
            yield f"Delta {tail}", False
        return
    numbered = _STEM.match(head)
    if numbered:
        for stem, guess in _stems(numbered.group(1)):
            if len(stem) == 1 or stem in commands.GREEK or stem == "ell":
                yield f"{stem}_{numbered.group(2)}", guess
            elif len(stem) > 1:
                yield f"{stem[0]}_{stem[1:]}{numbered.group(2)}", True
    elif head not in commands.LETTERLIKE:
        for length in range(1, len(head)):
            stem, low = head[:length], head[length:]
            if length == 1 or stem in commands.GREEK or stem in _SPOKEN:
                yield f"{_SPOKEN.get(stem, stem)}_{low}", True
        if len(head) == 2 and head[0] == "d":
            yield f"Delta {head[1]}", True
            yield f"delta {head[1]}", True


def _stems(word: str) -> Iterable[tuple[str, bool]]:
    yield word, False
    full = _SPOKEN.get(word, word)
    if full != word:
        yield full, False
    if full in _TWINS:
        yield _TWINS[full], word != "eps"
    if (len(word) >= 3 or (len(word) == 2 and word.islower())) and word not in _SPOKEN:  # al, om
        for letter in commands.GREEK:
            if letter.startswith(word) and letter != word:
                yield letter, True


def _alias_patterns(
    context: ReadingContext, known: frozenset[str]
) -> Iterable[tuple[tuple[Node, ...], str, bool, bool]]:
    for form, name in sorted(context.aliases, key=lambda pair: -len(pair[0])):
        try:
            row = Shaper(form, known).row(tree_of(form))
        except ExpressionError as error:
            raise error.located(f"the alias '{form}' of {name}") from None
        yield tuple(row.items), name, False, False


def _letter_patterns(
    known: frozenset[str], stated: frozenset[str], fields: frozenset[str]
) -> Iterable[tuple[tuple[Node, ...], str, bool, bool]]:
    """Names of several letters, typed as such: ``Pe``, ``dx``; not where each letter is itself ``stated`` (time mostly is not).

    Densities with any subscript, which is that of a derivative: ``right_t``.
    """
    for name in sorted(known, key=lambda n: (-len(n), n)):
        numbered = _STEM.match(name)
        if numbered:
            letters = [Leaf("letter", letter) for letter in numbered.group(1)]
            yield (*letters, Leaf("number", numbered.group(2))), name, True, False
        elif len(name) > 1 and name.isascii() and name.isalpha() and not all(letter in stated for letter in name):
            yield tuple(Leaf("letter", letter) for letter in name), name, True, name in fields


def with_aliases(row: Row, names: Names) -> Row:
    """The row with every alias, and every declared name typed in plain letters, replaced by that name."""
    if not names.patterns:
        return row
    return _replaced(row, names.patterns)


_Patterns = tuple[tuple[tuple[Node, ...], str, bool, bool], ...]


def _replaced(row: Row, patterns: _Patterns) -> Row:
    items: list[Node] = []
    at = 0
    while at < len(row.items):
        found = next((hit for hit in (_match(row.items, at, *pattern) for pattern in patterns) if hit), None)
        if found is not None:
            items.append(_inside(found[0], patterns))
            at = found[1]
        else:
            items.append(_inside(row.items[at], patterns))
            at += 1
    return Row(tuple(items), row.at, row.gap)


def _match(
    items: tuple[Node, ...], at: int, pattern: tuple[Node, ...], name: str, close: bool, lowered: bool
) -> tuple[Node, int] | None:
    end = at + len(pattern)
    if end > len(items) or (close and any(node.gap for node in items[at + 1 : end])):
        return None
    if any(not _same(node, wanted) for node, wanted in zip(items[at : end - 1], pattern[:-1], strict=True)):
        return None
    last, wanted = items[end - 1], pattern[-1]
    leaf = Leaf("name", name, items[at].at, items[at].gap)
    if _same(last, wanted):
        return leaf, end
    if lowered and isinstance(last, Scripted) and last.sub is not None and _same(last.base, wanted):
        return Scripted(leaf, last.sub, last.sup, last.primes, leaf.at, leaf.gap), end
    if isinstance(last, Scripted) and (last.sup is not None or last.primes):
        bare = last.base if last.sub is None else Scripted(last.base, last.sub)
        if _same(bare, wanted):
            return Scripted(leaf, None, last.sup, last.primes, leaf.at, leaf.gap), end
        if _same(last.base, wanted) and len(pattern) == 1:
            return Scripted(leaf, last.sub, last.sup, last.primes, leaf.at, leaf.gap), end
    return None


def _same(node: Node, wanted: Node) -> bool:
    """Equal as written, where a subscript label may be upright or not."""
    if node == wanted:
        return True
    if isinstance(node, Scripted) and isinstance(wanted, Scripted) and _same(node.base, wanted.base):
        if (
            node.primes != wanted.primes
            or (node.sub is None) != (wanted.sub is None)
            or (node.sup is None) != (wanted.sup is None)
        ):
            return False
        return all(
            a is None or b is None or a == b or (label(a) is not None and label(a) == label(b))
            for a, b in ((node.sub, wanted.sub), (node.sup, wanted.sup))
        )
    return False


def _inside(node: Node, patterns: _Patterns) -> Node:
    return with_rows(node, lambda row: _replaced(row, patterns))
