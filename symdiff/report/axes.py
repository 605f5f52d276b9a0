"""The geometry of a plot, shared by all drawings: ranges, ticks, and where a point lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

from symdiff.report.document import Figure

WIDTH, HEIGHT = 620.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, 16.0, 14.0, 52.0
COLOURS = ("#1b4f9c", "#c2410c", "#15803d", "#7e22ce")


@dataclass(frozen=True)
class Axes:
    """Data ranges and the drawing area in points."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a data point lies, from the top left corner."""
        across = (x - self.x_low) / (self.x_high - self.x_low)
        up = (y - self.y_low) / (self.y_high - self.y_low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def axes_of(figure: Figure) -> Axes:
    """Axes that hold all points, with the value zero on the vertical one where the figure asks for it."""
    xs = [x for s in figure.series for x in s.xs if math.isfinite(x)]
    ys = [y for s in figure.series for y in s.ys if math.isfinite(y)] + ([0.0] if figure.from_zero else [])
    ys = ys or [0.0]
    x_low, x_high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    if x_low == x_high:
        x_low, x_high = x_low - 1, x_high + 1
    y_low, y_high = min(ys), max(ys) * 1.06
    if not figure.from_zero:
        margin = 0.06 * (max(ys) - y_low)
        y_low, y_high = y_low - margin, max(ys) + margin
    return Axes(x_low, x_high, y_low, y_high if y_high > y_low else y_low + 1)


ROW, MARK, CHARACTER = 17.0, 40.0, 6.5
"""The height of an entry of the legend, and the width of its mark and of a character (about)."""


def legend_corner(figure: Figure) -> tuple[bool, float]:
    """Whether the legend stands at the left, and the height of its first entry: in a corner, or, where all are crowded, between."""
    axes = axes_of(figure)
    labels = [s.label for s in figure.series if s.label]
    width = MARK + CHARACTER * max(map(len, labels), default=0)
    points = [axes.place(x, y) for s in figure.series for x, y in zip(s.xs, s.ys, strict=True) if math.isfinite(y)]
    last = HEIGHT - BOTTOM - ROW * len(labels) - 12
    between = [TOP + ROW * n for n in range(1, int((last - TOP) / ROW) + 1)]
    places = [(left, top) for top in (TOP, last, *between) for left in (False, True)]

    def crowd(place: tuple[bool, float]) -> int:
        left, top = place
        low = LEFT if left else WIDTH - RIGHT - width
        return sum(low <= x <= low + width and top - 4 <= y <= top + ROW * len(labels) + 8 for x, y in points)

    left, top = min(places, key=crowd)
    return left, top + 12


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers between two ends, about as many as asked for."""
    raw = (high - low) / about
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float) -> str:
    """A tick's label."""
    return f"{value:.4g}".replace("-", "−") if value else "0"
