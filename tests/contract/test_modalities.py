"""The whole loop for every modality on its tiny data set: register, pretrain, study, map, explain, audit, report."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from backend.control.service import Service
from backend.interactive import answer
from backend.leaving.__main__ import export
from backend.leaving.choice import Choice, nearest_audited
from backend.leaving.record import Record
from backend.leaving.refit import fitted_again
from backend.modality import modality, names
from tests import outside
from workbench.documents import build
from workbench.frame import session

PLUGINS = Path(__file__).parents[1] / "plugins"  # a modality that lives in the tests alone
UI = Path(session.__file__).parents[1] / "ui.py"
KNOWN = ("image", "points", "series", "table", "text")
NUMBER = "points-number"  # the same modality, with a number as target
STAGES = ("pretrain", "study", "project", "attribute", "audit_bias")


RUNS = [pytest.param("points", marks=pytest.mark.slow), *(one for one in KNOWN if one != "points"), NUMBER]


@pytest.fixture(scope="module", params=RUNS)
def done(request, tmp_path_factory):
    """A finished run of a modality: its service, names and known answer."""
    folder = tmp_path_factory.mktemp(request.param)
    name, _, target = request.param.partition("-")
    known = import_module(f"tests.modality.{name}")
    write = known.write_number if target else known.write
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_PLUGINS", str(PLUGINS))
        service = Service.open(folder / "ws")
        try:
            for job in (lambda: service.add_data(write(folder)), lambda: service.submit(known.RECIPE)):
                run = job()
                found = service.wait(run, 300)
                assert found["state"] == "succeeded", (found["reason"], service.log(run))
            told = {"modality": name, "number": bool(target), "known": known, "folder": folder}
            yield SimpleNamespace(**told, service=service, run=run)
        finally:
            service.close()


def test_every_modality_has_a_known_answer(monkeypatch):
    monkeypatch.setenv("WORKBENCH_PLUGINS", str(PLUGINS))
    assert names() == KNOWN


def test_the_run_says_which_modality_it_is_of(done):
    assert done.service.run(done.run)["modality"] == done.modality


def test_every_stage_was_done(done):
    finished = {event["body"]["stage"] for event in done.service.events(done.run, "stage.finished")}
    assert finished >= set(STAGES)
    assert not done.service.events(done.run, "stage.skipped")


def test_the_study_finds_the_known_answer(done):
    verdict, (arm, least) = done.service.latest(done.run, "study.verdict")["body"], done.known.KNOWN
    found = {e["method"]: e["mean"]["value"] for e in verdict["table"] if e["arm"] == arm and e["fraction"] == 1}
    if done.number:
        assert min(found.values()) <= done.known.ERROR, found
    else:
        assert max(found.values()) >= least, found


def test_explanations_are_held_against_controls(done):
    controls = done.service.events(done.run, "attribution.controls")[0]["body"]
    assert all(len(controls["curves"][name]["deletion"]) == 21 for name in controls["verdict"])
    assert len(controls["verdict"]) >= 3


def test_groups_are_audited(done):
    assert done.service.events(done.run, "fairness")


def test_cells_are_of_the_kind_that_the_modality_names(done):
    shown = modality(done.modality)
    cells = done.service.cells(done.service.run(done.run)["dataset"], [3, 1], size=24, characters=40)
    assert [cell.kind for cell in cells] == [shown.cell] * 2
    assert cells[0].body != cells[1].body


def test_a_question_is_answered(done):
    sha256 = done.service.latest(done.run, "classifier")["subjects"][0]["sha256"]
    method = done.service.run(done.run)["recipe"]["attribution"]["methods"][0]
    data = done.service.dataset(done.service.run(done.run)["dataset"])
    question = {"kind": "attribute", "classifier": sha256, "dataset": data, "rows": [0, 1], "methods": [method]}
    told = answer(question, done.service.workspace)  # the interactive worker's own, without its start
    assert len(told["result"]["predicted"]) == 2
    assert method in told["result"]["methods"]


def test_the_model_leaves_and_answers_elsewhere_as_here(done):
    """Where no workbench is, from files of its own: what the study said of the same rows, and ONNX the same."""
    predicted = next(e for e in done.service.events(done.run, "predictions") if e["body"]["arm"] == "ssl")
    table = done.service.table(predicted["subjects"][0]["sha256"]).to_pandas()
    folder = done.folder / "model"
    left = export(done.service.workspace, done.run, folder, method=predicted["body"]["method"], features=True)
    assert left["refit"] is None or left["refit"].get("sealed", True)
    found = outside.used(folder, done.known.again(done.folder, table["row"].tolist()), done.folder / "found")
    own = [name for name in table if name == "predicted" or name.startswith("p_")]
    wanted = table[own if done.number else own[1:]].to_numpy()
    scale = max(1.0, np.abs(wanted).max())
    assert np.abs(found["answers"] - wanted).max() <= 1e-5 * scale
    assert np.abs(found["onnx"] - wanted).max() <= 1e-4 * scale
    assert len(found["scored"]) == len(table) + 1
    assert left["onnx"]["difference"] <= 1e-4
    known = pd.read_parquet(folder / "features.parquet")
    data = done.service.dataset(done.service.run(done.run)["dataset"])
    assert known.split.tolist() == done.service.table(data["table"]["sha256"], ["split"])["split"].to_pylist()
    features = known.set_index("row").loc[table["row"], [f"f{place}" for place in range(left["dim"])]]
    assert np.abs(found["features"] - features.to_numpy()).max() <= 1e-5 * max(1.0, np.abs(features.to_numpy()).max())


def test_a_readout_that_is_fitted_again_is_the_one_that_was_sealed(done):
    record = Record(done.service.workspace, done.run)
    method = record.job.recipe.finetune.methods[-1]
    found = fitted_again(record, Choice("readout", 0, method, nearest_audited(record)))
    assert found.facts["sealed"], found.facts


def test_the_report_is_built(done):
    html = build(done.service, done.run, "html").decode()
    assert modality(done.modality).noun in html
    assert ("mean absolute error" in html) is done.number


@pytest.mark.parametrize(
    "name", ["data", "new_run", "sweep", "run", "study", "embeddings", "explain", "bias", "report"]
)
def test_every_page_shows_it(done, name):
    session.use(done.service)
    app = AppTest.from_file(str(UI), default_timeout=60)
    app.query_params.update({"run": done.run, "dataset": done.service.run(done.run)["dataset"]})
    app.switch_page(f"../pages/{name}.py")
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    said = " ".join(str(element.value) for element in (*app.markdown, *app.caption, *app.title, *app.header))
    others = {modality(one).nouns for one in KNOWN} - {modality(done.modality).nouns, "texts", "rows"}
    assert not [noun for noun in others if noun in said.lower()], said
