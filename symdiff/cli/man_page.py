"""The man page, made from the parser: ``python -m symdiff.cli.man_page > docs/symdiff.1``."""

from __future__ import annotations

import argparse

from symdiff.cli.arguments import build_parser

STATUSES = (
    (
        "0",
        "every claim is proved or consistent, or has the verdict that its file expects, and every tier that applies passed",
    ),
    ("1", "a claim is refuted or differs from what is expected, or a tier failed"),
    ("2", "the input is wrong: the message says where, what, and what to write instead"),
    (
        "3",
        "undecided, inconclusive, or conditional without a stated regime or expectation; also a time limit that ran out",
    ),
    ("4", "a fault of symdiff itself"),
    ("130", "interrupted"),
)


def man_page() -> str:
    """The page in man's own macros."""
    parser = build_parser()
    (group,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    lines = [
        ".TH SYMDIFF 1", ".SH NAME", "symdiff \\- continuum equations from microscopic jump models, derived and checked",
        ".SH SYNOPSIS", ".B symdiff", "COMMAND [OPTION]... [FILE]...", ".SH DESCRIPTION",
        "A FILE is a model file (TOML), the name of a gallery entry, or \\- for standard input. "
        "A bare word is a gallery name; a path has a / or a suffix.", ".SH COMMANDS",
    ]  # fmt: skip
    for name, command in group.choices.items():
        lines += [f".SS {name}", _plain(command.description or "")]
        for action in command._actions:
            lines += [".TP", _heading(action), _plain(action.help or "")]
    lines.append(".SH EXIT STATUS")
    for status, meaning in STATUSES:
        lines += [".TP", f".B {status}", _plain(meaning)]
    return "\n".join(lines) + "\n"


def _heading(action: argparse.Action) -> str:
    value = (
        ""
        if action.nargs == 0
        else f" {action.metavar or (action.dest if action.choices is None else '|'.join(map(str, action.choices)))}"
    )
    return ".B " + _plain(", ".join(action.option_strings) + value if action.option_strings else value.strip())


def _plain(text: str) -> str:
    text = text.replace("%%", "%").replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


if __name__ == "__main__":
    import sys

    sys.stdout.write(man_page())
