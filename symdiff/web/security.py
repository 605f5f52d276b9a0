"""Who may ask, and how much: Host and Origin, the token of a shared machine, the size of bodies, the headers of every answer."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 256 * 1024
COOKIE = "symdiff_token"
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Access:
    """``hosts`` are the values of Host that are answered (empty: any, which a token must then guard)."""

    hosts: frozenset[str]
    token: str = ""


class Guard:
    """Refuses foreign hosts, foreign origins, missing tokens and large bodies before anything else runs."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            status, message = refusal
            answer = _answer(status, message)
            if status == 400:
                answer.headers["connection"] = "close"
            await answer(scope, receive, _with_headers(send))
            return
        await self.app(scope, _bounded(receive), _with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if self.access.hosts and host not in self.access.hosts:
            return 403, "this Host is not answered"
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            return 403, "a page of another origin may not ask"
        if "transfer-encoding" in headers and "content-length" in headers:
            return 400, "a request states its length in one way only"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return 413, f"a request has at most {MAX_BODY} bytes"
        if scope["path"].startswith("/api/") and self.access.token and not self._knows_token(headers):
            return 401, "this server asks for a token: open the address that it printed"
        return None

    def _knows_token(self, headers: Headers) -> bool:
        cookie: Any = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        offered = headers.get("x-symdiff-token") or (cookie.value if cookie else "")
        return hmac.compare_digest(offered.encode(), self.access.token.encode())


def _answer(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"status": 2, "where": "request", "message": message, "instead": ""}}, status)


class BodyTooLargeError(Exception):
    """A body without a stated length went on for too long."""


def _bounded(receive: Receive) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                raise BodyTooLargeError
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
