"""The facade: what it answers, what it refuses in one line, and that it stays in the workspace and free of torch."""

import hashlib
import io
import json
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from backend.control.runs import runs as run_rows
from backend.control.service import NotFound, Service
from backend.control.workspace_lock import Owned
from backend.modality.image.cell import png
from backend.workspace.events import EventLog
from backend.workspace.layout import BadInput
from tests.conftest import registered

OPEN = {
    "schema": {"properties": {}, "type": "object"},
    "summary": "",
    "kinds": ["image"],
    "reads": ["bidirectional", "causal"],
    "says": {},
}
CATALOGUE = {
    "pretext": {"simclr": OPEN},
    "encoders": {"convnet": OPEN},
    "augment": {"photo": OPEN},
    "finetune": {"knn": OPEN, "linear": OPEN, "lpft": OPEN},
    "projection": {"umap": OPEN, "pca": OPEN},
    "attribution": dict.fromkeys(
        ("integrated_gradients", "saliency", "input_x_gradient", "layer_gradcam", "occlusion"), OPEN
    ),
}


@pytest.fixture
def service(workspace, dataset, monkeypatch):
    monkeypatch.setattr(Service, "catalogue", lambda self: CATALOGUE)
    service = Service.open(workspace.root, start_supervisor=False)
    register(service, dataset.manifest)
    yield service
    service.close()


def register(service, manifest):
    subjects = [
        {"role": r, "sha256": manifest[r]["sha256"], "type": t, "bytes": 1}
        for r, t in (("images", "safetensors"), ("table", "parquet"), ("sheet", "json"))
    ]
    registered(service.store, manifest, subjects)


def finish(service, run, *events, state="succeeded"):
    """Let a run end as a worker would tell it."""
    log = EventLog(service.workspace.run(run).events)
    for kind, body, key in (*events, (f"run.{'finished' if state == 'succeeded' else state}", {}, "end")):
        log.append(kind, body, key=key)
    log.close()
    service.store.write(lambda tx: run_rows.move(tx, run, "running", handle=json.dumps({"pid": 1, "started": 0.0})))
    service.supervisor.tick()


def submit(service, **sections):
    return service.submit({"data": {"name": "bars"}, **sections})


def test_a_run_from_submission_to_its_events(service):
    run = submit(service, title="First")
    assert service.run(run)["state"] == "queued"
    assert service.run(run)["recipe"]["train"]["epochs"] == 30
    finish(service, run, ("metrics", {"step": 1}, "1"), ("metrics", {"step": 2}, "2"), ("knn", {"step": 2}, "2"))
    row = service.run(run)
    assert (row["state"], row["title"], row["dataset"], row["progress"]) == ("succeeded", "First", "bars", None)
    assert [e["body"]["step"] for e in service.events(run, "metrics")] == [1, 2]
    newest = service.latest(run, "metrics")
    assert newest["body"] == {"step": 2}
    assert service.latest(run, "metrics", "1")["body"] == {"step": 1}
    assert service.latest(run, "nothing") is None
    assert [e["kind"] for e in service.events(run, after=newest["leaf"])] == ["knn", "run.finished", "run.sealed"]
    assert service.wait(run, timeout=1)["state"] == "succeeded"


def test_runs_are_newest_first_and_quick_with_many(service):
    for n in range(20):
        run = f"r{n:02d}"
        job = {"recipe": {}, "dataset": {}}
        service.store.write(lambda tx, run=run, job=job: run_rows.create(tx, run, "run", "", "bars", job, "local"))
        some = [{"step": i, "loss": i / 7} for i in range(500)]
        service.store.write(
            lambda tx, run=run, some=some: [
                tx.log("metrics", b, actor="worker", run=run, seq=i) for i, b in enumerate(some)
            ]
        )
    began = time.perf_counter()
    assert [r["run"] for r in service.runs()][:2] == ["r19", "r18"]
    assert service.latest("r10", "metrics")["body"]["step"] == 499
    assert len(service.events("r10", "metrics")) == 500
    assert time.perf_counter() - began < 0.5


