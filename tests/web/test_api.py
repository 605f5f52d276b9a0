"""The workbench's JSON API: against its own OpenAPI document, against bad input, and who may ask."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import re
import socket
import sys
import threading
import time
import types
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")

from starlette.testclient import TestClient

from symdiff.errors import UsageError
from symdiff.web import tasks, workers
from symdiff.web.app import PAGE, create_app
from symdiff.web.openapi import API_TASKS, openapi_document
from symdiff.web.security import MAX_BODY, Access
from symdiff.web.tasks import TASKS
from symdiff.web.workers import BusyError, Pool

LOCAL = Access(frozenset({"testserver"}))
REQUESTS = {
    "gallery": {}, "entry": {"name": "biased_walk"}, "derive": {"name": "biased_walk"}, "view": {"name": "biased_walk"}, "schema": {}, "check": {"name": "biased_walk", "claims": ["D = 1"]},
    "count": {"name": "square_walk_three_steps", "n": 3}, "read": {"latex": r"P_n(t+1) = \frac12 P_{n-1}(t) + \frac12 P_{n+1}(t)"},
    "scene": {"name": "biased_walk", "set": {"p": "0.6"}}, "form": {"model": "[model]\ncoordinates = ['x']"},
    "toml": {"document": {"model": {"coordinates": ["x"]}}}, "report": {"name": "biased_walk", "format": ".md"},
    "verify": {"name": "biased_walk"}, "observe": {"name": "telegraph_exit"},
}  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(LOCAL, Pool(size=1))) as found:
        yield found


def test_the_page_loads_all_of_its_modules_at_once() -> None:
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    imported = {
        m for file in PAGE.glob("*.js") for m in re.findall(r'from "\./(\w+\.js)"', file.read_text(encoding="utf-8"))
    }
    assert set(re.findall(r'rel="modulepreload" href="page/(\w+\.js)"', page)) == imported != set()


def test_sites_of_a_count_lie_where_the_lattice_has_them() -> None:
    """Honeycomb, one step: three neighbours at the length of a bond, 120 degrees apart; in all other lattices but the straight ones sites are skew."""
    model = {
        "model": "[parameters]\nh = 'positive'\n[model]\ncoordinates = ['x', 'y']\nlattice = 'honeycomb'\nspacing = 'h'\nrate = '1'"
    }
    for state, up in (("A", 1), ("B", -1)):
        found = TASKS["count"]({**model, "n": 1, "state": state})
        away = [complex(*p) - complex(*found["start"]) for p in found["places"]]
        expected = [up * e for e in (complex(0, -1), complex(3**0.5 / 2, 0.5), complex(-(3**0.5) / 2, 0.5))]
        assert sorted((round(z.real, 9), round(z.imag, 9)) for z in away) == sorted(
            (round(z.real, 9), round(z.imag, 9)) for z in expected
        )
        assert found["states"] == ["A", "B"]
        assert found["document"]["start"] == [0, 0, state]
    with pytest.raises(UsageError, match="no such state"):
        TASKS["count"]({**model, "state": "C"})


def test_weights_alone_have_no_regimes_but_counts() -> None:
    model = {
        "model": "[model]\ncoordinates = ['x']\n[[jumps]]\ndisplacement = '1'\nweight = '3/2'\n[[jumps]]\ndisplacement = '-1'\nweight = '1'"
    }
    assert TASKS["view"](model)["regimes"] == []
    assert [c["weight"] for c in TASKS["count"]({**model, "n": 2})["document"]["counts"]] == ["1", "3", "9/4"]
    assert TASKS["view"]({"model": model["model"].replace("weight", "rate")})["regimes"] != []


def test_the_gallery_is_read_once_and_again_where_a_file_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(tasks, "gallery_folder", lambda: tmp_path)
    monkeypatch.setattr(tasks, "entries", lambda: read.append(1) or [])
    file = tmp_path / "a.toml"
    for times, change in ((1, True), (1, False), (2, True)):
        if change:
            file.write_text("# " * times)
            os.utime(file, ns=(times, times))
        tasks.gallery({})
        assert len(read) == times


def test_every_task_is_described_and_every_description_is_a_task() -> None:
    assert set(TASKS) == set(API_TASKS) == set(REQUESTS)


@pytest.mark.parametrize("task", sorted(set(REQUESTS) - {"verify", "report"}))
def test_answers_have_what_the_openapi_document_promises(client: TestClient, task: str) -> None:
    answer = client.post(f"/api/{task}", json=REQUESTS[task])
    assert answer.status_code == 200, answer.text
    responses = openapi_document("0")["paths"][f"/api/{task}"]["post"]["responses"]
    promised = responses["200"]["content"]["application/json"]["schema"]["required"]
    assert set(promised) <= set(answer.json())


def test_observables_are_worked_out_when_they_are_asked_for(client: TestClient) -> None:
    stated = client.post("/api/observe", json=REQUESTS["observe"]).json()["html"]
    assert "from the equation of regime" in stated
    asked = client.post("/api/observe", json={"name": "discrete_time_diffusion", "kind": "return_probability"}).json()
    assert "No drift, and steps of finite variance" in asked["html"]  # what it assumes
    assert "Not known from an equation" in asked["html"]
    assert client.post("/api/observe", json={"name": "biased_walk"}).json()["html"] == ""
    refused = client.post("/api/observe", json={"name": "biased_walk", "kind": "variense"})
    assert refused.status_code == 422
    assert "variance" in refused.json()["error"]["instead"]


def test_derive_says_what_the_command_line_says(client: TestClient) -> None:
    found = client.post("/api/derive", json={"name": "biased_walk"}).json()
    assert [r["name"] for r in found["regimes"]] == ["diffusive", "long-wave"]
    assert found["document"]["limits"][0]["coefficients"]["D"]["sympy"] == "ell**2/(2*tau)"
    assert "<math" in found["regimes"][0]["html"]


@pytest.mark.parametrize("name", ["biased_walk", "stochastic_resetting", "brusselator", "persistent_walk"])
def test_regimes_come_one_by_one_before_and_after_their_second_route_and_are_those_of_the_whole(
    client: TestClient, name: str
) -> None:
    whole = client.post("/api/view", json={"name": name}).json()
    lines = client.post("/api/view", json={"name": name, "parts": True}).text.splitlines()
    *parts, last = [json.loads(line) for line in lines]
    assert last == {"result": whole}
    parts = [p["part"] for p in parts]
    before, after = parts[0], parts[1]
    assert not before["confirmed"]
    assert "Not confirmed yet" in before["html"]
    assert "Not confirmed yet" not in json.dumps(whole)
    assert [p for p in parts if p["confirmed"]] == [r for r in whole["regimes"] if r["closed"]]
    assert before["name"] == after["name"] == whole["regimes"][0]["name"]


def test_what_is_wrong_is_the_one_line_of_an_answer_in_parts(client: TestClient) -> None:
    bad = {"model": "not toml"}
    (line,) = client.post("/api/view", json=bad | {"parts": True}).text.splitlines()
    assert json.loads(line) == client.post("/api/view", json=bad).json()


BAD = [  # (task, body, status)
    ("derive", {"model": "not toml"}, 422),
    ("derive", {"model": "x" * 150_000}, 422),
    ("derive", {"name": "../../../etc/passwd"}, 422),
    ("derive", {"name": "/etc/passwd"}, 422),
    ("derive", {}, 422),
    ("derive", {"name": "biased_walk", "model": ""}, 422),
    ("derive", {"name": "biased_walk", "set": {"p": "__import__('os')"}}, 422),
    ("derive", {"name": "biased_walk", "order": "x"}, 422),
    ("check", {"name": "biased_walk", "claims": "D = 1"}, 422),
    ("count", {"name": "biased_walk", "n": 10**9}, 422),
    ("count", {"name": "biased_walk", "n": True}, 422),
    ("read", {"latex": 7}, 422),
    ("report", {"name": "biased_walk", "format": ".exe"}, 422),
    ("toml", {"document": []}, 422),
    ("no_such_task", {}, 404),
]  # fmt: skip


@pytest.mark.parametrize(("task", "body", "status"), BAD, ids=range(len(BAD)))  # an id is put into the environment
def test_bad_requests_get_a_clear_refusal(client: TestClient, task: str, body: dict, status: int) -> None:
    answer = client.post(f"/api/{task}", json=body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["message"]
    assert "root:" not in answer.text
    assert "Traceback" not in answer.text


def test_a_claim_that_is_no_formula_leaves_the_others_judged(client: TestClient) -> None:
    found = client.post("/api/check", json={"name": "biased_walk", "claims": ["\\input{/etc/passwd}"]}).json()
    *others, last = found["document"]["claims"]
    assert found["status"] == 2
    assert "\\input is refused" in last["error"]["message"]
    assert {c["verdict"] for c in others} == {"proved", "conditional"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 50_000])
def test_bodies_that_are_no_json_object_are_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/api/derive", content=body).status_code == 400


def test_large_bodies_are_refused_with_and_without_a_stated_length(client: TestClient) -> None:
    assert client.post("/api/derive", content=b"x" * (MAX_BODY + 1)).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * (MAX_BODY // 20)

    found = client.post("/api/derive", content=pieces())
    assert (found.status_code, found.headers["connection"]) == (413, "close")


def test_a_length_stated_twice_ends_the_connection(client: TestClient) -> None:
    found = client.post("/api/gallery", content=b"{}", headers={"transfer-encoding": "chunked", "content-length": "2"})
    assert (found.status_code, found.headers["connection"]) == (400, "close")
    assert client.post("/api/gallery", content=b"{}").status_code == 200  # the control: stated once


def test_halves_of_surrogate_pairs_are_no_text(client: TestClient) -> None:
    assert client.post("/api/derive", content=b'{"model": "\\ud800"}').status_code == 400
    assert (
        client.post("/api/gallery", content=b'{"x": "\\ud83d\\ude00"}').status_code == 200
    )  # the control: a whole pair


class _Counted(Pool):
    """A pool whose tasks do nothing for a moment, and that counts how many run at once."""

    now = most = 0

    async def start(self) -> None:
        pass

    async def run(self, *_: object, **__: object) -> dict:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05)
        self.now -= 1
        return {}


@pytest.mark.parametrize(("size", "at_once"), [(3, 2), (1, 1)])
def test_jobs_leave_a_worker_to_those_who_edit(size: int, at_once: int) -> None:
    pool = _Counted(size=size)
    with TestClient(create_app(LOCAL, pool)) as found:
        jobs = [found.post("/api/jobs", json={"task": "verify", "name": "biased_walk"}).json()["job"] for _ in range(6)]
        for job in jobs:
            assert "event: done" in found.get(f"/api/jobs/{job}/events").text
    assert pool.most == at_once


def test_who_waits_too_long_for_a_worker_is_told_so_and_leaves_the_queue() -> None:
    async def asked() -> int:
        pool = Pool(size=0)
        with pytest.raises(BusyError, match="no worker was free within"):
            await pool.run("gallery", {}, 1.0, patience=0.01)
        return pool.waiting

    assert asyncio.run(asked()) == 0


def test_foreign_hosts_and_origins_are_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403
    assert client.post("/api/gallery", json={}, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.post("/api/gallery", json={}, headers={"origin": "http://testserver"}).status_code == 200


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for answer in (
        client.get("/"),
        client.get("/page/app.js"),
        client.post("/api/gallery", json={}),
        client.get("/nothing"),
    ):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_names_no_other_server(client: TestClient) -> None:
    for path in (
        "/",
        "/page/app.js",
        "/page/form.js",
        "/page/player.js",
        "/page/walkers.js",
        "/page/crowd.js",
        "/page/style.css",
    ):
        text = client.get(path).text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text


def test_a_shared_server_asks_for_its_token() -> None:
    with TestClient(create_app(Access(frozenset(), "secret"), Pool(size=1))) as shared:
        assert shared.post("/api/gallery", json={}).status_code == 401
        assert shared.post("/api/gallery", json={}, headers={"x-symdiff-token": "wrong"}).status_code == 401
        assert shared.post("/api/gallery", json={}, headers={"x-symdiff-token": "secret"}).status_code == 200
        assert shared.post("/api/gallery", json={}, headers={"cookie": "symdiff_token=secret"}).status_code == 200


def test_a_job_ends_with_its_result_as_an_event(client: TestClient) -> None:
    answer = client.post("/api/jobs", json={"task": "gallery"})
    assert answer.status_code == 202
    events = client.get(f"/api/jobs/{answer.json()['job']}/events").text
    assert "event: done" in events
    assert "biased_walk" in events
    assert client.get("/api/jobs/nothing/events").status_code == 404
    assert client.post("/api/jobs", json={"task": "nothing"}).status_code == 404


def test_a_job_can_be_cancelled_and_the_server_goes_on(client: TestClient) -> None:
    answer = client.post("/api/jobs", json={"task": "derive", "name": "harmonic_trap", "order": 20})
    time.sleep(0.3)
    assert client.delete(f"/api/jobs/{answer.json()['job']}").json() == {"cancelled": True}
    events = client.get(f"/api/jobs/{answer.json()['job']}/events").text
    assert "event: cancelled" in events
    assert client.post("/api/gallery", json={}).status_code == 200


def _no_process(*_: object) -> None:
    raise OSError(11, "no process")


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_workers_that_cannot_be_started_are_an_answer_and_no_endless_wait(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    with monkeypatch.context() as crowded:
        if method == "spawn":
            monkeypatch.setattr(workers, "_context", lambda: multiprocessing.get_context("spawn"))
            crowded.setenv("TOO_LONG_FOR_A_NEW_PROCESS", "x" * 200_000)
        else:
            crowded.setattr(forkserver, "connect_to_new_process", _no_process)
        with TestClient(create_app(LOCAL, Pool(size=1))) as found:
            answer = found.post("/api/gallery", json={})
            assert answer.status_code == 422
            assert "no worker" in answer.json()["error"]["message"]
            crowded.undo()
            answers = [found.post("/api/gallery", json={}).status_code for _ in range(3)]
            assert answers[-1] == 200


def test_a_worker_that_is_killed_while_it_has_no_job_costs_nobody_an_answer() -> None:
    pool = Pool(size=1)
    with TestClient(create_app(LOCAL, pool)) as found:
        assert found.post("/api/gallery", json={}).status_code == 200
        (worker,) = pool._all
        worker.process.kill()  # it may be dying still when the next request comes
        assert found.post("/api/gallery", json={}).status_code == 200


@contextmanager
def patient(app: Any, **settings: Any) -> Iterator[tuple[Any, int]]:
    """A server of an application of our own with the workbench's protocol, and its port."""
    uvicorn = pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")
    from symdiff.web import connections

    server = uvicorn.Server(
        uvicorn.Config(app, port=0, http=connections.PatientProtocol, log_level="error", lifespan="off", **settings)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


async def _here(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"here"})


