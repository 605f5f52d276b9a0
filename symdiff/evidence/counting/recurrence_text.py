"""A certified recurrence as text and LaTeX, with the differential equation of its generating function."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdiff.evidence.counting.guessing import evaluate
from symdiff.evidence.counting.rational_telescoping import shifted
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence

_LONGEST = 400


def polynomial_text(coefficients: Sequence[int | Fraction], name: str, *, latex: bool = False) -> str:
    """A polynomial, highest power first: ``4*n**2 + 2*n + 1`` or 4 n^{2} + 2 n + 1."""
    pieces: list[str] = []
    for k in range(len(coefficients) - 1, -1, -1):
        c = coefficients[k]
        if not c:
            continue
        power = "" if not k else name if k == 1 else (f"{name}^{{{k}}}" if latex else f"{name}**{k}")
        size = abs(c)
        number = "" if size == 1 and power else str(size)
        text = number + ((" " if latex else "*") if number and power else "") + power
        sign = ("-" if c < 0 else "") if not pieces else (" - " if c < 0 else " + ")
        pieces.append(sign + text)
    return "".join(pieces) or "0"


def factored_text(coefficients: Sequence[int], *, latex: bool = False) -> str:
    """The same, in factors over the integers."""
    from sympy import Integer, Poly, Symbol, factor
    from sympy import latex as as_latex

    n = Symbol("n")
    shown = factor(Poly([Integer(c) for c in reversed(coefficients)], n).as_expr())
    return str(as_latex(shown)) if latex else str(shown)


def guessed_text(coefficients: Sequence[Sequence[int]]) -> str:
    """A recurrence that is not proved, not in factors, cut where it is long."""
    pieces = [
        f"({polynomial_text(c, 'n')})*a(n{f'+{j}' if j else ''})"
        for j, c in reversed(list(enumerate(coefficients)))
        if any(c)
    ]
    text = " + ".join(pieces) + " = 0"
    shape = f"order {len(coefficients) - 1}, degree {max(map(len, coefficients)) - 1}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... ({shape})"


def recurrence_text(found: ProvedRecurrence) -> str:
    """``(n + 2)**2*a(n+2) - 16*(n + 1)**2*a(n) = 0``."""
    return _joined(found, "a(n{})", latex=False) + " = 0"


def recurrence_latex(found: ProvedRecurrence) -> str:
    """The recurrence in LaTeX."""
    return _joined(found, "a_{{n{}}}", latex=True) + " = 0"


def _joined(found: ProvedRecurrence, name: str, *, latex: bool) -> str:
    pieces = []
    for j in range(found.order, -1, -1):
        c = found.coefficients[j]
        if any(c):
            text = factored_text(c, latex=latex)
            term = name.format(f"+{j}" if j else "")
            simple = " + " not in text.split("(")[0] and " - " not in text.split("(")[0].lstrip("-")
            factor = f"{text if simple else f'({text})'}{' ' if latex else '*'}"
            pieces.append({"1": "", "-1": "-"}.get(text, factor) + term)
    return " + ".join(pieces).replace("+ - ", "- ").replace("+ -", "- ")


def differential_equation(found: ProvedRecurrence) -> tuple[list[tuple[int, list[int]]], list[tuple[int, int]]]:
    """sum z^p q(theta) F = sum r z^m for F(z) = sum a(n) z^n, theta = z d/dz: the pairs (p, q) and (m, r).

    Terms of one power of z stand together: z^(r-j) c_j(theta - j) for each j of the recurrence of order r.
    """
    left: list[tuple[int, list[int]]] = []
    right: dict[int, int] = {}
    order = found.order
    for j, c in enumerate(found.coefficients):
        if any(c):
            left.append((order - j, shifted(c, -j)))
            for m in range(j):
                value = evaluate(c, m - j) * found.initial[m]
                if value:
                    right[order - j + m] = right.get(order - j + m, 0) + value
    return sorted(left), sorted((m, r) for m, r in right.items() if r)


def differential_latex(found: ProvedRecurrence) -> str:
    r"""The differential equation in LaTeX, with \theta = z d/dz."""
    left, right = differential_equation(found)
    pieces = []
    for power, q in left:
        z = "" if not power else "z" if power == 1 else f"z^{{{power}}}"
        text = polynomial_text(q, chr(92) + "theta", latex=True)
        alone = sum(map(bool, q)) == 1 and max(q) > 0
        factor = {"1": "", "-1": "-"}.get(text, text if alone else f"\\left({text}\\right)")
        pieces.append(f"{factor} {z} F" if len(q) == 1 else f"{z} {factor} F")
    sides = [0] * (max((m for m, _ in right), default=0) + 1)
    for m, r in right:
        sides[m] = r
    left_text = " + ".join(" ".join(p.split()) for p in pieces)
    return left_text + " = " + polynomial_text(sides, "z", latex=True)