def test_the_worker_gets_all_it_needs_in_job_json(service):
    run = submit(service)
    service.supervisor.launcher.submit = lambda folder, slot: {"pid": 1, "started": 0.0}
    service.supervisor.tick()
    job = json.loads(service.workspace.run(run).job.read_text())
    assert (job["run"], job["kind"], job["device"], job["attempt"]) == (run, "run", "cpu", 0)
    assert job["dataset"]["images"] == service.dataset("bars")["images"]
    assert job["recipe"]["data"]["name"] == "bars"


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ({"data": {"name": "nobody"}}, "data set: expected a registered one .bars., found 'nobody'"),
        ({"data": {"name": "../x"}}, "data.name"),
        ({"train": {"epoch": 3}}, "train.epoch: expected a known key"),
        ({"fairness": {"sensitive": ["race"]}}, "fairness.sensitive: .*sex, age.*found 'race'"),
        ({"stages": ["project"]}, "expected 'pretrain' before 'project'"),
        ({"stages": []}, "recipe: stages: expected at least one stage, each of them once, found "),
        ({"stages": ["pretrain", "pretrain"]}, "expected at least one stage, each of them once"),
        ({"finetune": {"methods": []}}, "finetune.methods: expected at least one for the stage 'study', found none"),
        ({"attribution": {"methods": []}}, "attribution.methods: expected at least one for the stage 'attribute'"),
        ({"stages": ["pretrain", "audit_bias"]}, "expected 'study' before 'audit_bias'"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line(service, sections, says):
    with pytest.raises(BadInput, match=says) as caught:
        submit(service, **sections)
    assert "\n" not in str(caught.value)
    assert [run["kind"] for run in service.runs()] == ["data"]


def test_a_label_with_one_class_cannot_be_studied(service, dataset):
    table = dataset.table.assign(label=0)
    import pyarrow as pa

    put = service.artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    register(service, {**dataset.manifest, "name": "flat", "table": {"sha256": put.sha256}})
    register(service, {**dataset.manifest, "name": "blank", "label": None})
    with pytest.raises(BadInput, match="two classes or more in the train split of flat, found 1"):
        submit(service, data={"name": "flat"})
    with pytest.raises(BadInput, match="expected a data set with a label"):
        submit(service, data={"name": "blank"})
    assert submit(service, data={"name": "flat"}, stages=["pretrain"])


def test_adding_data_is_queued_once_a_name(service, tmp_path):
    run = service.add_data({"name": "new", "path": str(tmp_path)})
    assert service.run(run)["kind"] == "data"
    assert service.run(run)["recipe"]["path"] == str(tmp_path)
    with pytest.raises(BadInput, match="being registered"):
        service.add_data({"name": "new", "path": str(tmp_path)})
    with pytest.raises(BadInput, match="which is registered"):
        service.add_data({"name": "bars", "path": str(tmp_path)})
    service.cancel(run)
    service.supervisor._launch = lambda: None
    service.supervisor.tick()
    assert service.run(run)["state"] == "cancelled"
    assert service.add_data({"name": "new", "path": str(tmp_path)}) != run


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "../../etc", "path": "/"},
        {"name": "x"},
        {"name": "x", "path": "/no/such/place"},
        {"name": "x", "path": "/", "builtin": "clinic"},
        {"name": "x", "path": "/", "colour": "red"},
        {"name": "x", "path": "/", "size": 10**9},
        {"path": "/"},
    ],
)
def test_a_wrong_data_spec_is_refused_in_one_line(service, spec):
    with pytest.raises(BadInput) as caught:
        service.add_data(spec)
    assert "\n" not in str(caught.value)


def test_cancel_is_recorded_once_with_who_asked(service):
    run = submit(service)
    service.cancel(run, actor="ann")
    service.cancel(run, actor="bob")
    assert [e["actor"] for e in service.events(run, "run.cancel_asked")] == ["ann"]


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.run("nobody"),
        lambda s: s.run("../../etc/passwd"),
        lambda s: s.log("../../etc"),
        lambda s: s.dataset("nobody"),
        lambda s: s.document("0" * 64),
        lambda s: s.table("f" * 64),
    ],
)
def test_what_is_not_there_is_not_found(service, call):
    with pytest.raises(NotFound) as caught:
        call(service)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.document("../../../etc/passwd"),
        lambda s: s.document(None),
        lambda s: s.events(["r1"]),
        lambda s: s.table(s.dataset("bars")["table"]["sha256"], ["nope"]),
        lambda s: s.array(s.dataset("bars")["images"]["sha256"], "nope"),
        lambda s: s.array(s.dataset("bars")["images"]["sha256"], "images", [0, 10**9]),
        lambda s: s.thumbnails("bars", [-1]),
        lambda s: s.thumbnails("bars", [240]),
        lambda s: s.thumbnails("bars", [0], size=10**6),
        lambda s: s.thumbnails("bars", list(range(240)) * 20),
        lambda s: s.ask("why?"),
    ],
)
def test_what_comes_from_outside_is_checked(service, call):
    with pytest.raises(BadInput) as caught:
        call(service)
    assert "\n" not in str(caught.value)


def test_rows_of_an_array_come_in_the_order_asked(service, dataset):
    sha256 = dataset.manifest["images"]["sha256"]
    rows = [7, 3, 3, 239]
    assert np.array_equal(service.array(sha256, "images", rows), dataset.images[rows])
    assert np.array_equal(service.array(sha256, "images", slice(2, 5)), dataset.images[2:5])
    assert service.array(sha256, "images", []).shape == (0, 1, 16, 16)


def test_thumbnails_show_the_pixels(service, dataset):
    first, _ = service.thumbnails("bars", [5, 9])
    assert np.array_equal(np.array(Image.open(io.BytesIO(first))), dataset.images[5][0])
    (large,) = service.thumbnails("bars", [9], size=64)
    assert Image.open(io.BytesIO(large)).size == (64, 64)
    assert np.array_equal(np.array(Image.open(io.BytesIO(large)))[::4, ::4], dataset.images[9][0])


