"""A bar on standard error: how much is done, and how long the rest will take."""

from __future__ import annotations

import sys
import time

WIDTH = 30
PAUSE = 10.0  # seconds between lines where standard error is no terminal


class ProgressBar:
    """Called with (done, total); the remaining time comes from what was done since the first call."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._begin: tuple[float, int] | None = None
        self._told = 0.0
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        """Show the bar; on a terminal at once, elsewhere a line now and then."""
        now = time.monotonic()
        if self._begin is None:
            self._begin = (now, done)
            self._told = now
        terminal = sys.stderr.isatty()
        if not terminal and now - self._told < PAUSE:
            return
        self._told, self._shown = now, True
        line = f"symdiff: {self.what} {bar(done, total)} {remaining(now - self._begin[0], done - self._begin[1], total - done)}"
        sys.stderr.write(f"\r{line}\033[K" if terminal else f"{line.rstrip()}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Remove the bar from a terminal."""
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def bar(done: int, total: int) -> str:
    """The bar itself, with numbers.

    >>> bar(1, 3)
    '[##########....................] 1/3'
    """
    filled = WIDTH * done // max(total, 1)
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}"


def remaining(elapsed: float, done: int, left: int) -> str:
    """The time that is left at the pace so far; nothing is said before the first result.

    >>> remaining(60, 30, 100)
    '3 min 20 s left'
    """
    if done <= 0 or left <= 0:
        return ""
    seconds = round(elapsed / done * left)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes:02d} min left"
    return f"{minutes} min {seconds % 60:02d} s left" if minutes else f"{seconds} s left"
