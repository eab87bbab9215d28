"""The explorer's columns: what a prediction did to a row, and what a selection is made of."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from backend.workspace.layout import BadInput
from workbench.charts.theme import GREY
from workbench.explorer import bars, columns, facets, maps, paint, summary
from workbench.verdicts import embeddings as words


class Stored:
    """The service as far as the columns need it: tables by name."""

    def __init__(self, **tables: dict):
        self._tables = {name: pa.table(data) for name, data in tables.items()}

    def table(self, sha256: str, wanted: list[str] | None = None) -> pa.Table:
        return self._tables[sha256]


@pytest.fixture
def source(monkeypatch):
    data = {"row": [0, 1, 2, 3], "split": ["train", "val", "test", "test"], "label": [0, 1, 1, -1]}
    found = {
        "row": [1, 2, 3],
        "label": [1, 1, -1],
        "predicted": [1, 0, 0],
        "p_0": [0.2, 0.9, 0.6],
        "p_1": [0.8, 0.1, 0.4],
    }
    stored = Stored(explorer_data=data, explorer_predictions=found)
    monkeypatch.setattr(columns, "service", lambda: stored)
    return columns.Source("explorer_data", ("no", "yes"), "ill", (), "explorer_predictions")


def test_a_row_is_right_wrong_or_not_predicted(source):
    table = columns.frame(source)
    assert table["label"].tolist()[:3] == ["no", "yes", "yes"]
    assert table["label"].isna().tolist() == [False, False, False, True]
    assert table["outcome"].tolist() == ["not predicted", "right", "wrong", "not predicted"]
    assert table["confidence"].iloc[1:].tolist() == pytest.approx([0.8, 0.9, 0.6])
    assert list(columns.choices(source)) == ["label", "split", "outcome", "predicted", "confidence", "kept"]


def test_columns_of_the_data_that_are_called_as_ours_stand_beside_them(source, monkeypatch):
    data = {"row": range(4), "split": ["test"] * 4, "label": [0, 1, 1, 0], "outcome": ["died", "alive"] * 2}
    data |= {"kept": [1, 2, 3, 4], "source_kept": [5, 6, 7, 8], "tags": [["a"], [], None, ["b", "c"]]}
    found = {"row": [1], "label": [1], "predicted": [1], "p_0": [0.2], "p_1": [0.8]}
    stored = Stored(own_names=data, own_found=found)
    monkeypatch.setattr(columns, "service", lambda: stored)
    for predictions, ours in ((None, []), ("own_found", ["outcome", "predicted", "confidence"])):
        one = columns.Source("own_names", ("no", "yes"), "ill", (), predictions)
        assert columns.frame(one)["source_outcome"].tolist() == ["died", "alive"] * 2
        assert columns.frame(one)["source_source_kept"].tolist() == [1, 2, 3, 4]
        offered = ["label", "split", *ours, "kept", "source_outcome", "source_source_kept", "source_kept"]
        assert list(columns.choices(one)) == offered, "a column of lists has no colour"


def test_an_attribute_may_be_called_as_a_column_of_the_counts(mapped):
    source, _, chosen = mapped
    tables = columns.service()._tables
    sex = tables["facets_data"]["sex"]
    tables["facets_points"] = tables["facets_data"].append_column("Points", sex).append_column("Class", sex)
    named = replace(source, table="facets_points", sensitive=("Points", "Class"))
    expected = facets.by_group("facets_map", source, chosen, "sex")
    pd.testing.assert_frame_equal(facets.by_group("facets_map", named, chosen, "Class"), expected)
    pd.testing.assert_frame_equal(facets.by_group("facets_map", named, chosen, "Points"), expected)


def test_an_attribute_of_an_older_data_set_that_is_called_as_ours_stands_apart():
    manifest = {"table": {"sha256": "t"}, "classes": ["a", "b"], "label": "ill", "sensitive": ["outcome", "sex"]}
    assert columns.Source.of(manifest, None).sensitive == ("source_outcome", "sex")


@pytest.mark.timeout(60)
def test_a_column_of_a_million_names_costs_nothing_until_it_is_chosen(monkeypatch):
    n = 1_000_000
    data = {"row": np.arange(n), "split": ["test"] * n, "label": np.zeros(n, int), "id": [f"p{i}" for i in range(n)]}
    at = {"row": np.arange(n), "x": np.zeros(n), "y": np.zeros(n), "kept": np.zeros(n)}
    stored = Stored(many_names=data, many_map=at)
    monkeypatch.setattr(columns, "service", lambda: stored)
    monkeypatch.setattr(columns, "category", lambda *_: pytest.fail("was laid out"))
    source = columns.Source("many_names", ("a", "b"), None, ())
    assert columns.choices(source)["id"] == "id"
    monkeypatch.undo()
    monkeypatch.setattr(columns, "service", lambda: stored)
    names = columns.colour("id", "many_map", source).names
    assert (len(names), columns.OTHERS in names) == (columns.NAMED, True)


def test_composition_counts_the_selection_against_the_map():
    sex = facets.Facet("sex", "Sex", np.array([0, 1, 2, 0]), ("f", "m", "missing"))
    made = [facets.Made(sex, np.array([2, 1, 1]), np.array([2, 0, 0]))]
    assert summary.composition(made).to_dict("list") == {
        "Column": ["Sex"] * 3,
        "Value": ["f", "m", "missing"],
        "Selected": [2, 0, 0],
        "% of selection": [100.0, 0.0, 0.0],
        "% of map": [50.0, 25.0, 25.0],
        "Points apart": [50.0, -25.0, -25.0],
    }


@pytest.fixture
def mapped(monkeypatch):
    """600 rows, 400 of them on the map, with everything that a selection is asked for; the map's points as a frame."""
    random = np.random.default_rng(5)
    rows = np.sort(random.choice(600, 400, replace=False))
    table = {
        "row": np.arange(600),
        "split": random.choice(["train", "test"], 600),
        "label": random.integers(-1, 3, 600),
        "sex": random.choice(["f", "m", None], 600),
        "age": np.where(random.random(600) < 0.1, np.nan, random.normal(50, 20, 600)),
    }
    told = random.dirichlet([1, 1, 1], 600)
    found = {"row": np.arange(600), "label": table["label"], "predicted": told.argmax(1)}
    at = {"row": rows, "x": random.random(400), "y": random.random(400), "kept": random.random(400)}
    stored = Stored(facets_data=table, facets_found=found | {f"p_{i}": told[:, i] for i in range(3)}, facets_map=at)
    monkeypatch.setattr(columns, "service", lambda: stored)
    source = columns.Source("facets_data", ("a", "b", "c"), "ill", ("sex",), "facets_found")
    return source, columns.frame(source).iloc[rows].reset_index(drop=True), random.random(400) < 0.3


