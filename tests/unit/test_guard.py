"""The guard in front of everything: under which names, from whose pages, how large, whose, and what answers carry."""

from __future__ import annotations

import asyncio
import json
from unittest.mock import MagicMock

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from streamlit import net_util
from streamlit.web.server.starlette.starlette_app import create_streamlit_routes
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from backend.control.people.people import People
from backend.control.people.sessions import COOKIE
from backend.workspace.layout import BadInput
from tests.asgi import BLOCK, ask, asked, endless
from workbench.explorer.routes import explorer_routes
from workbench.serve import exchange, policy, rules, visitors
from workbench.serve.guard import KNOWN, Guard
from workbench.serve.names import Names, serve_settings
from workbench.serve.signin import sign_in_routes, whose
from workbench.serve.visitors import network

HOST = {"host": "127.0.0.1:8501"}
ROLES = ("viewer", "scientist")
FOREIGN = "evil.example"


async def taken(request: Request) -> Response:
    """How much of the body came."""
    return PlainTextResponse(str(sum([len(part) async for part in request.stream()])))


async def fails(request: Request) -> Response:
    raise RuntimeError("/srv/secret/place")


def own(request: Request) -> Response:
    return PlainTextResponse("x", headers={"Content-Security-Policy": "default-src 'none'"})


METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]
APP = Starlette(
    routes=[
        Route("/fails", fails),
        Route("/own", own),
        Route("/{path:path}", taken, methods=METHODS),
    ]
)


@pytest.fixture
def people(store, workspace):
    return People(store, workspace)


@pytest.fixture
def guard(people):
    return Guard(APP, Names("127.0.0.1"), lambda connection: whose(people, connection.cookies.get(COOKIE)))


@pytest.fixture
def cookies(people):
    """{name: headers} with accounts: one of each role."""
    for role in ROLES:
        people.add(role, role, email=f"{role}@example.org")
    return {role: HOST | {"cookie": f"{COOKIE}={people.sessions.start(role)}"} for role in ROLES}


# Names


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:9", "[::1]:8501", "[::1]", "lab.example"])
def test_a_server_answers_to_its_own_names(host):
    guard = Guard(APP, Names("127.0.0.1", ["lab.example"]), lambda connection: None)
    assert asked(guard, "GET", "/", {"host": host}).status == 200
    assert asked(guard, "GET", "/", {"host": host, "origin": f"http://{host}"}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        FOREIGN,
        f"{FOREIGN}:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "localhost:8501@evil.example",
        "localhost:x",
        "localhost/",
        " localhost",
        "LOCALHOST",
        "127.1",
        "0.0.0.0",
        "192.168.0.7",
        "[::2]",
        "",
        "a" * 300,
        "x\u00e9",
        "localhost'; script-src *",
    ],
)
def test_it_answers_to_no_other(guard, cookies, host):
    for method, path in (("GET", "/"), ("POST", "/api/runs"), ("GET", "/media/x"), ("PUT", "/_stcore/upload_file/a/b")):
        told = asked(guard, method, path, cookies["scientist"] | {"host": host}, endless() if method != "GET" else b"")
        assert (told.status, told.before > 0) == (403, False)
        assert json.loads(told.body)["detail"].startswith("Host: expected localhost")
        assert len(told.body) < 300
    assert closed(guard, cookies["scientist"] | {"host": host})


@pytest.mark.parametrize("listens", ["0.0.0.0", "::"])
def test_on_all_addresses_it_answers_to_the_one_that_was_called(listens):
    guard = Guard(APP, Names(listens), lambda connection: None)
    for host, arrived, status in [
        ("192.168.0.7:8501", "192.168.0.7", 200),
        ("192.168.0.7:8501", "::ffff:192.168.0.7", 200),
        ("[fd00::7]:8501", "fd00::7", 200),
        ("192.168.0.8:8501", "192.168.0.7", 403),
        ("lab.example:8501", "192.168.0.7", 403),
        ("0.0.0.0:8501", "192.168.0.7", 403),
    ]:
        assert asked(guard, "GET", "/", {"host": host}, server=(arrived, 8501)).status == status, (host, arrived)
    assert asked(guard, "GET", "/", {"host": "192.168.0.7"}, server=None).status == 403


