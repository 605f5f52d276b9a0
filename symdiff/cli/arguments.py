"""The arguments of every command. SymPy is imported by the commands only, so that ``--help`` and ``--version`` answer at once."""

from __future__ import annotations

import argparse
import os
import re

from symdiff import __version__
from symdiff.errors import UsageError

TYPE_CHECKING = False  # typing's own costs a tenth of the time of --help
if TYPE_CHECKING:
    from typing import NoReturn

COMMANDS = {
    "derive": "derive the continuum equation, its coefficients and regimes",
    "certify": "verify a certificate again, by a checker that knows nothing of the engine",
    "check": "pass a verdict on claims",
    "compare": "say whether two models share a limit, and at which order they part",
    "valid": "say which regime applies at given numbers, and how large the next term is",
    "verify": "cross-check the derivation against the microscopic model, numerically",
    "solve": "solve the derived equation beside the law of the rules",
    "sweep": "derive, check and cross-check over a grid of values",
    "count": "count walks and their probabilities exactly",
    "read": "show how a LaTeX formula is read",
    "report": "write derivation, claims, counts, cross-check and figures to a file",
    "export": "hand the derived equation on to another tool",
    "new": "write a model file, from a pasted master equation, an SBML file or answers to questions",
    "list": "list the gallery",
    "web": "open the local workbench, a page in the browser",
    "schema": "print the JSON Schema of the model file, for editors",
    "completion": "print the completion script of a shell",
}


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal. argparse asks shutil for that, whose compression modules take a tenth of the time of --help."""

    def __init__(self, prog: str) -> None:
        columns = os.environ.get("COLUMNS", "")
        try:
            width = int(columns) if columns.isdecimal() else os.get_terminal_size(1).columns
        except OSError:  # no terminal
            width = 80
        super().__init__(prog, width=(width or 80) - 2)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, where=self.prog, instead=f"see '{self.prog} --help'")


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The argument parser of all commands, or of those that one call needs: the arguments of the others are left out."""
    parser = _Parser(prog="symdiff", description="Continuum equations from microscopic jump models, derived and checked.",
                     epilog="A bare word is a gallery name, a path has a / or a suffix, - is standard input.", formatter_class=_Help)  # fmt: skip
    parser.add_argument("--version", action="version", version=f"symdiff {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, summary in COMMANDS.items():
        needed = only is None or name == only
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".",
                                      formatter_class=_Help, add_help=needed)  # fmt: skip
        if not needed:
            continue
        _ARGUMENTS[name](command)
        command.add_argument("--json", action="store_true", help="print one JSON document instead of text")
        command.add_argument(
            "--timeout", type=_seconds, metavar="SECONDS", help="give up after this time (exit status 3)"
        )
    return parser


def options_of(name: str) -> list[str]:
    """The long options of a command."""
    command = _Parser(add_help=False)
    _ARGUMENTS[name](command)
    return [o for a in command._actions for o in a.option_strings if o.startswith("--")] + ["--json", "--timeout"]


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number of seconds")
    return value


def _order(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no order: a whole number such as 4 is expected")
    return int(text)


def _model_arguments(command: argparse.ArgumentParser, *, several: bool = True) -> None:
    command.add_argument("file", nargs="+" if several else 1, metavar="FILE", help="a model file or a gallery name")
    _settings(command)


def _settings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="put in a value, exactly (repeatable)"
    )


def _size(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-terms", type=_positive, metavar="N", help="refuse a derivation that would have more terms"
    )


