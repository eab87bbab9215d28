"""Before a request of the API is read: whose it is, how large it may be, and whether there is room for its work.

Every route is taken from the app itself, so that a new one without a permission or a bound fails here.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading

import pytest
from fastapi.routing import APIRoute

from backend.control.api import ROUTERS, create_api, door
from backend.control.api.access import SMALL
from backend.control.pools import Busy, Pool
from backend.control.service import Service
from tests.asgi import BLOCK, ask, asked, endless

LARGEST = 64 << 20  # of any body
MB = 1 << 20
PARTS = {"sha256": "0" * 64, "kind": "json", "name": "nobody", "run": "nope", "format": "md", "id": "sslw_x"}
PARTS |= {"field": "1.a", "sweep": "nope", "number": "0"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service.open(tmp_path_factory.mktemp("door") / "ws", start_supervisor=False)
    service.catalogue = dict  # its subprocess loads torch
    for name, role in (("root", "viewer"), ("vera", "viewer"), ("sam", "scientist"), ("rita", "reviewer")):
        service.people.add(name, role, email=f"{name}@example.org")
    service.people.add("adam", "auditor", admin=True, email="adam@example.org")
    yield service
    service.close()


@pytest.fixture(scope="module")
def api(service):
    return create_api(service)


@pytest.fixture(scope="module")
def bearer(service):
    made = {name: service.people.token(name, 3)["token"] for name in ("vera", "sam", "rita", "adam")}
    return {name: {"authorization": f"Bearer {token}"} for name, token in made.items()}


@pytest.fixture(scope="module")
def routes(service) -> list[door.Door]:
    return [route for part in ROUTERS for route in part.router(service).routes]


def filled(route: APIRoute) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: PARTS[found[1]], route.path)


def each(routes):
    return [(route, method, filled(route)) for route in routes for method in sorted(route.methods)]


def who_may(bearer, service, route):
    """Headers of somebody who has the route's permission."""
    return next(h for name, h in bearer.items() if service.people.caller(name).may(route.limits.permission))


def test_every_route_of_the_api_has_a_permission_a_bound_and_this_door(api, routes):
    described = {(m.upper(), path) for path, methods in api.openapi()["paths"].items() for m in methods}
    assert {(method, route.path) for route, method, _ in each(routes)} == described - {("GET", "/health")}
    for route in routes:
        assert isinstance(route, door.Door), route.path
        assert route.most <= LARGEST, route.path
        assert (route.most == 0) == (route.methods == {"GET"}), route.path
        assert route.limits.pool in ("", *api.state.room.pools), route.path


def test_a_route_without_a_permission_cannot_be_made():
    with pytest.raises(ValueError, match="not enough values"):
        door.Door("/x", lambda: None)


def test_nothing_is_read_from_who_has_no_token(api, routes):
    large = b"[" * (10 * MB)
    for route, method, path in each(routes):
        for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic d3Jvbmc="}):
            for body in (large, endless()):
                told = asked(api, method, path, {"content-type": "application/json", **given}, body)
                assert (told.status, told.taken, told.parts) == (401, 0, 0), (method, route.path)


def test_nothing_is_read_from_who_may_not(api, routes, bearer, service):
    for route, method, path in each(routes):
        for name, given in bearer.items():
            if not service.people.caller(name).may(route.limits.permission):
                told = asked(api, method, path, {"content-type": "application/json", **given}, endless())
                assert (told.status, told.taken, told.parts) == (403, 0, 0), (method, route.path, name)


def test_a_body_over_the_bound_is_refused_by_its_length_alone(api, routes, bearer, service):
    for route, method, path in each(routes):
        given = {"content-type": "application/json", **who_may(bearer, service, route)}
        for said in (route.most + 1, 10**17, 10**30):
            told = asked(api, method, path, {**given, "content-length": str(said)}, endless())
            assert (told.status, told.parts) == (413, 0), (method, route.path, said)
            assert json.loads(told.body)["detail"].startswith("body: expected at most")
        for said in ("-1", "many", "1,2", "²"):
            told = asked(api, method, path, {**given, "content-length": said}, endless())
            assert (told.status, told.parts) == (400, 0), (method, route.path, said)


def test_a_body_that_names_no_length_is_read_up_to_the_bound(api, routes, bearer, service):
    for route, method, path in each(routes):
        if route.body_field is None and "reports" not in route.path:
            continue
        given = {"content-type": "application/json", **who_may(bearer, service, route)}
        told = asked(api, method, path, given, endless())
        assert told.status == 413, (method, route.path, told.body)
        assert told.taken <= route.most + BLOCK, (method, route.path)


