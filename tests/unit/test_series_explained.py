"""Bands of frequencies that are taken away, and channels by how much their scores say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from backend.stages.modality.series.bands import bands, without
from workbench.modality.series import explain_charts as charts
from workbench.modality.series import explain_words as words


@pytest.mark.parametrize("length", [8, 30, 48, 49, 100])
def test_bands_hold_every_frequency_but_the_mean_once(length):
    found = bands(length)
    assert np.concatenate([band.bins for band in found][::-1]).tolist() == list(range(1, length // 2 + 1))
    assert all(one.longest < other.shortest for one, other in pairwise(found))
    assert found[0].shortest == pytest.approx(2, abs=0.1)
    assert found[-1].longest == pytest.approx(length)


def test_a_band_takes_its_own_waves_away_and_no_others():
    step = np.arange(48)
    fast, slow = np.sin(2 * np.pi * step / 3), np.sin(2 * np.pi * step / 24)
    values = torch.tensor(np.stack([fast + slow + 5, fast]), dtype=torch.float32)[None]
    of_three = next(band for band in bands(48) if band.shortest <= 3 <= band.longest)
    found = without(values, 0, of_three)[0].numpy()
    assert np.allclose(found[0], slow + 5, atol=1e-4)
    assert np.allclose(found[1], fast, atol=1e-6), "another channel stays as it is"


def test_gaps_stay_gaps():
    values = torch.randn(3, 2, 24, generator=torch.Generator().manual_seed(0))
    values[0, 0, 5:9] = torch.nan
    values[1, 1] = torch.nan
    found = without(values, 0, bands(24)[0])
    assert torch.equal(found.isnan(), values.isnan())
    assert not torch.equal(found[2, 0], values[2, 0])


SCORES = np.array([[0, 3, -1, 0, 0, 1], [0, 2, 0, -2, 1, 0], [1, 0, 0, 3, 0, 0]], dtype=float)  # 2 channels, 3 pieces


def test_a_channel_says_as_much_as_its_pieces_together():
    assert words.by_channel(SCORES, 2).tolist() == [[4, 1], [2, 3], [1, 3]]
    assert words.strongest(SCORES[0].reshape(2, 3), 2) == [0, 1]
    found = words.ranked(SCORES, ["a", "b"], ["u", "u", "v"])
    assert [(one["channel"], round(one["value"], 4)) for one in found] == [("a", 2.3333), ("b", 2.3333)]
    assert found[0]["low"] == pytest.approx(1), "a draw of the second unit alone"
    assert words.ranking(found, 3, 2).endswith("but not surely: the interval of b reaches as far.")


def test_who_says_most_is_sure_where_no_other_interval_reaches():
    sure = words.ranked(np.tile([5.0, 5, 5, 0.1, 0, 0], (6, 1)), ["a", "b"], list("uuvvww"))
    assert words.ranking(sure, 6, 3) == (
        "Over 6 explained windows of 3 units, a says most, by an interval that no other channel's reaches."
    )


TOLD = {
    "channels": ["speed", "vibration"],
    "bands": [{"shortest": 2.0, "longest": 3.7}, {"shortest": 4.0, "longest": 48.0}],
    "step": 0.5, "unit": "hours", "output": 1, "rows": 200, "units": 40,
    "effect": [[{"value": 0.01, "low": 0.0, "high": 0.02}] * 2,
               [{"value": 0.21, "low": 0.15, "high": 0.27}, {"value": 0.02, "low": 0.01, "high": 0.03}]],
}  # fmt: skip


def test_the_band_that_changes_most_is_named_with_its_period():
    assert words.banded(TOLD, "the probability of “yes”", None) == (
        "Taking swings with a period of 1 to 1.9 hours out of vibration changes the probability of “yes” most: by "
        "21.0 points [15.0, 27.0] on average, over 200 test windows of 40 units."
    )
    assert words.band_rows(TOLD)[0]["Channel"] == "vibration"
    assert len(charts.bands(TOLD, "change (points)").data[0].z) == 2


def test_scores_are_drawn_under_the_channels_that_they_are_of():
    values = np.random.default_rng(0).normal(size=(2, 6))
    values[1, 2] = np.nan
    scores = np.array([[0, 3, -1], [0, 0, 1]], dtype=float)
    figure = charts.under("Row 3", values, scores, ["a", "b"], [0, 0, 1, 1, 2, 2], np.arange(6.0), False, "hours")
    assert [trace.y[0] for trace in figure.data[:2]] == [values[0, 0], values[1, 0]]
    strongest = max(figure.layout.shapes, key=lambda shape: shape.opacity)
    assert (strongest.x0, strongest.x1, strongest.fillcolor) == (1.5, 3.5, charts.FOR)
    assert sum(shape.fillcolor == charts.AGAINST and shape.opacity > 0 for shape in figure.layout.shapes) == 1
