"""Load on the workbench: good, bad and hostile requests at once, every answer compared with what it has to be.

    python -m tests.benchmarks.web_load --seconds 600 --width 200

A good request must be answered as it was before the load (or refused because the queue is full), a bad one with its
refusal, a hostile one in any way but a fault of the server. Printed are the answers by kind, the times, the memory and the
processes of the server before and after, and every answer that was none of these: there should be none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.workbench import serving

if TYPE_CHECKING:  # an extra of the tests, loaded when used
    import httpx

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("gallery", {}),
    ("derive", {"name": "biased_walk"}),
    ("view", {"name": "persistent_walk"}),
    ("view", {"name": "biased_walk", "parts": True}),  # what an edit asks for: answered line by line
    (
        "toml",
        {
            "document": {"title": "of two", "model": {"coordinates": ["x"]}},
            "model": "# kept\n[model]\ncoordinates = ['x']\n",
        },
    ),
    ("derive", {"name": "departure_rates"}),
    ("check", {"name": "biased_walk", "claims": [r"D = \frac{\ell^2}{\tau}"]}),
    ("count", {"name": "square_walk_three_steps", "n": 5}),
    ("form", {"model": "[model]\ncoordinates = ['x']"}),
    ("read", {"latex": r"P_n(t+1) = \frac12 P_{n-1}(t) + \frac12 P_{n+1}(t)"}),
    ("scene", {"name": "biased_walk", "set": {"p": "0.6"}}),
    ("scene", {"name": "mobile_and_immobile"}),
    ("scene", {"name": "moran_process"}),
    ("scene", {"name": "skew_walk"}),
]
POWERS = "[model]\ncoordinates = ['x']\n[[jumps]]\ndisplacement = '9**9**9**9'\nrate = '1'"
BAD: list[tuple[str, dict[str, Any], int]] = [
    ("derive", {"model": "x"}, 422),
    ("derive", {"name": "../../etc/passwd"}, 422),
    ("derive", {"model": POWERS}, 422),
    ("derive", {"name": "biased_walk", "set": {"p": "__import__('os')"}}, 422),
    ("count", {"name": "biased_walk", "n": 10**12}, 422),
    ("read", {"latex": "\\input{/etc/passwd}" * 50}, 422),
    ("report", {"name": "biased_walk", "format": ".exe"}, 422),
    ("nothing", {}, 404),
    ("derive", {"name": "harmonic_trap", "order": 30}, 422),
]
STILL_ALIVE = (200, 202, 400, 401, 403, 404, 405, 413, 422, 499, 503)


async def good(client: httpx.AsyncClient, rng: random.Random, known: dict[int, Any]) -> str:
    """One good request: "right", "busy", or what went wrong."""
    which = rng.randrange(len(GOOD))
    task, body = GOOD[which]
    answer = await client.post(f"/api/{task}", json=body)
    if answer.status_code == 503:
        return "busy"
    if answer.status_code != 200:
        return f"WRONG {task} {answer.status_code} {answer.text[:120]}"
    if _lines(answer.text) == known[which]:
        return "right"
    return (
        "busy"
        if "no worker was free" in answer.text or "the queue is full" in answer.text
        else f"WRONG {task}: another answer than before"
    )


def _lines(text: str) -> list[Any]:
    """One JSON document a line."""
    return [json.loads(line) for line in text.splitlines()]


async def bad(client: httpx.AsyncClient, rng: random.Random) -> str:
    """One bad request and its refusal."""
    task, body, status = rng.choice(BAD)
    answer = await client.post(f"/api/{task}", json=body)
    if answer.status_code == 503:
        return "busy"
    refused = answer.status_code == status and answer.json()["error"]["message"]
    return "refused" if refused else f"WRONG bad {task} {answer.status_code} {answer.text[:120]}"


async def hostile(client: httpx.AsyncClient, rng: random.Random, port: int) -> str:
    """A foreign host or origin, a body that is too large or no JSON, a connection that stalls, a job that is left alone, an edit that is left."""
    kind = rng.randrange(7)
    if kind == 0:
        answer = await client.post("/api/gallery", json={}, headers={"host": "evil.example"})
    elif kind == 1:
        answer = await client.post("/api/gallery", json={}, headers={"origin": "http://evil.example"})
    elif kind == 2:
        answer = await client.post("/api/derive", content=b"x" * 300_000)
    elif kind == 3:
        answer = await client.post("/api/derive", content=b"[" * 50_000)
    elif kind == 4:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/derive HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx")
        await asyncio.sleep(rng.uniform(0, 3))
        writer.close()
        return "stalled and left"
    elif kind == 5:
        edit = {"name": "brusselator", "parts": True}
        async with client.stream("POST", "/api/view", json=edit) as answer:
            await asyncio.sleep(rng.uniform(0, 0.5))
        return "edit that was left" if answer.status_code in (200, 503) else f"WRONG hostile 5 {answer.status_code}"
    else:
        answer = await client.post("/api/jobs", json={"task": "verify", "name": "biased_walk"})
        if answer.status_code == 202 and rng.random() < 0.8:
            await client.delete(f"/api/jobs/{answer.json()['job']}")
    expected = {0: (403,), 1: (403,), 2: (413,), 3: (400,)}.get(kind, STILL_ALIVE)
    return (
        "hostile, refused or cancelled"
        if answer.status_code in (*expected, 503)
        else f"WRONG hostile {kind} {answer.status_code}"
    )


async def one(
    client: httpx.AsyncClient,
    seed: int,
    end: float,
    port: int,
    known: dict[int, Any],
    seen: Counter[str],
    times: list[float],
) -> None:
    """One user until the end."""
    import httpx

    rng = random.Random(seed)
    while time.monotonic() < end:
        start, share = time.monotonic(), rng.random()
        kind = "good" if share < 0.6 else "bad" if share < 0.8 else "hostile"
        try:
            if kind == "good":
                found = await good(client, rng, known)
                times.append(time.monotonic() - start)
            else:
                found = await (bad(client, rng) if kind == "bad" else hostile(client, rng, port))
        except (httpx.HTTPError, OSError) as error:
            cut = isinstance(error, httpx.RemoteProtocolError) or (
                kind == "hostile" and isinstance(error, httpx.ReadError)
            )
            found = f"{'cut' if cut else 'WRONG'} {kind} {type(error).__name__}"
        seen[found] += 1


def tree(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").iterdir():  # a child belongs to the thread that started it
        for child in (thread / "children").read_text().split():
            found += tree(int(child))
    return found


def footprint(pid: int) -> tuple[int, float]:
    """Processes of the server, and the resident memory of its first process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return len(tree(pid)), resident / 1024


