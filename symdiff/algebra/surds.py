"""Numbers with one square root, added, multiplied and divided over any field."""

from __future__ import annotations

from typing import Any


class Surd:
    """A + B q with q**2 = ``square``, of a field whose elements A, B and the square are."""

    def __init__(self, a: Any, b: Any, square: Any) -> None:
        self.a, self.b, self.square = a, b, square

    def _other(self, other: Any) -> Surd:
        return other if isinstance(other, Surd) else Surd(other, 0 * self.square, self.square)

    def __add__(self, other: Any) -> Surd:
        o = self._other(other)
        return Surd(self.a + o.a, self.b + o.b, self.square)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Surd:
        o = self._other(other)
        return Surd(self.a - o.a, self.b - o.b, self.square)

    def __mul__(self, other: Any) -> Surd:
        o = self._other(other)
        return Surd(self.a * o.a + self.b * o.b * self.square, self.a * o.b + self.b * o.a, self.square)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Surd:
        o = self._other(other)
        norm = o.a * o.a - o.b * o.b * self.square
        return Surd(
            (self.a * o.a - self.b * o.b * self.square) / norm, (self.b * o.a - self.a * o.b) / norm, self.square
        )

    def __bool__(self) -> bool:
        return bool(self.a) or bool(self.b)
