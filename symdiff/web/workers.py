"""Worker processes with limits of time and memory; one that explodes is replaced and takes nothing with it."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any

from symdiff.errors import ResourceError, SymdiffError, TimeLimitError

MEMORY = 3 * 1024**3
MAX_RESULT = 32 * 1024**2
PATIENCE = 60.0
"""Seconds that a request waits for a worker before it is told that the server is busy; jobs, which tell their progress, wait on."""
TRIES = 5
"""Workers in a row that may end before they are ready; then requests are told so, and each starts one more."""


class BusyError(SymdiffError):
    """The queue is full."""


@dataclass(eq=False)
class Worker:
    """One process and the pipe to it."""

    process: BaseProcess
    pipe: Connection


def _context() -> Any:
    """Workers are forked from one process that has loaded everything, where the system can: one that was killed for a job that nobody waits for
    is replaced in milliseconds. Elsewhere each loads for itself."""
    forked = "forkserver" in multiprocessing.get_all_start_methods() and sys.version_info >= (
        3,
        11,
        1,
    )  # before, its socket was open to all
    try:
        tempfile.gettempdir()  # its socket stands there
    except OSError:
        forked = False
    context: Any = multiprocessing.get_context("forkserver" if forked else "spawn")
    if forked:
        context.set_forkserver_preload(["symdiff.web.warm"])
    return context


def serve(pipe: Connection, memory: int) -> None:
    """The life of a worker: answers (task, payload) until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    import symdiff.web.warm  # noqa: F401  (loaded already where workers are forked)
    from symdiff.web.tasks import IN_PARTS, TASKS

    pipe.send(("ready", None))
    while True:
        try:
            task, payload = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(("begun", None))
        run = TASKS[task]
        if task in IN_PARTS and payload.get("parts") is True:
            run = partial(run, tell=lambda part: pipe.send(("part", part)))
        found = ForkingPickler.dumps(answer(run, payload))
        if len(found) > MAX_RESULT:
            found = ForkingPickler.dumps(("error", _refused("the result is too large", "ask for less")))
        pipe.send_bytes(found)


def answer(run: Callable[[Any], Any], payload: Any) -> tuple[str, Any]:
    """("ok", result) or ("error", document); whatever is raised becomes a document."""
    try:
        return "ok", run(payload)
    except SymdiffError as error:
        return "error", {
            "status": error.status,
            "where": error.where,
            "message": error.message,
            "instead": error.instead,
        }
    except MemoryError:
        return "error", _refused("this needs more memory than a job may have", "ask for less")
    except RecursionError:
        return "error", _refused("this is nested too deeply", "write it in simpler steps")
    except Exception as error:  # a fault of symdiff; the server goes on
        return "error", {
            "status": 4,
            "where": "",
            "message": f"a fault of symdiff itself: {type(error).__name__}",
            "instead": "please report it with the model",
        }


def _refused(message: str, instead: str) -> dict[str, Any]:
    return {"status": 2, "where": "", "message": message, "instead": instead}


class Pool:
    """``size`` workers and a bounded queue. ``run`` may be cancelled: the worker is killed then, and replaced."""

    def __init__(self, size: int = 2, queue: int = 64, memory: int = MEMORY) -> None:
        self.size, self.queue, self.memory = size, queue, memory
        self.waiting = 0
        self._context = _context()
        # last in, first out: that worker remembers the model that is edited; None: no worker can be started
        self._idle: asyncio.LifoQueue[Worker | None] = asyncio.LifoQueue()
        self._failed = 0
        self._all: set[Worker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start all workers; they are ready when everything is loaded."""
        for _ in range(self.size):
            self._replace()

    def _replace(self) -> None:
        if not self._closed:
            task = asyncio.create_task(self._spawn())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _spawn(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self.memory), daemon=True)
        try:
            await asyncio.to_thread(process.start)
        except (EOFError, OSError):  # no process can be started, or the one that they are forked from has ended
            ours.close()
            await self._not_started()
            return
        finally:
            theirs.close()
        worker = Worker(process, ours)
        self._all.add(worker)
        try:
            await _receive(ours)
        except (EOFError, OSError):
            await self._kill(worker, replace=False)
            await self._not_started()
            return
        self._failed = 0
        await self._idle.put(worker)

    async def _not_started(self) -> None:
        self._failed += 1
        if self._failed < TRIES:
            self._replace()
        else:
            await self._idle.put(None)

    async def run(
        self,
        task: str,
        payload: Any,
        seconds: float,
        tell: Callable[[Any], None] = lambda _: None,
        patience: float | None = PATIENCE,
    ) -> Any:
        """The result of a task; ``tell`` is given what it has before. Raises :class:`BusyError`, :class:`TimeLimitError`, :class:`ResourceError`, or RemoteError."""
        worker = await self._taken(patience)
        try:
            kind, result = await asyncio.wait_for(self._answered(worker, task, payload, tell), seconds)
        except TimeoutError:
            await self._kill(worker)
            raise TimeLimitError(
                f"no result within {seconds:g} seconds", instead="ask for less, or use the command line"
            ) from None
        except _NotBegunError:  # it was ended from outside while it had no job
            await self._kill(worker)
            return await self.run(task, payload, seconds, tell, patience)
        except (EOFError, OSError):
            await asyncio.to_thread(worker.process.join, 1)
            status = worker.process.exitcode
            await self._kill(worker)
            raise ResourceError(
                f"the job ended before it had a result (its process with status {status}): most often it needed too much memory",
                instead="ask for less",
            ) from None
        except asyncio.CancelledError:
            await asyncio.shield(self._kill(worker))
            raise
        await self._idle.put(worker)
        if kind == "error":
            raise RemoteError(result)
        return result

    async def _taken(self, patience: float | None) -> Worker:
        """A worker that has nothing to do, within so many seconds."""
        if self.waiting >= self.queue:
            raise BusyError("the queue is full", instead="try again in a moment")
        self.waiting += 1
        try:
            async with asyncio.timeout(patience):
                worker = await self._idle.get()
        except TimeoutError:
            raise BusyError(
                f"no worker was free within {patience:g} seconds", instead="try again in a moment"
            ) from None
        finally:
            self.waiting -= 1
        if worker is None:
            self._replace()
            raise ResourceError("no worker process can be started", instead="free memory or processes, and try again")
        return worker

    @staticmethod
    async def _answered(worker: Worker, task: str, payload: Any, tell: Callable[[Any], None]) -> tuple[str, Any]:
        """The end of a task; what comes before it is told. Raises :class:`_NotBegunError` where the worker ended before it read the task."""
        try:
            worker.pipe.send((task, payload))
            await _receive(worker.pipe)
        except (EOFError, OSError):
            raise _NotBegunError from None
        while True:
            kind, result = await _receive(worker.pipe)
            if kind != "part":
                return kind, result
            tell(result)

    async def _kill(self, worker: Worker, *, replace: bool = True) -> None:
        self._all.discard(worker)
        worker.process.kill()
        await asyncio.to_thread(worker.process.join, 5)
        worker.pipe.close()
        if replace:
            self._replace()

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        for task in list(self._starting):
            task.cancel()
        for worker in list(self._all):
            worker.process.kill()
            await asyncio.to_thread(worker.process.join, 5)


class _NotBegunError(Exception):
    """A worker ended before it read its task: another one can do it."""


class RemoteError(Exception):
    """An error document from a worker."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document["message"])
        self.document = document


async def _receive(pipe: Connection) -> Any:
    """One message, without blocking the loop."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(pipe.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(pipe.fileno())
    return await asyncio.to_thread(pipe.recv)
