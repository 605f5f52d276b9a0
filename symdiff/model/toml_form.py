"""A plain document as TOML that reads like a model file written by hand: one line per key, LaTeX in single quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

VECTORS = ("displacement", "velocity", "destination", "position")
"""Keys whose list of one entry is written as that entry."""


def written(document: Mapping[str, Any]) -> str:
    """The document as TOML: plain values first, then a table for every table, in the order of the document."""
    plain = {k: v for k, v in document.items() if not _is_section(v)}
    parts = [_table(plain)] if plain else []
    for name, value in document.items():
        if isinstance(value, Mapping):
            parts.append(f"[{_key(name)}]\n{_table(value)}")
        elif _is_section(value):
            parts += [f"[[{_key(name)}]]\n{_table(entry)}" for entry in value]
    return "\n".join(parts)


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _table(table: Mapping[str, Any]) -> str:
    return "".join(f"{_key(k)} = {_value(_shortened(k, v))}\n" for k, v in table.items())


def _shortened(key: str, value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) and key in VECTORS:
        return value[0]
    if key == "displacements" and all(isinstance(v, list) and len(v) == 1 for v in value):
        return [v[0] for v in value]
    if isinstance(value, Mapping) and list(value) == ["assume"]:
        return value["assume"]
    return value


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _basic(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(_shortened(k, v))}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return str(value)


def _string(text: str) -> str:
    if "\n" in text:
        body = text.replace("\\", "\\\\").replace('"""', '""\\"')
        return '"""\n' + re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", body) + '"""'
    if "\\" in text and "'" not in text and not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        return f"'{text}'"
    return _basic(text)


def _basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