def _derive(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", nargs="*", metavar="FILE", help="a model file or a gallery name")
    _settings(command)
    _pasted(command, "derive a pasted master equation instead of a file")
    command.add_argument("--steps", action="store_true", help="show every step with its reason")
    command.add_argument(
        "--order", type=_order, metavar="N", help="highest derivative in long-wave; elsewhere N further powers of eps"
    )
    command.add_argument("--regime", metavar="NAME", help="derive this regime only")
    _size(command)
    command.add_argument(
        "--observable", action="append", default=[], metavar="KIND", help="also work out this observable (repeatable)"
    )
    command.add_argument("--certificate", metavar="OUT", help="also write a certificate, for 'symdiff certify'")


def _certify(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", nargs="+", metavar="FILE", help="a certificate that 'symdiff derive' has written")


def _compare(command: argparse.ArgumentParser) -> None:
    for name in ("first", "second"):
        command.add_argument(name, metavar=name.upper(), help="a model file or a gallery name")
    _settings(command)
    command.add_argument(
        "--order", type=_order, metavar="N", help="compare the next terms up to this order (as in 'symdiff derive')"
    )
    _size(command)


def _valid(command: argparse.ArgumentParser) -> None:
    _model_arguments(command)
    command.add_argument("--length", required=True, metavar="L", help="the length over which the density varies")
    command.add_argument("--time", required=True, metavar="T", help="the time that is looked at")
    command.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the place that is looked at, where coefficients depend on it (repeatable)",
    )
    _size(command)


def _check(command: argparse.ArgumentParser) -> None:
    _model_arguments(command)
    command.add_argument("--claim", action="append", default=[], metavar="LATEX", help="a further claim (repeatable)")
    command.add_argument("--jobs", type=_jobs, metavar="N", help="processes (default: one, or all from 12 models on)")
    command.add_argument("--model", metavar="FILE", help="for a .tex file: the model that its equations belong to")
    command.add_argument("-o", "--output", metavar="OUT", help="for a .tex file: write an annotated copy")
    _size(command)


def _verify(command: argparse.ArgumentParser) -> None:
    _model_arguments(command)
    command.add_argument("--seed", type=_whole, default=None, metavar="N", help="seed of the simulation")
    command.add_argument("--budget", type=_seconds, default=None, metavar="SECONDS", help="time for the simulation")
    command.add_argument(
        "--chunks", type=_chunks, metavar="N", help="exactly so many chunks of walkers, as a result states them"
    )
    command.add_argument("--tier", choices=("exact", "pde", "simulation", "closure"), help="run one tier only")
    command.add_argument("--equation", metavar="PDE", help="test this PDE instead of the derived one")
    command.add_argument("--data", metavar="FILE", help="test measured trajectories (.csv or .npz) instead")
    command.add_argument("--store", metavar="FILE", help="keep tiers and chunks of walkers here, and go on from them")
    _machines(command, "processes on this machine for the walkers (default: 1)")
    _size(command)


def _solve(command: argparse.ArgumentParser) -> None:
    _model_arguments(command, several=False)
    command.add_argument("--times", required=True, metavar="T,...", help="times, as 1,2,5 or 10*tau,20*tau")
    command.add_argument("--regime", metavar="NAME", help="solve the equation of this regime")
    command.add_argument("--initial", action="append", default=[], metavar="'DENSITY = EXPRESSION'",
                         help="the density at time 0, as 'u = exp(-x**2)/2' (crowds need it; once for each density)")  # fmt: skip
    command.add_argument(
        "--window", metavar="LOW:HIGH", help="the places that are tabled (of a periodic profile: one period)"
    )
    command.add_argument("-o", "--output", metavar="OUT", help="write .csv, .npz, .svg or .png")
    _size(command)


def _sweep(command: argparse.ArgumentParser) -> None:
    _model_arguments(command, several=False)
    command.add_argument(
        "--over",
        action="append",
        default=[],
        required=True,
        metavar="NAME=RANGE",
        help="p=0.1:0.9:9 or p=1/3,1/2 (repeatable)",
    )
    command.add_argument("--tier", choices=("exact", "pde", "simulation", "closure"), help="run one tier only")
    command.add_argument("--seed", type=_whole, default=None, metavar="N", help="seed of the simulation")
    command.add_argument("--budget", type=_seconds, default=None, metavar="SECONDS", help="time for each simulation")
    command.add_argument(
        "--chunks", type=_chunks, metavar="N", help="exactly so many chunks of walkers in each simulation"
    )
    command.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="OUT",
        help="write .csv, .parquet, .svg or .png (repeatable)",
    )
    command.add_argument("--store", metavar="FILE", help="keep results here and go on from them; default OUT.store")
    _machines(command, "processes on this machine (default: one for each core)")
    _size(command)


def _machines(command: argparse.ArgumentParser, jobs: str) -> None:
    command.add_argument("--jobs", type=_jobs, metavar="N", help=jobs)
    command.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler instead, as tcp://host:8786")


