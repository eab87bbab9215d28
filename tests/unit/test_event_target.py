"""An event within a horizon: labels and censoring, metrics against scikit-learn, intervals in simulation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from backend.data.dataset import Dataset
from backend.data.register import register
from backend.recipe import resolve
from backend.registry import catalogue
from backend.targets import target
from backend.targets.event import ALARMS, METRICS
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput
from tests.unit.test_number_study import written

event = target("event")


def draw(seed: int, n: int = 400, rate: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < rate).astype(np.int64)
    truth[:2] = 0, 1
    chance = 1 / (1 + np.exp(2.5 - 1.5 * truth - rng.normal(size=n)))
    return truth, np.column_stack([1 - chance, chance])


@given(st.integers(0, 10_000))
def test_agrees_with_scikit_learn(seed):
    truth, told = draw(seed)
    got = event.score(truth, told)
    assert got["average_precision"] == pytest.approx(average_precision_score(truth, told[:, 1]))
    assert got["auroc"] == pytest.approx(roc_auc_score(truth, told[:, 1]))
    assert got["brier"] == pytest.approx(brier_score_loss(truth, told[:, 1]))
    alarms = np.argsort(-told[:, 1])[: int(ALARMS * len(truth))]
    assert got["recall_at_alarms"] == pytest.approx(truth[alarms].sum() / truth.sum())


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_from_contributions_cover_the_truth(metric):
    """300 test sets of 400 rows, 60 of them events on average."""
    whole = event.score(*draw(1, 400_000, 0.15))[metric]
    held = []
    for seed in range(300):
        values = event.contributions(metric, *draw(seed + 2, 400, 0.15))
        held.append(abs(values.mean() - whole) <= 1.97 * values.std(ddof=1) / np.sqrt(len(values)))
    assert 0.91 <= np.mean(held) <= 0.985


def test_equal_scores_say_the_base_rate():
    truth = np.array([0, 0, 0, 1, 0] * 20)
    told = np.full((100, 2), 0.5)
    got = event.score(truth, told)
    assert got["average_precision"] == pytest.approx(0.2, abs=0.02)
    assert got["recall_at_alarms"] == pytest.approx(ALARMS)
    assert event.constant("brier", truth, truth) == pytest.approx(0.2 * 0.8)
    assert event.contributions("average_precision", np.zeros(5, dtype=int), told[:5]) is None


def registered(workspace, tmp_path, values, **more) -> tuple[Dataset, dict]:
    artefacts = Artefacts(workspace.artefacts)
    spec = {**written(tmp_path, values), "target": "event", "horizon": 30, **more}
    manifest, _ = register(spec, artefacts)
    sheet = json.loads(artefacts.path(manifest["sheet"]["sha256"], "json").read_text())
    return Dataset(manifest, artefacts), sheet


def test_times_become_classes_and_censored_rows_have_none(workspace, tmp_path):
    times = [*range(5, 65), "", 10, 40]
    data, sheet = registered(workspace, tmp_path, times)
    assert data.manifest["classes"] == ["not within 30 days", "within 30 days"]
    assert data.manifest["positive"] == "within 30 days"
    assert data.manifest["target"] == {
        "type": "event", "column": "life", "unit": "days", "horizon": 30.0, "observed": None, "times": True,
    }  # fmt: skip
    assert data.labels[:60].tolist() == [1] * 26 + [0] * 34
    assert data.labels[60] == -1
    assert sheet["target"]["unlabelled"] == 1
    assert any("1 image without a known outcome" in w for w in sheet["warnings"])


def test_a_row_that_was_not_followed_to_the_horizon_has_no_label(workspace, tmp_path):
    spec = written(tmp_path, [*range(5, 65)])
    table = pd.read_csv(spec["path"])
    table["seen"] = [0, 1] * 30
    table.to_csv(spec["path"], index=False)
    artefacts = Artefacts(workspace.artefacts)
    manifest, _ = register({**spec, "target": "event", "horizon": 30, "observed": "seen"}, artefacts)
    labels = Dataset(manifest, artefacts).labels
    assert labels[:26].tolist() == [-1, 1] * 13
    assert (labels[26:] == 0).all()  # followed beyond the horizon, whatever came later


def test_zeros_and_ones_are_taken_as_they_are(workspace, tmp_path):
    data, _ = registered(workspace, tmp_path, [0, 1, 0, 0] * 10)
    assert data.labels.tolist() == [0, 1, 0, 0] * 10
    assert not data.manifest["target"]["times"]


@pytest.mark.parametrize(
    ("values", "more", "said"),
    [
        ([*range(40, 80)], {}, "expected events within 30 and rows without one, found one kind"),
        ([-1, *range(5, 45)], {}, "expected times from 0 on, found -1"),
        (["soon", *range(5, 45)], {}, "expected times until the event, found 'soon'"),
        ([*range(5, 65)], {"horizon": None}, "expected a horizon with target event"),
        ([*range(5, 65)], {"observed": "nowhere"}, "expected a column of table.csv, found 'nowhere'"),
    ],
)
def test_what_cannot_be_an_event_is_refused_in_one_line(workspace, tmp_path, values, more, said):
    with pytest.raises(BadInput, match=said):
        registered(workspace, tmp_path, values, **more)


def test_a_recipe_for_events_leads_with_average_precision():
    recipe = resolve({"data": {"name": "n"}}, catalogue(), target="event")
    assert recipe.finetune.metric == "average_precision"


def test_an_event_goes_through_the_study(workspace, dataset):
    """What the features tell of a rare event raises the average precision above the base rate."""
    import pyarrow as pa

    from backend.stages import study
    from tests.numbered import events_of, planted, studied

    numbers, features = planted(dataset)
    times = np.exp((numbers - 60) / 20)
    within = (times <= np.quantile(times, 0.2)).astype(np.int64)
    table = dataset.table.assign(label=within, target=times)
    put = dataset.artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    told = {"type": "event", "column": "life", "unit": "days", "horizon": 5.0, "observed": None, "times": True}
    classes = ["not within 5 days", "within 5 days"]
    manifest = {**dataset.manifest, "classes": classes, "positive": classes[1], "table": {"sha256": put.sha256}}
    job = studied(workspace, Dataset({**manifest, "target": told}, dataset.artefacts), features, target="event")
    study.run(job)
    body = job.events.seen("study.verdict", "study")["body"]
    assert body["metric"] == "average_precision"
    assert body["chance"] == pytest.approx(0.2, abs=0.1)
    own = next(e for e in body["table"] if (e["arm"], e["method"], e["fraction"]) == ("ssl", "linear", 1.0))
    assert own["mean"]["value"] > 0.6
    assert next(c for c in body["contrasts"] if c["against"] == "random" and c["fraction"] == 1)["decision"] == "gain"
    assert events_of(job, "predictions")[0]["subjects"]
