"""Van Kampen's expansion of a population in the report: macroscopic equation, noise, the next order, fixed points, rare events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sympy as sp

from symdiff.continuum.limit import SystemSizeExpansion
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.nodes import Fraction, Name, Node, Power, Root, Row, Sign
from symdiff.notation.display.one_line import in_one_line
from symdiff.report.document import Block, Code, Display, Heading, Inline, Items, Line, Math, Paragraph
from symdiff.report.prose import say
from symdiff.report.side_by_side import joined

GREEK = {"delta": ("\\delta", "δ")}
MANY = 1  # species beyond which the longest groups of equations are left to the terminal


def system_size_blocks(found: SystemSizeExpansion | None, style: Typography) -> list[Block]:
    """n = V x + sqrt(V) xi with Cov(n) = V S + C, <n> = V x + delta, third cumulants V K (van Kampen, ch. X); none where there is none.

    Beyond one species the equations of K and C are left out, and said to be; a fixed point is given where a closed form is known.
    """
    if found is None:
        return []
    every = len(found.coordinates) <= MANY
    groups = [found.covariance, found.mean_correction]
    if every:
        groups += [found.third_cumulants, found.covariance_correction]
    names = [name for group in (*groups, *found.stationary) for name, _ in group]
    style = replace(style, latex={**style.latex, **{n: _latex(n) for n in names}})
    rates = [*zip(found.coordinates, found.macroscopic, strict=True), *(pair for group in groups for pair in group)]
    blocks: list[Block] = [Heading(2, "System-size expansion"), Paragraph(_meaning(found, style, every))]
    blocks += [Display(_set(_slope(name, style), value, style)) for name, value in rates]
    for point, conditions in zip(found.stationary, found.stationary_conditions, strict=True):
        kept = [(n, v) for n, v in point if every or n[:2] not in ("K_", "C_")]
        blocks += [Paragraph(_where(conditions, style)), *joined(_set(style.name(n), v, style) for n, v in kept)]
    lines: list[Line] = []
    if not every:
        lines.append(("Third cumulants and the correction to the covariance: ", Code("symdiff derive --steps"), "."))
    if found.stationary_missing:
        lines.append(say(f"stationary points that are not given: {found.stationary_missing}", style))
    blocks += [Items(tuple(lines))] if lines else []
    if found.rare_events is not None:
        size = build(found.size, style)
        phi = Name("\\Phi", "Φ")
        law = Power(Name("e", "e"), Row((Sign("−"), size, phi)))
        blocks.append(
            Paragraph(
                (
                    "Rare events, with a law like ",
                    Math(law),
                    ": the slope of ",
                    Math(phi),
                    " by the jumps, and by this diffusion,",
                )
            )
        )
        slope = Name("\\Phi'", "Φ'")
        blocks += [Display(_set(slope, v, style)) for v in (found.rare_events.jumps, found.rare_events.diffusion)]
    return blocks


def _latex(name: str) -> str:
    """S_x_x with its indices together."""
    head, *indices = name.split("_")
    letter = GREEK.get(head, (head, head))[0]
    joined = (" " if any(len(i) > 1 for i in indices) else "").join(indices)
    return f"{letter}_{{{joined}}}" if indices else letter


def _meaning(found: SystemSizeExpansion, style: Typography, every: bool) -> Line:
    size = build(found.size, style)
    parts: list[Inline] = ["Here the number" if every else "Here the numbers"]
    for n, name in enumerate(found.coordinates):
        low = style.name(f"xi_{name}")
        noise = Name("\\xi", "ξ") if every else low
        parts += [
            " is " if every else " are " if n == 0 else ", ",
            _sum(None, Row((size, style.name(name))), Row((Root(size), noise))),
        ]
    parts += [", the covariance " if every else ", their covariances ", "is " if every else "are "]
    parts += [
        _sum(None, Row((size, Name("S", "S"))), Name("C", "C")),
        ", and the mean is " if every else ", and the means are ",
    ]
    for n, name in enumerate(found.coordinates):
        parts += [", "] if n else []
        parts += [_sum(None, Row((size, style.name(name))), style.name(f"delta_{name}"))]
    if every:
        parts += ["; the third cumulant is ", Math(Row((size, Name("K", "K"))))]
    return (*parts, ".")


def _sum(left: Node | None, first: Node, second: Node) -> Math:
    return Math(Row((*((left, Sign("=")) if left else ()), first, Sign("+"), second)))


def _where(conditions: Iterable[sp.Expr], style: Typography) -> Line:
    parts: list[Inline] = ["Stationary"]
    for n, condition in enumerate(conditions):
        parts += [", where " if n == 0 else " and ", Math(in_one_line(build(condition, style)))]
    return (*parts, ":")


def _slope(name: str, style: Typography) -> Node:
    d = Name("d", "d")
    return Fraction(Row((d, style.name(name))), Row((d, Name("t", "t"))))


def _set(left: Node, value: sp.Basic, style: Typography) -> Node:
    return Row((left, Sign("="), build(value, style)))
