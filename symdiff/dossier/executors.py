"""Where tasks run: this process, a pool of processes on this machine, or a Dask cluster; all as one kind of executor.

Tasks are functions of text that return text, so that any :class:`concurrent.futures.Executor` will do.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from symdiff.errors import ResourceError, UsageError

PATIENCE = 4.0  # seconds for a cluster to answer, twice: to a bare connection, and as a Dask scheduler
LONGEST_GREETING = 2**20  # bytes
WINDOW = 256  # tasks handed out at a time
Task = Callable[[str], str]


class Serial(Executor):
    """Tasks in the calling thread, one after the other."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run at once; the future is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _OwnPool(ProcessPoolExecutor):
    """A pool whose processes are ended where it is left early: its thread then fails every task, which a cancelled one does not bear."""


@contextlib.contextmanager
def process_pool(jobs: int) -> Iterator[Executor]:
    """``jobs`` fresh processes. However this block is left, none of them stays, also where this process is killed."""
    if jobs <= 1:
        yield Serial()
        return
    import multiprocessing

    pool = _OwnPool(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_settle)
    try:
        yield pool
    except BaseException:
        processes = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:  # a task may have long to go
            process.terminate()
        raise
    pool.shutdown()


def _settle() -> None:
    """In a worker: interrupts are for the driver, and a worker whose driver is gone ends."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler, as ``tcp://host:8786``; raises :class:`UsageError` where none answers in time."""
    found = re.fullmatch(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})/?", address)
    if found is None or not 0 < int(found[3]) < 65536:
        raise UsageError(f"'{address}' is no address of a cluster", where="--cluster", instead="as tcp://host:8786")
    _knock(address, found[1], found[2].strip("[]"), int(found[3]))
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("a cluster needs Dask, which is not installed", where="--cluster",
                         instead="pip install 'symdiff-continuum[cluster]', or leave --cluster out") from None  # fmt: skip
    client = Client.__new__(
        Client
    )  # known before it is ready: one that never gets so would wait for itself when it is deleted
    try:
        client.__init__(address, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # whatever listens there may be no Dask scheduler and answer anything
        client.status = "closed"
        raise _silent(address, f"no Dask scheduler ({type(error).__name__})") from None
    try:
        yield client.get_executor()
    finally:
        client.close(timeout=PATIENCE)


def _knock(address: str, scheme: str, host: str, port: int) -> None:
    """Look whether a Dask scheduler listens, in a thread: looking up a name can hang, and so can Dask itself on what is none.

    A scheduler speaks first (but for TLS): eight bytes with the length of its greeting.
    """
    heard: list[str] = []

    def try_it() -> None:
        try:
            with socket.create_connection((host, port), timeout=PATIENCE - 1) as connection:
                if scheme == "tcp":
                    connection.settimeout(PATIENCE - 1)
                    length = int.from_bytes(connection.recv(8, socket.MSG_WAITALL), "little")
                    heard.append("" if 8 < length < LONGEST_GREETING else "no Dask scheduler")
                else:
                    heard.append("")
        except TimeoutError:
            heard.append("no answer")
        except OSError as error:
            heard.append(error.strerror or str(error) or type(error).__name__)

    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if heard != [""]:
        raise _silent(address, heard[0] if heard else "no answer")


def _silent(address: str, why: str) -> UsageError:
    return UsageError(f"no cluster answers at {address}: {why}", where="--cluster",
                      instead="start one with 'dask scheduler', or leave --cluster out to use this machine")  # fmt: skip


def run_tasks(executor: Executor, function: Task, tasks: Iterable[str], done: Callable[[int, str], None]) -> None:
    """Run a function on every text; ``done(number, result)`` is called here, in whatever order they end.

    Raises :class:`ResourceError` where workers died; what ``done`` has seen stays seen.
    """
    waiting: dict[Future[str], int] = {}
    left = enumerate(tasks)
    try:
        while True:
            for number, task in itertools.islice(left, WINDOW - len(waiting)):
                future = executor.submit(function, task)
                waiting[future] = number
                if future.done():  # an executor that runs at once: keep what it did before going on
                    break
            if not waiting:
                return
            for future in wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done:
                done(waiting.pop(future), future.result())
    except BrokenProcessPool:
        raise ResourceError("a worker process ended without an answer; was there too little memory?",
                            instead="run it again with fewer --jobs; with a store it goes on from there") from None  # fmt: skip
    except Exception as error:
        if not type(error).__module__.startswith("distributed") and not isinstance(error, CancelledError):
            raise
        raise ResourceError(f"the cluster gave up a task ({type(error).__name__}: {str(error)[:200]})",
                            instead="look at its workers and run it again; with a store it goes on from there") from None  # fmt: skip
    finally:
        if not isinstance(executor, _OwnPool):
            for future in waiting:
                future.cancel()
