"""Results that can be kept as JSON text."""

from __future__ import annotations


class Storable:
    """A result that can be kept as JSON text; ``symdiff.from_json`` reads it back."""

    def to_json(self) -> str:
        """The result as JSON text, without loss."""
        from symdiff.notation.codec import to_json  # loaded when used: most runs never keep a result

        return to_json(self)
