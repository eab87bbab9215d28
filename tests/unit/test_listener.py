"""The server's sockets, on a real port: what comes slowly, in large pieces or in great number costs little."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.client import BadStatusLine, HTTPResponse

import httpx
import psutil
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from backend.control.api import create_api
from backend.control.people.permissions import LOCAL
from backend.control.service import Service
from workbench.serve import rules, sockets
from workbench.serve.guard import Guard
from workbench.serve.names import Names
from workbench.serve.visitors import MOST

MB = 1 << 20


async def echoed(websocket):
    """A websocket that says how large each message was."""
    await websocket.accept()
    async for message in websocket.iter_bytes():
        await websocket.send_text(str(len(message)))


def told(request):
    return JSONResponse({"scheme": request.url.scheme, "client": request.client.host})


@contextmanager
def served(app, whose=lambda connection: None, **options):
    """A server of `app` behind the guard; its port."""
    guard = Guard(app, Names("127.0.0.1"), whose)
    server = sockets.listener(guard, "127.0.0.1", 0, guard.messages, **options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service.open(tmp_path_factory.mktemp("listener") / "ws", start_supervisor=False)
    yield service
    service.close()


@pytest.fixture(scope="module")
def port(service):
    routes = [Mount("/api", create_api(service)), WebSocketRoute(rules.STREAM, echoed), Route("/told", told)]
    with served(Starlette(routes=routes)) as port:
        yield port


@contextmanager
def raw(port: int, *lines: str):
    """A socket on which a request has begun."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall("".join(f"{line}\r\n" for line in lines).encode("latin-1"))
        yield client


def head(method: str, path: str, *more: str) -> list[str]:
    return [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *more, ""]


def status(client: socket.socket) -> int:
    """The status of the next answer; 0: the connection was closed without one."""
    answer = HTTPResponse(client)
    try:
        answer.begin()
        answer.read()
    except (ConnectionError, BadStatusLine):
        return 0
    return answer.status


def test_a_body_without_a_token_is_answered_before_it_is_sent(port):
    for length in ("Content-Length: 10485760", "Transfer-Encoding: chunked"):
        with raw(port, *head("POST", "/api/runs", length)) as client:
            assert status(client) == 401


def test_others_are_served_while_many_wait_to_send(port):
    held = [raw(port, *head("POST", "/api/runs", "Content-Length: 10485760")) for _ in range(50)]
    opened = [one.__enter__() for one in held]
    try:
        before = time.monotonic()
        assert httpx.get(f"http://127.0.0.1:{port}/api/health", trust_env=False).status_code == 200
        assert time.monotonic() - before < 3
    finally:
        for one, client in zip(held, opened, strict=True):
            assert status(client) == 401
            one.__exit__(None, None, None)


def poured(port: int, size: int, *more: str) -> tuple[int, int]:
    """(status, bytes that could be sent) of a chunked body of so many bytes."""
    block, sent = b"%x\r\n" % MB + b"[" * MB + b"\r\n", 0
    with raw(port, *head("POST", "/api/runs", "Transfer-Encoding: chunked", *more)) as client:
        try:
            while sent < size:
                client.sendall(block)
                sent += MB
        except OSError:
            pass
        return status(client), sent


def test_sixty_megabytes_do_not_stay_in_memory(port, service):
    process, most, end = psutil.Process(), [], threading.Event()
    token = f"Authorization: Bearer {service.workspace.token}"
    poured(port, MB)
    before = process.memory_info().rss

    def watch():
        while not end.wait(0.01):
            most.append(process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    found = [poured(port, 60 * MB, *more) for more in ((), (token,)) for _ in range(3)]
    end.set()
    thread.join()
    assert {answer for answer, _ in found} <= {401, 413, 0}
    assert {401, 413} <= {answer for answer, _ in found}
    assert max(sent for _, sent in found) < 20 * MB  # what the kernel's buffers hold
    assert max(most) - before < 30 * MB


def test_headers_have_to_come_in_time(port, monkeypatch):
    monkeypatch.setattr(sockets, "HEADERS", 0.3)
    whole = head("GET", "/api/health")
    for lines in ((), whole[:1], whole[:-1]):
        with raw(port, *lines) as client:
            assert status(client) == 0, lines
    with raw(port, *whole) as client:
        assert status(client) == 200
        client.sendall(b"GET /api/health HTTP/1.1\r\n")  # the next one on the same connection
        assert status(client) == 0


def test_a_request_that_takes_long_is_not_cut_off_by_it(port, monkeypatch):
    monkeypatch.setattr(sockets, "HEADERS", 0.2)
    with raw(port, *head("POST", "/signin", "Content-Length: 10")) as client:
        time.sleep(0.5)
        client.sendall(b"0123456789")
        assert status(client) == 404  # this app has no sign-in


def test_headers_have_a_bound(port):
    """Of 64 KiB, and of what one read of the socket may bring beyond."""
    for long in (f"X: {'a' * 4 * MB}", "X: y\r\n" * 500_000):
        try:
            with raw(port, "GET /api/health HTTP/1.1", "Host: 127.0.0.1", long, "") as client:
                assert status(client) in (400, 0)
        except ConnectionError:  # closed while they were sent
            continue


def test_connections_have_a_bound(port, monkeypatch):
    monkeypatch.setattr(sockets, "CONNECTIONS", 10)
    held = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(20)]
    assert status(held[-1]) == 0
    for one in held:
        one.close()
    time.sleep(0.2)
    assert httpx.get(f"http://127.0.0.1:{port}/api/health", trust_env=False).status_code == 200


def test_a_strangers_message_has_a_bound_and_never_comes_whole(port):
    with connect(f"ws://127.0.0.1:{port}{rules.STREAM}") as client:
        client.send(b"x" * MOST)
        assert client.recv() == str(MOST)
        client.send(b"x" * (MOST + 1))
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
    assert closed.value.rcvd.code == 1009


def test_who_is_signed_in_may_say_more():
    with (
        served(Starlette(routes=[WebSocketRoute(rules.STREAM, echoed)]), lambda connection: LOCAL) as port,
        connect(f"ws://127.0.0.1:{port}{rules.STREAM}") as client,
    ):
        client.send(b"x" * (4 * MB))
        assert client.recv() == str(4 * MB)


def test_a_page_of_another_origin_gets_no_websocket(port):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{port}{rules.STREAM}", origin="http://localhost:3000").__enter__()
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("proxies", "known"), [((), {"scheme": "http", "client": "127.0.0.1"}), (("127.0.0.1",), None)]
)
def test_only_a_proxy_that_is_named_is_believed(proxies, known):
    claimed = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    with served(Starlette(routes=[Route("/told", told)]), proxies=proxies) as port:
        found = httpx.get(f"http://127.0.0.1:{port}/told", headers=claimed, trust_env=False).json()
    assert found == (known or {"scheme": "https", "client": "203.0.113.7"})


def test_no_answer_says_what_serves_it(port):
    assert "server" not in httpx.get(f"http://127.0.0.1:{port}/api/health", trust_env=False).headers
