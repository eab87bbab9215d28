"""Thirty steps, pinned: a change of a loss, an augmentation, an encoder, an optimiser or a seed shows here.

The values were computed by this code on an x86-64 CPU; a relative tolerance of 1e-3 covers other processors' rounding
over thirty steps, and is far below what a change of the method does (a temperature of 0.21 for 0.2 moves the
losses by 3 %). When a change is meant, run with `-s`, look at the new values, and pin them.
"""

from __future__ import annotations

import pytest
import torch

from backend.engine.feed import ImageFeed
from backend.engine.pretrain import Pretraining
from backend.engine.weights import build_encoder
from backend.recipe import Collapse, Train
from backend.registry import plugin

GOLDEN = {
    ("simclr", "photo", "convnet"): [4.68269, 4.34818, 4.31702, 4.26836, 4.19355, 4.19956],
    ("vicreg", "digits", "convnet"): [21.81744, 21.19478, 20.98946, 21.03236, 20.46908, 20.65364],
    ("simclr", "xray", "vit"): [4.63523, 4.2257, 4.10347, 4.03261, 3.97624, 4.055],
}
SMALL = {"convnet": {"width": 8}, "vit": {"dim": 32, "depth": 2}}


def stripes() -> torch.Tensor:
    """96 images of stripes of different pitch and colour, uint8, 3 x 16 x 16; no random numbers."""
    index, y, x = torch.meshgrid(torch.arange(96), torch.arange(16), torch.arange(16), indexing="ij")
    base = (index * 37 + x * (1 + index % 5) * 16 + y * (1 + index % 3) * 24) % 256
    return torch.stack([base, (base + index * 11) % 256, (base * 3) % 256], dim=1).to(torch.uint8)


def losses(pretext: str, augment: str, encoder: str) -> list[float]:
    spec = {
        "encoder": {"name": encoder, **SMALL[encoder]},
        "shape": [3, 16, 16],
        "mean": [0.5] * 3,
        "std": [0.3] * 3,
        "classes": [],
    }
    network = build_encoder(spec, seed=0)
    torch.manual_seed(0)
    task, policy = plugin("pretext", pretext), plugin("augment", augment)
    found: list[float] = []
    Pretraining(
        encoder=network,
        pretext=task.call(task.params(hidden=32, out=16), network.dim, 0),
        feed=ImageFeed(stripes(), torch.full((96,), -1), policy.call(policy.params(), 16, 3), 32, seed=0),
        train=Train(precision="fp32", epochs=10, batch_size=32, log_every=5),
        collapse=Collapse(every=10),
        seed=0,
        device=torch.device("cpu"),
        log=lambda kind, step, body: found.append(body["loss"]) if kind == "metrics" else None,
    ).run()
    return found


@pytest.mark.parametrize("case", GOLDEN, ids="-".join)
def test_losses_are_the_pinned_ones(case):
    found = losses(*case)
    print([round(value, 5) for value in found])
    assert found == pytest.approx(GOLDEN[case], rel=1e-3)
