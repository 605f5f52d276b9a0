"""Equations handed on to other tools, as the source text of a small program in their language."""

from __future__ import annotations

from collections.abc import Callable

from sympy.printing.codeprinter import PrintMethodNotImplementedError

from symdiff.continuum.limit import ContinuumLimit
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.names import did_you_mean
from symdiff.report.export.computer_algebra import julia, mathematica
from symdiff.report.export.equations import Exported, exported
from symdiff.report.export.py_pde import py_pde
from symdiff.report.export.stochastic import stochastic
from symdiff.report.export.weak_form import weak_form

TARGETS: dict[str, Callable[[Exported], str]] = {
    "sde": stochastic,
    "py-pde": py_pde,
    "ufl": weak_form,
    "mathematica": mathematica,
    "julia": julia,
}


def check_target(target: str) -> None:
    """Raise :class:`UsageError` for an unknown target."""
    if target not in TARGETS:
        raise UsageError(f"unknown target '{target}'", where="--to", instead=did_you_mean(target, set(TARGETS)))


def export(model: JumpModel, limit: ContinuumLimit, target: str) -> str:
    """The limit's equation for ``target``: sde (NumPy), py-pde, ufl (FEniCS), mathematica or julia (MethodOfLines).

    Raises :class:`UsageError` for an unknown target, and where the target cannot state the equation.
    """
    check_target(target)
    if limit.ranges:
        try:
            return _written(model, limit, target)
        except UsageError as error:
            raise UsageError(f"{error.message} (for {limit.case}, one case of several)", where=error.where,
                             instead=f"{error.instead}; or declare another range in [parameters], and export its case".lstrip("; ")) from None  # fmt: skip
    return _written(model, limit, target)


def _written(model: JumpModel, limit: ContinuumLimit, target: str) -> str:
    try:
        return TARGETS[target](exported(model, limit))
    except PrintMethodNotImplementedError as error:
        raise UsageError(f"{target} has no word for a part of the equation ({str(error).splitlines()[0]})", where="--to",
                         instead="export to another target") from None  # fmt: skip
