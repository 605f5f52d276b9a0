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
    """Axes that hold all points, with the value zero on the vertical one."""
    xs = [x for s in figure.series for x in s.xs if math.isfinite(x)]
    ys = [y for s in figure.series for y in s.ys if math.isfinite(y)] + [0.0]
    x_low, x_high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    if x_low == x_high:
        x_low, x_high = x_low - 1, x_high + 1
    y_low, y_high = min(ys), max(ys) * 1.06
    return Axes(x_low, x_high, y_low, y_high if y_high > y_low else y_low + 1)


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
