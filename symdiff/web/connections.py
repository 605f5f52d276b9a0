"""Connections that send next to nothing: who holds one open without a whole request is let go."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0
"""Seconds between two looks at a connection; one without a whole request at both is closed."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a bound on the time that a request may take to arrive, head and body each."""

    _look: asyncio.TimerHandle | None = None
    _before: tuple[Any, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _look_again(self) -> None:
        self._look = self.loop.call_later(PATIENCE, self._check)

    def _check(self) -> None:
        cycle = self.cycle
        awaiting = "head" if cycle is None or cycle.response_complete else "body" if cycle.more_body else ""
        now = (cycle, awaiting)
        if awaiting and self._before == now:
            self.transport.close()
            return
        self._before = now
        self._look_again()
