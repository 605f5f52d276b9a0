"""A changed document written back into the text it came from, so that comments, order and layout stay."""

from __future__ import annotations

from typing import Any

import tomlkit
from tomlkit.items import AoT, Float

Document = dict[str, Any]


def plain(value: Any) -> Any:
    """A parsed value as text, whole numbers, booleans, lists and tables; a decimal as it is written."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, Float):
        return value.as_string()
    return int(value) if isinstance(value, int) else str(value)


def parsed(text: str) -> Document:
    """The text of a model as a plain document; raises tomlkit's ``ParseError``."""
    found: Document = plain(tomlkit.parse(text))
    return found


def rewritten(text: str, document: Document) -> str:
    """``text`` with what differs from ``document`` changed, and nothing else."""
    old = tomlkit.parse(text)
    _update(old, document, top=True)
    return tomlkit.dumps(old)


def _update(table: Any, new: Document, *, top: bool = False) -> None:
    for key in [k for k in table if k not in new]:
        del table[key]
    for key, value in new.items():
        if key not in table:
            table[key] = value if top or not isinstance(value, dict) else _inline(value)
        elif plain(table[key]) == value:
            continue
        elif isinstance(value, dict) and isinstance(table[key], dict):
            _update(table[key], value)
        elif isinstance(table[key], AoT) and isinstance(value, list) and value:
            _update_list(table[key], value)
        else:
            table[key] = value


def _update_list(tables: AoT, new: list[Document]) -> None:
    while len(tables) > len(new):
        gone = next((i for i, t in enumerate(new) if plain(tables[i]) != t), len(new))
        del tables[gone]
    for old, value in zip(tables, new, strict=False):
        _update(old, value)
    for value in new[len(tables) :]:
        fresh: Any = tomlkit.item(value)
        fresh.add(tomlkit.nl())
        tables.append(fresh)


def _inline(value: Document) -> Any:
    table = tomlkit.inline_table()
    table.update(value)
    return table
