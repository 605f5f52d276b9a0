"""The decisions about one formula, as a value: which letters are fields, functions, indices, coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.nodes import Row
from symdiff.notation.latex.subscripts import Parts, View, with_derivative_as_label

CORE_FIELDS = frozenset(
    {"u", "c", "C", "P", "p", "rho", "phi", "psi", "f", "n", "w", "h", "q", "T", "theta", "U", "N", "v", "S"}
)
ANGLES = frozenset({"theta", "phi", "varphi", "vartheta"})


@dataclass(frozen=True, slots=True)
class Role:
    """What a name is: ``template`` are the arguments it has where none are written (None: it is a plain symbol there)."""

    kind: str
    template: tuple[str, ...] | None
    guess: str = ""
    hidden: tuple[str, ...] = ()  # arguments that are written nowhere, not even in its brackets: the t of a dotted P(n)


@dataclass(frozen=True)
class Facts:
    """All decisions about one formula."""

    names: Names
    time: str
    coordinates: tuple[str, ...]
    view: View
    roles: dict[str, Role]
    called: frozenset[str]
    bare: frozenset[str]
    arguments: dict[str, tuple[tuple[Row, ...], ...]]
    laplacians: frozenset[str]
    merged: frozenset[str]
    imaginary: bool
    integrated: frozenset[str]
    vectors: bool
    stray: frozenset[str]
    exponential: bool
    fields: frozenset[str]
    steps: frozenset[str] = frozenset()  # letters that stand for a step operator
    summed: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()  # D_xx where a formula says what it is, beside a function D
    notes: list[str] = field(default_factory=list)

    @property
    def space(self) -> tuple[str, ...]:
        """The coordinates of nabla: not the angle beside them."""
        return tuple(c for c in self.coordinates if c not in ANGLES) or self.coordinates

    def parts(self, found: Parts) -> Parts:
        """``found`` with its derivative letters made part of the name where that name is no field."""
        if found.derivative:
            labelled = with_derivative_as_label(found)
            known = self.names.resolve(labelled.name)[0] is not None or labelled.name in self.entries
            if known or found.name not in self.fields:
                return labelled
        return found

    def is_field(self, name: str) -> bool:
        """Whether ``name`` depends on coordinates or time where nothing is written behind it."""
        role = self.roles.get(name)
        return role is not None and role.kind in ("field", "function")
