"""A book of several models: a chapter for each with its result, its claims and its figure, and one bibliography."""

from __future__ import annotations

from collections.abc import Iterable

from symdiff.dossier.dossier import Dossier
from symdiff.dossier.typography import typography_of
from symdiff.report.bibliography import Source, bibtex_of_all, programs_of, source_of, texts_of
from symdiff.report.build import limit_blocks, observable_blocks, summary_blocks
from symdiff.report.build_evidence import claim_blocks
from symdiff.report.build_figures import figures
from symdiff.report.build_model import model_blocks
from symdiff.report.document import Block, Document, Heading, Link, Paragraph, References, Table


def build_book(dossiers: Iterable[Dossier], title: str) -> Document:
    """The book as a document; a chapter has the kinds of sections of a report, without steps, counts and cross-check."""
    blocks: list[Block] = []
    contents, sources = [], []
    provenance: dict[str, str] = {}
    for number, dossier in enumerate(dossiers, 1):
        name = f"{number}. {dossier.model.title or 'Jump model'}"
        anchor = f"chapter-{number}"
        contents.append(((str(number),), (Link(dossier.model.title or "Jump model", anchor),), (dossier.model.topic,)))
        blocks += [Heading(0, name, anchor=anchor), *_chapter(dossier)]
        sources += texts_of(dossier.model)
        provenance |= {k: v for k, v in dossier.provenance if k in ("symdiff", "sympy")}
    found: list[Source] = []
    for text in dict.fromkeys(sources):
        found.append(source_of(text, {s.key for s in found}))
    listed = (*((s.key, s.text) for s in found), *programs_of(provenance))
    front: list[Block] = [
        Paragraph((f"{len(contents)} models, each derived and with its claims judged.",)),
        Table((("",), ("model",), ("topic",)), tuple(contents)),
    ]
    back: list[Block] = [Heading(0, "Bibliography"), References(listed, bibtex_of_all(tuple(found), provenance))]
    return Document(title, (*front, *blocks, *back))


def _chapter(dossier: Dossier) -> list[Block]:
    style = typography_of(dossier.model)
    blocks = [*summary_blocks(dossier, style), *model_blocks(dossier.model, style)]
    for limit in dossier.derivation.limits:
        blocks += limit_blocks(limit, style, steps=False)
    blocks += [*observable_blocks(dossier.derivation.observables, style), *claim_blocks(dossier.verdicts, style)]
    return [*blocks, *figures(dossier)]
