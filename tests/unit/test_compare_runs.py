"""Two runs on the same test rows: the paired test, what it refuses, and what is said of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from backend.questions.compare_runs import answer
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput, Workspace
from workbench.study.asking import question
from workbench.verdicts import compare_runs as words

ROWS = 600


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "ws")


@pytest.fixture
def asked(workspace):
    """asked(share right of the first run, of the second) -> the question; both models err on other rows."""
    artefacts, rng = Artefacts(workspace.artefacts), np.random.default_rng(0)
    label = rng.integers(0, 2, ROWS)
    table = pd.DataFrame({"row": np.arange(ROWS), "split": "test", "label": label})
    table.loc[:99, "split"] = "train"
    stored = artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    manifest = {"name": "d", "kind": "image", "digest": "0" * 64, "count": ROWS, "table": {"sha256": stored.sha256}}
    manifest |= {"classes": ["a", "b"], "positive": "b", "sensitive": [], "group": None, "label": "l"}

    def side(run: str, share: float, subsets: int = 3) -> dict:
        keys = {}
        for subset in range(subsets):
            right = rng.random(ROWS) < share
            told = np.where(right, label, 1 - label)
            frame = table[table["split"] == "test"].assign(predicted=told[100:])
            frame = frame.assign(p_0=(frame["predicted"] == 0) * 0.8 + 0.1, p_1=(frame["predicted"] == 1) * 0.8 + 0.1)
            put = artefacts.put_table("predictions/ssl", pa.Table.from_pandas(frame, preserve_index=False))
            keys[f"{subset}/0"] = put.sha256
        return {"run": run, "arm": "ssl", "fraction": 1.0, "predictions": keys}

    def build(one: float, other: float, **changed) -> dict:
        told = {"kind": "compare_runs", "dataset": manifest, "metric": "accuracy", "margin": 0.01}
        return told | {"first": side("r1", one), "second": side("r2", other)} | changed

    return build


def test_the_better_run_is_found_whichever_comes_first(asked, workspace):
    found = answer(asked(0.7, 0.9), workspace)["result"]
    assert found["decision"] == "gain"
    assert found["difference"]["low"] < 0.2 < found["difference"]["high"]
    assert found["first"]["mean"]["value"] == pytest.approx(0.7, abs=0.04)
    assert (found["rows"], found["subsets"], found["pretrainings"]) == (ROWS - 100, 3, 1)
    assert answer(asked(0.9, 0.7), workspace)["result"]["decision"] == "loss"
    assert words.sentence(found, ("A", "B")).startswith("At 100 % labels B is better than A: accuracy differs by ")


def test_equal_runs_are_not_told_apart(asked, workspace):
    found = answer(asked(0.8, 0.8), workspace)["result"]
    assert found["decision"] in ("no significant difference", "equivalent")
    assert "no significant difference" in words.sentence(found, ("A", "B")) or found["equivalent"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"metric": "mae"}, "question.metric: expected one of accuracy"),
        ({"margin": 0}, "question.margin: expected a number above 0, found 0"),
        ({"first": {"run": "r1"}}, "question.first: expected arm, fraction, predictions, run"),
    ],
)
def test_a_wrong_question_is_one_line(asked, workspace, changed, said):
    with pytest.raises(BadInput, match=said):
        answer(asked(0.7, 0.8, **changed), workspace)


def test_other_shares_of_the_labels_and_foreign_subsets_are_refused(asked, workspace):
    told = asked(0.7, 0.8)
    with pytest.raises(BadInput, match="at the same share of the labels, found 1 and "):
        answer(told | {"second": told["second"] | {"fraction": 0.1}}, workspace)
    moved = {f"{int(k.split('/')[0]) + 7}/0": v for k, v in told["second"]["predictions"].items()}
    with pytest.raises(BadInput, match="label subsets that both runs have, found none"):
        answer(told | {"second": told["second"] | {"predictions": moved}}, workspace)


class Service:
    """Two finished runs; what `asking.question` asks a service for."""

    def __init__(self, **changed):
        self.changed = changed

    def run(self, run):
        return {"run": run, "dataset": f"d{run}", "kind": "run", "state": "succeeded", "title": None}

    def dataset(self, name):
        return {"name": name, "digest": self.changed.get(name, "same")}

    def latest(self, run, kind):
        body = {"metric": self.changed.get(f"metric {run}", "accuracy"), "margin": 0.01}
        return None if self.changed.get("none") == run else {"body": body}

    def events(self, run, kind):
        body = {"arm": "ssl", "subset_seed": 0, "pretrain_seed": 0, "fraction": 1.0}
        return [{"body": body, "subjects": [{"sha256": run * 64}]}]


def test_a_question_names_both_runs_and_their_predictions():
    told = question(Service(), "1", "2")
    assert told["second"] == {"run": "2", "arm": "ssl", "fraction": 1.0, "predictions": {"0/0": "2" * 64}}


@pytest.mark.parametrize(
    ("changed", "second", "said"),
    [
        ({}, "1", "expected two different runs, found 1 twice"),
        ({"none": "2"}, "2", "run 2: expected one with a finished study"),
        ({"d2": "other"}, "2", "expected two on the same data, found d1 and d2"),
        ({"metric 2": "auroc"}, "2", "expected studies of the same metric, found accuracy and auroc"),
    ],
)
def test_runs_that_cannot_be_compared_get_one_line(changed, second, said):
    with pytest.raises(BadInput, match=said):
        question(Service(**changed), "1", second)


def test_a_comparison_says_what_it_rests_on():
    found = SimpleNamespace(rows=500, subsets=3, pretrainings=1, scope="these pretrainings")
    said = words.evidence(vars(found))
    assert "500 test rows" in said
    assert "these encoders only" in said
    assert "correct for it" in said
