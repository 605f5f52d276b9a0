"""The models of a command line, sized before anything is derived from them."""

from __future__ import annotations

from argparse import Namespace

from symdiff.continuum.sizing import require_size
from symdiff.dossier import gallery
from symdiff.model.jump_model import JumpModel


def load(reference: str, options: Namespace) -> JumpModel:
    """The model that a word of the command line means.

    Raises :class:`ResourceError` where ``--max-terms`` forbids its derivation, and what :func:`gallery.load` raises.
    """
    model = gallery.load(reference)
    require_size(model, getattr(options, "order", None), options.max_terms)
    return model
