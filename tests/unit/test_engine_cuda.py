"""On a CUDA device: bf16, channels last, and not one host sync between two readings."""

from __future__ import annotations

import pytest
import torch

from backend.engine.feed import ImageFeed
from backend.engine.pretrain import Pretraining
from backend.engine.weights import build_encoder
from backend.recipe import Collapse, Train
from backend.registry import plugin

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]


@pytest.mark.parametrize("pretext", ["simclr", "vicreg"])
def test_steps_between_readings_do_not_wait_for_the_device(pretext):
    spec = {
        "encoder": {"name": "resnet18", "width": 16},
        "shape": [3, 32, 32],
        "mean": [0.5] * 3,
        "std": [0.25] * 3,
        "classes": [],
    }
    encoder = build_encoder(spec, seed=0)
    task, policy = plugin("pretext", pretext), plugin("augment", "photo")
    asked = 0

    def stopping() -> bool:
        # steps 12 to 18 lie between two readings; the first ones warm up caches and the sampler
        nonlocal asked
        asked += 1
        torch.cuda.set_sync_debug_mode("error" if 12 <= asked <= 18 else "default")
        return False

    found = []
    run = Pretraining(
        encoder=encoder,
        pretext=task.call(task.params(), encoder.dim, 0),
        feed=ImageFeed(
            torch.randint(0, 256, (1024, 3, 32, 32), dtype=torch.uint8, device="cuda"),
            torch.full((1024,), -1, device="cuda"),
            policy.call(policy.params(), 32, 3),
            64,
            seed=0,
        ),
        train=Train(epochs=5, batch_size=64, log_every=20),
        collapse=Collapse(every=20),
        seed=0,
        device=torch.device("cuda"),
        log=lambda kind, step, body: found.append(body["loss"]) if kind == "metrics" else None,
        stopping=stopping,
    )
    try:
        run.run()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert found[-1] < found[0]
