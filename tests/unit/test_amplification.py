"""Bias amplification on the tables of the papers' own reasoning, and its invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.statistics.amplification import directional, together, zhao

TRAIN = np.array([[30, 70], [70, 30]])  # the second attribute value goes with class 0


def counts(p_given_a: list[float], truth: np.ndarray = TRAIN) -> np.ndarray:
    """(A, T, T) counts whose predictions are class 1 at rate p in each attribute value, whatever the label."""
    p = np.array(p_given_a)
    predicted = np.stack([1 - p, p], axis=-1)
    return truth[:, :, None] * predicted[:, None, :]


def test_a_model_that_predicts_at_the_labels_rates_does_not_amplify():
    assert directional(counts([0.7, 0.3]), TRAIN) == pytest.approx(0)
    assert zhao(counts([0.7, 0.3]), TRAIN) == pytest.approx(0)


def test_directional_is_the_shift_towards_the_training_bias():
    """Class 1 predicted 10 points more often where it is common and 10 less where it is rare: every pair moves."""
    assert directional(counts([0.8, 0.2]), TRAIN) == pytest.approx(0.1)
    assert directional(counts([0.6, 0.4]), TRAIN) == pytest.approx(-0.1)


def test_zhao_is_the_growth_of_the_majority_groups_share():
    """Of those predicted as class 1, 80 % have the value that made up 70 % in training."""
    assert zhao(counts([0.8, 0.2]), TRAIN) == pytest.approx(0.1)


def test_a_class_that_is_never_predicted_is_left_out_of_zhaos_mean():
    everyone_positive = counts([1.0, 1.0])
    assert zhao(everyone_positive, TRAIN) == pytest.approx(0.5 - 0.7)
    assert directional(everyone_positive, TRAIN) == pytest.approx((0.3 - 0.7) / 2)


def test_which_pairs_go_together():
    assert together(TRAIN).tolist() == [[False, True], [True, False]]


@settings(deadline=None)
@given(st.lists(st.floats(0.05, 0.95), min_size=2, max_size=2))
def test_naming_the_groups_otherwise_changes_nothing(p):
    swapped = counts(p[::-1], TRAIN[::-1])
    assert directional(swapped, TRAIN[::-1]) == pytest.approx(directional(counts(p), TRAIN))
    assert zhao(swapped, TRAIN[::-1]) == pytest.approx(zhao(counts(p), TRAIN))


def test_leading_axes_are_free_and_an_empty_group_is_left_out():
    stacked = np.stack([counts([0.8, 0.2]), counts([0.8, 0.2]) * np.array([1, 0])[:, None, None]])
    assert directional(stacked, TRAIN) == pytest.approx([0.1, 0.1])
