r"""The LaTeX reader: formulas as textbooks print them, to SymPy, with every guess stated.

Three stages: TeX to a balanced tree (``tokens``, ``tree``, ``shapes``); one pass over the whole text for facts
(``evidence``, ``views``, ``deciding``: fields, indices, coordinates, labels); elaboration to SymPy (``elaborate`` and what it
uses), where each guess becomes a warning. SymPy is never given a string to interpret.
"""

from __future__ import annotations

from symdiff.notation.latex.values import Reading, ReadingContext, ReadSymbol, context_from_json

__all__ = ["ReadSymbol", "Reading", "ReadingContext", "context_from_json", "read_latex"]


def read_latex(text: str, context: ReadingContext | None = None) -> Reading:
    r"""Read a LaTeX formula: its equations, what each symbol was taken for, and a warning for every guess.

    Raises :class:`~symdiff.errors.ExpressionError` with the column, the reason and what to write instead.
    """
    from symdiff.notation.latex.reader import read_latex as read

    return read(text, context)
