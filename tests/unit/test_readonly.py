"""A workspace that is looked at: verified and served, on a read-only mount too, and nothing of it changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backend.control.api import create_api
from backend.control.record.reading import StoreDamaged
from backend.control.record.readonly import ReadOnly, existing, look
from backend.control.runs import runs as run_rows
from backend.control.service import Service
from backend.control.workspace_lock import Owned
from backend.workspace.layout import BadInput

REFUSED = "expected one that is open for writing, found it opened for reading only"
# What a person or a script may ask for that writes: method, address, body.
WRITES = [
    ("POST", "/datasets", {"name": "x", "builtin": "digits", "kind": "image"}),
    ("POST", "/ask", {"kind": "predict"}),
    ("POST", "/runs/r1/dossier/fields/3.risks", {"text": "none"}),
    ("POST", "/runs/r1/dossier/versions", None),
    ("POST", "/reviews", {"what": "run:r1"}),
    ("POST", "/trail/checkpoint", None),
    ("POST", "/trail/redactions", {"leaf": 0, "reason": "asked to"}),
    ("POST", "/trail/key", None),
    ("GET", "/trail/bundle", None),
    ("POST", "/people", {"name": "rita", "role": "reviewer", "password": "correct horse battery"}),
]


@pytest.fixture
def root(tmp_path):
    """A workspace as a killed server leaves it: what it wrote last lies in the write-ahead log alone."""
    service = Service.open(tmp_path / "live", start_supervisor=False)
    job = {"recipe": {"data": {"name": "bars"}}}
    service.store.write(lambda tx: run_rows.create(tx, "r1", "run", "A run", "bars", job, "anna"))
    service.store.write(lambda tx: tx.log("noted", {"n": 1}, actor="anna", run="r1", private={"name": "Jane"}))
    service.trail.checkpoint()
    service.store.write(lambda tx: [run_rows.move(tx, "r1", "failed", "killed"), tx.log("noted", {}, actor="anna")])
    shutil.copytree(tmp_path / "live", tmp_path / "ws")
    service.close()
    (tmp_path / "ws" / "owner.json").write_text('{"pid": 1, "started": 0, "port": null}')
    assert (tmp_path / "ws" / "workbench.duckdb.wal").stat().st_size > 0
    return tmp_path / "ws"


def state(root: Path) -> dict[str, tuple[int, bytes | None]]:
    """Every file and folder: when it was last written, and what is in it."""
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in (root, *root.rglob("*"))
    }


def test_verification_reads_what_a_killed_process_left_and_writes_nothing(root):
    before = state(root)
    service = look(root)
    report = service.verify()
    assert report["findings"] == []
    assert (report["events"], report["signed"], report["sealed"]) == (6, 3, 6)
    assert service.run("r1")["state"] == "failed"
    service.close()
    assert state(root) == before


def test_without_the_mark_of_a_killed_process_what_is_not_signed_is_a_finding(root):
    """Who ended as they should signed a last checkpoint; it was taken away."""
    (root / "owner.json").unlink()
    (finding,) = look(root).verify()["findings"]
    assert finding["kind"] == "unsigned"
    assert "leaf 3: 2 leaves are not signed from here on" in finding["line"]


def test_every_write_is_one_line_and_nothing_changes(root):
    before = state(root)
    service = look(root)
    service.catalogue = dict  # it takes seconds to list, and would be kept in memory
    for write in (
        lambda: service.store.write(lambda tx: None),
        lambda: service.upload("x.csv", b"a,b\n"),
        lambda: service.artefacts.put_bytes("report/md", b"x", "md"),
        lambda: service.keep_report("r1", "md", b"# x"),
        lambda: service.save_selection("r1", "x", [1], {}),
        lambda: service.trail.export(root / "bundle.zip"),
    ):
        with pytest.raises(BadInput) as problem:
            write()
        assert isinstance(problem.value, ReadOnly) or "data set" in str(problem.value)
    with TestClient(create_api(service), headers={"Authorization": f"Bearer {service.workspace.token}"}) as http:
        for method, path, body in WRITES:
            answer = http.request(method, path, json=body)
            assert answer.status_code == 403, (path, answer.text)
            assert REFUSED in answer.json()["detail"], path
        for path in ("/runs", "/runs/r1", "/runs/r1/events", "/datasets", "/ledger", "/trail", "/reviews", "/search"):
            assert http.get(path).status_code == 200, path
        assert http.post("/verify").json()["ok"] is True
    service.close()
    assert state(root) == before


def test_the_catalogue_is_listed_and_not_kept(root, monkeypatch):
    from backend.control.runs import catalog

    monkeypatch.setattr(catalog, "_listing", lambda digest: b'{"pretext": {}}')
    monkeypatch.setattr(catalog, "_folders", list)  # an installation in which it was not listed before
    service = look(root)
    assert service.catalogue() == {"pretext": {}}
    assert not (root / "catalogue").exists()


def test_several_may_look_and_nobody_owns_meanwhile(root):
    first, second = look(root), look(root)
    with pytest.raises(Owned):
        Service.open(root, start_supervisor=False)
    first.close(), second.close()
    owner = Service.open(root, start_supervisor=False)
    with pytest.raises(Owned):
        look(root)
    owner.close()


@pytest.mark.parametrize("there", [(), ("token",)])
def test_where_there_is_no_record_that_is_said(tmp_path, there):
    for name in there:
        (tmp_path / name).write_text("x")
    with pytest.raises(StoreDamaged if there else BadInput, match="expected"):
        look(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == list(there)
    with pytest.raises(BadInput, match="expected a workspace"):
        existing(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


MOUNTED = """mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 77
touch "$1/x" 2>/dev/null && exit 78
shift; exec "$@"
"""
SHOWN = """import json, sys
from starlette.testclient import TestClient
from backend.control.api import create_api
from backend.control.record.readonly import look

service = look(sys.argv[1])
with TestClient(create_api(service), headers={"Authorization": f"Bearer {service.workspace.token}"}) as http:
    got = {path: http.get(path).status_code for path in ("/runs", "/ledger", "/trail", "/trail/bundle")}
    got["/trail/key"] = http.post("/trail/key").status_code
service.close()
print(json.dumps(got))
"""


def test_a_read_only_mount(root):
    """The kernel refuses every write below the workspace; in a namespace of its own, so that nobody need be root."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare here")
    before = state(root)
    outside = ["unshare", "-rm", "sh", "-c", MOUNTED, "sh", str(root)]
    verify = [sys.executable, "-m", "workbench.cli", "audit", "verify", "--workspace", str(root), "--json"]
    told = subprocess.run([*outside, *verify], capture_output=True, text=True)
    if told.returncode == 77:
        pytest.skip("no namespaces for mounts here")
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads(told.stdout.splitlines()[-1])["events"] == 6
    told = subprocess.run([*outside, sys.executable, "-c", SHOWN, str(root)], capture_output=True, text=True)
    got = json.loads(told.stdout)
    assert got == {"/runs": 200, "/ledger": 200, "/trail": 200, "/trail/bundle": 403, "/trail/key": 403}, told.stderr
    assert state(root) == before
