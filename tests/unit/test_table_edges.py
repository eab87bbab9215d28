"""Where the bins of a number begin: at the values that many rows share, and at quantiles of the others."""

from __future__ import annotations

import numpy as np

from backend.modality.table.coding import edges


def test_few_values_are_edges_themselves():
    assert edges(np.array([3, 1, 1, 2, 2, 2], np.float32), 5).tolist() == [1, 2, 3]


def test_quantiles_of_many_values():
    found = edges(np.arange(1001, dtype=np.float32), 11)
    assert found.tolist() == list(range(0, 1001, 100))


def test_a_value_that_most_rows_share_leaves_room_for_the_others():
    gain = np.concatenate([np.zeros(9000), np.arange(1, 1001)]).astype(np.float32)
    found = edges(gain, 21)
    assert found[0] == 0
    assert found[-1] == 1000
    assert 20 <= len(found) <= 22
    assert np.diff(found).max() < 60, "plain quantiles have no edge between 0 and the 95th percentile"


def test_every_frequent_value_is_an_edge():
    rng = np.random.default_rng(0)
    prices = np.concatenate([np.repeat([9.99, 19.99, 49.99], 300), rng.uniform(0, 100, 600)]).astype(np.float32)
    found = edges(prices, 17)
    assert set(np.array([9.99, 19.99, 49.99], np.float32)) <= set(found)
    assert (found[0], found[-1]) == (prices.min(), prices.max())
    assert (np.diff(found) > 0).all()
