r"""Sums over neighbouring sites: ``\sum_{\langle i,j\rangle}``, ``\sum_{j\sim i}``, ``\sum_{j\in\mathcal{N}(i)}``, ``\sum_{j\,\mathrm{nn}\,i}``."""

from __future__ import annotations

from symdiff.notation.latex.nodes import Fence, Leaf, Node, Row, is_command, is_op
from symdiff.notation.latex.signs import sign_of

_WORDS = frozenset(["nn", "n.n.", "nn.", "NN", "nbr", "nbrs", "neigh", "neighbours", "neighbors", "nei", "near"])
_SETS = frozenset(["N", "V", "n", *_WORDS])


def neighbours_in(row: Row) -> tuple[str, ...]:
    """The site summed over, and the one whose neighbours are meant where it is named; empty where this is another range."""
    items = tuple(n for n in row.items if not is_op(n, ","))
    if len(items) == 1 and isinstance(items[0], Fence) and items[0].left == "<":
        inside = _letters(tuple(n for n in items[0].body.items if not is_op(n, ",")))
        return inside[::-1] if len(inside) in (1, 2) else ()
    if not items or not _letters(items[:1]):
        return ()
    first, rest = items[0], items[1:]
    if len(rest) == 2 and is_command(rest[0], "sim") and _letters(rest[1:]):
        return (*_letters((first,)), *_letters(rest[1:]))
    if len(rest) == 2 and _is_word(rest[0]) and _letters(rest[1:]):
        return (*_letters((first,)), *_letters(rest[1:]))
    if rest and (is_command(rest[0], "in") or is_op(rest[0], "=")) and len(rest) > 1:
        return _of_a_set(first, rest[1:])
    return ()


def _of_a_set(first: Node, items: tuple[Node, ...]) -> tuple[str, ...]:
    """``N(i)``, ``\\mathcal{N}_i``, ``\\mathrm{nn}(i)``, ``\\partial i``, ``\\mathrm{nn}``."""
    own = _letters((first,))
    if len(items) == 2 and is_command(items[0], "partial") and _letters(items[1:]):
        return (*own, *_letters(items[1:]))
    if _is_word(items[0]) and len(items) == 1:
        return own
    sign = sign_of(items[0])
    named = _is_word(items[0]) or (sign is not None and sign.name.partition("_")[0].removesuffix("cal") in _SETS)
    if not named:
        return ()
    if len(items) == 2 and isinstance(items[1], Fence) and items[1].left == "(":
        of = _letters(items[1].body.items)
        return (*own, *of) if len(of) == 1 else ()
    if len(items) == 1 and sign is not None and sign.sub is not None:
        of = _letters(sign.sub.items)
        return (*own, *of) if len(of) == 1 else ()
    return ()


def _is_word(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind in ("word", "prose") and node.text.strip() in _WORDS


def _letters(items: tuple[Node, ...]) -> tuple[str, ...]:
    """The names of signs without scripts; empty where one of them is something else."""
    signs = [sign_of(n) for n in items]
    plain = [s for s in signs if s is not None and s.sub is None and s.sup is None and not s.dots]
    return tuple(s.name + "'" * s.primes for s in plain) if len(plain) == len(signs) else ()
