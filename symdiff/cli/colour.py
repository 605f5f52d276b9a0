"""Colours of a terminal: verdicts and headings stand out; a file or a pipe gets the plain text."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False  # typing's own costs a tenth of the time of --help
if TYPE_CHECKING:
    from typing import TextIO

GOOD, BAD, OPEN, HEADING = "32", "31", "33", "1"
WORDS = {"PROVED": GOOD, "CONSISTENT": GOOD, "PASSED": GOOD, "REFUTED": BAD, "FAILED": BAD, "ERROR": BAD,
         "CONDITIONAL": OPEN, "UNDECIDED": OPEN, "INCONCLUSIVE": OPEN}  # fmt: skip
_WORD = re.compile(rf"^({'|'.join(WORDS)})\b", re.MULTILINE)
_HEADING = re.compile(r"^(Master equation|Regime \S+|[^\n]+(?=\n=+$))", re.MULTILINE)


def wanted(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colours, and nobody asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def coloured(text: str) -> str:
    """A command's text with its verdicts and headings marked."""
    text = _HEADING.sub(lambda m: _marked(m[0], HEADING), text)
    return _WORD.sub(lambda m: _marked(m[0], WORDS[m[0]]), text)


def _marked(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m"
