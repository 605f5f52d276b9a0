"""Connections: who holds one open without a whole request is let go; none is closed into the face of a request that has come."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0
"""Seconds between two looks at a connection; one without a whole request at both is closed."""
KEPT = 60.0
"""Seconds for which a connection is kept after an answer, longer than ordinary clients keep theirs, so that they close it and not we."""
CROWDED = 200
"""Connections beyond which those that have nothing to do are closed after the server's ``timeout_keep_alive``."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a bound on the time that a request may take to arrive, head and body each."""

    _look: asyncio.TimerHandle | None = None
    _before: tuple[Any, str] | None = None
    _kept_until = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._kept_until = self.loop.time() + KEPT
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that has nothing to do, unless a request came while the loop was busy: its sender would be cut off."""
        if self.transport.is_closing() or not self._idle() or _has_come(self.transport):
            return
        if len(self.connections) <= CROWDED and self.loop.time() < self._kept_until:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
            return
        super().timeout_keep_alive_handler()

    def _idle(self) -> bool:
        """Whether the last request is answered, and nothing of another one has been read."""
        return (
            self.timeout_keep_alive_task is not None
            and self.conn.their_state is h11.IDLE
            and not self.conn.trailing_data[0]
        )

    def _look_again(self) -> None:
        self._look = self.loop.call_later(PATIENCE, self._check)

    def _check(self) -> None:
        cycle = self.cycle
        if self._idle():  # the limit of kept connections holds
            awaiting = ""
        else:
            awaiting = "head" if cycle is None or cycle.response_complete else "body" if cycle.more_body else ""
        now = (cycle, awaiting)
        if awaiting and self._before == now:
            self.transport.close()
            return
        self._before = now
        self._look_again()


def _has_come(transport: asyncio.Transport) -> bool:
    """Whether bytes, or the other side's end, wait to be read."""
    with selectors.DefaultSelector() as selector:
        selector.register(transport.get_extra_info("socket"), selectors.EVENT_READ)
        return bool(selector.select(0))
