"""A slice against the rest: its rates are the closed forms, its test is exact, and hostile questions are refused."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import hypergeom

from backend.interactive import brief
from backend.questions.slice import answer
from backend.statistics.proportions import wilson
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput
from backend.workspace.rows import rows_sha256
from tests.conftest import make_dataset


def asked(artefacts, dataset, wrong_rows, **changed):
    """A question on a model that is wrong on just these rows."""
    table = dataset.table
    rows = table["row"].to_numpy()[(table["split"] == "test").to_numpy()]
    label = table["label"].to_numpy()[rows]
    predicted = np.where(np.isin(rows, wrong_rows), 1 - label, label)
    columns = {"row": rows, "split": ["test"] * len(rows), "label": label, "predicted": predicted}
    columns |= {"p_0": 1.0 - predicted, "p_1": predicted.astype(float)}
    kept = artefacts.put_table("predictions/ssl", pa.table(columns)).sha256
    alone = {**dataset.manifest, "group": None}
    question = {"dataset": alone, "predictions": kept, "min_group": 5, "permutations": 20_000}
    return question | {"resamples": 200} | changed, rows


@pytest.fixture
def artefacts(workspace):
    return Artefacts(workspace.artefacts)


def test_rates_are_wilsons_and_the_test_is_the_exact_one(workspace, artefacts, dataset):
    _, rows = asked(artefacts, dataset, [])
    inside, n = rows[:12], len(rows)
    wrong = [*inside[:6], *rows[-3:]]
    question, _ = asked(artefacts, dataset, wrong, rows=inside.tolist())
    told = answer(question, workspace)["result"]
    assert (told["rows"], told["tested"], told["clustered"]) == (12, 12, False)
    groups = {group["group"]: group for group in told["groups"]}
    found = groups["selected"]["metrics"]["accuracy"]
    closed = wilson(6, 12)
    assert [found["value"], found["low"], found["high"]] == pytest.approx([0.5, float(closed.low), float(closed.high)])
    apart = found["versus_rest"]
    rest = 1 - 3 / (n - 12)
    assert apart["value"] == pytest.approx(0.5 - rest)
    # Which rows are drawn is hypergeometric; two-sided as in the audit: a difference at least as large either way.
    hits = np.arange(0, 10)
    size = np.abs((hits / 12) - (9 - hits) / (n - 12))
    exact = hypergeom(n, 9, 12).pmf(hits)[size >= abs(apart["value"]) - 1e-12].sum()
    assert apart["p"] == pytest.approx(exact, abs=0.004)
    assert apart["p"] == told["gaps"]["accuracy"]["p"]
    assert apart["p_holm"] == told["gaps"]["accuracy"]["p_holm"] >= apart["p"]


def test_few_rows_are_shown_and_not_tested(workspace, artefacts, dataset):
    question, rows = asked(artefacts, dataset, [])
    told = answer(question | {"rows": rows[:4].tolist()}, workspace)["result"]
    few = next(group for group in told["groups"] if group["group"] == "selected")
    assert not few["enough"]
    assert few["metrics"]["accuracy"]["versus_rest"] is None
    assert told["gaps"]["accuracy"]["p"] is None


def test_a_slice_without_tested_rows_or_without_a_rest_has_no_groups(workspace, artefacts, dataset):
    question, rows = asked(artefacts, dataset, [])
    train = int(np.setdiff1d(dataset.table["row"], rows)[0])
    assert answer(question | {"rows": [train]}, workspace)["result"]["groups"] == []
    told = answer(question | {"rows": rows.tolist()}, workspace)["result"]
    assert (told["groups"], told["tested"]) == ([], len(rows))


def test_rows_of_one_person_are_kept_together(workspace, artefacts):
    dataset = make_dataset(artefacts, n=240, size=8)
    _, rows = asked(artefacts, dataset, [])
    table = dataset.table.assign(group=[str(row // 6) for row in range(240)])
    kept = artefacts.put_table("table", pa.Table.from_pandas(table, preserve_index=False))
    manifest = {**dataset.manifest, "group": "person", "table": kept.as_dict()}
    question, _ = asked(artefacts, dataset, rows[:10].tolist(), rows=rows[:20].tolist())
    alone, together = (answer(question | {"dataset": one}, workspace)["result"] for one in (dataset.manifest, manifest))
    assert together["clustered"]

    def width(told):
        one = next(g for g in told["groups"] if g["group"] == "selected")["metrics"]["accuracy"]
        return one["high"] - one["low"]

    assert width(together) > width(alone)
    assert together["gaps"]["accuracy"]["p"] > alone["gaps"]["accuracy"]["p"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"rows": []}, "1 to 240 row numbers"),
        ({"rows": "all"}, "found str"),
        ({"rows": [0, True]}, "found 'True'"),
        ({"rows": [240]}, "from 0 to 239"),
        ({"rows": [-1]}, "from 0 to 239"),
        ({"predictions": "../../etc"}, "expected a SHA-256"),
        ({"predictions": "0" * 64}, "expected predictions"),
        ({"permutations": 10**9}, "question.permutations"),
        ({"min_group": "x"}, "question.min_group"),
    ],
)
def test_what_is_no_question_is_one_line(workspace, artefacts, dataset, wrong, says):
    question, _ = asked(artefacts, dataset, [], rows=[0])
    with pytest.raises(BadInput, match=says) as told:
        answer(question | wrong, workspace)
    assert "\n" not in str(told.value)


def test_the_record_names_many_rows_by_the_digest_that_a_kept_selection_has():
    question = {"kind": "slice", "rows": [3, 1, 2]}
    assert brief(question) == question
    told = brief({"kind": "slice", "rows": list(range(5_000))[::-1]})["rows"]
    assert told == {"count": 5_000, "sha256": rows_sha256(list(range(5_000)))}
