"""Every pretext task, found by listing the folder."""

from __future__ import annotations

import time

import pytest
import torch

from backend.engine.weights import build_encoder
from backend.pretext._base import Batch
from backend.registry import of_kind, plugin

SPEC = {"encoder": {"name": "convnet", "width": 8}, "shape": [1, 16, 16], "mean": [0.5], "std": [0.25], "classes": []}


def step(name: str, seed: int = 0):
    """(outcome, encoder, pretext) of one forward pass on 16 random images."""
    encoder = build_encoder(SPEC, seed)
    torch.manual_seed(seed)
    found = plugin("pretext", name)
    pretext = found.call(found.params(), encoder.dim, 3)
    images = torch.rand(16, 1, 16, 16)
    pretext.prepare(encoder)
    seen = {view.name: (images + 0.05 * torch.randn_like(images)).clamp(0, 1) for view in pretext.views}
    return pretext(encoder, batch(seen, seed)), encoder, pretext


def batch(views, seed: int = 0) -> Batch:
    return Batch(views, torch.arange(16) % 3, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", of_kind("pretext", "image"))
class TestPretext:
    def test_loss_is_finite_and_reaches_every_parameter(self, name):
        outcome, encoder, pretext = step(name)
        assert outcome.loss.ndim == 0
        assert torch.isfinite(outcome.loss)
        outcome.loss.backward()
        # a bias before a term that ignores the mean has no gradient, and that is right
        for module in (encoder, pretext):
            weights = {n: p for n, p in module.named_parameters() if p.ndim > 1 and p.requires_grad}
            assert [n for n, p in weights.items() if p.grad is None or not p.grad.abs().sum() > 0] == []

    def test_is_deterministic(self, name):
        assert torch.equal(step(name)[0].loss, step(name)[0].loss)
        assert not torch.equal(step(name)[0].loss, step(name, seed=1)[0].loss)

    def test_places_hold_every_view_of_every_image(self, name):
        outcome, encoder, pretext = step(name)
        rows = 16 * (outcome.watched or len(pretext.views))
        assert outcome.places["backbone"].shape == (rows, encoder.dim)
        assert all(len(z) == rows for z in outcome.places.values())
        assert all(part.ndim == 0 for part in outcome.parts.values())

    def test_learns(self, name):
        outcome, encoder, pretext = step(name)
        optimizer = torch.optim.AdamW([*encoder.parameters(), *pretext.parameters()], lr=3e-3)
        first = float(outcome.loss.detach())
        images = torch.rand(16, 1, 16, 16)
        for _ in range(20):
            outcome = pretext(encoder, batch({view.name: images for view in pretext.views}))
            optimizer.zero_grad()
            outcome.loss.backward()
            optimizer.step()
        assert float(outcome.loss.detach()) < first

    def test_keeps_its_time(self, name):
        start = time.process_time()
        step(name)[0].loss.backward()
        assert time.process_time() - start < 2

    def test_params_round_trip(self, name):
        params = plugin("pretext", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)
