"""The HTTP API: the token, one-line errors, and that the client sees what the service sees."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from backend.control.api import create_api
from backend.control.client.client import Client
from backend.control.service import Service
from backend.workspace.layout import BadInput


@pytest.fixture
def service(tmp_path):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    yield service
    service.close()


@pytest.fixture
def http(service):
    with TestClient(create_api(service), headers={"Authorization": f"Bearer {service.workspace.token}"}) as client:
        yield client


@pytest.fixture
def client(service, http):
    """The product's client, its HTTP connection led into the app instead of a socket."""
    client = Client(service.workspace, port=1)
    client._http.close()
    client._http = TestClient(
        create_api(service),
        base_url="http://testserver",
        headers={"Authorization": f"Bearer {service.workspace.token}"},
    )
    yield client
    client.close()


def routes(api):
    for path, methods in api.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), path


def test_every_route_but_health_wants_the_token(service):
    api = create_api(service)
    with TestClient(api) as stranger:
        for method, path in routes(api):
            wanted = 200 if path == "/health" else 401
            filled = path.replace("{sha256}", "0" * 64).replace("{kind}", "json")
            for header in ({}, {"Authorization": "Bearer wrong"}):
                assert stranger.request(method, filled, headers=header, json={}).status_code == wanted, (method, path)


def test_token_file_is_private(service):
    assert service.workspace.token_file.stat().st_mode & 0o777 == 0o600


def test_wrong_input_is_one_line(http):
    for method, path, body in [
        ("POST", "/runs", {"data": {"name": "nope"}, "unknown": 1}),
        ("POST", "/datasets", {"name": "../x", "path": "/etc"}),
        ("GET", "/artefacts/..%2f..%2ftoken.json", None),
        ("POST", "/ask", {"kind": 3}),
    ]:
        answer = http.request(method, path, json=body)
        assert answer.status_code in (400, 404), (path, answer.text)
        detail = answer.json()["detail"]
        assert isinstance(detail, str)
        assert "\n" not in detail
    assert http.get("/runs/nope").status_code == 404


def test_client_reads_what_the_service_reads(service, client):
    assert client.datasets() == service.datasets() == []
    assert client.runs() == service.runs()
    assert client.verify() == service.verify()
    with pytest.raises(BadInput, match="expected a registered one"):
        client.dataset("nope")


def test_the_client_manages_people_and_reviews_like_the_service(service, client, quick_hashes):
    """Single-user mode ends with the first account: from then on the client needs a token of somebody."""
    client.people.add("anna", "auditor", email="anna@example.org")
    with pytest.raises(BadInput, match="WORKBENCH_TOKEN"):
        client.people.listed()
    assert service.people.listed()[0]["admin"]
    client._http.headers["Authorization"] = f"Bearer {service.people.token('anna', 3)['token']}"
    made = client.people.token("anna", 7)
    client.people.revoke("anna", made["id"])
    client.people.add("rita", "reviewer", password="correct horse battery")
    assert client.people.role("rita", "viewer", admin=True)["admin"]
    client.people.role("rita", "reviewer", admin=False)
    client.people.password("rita", "correct horse battery 2")
    client.people.disable("rita")
    assert client.people.listed() == service.people.listed()
    assert client.reviews.pending() == []
    with pytest.raises(BadInput, match="role reviewer"):
        client.reviews.decide("run:nope", "approved", seen="x")
    assert {leaf["actor"] for leaf in client.ledger()} == {"local", "anna"}


def test_the_client_calls_with_the_token_of_its_user(service, monkeypatch):
    monkeypatch.setenv("WORKBENCH_TOKEN", "sslw_of_anna")
    client = Client(service.workspace, port=1)
    assert client._http.headers["Authorization"] == "Bearer sslw_of_anna"
    client.close()


def test_description_needs_no_other_machine(http):
    page = http.get("/docs").text
    assert "https://" not in page
    assert http.get("/openapi.json").json()["info"]["title"] == "SSL Workbench"


def test_texts_come_whole_and_in_the_order_asked(service, client):
    from backend.control.record.ingest import ingest
    from backend.control.runs import runs as run_rows
    from backend.workspace.events import EventLog
    from tests.conftest import files_of, make_texts

    data = make_texts(service.artefacts)
    service.store.write(lambda tx: run_rows.create(tx, "data-r", "data", "Register", "reviews", {"spec": {}}, "local"))
    folder = service.workspace.run("data-r")
    log = EventLog(folder.events)
    log.append("data.registered", data.manifest, files_of(data.manifest, service.artefacts), key="registered")
    log.close()
    ingest(service.store, folder)
    assert client.texts("reviews", [7, 0, 7]) == [data.texts[i] for i in (7, 0, 7)]
    for rows in ([-1], [160], [0] * 257):
        with pytest.raises(BadInput, match="rows: expected"):
            client.texts("reviews", rows)
