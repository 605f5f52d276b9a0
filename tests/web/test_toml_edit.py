"""A document written back into its text: the text then says the document, and keeps every comment."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest

pytest.importorskip("tomlkit", reason="the extra 'web' is not installed")
from symdiff.dossier.gallery import gallery_folder, gallery_names
from symdiff.web.toml_edit import parsed, rewritten


def read(text: str) -> Any:
    """By Python's own reader, decimals and all as text."""

    def plain(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: plain(w) for k, w in v.items()}
        if isinstance(v, list):
            return [plain(w) for w in v]
        return v if isinstance(v, (int, str)) else str(v)

    return plain(tomllib.loads(text, parse_float=str))


@pytest.mark.parametrize("name", gallery_names()[::6])
def test_changed_gallery_text_says_the_changed_document_and_keeps_its_comments(name: str) -> None:
    text = (gallery_folder() / f"{name}.toml").read_text(encoding="utf-8")
    before = parsed(text)
    assert rewritten(text, before) == text
    after = copy.deepcopy(before)
    after["title"] = 'of "two"\nlines'
    after.setdefault("parameters", {})["zz"] = {"assume": "positive", "latex": r"\zeta"}
    after.setdefault("jumps", []).append({"displacement": ["1"], "rate": "zz"})
    if len(after.get("claims", ())) > 1:
        del after["claims"][0]
    found = rewritten(text, after)
    assert read(found) == after != before
    assert all(line in found for line in text.splitlines() if line.startswith("#"))


def test_an_entry_taken_out_of_the_middle_leaves_the_others_as_they_were() -> None:
    text = "[[a]] # one\nx = 1\n\n[[a]] # two\nx = 2\n\n[[a]] # three\nx = 0.30\n"
    document = parsed(text)
    del document["a"][1]
    assert rewritten(text, document) == "[[a]] # one\nx = 1\n\n[[a]] # three\nx = 0.30\n"
