"""A recurrence as one line of text, for messages."""

from __future__ import annotations

from symdiff.evidence.counting.guessing import Coefficients

_LONGEST = 400


def guessed_text(coefficients: Coefficients) -> str:
    """``(n + 2)*a(n+2) - (4*n + 2)*a(n) = 0``, cut where it is long."""
    pieces = []
    for j in range(len(coefficients) - 1, -1, -1):
        c = coefficients[j]
        if any(c):
            terms = [f"{v}{'' if not k else '*n' if k == 1 else f'*n**{k}'}" for k, v in enumerate(c) if v]
            pieces.append(f"({' + '.join(reversed(terms))})*a(n{f'+{j}' if j else ''})".replace("+ -", "- "))
    text = " + ".join(pieces) + " = 0"
    shape = f"order {len(coefficients) - 1}, degree {max(map(len, coefficients)) - 1}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... ({shape})"