@pytest.mark.parametrize("name", ["", "a b", "lab.example:80", "http://lab.example", "*", "a/b", "x" * 300])
def test_a_name_that_can_be_none_is_refused_at_the_start(name):
    with pytest.raises(BadInput, match="--allow-host: expected a name"):
        Names("127.0.0.1", [name])


def test_names_and_proxies_stand_in_the_settings(tmp_path):
    assert serve_settings(tmp_path).hosts == serve_settings(tmp_path).proxies == []
    (tmp_path / "settings.toml").write_text('[serve]\nhosts = ["lab.example"]\nproxies = ["10.0.0.2"]\n')
    assert (serve_settings(tmp_path).hosts, serve_settings(tmp_path).proxies) == (["lab.example"], ["10.0.0.2"])
    (tmp_path / "settings.toml").write_text("[serve]\nhost = 1\n")
    with pytest.raises(BadInput, match=r"serve\.host: "):
        serve_settings(tmp_path)


# Whose pages ask


@pytest.mark.parametrize(
    "origin",
    [
        f"http://{FOREIGN}",
        "http://localhost:8501",  # another origin than http://127.0.0.1:8501
        "http://127.0.0.1:3000",
        "http://127.0.0.1",
        "https://127.0.0.1:8501",
        "http://127.0.0.1:8501.evil.example",
        "http://evil.example/127.0.0.1:8501",
        "http://user@127.0.0.1:8501",
        "null",
        "",
        "file://",
        "https://share.streamlit.io",
    ],
)
def test_another_origin_gets_nothing(guard, cookies, origin):
    for method, path in (("GET", "/"), ("POST", "/api/runs"), ("POST", "/signin"), ("OPTIONS", "/_stcore/health")):
        told = asked(guard, method, path, cookies["viewer"] | {"origin": origin}, b"" if method == "GET" else endless())
        assert (told.status, told.before) == (403, 0)
        assert "access-control-allow-origin" not in told.headers
    assert closed(guard, cookies["viewer"] | {"origin": origin})


