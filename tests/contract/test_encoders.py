"""Every encoder, found by listing the folder."""

from __future__ import annotations

import time

import pytest
import torch

from backend.engine.weights import build_encoder
from backend.registry import of_kind, plugin

SMALL = {"resnet18": {"width": 8}, "vit": {"dim": 32, "depth": 2}}  # capped, so that the suite stays quick


def spec(name: str, channels: int = 3, size: int = 16) -> dict:
    return {
        "encoder": {"name": name, **SMALL.get(name, {})},
        "shape": [channels, size, size],
        "mean": [0.5] * channels,
        "std": [0.25] * channels,
        "classes": ["a", "b"],
    }


@pytest.mark.parametrize("name", of_kind("encoders", "image"))
class TestEncoder:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_gives_one_finite_vector_an_image(self, name, channels):
        encoder = build_encoder(spec(name, channels), seed=0).eval()
        out = encoder(torch.rand(5, channels, 16, 16))
        assert out.shape == (5, encoder.dim)
        assert torch.isfinite(out).all()

    def test_every_parameter_gets_a_gradient(self, name):
        encoder = build_encoder(spec(name), seed=0)
        encoder(torch.rand(8, 3, 16, 16)).square().sum().backward()
        dead = [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        assert dead == []

    def test_the_seed_decides_and_the_global_state_is_left_alone(self, name):
        torch.manual_seed(7)
        before = torch.get_rng_state()
        first, again, other = (build_encoder(spec(name), seed) for seed in (0, 0, 1))
        assert torch.equal(before, torch.get_rng_state())
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
        assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))

    def test_normalises_inside(self, name):
        encoder = build_encoder(spec(name), seed=0)
        assert encoder.normalise(torch.full((1, 3, 2, 2), 0.75)).mean() == pytest.approx(1)

    def test_grad_cam_can_read_its_layer(self, name):
        encoder = build_encoder(spec(name), seed=0).eval()
        seen = []
        encoder.gradcam_layer.register_forward_hook(lambda module, args, out: seen.append(out))
        encoder(torch.rand(2, 3, 16, 16))
        if encoder.gradcam_grid is None:
            assert seen[0].ndim == 4
        else:
            height, width = encoder.gradcam_grid
            assert seen[0].shape[1] == height * width

    def test_no_weight_stands_under_two_names(self, name):
        state = build_encoder(spec(name), seed=0).state_dict()
        assert len({value.data_ptr() for value in state.values()}) == len(state)

    def test_keeps_its_time(self, name):
        encoder = build_encoder(spec(name), seed=0)
        encoder(torch.rand(32, 3, 16, 16))
        start = time.process_time()
        encoder(torch.rand(32, 3, 16, 16)).sum().backward()
        assert time.process_time() - start < 2

    def test_params_round_trip(self, name):
        params = plugin("encoders", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)
