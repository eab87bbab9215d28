"""Every augmentation policy, found by listing the folder."""

from __future__ import annotations

import time

import pytest
import torch

from backend.registry import of_kind, plugin


@pytest.mark.parametrize("name", of_kind("augment", "image"))
@pytest.mark.parametrize(("channels", "size"), [(1, 8), (3, 32)])
class TestPolicy:
    def made(self, name, channels, size):
        found = plugin("augment", name)
        augmentation = found.call(found.params(), size, channels)
        images = torch.randint(0, 256, (64, channels, size, size), dtype=torch.uint8)
        return augmentation, images

    def test_gives_float_images_of_the_same_shape_in_range(self, name, channels, size):
        augmentation, images = self.made(name, channels, size)
        out = augmentation(images, torch.Generator().manual_seed(0))
        assert out.shape == images.shape
        assert out.dtype == torch.float32
        assert 0 <= out.min() <= out.max() <= 1
        assert not torch.allclose(out, images / 255, atol=0.01)

    def test_each_sample_draws_its_own_parameters(self, name, channels, size):
        augmentation, images = self.made(name, channels, size)
        out = augmentation(images[:1].repeat(8, 1, 1, 1), torch.Generator().manual_seed(0))
        assert len({tuple(x.flatten().tolist()) for x in out}) == 8

    def test_is_deterministic(self, name, channels, size):
        augmentation, images = self.made(name, channels, size)
        first, again = (augmentation(images, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(first, again)

    def test_keeps_its_time(self, name, channels, size):
        augmentation, images = self.made(name, channels, size)
        augmentation(images, torch.Generator())
        start = time.process_time()
        augmentation(images, torch.Generator())
        assert time.process_time() - start < 0.5


@pytest.mark.parametrize("name", of_kind("augment", "image"))
def test_params_round_trip_and_refuse_unknown_keys(name):
    params = plugin("augment", name).params
    assert params(**params().model_dump()) == params()
    with pytest.raises(ValueError, match="extra"):
        params(no_such_key=1)
