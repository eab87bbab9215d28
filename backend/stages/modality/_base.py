"""What the stages need of a modality's data, so that they themselves know nothing of images or text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor, nn

from ...encoders._examples import Examples
from ...engine.feed import Feed
from ...engine.job import Job
from ...engine.seeds import derive
from ...engine.supervised import Augmentation
from ...engine.weights import build_encoder
from ...finetune._task import RATES, TUNING_STEPS
from ...pretext._base import Pretext
from ...registry import plugin
from ...workspace.layout import BadInput


class DataModule(ABC):
    """The data of one job.

    noun: what examples are called; spec: how an encoder of this recipe is built (backend/engine/weights.py);
    rates, tuning_steps: of fine-tuning, where a recipe names none
    (backend/finetune/_task.py); passes: over the labelled rows, at most, of a fresh network, 0 for no such cap
    (`step_cap` in backend/finetune/_training.py); language_models: whether its encoders have a head that guesses
    tokens, which probes can ask.
    """

    noun: str
    rates: Mapping[str, tuple[float, ...]] = RATES
    tuning_steps: int = TUNING_STEPS
    passes: int = 0
    language_models: bool = False

    def __init__(self, job: Job):
        self.job = job

    @cached_property
    @abstractmethod
    def spec(self) -> dict[str, Any]: ...

    @cached_property
    @abstractmethod
    def inputs(self) -> Examples:
        """Every row of the data set, on the device."""

    @property
    @abstractmethod
    def augmentation(self) -> Augmentation | None: ...

    @abstractmethod
    def pretext(self, encoder: nn.Module) -> Pretext: ...

    @abstractmethod
    def feed(self, rows: np.ndarray, pretext: Pretext, seed: int) -> Feed: ...

    @abstractmethod
    def seen(self, steps: int) -> int:
        """Examples (repeats counted) that so many steps of pretraining see; those that cost less count for less."""

    def classical(self) -> Tensor | None:
        """Features of every row for the classical models, float32 N x d on the device; None where they read texts."""
        return None

    @property
    def texts(self) -> list[str] | None:
        """The texts of every row, None where there are none."""
        return None

    def begin(self, rows: np.ndarray) -> None:
        """What must be logged once before any pretraining (a tokenizer)."""
        return

    def evaluations(self, pretext: Pretext) -> dict[str, Callable[[nn.Module], dict[str, Any]]]:
        """Readings during pretraining beside the online kNN: {kind of event: encoder -> body}."""
        return {}

    def finished(self, encoder: nn.Module, seed: int) -> None:
        """What must be logged of the pretrained encoder of a seed, once."""
        return

    def untrained(self, seed: int) -> nn.Module:
        """The random baseline of a pretraining seed, on the CPU."""
        return build_encoder(self.spec, derive("init", self.job.recipe.seed, seed))

    def start(self, seed: int) -> nn.Module:
        """Where the pretraining of a seed starts, on the CPU."""
        return self.untrained(seed)

    def reference(self) -> tuple[nn.Module, Examples]:
        """The pretrained model that the recipe names for comparison, and every row as it reads them."""
        raise BadInput(f"finetune.reference: expected none for {self.noun}, no pretrained model of them can be read")

    def cluster_words(self, rows: np.ndarray, cluster: np.ndarray, count: int) -> list[list[str]]:
        """Words that tell each of `count` clusters from the others; cluster: int64, of each of the rows (ascending), -1
        outside all. Empty where the modality has none."""
        return [[] for _ in range(count)]

    def settle(self, encoder: nn.Module, rows: np.ndarray) -> None:
        """Give an untrained encoder the statistics that it needs, in place."""
        return

    def plugged_pretext(self, *arguments: Any) -> Pretext:
        choice = self.job.recipe.pretext
        kind = plugin("pretext", choice.name)
        return kind.call(kind.params(**choice.params), *arguments)
