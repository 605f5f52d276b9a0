"""symdiff derives continuum equations from microscopic jump models and checks them against the models.

>>> import symdiff as sd
>>> walk = sd.JumpModel(parameters={"ell": "positive", "tau": "positive"}, coordinates=["x"], time_step="tau",
...                     jumps=[{"displacements": ["ell", "-ell"], "probability": "1/2"}])
>>> sd.derive(walk).coefficient("D")
ell**2/(2*tau)
"""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False  # typing's own costs a tenth of the time of --help

__version__ = "0.1.0"

_PLACES = {  # public name -> module; loaded when first used, so that `import symdiff` costs nothing
    "JumpModel": "symdiff.model.jump_model",
    "load": "symdiff.api",
    "loads": "symdiff.api",
    "read_sbml": "symdiff.api",
    "derive": "symdiff.api",
    "derive_all": "symdiff.api",
    "check": "symdiff.api",
    "check_all": "symdiff.api",
    "verify": "symdiff.api",
    "solve": "symdiff.api",
    "verify_data": "symdiff.api",
    "sweep": "symdiff.api",
    "count_walks": "symdiff.api",
    "report": "symdiff.api",
    "export": "symdiff.api",
    "read_latex": "symdiff.notation.latex",
    "model_from_latex": "symdiff.dossier.latex_model",
    "from_json": "symdiff.notation.codec",
    "SymdiffError": "symdiff.errors",
}

__all__ = [
    "JumpModel",
    "SymdiffError",
    "__version__",
    "check",
    "check_all",
    "count_walks",
    "derive",
    "derive_all",
    "export",
    "from_json",
    "load",
    "loads",
    "model_from_latex",
    "read_latex",
    "read_sbml",
    "report",
    "solve",
    "sweep",
    "verify",
    "verify_data",
]

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from symdiff.api import (
        check,
        check_all,
        count_walks,
        derive,
        derive_all,
        export,
        load,
        loads,
        read_sbml,
        report,
        solve,
        sweep,
        verify,
        verify_data,
    )
    from symdiff.dossier.latex_model import model_from_latex
    from symdiff.errors import SymdiffError
    from symdiff.model.jump_model import JumpModel
    from symdiff.notation.codec import from_json
    from symdiff.notation.latex import read_latex


class _Front(ModuleType):
    """The package, in which the sub-package ``report`` does not hide the function ``report`` once it is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PLACES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Front


def _view(name: str) -> Callable[[Any], str]:
    """A view of results, loaded when one is asked for."""

    def view(value: Any) -> str:
        import importlib

        shown: str = getattr(importlib.import_module("symdiff.report.views"), name)(value)
        return shown

    return view


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        import importlib

        from symdiff.notation.storable import show_by

        show_by("text/html", _view("html_view"))
        show_by("text/latex", _view("latex_view"))
        show_by("text/plain", _view("line_view"))
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'symdiff' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