def _answered(client: socket.socket) -> bool:
    found = b""
    try:
        while not found.endswith(b"here"):
            part = client.recv(1000)
            if not part:
                return False
            found += part
    except ConnectionResetError:
        return False
    return True


def test_who_sends_half_a_request_is_let_go_and_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.web import connections

    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    async def app(scope: dict, receive: object, send: object) -> None:
        if b"slow" in scope["query_string"]:  # an answer that takes long is no slow request
            await asyncio.sleep(1.0)
        await _here(send)

    with patient(app) as (_, port):
        body = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"
        for half in (b"", b"GET / HT", body, whole + b"GET / HT"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
                one.sendall(half)
                while one.recv(1000):
                    pass
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/?slow", timeout=10).read() == b"here"


@pytest.mark.parametrize(("kept", "crowded", "speaks", "answered"), [
    (0, 200, True, True), (0, 200, False, False), (60, 200, False, True), (60, 0, False, False)])  # fmt: skip
def test_no_connection_is_closed_into_the_face_of_a_request(
    monkeypatch: pytest.MonkeyPatch, kept: float, crowded: int, speaks: bool, answered: bool
) -> None:
    """The limit of kept connections is reached while the server does something else; a request of a kept connection comes meanwhile, or after."""
    from symdiff.web import connections

    monkeypatch.setattr(connections, "KEPT", kept)
    monkeypatch.setattr(connections, "CROWDED", crowded)
    whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    kept_open: list[socket.socket] = []

    async def app(scope: dict, receive: object, send: object) -> None:
        if b"limit" in scope["query_string"]:
            if speaks:
                kept_open[0].sendall(whole)
                time.sleep(0.05)
            for one in list(server.server_state.connections):
                one.timeout_keep_alive_handler()
        await _here(send)

    with patient(app) as (server, port), socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(whole)
        assert _answered(one)
        kept_open.append(one)
        urllib.request.urlopen(f"http://127.0.0.1:{port}/?limit", timeout=10).close()
        if not speaks:
            one.sendall(whole)
        assert _answered(one) is answered


def test_a_result_that_is_too_large_is_refused_and_the_worker_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.web import workers

    monkeypatch.setattr(workers, "MAX_RESULT", 1000)
    monkeypatch.setitem(sys.modules, "symdiff.web.warm", types.ModuleType("warm"))  # these tasks need nothing of it
    ours, theirs = multiprocessing.Pipe()
    monkeypatch.setattr(workers.signal, "signal", lambda *_: None)  # only the main thread may
    threading.Thread(target=workers.serve, args=(theirs, -1), daemon=True).start()
    assert ours.recv()[0] == "ready"
    for task, payload, kind in (("gallery", {}, "error"), ("form", {"model": "a = 1"}, "ok")):
        ours.send((task, payload))
        assert [ours.recv()[0] for _ in range(2)] == ["begun", kind]
    ours.close()
