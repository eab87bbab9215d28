"""Texts as material of the stages: one tokenizer a run, the corpus on disk, labelled texts as tokens on the device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from ..encoders._text import TextEncoder, Tokens
from ..engine.corpus import Corpus, TextFeed
from ..engine.feed import Feed
from ..engine.job import Job
from ..engine.seeds import derive
from ..engine.weights import text_spec
from ..pretext._base import Pretext
from ..registry import plugin
from ..tokenizers._base import Tokenizer
from ..workspace.layout import BadInput
from ._materials import Material


class Texts(Material):
    noun = "texts"
    augmentation = None

    def begin(self, rows: np.ndarray) -> None:
        """Train the tokenizer on the training texts, or take the encoder's own, and log it; then write the corpus."""
        job, choice = self.job, self.job.recipe.tokenizer
        if choice is None:
            raise BadInput("recipe: tokenizer: expected one for a data set of text, found none")
        self._kept = np.zeros(job.dataset.manifest["count"], dtype=bool)
        self._kept[rows] = True
        if not job.events.seen("tokenizer", "tokenizer"):
            kind = plugin("tokenizers", choice.name)
            made = kind.call(kind.params(**choice.params), TrainingTexts(job, self._kept), job.recipe.encoder)
            saved = job.artefacts.put_json("tokenizer", made.as_dict())
            body = {"name": choice.name, "vocabulary": made.vocabulary.size, "length": made.length}
            job.events.append("tokenizer", body, [saved], key="tokenizer", durable=True)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.from_dict(self.job.artefacts.json(self._tokenizer_digest))

    @property
    def _tokenizer_digest(self) -> str:
        event = self.job.events.seen("tokenizer", "tokenizer")
        if event is None:
            raise BadInput("recipe: stages: expected 'pretrain', which makes the tokenizer, found none")
        return event["subjects"][0]["sha256"]

    @cached_property
    def spec(self) -> dict[str, Any]:
        choice = self.job.recipe.encoder
        with torch.random.fork_rng(devices=[]):
            model = self._plugged_encoder()
        return text_spec(choice, model, self._tokenizer_digest, self.job.dataset.classes)

    def start(self, seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive("init", self.job.recipe.seed, seed))
            return self._plugged_encoder()

    def _plugged_encoder(self) -> TextEncoder:
        choice = self.job.recipe.encoder
        kind = plugin("encoders", choice.name)
        return kind.call(kind.params(**choice.params), self.tokenizer.vocabulary)

    @cached_property
    def inputs(self) -> Tokens:
        return self.tokenizer.encode(self.job.dataset.texts).to(self.job.torch_device)

    @cached_property
    def corpus(self) -> Corpus:
        folder = self.job.folder.checkpoints / "corpus"
        return Corpus.write(folder, self.tokenizer, self.job.dataset.text_batches(), self._kept, self.job.check_stop)

    @cached_property
    def held_out(self) -> Corpus:
        """The validation texts, for the language model's own readings."""
        keep = self.job.dataset.table["split"].to_numpy() == "val"
        folder = self.job.folder.checkpoints / "held-out"
        return Corpus.write(folder, self.tokenizer, self.job.dataset.text_batches(), keep, self.job.check_stop)

    def pretext(self, encoder: nn.Module) -> Pretext:
        return self.plugged_pretext(encoder.dim, self.tokenizer.vocabulary)

    def feed(self, rows: np.ndarray, pretext: Pretext, seed: int) -> Feed:
        train, length = self.job.recipe.train, self.tokenizer.length
        return TextFeed(
            self.corpus, self.tokenizer, length, train.batch_size, seed, self.job.torch_device, pretext.packed
        )

    def seen(self, steps: int) -> int:
        """Blocks hold several texts where those are short: counted in tokens over the mean length of a text."""
        pretext = self.plugged_pretext(8, self.tokenizer.vocabulary)
        batch = self.job.recipe.train.batch_size
        if not pretext.packed:
            return steps * pretext.views * batch
        return round(steps * batch * self.tokenizer.length / float(self.inputs.mask.sum(1).float().mean()))

    @property
    def texts(self) -> list[str]:
        return self.job.dataset.texts


@dataclass(frozen=True)
class TrainingTexts:
    """Batches of the texts that are kept (bool N), read anew each time it is gone through."""

    job: Job
    kept: np.ndarray

    def __iter__(self) -> Iterator[list[str]]:
        at = 0
        for texts in self.job.dataset.text_batches():
            self.job.check_stop()
            yield [text for text, kept in zip(texts, self.kept[at : at + len(texts)], strict=True) if kept]
            at += len(texts)
