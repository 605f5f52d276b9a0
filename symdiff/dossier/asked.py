"""An observable that is asked for by its kind alone, as ``--observable`` and the workbench do."""

from __future__ import annotations

import sympy as sp

from symdiff.errors import UsageError
from symdiff.model.jump_model import ObservableStatement
from symdiff.model.keys import OBSERVABLE_KINDS
from symdiff.notation.names import did_you_mean


def asked_observable(kind: str, coordinates: tuple[sp.Symbol, ...], where: str) -> ObservableStatement:
    """The statement of a kind; moments and variances are those of the first coordinate.

    Raises :class:`UsageError` for a kind that does not exist.
    """
    if kind not in OBSERVABLE_KINDS:
        raise UsageError(f"unknown observable '{kind}'", where=where, instead=did_you_mean(kind, OBSERVABLE_KINDS))
    x = coordinates[0]
    return ObservableStatement(kind, kind, {"moment": x**2, "variance": x}.get(kind))
