"""The stage on a table in which the town gives the sex away: what it finds, and of a model that leans on it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from backend.engine.job import Job
from backend.engine.weights import build_classifier, build_encoder, save_classifier
from backend.fairness import _proxies
from backend.recipe import Recipe
from backend.stages import proxies
from backend.stages.modality import data_module
from backend.statistics import alone
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog, read_events
from tests import tables_made
from workbench.charts import proxies as charts
from workbench.documents import svg
from workbench.documents.chapters import CHAPTERS
from workbench.verdicts import proxies as words

SEX, TOWN = 3, 6
QUICK = {"min_group": 10, "resamples": 2_000, "permutations": 200}


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A run whose supervised classifier says "yes" to whoever lives where men live."""
    from backend.workspace.layout import Workspace

    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    artefacts = Artefacts(workspace.artefacts)
    dataset = tables_made.make_dataset(artefacts, 600)
    folder = workspace.run("r1")
    folder.checkpoints.mkdir(parents=True)
    recipe = Recipe.model_validate({"data": {"name": "people"}, "augment": {"name": "none"}, "fairness": QUICK,
                                    "encoder": {"name": "mlp", "width": 16, "layers": 1}})  # fmt: skip
    job = Job(folder, recipe, dataset, "cpu", EventLog(folder.events), artefacts)
    spec = data_module(job).spec
    classifier = build_classifier(spec, build_encoder(spec, 0))
    rows = tables_made.records(600)
    men, rows[:, SEX] = (rows[:, SEX] > 1).long(), torch.nan
    optimizer = torch.optim.Adam(classifier.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(classifier(rows), men).backward()
        optimizer.step()
    saved = save_classifier(artefacts, "classifier", classifier, spec)
    job.events.append("classifier", {"arm": "scratch_aug"}, [saved], key="scratch_aug/1")
    proxies.run(job)
    return job


@pytest.fixture
def body(job):
    (found,) = (e["body"] for e, _ in read_events(job.folder.events) if e["kind"] == "proxies")
    return json.loads(json.dumps(found))


def test_the_town_is_a_proxy_and_nothing_else_is(body):
    found = {one["column"]: one for one in body["columns"]}
    assert {name for name, one in found.items() if one["proxy"]} == {"town"}
    assert found["town"]["auroc"]["low"] > 0.9
    assert found["sex"]["itself"]
    assert found["sex"]["p_holm"] is None
    assert body["together"]["low"] > 0.9
    assert body["groups"] == ["female", "male"]
    assert body["of"] == 6, "a date is one column"


def test_the_town_carries_the_gap_and_the_sex_that_the_model_does_not_read_carries_none(body):
    by = {tuple(one["columns"]): one["metrics"]["selection_rate"] for one in body["carried"]}
    assert set(by) == {("sex",), ("town",), ("sex", "town")}
    town = by["town",]
    assert town["groups"] == ["male", "female"]
    assert town["gap"]["value"] > 0.9
    assert abs(town["without"]["value"]) < 0.2
    assert town["difference"]["low"] > 0.5
    assert town["decision"] == "carries"
    assert abs(by["sex",]["difference"]["value"]) < town["difference"]["value"] / 2


def test_a_resumed_run_repeats_no_event(job):
    before = job.folder.events.read_bytes()
    proxies.run(job)
    assert job.folder.events.read_bytes() == before


def test_what_is_said(body):
    said = words.sentence(body)
    assert "The model reads sex itself" in said
    assert "“town” gives sex away: from it alone the groups are told apart with AUROC" in said
    carried = words.carried(body)
    assert any("The supervised model: “town” carries part of the gap in" in one for one in carried)
    assert words.column_rows(body)[-1]["Column"] == words.TOGETHER
    assert {row["Finding"] for row in words.column_rows(body)} == {"the attribute itself", "proxy", ""}
    alone = body["carried"][0]
    both = {**alone, "columns": [*alone["columns"], "age"]}
    (first,) = words.foremost({**body, "carried": [alone, both, alone]})
    assert first == words.carried_sentence(body, both)
    assert len(words.carried_rows(body)) == 3 * len(body["carried"][0]["metrics"])
    figure = charts.told(body)
    assert len(figure.layout.yaxis.ticktext) == 7
    assert charts.carried(body, "selection_rate").layout.xaxis.title.text.startswith("change of the gap (percentage")


def test_without_proxies_it_says_so(body):
    for one in body["columns"]:
        one["proxy"] = False
    body["columns"] = [one for one in body["columns"] if not one["itself"]]
    body |= {"together": {"value": 0.51, "low": 0.48, "high": 0.54}, "carried": []}
    assert words.sentence(body).startswith("No column gives sex away (closest: “town”, AUROC")
    assert words.carried(body) == []
    body["together"] = {"value": 0.8, "low": 0.75, "high": 0.85}
    assert words.sentence(body).startswith("No single column gives sex away")
    assert "columns that say little alone give it away together" in words.sentence(body)


def test_groups_at_random_have_no_proxy():
    described, values = tables_made.described(), tables_made.records(500).numpy()
    rng = np.random.default_rng(12_345)
    for seed in range(20):
        found = _proxies.alone_of(values, described, rng.integers(0, 2, 500), 2, "", alone.folds(500, seed))
        _proxies.judge([{"columns": found}])
        assert not any(one["proxy"] for one in found)


def test_holm_counts_every_column_of_every_attribute():
    told = {"value": 0.7, "low": 0.65, "high": 0.75}
    one = [{"column": c, "itself": c == "a", "auroc": told, "p": 0.01, "p_holm": None} for c in "abc"]
    other = [{"column": c, "itself": False, "auroc": told, "p": 0.02, "p_holm": None} for c in "ab"]
    _proxies.judge([{"columns": one}, {"columns": other}])
    assert [c["p_holm"] for c in one] == [None, 0.04, 0.04]
    assert [c["p_holm"] for c in other] == [0.04, 0.04]
    assert [c["proxy"] for c in one] == [False, True, True]


def test_other_modalities_are_passed_over(make_job):
    job = make_job(fairness=QUICK)
    proxies.run(job)
    (event,) = (e for e, _ in read_events(job.folder.events))
    assert event["kind"] == "stage.skipped"
    assert event["body"]["reason"] == "proxies are columns that a model reads, and this data set has none"


def test_the_chapter_of_the_report(body):
    out = CHAPTERS["proxies"]({"proxies": [body]}, None)
    assert out.verdict == words.sentence(body)
    assert [table.title for table in out.tables] == [
        "Columns that give sex away",
        "Gaps by sex, with and without these columns",
    ]
    assert "town" in svg.draw(out.figures[0]())
