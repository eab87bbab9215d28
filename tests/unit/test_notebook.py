"""From Python: the same answers in process and from a server, one exception for what is refused, docs that run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from backend.control.service import Service
from tests.browser.chromium import free_port
from tests.fixtures import unpacked
from tests.unit.test_connecting import served
from workbench import Refused, connect
from workbench.cli.connecting import own
from workbench.notebook import frames
from workbench.notebook.mlflow import as_mlflow, send
from workbench.notebook.workbench import as_recipe, changed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return unpacked(tmp_path_factory.mktemp("kept") / "ws")


@pytest.fixture(scope="module")
def both(root):
    """(a workbench in this process, its run) and (the same over HTTP, by a user's token), as what each of them says."""
    service = Service.open(root, start_supervisor=False)
    port = free_port()
    try:
        token = service.account.token(30, service.people.caller("simon"))["token"]
        with served(service, port), connect(f"http://127.0.0.1:{port}", token) as there:
            yield there, port, token
    finally:
        service.close()


def bars(workbench):
    runs = workbench.runs()
    return workbench.run(runs[runs.title == "Bars"].run.iloc[0])


@pytest.fixture(scope="module")
def told(both):
    """What a server says of the run: {name: value}."""
    return said(both[0])


def said(workbench):
    run = bars(workbench)
    files, events = run.artefacts(), run.events()
    events = events[events.kind != "run.sealed"].reset_index(drop=True)  # which an owner adds to an old record
    return {
        "datasets": workbench.datasets(), "runs": workbench.runs(), "verdicts": run.verdicts(), "study": run.study(),
        "contrasts": run.contrasts(), "cells": run.cells(), "metrics": run.metrics(), "knn": run.knn(),
        "bias": run.bias(), "gaps": run.gaps(), "events": events, "predictions": run.predictions(),
        "embeddings": run.embeddings(), "maps": next(iter(run.maps().values())), "artefacts": files,
        "figures": {name: figure.to_json() for name, figure in run.figures().items()}, "mlflow": run.mlflow(),
        "table": workbench.data("bars").table(), "cells of data": workbench.data("bars").cells([0, 3]),
        "payload": workbench.service.payload(files.sha256[0], files.type[0]),
    }  # fmt: skip


def test_importing_the_workbench_loads_nothing(tmp_path):
    code = (
        "import sys; before = set(sys.modules); import workbench; from workbench import connect\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "assert loaded <= {'workbench'} | set(sys.stdlib_module_names), loaded"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_a_server_says_what_this_process_says(told, tmp_path):
    """Frame by frame, figure by figure; the kept workspace once more, owned by this process."""
    with connect(unpacked(tmp_path / "ws")) as here:
        own_word = said(here)
    for name, value in own_word.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(told[name], value, obj=name)
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(told[name], value)
        else:
            assert told[name] == value, name


def test_frames_hold_what_the_record_holds(told):
    study, contrasts, bias = told["study"], told["contrasts"], told["bias"]
    assert study.attrs["metric"] == "accuracy"
    assert list(study)[:8] == ["arm", "method", "fraction", "n_labels", "best", "value", "low", "high"]
    assert (study.low <= study.value).all()
    assert (study.value <= study.high).all()
    assert {"difference.value", "decision", "p_holm"} <= set(contrasts)
    assert {"sex", "age"} <= set(bias.attribute)
    assert told["embeddings"].shape[0] == len(told["table"]) == 160
    assert str(told["events"].time.dtype).endswith("UTC]")
    assert any(name.startswith("study") for name in told["figures"])
    assert told["metrics"].loss.notna().all()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda w, _: w.run("run-none"), "expected one of this workspace, found 'run-none'"),
        (lambda w, _: w.data("none"), "expected a registered one"),
        (lambda w, _: bars(w).predictions("nobody"), "expected predictions of arm 'nobody', found none"),
        (lambda w, _: bars(w).embeddings(7), "expected the event features of pretrain/7, found none"),
        (lambda w, _: w.submit({"data": {"name": "bars"}}, train__epocs=1), "train.epocs: expected a known key"),
        (
            lambda w, _: w.submit({"data": {"name": "bars"}, "title": "x"}, title__a=1),
            "expected 'title' to be a section",
        ),
        (lambda w, _: w.submit("data = = 1"), "recipe: expected TOML, found"),
        (lambda w, _: w.submit("no-such.toml"), "expected a TOML file, found nothing there"),
        (lambda w, path: w.download("0" * 64, path / "x.pkl"), "expected a file that ends in .safetensors"),
        (lambda w, path: w.download("0" * 64, path / "x.json"), "expected"),
        (lambda w, path: bars(w).export(path / "model"), "expected a workspace on this machine, found a server"),
        (lambda w, _: bars(w).to_mlflow("http://127.0.0.1:9"), "mlflow http://127.0.0.1:9: expected an answer"),
    ],
)
def test_what_is_refused_is_one_line_of_one_exception(both, tmp_path, wrong, says):
    with pytest.raises(Refused, match=re.escape(says)) as found:
        wrong(both[0], tmp_path)
    assert "\n" not in str(found.value)