def test_a_route_that_takes_no_body_reads_none(api, routes, bearer, service):
    for route, method, path in each(routes):
        if route.body_field is None and "reports" not in route.path:
            told = asked(api, method, path, {**who_may(bearer, service, route)}, endless())
            assert told.parts == 0, (method, route.path)
            assert told.status < 500, (method, route.path)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[" * 60_000, "nested less deeply"),
        (b"[" + b"[]," * 60_000 + b"[]]", "expected at most"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(2_000)) + b"}", "at most 1,000 keys"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "expected JSON, found"),
        (b"\xff\xfe\x00", "expected JSON, found"),
        (b"{", "expected JSON, found"),
    ],
)
def test_json_that_would_cost_more_than_it_weighs_is_one_line(api, bearer, body, said, monkeypatch):
    monkeypatch.setattr(door, "NESTED", 60_000)
    told = asked(api, "POST", "/runs", {"content-type": "application/json", **bearer["sam"]}, body)
    detail = json.loads(told.body)["detail"]
    assert (told.status, said in detail, len(detail) < 300) == (400, True, True), detail


def test_a_large_body_is_parsed_beside_the_event_loop_and_a_small_one_is_not(api, bearer, monkeypatch):
    where = []
    real = door.parsed
    monkeypatch.setattr(door, "parsed", lambda body: where.append(threading.current_thread()) or real(body))
    for rows in ([1], list(range(30_000))):
        body = json.dumps({"name": "x", "rows": rows, "view": {}}).encode()
        given = {"content-type": "application/json", **bearer["sam"]}
        assert asked(api, "POST", "/runs/nope/selections", given, body).status == 404
    assert [thread is threading.main_thread() for thread in where] == [True, False]


def test_a_body_of_another_kind_is_one_line(api, bearer):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        told = asked(api, "POST", "/runs", {"content-type": kind, **bearer["sam"]}, b'{"data": 1}')
        assert told.status == 400, kind
        assert len(json.loads(told.body)["detail"]) < 300


def test_what_is_found_is_told_shortly_however_long_it_is(api, bearer):
    given = {"content-type": "application/json", **bearer["sam"]}
    for body in (b"[" + b"1," * 100_000 + b"1]", json.dumps("ü\n" * 100_000).encode()):
        told = asked(api, "POST", "/runs", given, body[:SMALL] if body[0] == 34 else body)
        assert told.status == 400
        assert told.body.isascii()
        assert len(told.body) < 300


def test_long_work_waits_without_holding_up_the_rest(api, bearer, service, monkeypatch):
    """Twenty verifications at once: two run, some wait, the rest is told to come again; everything else answers."""
    go, running, most = threading.Event(), [], []

    def slow(key=None):
        running.append(1)
        most.append(len(running))
        go.wait(60)
        running.pop()
        return {"ok": True}

    monkeypatch.setattr(service, "verify", slow)

    async def all_at_once():
        tasks = [asyncio.create_task(ask(api, "POST", "/verify", bearer[n])) for n in ("sam", "rita", "adam") * 7]
        for _ in range(200):
            await asyncio.sleep(0)
        assert (await ask(api, "GET", "/me", bearer["vera"])).status == 200
        early = [task.result() for task in tasks if task.done()]
        go.set()
        return early, await asyncio.gather(*tasks)

    early, told = asyncio.run(all_at_once())
    assert {answer.status for answer in early} == {503}
    assert "try again shortly" in json.loads(early[0].body)["detail"]
    room = api.state.room.pools["heavy"]
    assert [answer.status for answer in told].count(200) == room.most
    assert max(most) == room.at_once


def test_one_caller_cannot_take_all_the_room_there_is():
    pool = Pool("work", at_once=1, waiting=5, each=2)

    async def crowd():
        done = asyncio.Event()

        async def work(who):
            async with pool.room(who):
                await done.wait()

        tasks = [asyncio.create_task(work("greedy")) for _ in range(6)] + [asyncio.create_task(work("anna"))]
        await asyncio.sleep(0)
        done.set()
        return [type(found) for found in await asyncio.gather(*tasks, return_exceptions=True)]

    assert asyncio.run(crowd()) == [type(None)] * 2 + [Busy] * 4 + [type(None)]
    assert not pool._there
