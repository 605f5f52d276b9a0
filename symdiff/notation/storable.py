"""Results that can be kept as JSON text and that show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

_VIEWS: dict[str, Callable[[Any], str]] = {}


def show_by(kind: str, view: Callable[[Any], str]) -> None:
    """Let notebooks show results of the media type ``kind`` by ``view``, which returns "" where it has nothing to show.

    Called once by the package's front: results lie below the reports that know how to draw them.
    """
    _VIEWS[kind] = view


class Shown:
    """A frozen dataclass that shows itself: in one line of text, and in a notebook as HTML and LaTeX."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__repr__ = Shown.__repr__  # type: ignore[method-assign]  # a dataclass keeps the one that it finds

    def __repr__(self) -> str:
        """The result in one line: its view, or all its fields where it has none."""
        every: Any = self
        named = (f"{f.name}={getattr(self, f.name)!r}" for f in fields(every))
        return self._shown("text/plain") or f"{type(self).__name__}({', '.join(named)})"

    def _shown(self, kind: str) -> str:
        """The view of a kind; "" where there is none.

        A view that fails must not hide the result: whoever evaluates a cell, or looks at an error with a result in it, gets the fields.
        """
        view = _VIEWS.get(kind)
        try:
            return view(self) if view else ""
        except Exception:
            return ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows of the result, by media type."""
        del include, exclude
        shown = {kind: self._shown(kind) for kind in _VIEWS}
        return {"text/plain": repr(self)} | {kind: text for kind, text in shown.items() if text}


class Storable(Shown):
    """A result that can be kept as JSON text; ``symdiff.from_json`` reads it back."""

    def to_json(self) -> str:
        """The result as JSON text, without loss."""
        from symdiff.notation.codec import to_json  # loaded when used: most runs never keep a result

        return to_json(self)
