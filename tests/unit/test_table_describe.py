"""The facts of a table's sheet: counts by class and group, missing values, correlations; bounded whatever the table."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from backend.modality.table import associations, describe

N = 900


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, N)
    frame = pd.DataFrame(
        {
            "x": rng.standard_normal(N) + codes,
            "kind": rng.choice(["a", "b"], N).astype(object),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 100, N), "D"),
            "same": np.where(np.arange(N) == 0, "other", "usual").astype(object),
        }
    )
    frame.loc[:89, ["x", "kind"]] = None
    columns = [
        {"name": "x", "type": "number", "feature": True},
        {"name": "kind", "type": "category", "feature": True},
        {"name": "day", "type": "date", "feature": True},
        {"name": "same", "type": "constant", "feature": False},
    ]
    sex = rng.choice(["f", "m"], N)
    known = describe.Known(codes, ["no", "yes"], groups={"sex": sex})
    return frame, columns, np.repeat(["train", "val", "test"], N // 3), known


def test_distributions_add_up(table):
    frame, _, _, known = table
    found = describe.facts(*table)
    assert list(found["distributions"]) == ["x", "kind", "day"]
    for name, one in found["distributions"].items():
        assert sum(one["all"]) + one["missing"] == N
        for members in (one["classes"], one["groups"]["sex"]):
            assert np.sum(list(members.values()), axis=0).tolist() == one["all"], name
    one = found["distributions"]["kind"]
    counts = frame["kind"].value_counts()
    assert one["values"] == counts.index.tolist()
    assert one["all"] == [*counts.tolist(), 0]
    first = found["distributions"]["x"]
    inside = frame["x"].between(first["edges"][3], first["edges"][4], inclusive="left")
    assert first["all"][3] == inside.sum()
    assert first["classes"]["yes"][3] == (inside & (known.codes == 1)).sum()
    json.dumps(found)


def test_missing_values_by_class_and_together(table):
    frame, _, _, known = table
    found = describe.facts(*table)["missing"]
    assert {one["name"]: one["missing"] for one in found["columns"]} == {"x": 90, "kind": 90}
    gone = frame["x"].isna()
    assert found["columns"][0]["classes"]["yes"] == [
        int((gone & (known.codes == 1)).sum()),
        int((known.codes == 1).sum()),
    ]
    patterns = {frozenset(one["columns"]): one["rows"] for one in found["patterns"]}
    assert patterns == {frozenset(): N - 90, frozenset({"x", "kind"}): 90}


def test_near_constant_columns(table):
    (one,) = describe.facts(*table)["near_constant"]
    assert (one["name"], one["value"], one["share"]) == ("same", "usual", (N - 1) / N)


def test_a_number_as_the_target_is_cut_in_quarters(table):
    frame, columns, parts, _ = table
    numbers = np.arange(N, dtype=float)
    found = describe.facts(frame, columns, parts, describe.Known(np.full(N, -1), [], numbers))
    assert len(found["bands"]) == 4
    classes = found["distributions"]["day"]["classes"]
    assert list(classes) == found["bands"]
    assert [sum(counts) for counts in classes.values()] == [225] * 4


def test_associations_against_closed_forms():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(4_000)
    frame = pd.DataFrame(
        {
            "x": x,
            "monotone": np.exp(x),
            "half": np.where(x > 0, "high", "low").astype(object),
            "same half": np.where(x > 0, "u", "v").astype(object),
            "noise": rng.choice(["a", "b", "c"], 4_000).astype(object),
        }
    )
    found = associations.strongest(frame, list(frame), {})
    at = {name: i for i, name in enumerate(found["columns"])}
    value = lambda a, b: found["matrix"][at[a]][at[b]]  # noqa: E731
    assert value("x", "monotone") == pytest.approx(1.0)
    assert value("half", "same half") == pytest.approx(1.0, abs=1e-3)
    assert value("x", "half") == pytest.approx(np.sqrt(0.75), abs=0.01)  # of ranks cut in halves
    assert value("noise", "half") < 0.05
    assert value("noise", "x") < 0.06
    assert all(pair["low"] <= pair["value"] <= pair["high"] for pair in found["pairs"])
    measures = {frozenset((p["a"], p["b"])): p["measure"] for p in found["pairs"]}
    assert measures[frozenset(("x", "half"))] == "eta"
    assert measures[frozenset(("half", "same half"))] == "cramers_v"


def test_a_wide_table_stays_small():
    rng = np.random.default_rng(2)
    names = [f"c{i}" for i in range(2_000)]
    frame = pd.DataFrame(rng.standard_normal((200, 2_000)), columns=names)
    columns = [{"name": name, "type": "number", "feature": True} for name in names]
    known = describe.Known(rng.integers(0, 2, 200), ["a", "b"], groups={"g": rng.choice(list("xyz"), 200)})
    found = describe.facts(frame, columns, np.full(200, "train"), known)
    assert len(found["distributions"]) == 100
    assert found["left_out"] == 1_900
    assert len(json.dumps(found)) < 400_000
