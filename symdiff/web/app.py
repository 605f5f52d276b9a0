"""The workbench's server: the page, the JSON API, jobs with progress as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from symdiff import __version__
from symdiff.errors import SymdiffError
from symdiff.web.openapi import API_TASKS, openapi_document
from symdiff.web.security import Access, BodyTooLargeError, Guard
from symdiff.web.tasks import IN_PARTS
from symdiff.web.workers import BusyError, Pool, RemoteError

PAGE = Path(__file__).resolve().parent / "page"
QUICK = 20.0
MAX_JOBS = 64
KEPT = 600.0  # seconds for which a finished job is remembered
KEPT_SIZE = 64 * 1024**2  # characters of all finished jobs together


@dataclass(eq=False)
class Job:
    """A longer task: its state, and what came of it."""

    task: asyncio.Task[Any] | None
    started: float = field(default_factory=time.monotonic)
    state: str = "running"
    result: str = "null"  # as JSON
    changed: asyncio.Event = field(default_factory=asyncio.Event)


def create_app(access: Access, pool: Pool | None = None) -> Starlette:
    """The application; the pool of workers lives as long as it does."""
    workers = pool or Pool()
    jobs: dict[str, Job] = {}
    lanes = asyncio.Semaphore(max(1, workers.size - 1))  # jobs leave one worker to those who edit

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await workers.start()
        yield
        for job in jobs.values():
            if job.task is not None:
                job.task.cancel()
        await workers.close()

    async def quick(request: Request) -> Response:
        task = request.path_params["task"]
        if task not in API_TASKS:
            return _error(404, f"there is no task '{task[:40]}'", "GET /api/openapi.json lists them")
        payload = await _payload(request)
        if payload.get("parts") is True and task in IN_PARTS:
            return StreamingResponse(_lines(workers, task, payload), media_type="application/x-ndjson")
        work = asyncio.create_task(workers.run(task, payload, API_TASKS[task].seconds))
        gone = asyncio.create_task(_disconnected(request))
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not work.done():
            work.cancel()
            return Response(status_code=499)
        return JSONResponse(work.result())

    async def start_job(request: Request) -> Response:
        payload = await _payload(request)
        task = payload.get("task")
        if task not in API_TASKS:
            return _error(404, "a job names one of the tasks of the API", "GET /api/openapi.json lists them")
        _forget(jobs)
        if sum(1 for j in jobs.values() if j.state == "running") >= MAX_JOBS:
            raise BusyError("too many jobs are running", instead="try again in a moment")
        identifier, job = secrets.token_urlsafe(12), Job(None)
        jobs[identifier] = job
        job.task = asyncio.create_task(_work(job, workers, lanes, task, payload))
        return JSONResponse({"job": identifier}, 202)

    async def events(request: Request) -> Response:
        job = jobs.get(request.path_params["job"])
        if job is None:
            return _error(404, "there is no such job")
        return StreamingResponse(_events(job), media_type="text/event-stream")

    async def cancel(request: Request) -> Response:
        job = jobs.get(request.path_params["job"])
        if job is None:
            return _error(404, "there is no such job")
        if job.task is not None:
            job.task.cancel()
        return JSONResponse({"cancelled": True})

    async def page(_: Request) -> Response:
        return FileResponse(PAGE / "index.html", media_type="text/html")

    async def openapi(_: Request) -> Response:
        return JSONResponse(openapi_document(__version__))

    routes = [
        Route("/", page),
        Route("/api/openapi.json", openapi),
        Route("/api/jobs", start_job, methods=["POST"]),
        Route("/api/jobs/{job}/events", events),
        Route("/api/jobs/{job}", cancel, methods=["DELETE"]),
        Route("/api/{task}", quick, methods=["POST"]),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    handlers: Any = {
        SymdiffError: _symdiff_error,
        RemoteError: _remote_error,
        BodyTooLargeError: _too_large,
        _BadBodyError: _bad_body,
        ClientDisconnect: _gone,
    }
    return Starlette(
        routes=routes, lifespan=lifespan, middleware=[Middleware(Guard, access=access)], exception_handlers=handlers
    )


class _BadBodyError(Exception):
    """The body is no JSON object."""


async def _payload(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
        json.dumps(found, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
    except (ValueError, RecursionError):
        raise _BadBodyError from None
    if not isinstance(found, dict):
        raise _BadBodyError
    return found


async def _disconnected(request: Request) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(0.2)


async def _lines(workers: Pool, task: str, payload: dict[str, Any]) -> AsyncIterator[str]:
    """One JSON document a line: what a task has before it ends, then its result or its error. It is cancelled with its reader."""
    lines: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def work() -> tuple[str, Any]:
        def tell(part: Any) -> None:
            lines.put_nowait(("part", part))

        try:
            return "result", await workers.run(task, payload, API_TASKS[task].seconds, tell)
        except RemoteError as error:
            return "error", error.document
        except SymdiffError as error:
            return "error", _document(error)["error"]

    def end(done: asyncio.Task[tuple[str, Any]]) -> None:
        if not done.cancelled():
            lines.put_nowait(done.result())

    running = asyncio.create_task(work())
    running.add_done_callback(end)
    try:
        kind = "part"
        while kind == "part":
            kind, found = await lines.get()
            yield json.dumps({kind: found}) + "\n"
    finally:
        running.cancel()


async def _work(job: Job, workers: Pool, lanes: asyncio.Semaphore, task: str, payload: dict[str, Any]) -> None:
    try:
        async with lanes:
            job.result = json.dumps(await workers.run(task, payload, API_TASKS[task].seconds, patience=None))
        job.state = "done"
    except RemoteError as error:
        job.state, job.result = "error", json.dumps({"error": error.document})
    except SymdiffError as error:
        job.state, job.result = "error", json.dumps(_document(error))
    except asyncio.CancelledError:
        job.state = "cancelled"
    finally:
        job.changed.set()


async def _events(job: Job) -> AsyncIterator[str]:
    """A line every second while the job runs, then its result."""
    while not job.changed.is_set():
        yield _event("progress", json.dumps({"state": job.state, "elapsed": round(time.monotonic() - job.started, 1)}))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(job.changed.wait(), 1.0)
    yield _event(job.state, job.result)


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"


def _forget(jobs: dict[str, Job]) -> None:
    now = time.monotonic()
    for identifier in [i for i, j in jobs.items() if j.state != "running" and now - j.started > KEPT]:
        del jobs[identifier]
    while len(jobs) > 4 * MAX_JOBS or sum(len(j.result) for j in jobs.values()) > KEPT_SIZE:
        finished = next((i for i, j in jobs.items() if j.state != "running"), None)
        if finished is None:
            return
        del jobs[finished]


def _document(error: SymdiffError) -> dict[str, Any]:
    return {"error": {"status": error.status, "where": error.where, "message": error.message, "instead": error.instead}}


def _error(status: int, message: str, instead: str = "") -> JSONResponse:
    return JSONResponse({"error": {"status": 2, "where": "request", "message": message, "instead": instead}}, status)


async def _symdiff_error(_: Request, error: Any) -> Response:
    return JSONResponse(_document(error), 503 if isinstance(error, BusyError) else 422)


async def _remote_error(_: Request, error: Any) -> Response:
    return JSONResponse({"error": error.document}, 500 if error.document["status"] == 4 else 422)


async def _too_large(_: Request, _error_: Any) -> Response:
    found = _error(413, "the request is too large")
    found.headers["connection"] = "close"  # the rest of it is not read
    return found


async def _gone(_: Request, _error_: Any) -> Response:
    """Nobody reads this; a traceback for everyone who leaves would fill the terminal, and a full pipe would stop the server."""
    return Response(status_code=499)


async def _bad_body(_: Request, _error_: Any) -> Response:
    return _error(400, "the body of a request is one JSON object", '{"name": "biased_walk"}')
