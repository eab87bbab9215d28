"""Leakage guards of tables: each rule meets what it is for, and honest columns pass."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from backend.modality.table import describe, leakage

N = 1_500


def column(name, kind="number", feature=True):
    return {"name": name, "type": kind, "feature": feature}


@pytest.fixture
def honest():
    """(frame, columns, parts, known): two columns that say much, four that say nothing."""
    rng = np.random.default_rng(0)
    strong = rng.standard_normal(N)
    kind = rng.choice(["a", "b", "c"], N)
    codes = (strong + (kind == "a") + rng.standard_normal(N) > 0.3).astype(np.int64)
    frame = pd.DataFrame(
        {
            "strong": strong,
            "kind": kind.astype(object),
            "income": np.where(rng.random(N) < 0.1 + 0.1 * codes, np.nan, rng.lognormal(10, 1, N)),
            "count": rng.poisson(2, N).astype(float),
            "opened": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, N), "D"),
            "flag": rng.choice(["yes", "no"], N).astype(object),
        }
    )
    types = {"kind": "category", "opened": "date", "flag": "yes/no"}
    columns = [column(name, types.get(name, "number")) for name in frame]
    parts = rng.choice(["train", "val", "test"], N, p=[0.7, 0.15, 0.15])
    return frame, columns, parts, describe.Known(codes, ["paid", "failed"])


def kinds(found):
    return {(one["column"], one["kind"]) for one in found}


def test_honest_columns_pass(honest):
    assert leakage.find(*honest) == []


def test_a_copy_of_the_outcome_predicts_it_alone(honest):
    frame, columns, parts, known = honest
    rng = np.random.default_rng(1)
    frame["copy"] = np.where(rng.random(N) < 0.01, 1 - known.codes, known.codes).astype(float)
    found = leakage.find(frame, [*columns, column("copy")], parts, known)
    assert kinds(found) == {("copy", "predicts")}
    one = found[0]
    assert one["measure"] == "auroc"
    assert one["low"] < one["figure"] < one["high"]
    assert one["figure"] > 0.97
    json.dumps(found)


def test_a_strong_column_that_beats_all_others_together_is_said(honest):
    frame, columns, parts, known = honest
    rng = np.random.default_rng(2)
    frame["score"] = known.codes + rng.normal(0, 0.45, N)
    found = leakage.find(frame, [*columns, column("score")], parts, known)
    assert kinds(found) == {("score", "predicts")}
    assert found[0]["why"] == "beats the rest"
    assert found[0]["low"] > found[0]["rest"]["high"]


def test_two_columns_written_after_the_outcome_do_not_hide_each_other(honest):
    frame, columns, parts, known = honest
    rng = np.random.default_rng(3)
    frame["one"], frame["two"] = (known.codes + rng.normal(0, 0.45, N) for _ in range(2))
    found = leakage.find(frame, [*columns, column("one"), column("two")], parts, known)
    assert kinds(found) == {("one", "predicts"), ("two", "predicts")}


def test_a_column_that_is_known_for_one_class_alone(honest):
    frame, columns, parts, known = honest
    rng = np.random.default_rng(4)
    frame["fee"] = np.where((known.codes == 1) & (rng.random(N) < 0.3), rng.gamma(2, 100, N), np.nan)
    found = leakage.find(frame, [*columns, column("fee")], parts, known)
    assert kinds(found) == {("fee", "filled")}
    assert found[0]["of"] == "failed"
    assert found[0]["outside"]["value"] == 0
    assert found[0]["inside"]["value"] == pytest.approx(0.3, abs=0.05)


def test_a_column_with_one_value_in_a_class(honest):
    frame, columns, parts, known = honest
    rng = np.random.default_rng(5)
    frame["lost"] = np.where((known.codes == 1) & (rng.random(N) < 0.6), rng.gamma(2, 100, N), 0.0)
    found = leakage.find(frame, [*columns, column("lost")], parts, known)
    assert kinds(found) == {("lost", "constant")}
    assert (found[0]["of"], found[0]["value"]) == ("paid", "0")


def test_dates_after_the_split_time_and_days_between_dates(honest):
    frame, columns, parts, known = honest
    rng = np.random.default_rng(6)
    days = np.where(known.codes == 1, rng.integers(1, 40, N), rng.integers(60, 300, N))
    frame["closed"] = frame["opened"] + pd.to_timedelta(days, "D")
    known = describe.Known(known.codes, known.classes, split_time="opened")
    found = leakage.find(frame, [*columns, column("closed", "date")], parts, known)
    assert kinds(found) == {("closed", "later"), ("closed", "between")}
    assert {one["other"] for one in found} == {"opened"}


def test_rows_sorted_by_the_outcome_drift(honest):
    frame, columns, parts, known = honest
    order = np.argsort(known.codes + np.random.default_rng(7).normal(0, 1, N))
    frame = frame.iloc[order].reset_index(drop=True)
    frame["number"] = np.arange(N).astype(str)
    known = describe.Known(known.codes[order], known.classes)
    found = leakage.find(frame, [*columns, column("number", "identifier", feature=False)], parts, known)
    assert kinds(found) == {("", "drift"), ("number", "drift")}


def test_a_feature_that_names_the_row(honest):
    frame, columns, parts, known = honest
    frame["id"], frame["name"] = np.arange(N) + 1000.0, [f"p{i}" for i in range(N)]
    found = leakage.find(frame, [*columns, column("id"), column("name", "category")], parts, known)
    assert kinds(found) == {("id", "identifier"), ("name", "identifier")}


def test_a_unit_in_two_splits(honest):
    frame, columns, parts, known = honest
    unit = np.arange(N) // 3
    frame["account"] = [f"a{u}" for u in unit]
    apart = describe.Known(known.codes, known.classes, unit=unit)
    found = leakage.find(frame, [*columns, column("account", "identifier", feature=False)], parts, apart)
    assert kinds(found) == {("", "unit"), ("account", "unit")}
    together = np.array(["train", "test", "val", "train"])[unit % 4]
    assert leakage.find(frame, [*columns, column("account", "identifier", feature=False)], together, apart) == []


def test_a_number_as_the_target(honest):
    frame, columns, parts, known = honest
    rng = np.random.default_rng(8)
    loss = frame["strong"].to_numpy() + rng.normal(0, 1, N)
    known = describe.Known(np.full(N, -1), [], loss)
    assert leakage.find(frame, columns, parts, known) == []
    frame["paid"] = 0.5 * loss + rng.normal(0, 0.05, N)
    found = leakage.find(frame, [*columns, column("paid")], parts, known)
    assert kinds(found) == {("paid", "predicts")}
    assert found[0]["measure"] == "r2"


def test_without_a_label_only_what_needs_none(honest):
    frame, columns, parts, _ = honest
    frame["id"] = np.arange(N).astype(float)
    known = describe.Known(np.full(N, -1), [])
    assert kinds(leakage.find(frame, [*columns, column("id")], parts, known)) == {("id", "identifier")}
