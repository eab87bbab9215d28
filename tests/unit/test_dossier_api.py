"""The dossier over HTTP: every route is the service's method, what is wrong is one line."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from backend.control.api import create_api
from backend.control.client.dossiers import DossiersClient
from backend.control.service import Service
from tests.pages import conftest


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    """A client of a service with one run that has only begun."""
    service = Service.open(tmp_path_factory.mktemp("ws"), start_supervisor=False)
    conftest.add_run(service, conftest.register(service), "failed")
    with TestClient(create_api(service), headers={"Authorization": f"Bearer {service.workspace.token}"}) as client:
        yield client
    service.close()


class _Sent:
    """What DossiersClient needs of a client, over the test's transport."""

    def __init__(self, http):
        self._http = http

    def get(self, path, **params):
        return self._http.get(path, params={k: v for k, v in params.items() if v is not None}).json()

    def post(self, path, body=None):
        return self._http.post(path, json=body).json()


def test_a_dossier_is_completed_built_and_compared_over_http(http):
    dossiers = DossiersClient(_Sent(http))
    assert dossiers.build("failed")["version"] == 1
    assert dossiers.answer("failed", "3.risks", "None is known.")["by"] == "local"
    told = {"id": "a", "group": "everyone", "hazard": "Wrong answers", "measure": "accuracy", "threshold": "90 %"}
    assert dossiers.scenario("failed", told)["threshold"] == "90 %"
    assert dossiers.build("failed")["scenarios"][0]["exceeded"] is None
    assert {c["field"] for c in dossiers.compare("failed", 1, 2)} == {"3.risks", "a"}
    assert dossiers.version("failed", 1)["version"] == 1
    assert [v["version"] for v in dossiers.versions("failed")] == [2, 1]
    assert dossiers.document("failed", "2025-01-01")["statute"]["as_of"] == "2024-08-01"
    assert dossiers.proposals("failed") == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/runs/nope/dossier", None, 404),
        ("get", "/runs/failed/dossier?as_of=never", None, 400),
        ("get", "/runs/failed/dossier/version?number=99", None, 404),
        ("get", "/runs/failed/dossier/version?number=0", None, 400),
        ("get", "/runs/failed/dossier/compare?first=1", None, 400),
        ("post", "/runs/failed/dossier/fields/1.z", {"text": "x"}, 400),
        ("post", "/runs/failed/dossier/fields/1.a", {"text": "x", "by": "eve"}, 400),
        ("post", "/runs/failed/dossier/fields/1.a", {"text": ["x"]}, 400),
        ("post", "/runs/failed/dossier/scenarios", {}, 400),
        ("post", "/runs/failed/dossier/scenarios", [1], 400),
    ],
)
def test_what_is_wrong_is_one_line(http, method, path, body, status):
    answer = http.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert "\n" not in answer.json()["detail"]