def _jobs(text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of processes")
    return int(text)


def _chunks(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of chunks")
    return int(text)


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number")
    return int(text)


def _count(command: argparse.ArgumentParser) -> None:
    _model_arguments(command, several=False)
    command.add_argument("-n", dest="steps", metavar="N", help="number of steps")
    command.add_argument("--to", metavar="SITE", help="endpoint, as 1,2; without it the whole law")
    command.add_argument("--from", dest="start", metavar="SITE", help="start, as 0,0 (default) or 0:right")
    for flag, text in (("first-return", "first returns"), ("first-passage", "first passages"), ("self-avoiding", "self-avoiding walks"),
                       ("non-reversing", "walks without immediate reversal"), ("any-end", "the total over all ends"),
                       ("any-length", "all numbers of steps"), ("sequence", "all of 0..N"), ("recurrence", "the recurrence")):  # fmt: skip
        command.add_argument(f"--{flag}", action="store_true", help=f"count {text}" if flag != "recurrence" else text)


def _read(command: argparse.ArgumentParser) -> None:
    command.add_argument("latex", metavar="LATEX", help="a formula, in quotes")
    command.add_argument(
        "--context", metavar="JSON", help='kinds of symbols, as {"fields": ["P"], "params": ["k"], "dim": 1}'
    )
    command.add_argument("--second-reader", action="store_true", help="also ask latex2sympy2-extended (extra 'latex')")


def _report(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", nargs="*", metavar="FILE", help="a model file or a gallery name; several make a book")
    _settings(command)
    command.add_argument("--gallery", action="store_true", help="a book of the whole gallery (about two minutes)")
    command.add_argument(
        "--topic", default="", metavar="TEXT", help="with --gallery: the entries whose topic holds this text"
    )
    command.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="the file to write: .html, .pdf, .tex, .md, .ipynb, .typ, or .bib for the bibliography alone",
    )
    command.add_argument(
        "--style", choices=("full", "appendix", "referee"), default="full",
        help="appendix: the derivation only; referee: claims, evidence, provenance",
    )  # fmt: skip
    command.add_argument("--seed", type=_whole, default=None, metavar="N", help="seed of the cross-check")
    command.add_argument(
        "--budget",
        type=_seconds,
        default=None,
        metavar="SECONDS",
        help="time for the cross-check's simulation; without it what takes long is listed as not run",
    )
    _size(command)


def _export(command: argparse.ArgumentParser) -> None:
    _model_arguments(command, several=False)
    command.add_argument(
        "--to", required=True, metavar="TARGET", help="sde (NumPy), py-pde, ufl (FEniCS), mathematica or julia"
    )
    command.add_argument("--regime", metavar="NAME", help="the equation of this regime; without it the first")
    command.add_argument("--order", type=_order, metavar="N", help="as in 'symdiff derive'")
    command.add_argument("-o", "--output", metavar="OUT", help="the file to write; without it the text is shown")
    _size(command)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive integer")
    return int(text)


def _pasted(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("--latex", metavar="LATEX", help=text)
    command.add_argument("--context", metavar="JSON", help="kinds of its symbols, as for 'symdiff read'")


def _new(command: argparse.ArgumentParser) -> None:
    _pasted(command, "a master equation, one line per state")
    command.add_argument("--sbml", metavar="FILE", help="a reaction network in SBML, Level 2 or Level 3 core")
    command.add_argument("-o", "--output", metavar="OUT", help="the file to write; without it the text is shown")
    command.add_argument("--force", action="store_true", help="replace an existing file")


def _list(command: argparse.ArgumentParser) -> None:
    command.add_argument("--topic", default="", metavar="TEXT", help="entries whose topic holds this text only")
    command.add_argument("--search", default="", metavar="WORDS", help="entries whose file holds all these words only")


def _schema(command: argparse.ArgumentParser) -> None:
    del command


def _web(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=_port, default=8765, metavar="N", help="the port (default 8765; 0 takes a free one)"
    )
    command.add_argument("--host", metavar="ADDRESS", help="listen here too, for a shared machine; asks for a token")


def _completion(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")


def _port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port")
    return int(text)


_ARGUMENTS = {
    "derive": _derive,
    "certify": _certify,
    "check": _check,
    "compare": _compare,
    "valid": _valid,
    "verify": _verify,
    "solve": _solve,
    "sweep": _sweep,
    "count": _count,
    "read": _read,
    "report": _report,
    "export": _export,
    "new": _new,
    "list": _list,
    "web": _web,
    "schema": _schema,
    "completion": _completion,
}
