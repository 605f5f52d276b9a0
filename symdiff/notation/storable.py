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


class Storable:
    """A result that can be kept as JSON text; ``symdiff.from_json`` reads it back."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__repr__ = Storable.__repr__  # type: ignore[method-assign]  # a dataclass keeps the one that it finds

    def __repr__(self) -> str:
        """The result in one line: its view, or all its fields where it has none."""
        view = _VIEWS.get("text/plain")
        shown = view(self) if view else ""
        every: Any = self
        return (
            shown or f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in fields(every))})"
        )

    def to_json(self) -> str:
        """The result as JSON text, without loss."""
        from symdiff.notation.codec import to_json  # loaded when used: most runs never keep a result

        return to_json(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows of the result, by media type."""
        del include, exclude
        shown = {kind: view(self) for kind, view in _VIEWS.items()}
        return {"text/plain": repr(self)} | {kind: text for kind, text in shown.items() if text}
