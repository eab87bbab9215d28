"""The parts of the run in their order, what each needs, and what its table means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import measured
from .measured import LIGHTLY, Row
from .settings import Settings

# module -> the wheels that bring it to a machine which has torch, numpy, pandas, safetensors and transformers
WHEELS = {
    "pydantic": "pydantic, pydantic-core, annotated-types, typing-inspection, typing-extensions",
    "PIL": "pillow",
    "scipy": "scipy",
    "pytest": "pytest, pluggy, iniconfig, pygments, packaging",
    "sklearn": "scikit-learn, joblib, cloudpickle, threadpoolctl, narwhals",
    "matplotlib": "matplotlib, contourpy, cycler, fonttools, kiwisolver, pyparsing",
    "torchdr": "torchdr",
    "tokenizers": "tokenizers",
    "transformers": "transformers",
}


@dataclass(frozen=True)
class Part:
    """most: seconds that it may take; needs: modules beside torch and numpy; note: what the table means."""

    name: str
    title: str
    call: Callable[[Settings], Iterator[Row]]
    columns: Row
    most: float
    needs: tuple[str, ...] = ()
    note: str = ""


PARTS = (
    Part("machine", "The machine", measured.machine, ("what", "found"), 60),
    Part(
        "speed",
        "Images/s of a SimCLR step",
        measured.speed,
        ("batch", "precision", "images/s", "ms a step", "GiB at most", f"against lightly's {LIGHTLY:,}"),
        120,
        ("pydantic", "PIL"),
        "The default for photographs with a ResNet-18, end to end: images on the device, augmentation and collapse "
        "monitor included. lightly's own benchmark (SimCLR, ResNet-18, batch 512) takes 87 minutes for 200 epochs of "
        f"50,000 images: about {LIGHTLY:,} images/s, on another card, an A6000.",
    ),
    Part(
        "knn",
        "CIFAR-10: kNN-200 after a stated time",
        measured.knn,
        ("time given", "s taken", "epochs", "images/s", "kNN accuracy, %", "k"),
        300,
        ("pydantic", "PIL"),
        "The default with a ResNet-18, no label seen; one seed, ± 1.96 standard errors over the test images. 30,000 "
        "training images vote on 6,000 test images, both compressed as JPEG by who published them. Of the whole set "
        "(50,000 and 10,000 images; lightly: SimCLR, ResNet-18, batch 512, k = 200): 84.8 after 200 epochs in 87 "
        "minutes of an A6000, 87.9 after 800.",
    ),
    Part(
        "language",
        "Tokens/s of a masked language model's step",
        measured.language,
        ("encoder", "parameters", "batch", "tokens/s", "ms a step"),
        120,
        ("pydantic", "transformers", "tokenizers"),
        "BoolQ's passages in blocks, WordPiece of 8,000 tokens, AdamW, bf16 on a device, collapse monitor included. "
        "No peer's figure to hold them against; their loops were compared with ours on a CPU "
        "([text_throughput.md](text_throughput.md)).",
    ),
    Part(
        "maps",
        "UMAP by TorchDR",
        measured.maps,
        ("features of, turn", "points", "graph s", "map s", "kNN kept", "trustworthiness", "hit on the map / true"),
        120,
        ("pydantic", "PIL", "torchdr", "matplotlib", "sklearn", "scipy"),
        "All images by the encoder that was trained the longest above. In the second turn everything is loaded.",
    ),
    Part(
        "tests",
        "Tests marked gpu",
        measured.tests,
        ("test", "outcome"),
        120,
        ("pydantic", "pytest"),
        "By pytest alone, without plug-ins and without conftest.py, of which they use nothing. The one of maps needs "
        "what maps need.",
    ),
)
