"""`workbench audit` on the shell, and the same over HTTP."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from backend.audit.auditor import check
from backend.control.api import create_api
from backend.control.client.client import Client
from backend.control.service import Service
from backend.workspace.layout import BadInput
from workbench.cli import app


@pytest.fixture
def root(tmp_path):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    log = {"actor": "anna", "run": "r1"}
    service.store.write(lambda tx: [tx.log("metrics", {"i": i}, **log, private={"name": "Jane"}) for i in range(3)])
    service.close()
    return tmp_path / "ws"


@pytest.fixture
def workbench(root, monkeypatch, capsys):
    """workbench("audit", "verify") -> (exit code, stdout, stderr)."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *words, "--workspace", str(root)])
        try:
            app.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return call


def test_the_whole_way_from_a_checkpoint_to_a_checked_bundle(workbench, tmp_path):
    assert "4 events" in workbench("audit", "checkpoint")[1]
    assert workbench("audit", "redact", "1", "--reason", "asked to")[0] == 0
    code, out, _ = workbench("audit", "rotate-key", "--json")
    key = json.loads(out.splitlines()[-1])["key"]
    assert code == 0
    bundle = tmp_path / "b.zip"
    assert workbench("audit", "export", "-o", str(bundle))[0] == 0
    code, out, _ = workbench("audit", "verify", "--bundle", str(bundle), "--key", key, "--leaf", "2", "--json")
    told = json.loads(out.splitlines()[-1])
    assert (code, told["ok"], told["redacted"], told["events"]) == (0, True, 1, 8)
    assert '"leaf":2' in told["leaf"]["event"]
    code, out, _ = workbench("audit", "verify", "--key", key)
    assert (code, out.count("\n")) == (0, 3)
    assert "Signed up to 8 of 9 events. 1 event since" in out
    assert "documents: 3 events" in workbench("audit", "retention")[1]


def test_damage_is_one_line_and_code_1(workbench, root, tmp_path):
    bundle = tmp_path / "b.zip"
    workbench("audit", "export", "-o", str(bundle))
    bundle.write_bytes(bundle.read_bytes()[:-40])
    code, out, _ = workbench("audit", "verify", "--bundle", str(bundle))
    assert (code, out.count("\n")) == (1, 1)
    assert out.startswith("DAMAGED: ")
    (path,) = (root / "checkpoints").glob("*/*.note")
    path.write_text("nothing")
    code, out, _ = workbench("audit", "verify")
    assert code == 1
    assert out.startswith("checkpoint: ledger: checkpoint 000000000004.note is no signed checkpoint")
    (root / "workbench.duckdb").write_bytes(b"not a database" * 1000)
    code, out, _ = workbench("audit", "verify")
    assert (code, out.count("\n")) == (1, 1)
    assert out.startswith("database: ALARM")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("audit", "verify", "--bundle", "nowhere.zip"), "--bundle nowhere.zip: expected a bundle"),
        (("audit", "redact", "99", "--reason", "x"), "expected a leaf of this ledger"),
        (("audit", "redact", "3", "--reason", "x"), "found none that can be erased"),
        (("audit", "export", "-o", "/nowhere/b.zip"), "expected a file that can be written"),
    ],
)
def test_wrong_input_is_one_line_and_code_2(workbench, words, says):
    code, _, err = workbench(*words)
    assert (code, err.count("\n")) == (2, 1)
    assert says in err


@pytest.fixture
def served(root):
    """(a client, the service behind it), without a socket."""
    service = Service.open(root, start_supervisor=False)
    service.catalogue = dict
    client = Client(service.workspace, 1)
    with TestClient(create_api(service), headers={"Authorization": f"Bearer {service.workspace.token}"}) as http:
        client._http = SimpleNamespace(
            request=lambda method, path, **options: http.request(method, path, **options), close=lambda: None
        )
        yield client, service
    service.close()


def test_the_trail_over_http(served, tmp_path):
    client, service = served
    assert client.trail.checkpoint() == service.trail.checkpoint()
    assert client.trail.tree() == service.trail.tree()
    assert client.trail.retention() == service.trail.retention()
    assert client.trail.redact(0, "asked to")["leaf"] == 0
    assert client.trail.verify() == service.trail.verify()
    told = client.trail.export(tmp_path / "b.zip")
    assert check(told["path"])["redacted"] == 1
    assert [p.name for p in service.workspace.root.glob(".bundle-*")] == []
    assert client.trail.rotate_key()["key"] == service.trail.tree()["keys"][-1]["key"]
    for leaf, reason in ((0, "again"), (10**6, "x"), (0, ""), (-1, "x")):
        with pytest.raises(BadInput, match="expected"):
            client.trail.redact(leaf, reason)
