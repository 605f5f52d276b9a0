"""Plots as SVG: vector graphics with a title and a description for screen readers."""

from __future__ import annotations

import textwrap

from symdiff.report.axes import (
    BOTTOM,
    CHARACTER,
    COLOURS,
    HEIGHT,
    LEFT,
    RIGHT,
    ROW,
    TOP,
    WIDTH,
    Axes,
    axes_of,
    legend_corner,
    tick_text,
    ticks,
)
from symdiff.report.document import Figure, Series, escape_html, line_text


def figure_svg(figure: Figure, identifier: str, *, alone: bool = False) -> str:
    """One ``<svg>`` element; ``identifier`` keeps its labels apart from those of other figures.

    ``alone``: nothing will stand around the drawing, so its caption is written below the axes.
    """
    axes = axes_of(figure)
    caption = _caption(figure) if alone else []
    height = HEIGHT + ROW * len(caption)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" role="img" '
        f'aria-labelledby="{identifier}-t {identifier}-d" font-family="sans-serif" font-size="12">',
        f'<title id="{identifier}-t">{escape_html(line_text(figure.caption))}</title>',
        f'<desc id="{identifier}-d">{escape_html(figure.description)}</desc>',
        f'<rect x="0" y="0" width="{WIDTH:g}" height="{height:g}" fill="white"/>',
        *_frame(axes, figure),
    ]
    for series in figure.series:
        parts += _series(series, axes, COLOURS[series.colour % len(COLOURS)])
    parts += _legend(figure)
    return "".join([*parts, *caption, "</svg>"])


def _caption(figure: Figure) -> list[str]:
    lines = textwrap.wrap(line_text(figure.caption), int((WIDTH - LEFT) / CHARACTER))
    return [
        f'<text x="{LEFT:g}" y="{HEIGHT + ROW * n + 4:g}" fill="#333">{escape_html(line)}</text>'
        for n, line in enumerate(lines)
    ]


def _frame(axes: Axes, figure: Figure) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [f'<path d="M{LEFT:g} {TOP:g}V{bottom:g}H{right:g}" fill="none" stroke="#333" stroke-width="1"/>']
    for x in ticks(axes.x_low, axes.x_high):
        at, _ = axes.place(x, 0)
        parts.append(f'<path d="M{at:.2f} {bottom:g}v5" stroke="#333"/>')
        parts.append(f'<text x="{at:.2f}" y="{bottom + 18:g}" text-anchor="middle">{tick_text(x)}</text>')
    for y in ticks(axes.y_low, axes.y_high, 5):
        _, at = axes.place(axes.x_low, y)
        parts.append(f'<path d="M{LEFT:g} {at:.2f}h-5" stroke="#333"/>')
        parts.append(f'<text x="{LEFT - 8:g}" y="{at + 4:.2f}" text-anchor="end">{tick_text(y)}</text>')
    middle = (LEFT + right) / 2
    parts.append(f'<text x="{middle:g}" y="{HEIGHT - 12:g}" text-anchor="middle">{escape_html(figure.x_label)}</text>')
    centre = (TOP + bottom) / 2
    parts.append(
        f'<text x="16" y="{centre:g}" text-anchor="middle" transform="rotate(-90 16 {centre:g})">{escape_html(figure.y_label)}</text>'
    )
    return parts


def _series(series: Series, axes: Axes, colour: str) -> list[str]:
    points = [axes.place(x, y) for x, y in zip(series.xs, series.ys, strict=True)]
    if series.style == "marks":
        return [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="2.4" fill="{colour}"/>' for x, y in points]
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
    return [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{_dashes(series)}/>']


def _legend(figure: Figure) -> list[str]:
    parts = []
    left, top = legend_corner(figure)
    x, side, anchor = (LEFT + 28, 6, "start") if left else (WIDTH - RIGHT - 8, -26, "end")
    for number, series in enumerate(s for s in figure.series if s.label):
        y, colour = top + ROW * number, COLOURS[series.colour % len(COLOURS)]
        mark = (
            f'<circle cx="{x - 10:g}" cy="{y - 4:g}" r="2.4" fill="{colour}"/>'
            if series.style == "marks"
            else f'<path d="M{x - 20:g} {y - 4:g}h20" stroke="{colour}" stroke-width="1.6"{_dashes(series)}/>'
        )
        parts.append(
            f'{mark}<text x="{x + side:g}" y="{y:g}" text-anchor="{anchor}">{escape_html(series.label)}</text>'
        )
    return parts


def _dashes(series: Series) -> str:
    return ' stroke-dasharray="5 3"' if series.style == "dashes" else ""
