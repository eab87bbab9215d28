"""Every encoder and every augmentation of sensor series, found by listing the folders."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from backend.encoders._series import Readings, Windows
from backend.engine.weights import build_encoder
from backend.registry import of_kind, plugin
from tests import series_made
from tests.series_made import CHANNELS, DESCRIBED, LENGTH

ENCODERS = [(name, {}) for name in of_kind("encoders", "series")] + [("patch_transformer", {"channels": "independent"})]


@pytest.mark.parametrize(("name", "params"), ENCODERS)
class TestSeriesEncoder:
    def test_gives_one_finite_vector_a_window_and_a_frame(self, name, params):
        encoder = build_encoder(series_made.spec(name, **params), seed=0).eval()
        found = series_made.windows(9)
        found[0] = torch.nan
        out = encoder(found)
        assert out.shape == (9, encoder.dim)
        assert torch.isfinite(out).all()
        frames = encoder.frames(found)
        assert frames.shape == (9, LENGTH // encoder.hop, encoder.dim)
        assert torch.allclose(encoder.pooled(frames), out)

    def test_reads_shorter_windows(self, name, params):
        encoder = build_encoder(series_made.spec(name, **params), seed=0).eval()
        for length in (5, 8, 17):
            found = encoder.frames(series_made.windows(4)[..., :length])
            assert found.shape == (4, -(-length // encoder.hop), encoder.dim)
            assert torch.isfinite(found).all()

    def test_a_missing_reading_is_not_the_mean(self, name, params):
        encoder = build_encoder(series_made.spec(name, **params), seed=0).eval()
        flat = series_made.windows(4, gaps=0)
        flat[:, 1] = 0.0
        gone = flat.clone()
        gone[:, 1] = torch.nan
        assert not torch.allclose(encoder(flat), encoder(gone))

    def test_every_channel_and_step_is_read(self, name, params):
        encoder = build_encoder(series_made.spec(name, **params), seed=0).eval()
        found = series_made.windows(16, gaps=0).requires_grad_()
        encoder.frames(found).square().sum().backward()
        assert (found.grad.abs().amax(dim=0) > 0).all()

    def test_every_parameter_gets_a_gradient(self, name, params):
        encoder = build_encoder(series_made.spec(name, **params), seed=0)
        encoder(series_made.windows(128)).square().sum().backward()
        assert [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []

    def test_the_seed_decides(self, name, params):
        first, again, other = (build_encoder(series_made.spec(name, **params), seed) for seed in (0, 0, 1))
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
        assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))

    def test_keeps_its_time(self, name, params):
        encoder, found = build_encoder(series_made.spec(name, **params), seed=0), series_made.windows(128)
        encoder(found)
        start = time.process_time()
        encoder(found).sum().backward()
        assert time.process_time() - start < 1

    def test_params_round_trip(self, name, params):
        kind = plugin("encoders", name).params
        assert kind(**kind().model_dump()) == kind()
        with pytest.raises(ValueError, match="extra"):
            kind(no_such_key=1)


@pytest.mark.parametrize("name", of_kind("augment", "series"))
def test_augmentations_change_each_window_by_itself_and_keep_what_is_missing(name):
    found = plugin("augment", name)
    policy = found.call(found.params(), DESCRIBED)
    if policy is None:
        return
    one = series_made.windows(1, gaps=0.1).repeat(8, 1, 1)
    before = one.clone()
    out, again = (policy(one, torch.Generator().manual_seed(3)) for _ in range(2))
    assert out.shape == one.shape
    assert out.dtype == torch.float32
    assert torch.equal(one.nan_to_num(9), before.nan_to_num(9))
    assert torch.equal(out.nan_to_num(9), again.nan_to_num(9))
    assert len({tuple(each.flatten().nan_to_num(9).tolist()) for each in out}) == 8
    assert not out.isnan().all(dim=2).all(dim=1).any()
    kind = found.params
    still = kind(**{key: 0 for key in kind.model_fields if key != "periods"})
    same = found.call(still, DESCRIBED)(one, torch.Generator().manual_seed(3))
    assert torch.allclose(same.nan_to_num(9), one.nan_to_num(9), atol=1e-5)


def cut(values: np.ndarray, first: int, end: int, places: np.ndarray, at: int) -> np.ndarray:
    """One window, by hand."""
    out = np.full((CHANNELS, LENGTH), np.nan, dtype=np.float32)
    for row in range(first, end):
        out[:, places[row] - at + LENGTH - 1] = values[row]
    return out


@pytest.mark.parametrize("gaps", [False, True])
def test_windows_are_cut_out_of_the_readings_as_they_are_asked_for(gaps):
    draw = np.random.default_rng(0)
    values = draw.normal(size=(200, CHANNELS)).astype(np.float32)
    places = np.sort(draw.choice(230, 200, replace=False)) if gaps else np.arange(200)
    ends = np.flatnonzero(places >= LENGTH)[::3]
    first = np.searchsorted(places, places[ends] - LENGTH + 1)
    of = np.stack([first, ends + 1, np.zeros_like(ends), places[ends]], axis=1)
    wanted = np.stack([cut(values, f, e, places, at) for f, e, _, at in of])
    readings = Readings(torch.from_numpy(values), torch.from_numpy(places), DESCRIBED)
    found = Windows(readings, torch.from_numpy(of), places[ends] * 1.0, places[ends] * 2.0)
    assert np.array_equal(found.input.numpy(), wanted, equal_nan=True)
    assert np.isnan(wanted).any() == gaps
    rows = torch.tensor([5, 0, 7])
    assert np.array_equal(found[rows].input.numpy(), wanted[[5, 0, 7]], equal_nan=True)
    assert found[rows].age.tolist() == found.age[[5, 0, 7]].tolist()
    together = np.concatenate([part.input.numpy() for part in found.split(11)])
    assert np.array_equal(together, wanted, equal_nan=True)
