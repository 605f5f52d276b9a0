"""The ``symdiff`` command: reads the arguments, runs one command, turns everything into an exit status."""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import re
import signal
import sys

from symdiff.cli.arguments import COMMANDS, build_parser
from symdiff.cli.colour import coloured, wanted
from symdiff.cli.output import Outcome, Progress, error_document, report_error, worst, write_json
from symdiff.errors import SymdiffError, TimeLimitError, UsageError

TYPE_CHECKING = False  # typing's own costs a tenth of the time of --help
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any

NO_WORDS = ("completion", "export", "new", "schema")
"""Commands whose text is for programs."""
_SIGNED_VALUES = ("--times", "--window", "--initial", "--to", "--from", "--set", "--seed")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = _joined(list(sys.argv[1:] if argv is None else argv))
    wants_json = "--json" in arguments
    if closed := _opened():
        return _failed(closed, False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not str(stream.encoding).lower().startswith("utf"):
            from symdiff.cli.spelling import HANDLER, register  # loaded when used: start-up time

            register()
            # text for programs keeps every sign: \u03c4 is better than a fault
            stream.reconfigure(errors="backslashreplace" if arguments[:1] and arguments[0] in NO_WORDS else HANDLER)
    try:
        options = _parsed(arguments)
        _named(options)
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


def _named(options: argparse.Namespace) -> None:
    """Raise :class:`UsageError` for ``-o -``: a dash stands for standard input, and a file of that name is a nuisance."""
    output = getattr(options, "output", None)
    if output == "-" or (isinstance(output, list) and "-" in output):
        raise UsageError("'-' is no file to write to", where="-o", instead="name a file, or ./- for one of that name")


def _opened() -> SymdiffError | None:
    """What a shell has closed (``<&-``, ``2>&-``) is empty; without a standard output there is nowhere to write to."""
    error = None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # in this order: no file takes their numbers
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  open while the process lives
            if name == "stdout":
                error = UsageError("standard output is closed", where="output", instead="write to a file or a pipe")
    return error


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
    first = next((a for a in arguments if not a.startswith("-")), None)
    if first in ("help", "version") and arguments[0] == first:
        return _parsed([*arguments[1:], f"--{first}"])
    if first is not None and first not in COMMANDS and arguments[0] == first:
        from symdiff.notation.names import did_you_mean  # loaded when used: start-up time

        raise UsageError(f"unknown command '{first}'", where="symdiff", instead=did_you_mean(first, COMMANDS))
    parser = build_parser(first if first in COMMANDS else "")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise UsageError(f"unknown here: {' '.join(unknown)}", where=f"symdiff {options.command or ''}".strip(),
                         instead=_meant(options.command, unknown[0]))  # fmt: skip
    if options.command is None:
        parser.print_help(sys.stderr)
        raise UsageError("no command is given", where="symdiff", instead="symdiff derive biased_walk, say")
    return options


def _meant(command: str | None, unknown: str) -> str:
    """What an option or word that no command knows may be."""
    from symdiff.cli.arguments import options_of
    from symdiff.notation.names import nearest

    option = {"list": "--search", "new": "-o"}.get(command or "") if not unknown.startswith("-") else None
    if option is not None:
        return f"symdiff {command} {option} {unknown}"
    near = nearest(unknown.partition("=")[0], options_of(command)) if command else None
    return f"did you mean '{near}'?" if near else f"see 'symdiff{' ' + command if command else ''} --help'"


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
    _stop_alarm()  # what was found in time is written whole, however slowly it is read
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
            text = "\n\n".join(shown) + "\n"
            sys.stdout.write(coloured(text) if options.command not in NO_WORDS and wanted(sys.stdout) else text)
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
