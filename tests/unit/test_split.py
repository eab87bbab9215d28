"""Splits that the workbench makes: stratified, whole units, repeatable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.data.split import carve, complete, together


@given(st.integers(0, 2**31 - 1), st.integers(30, 300), st.integers(2, 5), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_a_unit_is_never_torn_apart(seed, n, classes, per_unit):
    rng = np.random.default_rng(seed)
    labels, unit = rng.integers(0, classes, n), rng.integers(0, max(1, n // per_unit), n)
    split, made = complete(None, labels, [unit], seed)
    assert made == ["train", "val", "test"]
    for u in np.unique(unit):
        assert len(set(split[unit == u])) == 1


@given(st.integers(0, 1000), st.lists(st.integers(40, 400), min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_every_class_is_dealt_in_the_same_shares(seed, sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    split, _ = complete(None, labels, [np.arange(len(labels))], seed)
    for k, size in enumerate(sizes):
        val, test = ((split[labels == k] == name).sum() for name in ("val", "test"))
        # Two roundings of at most a half each.
        assert abs(val - 0.15 * size) <= 1 + 1e-9
        assert abs(test - 0.15 * size) <= 1 + 1e-9
    assert abs((split == "train").sum() - 0.7 * len(labels)) <= 1 + 1e-9


def test_the_same_seed_gives_the_same_split_and_another_another():
    labels, rows = np.arange(200) % 2, np.arange(200)
    first, again, other = (complete(None, labels, [rows], s)[0] for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(("have", "made"), [(("train", "test"), "val"), (("train", "val"), "test")])
def test_a_missing_split_comes_out_of_train_alone(have, made):
    given_split = np.repeat(have, [160, 40])
    split, said = complete(given_split, np.arange(200) % 2, [np.arange(200)], 0)
    assert said == [made]
    assert (split[160:] == have[1]).all()
    assert (split[:160] == made).sum() == 24


def test_a_whole_split_is_left_alone():
    given_split = np.array(["train", "val", "test"] * 10)
    split, said = complete(given_split, np.zeros(30, dtype=int), [], 0)
    assert said == []
    assert (split == given_split).all()


def test_units_join_through_one_another():
    """Rows 0 and 1 share a patient, 1 and 2 the same pixels: all three belong together; 3 stands alone."""
    joined = together([np.array(["p", "p", "q", "r"]), np.array([b"x", b"y", b"y", b"z"], dtype=object)], 4)
    assert len({joined[0], joined[1], joined[2]}) == 1
    assert joined[3] != joined[0]


def test_a_unit_counts_for_the_class_of_most_of_its_rows():
    unit = np.repeat(np.arange(40), 5)
    labels = np.where(np.arange(200) % 5 == 0, 1 - np.repeat(np.arange(40) % 2, 5), np.repeat(np.arange(40) % 2, 5))
    split = carve(labels, unit, {"test": 0.25}, 0)
    tested = unit[split == "test"][::5]
    assert (tested % 2 == 0).sum() == (tested % 2 == 1).sum() == 5