def test_what_the_guard_lets_in_streamlit_takes_for_its_own_and_asks_nobody(monkeypatch):
    """For an Origin that is not its Host, Streamlit asks a public address for its own."""
    for name in ("get_external_ip", "get_internal_ip"):
        monkeypatch.setattr(net_util, name, lambda name=name: pytest.fail(f"{name} was called"))
    names = Names("0.0.0.0", ["lab.example"])
    here = [*("localhost:1", "127.0.0.1", "[::1]:8501", "lab.example", "lab.example:443", "10.0.0.7"), FOREIGN]
    let = 0
    for host in here:
        for scheme in ("http", "https"):
            for origin in [None, *(f"{s}://{o}" for s in ("http", "https") for o in here)]:
                headers = {"host": host} | ({"origin": origin} if origin else {})
                try:
                    names.check({"type": "websocket", "scheme": scheme, "server": ("10.0.0.7", 1)}, headers)
                except BadInput:
                    continue
                assert _is_origin_allowed(origin, host)
                let += 1
    assert let == 6 * 2 * 2


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_may_only_link_here(guard, site):
    link = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert asked(guard, "GET", "/run", HOST | link).status == 200
    for other in (
        {"sec-fetch-dest": "iframe"},
        {"sec-fetch-dest": "image", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-mode": "cors"},
        {"sec-fetch-mode": "websocket", "sec-fetch-dest": "websocket"},
    ):
        assert asked(guard, "GET", "/media/x.png", HOST | link | other).status == 403
    assert asked(guard, "POST", "/signin", HOST | link).status == 403
    for path in ("/signin/provider", "/auth/logout", "/auth/login"):
        assert asked(guard, "GET", path, HOST | link).status == 403
        assert asked(guard, "GET", path, HOST | {"sec-fetch-site": "same-origin"}).status == 200


# Every route


def every_route():
    """(path, methods) of everything beside the API, from the apps themselves; None: a websocket."""
    runtime = MagicMock()
    found = [*create_streamlit_routes(runtime), explorer_routes(), *sign_in_routes()]
    for route in found:
        if isinstance(route, Mount):
            for below in route.routes:
                yield f"{route.path}{below.path}", below.methods
        elif isinstance(route, WebSocketRoute):
            yield route.path, None
        else:
            yield route.path, route.methods


def filled(path: str) -> str:
    for part in ("path:path", "file_id:path"):
        path = path.replace(f"{{{part}}}", "a/b")
    return "/".join("x" if part.startswith("{") else part for part in path.replace("{sha256}", "x").split("/"))


def test_every_route_beside_the_api_stands_in_a_rule():
    """A new one, of ours or of a newer Streamlit, fails here until somebody has said who may ask and how much."""
    seen = set()
    for path, methods in every_route():
        if methods is None:
            assert path == rules.STREAM
            continue
        found = rules.rules_of(filled(path))
        assert found != [rules.PAGE], f"{path} stands in no rule"
        seen |= {rule.path.pattern for rule in found}
        for rule in found:
            assert rule.most <= rules.FILE
            assert rule.most == 0 or rule.who in (rules.BRINGS, rules.ANYONE)
            assert rule.most <= rules.FORM or rule.who == rules.BRINGS, f"{path}: large bodies of anybody"
    assert {rule.path.pattern for rule in rules.RULES} - seen == {r"/api(/.*)?"}, "a rule is of no route"


def test_no_body_is_read_where_none_is_asked_for(guard):
    for path, methods in every_route():
        for method in sorted({*(methods or ()), "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}):
            allowed = [rule for rule in rules.rules_of(filled(path)) if method in rule.methods]
            if not (allowed and allowed[0].most):
                for body in (b"x" * (1 << 20), endless()):
                    told = asked(guard, method, filled(path), HOST, body)
                    assert told.status in (403, 404, 405, 413), (method, path, told.status)
                    assert told.before == 0, (method, path)
                    assert told.taken <= exchange.DRAINED + BLOCK, (method, path)


def test_a_body_is_taken_up_to_its_bound(guard, cookies):
    for method, path, most in (
        ("POST", "/signin", rules.FORM),
        ("POST", "/api/runs", rules.API),
        ("PUT", "/_stcore/upload_file/a/b", rules.FILE),
    ):
        told = asked(guard, method, path, cookies["scientist"] | {"content-length": str(most + 1)}, endless())
        assert (told.status, told.before) == (413, 0)
        told = asked(guard, method, path, cookies["scientist"], endless(b"x" * (4 << 20)))
        assert (told.status, told.headers["connection"]) == (413, "close")
        assert json.loads(told.body) == {"detail": f"body: expected at most {most:,} bytes, found more"}
        assert told.taken <= most + (4 << 20) + exchange.DRAINED + (4 << 20)
        small = b"x" * 1_000
        assert asked(guard, method, path, cookies["scientist"], small).body == b"1000"


@pytest.mark.parametrize("said", ["-1", "x", "1" * 30, "²", "1_000"])
def test_a_length_that_is_none_is_one_line(guard, said):
    told = asked(guard, "POST", "/signin", HOST | {"content-length": said}, endless())
    assert (told.status, told.before) == (400, 0)


def test_a_body_has_to_come_in_time(guard, monkeypatch):
    monkeypatch.setattr(exchange, "PAUSE", 0.05)

    async def stalled():
        sent = []

        async def receive():
            if not sent:
                sent.append(1)
                return {"type": "http.request", "body": b"x", "more_body": True}
            return await asyncio.sleep(30)

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/signin", "scheme": "http", "query_string": b""}
        headers = [(b"host", b"127.0.0.1"), (b"content-length", b"100")]
        monkeypatch.setattr(exchange, "LINGER", 0.05)
        await guard({**scope, "headers": headers, "client": None, "root_path": ""}, receive, send)
        return sent

    assert asyncio.run(stalled())[1]["status"] == 408


# Whose


FILES = ("/media/a.zip", "/_stcore/bidi-components/x/y.js")
UPLOAD = "/_stcore/upload_file/session/file"


def test_with_accounts_files_are_for_who_is_signed_in(guard, people, cookies):
    for path in FILES:
        for headers in (HOST, HOST | {"cookie": f"{COOKIE}=wrong"}):
            told = asked(guard, "GET", path, headers)
            assert (told.status, told.headers["cache-control"]) == (403, "no-store")
            assert json.loads(told.body) == {"detail": "file: expected somebody who is signed in, found nobody"}
        assert {asked(guard, "GET", path, cookies[role]).status for role in ROLES} == {200}
    assert [asked(guard, "GET", path, HOST).status for path in ("/", "/static/x.js", "/_stcore/health")] == [200] * 3
    people.sessions.end(cookies["viewer"]["cookie"].partition("=")[2])
    assert asked(guard, "GET", FILES[0], cookies["viewer"]).status == 403


def test_uploads_are_for_who_may_register_and_nothing_of_anothers_is_read(guard, cookies):
    for headers in (HOST, cookies["viewer"]):
        told = asked(guard, "PUT", UPLOAD, headers, endless())
        assert (told.status, told.before) == (403, 0)
    assert asked(guard, "PUT", UPLOAD, cookies["scientist"], b"x" * 100).body == b"100"
    assert [asked(guard, "DELETE", UPLOAD, h).status for h in (HOST, *cookies.values())] == [403, 200, 200]


def test_without_accounts_they_are_for_everybody(guard):
    assert [asked(guard, "GET", path, HOST).status for path in FILES] == [200, 200]
    assert asked(guard, "PUT", UPLOAD, HOST, b"x").status == 200


def test_under_a_prefix_of_the_server_everything_is_guarded_too(people, cookies):
    guard = Guard(APP, Names("127.0.0.1"), lambda c: whose(people, c.cookies.get(COOKIE)), "lab/")
    assert {asked(guard, "GET", f"/lab{path}", HOST).status for path in FILES} == {403}
    assert asked(guard, "PUT", f"/lab{UPLOAD}", HOST, endless()).status == 403
    assert asked(guard, "GET", "/lab/_stcore/metrics", HOST).status == 404
    assert [asked(guard, "GET", f"/lab{path}", HOST).status for path in ("", "/", "/_stcore/health")] == [200] * 3


def test_what_nothing_uses_is_closed(guard, cookies):
    for path in (
        "/_stcore/metrics",
        "/_stcore/agent/interact",
        "/_stcore/agent/openapi.json",
        "/_stcore/script-health-check",
        "/component/x/index.html",
        "/_stcore/new",
    ):
        assert asked(guard, "GET", path, cookies["scientist"]).status == 404


# Answers


def test_every_answer_carries_a_policy(guard, cookies, monkeypatch):
    asks = [
        ("GET", "/", {}),
        ("GET", "/api/runs", {}),
        ("GET", "/explorer/bytes/x", {}),
        ("GET", "/media/x", {}),
        ("GET", "/_stcore/metrics", {}),
        ("PATCH", "/", {}),
        ("GET", "/", {"host": FOREIGN}),
        ("POST", "/signin", {"content-length": "9999999"}),
    ]
    for method, path, headers in asks:
        told = asked(guard, method, path, HOST | headers)
        found = told.headers["content-security-policy"]
        assert "default-src 'self'; " in found if path == "/" and told.status == 200 else found == policy.DATA
        assert "frame-ancestors 'none'" in found
        assert {name: told.headers[name] for name in policy.HEADERS} == policy.HEADERS
    assert asked(guard, "GET", "/own", HOST).headers["content-security-policy"] == "default-src 'none'"


def test_the_pages_policy_lets_nothing_in_from_outside():
    parts = dict(part.split(" ", 1) for part in policy.pages("127.0.0.1:8501", "https").split("; "))
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == "'self'"
    assert parts["frame-ancestors"] == parts["object-src"] == "'none'"
    assert parts["frame-src"] == "data:"
    assert parts["connect-src"] == "'self' wss://127.0.0.1:8501"
    assert parts["img-src"] == "'self' data: blob:"
    assert not any(word in parts["script-src"] for word in ("'unsafe-inline'", "'unsafe-eval'", "http", "*"))
    assert not any(sign in " ".join(parts.values()) for sign in ("http:", "https:", "*"))


def test_a_fault_is_told_without_where_it_happened(guard):
    told = {}

    async def call():
        try:
            await ask(guard, "GET", "/fails", HOST)
        except RuntimeError:
            told["raised"] = True

    seen = []
    inner = guard.app

    async def spied(scope, receive, send):
        async def keep(message):
            seen.append(message)
            await send(message)

        await inner(scope, receive, keep)

    guard.app = spied
    asyncio.run(call())
    assert told == {"raised": True}  # the server's log has it
    assert seen[0]["status"] == 500
    assert b"secret" not in seen[1]["body"]


# Websockets


def closed(guard: Guard, headers: dict[str, str], path: str = rules.STREAM) -> bool:
    """Was a websocket refused before anything was handed on?"""
    return connect(guard, headers, path) == [{"type": "websocket.close", "code": 1008}]


def connect(guard: Guard, headers: dict[str, str], path: str = rules.STREAM, **scope) -> list[dict]:
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    whole = {"type": "websocket", "scheme": "ws", "path": path, "headers": raw, "query_string": b"", "root_path": ""}
    asyncio.run(guard({**whole, "server": ("127.0.0.1", 8501), "client": ("127.0.0.1", 1), **scope}, receive, send))
    return sent


class Held:
    """Stands for the pages: keeps connections open until `go`, and counts them."""

    def __init__(self):
        self.open, self.go = 0, asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.open += 1
        await self.go.wait()
        self.open -= 1


def test_a_websocket_goes_to_the_pages_alone(people):
    reached = []

    async def pages(scope, receive, send):
        reached.append(scope["path"])

    guard = Guard(pages, Names("127.0.0.1"), lambda c: whose(people, c.cookies.get(COOKIE)))
    for path in ("/", "/api/runs", "/_stcore/stream/x", "/explorer"):
        assert closed(guard, HOST, path)
    assert connect(guard, HOST | {"origin": "http://127.0.0.1:8501"}) == connect(guard, HOST) == []
    assert reached == [rules.STREAM] * 2


def test_strangers_have_few_websockets_with_small_messages(people, cookies):
    guard = Guard(None, Names("127.0.0.1"), lambda c: whose(people, c.cookies.get(COOKIE)))

    async def crowd():
        guard.app = held = Held()
        tasks, sent = [], []

        async def send(message):
            sent.append(message)

        def come(headers, address):
            raw = [(k.encode(), v.encode()) for k, v in headers.items()]
            scope = {"type": "websocket", "scheme": "ws", "path": rules.STREAM, "headers": raw, "query_string": b""}
            tasks.append(asyncio.create_task(guard({**scope, "client": (address, 1), "server": None}, None, send)))

        for n in range(visitors.EACH + 5):
            come(HOST, "10.0.0.1")
            come(HOST, f"fd00::{n + 1:x}")  # one network
        await asyncio.sleep(0)
        one_address = held.open
        for n in range(visitors.ALL):
            come(HOST, f"10.0.1.{n}")
        await asyncio.sleep(0)
        everybody = held.open
        for _ in range(20):
            come(cookies["viewer"], "10.0.0.1")
        await asyncio.sleep(0)
        known = held.open
        held.go.set()
        await asyncio.gather(*tasks)
        return one_address, everybody, known, sent

    one_address, everybody, known, sent = asyncio.run(crowd())
    assert (one_address, everybody, known) == (2 * visitors.EACH, visitors.ALL, visitors.ALL + 20)
    assert all(message == {"type": "websocket.close", "code": 1008} for message in sent)
    assert not guard.visitors._there
    http = {"type": "http", "headers": []}
    assert guard.messages(http) == visitors.MOST
    signed = {"type": "http", "headers": [(k.encode(), v.encode()) for k, v in cookies["viewer"].items()]}
    assert guard.messages(signed) == KNOWN


def test_a_stranger_says_only_so_much():
    async def talk():
        hear = visitors.counted(lambda: asyncio.sleep(0, {"type": "websocket.receive", "bytes": b"x"}))
        return [(await hear())["type"] for _ in range(visitors.MESSAGES + 2)]

    assert asyncio.run(talk())[-3:] == ["websocket.receive", "websocket.disconnect", "websocket.disconnect"]


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fd00::1", "fd00::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_an_address_is_told_as_one_client(address, known):
    assert network(address) == known


def test_blocks_are_smaller_than_what_is_drained():
    assert BLOCK < exchange.DRAINED
