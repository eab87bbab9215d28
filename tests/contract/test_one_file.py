"""A method is one file: the five examples of CONTRIBUTING.md, as plug-ins, through form, run, page and report.

The texts of the document are what runs, so the document cannot say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import exports, registry
from backend.control.service import Service
from tests.pages.conftest import UI, register, register_texts
from workbench.documents import build
from workbench.frame import session

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```python\n# (\w+)/(\w+)\.py\n(.*?)```", re.DOTALL)
ADDED = {
    "pretext": "turned",
    "collapse": "quiet_dimensions",
    "fairness": "miss_rate",
    "probes": "who_sees",
    "masking": "every_third",
}
SHORT = {"epochs": 1, "batch_size": 32, "log_every": 1, "knn_every": 0}
STUDY = {
    "fractions": [1.0],
    "subset_seeds": 1,
    "pretrain_seeds": 1,
    "methods": ["linear"],
    "baselines": ["scratch_aug"],
}


@pytest.fixture(scope="module", autouse=True)
def _added(tmp_path_factory) -> Iterator[None]:
    """The document's examples in a folder of plug-ins."""
    folder = tmp_path_factory.mktemp("plugins")
    for kind, name, source in EXAMPLE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        (folder / kind).mkdir(exist_ok=True)
        (folder / kind / f"{name}.py").write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_PLUGINS", str(folder))
        yield
    for kind in ADDED:
        registry.names(kind)  # which forgets the folder again


@pytest.fixture(scope="module")
def runs(tmp_path_factory, _added) -> Iterator[tuple[Service, dict[str, str]]]:
    """A service whose worker has made one run on images and one on texts with what was added."""
    service = Service.open(tmp_path_factory.mktemp("one_file") / "ws")
    register(service, n=160)
    register_texts(service)
    made = {"image": service.submit(of_images()), "text": service.submit(of_texts())}
    ended = [service.wait(run, timeout=200) for run in made.values()]
    assert [(run["state"], run["reason"]) for run in ended] == [("succeeded", None)] * 2
    session.use(service)
    yield service, made
    service.close()


def of_images() -> dict[str, Any]:
    return {
        "title": "Turned bars",
        "stages": ["pretrain", "study", "audit_bias"],
        "data": {"name": "bars"},
        "pretext": {"name": ADDED["pretext"], "width": 8},
        "encoder": {"name": "convnet", "width": 4},
        "train": SHORT,
        "collapse": {"every": 1},
        "finetune": {**STUDY, "max_steps": 4},
        "fairness": {"sensitive": ["sex"], "min_group": 5, "resamples": 200, "permutations": 200},
    }


def of_texts() -> dict[str, Any]:
    return {
        "title": "Every third word",
        "stages": ["pretrain", "probe_bias"],
        "data": {"name": "reviews"},
        "pretext": {"name": "mlm", "masking": ADDED["masking"]},
        "encoder": {"name": "bert", "width": 32, "layers": 1, "heads": 2},
        "tokenizer": {"name": "wordpiece", "vocabulary": 200, "length": 24},
        "train": {**SHORT, "batch_size": 8, "max_steps": 6},
        "collapse": {"every": 2},
        "finetune": STUDY,
        "probes": {"methods": [ADDED["probes"]], "permutations": 200},
    }


def page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(UI), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(f"../pages/{name}.py").run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def said(app: AppTest) -> str:
    """All words of a page, those of its figures and tables too."""
    kinds = ("markdown", "caption", "title", "header", "text", "code")
    words = [str(one.value) for kind in kinds for one in app.get(kind)]
    words += [one.proto.spec for one in app.get("plotly_chart")]
    words += [one.value.to_csv() for one in app.dataframe]
    words += [option for one in app.selectbox for option in one.options]
    return "\n".join(words).replace("\\", "")


def test_the_document_has_an_example_of_each():
    assert {kind: name for kind, name, _ in EXAMPLE.findall((ROOT / "CONTRIBUTING.md").read_text())} == ADDED


@pytest.mark.parametrize("folder", ADDED)
def test_it_is_listed_and_its_file_says_what_screens_say(folder):
    found = registry.plugin(folder, ADDED[folder])
    assert found.summary.endswith((".", "?", ")."))
    assert exports.says(folder, ADDED[folder]) == found.says


def test_the_form_offers_them(runs):
    app = page("new_run", dataset="bars")
    assert "Turned" in next(one for one in app.selectbox if one.label == "Pretext task").options
    assert "Quiet dimensions" in said(app)
    assert "Cases missed (FNR)" in said(app)
    app = page("new_run", dataset="reviews")
    options = [option for one in (*app.selectbox, *app.multiselect) for option in one.options]
    assert "Every third" in options
    assert "Who sees" in options


def test_the_run_made_use_of_them(runs):
    service, made = runs
    reading = service.latest(made["image"], "collapse")["body"]
    assert 0 <= reading["places"]["backbone"]["quiet_dimensions"] <= 1
    assert reading["loss_bound"] == pytest.approx(1.386, abs=1e-3)
    audit = service.latest(made["image"], "fairness")["body"]
    tpr, miss = (audit["overall"][metric]["value"] for metric in ("tpr", "miss_rate"))
    assert tpr + miss == pytest.approx(1)
    assert service.latest(made["text"], "probe", "ssl/who_sees")["body"]["estimate"]["value"] is not None
    recipe = service.latest(made["text"], "run.started")["body"]["recipe"]
    assert recipe["pretext"]["masking"] == "every_third"


def test_each_is_on_its_page(runs):
    _, made = runs
    run = said(page("run", run=made["image"]))
    assert "learns by turned" in run
    assert "chance level: ln 4 = 1.39" in run
    assert "Quiet dimensions" in run
    assert "0 is healthy; near 1 only few dimensions" in run
    assert "Cases missed (FNR)" in said(page("bias", run=made["image"]))
    assert "learns by masked language model (masking every third)" in said(page("run", run=made["text"]))
    assert "Who sees: the model prefers" in said(page("bias", run=made["text"]))


def test_each_is_in_the_report(runs):
    service, made = runs
    image, text = (build(service, made[kind]).decode().replace("\u00a0", " ") for kind in made)
    assert "turned" in image
    assert "ln 4 = 1.39" in image
    assert "Quiet dimensions" in image
    assert "Cases missed (FNR)" in image
    assert "every_third" in text
    assert "Who sees: the model prefers" in text


def test_the_dossier_speaks_of_them(runs):
    service, made = runs
    told = "\n".join(
        value["text"]
        for point in service.dossiers.document(made["image"])["points"]
        for field in point["fields"]
        for value in field["values"]
    )
    assert "cases missed (FNR)" in told
