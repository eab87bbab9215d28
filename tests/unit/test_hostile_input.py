"""A hostile first-time user: one clear line each, exit code 2, nothing half-registered, the server alive.

What single readers and the registration refuse is in test_readers.py and
test_register.py; here is what gets past them: the words of a command, recipes at every nesting, workspaces, file names,
nested columns, the HTTP API, and a whole data job in its own process.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from starlette.testclient import TestClient

from backend.control.api import create_api
from backend.control.service import Service
from backend.data.preview import preview
from backend.data.register import register
from backend.recipe import read_toml
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput, Workspace
from workbench.cli import app

PIXELS = np.random.default_rng(0).integers(0, 255, (24, 12, 12), dtype=np.uint8)
DATA = '[data]\nname = "x"\n'


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service.open(tmp_path_factory.mktemp("hostile") / "ws")
    yield service
    service.close()


@pytest.fixture(scope="module")
def http(service):
    token = {"Authorization": f"Bearer {service.workspace.token}"}
    with TestClient(create_api(service), headers=token, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def workbench(tmp_path, monkeypatch, capsys):
    """workbench(*words) -> (exit code, stderr), on a workspace of its own unless the words name one."""

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "ws"))
        monkeypatch.setattr(sys, "argv", ["workbench", *words])
        with pytest.raises(SystemExit) as end:
            app.main()
        return end.value.code, capsys.readouterr().err

    return call


def one_line(text: str, *words: str) -> None:
    assert text.strip().isprintable(), text
    assert 20 < len(text) < 600
    for word in words:
        assert word in text


def class_folders(root: Path) -> Path:
    for i, pixels in enumerate(PIXELS):
        folder = root / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return root


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data", "add", "x"], "'--name'; `workbench data add --help`"),
        (["data", "add", "x", "--name", "x", "--size", "4"], "'--size'"),
        (["data", "add", "~nobody-of-this-name/x", "--name", "x"], "~nobody-of-this-name"),
        (["data", "add", "two\nlines", "--name", "x"], r"two\nlines"),
        (["data", "add", "n" * 5000, "--name", "x"], "too long"),
        (["nonsense"], "'nonsense'"),
        (["serve", "--port", "many"], "'--port'"),
        (["report", "nope", "-o", "missing/folder/x.html"], "found 'nope'"),
        (["run", "."], "expected a TOML file, found: Is a directory"),
    ],
)
def test_wrong_words(words, said, workbench):
    code, err = workbench(*words)
    assert code == 2
    one_line(err, said)


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/none/ws", "damaged"])
def test_a_workspace_that_cannot_be_one(place, tmp_path, workbench):
    (tmp_path / "file").write_text("here first")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "workbench.duckdb").write_text("no database")
    code, err = workbench("runs", "list", "--workspace", str(tmp_path / place))
    assert code == 2
    one_line(err, place)
    assert (tmp_path / "file").read_text() == "here first"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_workspace_that_cannot_be_written(tmp_path, workbench):
    tmp_path.chmod(0o500)
    code, err = workbench("runs", "list")
    assert code == 2
    one_line(err, "can be written")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foo = 1\n" + DATA, "recipe: foo: expected a known key"),
        (DATA + "foo = 1", "data.foo: expected a known key"),
        (DATA + "[collapse]\nfoo = 1", "collapse.foo: expected a known key"),
        (DATA + "[train.foo]\na = 1", "train.foo: expected a known key"),
        (DATA + '"a\\nb" = 1', r"data.a\nb: expected a known key"),
        (DATA + '[pretext]\nname = "simclr"\nfoo = 1', "pretext.foo: expected a parameter of simclr"),
        (DATA + '[pretext]\nname = "simclr"\n[pretext.foo]\na = 1', "pretext.foo: expected a parameter of simclr"),
        (DATA + '[encoder]\nname = "convnet"\nfoo = 1', "encoder.foo: expected a parameter of convnet (depth, width)"),
        (DATA + '[pretext]\nname = "simclr"\ntemperature = nan', "pretext.temperature: expected a finite number"),
        (DATA + '[pretext]\nname = "simclr"\ntemperature = "hot"', "temperature: expected a number, found 'hot'"),
        (DATA + f'[pretext]\nname = "simclr"\ntemperature = "{"z" * 9000}"', "pretext.temperature"),
        (DATA + "[train]\nlr = nan", "train.lr: expected"),
        (DATA + "[finetune]\nfractions = [nan]", "finetune.fractions: expected"),
        ("train = 3\n" + DATA, "train: expected a section"),
        (DATA + '[pretext]\nname = "../simclr"', "found '../simclr'"),
        (DATA + "seed = " + "9" * 5000, "expected TOML"),
        ("x = " + "[" * 4000, "expected TOML"),
        ("", "data: expected a value, found none"),
        (DATA, "expected a registered one"),
    ],
)
def test_a_wrong_recipe(text, said, tmp_path, service):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(BadInput) as caught:
        service.submit(read_toml(tmp_path / "r.toml"))
    one_line(str(caught.value), said)
    assert service.runs() == [] or all(r["kind"] == "data" for r in service.runs())


@pytest.mark.parametrize("name", [b"\xff.png", b"new\nline.png", b"\x1b[31mred.png"])
def test_a_file_name_that_is_no_text(name, tmp_path):
    folder = class_folders(tmp_path / "set")
    (folder / "a" / "0.png").rename(os.fsdecode(os.fsencode(folder / "a") + b"/" + name))
    artefacts = Artefacts(Workspace.open(tmp_path / "ws").artefacts)
    for look in (preview, lambda path: register({"name": "x", "path": path}, artefacts)):
        with pytest.raises(BadInput) as caught:
            look(str(folder))
        one_line(str(caught.value), "printable UTF-8")
    assert not list(artefacts.root.rglob("*.*"))


@pytest.mark.parametrize("role", ["label", "split_by", "split_column", "sensitive"])
def test_a_column_of_lists(role, tmp_path):
    images = [file.read_bytes() for file in class_folders(tmp_path / "set").rglob("*.png")]
    pq.write_table(pa.table({"image": images, "l": [[1, 2], [3]] * 12}), tmp_path / "t.parquet")
    spec = {"name": "x", "path": str(tmp_path / "t.parquet"), role: ["l"] if role == "sensitive" else "l"}
    with pytest.raises(BadInput) as caught:
        register(spec, Artefacts(Workspace.open(tmp_path / "ws").artefacts))
    one_line(str(caught.value), "column 'l'", "lists or records")


@pytest.mark.parametrize(
    ("arrays", "spec", "said"),
    [
        ({"images": PIXELS, "labels": ["a", "b"] * 12, "class_names": ["a", "c"]}, {}, "found 'b'"),
        ({"images": PIXELS, "y": ["a", "b"] * 12}, {"positive": ["a"], "positive_name": "b"}, "positive_name"),
        ({"images": PIXELS, "age": np.arange(24)}, {"sensitive": [{"column": "age", "cuts": [np.nan]}]}, "finite"),
    ],
)
def test_names_and_numbers_that_contradict(arrays, spec, said, tmp_path):
    np.savez(tmp_path / "s.npz", **arrays)
    with pytest.raises(BadInput) as caught:
        register({"name": "x", "path": str(tmp_path / "s.npz"), **spec}, Artefacts(tmp_path / "artefacts"))
    one_line(str(caught.value), said)


def test_a_look_at_one_number_as_images(tmp_path):
    np.savez(tmp_path / "s.npz", images=np.uint8(3))
    with pytest.raises(BadInput, match="found a single number"):
        preview(str(tmp_path / "s.npz"))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/runs", "{no json"),
        ("POST", "/runs", "[1]"),
        ("POST", "/runs", '{"seed": ' + "9" * 5000 + "}"),
        ("POST", "/runs", '{"data": {"name": "x"}, "pretext": {"name": "simclr", "temperature": NaN}}'),
        ("POST", "/runs", '{"title": "\\ud800", "data": {"name": "x"}}'),
        ("POST", "/datasets", '{"name": "s", "path": "\\ud800"}'),
        ("POST", "/datasets", '{"name": "s", "path": "a\\u0000b"}'),
        ("POST", "/datasets", '{"name": "s", "path": ""}'),
        ("POST", "/datasets", '{"name": "s", "path": "/", "sensitive": [{"column": "a", "cuts": [NaN]}]}'),
        ("GET", "/ledger?limit=many", None),
        ("POST", "/runs/nope/selections", '{"name": "x", "rows": ["a"]}'),
        ("POST", "/runs/nope/reports/exe", "x"),
    ],
)
def test_a_wrong_request(method, path, body, http):
    answer = http.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 404)
    one_line(answer.json()["detail"])


def test_a_page_of_the_ledger_beyond_its_end(http):
    assert http.get("/ledger", params={"offset": 10**30}).json() == []


@pytest.mark.slow
def test_a_data_job_that_fails_leaves_nothing(tmp_path, service, http):
    """The whole way: queued by the API, refused by the worker's process, told in one line, the name free again."""
    folder = class_folders(tmp_path / "set")
    whole = (folder / "a" / "0.png").read_bytes()
    (folder / "a" / "0.png").write_bytes(whole[:100])
    spec = {"name": "pets", "path": str(folder)}
    ended = service.wait(http.post("/datasets", json=spec).json()["run"], timeout=60)
    assert ended["state"] == "failed"
    one_line(ended["reason"], "a/0.png", "damaged")
    assert service.datasets() == []
    assert service.verify()["ok"]
    (folder / "a" / "0.png").write_bytes(whole)
    assert service.wait(http.post("/datasets", json=spec).json()["run"], timeout=60)["state"] == "succeeded"
    again = http.post("/datasets", json=spec)
    assert again.status_code == 400
    one_line(again.json()["detail"], "which is registered")
    assert service.verify()["ok"]
