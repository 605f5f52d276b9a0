"""A bar in words: how much is done, and how long the rest will take."""

from __future__ import annotations

WIDTH = 30


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
