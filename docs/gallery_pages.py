"""One page per gallery entry, written before the documentation is built: derivation, claims with verdicts, model file."""

from __future__ import annotations

from pathlib import Path

import symdiff
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import entries, gallery_names
from symdiff.dossier.typography import typography_of
from symdiff.model.loading import to_toml
from symdiff.report.build import limit_blocks
from symdiff.report.build_evidence import claim_blocks
from symdiff.report.build_model import model_blocks
from symdiff.report.document import Block, Document
from symdiff.report.markdown import escape_markdown, write_markdown


def write_gallery_pages(folder: Path) -> None:
    """Write the pages and their index into ``folder``; older pages of entries that are gone are removed."""
    folder.mkdir(exist_ok=True)
    for name in gallery_names():
        _write(folder / f"{name}.md", page(name))
    _write(folder / "index.md", index())
    kept = {"index.md", *(f"{name}.md" for name in gallery_names())}
    for old in folder.glob("*.md"):
        if old.name not in kept:
            old.unlink()


def index() -> str:
    """The Markdown of the index: the entries by topic, with the number of their claims."""
    topics: dict[str, list[str]] = {}
    for e in entries():
        number = f"{e.claims} claim{'' if e.claims == 1 else 's'}"
        topics.setdefault(e.topic or "other", []).append(
            f"[{escape_markdown(e.title or e.name)}]({e.name}.md) ({number})"
        )
    lines = [
        "# Gallery",
        "",
        f"{len(entries())} entries. Each is one model file of `derivations/`; its page is made by symdiff when these pages are built.",
        "",
    ]
    for topic in sorted(topics, key=str.lower):
        lines += [
            f"## {escape_markdown(topic[0].upper() + topic[1:])}",
            "",
            *(f"- {link}" for link in topics[topic]),
            "",
        ]
    return "\n".join([*lines, "```{toctree}", ":hidden:", "", *gallery_names(), "```", ""])


def page(name: str) -> str:
    """The Markdown of one entry's page."""
    model = symdiff.load(name)
    style = typography_of(model)
    derivation = derive_model(model)
    blocks: list[Block] = [*model_blocks(model, style)]
    for limit in derivation.limits:
        blocks += limit_blocks(limit, style)
    blocks += claim_blocks(symdiff.check_all(model).verdicts, style)
    return write_markdown(Document(model.title or name, tuple(blocks), to_toml(model)))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
