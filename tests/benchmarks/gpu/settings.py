"""How large the measurements are: as they are meant, or tiny and invented to see that all of it runs."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import packed


@dataclass(frozen=True)
class Settings:
    """data: the packed file; scratch: a folder of this run, in which parts leave what later ones read.

    speeds: (batch, whether compiled) of the image steps; warm: steps that are not timed, seconds: timed for at least
    so long; trainings: seconds of each CIFAR-10 pretraining; encoder: of images, texts: (name, parameters) of language
    models, with rows of `length` tokens, `text_batch` a step.
    """

    data: Path
    scratch: Path
    device: str = "cuda"
    speeds: tuple[tuple[int, bool], ...] = ((256, False), (512, False), (512, True))
    batch: int | None = None  # of the CIFAR-10 pretraining: None for the default's own
    warm: int = 30
    seconds: float = 6.0
    trainings: tuple[float, ...] = (60.0, 120.0)
    encoder: dict[str, object] = field(default_factory=lambda: {"name": "resnet18"})
    texts: tuple[tuple[str, dict[str, int]], ...] = (
        ("bert", {}),
        ("bert", {"width": 768, "layers": 12, "heads": 12}),
        ("modernbert", {"width": 768, "layers": 12, "heads": 12}),
    )
    length: int = 128
    text_batch: int = 256
    epochs: int | None = None  # of the layout: None for the method's own


def tiny(scratch: Path) -> Settings:
    """Two kinds of invented pictures and a few words, on the CPU."""
    from PIL import Image

    def drawn(count: int) -> tuple[list[bytes], list[int]]:
        rng, images, labels = np.random.default_rng(count), [], []
        for number in range(count):
            pixels = rng.integers(0, 120, (16, 16, 3), dtype=np.uint8)
            pixels[:, :, number % 2] += 120
            out = io.BytesIO()
            Image.fromarray(pixels).save(out, "JPEG")
            images.append(out.getvalue())
            labels.append(number % 2)
        return images, labels

    words = [f"the {a} {b} was {c}" for a in ("old", "new") for b in ("film", "play") for c in ("dull", "warm")]
    packed.write(scratch / "data.npz", drawn(64), drawn(32), words * 10)
    return Settings(
        data=scratch / "data.npz",
        scratch=scratch,
        device="cpu",
        speeds=((8, False),),
        batch=8,
        warm=1,
        seconds=0.1,
        trainings=(0.2,),
        encoder={"name": "resnet18", "width": 8},
        texts=(("bert", {"width": 16, "layers": 1, "heads": 2}),),
        length=16,
        text_batch=4,
        epochs=10,
    )
