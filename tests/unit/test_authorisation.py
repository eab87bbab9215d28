"""Who may do what, held against every route of the API and every method that a page can call.

Expected is what the one table says (backend/control/people/permissions.py); docs/people.md must say the same.
"""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backend.control.api import ROUTERS, create_api
from backend.control.parts import Part
from backend.control.people import people_record
from backend.control.people.authorised import AREAS, NEEDED, PLAIN, AuthorisedService
from backend.control.people.permissions import LOCAL, PERMISSIONS, ROLES, Caller, Forbidden
from backend.control.service import Service
from backend.workspace.layout import BadInput

SECRET = "correct horse battery"
PUBLIC = {("GET", "/health")}
DOCS = Path(__file__).parents[2] / "docs" / "people.md"
CALLERS = {**{role: Caller(role, role) for role in ROLES}, "root": Caller("root", "viewer", admin=True)}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service.open(tmp_path_factory.mktemp("roles") / "ws", start_supervisor=False)
    yield service
    service.close()


@pytest.fixture(scope="module")
def api(service):
    """The API of a workspace where each role has a user of its name; `root` administers, `gone` is disabled."""
    service.catalogue = dict  # its subprocess loads torch
    service.people.add("root", "viewer", email="root@example.org")
    for name in (*ROLES, "gone"):
        service.people.add(name, name if name in ROLES else "scientist", email=f"{name}@example.org")
    with TestClient(create_api(service), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def tokens(api, service):
    people = service.people
    made = {name: people.token(name, 5)["token"] for name in CALLERS}
    revoked, gone = people.token("auditor", 5), people.token("gone", 5)["token"]
    people.revoke("auditor", revoked["id"])
    people.disable("gone")
    return made | {"revoked": revoked["token"], "gone": gone}


def routes(client) -> list[tuple[str, str, str]]:
    """(method, path, permission) of every route that is not public. Fails where one declares no permission."""
    told = []
    for route in (route for part in ROUTERS for route in part.router(client.app.state.service).routes):
        (declared,) = {p for d in route.dependant.dependencies if (p := getattr(d.call, "permission", None))}
        told += [(method, route.path, declared) for method in route.methods]
    described = client.app.openapi()["paths"]
    every = {(method.upper(), path) for path, methods in described.items() for method in methods} - PUBLIC
    assert {(method, path) for method, path, _ in told} == every
    return told


def send(client, method, path, token=None, name="nobody"):
    parts = {"sha256": "0" * 64, "kind": "json", "name": name, "run": "nope", "format": "md", "id": "sslw_x"}
    parts |= {"field": "1.a", "sweep": "nope", "number": "0"}
    filled = re.sub(r"\{(\w+)\}", lambda m: parts[m[1]], path)
    headers = {"Authorization": f"Bearer {token}".encode("latin-1")} if token else {}
    return client.request(method, filled, headers=headers, json={} if method != "GET" else None).status_code


def test_who_shows_no_good_token_gets_nowhere(api, service, tokens, tmp_path, quick_hashes):
    elsewhere = Service.open(tmp_path / "other", start_supervisor=False)
    elsewhere.people.add("auditor", "auditor", email="a@example.org")
    bad = {
        "none": None,
        "workspace": service.workspace.token,
        "elsewhere": elsewhere.people.token("auditor", 5)["token"],
        "cut": tokens["auditor"][:-1],
        "odd": "\u00fc",
        **{name: tokens[name] for name in ("revoked", "gone")},
    }
    elsewhere.close()
    for method, path, _ in routes(api):
        for name, token in bad.items():
            assert send(api, method, path, token) == 401, (method, path, name)


def test_an_expired_token_gets_nowhere(api, tokens, monkeypatch):
    later = people_record.utc_now() + timedelta(days=6)
    monkeypatch.setattr("backend.control.people.people.utc_now", lambda: later)
    for method, path, _ in routes(api):
        for name in CALLERS:
            assert send(api, method, path, tokens[name]) == 401, (method, path, name)


@pytest.mark.parametrize("name", CALLERS)
def test_a_role_may_what_the_table_says_and_nothing_else(api, tokens, name):
    for method, path, wanted in routes(api):
        if wanted == "account":
            continue
        status, allowed = send(api, method, path, tokens[name]), CALLERS[name].may(wanted)
        assert (status not in (401, 403)) if allowed else (status == 403), (method, path, name, status)
        assert status < 500, (method, path, name, status)


@pytest.mark.parametrize("name", CALLERS)
def test_an_account_is_changed_by_its_owner_or_an_administrator(api, tokens, name):
    for method, path, wanted in routes(api):
        if wanted == "account":
            for whose in CALLERS:
                status, allowed = send(api, method, path, tokens[name], whose), name in (whose, "root")
                if allowed:
                    assert status in (400, 404), (method, path, name, whose, status)
                elif "revoke" in path:  # takes no body
                    assert status == 403, (method, path, name, whose, status)
                else:
                    body = {"days": 3} if "tokens" in path else {"new": SECRET, "old": SECRET}
                    filled, header = path.replace("{name}", whose), {"Authorization": f"Bearer {tokens[name]}"}
                    assert api.request(method, filled, headers=header, json=body).status_code == 403, (path, whose)


def test_no_route_that_changes_something_is_open_to_readers(api):
    assert [path for method, path, wanted in routes(api) if method != "GET" and wanted == "read"] == []


def test_what_a_route_writes_has_the_callers_name(api, tokens, service):
    sent = api.post(
        "/people",
        headers={"Authorization": f"Bearer {tokens['root']}"},
        json={"name": "late", "role": "viewer", "email": "late@example.org"},
    )
    assert sent.status_code == 200
    assert service.store.rows("SELECT actor FROM ledger WHERE key = 'late'") == [{"actor": "root"}]


def test_a_refused_request_never_repeats_a_password(api, tokens):
    for body in ({"new": ["hunter2hunter2"]}, {"newer": "hunter2hunter2"}):
        header = {"Authorization": f"Bearer {tokens['viewer']}"}
        assert "hunter2" not in api.post("/people/viewer/password", headers=header, json=body).text


# Pages

SERVER_ONLY = {"caller", "person", "by_token", "by_cookie", "by_email", "sign_in", "sign", "key_at", "password"}
SERVER_ONLY |= {"set_by"} | {"start", "close", "proof", "sign"}  # of people, of the trail
SERVER_ONLY |= {"incoming", "tidy"}  # of uploads
OWN = {"open", "start", "close", "catch_up", "answer_nearby", "nearby", "writable", "supervisor", "store", "attestor"}


def methods(target) -> set[str]:
    return {n for n, _ in inspect.getmembers(type(target), inspect.isfunction) if not n.startswith("_")}


def test_every_method_that_a_page_can_call_takes_a_permission(service):
    parts = {name for name, value in inspect.getmembers(type(service)) if isinstance(value, Part)}
    areas = {n for n in parts | vars(service).keys() if not n.startswith("_")} - PLAIN - OWN - methods(service)
    assert areas == AREAS
    known = (methods(service) - OWN) | {
        f"{area}.{m}" for area in areas for m in methods(getattr(service, area)) - SERVER_ONLY
    }
    assert known == set(NEEDED)


@pytest.mark.parametrize("name", CALLERS)
def test_a_page_may_call_what_its_reader_may(service, name):
    for path, wanted in NEEDED.items():
        target = AuthorisedService(service, CALLERS[name])
        for part in path.split("."):
            if part == path.rpartition(".")[2] and not CALLERS[name].may(wanted):
                with pytest.raises(Forbidden):
                    getattr(target, part)
            else:
                target = getattr(target, part)


def test_a_page_writes_in_its_readers_name_whatever_it_says(service):
    class Told:
        def save_selection(self, run, actor="local"):
            return run, actor

        def ledger(self):
            return []

    acting = AuthorisedService(Told(), Caller("anna", "scientist"))
    assert acting.save_selection("r", actor="bert") == ("r", "anna")
    with pytest.raises(Forbidden, match="role auditor, found scientist"):
        acting.ledger()
    with pytest.raises(Forbidden, match="found store"):
        _ = acting.store
    assert AuthorisedService(Told(), LOCAL).ledger() == []


def test_the_refusal_is_input_that_a_page_can_show():
    assert issubclass(Forbidden, BadInput)


# The written table


def test_the_documentation_says_what_the_table_and_the_routes_say(api):
    written = {}
    for line in DOCS.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 4:
            written[cells[0].strip("`")] = (cells[1], cells[2], set(re.findall(r"`([A-Z]+ [^`]+)`", cells[3])))
    told = {}
    for name, one in PERMISSIONS.items():
        given = ", ".join(role for role in (*ROLES, "admin") if role in one.given)
        told[name] = (one.does, given, {f"{m} {path}" for m, path, wanted in routes(api) if wanted == name})
    assert written == told
