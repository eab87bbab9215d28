"""Random convolutions against their definition, and statistics of windows against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.finetune import _convolutions as conv
from backend.finetune._ridge import ridge
from backend.finetune._window_statistics import STATISTICS, carried, statistics
from backend.finetune.random_convolutions import lengthened


@pytest.fixture
def x():
    return torch.from_numpy(np.random.default_rng(0).normal(size=(5, 4, 40)).astype(np.float32))


def by_definition(x: np.ndarray, pair: conv.Pair) -> np.ndarray:
    """The share of outputs above each bias, weight by weight; x: n x C x L"""
    weights = np.full(9, -1.0)
    weights[list(conv.TRIPLES[pair.kernel])] = 2
    series = x[:, pair.channels.numpy()].sum(1)
    far = 4 * pair.dilation
    wide = np.pad(series, ((0, 0), (far, far)))
    length = x.shape[2]
    output = sum(w * wide[:, k * pair.dilation : k * pair.dilation + length] for k, w in enumerate(weights))
    if not pair.padded:
        output = output[:, far : length - far]
    return (output[:, None] > pair.biases.numpy()[None, :, None]).mean(-1)


def test_features_are_shares_of_outputs_above_a_bias(x):
    pairs = conv.drawn(x, 840, 3)
    wanted = np.concatenate([by_definition(x.numpy().astype(np.float64), pair) for pair in pairs], axis=1)
    found = conv.transform(x, pairs).numpy()
    assert found.shape == (5, 840)
    assert np.abs(found - wanted).max() <= 0.05  # one output that lies at a bias may fall to either side
    assert np.abs(found - wanted).mean() < 1e-3


def test_kernels_sum_to_zero_so_a_level_says_nothing(x):
    pairs = [pair for pair in conv.drawn(x, 840, 3) if not pair.padded]
    moved = conv.transform(x, pairs) - conv.transform(x + 8, pairs)
    assert moved.abs().mean() < 1e-3  # but for outputs that lie at a bias
    assert (conv.transform(x, pairs) - conv.transform(2 * x, pairs)).abs().mean() > 0.1


@pytest.mark.parametrize(("length", "of_kernel"), [(9, 10), (24, 119), (150, 119), (1460, 119), (30, 1), (5000, 40)])
def test_dilations_span_the_series(length, of_kernel):
    found, counts = conv.dilations(length, of_kernel)
    assert sum(counts) == of_kernel
    assert min(counts) >= (1 if of_kernel >= len(found) else 0)
    assert found[0] == 1
    assert found == sorted(set(found))
    assert 8 * found[-1] <= length - 1
    assert of_kernel == 1 or 8 * 2 * found[-1] > length - 1


def test_a_window_shorter_than_a_kernel_is_refused(x):
    with pytest.raises(ValueError, match="expected windows of at least 9 steps, found 8"):
        conv.drawn(x[:, :, :8], 840, 0)


def test_the_rival_lengthens_windows_that_are_shorter_than_a_kernel(x):
    longer = lengthened(x[:, :, :6])
    assert longer.shape == (5, 4, 9)
    assert torch.equal(longer[:, :, 3:], x[:, :, :6])
    assert torch.equal(longer[:, :, :3], x[:, :, :1].expand(-1, -1, 3))
    assert lengthened(x) is x or torch.equal(lengthened(x), x)


def test_the_same_seed_draws_the_same_features_and_another_others(x):
    same = [conv.transform(x, conv.drawn(x, 168, seed)) for seed in (1, 1, 2)]
    assert torch.equal(same[0], same[1])
    assert not torch.equal(same[0], same[2])


def test_statistics_are_those_of_numpy(x):
    x = x.clone()
    x[0, 0, :7] = torch.nan
    x[0, 1, 20:] = torch.nan
    x[1, 2] = torch.nan
    found = statistics(x).reshape(5, 4, len(STATISTICS)).numpy()
    for row, channel in ((0, 0), (0, 1), (2, 3)):
        values = x[row, channel].numpy()
        known = ~np.isnan(values)
        there, step = values[known], np.arange(40)[known]
        wanted = {
            "mean": there.mean(),
            "deviation": there.std(),
            "slope": np.polyfit(step, there, 1)[0],
            "least": there.min(),
            "most": there.max(),
            "last": there[-1],
            "roughness": np.abs(np.diff(there)).mean(),
            "missing": 1 - known.mean(),
        }
        assert found[row, channel] == pytest.approx([wanted[name] for name in STATISTICS], abs=1e-5)
    gone = dict(zip(STATISTICS, found[1, 2], strict=True))
    assert gone.pop("missing") == 1
    assert np.isnan(list(gone.values())).all()


def test_gaps_are_filled_with_the_last_reading_before_them():
    nan = np.nan
    x = torch.tensor([[[nan, 1.0, nan, nan, 4.0, nan], [nan] * 6]], dtype=torch.float32)
    assert carried(x)[0].tolist() == [[1, 1, 1, 1, 4, 4], [0] * 6]


def test_ridge_of_weighted_rows_is_that_of_repeated_rows():
    rng = np.random.default_rng(1)
    x, y = torch.from_numpy(rng.normal(size=(12, 3))), torch.from_numpy(rng.normal(size=(12, 2)))
    times = torch.from_numpy(rng.integers(1, 4, 12))
    again = ridge(x.repeat_interleave(times, 0), y.repeat_interleave(times, 0), [0.1, 1.0])
    weighted = ridge(x, y, [0.1, 1.0], times / times.double().mean())
    for one, other in zip(again, weighted, strict=True):
        assert torch.allclose(one, other)
    alone = ridge(x, y[:, 0], [0.1])[0]
    assert torch.allclose(alone, ridge(x, y, [0.1])[0][:, 0])
