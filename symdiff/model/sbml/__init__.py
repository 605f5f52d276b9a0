"""Reaction networks in SBML (Level 2 and Level 3 core) as model files."""

from symdiff.model.sbml.model_text import SbmlModel, read_sbml, read_sbml_bytes

__all__ = ["SbmlModel", "read_sbml", "read_sbml_bytes"]
