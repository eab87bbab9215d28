"""Effects of one input on an answer: closed forms, intervals, and how much a shuffled column costs."""

from __future__ import annotations

import numpy as np

from backend.stages.modality.table.importance import parts_of, shuffled
from backend.statistics import effects
from tests.contract.test_table_attribution import DESCRIBED


def test_the_accumulated_effect_of_a_sum_is_its_own_term():
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 500))
    edges = effects.edges_of(x, 10)
    bins = effects.bin_of(x, edges)
    assert len(edges) == 11
    assert (x >= edges[bins]).all()
    assert (x <= edges[bins + 1]).all()
    found = effects.accumulated((3 * edges[bins + 1] + z) - (3 * edges[bins] + z), bins, 10)
    np.testing.assert_allclose(np.diff(found.value), 3 * np.diff(edges))
    middle = (found.value[:-1] + found.value[1:]) / 2
    np.testing.assert_allclose((np.bincount(bins) * middle).sum(), 0, atol=1e-9)
    np.testing.assert_allclose(np.diff(found.high - found.low), 0, atol=0.1), "a term of its own is known exactly"


def test_an_effect_that_rows_disagree_on_has_an_interval():
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=(2, 800))
    edges = effects.edges_of(x, 8)
    bins = effects.bin_of(x, edges)
    change = z * (edges[bins + 1] - edges[bins])  # of x * z: no effect on average
    found = effects.accumulated(change, bins, 8)
    assert ((found.low < 0) & (found.high > 0)).all()
    assert (found.high - found.low > 0.02).all()
    together = effects.accumulated(np.repeat(change, 3), np.repeat(bins, 3), 8, np.repeat(np.arange(800), 3))
    np.testing.assert_allclose(together.high - together.low, found.high - found.low, rtol=0.25)


def test_few_distinct_values_make_few_bins():
    assert effects.edges_of(np.array([0, 0, 0, 1, 1, 5]), 20).tolist() == [0, 1, 5]
    assert effects.bin_of(np.array([0.0, 1.0, 5.0]), np.array([0.0, 1.0, 5.0])).tolist() == [0, 0, 1]


def test_the_effects_of_values_have_a_mean_of_zero():
    rng = np.random.default_rng(2)
    own, bare = rng.integers(-1, 3, 400), rng.normal(size=400)
    found = effects.by_value(bare[:, None] + np.array([1.0, 2.0, 4.0]), own)
    shares = np.bincount(own[own >= 0]) / (own >= 0).sum()
    np.testing.assert_allclose(found.value, np.array([1, 2, 4]) - shares @ [1, 2, 4])
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    np.testing.assert_allclose(effects.mean(bare).value, bare.mean())


def test_a_shuffled_column_costs_what_the_model_rests_on():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(600, 3)).astype(np.float32)
    truth = 2 * values[:, 0] + values[:, 1]
    models = {"knows": lambda x: (2 * x[:, 0] + x[:, 1])[:, None], "guesses": lambda x: 0 * x[:, :1]}
    found = shuffled(models, values, [[0], [1], [2]], lambda out: -np.abs(truth - out[:, 0]), 1, 0)
    expected = np.sqrt(2 / np.pi) * np.sqrt(2) * np.array([2, 1, 0])  # mean |difference of two normals|
    np.testing.assert_allclose(found["knows"].value, expected, atol=0.2)
    assert (found["knows"].low[:2] > 0).all()
    assert found["knows"].score == 0
    assert (found["guesses"].value == 0).all()
    assert shuffled(models, values, [[0]], lambda out: None, 1, 0) is None


def test_the_columns_that_matter_most_are_shuffled(monkeypatch):
    monkeypatch.setattr("backend.stages.modality.table.importance.MOST_COLUMNS", 2)
    assert parts_of(tuple(DESCRIBED), np.array([0.1, 0.9, 0.0, 0.4])) == {"job": [1], "income": [4]}
    monkeypatch.setattr("backend.stages.modality.table.importance.MOST_COLUMNS", 9)
    assert parts_of(tuple(DESCRIBED), np.zeros(4))["since"] == [2, 3]
