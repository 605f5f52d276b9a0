"""The man page in docs/ against the parser that it is made from."""

from __future__ import annotations

from pathlib import Path

from symdiff.cli.arguments import COMMANDS
from symdiff.cli.man_page import man_page


def test_the_man_page_is_up_to_date() -> None:
    path = Path(__file__).parents[2] / "docs" / "symdiff.1"
    assert path.read_text() == man_page(), "run: python -m symdiff.cli.man_page > docs/symdiff.1"


def test_every_command_has_its_section() -> None:
    page = man_page()
    assert all(f".SS {name}\n" in page for name in COMMANDS)
