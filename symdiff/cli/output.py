"""What a command returns, and how it is written: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
import time

from symdiff.cli.progress_bar import bar, remaining
from symdiff.errors import SymdiffError, UsageError

TYPE_CHECKING = False  # typing's own costs a tenth of the time of --help
if TYPE_CHECKING:
    import threading
    from argparse import Namespace
    from typing import Any

PRECEDENCE = (130, 4, 2, 1, 3, 0)  # of several results, the first of these that occurs is the exit status


class Outcome:  # no dataclass, whose import takes an eighth of the time of --help
    """The exit status of one command, its text or its JSON document, and the result that several are judged by together."""

    __slots__ = ("document", "result", "status", "text")

    def __init__(self, status: int, text: str = "", document: Any = None, result: Any = None) -> None:
        self.status, self.text, self.document, self.result = status, text, document, result


def worst(statuses: list[int]) -> int:
    """The exit status of several results together."""
    return next((s for s in PRECEDENCE if s in statuses), 0)


def error_document(error: SymdiffError) -> dict[str, Any]:
    """An error as the contract's JSON document."""
    return {"error": {"status": error.status, "where": error.where, "message": error.message, "instead": error.instead}}


def check_machines(options: Namespace) -> None:
    """Raises :class:`UsageError` where both processes here and a cluster are asked for."""
    if options.jobs and options.cluster:
        raise UsageError("the work runs on this machine or on a cluster, not on both", where="--cluster",
                         instead="leave --jobs or --cluster out")  # fmt: skip


def write_json(document: Any) -> None:
    """One JSON document, and nothing else, on standard output."""
    import json  # loaded when used: start-up time

    readable = (sys.stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf")
    whole = json.dumps(document, ensure_ascii=not readable, indent=1)  # nothing is printed of one that is no JSON
    sys.stdout.write(whole + "\n")


def report_error(error: SymdiffError) -> None:
    """An error in words, on standard error."""
    where = error.where.removeprefix("symdiff").strip()  # of a command, which this line names already
    name = f"symdiff {where}" if where and where != error.where else "symdiff"
    place = f"{where}: " if where and where == error.where else ""
    sys.stderr.write(f"{name}: {place}{error.message}\n")
    if error.instead:
        sys.stderr.write(f"         instead: {error.instead}\n")


_asking = [False]  # whether a question stands at the terminal


def ask(question: str) -> str | None:
    """The answer to a question at the terminal, None at the end of input; no progress is written over the question."""
    _asking[0] = True
    try:
        sys.stderr.write(("\r\033[K" if sys.stderr.isatty() else "") + question)
        sys.stderr.flush()
        line = sys.stdin.readline()
    finally:
        _asking[0] = False
    return line.strip() if line else None


class Progress:
    """Tells on standard error what is being done, once it has taken longer than a second."""

    def __init__(self, what: str) -> None:
        import threading  # loaded when used: start-up time

        self.what = what
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown = False
        self._bar = ""
        self._begin = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Say how much is done, and how long the rest will take at the pace since the first call."""
        if done == 0:
            self._begin = time.monotonic()
        self._bar = f" {bar(done, total)} {remaining(time.monotonic() - self._begin, done, total - done)}".rstrip()

    def __enter__(self) -> Progress:
        import threading

        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread:
            self._thread.join()
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def _watch(self) -> None:
        start, pause = time.monotonic(), 1.0
        while not self._done.wait(pause):
            if _asking[0]:
                continue
            self._shown = True
            elapsed = time.monotonic() - start
            line = f"symdiff: {self.what} ... {elapsed:.0f} s{self._bar}"
            sys.stderr.write(f"\r{line}\033[K" if sys.stderr.isatty() else f"{line}\n")
            sys.stderr.flush()
            pause = 1.0 if sys.stderr.isatty() else min(30.0, pause * 2)
