"""Calibration: a model that is right, one that is wrong by a known amount, and what mends it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from backend.statistics.calibration import bins_of, calibration_error, chosen, fitted, folds, reliability


def drawn(seed: int, n: int = 2000, cells: tuple[int, int] = (3, 3)) -> tuple[np.ndarray, np.ndarray]:
    """(probabilities S x P x N that are right for what was drawn, event): models that see different parts of the
    chance cannot all be right, so here they agree."""
    rng = np.random.default_rng(seed)
    chance = expit(rng.normal(-2, 1.2, n))
    return np.broadcast_to(chance, (*cells, n)).copy(), rng.random(n) < chance


def test_a_calibrated_model_has_an_error_near_zero():
    errors = [calibration_error(*drawn(seed)) for seed in range(40)]
    assert sum(e["low"] == 0 for e in errors) >= 36
    assert np.mean([e["value"] ** 2 for e in errors]) < 2e-4
    assert all(e["plain"] > 0.004 for e in errors), "which the plain one is never"


def test_a_known_error_is_found_within_its_interval():
    """Probabilities that are 0.1 too high: the error is 0.1 in every bin."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(40):
        chance = rng.uniform(0.05, 0.8, 2000)
        event = rng.random(2000) < chance
        found = calibration_error(np.broadcast_to(chance + 0.1, (3, 3, 2000)), event)
        held += found["low"] <= 0.1 <= found["high"]
    assert held >= 35


def test_rows_of_one_unit_widen_the_interval():
    probability, event = drawn(2, 1000)
    twice = np.repeat(probability, 2, axis=2), np.repeat(event, 2)
    units = np.repeat(np.arange(1000), 2)
    alone, apart = calibration_error(probability, event), calibration_error(*twice)
    together = calibration_error(*twice, units)
    assert together["high"] == pytest.approx(alone["high"], rel=0.05)
    assert apart["high"] < together["high"]
    bins = reliability(twice[0][0, 0], twice[1], units)
    assert bins[-1].observed.high == pytest.approx(reliability(probability[0, 0], event)[-1].observed.high, abs=0.01)


def test_one_subset_gives_no_interval():
    found = calibration_error(*drawn(0, cells=(1, 2)))
    assert (found["low"], found["high"]) == (None, None)


def test_temperature_undoes_what_sharpened():
    rng = np.random.default_rng(3)
    chance = expit(rng.normal(0, 1, 20_000))
    event = rng.random(20_000) < chance
    sharp = expit(3 * logit(chance))
    mended = fitted("temperature", sharp, event)
    assert mended.temperature == pytest.approx(3, rel=0.05)
    assert np.abs(mended(sharp) - chance).max() < 0.02


def test_isotonic_is_the_share_of_events_where_scores_are_few():
    """And pools what goes the wrong way: 0.4 and 0.6 have 2 of 4 and 1 of 4 events, so both become 3 of 8."""
    score = np.repeat([0.2, 0.4, 0.6, 0.9], 4)
    event = np.array([0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0], dtype=bool)
    mended = fitted("isotonic", score, event)
    assert mended(np.array([0.0, 0.2, 0.4, 0.6, 0.9, 1.0])) == pytest.approx([0, 0, 3 / 8, 3 / 8, 3 / 4, 3 / 4])


def test_what_is_right_is_left_as_it_is_and_what_is_shifted_is_mended():
    probability, event = drawn(4, 4000)
    right, scores = chosen(probability[0, 0], event)
    assert scores["none"] <= scores["isotonic"]
    assert right.method in ("none", "temperature")
    shifted, _ = chosen(expit(logit(probability[0, 0]) + 2), event)
    assert shifted.method == "isotonic", "no temperature moves the base rate"


def test_folds_keep_units_together_and_spread_events():
    units = np.repeat(np.arange(50), 3)
    event = np.zeros(150, dtype=bool)
    event[:30] = True  # ten units
    fold = folds(event, units, 0)
    assert all(len(set(fold[units == unit])) == 1 for unit in range(50))
    assert [len(set(units[(fold == k) & event])) for k in range(5)] == [2] * 5


def test_ties_share_a_bin():
    score = np.r_[np.zeros(50), np.linspace(0.5, 1, 50)]
    at = bins_of(score, 10)
    assert set(at[:50]) == {0}
    assert np.bincount(at).tolist() == [50] + [10] * 5
