"""Explained rows and selections of tables in words and figures: what is said is what the numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from backend.statistics.contrasts import contrasts
from workbench.documents import svg
from workbench.modality.table import explain_charts as charts
from workbench.modality.table import explain_words as words
from workbench.modality.table import items, items_charts, items_words

AGE = {"name": "age", "column": "age", "kind": "number", "mean": 40.0, "std": 10.0, "edges": [-2.0, 2.0], "missing": 0,
       "date": False, "whole": True}  # fmt: skip
JOB = {"name": "job", "column": "job", "kind": "category", "values": ["clerk", "<b>nurse</b>"], "missing": 2}
SINCE = AGE | {"name": "since", "column": "since", "date": True, "mean": 18_000.0, "std": 100.0}
MONTH = {"name": "since: month", "column": "since", "kind": "category", "values": ["May"], "missing": 0}
DESCRIBED, COLUMNS = [AGE, JOB, SINCE, MONTH], ["age", "job", "since"]
ROW = np.array([-0.1, 2.0, 0.0, 1.0], dtype=np.float32)


def estimate(value: float, half: float = 0.01) -> dict:
    return {"value": value, "low": value - half, "high": value + half}


def test_a_columns_value_is_its_first_features():
    assert words.labels(COLUMNS, DESCRIBED, ROW) == ["age = 39", "job = <b>nurse</b>", "since = 2019-04-14"]


def test_the_baseline_says_the_typical_row():
    body = {"typical": [0.0, 1.0, 0.0, None], "columns": COLUMNS, "background": [3, 5], "together": [["age", "job"]]}
    assert "(age 40, job clerk, since 2019-04-14)" in words.baseline(body, DESCRIBED)
    assert words.together(body).endswith("age + job.")
    assert words.together({"together": []}) == ""


def test_the_first_method_that_passes_leads():
    methods = {"a": {}, "b": {}}
    assert words.lead(methods, None) == "a"
    assert words.lead(methods, {"verdict": {"a": {"passes": False}, "b": {"passes": True}}}) == "b"


def test_mean_sizes_have_the_interval_of_a_mean():
    scores = np.array([[1.0, -2.0], [-3.0, 2.0], [2.0, 2.0]])
    first, second = words.mean_sizes(scores)
    assert first["value"] == 2
    np.testing.assert_allclose(first["high"] - 2, 4.302653 / np.sqrt(3), rtol=1e-5)
    assert (second["low"], second["high"]) == (2, 2)
    assert words.mean_sizes(scores[:1])[0]["low"] is None


@pytest.fixture
def importance():
    network = {"score": 0.84, "columns": [estimate(0.04), estimate(0.0), estimate(0.03)]}
    boosting = {"score": 0.86, "columns": [estimate(0.02), estimate(0.05), estimate(0.0)]}
    return {
        "metric": "accuracy",
        "rows": 900,
        "repeats": 5,
        "columns": COLUMNS,
        "network": network,
        "boosting": boosting,
    }


def test_importance_names_what_the_network_needs_and_what_both_need(importance):
    said = words.importance(importance, None)
    assert said == (
        "Accuracy on 900 test rows: 84.0 % of the network and 86.0 % of the boosted trees. Shuffling “age” costs the "
        "network most: 4.0 points [3.0, 5.0]. Of the 2 columns that it needs most, 1 is also among the 2 that the "
        "boosted trees need most."
    )
    importance["network"]["columns"] = [estimate(0.001)] * 3
    assert "No single column is provably needed" in words.importance(importance, None)
    assert "could not be computed" in words.importance(None, None)


def test_importance_is_drawn_with_both_models_intervals(importance):
    figure = charts.importance(importance, None)
    network = next(trace for trace in figure.data if trace.name == "Network")
    assert sorted(network.x) == [0, 3, 4]
    np.testing.assert_allclose(network.error_x.array, 1)
    assert [row["Column"] for row in words.importance_rows(importance, None)] == ["age", "since", "job"]
    assert svg.draw(figure)


def test_bars_are_signed_sorted_and_hatched_against():
    said = words.labels(COLUMNS, DESCRIBED, ROW)
    figure = charts.bars("Row 1", said, [("IG", np.array([0.1, -0.7, 0.3]))], False)
    up, down = figure.data
    assert list(up.y) == ["job = &lt;b&gt;nurse&lt;/b&gt;", "since = 2019-04-14", "age = 39"]
    assert (list(up.x), list(down.x)) == ([None, 0.3, 0.1], [-0.7, None, None])
    assert (up.marker.color != down.marker.color, up.marker.pattern.shape, down.marker.pattern.shape) == (True, "", "/")
    assert svg.draw(figure)
    many = charts.bars("Row 1", [str(i) for i in range(20)], [("IG", np.arange(20.0))], True)
    assert list(many.data[0].y)[-1] == "7 other columns"
    assert many.data[0].x[-1] == sum(range(8))


def test_the_largest_scores_are_told_for_and_against():
    assert words.largest(COLUMNS, ["a", "b", "c"], np.array([0.5, -0.2, 0.0])) == ("a +0.50", "b −0.20")


def test_a_swarm_has_a_point_a_row_and_no_order_for_categories():
    rng = np.random.default_rng(0)
    scores, shades = rng.normal(size=(30, 3)), np.tile(np.array([[0.5, np.nan, 0.1]]), (30, 1))
    figure = charts.swarm(COLUMNS, scores, shades, [["x"] * 3] * 30, list(range(30)), False)
    assert sum(len(trace.x) for trace in figure.data) == 90
    assert sum(len(trace.x) for trace in figure.data if trace.marker.symbol == "diamond") == 30
    offsets = np.concatenate([trace.y for trace in figure.data]) % 1
    assert (np.minimum(offsets, 1 - offsets) < 0.5).all()


def answer(**changes) -> dict:
    found = {
        "feature": "age",
        "column": "age",
        "kind": "number",
        "date": False,
        "output": 1,
        "tested": 500,
        "base": 0.3,
    }
    found |= {"shown": ["20", "40", "60"], "at": [20.0, 40.0, 60.0], "share": [0.5, 0.5], "note": None, "missing": None}
    found |= {"effect": [estimate(-0.1), estimate(0.0), estimate(0.12)], "rows": [7], "own": ["40"], "said": [0.3]}
    return found | {"ice": [[0.2, 0.3, 0.4]]} | changes


def test_an_effect_is_said_with_its_intervals():
    said = words.effect(answer(), "the probability of “yes”", None, False)
    assert said == (
        "“age” by itself changes the probability of “yes”. Against the mean answer: +12.0 points [11.0, 13.0] at 60, "
        "the highest, and −10.0 points [−11.0, −9.0] at 20, the lowest."
    )
    flat = answer(effect=[estimate(v, 0.2) for v in (-0.1, 0, 0.1)])
    assert "does not provably change" in words.effect(flat, "the predicted number", "EUR", True)
    assert words.effect(answer(note="one value"), "", None, False) == "No curve for “age”: one value."
    assert words.effect_missing(answer(missing=estimate(0.05)), None, False).endswith(
        "+5.0 points [4.0, 6.0] on average."
    )


DAYS = {"date": True, "at": [100.0, 200.0, 300.0], "shown": ["1970-04-11", "1970-07-20", "1970-10-28"]}


@pytest.mark.parametrize("changes", [{}, {"kind": "category", "at": None, "share": [0.2, 0.3, 0.5]}, DAYS])
def test_an_effect_is_drawn_around_the_mean_answer(changes):
    figure = charts.effect(answer(**changes), "probability (%)", False)
    mean = next(trace for trace in figure.data if trace.name == "on average")
    np.testing.assert_allclose(mean.y, [20, 30, 42])
    assert len(mean.x) == 3


def table(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    inside = np.arange(n) < n // 4
    values = rng.normal(size=(n, 4)) + np.outer(inside, [1.0, 0, 0, 0])
    values[:, 1], values[:, 3] = np.where(rng.random(n) < 0.2 + 0.6 * inside, 2, 1), 1
    values[rng.random(n) < 0.1, 2] = np.nan
    return values.astype(np.float32), inside


def test_a_selection_is_said_by_the_columns_that_differ_most():
    values, inside = table()
    found = contrasts(values, [one["kind"] == "category" for one in DESCRIBED], inside)
    said = items_words.sentence(found, DESCRIBED, 100, 300)
    assert said.startswith("The selection differs most in ")
    assert said.index("job: <b>nurse</b>") < said.index("age (")
    rows = items_words.rows(found, DESCRIBED)
    assert [row["Column"] for row in rows][:2] == ["job", "age"]
    assert float(rows[1]["Selected"]) == pytest.approx(40 + 10 * values[inside, 0].mean(), abs=0.06)
    assert {row["Value"] for row in rows if row["Column"] == "since"} == {"mean", "missing"}
    assert "No column differs provably" in items_words.sentence([], DESCRIBED, 100, 300)
    assert items_words.sentence(found, DESCRIBED, 3, 300).startswith("Too few to compare")


def test_distributions_are_shares_of_either_side():
    values, inside = table()
    found = contrasts(values, [one["kind"] == "category" for one in DESCRIBED], inside)
    figure = items_charts.distributions(values, DESCRIBED, inside, found)
    assert len(figure.data) == 6, "three columns that vary, two sides each"
    for trace in figure.data:
        np.testing.assert_allclose(sum(trace.y), 100)
    assert "missing" in [name for trace in figure.data for name in trace.x]


def test_hover_boxes_hold_no_markup_of_the_data():
    box = items.boxed(ROW, DESCRIBED, 40)
    assert box.startswith("age: 39<br>job: &lt;b&gt;nurse&lt;/b&gt;<br>")
