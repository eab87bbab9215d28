"""Label subsets: nested, stratified, grouped, deterministic, with every class."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.finetune._subsets import nested_subsets

FRACTIONS = [0.01, 0.1, 0.5, 1.0]
labels_strategy = st.lists(st.integers(-1, 3), min_size=1, max_size=80).filter(lambda v: max(v) >= 0)


@settings(max_examples=60, deadline=None)
@given(labels_strategy, st.integers(0, 99), st.booleans())
def test_nested_with_every_class_and_no_missing_label(labels, seed, grouped):
    labels = np.array(labels)
    groups = np.array([f"g{i // 3}" for i in range(len(labels))]) if grouped else None
    subsets = nested_subsets(labels, FRACTIONS, seed, groups)
    for small, large in pairwise(FRACTIONS):
        assert set(subsets[small]) <= set(subsets[large])
    for rows in subsets.values():
        assert set(labels[rows]) == set(labels[labels >= 0])
        assert (np.diff(rows) > 0).all()
    assert (subsets[1.0] == np.flatnonzero(labels >= 0)).all()


def test_shares_are_stratified():
    labels = np.repeat([0, 1], [900, 100])
    subsets = nested_subsets(labels, [0.01, 0.1], 0)
    assert np.bincount(labels[subsets[0.1]]).tolist() == [90, 10]
    assert np.bincount(labels[subsets[0.01]]).tolist() == [9, 1]


def test_a_seed_decides():
    labels = np.repeat([0, 1], 50)
    one, again, other = (nested_subsets(labels, [0.1], seed)[0.1] for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


def test_groups_are_drawn_whole_and_overshoot_by_less_than_one_group_a_class():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), 4).astype(str)
    labels = np.repeat(rng.integers(0, 2, 200), 4)
    rows = nested_subsets(labels, [0.1], 3, groups)[0.1]
    taken = np.isin(groups, groups[rows])
    assert (np.flatnonzero(taken) == rows).all()
    assert 80 <= len(rows) < 80 + 2 * 4


def test_a_class_in_the_minority_of_every_group_is_still_there():
    labels = np.array([0, 0, 1] * 10)
    rows = nested_subsets(labels, [0.1], 0, np.repeat(np.arange(10), 3))[0.1]
    assert set(labels[rows]) == {0, 1}


def test_no_label_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one labelled row"):
        nested_subsets(np.full(5, -1), [0.1], 0)
