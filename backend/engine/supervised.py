"""Supervised training of a classifier on a labelled subset: from scratch, or a probe first, then fine-tuning.

Called for every cell of the label-fraction study, so it is frugal: the examples lie on the device, a step
costs the same whatever the subset's size, and the validation split is read `READINGS` times at most.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..encoders._dropout import drawing_from
from ..encoders._examples import Examples
from .features import BATCH, read_by
from .feed import Sampler, mixed_precision, to_device
from .optim import build_optimizer, learning_rate, set_rate
from .seeds import derive, generator, seed_all
from .targets import Learning, of
from .targets._classes import Classes
from .weights import Classifier

READINGS = 10
WARMUP = 0.05
RECALIBRATION = 1024

CLASSES = Classes(0)  # of a head that is there already: how many does not matter

Score = Callable[[np.ndarray, np.ndarray], float]
Augmentation = Callable[[Examples, torch.Generator], Any]  # -> what an encoder takes


@dataclass(frozen=True)
class Reading:
    """The validation split at one step: `score` (higher is better) and the loss (of classes cross entropy)."""

    step: int
    score: float
    loss: float

    def better_than(self, other: Reading) -> bool:
        return (self.score, -self.loss) > (other.score, -other.loss)


@dataclass(frozen=True)
class History:
    """steps: how many were run; readings: in order; best: the reading whose weights were kept."""

    steps: int
    readings: list[Reading]
    best: Reading


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float((probabilities.argmax(axis=1) == labels).mean())


def train_classifier(
    classifier: Classifier,
    examples: Examples,
    labels: np.ndarray | Tensor,
    val_examples: Examples,
    val_labels: np.ndarray | Tensor,
    *,
    augmentation: Augmentation | None,
    steps: int,
    lr: float,
    weight_decay: float,
    seed: int,
    batch_size: int,
    device: torch.device | str,
    patience: int,
    head_only_steps: int = 0,
    check_stop: Callable[[], None] = lambda: None,
    score: Score = accuracy,
    weights: Tensor | None = None,
    learning: Learning = CLASSES,
) -> History:
    """Train in place; the classifier ends with the weights that did best on validation, in eval mode.

    labels: N, classes (int64) or numbers; augmentation: of the examples, None where they are read as they are;
    weights: of the rows' losses, float N of mean 1, None where all weigh alike. `score` takes (outputs N x K, labels),
    higher is better; a tie goes to the lower loss. learning: what the labels are; a head on its scale of training.
    `patience` readings without a better one end the training.
    The first `head_only_steps` train the head over a frozen encoder (the probe of LP-FT, arXiv 2202.10054).
    Before each reading the BatchNorm statistics are computed again from the training examples as they are, since
    those of augmented ones are not those of what the classifier will meet.
    """
    examples, labels = examples.to(device), to_device(learning.truth(labels), device)
    weights = torch.ones(len(labels), device=device) if weights is None else to_device(weights, device)
    val_examples, val_labels = val_examples.to(device), np.asarray(val_labels)
    classifier.to(device, memory_format=torch.channels_last)
    sampler = Sampler(len(examples), batch_size, seed, device)
    optimizer = build_optimizer("adamw", [classifier], lr, weight_decay)
    every = max(1, steps // READINGS)
    stochastic = draws_itself(classifier)
    readings: list[Reading] = []
    best, best_weights, stale = None, None, 0

    for step in range(steps):
        check_stop()
        rows = sampler.rows(step)
        batch = examples[rows]
        batch = batch.input if augmentation is None else augmentation(batch, generator(device, "augment", seed, step))
        probing = step < head_only_steps
        if stochastic:
            seed_all(derive("dropout", seed, step))
        classifier.train()
        classifier.encoder.train(not probing)
        drawn = drawing_from(classifier, generator(device, "dropout", seed, step))
        with mixed_precision(device, classifier.encoder), drawn:
            with torch.set_grad_enabled(not probing):
                features = classifier.encoder(batch)
            logits = classifier.head(features)
        set_rate(optimizer, learning_rate(step, steps, lr, WARMUP))
        optimizer.zero_grad()
        (learning.losses(logits.float(), labels[rows]) * weights[rows]).mean().backward()
        optimizer.step()

        if (step + 1) % every == 0 or step + 1 == steps:
            if not probing:
                recalibrate(classifier.encoder, examples[:RECALIBRATION])
            readings.append(_read(step + 1, classifier, val_examples, val_labels, score, learning))
            if best is None or readings[-1].better_than(best):
                best, best_weights, stale = readings[-1], copy.deepcopy(classifier.state_dict()), 0
            else:
                stale += 1
            if stale > patience:
                break
    classifier.load_state_dict(best_weights)
    classifier.eval()
    return History(readings[-1].step, readings, best)


def draws_itself(module: nn.Module) -> bool:
    """Whether a layer draws from torch's own generator (its dropout), which threads share."""
    return any(isinstance(m, nn.Dropout) and m.p > 0 for m in module.modules())


@torch.no_grad()
def recalibrate(encoder: nn.Module, examples: Examples) -> None:
    """Set the BatchNorm statistics to those of `examples` (on the device) in one pass; no-op without BatchNorm."""
    norms = [m for m in encoder.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not norms or len(examples) < 2:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative average instead of an exponential one
    encoder.train()
    encoder(examples.input)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    encoder.eval()


@torch.no_grad()
def predict(classifier: Classifier, examples: Examples, device: torch.device | str, batch: int = BATCH) -> np.ndarray:
    """What a finished classifier says, float32 N x K (class probabilities) or N x 1 (numbers), in the examples' order;
    runs in eval mode."""
    return of(classifier.target).final(_answers(classifier, examples, device, batch)).cpu().numpy()


def _answers(classifier: Classifier, examples: Examples, device: torch.device | str, batch: int = BATCH) -> Tensor:
    classifier.to(device, memory_format=torch.channels_last).eval()
    return read_by(classifier, examples, device, batch)


@torch.no_grad()
def _read(
    step: int, classifier: Classifier, examples: Examples, truth: np.ndarray, score: Score, learning: Learning
) -> Reading:
    outputs = learning.outputs(_answers(classifier, examples, examples.device)).cpu().numpy()
    return Reading(step, score(outputs, truth), learning.loss(outputs, truth))
