"""The ``symdiff`` command: reads the arguments, runs one command, turns everything into an exit status.

SymPy is imported by the commands only, so that ``--help`` and ``--version`` answer at once.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import re
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

from symdiff import __version__
from symdiff.cli.output import Outcome, Progress, error_document, report_error, worst, write_json
from symdiff.errors import SymdiffError, TimeLimitError, UsageError

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
_SIGNED_VALUES = ("--times", "--window", "--initial", "--to", "--from", "--set", "--seed")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, where=self.prog, instead=f"see '{self.prog} --help'")


def build_parser() -> argparse.ArgumentParser:
    """The argument parser of all commands."""
    parser = _Parser(prog="symdiff", description="Continuum equations from microscopic jump models, derived and checked.",
                     epilog="A bare word is a gallery name, a path has a / or a suffix, - is standard input.")  # fmt: skip
    parser.add_argument("--version", action="version", version=f"symdiff {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        _ARGUMENTS[name](command)
        command.add_argument("--json", action="store_true", help="print one JSON document instead of text")
        command.add_argument(
            "--timeout", type=_seconds, metavar="SECONDS", help="give up after this time (exit status 3)"
        )
    return parser


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
    command.add_argument("--order", type=_order, metavar="N", help="as in 'symdiff derive'")
    _size(command)


def _valid(command: argparse.ArgumentParser) -> None:
    _model_arguments(command)
    command.add_argument("--length", required=True, metavar="L", help="the length over which the density varies")
    command.add_argument("--time", required=True, metavar="T", help="the time that is looked at")
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
        "--budget", type=_seconds, default=None, metavar="SECONDS", help="time for the cross-check's simulation"
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = _joined(list(sys.argv[1:] if argv is None else argv))
    wants_json = "--json" in arguments
    try:
        options = _parsed(arguments)
        gc.disable()  # imports and one derivation make no garbage worth the collector's time
        return _run(options)
    except SymdiffError as error:
        return _failed(error, wants_json)
    except KeyboardInterrupt:
        sys.stderr.write("symdiff: interrupted\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # a fault of symdiff itself; the traceback helps only its developers
        if os.environ.get("SYMDIFF_DEBUG"):
            raise
        return _failed(_fault(error), wants_json)


def _fault(error: Exception) -> SymdiffError:
    from symdiff.errors import InternalFaultError

    text = str(error)[:300]
    return InternalFaultError(f"a fault of symdiff itself: {type(error).__name__}: {text}",
                              instead="please report it with the input; SYMDIFF_DEBUG=1 shows where it happened")  # fmt: skip


def _failed(error: SymdiffError, wants_json: bool) -> int:
    if wants_json:
        try:
            write_json(error_document(error))
            sys.stdout.flush()
            return error.status
        except BrokenPipeError:
            raise
        except OSError:  # a full disk behind standard output
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    report_error(error)
    return error.status


def _joined(arguments: list[str]) -> list[str]:
    """``--to -1,2`` as ``--to=-1,2``: a value that begins with a minus is no option."""
    result: list[str] = []
    i = 0
    while i < len(arguments):
        follows = i + 1 < len(arguments) and re.match(r"-[\d.]", arguments[i + 1])
        if arguments[i] in _SIGNED_VALUES and follows:
            result.append(f"{arguments[i]}={arguments[i + 1]}")
            i += 2
        else:
            result.append(arguments[i])
            i += 1
    return result


def _parsed(arguments: list[str]) -> argparse.Namespace:
    from symdiff.notation.names import did_you_mean

    first = next((a for a in arguments if not a.startswith("-")), None)
    if first is not None and first not in COMMANDS and arguments[0] == first:
        raise UsageError(f"unknown command '{first}'", where="symdiff", instead=did_you_mean(first, COMMANDS))
    options = build_parser().parse_args(arguments)
    if options.command is None:
        build_parser().print_help(sys.stderr)
        raise UsageError("no command is given", where="symdiff", instead="symdiff derive biased_walk, say")
    return options


def _run(options: argparse.Namespace) -> int:
    for threads in (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
    ):  # small matrices: threads would only wait for each other
        os.environ.setdefault(threads, "1")
    if options.timeout:
        _set_alarm(options.timeout)
    try:
        return _run_in_time(options)
    except TimeIsUpError:
        raise _too_long(options) from None
    finally:
        _stop_alarm()


def _run_in_time(options: argparse.Namespace) -> int:
    module: Any = importlib.import_module(f"symdiff.cli.{options.command}")
    references = getattr(options, "file", [None]) or _without_file(options)
    if options.command == "report" and len(references) > 1:
        references = [None]  # one book of them all
    jobs = module.processes(references, options) if hasattr(module, "processes") else 1
    if jobs > 1:
        outcomes = _together(options, references, jobs)
    else:
        outcomes = []
        try:
            for reference in references:
                outcomes.append(_one(module, reference, options, len(references)))
        except TimeIsUpError:
            if len(references) == 1:
                raise
            _out_of_time(outcomes, references, options)
    several = len(outcomes) > 1
    together = module.together(outcomes) if several and hasattr(module, "together") else None
    try:
        _print(options, references, outcomes, together)
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk behind standard output
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        report_error(UsageError(f"the result cannot be written to standard output ({error.strerror})", where="output",
                                instead="check the disk, or name a file with -o where the command has it"))  # fmt: skip
        return UsageError.status
    return worst([o.status for o in outcomes])


def _print(
    options: argparse.Namespace, references: Sequence[str | None], outcomes: Sequence[Outcome], together: Outcome | None
) -> None:
    """What was found, as text or as one JSON document."""
    if options.json:
        documents = [o.document for o in outcomes]
        all_ = (
            {"results": [{"file": r, **d} for r, d in zip(references, documents, strict=True)]}
            if len(outcomes) > 1
            else documents[0]
        )
        write_json(all_ | {"together": together.document} if together else all_)
    else:
        shown = [o.text for o in (*outcomes, *([together] if together else [])) if o.text]
        if shown:
            sys.stdout.write("\n\n".join(shown) + "\n")
    sys.stdout.flush()


def _together(options: argparse.Namespace, references: Sequence[str | None], jobs: int) -> list[Outcome]:
    """The outcomes of several models, worked out by several processes; what each says on standard error in its turn."""
    from symdiff.dossier.executors import process_pool

    outcomes: list[Outcome] = []
    try:
        with process_pool(jobs) as pool:
            futures = [pool.submit(_aside, vars(options), reference) for reference in references]
            for future in futures:
                outcome, said = future.result()
                sys.stderr.write(said)
                outcomes.append(outcome)
    except TimeIsUpError:
        _out_of_time(outcomes, references, options)
    return outcomes


def _out_of_time(outcomes: list[Outcome], references: Sequence[str | None], options: argparse.Namespace) -> None:
    """What is done is shown; the others are said to be missing."""
    _stop_alarm()
    for reference in references[len(outcomes) :]:
        error = _too_long(options).located(reference or "")
        if not options.json:
            report_error(error)
        outcomes.append(Outcome(error.status, document=error_document(error)))


def _aside(words: dict[str, Any], reference: str | None) -> tuple[Outcome, str]:
    """One of several models in a process of its own: the outcome, and what was said on standard error."""
    import contextlib
    import io

    options = argparse.Namespace(**words)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        module = importlib.import_module(f"symdiff.cli.{options.command}")
        return _one(module, reference, options, 2), said.getvalue()


def _without_file(options: argparse.Namespace) -> list[str | None]:
    """No file: allowed where the model is pasted, or all of the gallery is meant."""
    if options.command == "report" and options.gallery:
        return [None]
    if getattr(options, "latex", None) is None:
        raise UsageError(
            "no model is given",
            where=f"symdiff {options.command}",
            instead="name a file or a gallery entry"
            + (", or paste one with --latex" if hasattr(options, "latex") else ", or --gallery"),
        )
    return [None]


def _one(module: Any, reference: str | None, options: argparse.Namespace, number: int) -> Outcome:
    what = f"{options.command} {reference or ''}".strip()
    try:
        if options.command == "web":  # it never ends by itself
            served: Outcome = module.run(reference, options)
            return served
        with Progress(what) as options.progress:
            outcome: Outcome = module.run(reference, options)
            return outcome
    except SymdiffError as error:
        if number == 1:
            raise
        if not options.json:
            report_error(error)
        return Outcome(error.status, document=error_document(error))


class TimeIsUpError(BaseException):
    """The time of ``--timeout`` is over. No ``Exception``: nobody on the way takes it for an answer that failed."""


def _too_long(options: argparse.Namespace) -> TimeLimitError:
    return TimeLimitError(
        f"no result within {options.timeout:g} seconds", where="--timeout", instead="allow more time, or ask for less"
    )


def _set_alarm(seconds: float) -> None:
    """Ring after ``seconds`` and then every second: a library may have caught the first."""

    def expired(_signal: int, _frame: FrameType | None) -> None:
        raise TimeIsUpError

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, expired)
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    else:  # Windows: no interval timer; a thread interrupts the main one
        import _thread
        import threading

        timer = threading.Timer(seconds, _thread.interrupt_main)
        timer.daemon = True
        timer.start()


def _stop_alarm() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    sys.exit(main())
