"""Plots as TikZ pictures, for LaTeX; the same geometry as the SVG."""

from __future__ import annotations

from symdiff.report.axes import (
    BOTTOM,
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
from symdiff.report.document import Figure, Series
from symdiff.report.tex_text import escape_tex

SCALE = 0.02  # of a centimetre per drawing unit: 12.4 cm wide


def figure_tikz(figure: Figure) -> str:
    """A ``tikzpicture``; colours are defined by :func:`colour_definitions`."""
    axes = axes_of(figure)
    lines = [r"\begin{tikzpicture}[font=\footnotesize]", *_frame(axes, figure)]
    for series in figure.series:
        lines += _series(series, axes, _colour(series))
    lines += _legend(figure)
    lines.append(r"\end{tikzpicture}")
    return "\n".join(lines)


def colour_definitions() -> str:
    """The colours of the curves, for the preamble."""
    return "\n".join(rf"\definecolor{{plot{n}}}{{HTML}}{{{c[1:].upper()}}}" for n, c in enumerate(COLOURS))


def _at(x: float, y: float) -> str:
    return f"({x * SCALE:.4f},{(HEIGHT - y) * SCALE:.4f})"


def _tick(value: float) -> str:
    return f"${tick_text(value).replace('−', '-')}$"


def _frame(axes: Axes, figure: Figure) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    lines = [rf"\draw {_at(LEFT, TOP)} -- {_at(LEFT, bottom)} -- {_at(right, bottom)};"]
    for x in ticks(axes.x_low, axes.x_high):
        at, _ = axes.place(x, 0)
        lines.append(rf"\draw {_at(at, bottom)} -- {_at(at, bottom + 5)} node[below] {{{_tick(x)}}};")
    for y in ticks(axes.y_low, axes.y_high, 5):
        _, at = axes.place(axes.x_low, y)
        lines.append(rf"\draw {_at(LEFT, at)} -- {_at(LEFT - 5, at)} node[left] {{{_tick(y)}}};")
    lines.append(rf"\node at {_at((LEFT + right) / 2, HEIGHT - 8)} {{{escape_tex(figure.x_label)}}};")
    lines.append(rf"\node[rotate=90] at {_at(8, (TOP + bottom) / 2)} {{{escape_tex(figure.y_label)}}};")
    return lines


def _series(series: Series, axes: Axes, colour: str) -> list[str]:
    points = [axes.place(x, y) for x, y in zip(series.xs, series.ys, strict=True)]
    if series.style == "marks":
        return [rf"\fill[{colour}] {_at(x, y)} circle (0.045);" for x, y in points]
    path = " -- ".join(_at(x, y) for x, y in points)
    return [rf"\draw[{colour}, {_pen(series)}] {path};"]


def _colour(series: Series) -> str:
    return f"plot{series.colour % len(COLOURS)}"


def _pen(series: Series) -> str:
    return "thick, dashed" if series.style == "dashes" else "thick"


def _legend(figure: Figure) -> list[str]:
    lines = []
    left, top = legend_corner(figure)
    x, side, where = (LEFT + 28, 4, "right") if left else (WIDTH - RIGHT - 8, -24, "left")
    for number, series in enumerate(s for s in figure.series if s.label):
        y, colour = top - 2 + ROW * number, _colour(series)
        if series.style == "marks":
            lines.append(rf"\fill[{colour}] {_at(x - 10, y)} circle (0.045);")
        else:
            lines.append(rf"\draw[{colour}, {_pen(series)}] {_at(x - 20, y)} -- {_at(x, y)};")
        lines.append(rf"\node[{where}] at {_at(x + side, y)} {{{escape_tex(series.label)}}};")
    return lines