def test_counts_of_a_selection_are_those_of_pandas(mapped):
    source, points, chosen = mapped
    made = {one.facet.column: one for one in facets.made_of("facets_map", source, chosen)}
    assert list(made) == ["label", "split", "outcome", "sex", "confidence", "kept", "age"]
    for column in ("label", "split", "outcome", "sex"):
        values = points[column].astype("object").where(points[column].notna(), "missing")
        for counts, part in ((made[column].every, values), (made[column].chosen, values[chosen])):
            told = {name: n for name, n in zip(made[column].facet.names, counts.tolist(), strict=True) if n}
            assert told == part.value_counts().to_dict()
    ages = points.loc[chosen, "age"].dropna().astype(np.float32)
    expected, _ = np.histogram(ages, np.array(made["age"].facet.edges))
    assert made["age"].chosen.tolist() == expected.tolist()
    assert made["age"].every.sum() == points["age"].notna().sum()


def test_class_by_group_counts_errors_among_the_predicted(mapped):
    source, points, chosen = mapped
    found = facets.by_group("facets_map", source, chosen, "sex").set_index(["Class", "Group"])
    part = points[chosen].fillna({"sex": "missing", "label": "missing"})
    for (label, sex), rows in part.groupby(["label", "sex"]):
        told = found.loc[(label, sex)]
        assert told["Points"] == len(rows)
        assert told["Predicted"] == (rows["outcome"] != "not predicted").sum()
        assert told["Wrong"] == (rows["outcome"] == "wrong").sum()
    assert found["Points"].sum() == chosen.sum()
    assert facets.by_group("facets_map", source, chosen, "no such column") is None


def test_dragging_over_bars_keeps_the_points_in_them(mapped):
    source, points, chosen = mapped
    made = facets.made_of("facets_map", source, chosen)
    numbers = [one.facet.column for one in bars.shown(made)]
    assert numbers == ["confidence", "kept", "age"]
    bins = bars.spanned({"column": "age", "first": 3, "last": 5}, made)
    assert bins == {"age": {3, 4, 5}}
    edges = made[-1].facet.edges
    expected = (points["age"].astype(np.float32) >= edges[3]) & (points["age"].astype(np.float32) < edges[6])
    assert facets.in_bins("facets_map", source, bins).tolist() == expected.tolist()
    assert facets.in_bins("facets_map", source, {}).all()


