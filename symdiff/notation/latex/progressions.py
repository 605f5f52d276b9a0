"""Sums over every second number: ``\\sum_{n\\ \\mathrm{odd}}``, ``\\sum_{n=1,3,5,\\dots}^\\infty``, ``\\sum_{n=1,\\,n\\ \text{odd}}^\\infty``."""

from __future__ import annotations

import itertools

from symdiff.notation.latex.nodes import Leaf, Node, Row, is_command, is_op

PARITIES = ("odd", "even")
_DOTS = ("dots", "ldots", "cdots", "dotsc", "ldotp")


def progression(sub: Row, upper: Row | None) -> tuple[Node, int, int] | str | None:
    """The variable, the first number and the step of a range in steps, what is missing where it is not said, or None for others.

    Odd numbers without a first one are the positive ones, as in Fourier series; the caller says so.
    """
    found = _listed(sub) or _by_parity(sub)
    if not isinstance(found, tuple):
        return found
    endless = upper is None or (len(upper.items) == 1 and is_command(upper.items[0], "infty"))
    return found if endless else "a range in steps with an end"


def _listed(sub: Row) -> tuple[Node, int, int] | str | None:
    """``n = 1, 3, 5, \\dots``."""
    items = sub.items
    while items and is_op(items[-1], ".") and is_op(items[-2:-1][0] if len(items) > 1 else items[-1], "."):
        items = items[:-1]  # three dots typed as such
    if any(_is_dots(n) for n in items[:-1]):
        return "a list with dots inside"
    if len(items) < 6 or not isinstance(items[0], Leaf) or not is_op(items[1], "=") or not _is_dots(items[-1]):
        return None
    numbers, signs = items[2:-1:2], items[3:-1:2]
    if not all(is_op(s, ",") for s in signs) or len(signs) != len(numbers):
        return None
    if not all(isinstance(n, Leaf) and n.kind == "number" and n.text.isdigit() for n in numbers):
        return None
    values = [int(n.text) for n in numbers if isinstance(n, Leaf)]
    steps = {b - a for a, b in itertools.pairwise(values)}
    if len(steps) != 1 or (step := steps.pop()) <= 0:
        return "a list of numbers that does not go on in equal steps"
    return items[0], values[0], step


def _is_dots(node: Node) -> bool:
    return is_command(node, *_DOTS) or is_op(node, ".")


def _by_parity(sub: Row) -> tuple[Node, int, int] | str | None:
    """``n odd``, ``odd n``, ``n = 1, n odd``."""
    items = [n for n in sub.items if not is_op(n, ",", ";", ":") and not is_command(n, "in", "colon", "mid")]
    words = [n for n in items if isinstance(n, Leaf) and n.kind in ("word", "prose") and n.text.strip() in PARITIES]
    rest = [n for n in items if n not in words]
    if len(words) != 1 or not rest or not isinstance(rest[0], Leaf) or rest[0].kind not in ("letter", "command"):
        return None
    parity, variable = words[0].text.strip(), rest[0]
    others = [n for n in rest if not (isinstance(n, Leaf) and n.text == variable.text)]
    if not others:
        return (variable, 1, 2) if parity == "odd" else "the first of the even numbers is not said"
    first = others[1] if len(others) == 2 and is_op(others[0], "=") else None
    if not isinstance(first, Leaf) or first.kind != "number" or not first.text.isdigit():
        return "a range with a parity that is not read"
    start = int(first.text)
    return variable, start + (start % 2 != (parity == "odd")), 2
