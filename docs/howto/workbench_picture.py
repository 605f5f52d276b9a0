"""Draws the picture of the how-to, docs/howto/workbench.png: the walkers of the biased walk. Needs playwright and Chromium."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.workbench import serving


def main() -> None:
    """Write the picture beside this file."""
    with serving() as (address, _), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 830})
        page.goto(address)
        page.wait_for_selector("#panels math")
        page.click("#tab-play")
        page.wait_for_selector(".slider")
        page.click("#panel-play button")
        time.sleep(8)
        page.screenshot(path=str(Path(__file__).parent / "workbench.png"))
        browser.close()


if __name__ == "__main__":
    main()
