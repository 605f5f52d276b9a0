"""Where models come from: the gallery, files, standard input."""

from __future__ import annotations

import sys
import tomllib
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


def entries(topic: str = "", search: str = "") -> list[GalleryEntry]:
    """The entries whose topic holds ``topic`` and whose text holds every word of ``search``, in any case; all by default.

    The files are read as TOML only: a model is checked when it is loaded. Raises :class:`UsageError` for an unknown topic.
    """
    found, topics = [], set()
    words = search.casefold().split()
    for name in gallery_names():
        text = (gallery_folder() / f"{name}.toml").read_text(encoding="utf-8")
        fields = tomllib.loads(text)
        topics.add(str(fields.get("topic", "")))
        entry = GalleryEntry(name, str(fields.get("title", "")), str(fields.get("topic", "")), str(fields.get("source", "")),
                             len(fields.get("claims", ())))  # fmt: skip
        if topic.casefold() in entry.topic.casefold() and all(w in f"{name}\n{text}".casefold() for w in words):
            found.append(entry)
    if topic and not any(topic.casefold() in t.casefold() for t in topics):
        raise UsageError(
            f"no topic of the gallery holds '{topic}'", where="--topic", instead=f"topics: {'; '.join(sorted(topics))}"
        )
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
        beside = next((f for f in (f"{reference}.toml", f"./{reference}") if Path(f).is_file()), "")
        hint = (
            f"the file {beside}"
            if beside
            else (
                f"{did_you_mean(reference, gallery_names())} 'symdiff list' shows all; a file is named with its suffix, as in walk.toml"
            )
        )
        raise UsageError(f"no gallery entry is named '{reference}'", where=reference, instead=hint)
    return load_file(path)


def stem(reference: str) -> str:
    """A short name for messages and files."""
    return "model" if reference == "-" else Path(reference).stem
