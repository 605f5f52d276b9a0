"""How large an expression is when everything in it is written out; shared parts are counted every time, but visited once."""

from __future__ import annotations

import sympy as sp

MOST_TERMS = 20_000


def written_size(expression: sp.Basic) -> int:
    """The number of nodes of the expression as a tree.

    >>> written_size(sp.Symbol("x") + 1)
    3
    """
    known: dict[sp.Basic, int] = {}
    stack = [(expression, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            known[node] = 1 + sum(known[a] for a in node.args)
        elif node not in known:
            stack.append((node, True))
            stack += [(a, False) for a in node.args if a not in known]
    return known[expression]
