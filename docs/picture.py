"""Draws the README's picture, docs/picture.png: a derivation beside its cross-check. Needs playwright and Chromium."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

import symdiff as sd
from symdiff.dossier.dossier import make_dossier
from symdiff.dossier.typography import typography_of
from symdiff.report.build import limit_blocks
from symdiff.report.build_evidence import claim_blocks
from symdiff.report.build_figures import figures
from symdiff.report.document import Display, Figure, Heading
from symdiff.report.html import STYLE, blocks_html

WIDTH, HEIGHT = 1280, 890
FRAME = "body{max-width:none;margin:0;padding:1rem 1.6rem}main{display:grid;grid-template-columns:1fr 1fr;gap:2rem}h2{margin-top:.4rem}"


def main() -> None:
    """Write the picture beside this file."""
    dossier = make_dossier(sd.load("biased_walk"), seed=1)
    limit = dossier.derivation.limits[0]
    steps = [b for b in limit_blocks(limit, typography_of(dossier.model)) if isinstance(b, Display) and b.number]
    drawn = [b for b in figures(dossier) if isinstance(b, Figure)]
    claims = claim_blocks(dossier.verdicts[2:5], typography_of(dossier.model))
    left = blocks_html(
        [Heading(1, "Biased walk: the derivation"), *steps, Heading(1, "A textbook’s claims"), claims[1]]
    )
    right = blocks_html([Heading(1, "The same, from the microscopic model"), *drawn])
    page = f"<!DOCTYPE html><meta charset='utf-8'><style>{STYLE}{FRAME}</style><main><div>{left}</div><div>{right}</div></main>"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5)
        tab.set_content(page)
        tab.screenshot(path=Path(__file__).with_name("picture.png"))
        browser.close()


if __name__ == "__main__":
    main()
