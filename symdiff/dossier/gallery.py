"""Where models come from: the gallery, files, standard input."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import load_bytes, load_file
from symdiff.model.toml_text import MAX_FILE_BYTES
from symdiff.notation.names import did_you_mean

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class GalleryEntry:
    """One line of ``symdiff list``."""

    name: str
    title: str
    topic: str
    source: str
    claims: int


def gallery_folder() -> Path:
    """The gallery: inside the installed package, or next to it in a checkout (editable installation)."""
    inside = PACKAGE / "derivations"
    return inside if inside.is_dir() else PACKAGE.parent / "derivations"


def gallery_names() -> list[str]:
    """Names of all entries, sorted."""
    return sorted(path.stem for path in gallery_folder().glob("*.toml"))


def entries() -> list[GalleryEntry]:
    """Every entry of the gallery, loaded."""
    found = []
    for name in gallery_names():
        model = load_file(gallery_folder() / f"{name}.toml")
        found.append(GalleryEntry(name, model.title, model.topic, model.source, len(model.claims)))
    return found


def load(reference: str) -> JumpModel:
    """The model that a command-line word means: ``-`` is standard input, a bare word a gallery name, else a path.

    Raises :class:`UsageError` for an unknown gallery name, with the nearest one, and :class:`ModelError` for bad files.
    """
    if reference == "-":
        return load_bytes(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "standard input")
    if "/" in reference or "\\" in reference or "." in reference:
        return load_file(Path(reference))
    if "\0" in reference or len(reference) > 200:
        raise UsageError("this is neither a gallery name nor a path", instead="name a model file, such as walk.toml")
    path = gallery_folder() / f"{reference}.toml"
    if reference not in gallery_names():
        hint = did_you_mean(reference, gallery_names())
        raise UsageError(f"no gallery entry is named '{reference}'", where=reference,
                         instead=f"{hint} 'symdiff list' shows all; a file is named with its suffix, as in walk.toml")  # fmt: skip
    return load_file(path)


def stem(reference: str) -> str:
    """A short name for messages and files."""
    return "model" if reference == "-" else Path(reference).stem
