"""Steps that complete a limit and may come later: the second route, and what stands beside an equation.

Who derives gets everything at once. A page that shows an edit while one types asks for the stages: the limit of the first
route as soon as it stands, marked as not confirmed, then the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from symdiff.continuum.confirmation import Confirmation
from symdiff.continuum.limit import ContinuumLimit
from symdiff.errors import InternalFaultError

Step = Callable[[ContinuumLimit], ContinuumLimit]
RUNNING = "running"
NOT_YET = Confirmation(RUNNING, "0", None, 0)
"""What a limit says of the second route before it ended."""

_later: ContextVar[list[Step] | None] = ContextVar("later", default=None)


def completed(limit: ContinuumLimit, step: Step) -> ContinuumLimit:
    """The limit after a further step; inside :func:`in_stages` the step waits, and the limit stays as it is."""
    steps = _later.get()
    if steps is None:
        return step(limit)
    steps.append(step)
    return limit


def confirmed(limit: ContinuumLimit, second_route: Callable[[], Confirmation]) -> ContinuumLimit:
    """The limit with what the second route says, now or later; raises what the second route raises."""
    mark = replace(NOT_YET)  # one of its own: of several media the limit keeps the confirmation of one

    def step(later: ContinuumLimit) -> ContinuumLimit:
        found = second_route()
        return replace(later, confirmation=found) if later.confirmation is mark else later

    return completed(replace(limit, confirmation=mark), step)


def in_stages(derive: Callable[[], ContinuumLimit], tell: Callable[[ContinuumLimit], None]) -> ContinuumLimit:
    """What ``derive`` returns, completed; ``tell`` is given the limit before its last steps, where there are any, and the whole.

    Raises what the derivation and its last steps raise, the latter after the unconfirmed limit was told.
    """
    steps: list[Step] = []
    token = _later.set(steps)
    try:
        limit = derive()
    finally:
        _later.reset(token)
    if steps:
        tell(limit)
    for step in steps:
        limit = step(limit)
    tell(limit)
    return limit


def require_confirmed(limits: Iterable[ContinuumLimit]) -> None:
    """Raise :class:`InternalFaultError` where a limit that is handed out still waits for its second route."""
    for limit in limits:
        if limit.confirmation.method == RUNNING:
            raise InternalFaultError(f"the second route was not asked in regime '{limit.regime.name}'; no result is given",
                                     instead="please report the model file as a fault of symdiff")  # fmt: skip


@contextmanager
def at_once() -> Iterator[None]:
    """No step waits: for those who read a limit, or the errors of its confirmation, and change them."""
    token = _later.set(None)
    try:
        yield
    finally:
        _later.reset(token)