def test_a_colour_picture_keeps_its_colours():
    image = np.zeros((3, 4, 6), np.uint8)
    image[0] = 200
    picture = Image.open(io.BytesIO(png(image)))
    assert (picture.size, picture.getpixel((0, 0))) == ((6, 4), (200, 0, 0))


def test_selections_are_ledger_events_and_the_newest_of_a_name_counts(service):
    run = submit(service)
    service.save_selection(run, "Dark ones", [1, 2], {"colour": "label"}, actor="ann")
    service.save_selection(run, "Dark ones", np.array([3, 4]), {}, actor="bob")
    (found,) = service.selections(run)
    assert (found["rows"], found["actor"], found["version"]) == ([3, 4], "bob", 2)
    assert found["rows_sha256"] == hashlib.sha256(np.array([3, 4], "<i8").tobytes()).hexdigest()
    assert len(service.events(run, "selection")) == 2


def test_selections_are_read_again_only_when_one_was_added_or_erased(service):
    run = submit(service)
    kept = service.save_selection(run, "Dark ones", [1, 2], {})
    first = service.selections(run)
    assert service.selections(run) is first
    service.save_selection(run, "Light ones", [5], {})
    assert [one["name"] for one in service.selections(run)] == ["Dark ones", "Light ones"]
    service.trail.redact(kept["leaf"], "asked for")
    assert [one["name"] for one in service.selections(run)] == ["Light ones"]


@pytest.mark.parametrize(
    ("name", "rows", "view"),
    [
        ("", [1], {}),
        ("a\nb", [1], {}),
        ("a", [240], {}),
        ("a", ["x"], {}),
        ("a", [1], {"x": float("nan")}),
        ("a", [1], {"x": "y" * 200_000}),
        ("a", [1], None),
    ],
)
def test_a_wrong_selection_is_refused(service, name, rows, view):
    run = submit(service)
    with pytest.raises(BadInput) as caught:
        service.save_selection(run, name, rows, view)
    assert "\n" not in str(caught.value)
    assert service.selections(run) == []


def test_the_ledger_is_listed_newest_first_and_verifies(service):
    run = submit(service)
    leaves = service.ledger()
    assert [leaf["leaf"] for leaf in leaves] == [3, 2, 1, 0]
    assert len(leaves[0]["hash"]) == 64
    assert [leaf["kind"] for leaf in service.ledger(run)] == ["run.submitted"]
    assert service.ledger(limit=1, offset=3)[0]["leaf"] == 0
    report = service.verify()
    assert (report["ok"], report["events"], report["artefacts"]) == (True, 4, 3)


def test_a_replaced_artefact_is_found(service, dataset):
    path = service.artefacts.path(dataset.manifest["sheet"]["sha256"], "json")
    path.write_text('{"warnings":["none"]}')
    report = service.verify()
    assert not report["ok"]
    assert [(f["kind"], f["leaf"], f["run"]) for f in report["findings"]] == [("file replaced", 1, "data-bars")]


def test_a_replaced_file_is_not_shown(service, dataset):
    sheet = dataset.manifest["sheet"]["sha256"]
    assert service.sheet("bars")["warnings"] == []
    service.artefacts.path(sheet, "json").write_text('{"warnings":["none"]}')
    table = service.artefacts.path(dataset.manifest["table"]["sha256"], "parquet")
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    for look in (
        lambda: service.sheet("bars"),
        lambda: service.table(dataset.manifest["table"]["sha256"], ["label"]),
        lambda: service.file(sheet, "json"),
    ):
        with pytest.raises(BadInput, match="expected the file of this digest, found it changed"):
            look()


def test_everything_is_there_after_a_restart(service):
    run = submit(service)
    service.supervisor.seal()
    service.trail.checkpoint()  # the first one names the key in an event
    root = service.verify()["root"]
    service.close()
    again = Service.open(service.workspace.root, start_supervisor=False)
    assert again.run(run)["state"] == "queued"
    assert again.dataset("bars")["count"] == 240
    assert again.verify()["root"] == root
    again.close()


def test_a_second_service_is_refused_and_disturbs_nothing(service):
    with pytest.raises(Owned, match="open in this process"):
        Service.open(service.workspace.root)
    assert submit(service)


def test_the_control_plane_imports_no_torch_and_no_streamlit():
    code = (
        "import sys, backend.control.service, backend.control.runs.supervisor;"
        "import backend.audit.ledger.verify, backend.worker;"
        "print([m for m in ('torch', 'streamlit', 'sklearn', 'umap') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_workspace_whose_settings_are_wrong_is_let_go_of(tmp_path):
    """One line, nothing started, and the database closed: an open one makes its binding complain at exit."""
    import threading

    (tmp_path / "ws").mkdir(mode=0o700)
    (tmp_path / "ws" / "settings.toml").write_text("nonsense = [")
    before = set(threading.enumerate())
    with pytest.raises(BadInput, match=r"settings.toml: expected TOML"):
        Service.open(tmp_path / "ws")
    assert set(threading.enumerate()) == before
    (tmp_path / "ws" / "settings.toml").unlink()
    Service.open(tmp_path / "ws").close()