def test_who_is_not_there_or_not_let_in_is_refused(both, tmp_path):
    _, port, token = both
    with pytest.raises(Refused, match="token"):
        connect(f"http://127.0.0.1:{port}", "wbt_wrong")
    with pytest.raises(Refused, match="expected a workbench that answers, found none"):
        connect("http://127.0.0.1:9")
    with pytest.raises(Refused, match="expected a workspace, found none"):
        connect(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(Refused, match="token: expected none for a folder"):
        connect(tmp_path, token)


def test_a_download_is_what_its_digest_says(both, tmp_path, monkeypatch):
    files = bars(both[0]).artefacts()
    one = files[files.type == "json"].iloc[0]
    kept = both[0].download(one.sha256, tmp_path / "a.json")
    assert kept.stat().st_size == one.bytes
    monkeypatch.setattr(both[0].service._service, "payload", lambda *_: b"other")
    with pytest.raises(Refused, match="expected a file of this digest"):
        both[0].download(one.sha256, tmp_path / "b.json")
    assert not (tmp_path / "b.json").exists()


def test_a_recipe_is_a_dict_a_path_or_text(tmp_path):
    wanted = {"title": "x", "data": {"name": "bars"}}
    text = 'title = "x"\n[data]\nname = "bars"\n'
    (tmp_path / "r.toml").write_text(text)
    given = (wanted, text, tmp_path / "r.toml", str(tmp_path / "r.toml"))
    assert all(as_recipe(one) == wanted for one in given)
    assert changed(as_recipe(wanted), {"train__epochs": 3, "data.name": "y"}) == {
        "title": "x", "data": {"name": "y"}, "train": {"epochs": 3}
    }  # fmt: skip
    assert wanted["data"]["name"] == "bars", "the caller's own stays as it is"


IDLE = """
import sys
from workbench import connect
workbench = connect(sys.argv[1])
print(len(workbench.runs()), flush=True)
sys.stdin.read()
print(len(workbench.runs()), flush=True)
"""


def test_an_idle_notebook_makes_way_for_a_server_and_ends_without_a_word(tmp_path):
    root = unpacked(tmp_path / "ws")
    command = [sys.executable, "-c", IDLE, str(root)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as notebook:
        count = notebook.stdout.readline()
        service = own(root, free_port(), "127.0.0.1")  # returns when the notebook has let go
        service.close()
        notebook.stdin.close()
        assert notebook.stdout.readline() == count
        assert notebook.wait(60) == 0
    assert not (root / "owner.json").exists()


class Tracking(BaseHTTPRequestHandler):
    """As much of an MLflow tracking server as is asked: it knows no experiment, and keeps what it is told."""

    told: ClassVar[list] = []

    def do_GET(self):
        self._answer(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.removeprefix("/api/2.0/mlflow/")
        self.told.append((name, body))
        if body.get("run_name") == "refused":
            return self._answer(400, {"message": "no"})
        answers = {"experiments/create": {"experiment_id": "7"}, "runs/create": {"run": {"info": {"run_id": "r"}}}}
        return self._answer(200, answers.get(name, {}))

    def _answer(self, status, body):
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


@pytest.fixture
def tracking():
    server = HTTPServer(("127.0.0.1", 0), Tracking)
    Tracking.told = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_run_is_sent_as_mlflow_takes_it(told, tracking):
    """The calls and fields of MLflow's REST interface, as a server of version 3.17 took them."""
    assert send(told["mlflow"], tracking) == "r"
    names = [name for name, _ in Tracking.told]
    assert names[:2] == ["experiments/create", "runs/create"]
    assert names[-1] == "runs/update"
    assert set(names[2:-1]) == {"runs/log-batch"}
    batches = [body for name, body in Tracking.told if name == "runs/log-batch"]
    metrics = [metric for batch in batches for metric in batch.get("metrics", [])]
    assert {"key", "value", "timestamp", "step"} == set(metrics[0])
    loss = [metric["value"] for metric in metrics if metric["key"] == "seed 0/metrics/loss"]
    assert loss == told["metrics"].loss.tolist()
    best = told["study"][(told["study"].arm == "ssl") & (told["study"].method == "linear")].iloc[0]
    named = {metric["key"]: metric["value"] for metric in metrics}
    assert named[f"study/accuracy/ssl/linear/{best.fraction:g}"] == best.value
    assert max(len(values) for batch in batches for values in batch.values()) <= 1000
    assert Tracking.told[-1][1]["status"] == "FINISHED"
    with pytest.raises(Refused, match="runs/create: expected 200, found 400"):
        send({**told["mlflow"], "run": {"run_name": "refused"}}, tracking)


def test_what_is_no_number_is_no_metric():
    event = {"kind": "metrics", "time": "2026-01-01T00:00:00Z", "subjects": [], "body":
             {"seed": 1, "step": 3, "loss": float("nan"), "parts": {"a": 1, "b": None, "c": True}}}  # fmt: skip
    run = {"run": "r", "dataset": "d", "state": "failed", "title": "", "recipe": {}, "created": event["time"],
           "started": None, "ended": None}  # fmt: skip
    told = as_mlflow(run, [event])
    keys = [metric["key"] for batch in told["batches"] for metric in batch.get("metrics", [])]
    assert keys == ["seed 1/metrics/parts.a"]
    assert told["end"] == {"status": "FAILED"}
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_frames_of_nothing_have_their_columns():
    assert list(frames.runs([])) == [
        "run",
        "title",
        "dataset",
        "state",
        "reason",
        "created",
        "started",
        "ended",
        "stage",
    ]
    assert len(frames.events([])) == len(frames.artefacts([])) == len(frames.datasets([])) == 0


@pytest.mark.slow  # a run through all stages, by a server of its own
def test_the_worked_example_of_the_docs_runs(tmp_path):
    """Every block of docs/python.md in its order, in a process of its own that never hears of this test."""
    unpacked(tmp_path / "workspace")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
    assert len(blocks) >= 6
    code = "\n".join(blocks).replace("workbench.run()", "bars(workbench)", 1)
    finder = "def bars(w):\n    runs = w.runs()\n    return w.run(runs[runs.title == 'Bars'].run.iloc[0])\n"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{finder}{code}"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "recipe: train.epocs: expected a known key, found an unknown one" in ended.stdout
    assert (tmp_path / "encoder.safetensors").exists()
