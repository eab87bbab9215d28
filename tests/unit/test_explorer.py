"""The explorer's columns: what a prediction did to a row, and what a selection is made of."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from workbench.explorer import columns, maps, summary


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


def test_composition_counts_the_selection_against_the_map():
    table = pd.DataFrame({"sex": ["f", "m", None, "f"], "row": range(4)})
    found = summary.composition(table, [0, 1, 2, 3], [0, 3], {"sex": "Sex"})
    assert found.to_dict("list") == {
        "Column": ["Sex"] * 3,
        "Value": ["f", "m", "missing"],
        "Selected": [2, 0, 0],
        "% of selection": [100.0, 0.0, 0.0],
        "% of map": [50.0, 25.0, 25.0],
        "Points apart": [50.0, -25.0, -25.0],
    }


def test_a_point_that_is_not_on_the_map_has_no_neighbours(monkeypatch):
    arrays = {"rows": [2, 5, 9], "index": [[1, 2], [0, 2], [1, 0]], "cosine": [[0.9, 0.5], [0.9, 0.1], [0.7, 0.2]]}

    class Arrays:
        def array(self, sha256, name, rows=slice(None)):
            return pd.array(arrays[name]).to_numpy() if name == "rows" else arrays[name][rows]

    monkeypatch.setattr(maps, "service", Arrays)
    event = {"subjects": [{"sha256": "explorer_neighbours"}]}
    assert maps.nearest(event, 5) == [(2, 0.9), (9, 0.1)]
    assert maps.nearest(event, 4) == maps.nearest(event, 10) == []