def test_a_selection_of_nothing_has_counts_of_nothing(mapped):
    source, points, _ = mapped
    made = facets.made_of("facets_map", source, np.zeros(len(points), dtype=bool))
    assert all(not one.chosen.any() for one in made)
    assert summary.composition(made)["% of selection"].sum() == 0
    assert len(bars.shown(made)) == 3


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"column": "age", "first": 5, "last": 3}, "found 5 to 3 of 'age'"),
        ({"column": "label", "first": 0, "last": 1}, "of confidence, kept, age, found 0 to 1 of 'label'"),
        ({"column": "age", "first": 0, "last": 20}, "gesture.last: expected a number below 20, found 20"),
        ({"column": "age", "first": -1, "last": 2}, "gesture.first: expected a number of at least 0, found -1"),
        ({"column": "age", "first": 1.5, "last": 2}, "a whole number"),
        ({"column": "age" * 2_000, "first": 1, "last": 2}, "at most 4,096 bytes"),
        ([1], "gesture"),
        ({"shape": "none"}, "gesture"),
    ],
)
def test_bars_that_cannot_be_are_one_line(mapped, told, said):
    source, _, chosen = mapped
    with pytest.raises(BadInput, match=re.escape(said)) as problem:
        bars.spanned(told, facets.made_of("facets_map", source, chosen))
    assert "\n" not in str(problem.value)


def test_one_pass_counts_all_that_the_page_says_of_a_selection(mapped, monkeypatch):
    source, points, _ = mapped
    asked, counts = [], facets.slices().counts
    monkeypatch.setattr(facets.slices(), "counts", lambda *told: asked.append(told) or counts(*told))
    chosen = np.arange(len(points)) % 7 == 3
    for _ in range(2):
        facets.made_of("facets_map", source, chosen)
        facets.by_group("facets_map", source, chosen, "sex")
    assert len([told for told in asked if told[2] is not None]) == 1


def test_a_number_is_painted_in_steps_and_what_is_missing_is_grey():
    values = np.array([1, 3, np.nan, 2, np.inf], dtype=np.float32)
    codes, legend = paint.number(columns.Quantity("age", values))
    assert codes.tolist() == [0, 254, 255, 127, 255]
    assert (legend["low"], legend["high"], legend["missing"]) == (1, 3, 2)
    assert len(legend["colours"]) == 256
    assert legend["colours"][-1] == GREY


@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_a_number_without_a_range_is_painted_too(value):
    codes, legend = paint.number(columns.Quantity("x", np.full(4, value, np.float32)))
    assert len(set(codes.tolist())) == 1
    assert legend["low"] == legend["high"]


def test_a_column_of_many_distinct_names_is_painted_in_sixteen_colours():
    names = pd.Series([f"name {i}" for i in range(2_000)])
    codes, legend = paint.category(columns.category("id", names))
    assert len(legend["entries"]) == columns.NAMED
    assert len({entry["colour"] for entry in legend["entries"]}) == columns.NAMED
    assert next(e for e in legend["entries"] if e["name"] == columns.OTHERS)["count"] == 2_000 - columns.NAMED + 1
    assert np.bincount(codes).tolist() == [entry["count"] for entry in legend["entries"]]


def test_the_error_of_a_selection_stands_beside_that_of_the_map():
    every, chosen = {"right": 90, "wrong": 10, "not predicted": 5}, {"right": 6, "wrong": 2, "not predicted": 0}
    assert "wrong on 2 of the 8 selected points" in words.errors(every, chosen)
    assert "25.0 %, against 10.0 % on the whole map" in words.errors(every, chosen)
    assert "no error rate" in words.errors(every, dict.fromkeys(every, 0))


def test_a_point_that_is_not_on_the_map_has_no_neighbours(monkeypatch):
    arrays = {"rows": [2, 5, 9], "index": [[1, 2], [0, 2], [1, 0]], "cosine": [[0.9, 0.5], [0.9, 0.1], [0.7, 0.2]]}

    class Arrays:
        def array(self, sha256, name, rows=slice(None)):
            return pd.array(arrays[name]).to_numpy() if name == "rows" else arrays[name][rows]

    monkeypatch.setattr(maps, "service", Arrays)
    assert maps.nearest("explorer_neighbours", 5) == [(2, 0.9), (9, 0.1)]
    assert maps.nearest("explorer_neighbours", 4) == maps.nearest("explorer_neighbours", 10) == []
