r"""What is set in one way and means another: a bar over one letter beside averages under bars, ``f(u)_x``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.nodes import Fence, Macro, Node, Row, Scripted, children, with_rows
from symdiff.notation.latex.signs import sign_of
from symdiff.notation.latex.subscripts import derivative_run

_BARS = frozenset({"overline", "bar"})


def regrouped(row: Row, names: Names, note: Callable[[str], None]) -> Row:
    r"""The row with ``\overline{x}`` as a mean where ``\overline{x^2}`` is one, and ``f(u)_x`` as ``(f(u))_x``.

    Each mean is noted; a bar over a letter stays part of its name where no average of that letter is set with a bar.
    """
    meant = frozenset(_averaged(row)) - {n.removesuffix("bar") for n in names.all if n.endswith("bar")}
    letters = frozenset({names.context.time, "x", "y", "z", *names.context.coordinates})
    return _changed(row, meant, letters, note)


def _averaged(row: Row) -> Iterator[str]:
    """The letters that stand under a bar together with something else."""
    for node in row.items:
        base = node.base if isinstance(node, Scripted) else node
        if isinstance(base, Macro) and base.name in _BARS and sign_of(base) is None:
            yield from _letters(base.args[0])
        for inner in children(node):
            yield from _averaged(inner)


def _letters(row: Row) -> Iterator[str]:
    for node in row.items:
        sign = sign_of(node)
        if sign is not None:
            yield sign.name
            continue
        for inner in children(node):
            yield from _letters(inner)


def _changed(row: Row, meant: frozenset[str], letters: frozenset[str], note: Callable[[str], None]) -> Row:
    items: list[Node] = []
    for node in row.items:
        base = node.base if isinstance(node, Scripted) else node
        if isinstance(base, Macro) and base.name in _BARS and (letter := _only(base.args[0])) in meant:
            note(f"\\{base.name}{{{letter}}} is read as an average, as the long bar beside it is")
            mean = Fence("<", ">", base.args[0], base.at, base.gap)
            items.append(replace(node, base=mean) if isinstance(node, Scripted) else mean)
            continue
        node = with_rows(node, lambda inner: _changed(inner, meant, letters, note))
        if items and _is_flux(items[-1], node, letters):
            assert isinstance(node, Scripted)
            assert isinstance(node.base, Fence)
            head = items.pop()
            whole = Fence("(", ")", Row((head, node.base), head.at), head.at, head.gap)
            items.append(replace(node, base=whole, at=head.at, gap=head.gap))
            continue
        items.append(node)
    return replace(row, items=tuple(items))


def _only(row: Row) -> str:
    sign = sign_of(row.items[0]) if len(row.items) == 1 else None
    return sign.name if sign is not None and sign.sup is None and not sign.primes and not sign.dots else ""


def _is_flux(head: Node, bracket: Node, letters: frozenset[str]) -> bool:
    """``f`` and ``(u)_x``: a function of one density, and letters below its bracket that are coordinates."""
    if not isinstance(bracket, Scripted) or bracket.sub is None or bracket.sup is not None or bracket.primes:
        return False
    if not isinstance(bracket.base, Fence) or bracket.base.left != "(" or bracket.gap:
        return False
    sign, inner = sign_of(head), bracket.base.body.items
    density = sign_of(inner[0]) if len(inner) == 1 else None
    if sign is None or not sign.is_bare or density is None or not density.is_bare or density.name in letters:
        return False
    return bool(derivative_run(bracket.sub, letters))
