"""DuckDB's counts of a selection are pandas' counts, whatever columns are called."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from backend.control.content import slices as module
from backend.control.content.slices import Slices
from backend.workspace.layout import BadInput

HOSTILE = 'a"; DROP TABLE t1; --'


def codes(count: int = 5_000) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "label": random.integers(-1, 4, count).astype(np.int16),
        HOSTILE: random.integers(0, 3, count).astype(np.int16),
        "outcome": random.integers(0, 2, count).astype(np.int16),
    }


@pytest.mark.parametrize("cells", [0, 6, 16, 4_096])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_counts_are_those_of_pandas(share, cells, monkeypatch):
    """However many columns stand in cells, and whether the chosen rows are counted or the others."""
    monkeypatch.setattr(module, "MOST_CELLS", cells)
    given, slices = codes(), Slices()
    slices.offer("m", given)
    chosen = np.random.default_rng(1).random(5_000) < share
    groupings = [("label",), (HOSTILE,), ("outcome", "label"), ("label", HOSTILE, "outcome"), ("outcome",)]
    found = slices.counts("m", groupings, chosen)
    table = pd.DataFrame(given)[chosen]
    for grouping, answer in zip(groupings, found, strict=True):
        expected = table.groupby(list(grouping)).size().sort_index()
        assert answer.to_dict() == expected.to_dict()
        assert answer.index.names == list(grouping)
        assert answer.dtype == np.int64


def test_without_a_selection_every_row_counts():
    slices = Slices()
    slices.offer("m", {"label": np.array([0, 1, 1], np.int16)})
    assert slices.counts("m", [("label",)])[0].to_dict() == {0: 1, 1: 2}
    assert slices.counts("m", []) == []


def test_the_same_name_is_loaded_once_and_the_oldest_leaves(monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2)
    slices = Slices()
    for name in ("a", "b", "a", "c"):
        slices.offer(name, {"x": np.zeros(3, np.int16)})
    assert slices.counts("a", [("x",)])[0].to_dict() == {0: 3}
    with pytest.raises(BadInput, match="a table that was loaded"):
        slices.counts("b", [("x",)])


def test_wrong_questions_are_one_clear_line():
    slices = Slices()
    slices.offer("m", {"x": np.zeros(3, np.int16)})
    with pytest.raises(BadInput, match="found 'y'"):
        slices.counts("m", [("y",)])
    with pytest.raises(BadInput, match="expected 3 marks, one a row, found 2"):
        slices.counts("m", [("x",)], np.zeros(2, bool))
