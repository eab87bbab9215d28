"""The stage on the tiny data set: what is logged in which order, what validation alone decides, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from backend.data.dataset import Dataset
from backend.recipe import Recipe, checked_sections
from backend.stages import decide, study
from backend.stages._decide_measures import relative
from backend.stages._decide_models import modelled
from backend.stages._study_store import CellStore
from backend.statistics.costs import Spread
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput
from tests.numbered import events_of, numbered, planted, studied

PLAN = {"fractions": [0.5, 1.0], "methods": ["linear"], "baselines": ["random", "classical"], "pretrain_seeds": 1}


def rare(dataset: Dataset, share: float = 0.25) -> tuple[Dataset, np.ndarray]:
    """The bars with a class that features tell and pictures do not, `share` of the rows positive."""
    numbers, features = planted(dataset)
    label = (numbers > np.quantile(numbers, 1 - share)).astype(np.int64)
    table = dataset.table.assign(label=label)
    put = dataset.artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    return Dataset({**dataset.manifest, "table": {"sha256": put.sha256}}, dataset.artefacts), features


@pytest.fixture
def done(workspace, dataset):
    """A job whose study and decisions are done; costs of 20 against 1, two rows in ten may be inspected."""
    data, features = rare(dataset)
    job = studied(workspace, data, features, target="class", **PLAN)
    job.recipe.decide.miss, job.recipe.decide.budget = 20.0, 0.2
    study.run(job)
    decide.run(job)
    return job


def test_the_plan_comes_before_the_verdict_and_both_after_the_reading(done):
    kinds = [event["kind"] for event, _ in read_events(done.folder.events)]
    order = [kinds.index(kind) for kind in ("study.test_read", "study.verdict", "decide.plan", "decide.verdict")]
    assert order == sorted(order)
    plan = events_of(done, "decide.plan")[0]["body"]
    assert plan["threshold"] == pytest.approx(1 / 21)
    assert (plan["budget"], plan["positive"]) == (0.2, "upright")
    assert plan["fractions"] == [0.5, 1.0], "the headline's, then the audited one"


def test_figures_of_every_arm_beside_every_rival(done):
    event = events_of(done, "decide.verdict")[0]
    body = event["body"]
    assert {(e["arm"], e["fraction"]) for e in body["table"]} == {
        (arm, f) for arm in ("ssl", "random", "classical") for f in (0.5, 1.0)
    }
    own = next(e for e in body["table"] if (e["arm"], e["fraction"]) == ("ssl", 1.0))
    assert own["measures"]["recall"]["value"] > 0.5
    assert own["measures"]["cost"] == own["at_cost"]["cost"]
    counts = [own["at_cost"][name]["value"] for name in ("missed", "detected")]
    assert sum(counts) == pytest.approx(1000 * body["test"]["positive"] / body["test"]["rows"])
    assert sum(own["calibration"]["chosen"].values()) == own["models"] == 3
    contrast = next(c for c in body["contrasts"] if (c["against"], c["fraction"]) == ("random", 1.0))
    theirs = next(e for e in body["table"] if (e["arm"], e["fraction"]) == ("random", 1.0))
    assert contrast["measures"]["recall"]["difference"]["value"] == pytest.approx(
        own["measures"]["recall"]["value"] - theirs["measures"]["recall"]["value"]
    )
    assert contrast["measures"]["recall"]["decision"] == "better"
    share = body["test"]["positive"] / body["test"]["rows"]
    assert body["references"]["never"]["value"] == pytest.approx(1000 * 20 * share)
    assert body["references"]["always"]["value"] == pytest.approx(1000 * (1 - share))


def test_curves_give_the_logged_figures_again(done):
    """At the stated costs and budget: from the tables alone, as a page computes them for others."""
    event = events_of(done, "decide.verdict")[0]
    budgets, thresholds = (done.artefacts.table(s["sha256"]).to_pandas() for s in event["subjects"])
    plan, own = events_of(done, "decide.plan")[0]["body"], event["body"]["table"][0]
    at = (budgets.fraction == 0.5) & (budgets.arm == "ssl") & (budgets.against == "") & (budgets.budget == 0.2)
    recall = budgets[at & (budgets.measure == "recall")].iloc[0]
    assert (recall.value, recall.low, recall.high) == pytest.approx(tuple(own["measures"]["recall"].values()))
    at = (thresholds.fraction == 0.5) & (thresholds.arm == "ssl") & (thresholds.against == "")
    row = thresholds[at & (thresholds.threshold == plan["threshold"])].iloc[0]
    found = Spread.from_row(row).cost(decide.asked_of(done).costs, 1000)
    cost = own["measures"]["cost"]
    assert (found.value, max(0, found.low), found.high) == pytest.approx((cost["value"], cost["low"], cost["high"]))
    at = (thresholds.fraction == 0.5) & (thresholds.against == "random")
    row = thresholds[at & (thresholds.threshold == plan["threshold"])].iloc[0]
    found = Spread.from_row(row).cost(decide.asked_of(done).costs, 1000)
    contrast = next(c for c in event["body"]["contrasts"] if (c["against"], c["fraction"]) == ("random", 0.5))
    difference = contrast["measures"]["cost"]["difference"]
    assert found.as_interval() == pytest.approx(difference)


def test_test_labels_move_no_threshold(workspace, dataset):
    """With the test labels turned round nothing that was chosen on validation changes, and figures do."""
    data, features = rare(dataset)
    table = data.table.copy()
    table.loc[table["split"] == "test", "label"] = 1 - table.loc[table["split"] == "test", "label"]
    put = data.artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    turned = Dataset({**data.manifest, "table": {"sha256": put.sha256}}, data.artefacts)
    told = []
    for name, one in (("a", data), ("b", turned)):
        job = studied(workspace, one, features, run=name, target="class", **PLAN)
        study.run(job)
        decide.run(job)
        told.append(events_of(job, "decide.verdict")[0]["body"]["table"])
    for ours, theirs in zip(*told, strict=True):
        for policy in ("at_cost", "at_budget"):
            assert ours[policy]["threshold"] == theirs[policy]["threshold"]
            assert ours[policy]["alerts"]["value"] == theirs[policy]["alerts"]["value"]
        for key in ("chosen", "brier", "temperature"):
            assert ours["calibration"][key] == theirs["calibration"][key]
    assert told[0][0]["measures"]["recall"] != told[1][0]["measures"]["recall"]


def test_a_model_is_made_of_validation_labels_alone():
    rng = np.random.default_rng(0)
    val, test = rng.random(200), rng.random(50)
    model = modelled(val, test, rng.random(200) < val, None, 0.1, 0)
    assert model.alert == np.sort(val)[-20]
    assert len(model.raw) == len(model.right) == 50


def test_a_second_run_logs_nothing_again(done):
    before = done.folder.events.read_bytes()
    decide.run(done)
    assert done.folder.events.read_bytes() == before


def test_predictions_that_are_not_the_sealed_ones_are_refused(workspace, dataset):
    data, features = rare(dataset)
    job = studied(workspace, data, features, target="class", **PLAN)
    study.run(job)
    store = CellStore(job.folder.checkpoints / "study")
    key = "ssl/linear/1/0/0"
    stored = store.get(key)
    other = replace(stored, test=stored.test[::-1].copy())
    store.put(key, other, other.classifier)
    with pytest.raises(BadInput, match=r"decide: predictions_digest: expected that of study\.test_read"):
        decide.run(job)


def reason(job) -> str:
    return events_of(job, "stage.skipped")[-1]["body"]["reason"]


def test_a_number_is_skipped_with_a_reason(workspace, dataset):
    numbers, features = planted(dataset)
    job = studied(workspace, numbered(dataset, numbers), features)
    decide.run(job)
    assert reason(job) == "the target is a number: there is no event to raise an alert for"
    assert not events_of(job, "decide.plan")


def test_without_the_reading_of_the_test_labels_nothing_is_decided(workspace, dataset):
    data, features = rare(dataset)
    job = studied(workspace, data, features, target="class", **PLAN)
    decide.run(job)
    assert reason(job).startswith("the study has not read the test labels")


def test_several_classes_without_a_positive_one_are_skipped(workspace, dataset):
    data, features = rare(dataset)
    data = Dataset({**data.manifest, "classes": ["a", "b", "c"], "positive": None}, data.artefacts)
    job = studied(workspace, data, features, target="class", **PLAN)
    decide.run(job)
    assert reason(job) == "no class is named positive and there are not two of them but 3"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"miss": 1, "inspection": 1}, "expected a missed positive to cost more than an inspection"),
        ({"budget": 1}, "budget: expected a number below 1"),
        ({"budget": 0}, "budget: expected a number above 0"),
        ({"miss": -1}, "miss: expected a number of at least 0"),
    ],
)
def test_costs_that_no_alert_pays_for_are_refused(told, said):
    with pytest.raises(BadInput, match=said):
        checked_sections({"data": {"name": "bars"}, "decide": told})


def test_a_change_in_percent_needs_a_base_and_an_interval():
    rng = np.random.default_rng(0)
    base, more = 1 + rng.normal(0, 0.1, (3, 3, 50)), 1.3 + rng.normal(0, 0.1, (3, 3, 50))
    found = relative(more, base)
    assert found["value"] == pytest.approx(more.mean() / base.mean() - 1)
    assert 0 < found["low"] < 0.3 < found["high"]
    assert relative(more, base - 1) is None, "a base that may be 0"
    assert relative(more - more.mean() + 1e-9, base) is None, "a ratio that could be anything"
    assert relative(more[:1], base[:1]) is None, "one label subset"


def test_the_stage_runs_behind_the_study():
    from backend.recipe import known, rests_on

    order = known()
    assert order.index("decide") == order.index("study") + 1
    assert rests_on("decide") == "study"
    assert Recipe.model_validate({"data": {"name": "bars"}}).decide.budget == 0.05