async def load(address: str, seconds: float, width: int) -> tuple[Counter[str], list[float]]:
    """All users at once."""
    import httpx

    seen, times, known, end = Counter[str](), list[float](), dict[int, Any](), time.monotonic() + seconds
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    limits = httpx.Limits(max_connections=width)  # kept connections: none may be closed while a request is on its way
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=180) as client:
        for which, (task, body) in enumerate(GOOD):
            known[which] = _lines((await client.post(f"/api/{task}", json=body)).text)
        await asyncio.gather(*(one(client, n, end, port, known, seen, times) for n in range(width)))
    return seen, times


def main() -> None:
    """Start a server, load it, print what came of it."""
    import httpx

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--width", type=int, default=200)
    options = parser.parse_args()
    with serving() as (address, server):
        for _ in range(200):
            try:
                if httpx.post(f"{address}api/derive", json={"name": "biased_walk"}, timeout=60).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        before = footprint(server.pid)
        seen, times = asyncio.run(load(address, options.seconds, options.width))
        time.sleep(15)  # jobs that were left alone come to their end
        for _ in range(100):
            if httpx.post(f"{address}api/gallery", json={}, timeout=60).status_code == 200:
                break
        after, times = footprint(server.pid), sorted(times)
        print(json.dumps(dict(seen.most_common()), indent=1))
        print(f"good requests: median {times[len(times) // 2]:.2f} s, 95 % below {times[int(len(times) * 0.95)]:.2f} s")
        print(
            f"processes {before[0]} -> {after[0]}; memory of the server {before[1]:.0f} -> {after[1]:.0f} MB; alive: {server.poll() is None}"
        )
        print(f"{sum(seen.values())} requests, {sum(n for k, n in seen.items() if k.startswith('WRONG'))} wrong")


if __name__ == "__main__":
    main()
