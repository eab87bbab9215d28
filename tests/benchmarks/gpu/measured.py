"""What is measured: generators of table rows, each for a process of its own, by the product's own engine.

Whatever is not in torch or numpy is imported within a part, so that a part whose packages are missing takes no other
with it.
"""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from .packed import Pictures, pictures, texts
from .settings import Settings

if TYPE_CHECKING:
    from backend.engine.corpus import Corpus
    from backend.engine.pretrain import Pretraining
    from backend.recipe import Choice, Recipe, Train
    from backend.tokenizers._base import Tokenizer

ROOT = Path(__file__).parents[3]
SHARE = 0.97  # of a training's seconds that its steps are planned for
K = 200
LIGHTLY = 1_900  # images/s of lightly's SimCLR benchmark on an A6000: 200 epochs of 50,000 images in 87 minutes

OUTCOMES = ("PASSED ", "FAILED ", "ERROR ", "SKIPPED ", "XFAIL ", "XPASS ")

Row = tuple[str, ...]
Stopping = Callable[[], bool]


def machine(s: Settings) -> Iterator[Row]:
    """Raises RuntimeError where there is no such device."""
    if s.device == "cuda":
        if not torch.cuda.is_available():
            raise RuntimeError("expected a CUDA device, found none; --dry-run shows on a CPU that the script works")
        found = torch.cuda.get_device_properties(0)
        yield "device", f"{found.name}, {found.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"
    else:
        yield "device", "CPU"
    yield "processor", f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    yield "software", f"Python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}"
    side = 8192 if s.device == "cuda" else 128
    a, b = (torch.randn(side, side, device=s.device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        a @ b
    began = _now(s)
    for _ in range(10):
        a @ b
    yield f"bf16 product of {side} x {side}", f"{2e-12 * 10 * side**3 / (_now(s) - began):,.1f} TFLOP/s"


def tests(s: Settings) -> Iterator[Row]:
    """The tests marked gpu, by pytest alone: without conftest, whose fixtures none of them asks for."""
    files = [f for f in sorted((ROOT / "tests").rglob("test_*.py")) if "mark.gpu" in f.read_text()]
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "--noconftest", "-p", "no:cacheprovider", "-q", "-rA"]
    command += ["-o", "addopts=", "--import-mode=importlib", "--continue-on-collection-errors", *map(str, files)]
    command += ["--collect-only"] if s.device == "cpu" else []
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    outcomes = []
    for line in found.stdout.splitlines():
        if line.startswith(OUTCOMES):
            word, test = line.split(" ", 1)
            outcomes.append((test.strip().replace("|", "\\|"), word.lower()))
        elif s.device == "cpu" and line.startswith("tests/") and "::" in line:
            outcomes.append((line, "found, not run"))
    yield from outcomes
    if not outcomes:
        last = (found.stdout + found.stderr).strip().splitlines() or ["nothing"]
        raise RuntimeError(f"pytest told of no test: {last[-1]}")
    if wrong := sum(word in ("failed", "error") for _, word in outcomes):
        raise RuntimeError(f"{wrong} of {len(outcomes)} did not pass")


def speed(s: Settings) -> Iterator[Row]:
    data = _pictures(s)
    for batch, compiled in s.speeds:
        update = {"batch_size": batch, "compile": compiled} | ({} if s.device == "cuda" else {"precision": "fp32"})
        train = _default(s).train.model_copy(update=update)
        steps, seconds = _timed(s, partial(_image_loop, s, data), train)
        rate = steps * batch / seconds
        kind = "bf16" + (", compiled" if compiled else "") if s.device == "cuda" else train.precision
        memory = f"{torch.cuda.max_memory_allocated() / 2**30:.1f}" if s.device == "cuda" else ""
        yield f"{batch}", kind, f"{rate:,.0f}", f"{1e3 * seconds / steps:.1f}", memory, f"{rate / LIGHTLY:.1f}x"


def knn(s: Settings) -> Iterator[Row]:
    from backend.encoders._examples import Pixels
    from backend.engine.supervised import recalibrate

    data, recipe = _pictures(s), _default(s)
    encoder = _image_loop(s, data, recipe.train).encoder.to(s.device)
    recalibrate(encoder, Pixels(data.images[:2000]).to(s.device))  # its norms have seen no image
    yield "untrained", "0", "0", "", *_knn(s, data, encoder, s.scratch / "untrained.npy")
    steps, took = _timed(s, partial(_image_loop, s, data), recipe.train)
    for seconds in s.trainings:
        planned = max(1, int(SHARE * seconds * steps / took))
        loop = _image_loop(s, data, _steps(recipe.train, planned, len(data.images)))
        began = _now(s)
        summary = loop.run()
        spent, epochs = _now(s) - began, planned / loop.feed.per_epoch
        told = f"{seconds:g} s", f"{spent:.1f}", f"{epochs:.1f}", f"{summary['images_per_s']:,.0f}"
        yield *told, *_knn(s, data, loop.encoder, s.scratch / "trained.npy")


def language(s: Settings) -> Iterator[Row]:
    from backend.engine.corpus import Corpus
    from backend.recipe import Choice, Train
    from backend.registry import plugin

    passages, wordpiece = texts(s.data), plugin("tokenizers", "wordpiece")
    train = Train(batch_size=s.text_batch, lr=5e-4)
    tokenizer = wordpiece.call(wordpiece.params(length=s.length), [passages], Choice(name=s.texts[0][0]))
    corpus = Corpus.write(s.scratch / "corpus", tokenizer, [passages], np.ones(len(passages), dtype=bool))
    for name, chosen in s.texts:  # all of them read in both directions, and so take the same tokens
        made = partial(_text_loop, s, Choice(name=name, **chosen), tokenizer, corpus)
        size = sum(parameter.numel() for parameter in made(train).encoder.parameters())
        steps, seconds = _timed(s, made, train)
        rate = steps * s.text_batch * s.length / seconds
        yield name, f"{size / 1e6:.1f}M", f"{s.text_batch} x {s.length}", f"{rate:,.0f}", f"{1e3 * seconds / steps:.1f}"


def maps(s: Settings) -> Iterator[Row]:
    from backend.projection._fidelity import K as NEAR
    from backend.projection._fidelity import kept, map_neighbours, neighbour_hit, trustworthiness
    from backend.projection._neighbours import nearest
    from backend.registry import plugin

    file = next((f for f in (s.scratch / "trained.npy", s.scratch / "untrained.npy") if f.exists()), None)
    if file is None:
        raise RuntimeError("no features: the part knn left none")
    features, data = np.load(file), _pictures(s)
    labels = np.concatenate([data.labels, data.test_labels])
    method = plugin("projection", "umap_torch")
    params = method.params(**({"epochs": s.epochs} if s.epochs else {}))
    began = time.monotonic()
    graph = nearest(features, NEAR, s.device)
    between = time.monotonic()
    for turn in ("first", "second"):  # the first also pays for loading
        start = time.monotonic()
        places = method.call(features, params, 2, 0, graph)
        took = time.monotonic() - start
        mapped = map_neighbours(places)
        trust, _ = trustworthiness(features, mapped, device=s.device)
        hits = [float(np.nanmean(neighbour_hit(found, labels))) for found in (mapped, graph.index)]
        told = f"{file.stem}, {turn}", f"{len(features):,}", f"{between - began:.1f}", f"{took:.1f}"
        share = float(kept(graph.index, mapped).mean())
        yield *told, f"{share:.3f}", "" if trust is None else f"{trust:.3f}", f"{hits[0]:.3f} / {hits[1]:.3f}"


def _pictures(s: Settings) -> Pictures:
    return pictures(s.data, s.scratch / "pictures.npz")


def _default(s: Settings) -> Recipe:
    """What a new recipe for such photographs starts from, with the encoder of the settings."""
    from backend.modality import FIRST, modality
    from backend.recipe import checked_sections
    from backend.registry import CALLABLE, names

    shape = {"channels": 3, "height": 32, "width": 32, "count": 36_000}
    catalogue = {folder: {name: {} for name in names(folder)} for folder in CALLABLE}
    suggested = modality(FIRST).suggest(shape, catalogue)
    recipe = checked_sections({**suggested, "data": {"name": "cifar10"}, "encoder": s.encoder}, kind=FIRST)
    if s.batch:
        recipe.train.batch_size = s.batch
    return recipe


def _image_loop(s: Settings, data: Pictures, train: Train, stopping: Stopping = lambda: False) -> Pretraining:
    """The default's pretraining on the training images, with its collapse monitor, without other readings."""
    from backend.engine.feed import ImageFeed, to_device
    from backend.engine.pretrain import Pretraining
    from backend.engine.weights import build_encoder
    from backend.registry import plugin

    recipe, device = _default(s), torch.device(s.device)
    some, shape = data.images[:2000] / 255, list(data.images.shape[1:])
    mean, std = some.mean(axis=(0, 2, 3)), some.std(axis=(0, 2, 3))
    encoder = build_encoder({"encoder": s.encoder, "shape": shape, "mean": mean, "std": std, "classes": []}, seed=0)
    task, policy = plugin("pretext", recipe.pretext.name), plugin("augment", recipe.augment.name)
    torch.manual_seed(0)
    pretext = task.call(task.params(**recipe.pretext.params), encoder.dim, 0)
    made = policy.call(policy.params(**recipe.augment.params), shape[1], shape[0])
    images, unknown = to_device(data.images, device), torch.full((len(data.images),), -1, device=device)
    feed = ImageFeed(
        images, unknown, made, train.batch_size, 0, of=lambda v: made.seen(v.crop, v.sides(*shape[1:]), v.colours)
    )
    return Pretraining(encoder, pretext, feed, train, recipe.collapse, 0, device, stopping=stopping)


def _text_loop(
    s: Settings, chosen: Choice, tokenizer: Tokenizer, corpus: Corpus, train: Train, stopping: Stopping = lambda: False
) -> Pretraining:
    """BERT's task on the corpus, with the collapse monitor."""
    from backend.engine.corpus import TextFeed
    from backend.engine.pretrain import Pretraining
    from backend.recipe import Collapse
    from backend.registry import plugin

    torch.manual_seed(0)
    encoder, task, device = plugin("encoders", chosen.name), plugin("pretext", "mlm"), torch.device(s.device)
    model = encoder.call(encoder.params(**chosen.params), tokenizer.vocabulary)
    feed = TextFeed(corpus, tokenizer, s.length, train.batch_size, 0, device)
    pretext = task.call(task.params(), model.dim, tokenizer.vocabulary)
    return Pretraining(model, pretext, feed, train, Collapse(), 0, device, stopping=stopping)


def _knn(s: Settings, data: Pictures, encoder: torch.nn.Module, file: Path) -> Row:
    """(accuracy in percent with 1.96 standard errors over the test images, k); all features go into `file`."""
    from backend.encoders._examples import Pixels
    from backend.engine.features import encode
    from backend.engine.neighbours import knn_accuracy

    bank, asked = (encode(encoder, Pixels(images), s.device) for images in (data.images, data.test_images))
    np.save(file, np.concatenate([bank, asked]))
    k, accuracy = knn_accuracy(bank, data.labels, asked, data.test_labels, K)
    error = 1.96 * math.sqrt(accuracy * (1 - accuracy) / len(asked))
    return f"{100 * accuracy:.1f} ± {100 * error:.1f}", f"{k}"


def _timed(s: Settings, loop: Callable[..., Pretraining], train: Train) -> tuple[int, float]:
    """(steps, their seconds): a loop that is stopped after `s.seconds`, its first steps not counted."""
    from backend.engine.job import Stopped

    if s.device == "cuda":
        torch.cuda.init()
        torch.cuda.reset_peak_memory_stats()
    done, began = -s.warm, 0.0

    def stopping() -> bool:
        nonlocal done, began
        if done == 0:
            began = _now(s)
        done += 1
        return done > 1 and time.monotonic() - began > s.seconds

    try:
        loop(_steps(train, 1_000_000), stopping).run()
    except Stopped:
        return done - 1, _now(s) - began
    raise RuntimeError(f"a loop of a million steps ended within {s.seconds} s")


def _steps(train: Train, steps: int, images: int | None = None) -> Train:
    """`train` of so many steps, without readings that are not the monitor's."""
    per_epoch = max(1, images // train.batch_size) if images else 100
    told = {"max_steps": steps, "epochs": math.ceil(steps / per_epoch), "minutes": 0, "knn_readings": 0, "knn_every": 0}
    return train.model_copy(update=told | {"keep_every": 0})


def _now(s: Settings) -> float:
    """Seconds, when the device has done all that it was given."""
    if s.device == "cuda":
        torch.cuda.synchronize()
    return time.monotonic()
