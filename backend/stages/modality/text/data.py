"""Texts in the stages: one tokenizer a run, the corpus on disk, labelled texts as tokens on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from ....encoders._text import TextEncoder, Tokens
from ....engine.corpus import Corpus, TextFeed
from ....engine.feed import Feed
from ....engine.job import Job
from ....engine.seeds import derive, seed_all
from ....engine.weights import load_encoder, read_spec, save_encoder, text_spec
from ....language.readings import LanguageReadings
from ....language.samples import samples
from ....pretext._base import Pretext
from ....projection._words import distinctive
from ....recipe import Choice
from ....registry import plugin
from ....tokenizers._base import Tokenizer
from ....workspace.layout import BadInput
from .._base import DataModule

JUDGED = 1_000  # texts of a split by which a tokenizer is judged
SENTENCES = 512  # held-out texts whose embeddings are watched


class Data(DataModule):
    noun = "texts"
    # A Transformer takes rates an order lower than a convolutional network, and a pretrained one lower than a fresh
    # one; the grid of `end_to_end` spans both. Adapters start at zero and take more.
    rates: ClassVar = {"end_to_end": (1e-4, 6e-4), "lpft": (3e-5, 2e-4), "lora": (3e-4, 1.5e-3)}
    tuning_steps = 200
    language_models = True
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
            body["unknown"] = {split: made.unknown(self._first(split)) for split in ("train", "val")}
            job.events.append("tokenizer", body, [saved], key="tokenizer", durable=True)
        if not job.events.seen("weights.read", "start"):
            self._keep_given()

    def _first(self, split: str) -> list[str]:
        """The first JUDGED texts of a split, by which a tokenizer is judged."""
        keep, found, at = self.job.dataset.table["split"].to_numpy() == split, [], 0
        for texts in self.job.dataset.text_batches():
            found += [text for text, its in zip(texts, keep[at : at + len(texts)], strict=True) if its]
            at += len(texts)
            if len(found) >= JUDGED:
                break
        return found[:JUDGED]

    def _keep_given(self) -> None:
        """Store weights that come from elsewhere: from then on the run needs their source no more."""
        job, model = self.job, self._seeded_encoder(0)
        if model.origin is None:
            return
        spec = text_spec(job.recipe.encoder, model, self._tokenizer_digest, job.dataset.classes, job.dataset.target)
        saved = save_encoder(job.artefacts, "encoder/start", model, spec)
        body = {**model.origin, "parameters": sum(p.numel() for p in model.parameters())}
        job.events.append("weights.read", body, [saved], key="start", durable=True)

    @property
    def _given(self) -> str | None:
        """Digest of the weights that came from elsewhere, None for an encoder that starts fresh."""
        event = self.job.events.seen("weights.read", "start")
        return event["subjects"][0]["sha256"] if event else None

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
        if self._given:
            return read_spec(self.job.artefacts, self._given)
        choice, model = self.job.recipe.encoder, self._seeded_encoder(0)
        dataset = self.job.dataset
        return text_spec(choice, model, self._tokenizer_digest, dataset.classes, dataset.target)

    def start(self, seed: int) -> nn.Module:
        return load_encoder(self.job.artefacts, self._given) if self._given else self._seeded_encoder(seed)

    def _seeded_encoder(self, seed: int) -> TextEncoder:
        with torch.random.fork_rng(devices=[]):
            seed_all(derive("init", self.job.recipe.seed, seed))
            return plugged(self.job.recipe.encoder, self.tokenizer)

    def reference(self) -> tuple[TextEncoder, Tokens]:
        choice = Choice(name="pretrained", source=self.job.recipe.finetune.reference)
        own = plugin("tokenizers", "own")
        tokenizer = own.call(own.params(), (), choice)
        with torch.random.fork_rng(devices=[]):
            model = plugged(choice, tokenizer)
        return model, tokenizer.encode(self.job.dataset.texts)

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
        task = self.plugged_pretext(encoder.dim, self.tokenizer.vocabulary)
        tokenizer, job = self.tokenizer, self.job
        self._read = LanguageReadings(
            self.corpus,
            self.held_out,
            tokenizer.vocabulary,
            tokenizer.length,
            task.language,
            derive("readings", job.recipe.seed),
            job.torch_device,
            tokenizer.encode(self._first("val")[:SENTENCES]).to(job.torch_device),
            tokenizer.gives_back(self._first("val")) if task.language == "causal" else 1.0,
        )
        task.bound = self._read.bound if task.language else None
        return task

    def evaluations(self, pretext: Pretext) -> dict[str, Callable[[nn.Module], dict[str, Any]]]:
        """The language model on held-out blocks, and its layers; the n-grams beside it are counted once a run."""
        log, train, length = self.job.events, self.job.recipe.train, self.tokenizer.length
        if not train.knn_every or not train.epochs:
            return {}
        room = self.held_out.blocks(length) > 0
        if pretext.language and not log.seen("lm.baselines", "baselines"):
            none = {"split": "val", "models": [], "note": f"the validation texts fill no block of {length} tokens"}
            log.append("lm.baselines", self._read.baselines() if room else none, key="baselines", durable=True)
        if not room:
            return {}
        if not pretext.language:
            return {"layers": self._read.layers}
        self._read.beside = log.seen("lm.baselines", "baselines")["body"]["models"]
        return {"lm": self._read.lm, "layers": self._read.layers}

    def finished(self, encoder: TextEncoder, seed: int) -> None:
        """What the pretrained model writes or fills in, where it was trained to."""
        given = self.job.events.seen("weights.read", "start")
        if given and given["body"]["fresh"] and self.job.recipe.train.epochs == 0:
            return  # its head was drawn at random and never trained: what it writes is noise
        with torch.random.fork_rng(devices=[]):
            language = self.plugged_pretext(encoder.dim, self.tokenizer.vocabulary).language
        if language and not self.job.events.seen("lm.samples", f"samples/{seed}"):
            made = samples(encoder.to(self.job.torch_device), self.tokenizer, self.held_out, language, seed)
            self.job.events.append("lm.samples", {"seed": seed, **made}, key=f"samples/{seed}", durable=True)

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
            return steps * len(pretext.views) * batch
        return round(steps * batch * self.tokenizer.length / float(self.inputs.mask.sum(1).float().mean()))

    @property
    def texts(self) -> list[str]:
        return self.job.dataset.texts

    def cluster_words(self, rows: np.ndarray, cluster: np.ndarray, count: int) -> list[list[str]]:
        found, at = [], 0
        for batch in self.job.dataset.text_batches():  # without holding the texts of other rows
            low, high = np.searchsorted(rows, (at, at + len(batch)))
            found += [batch[row - at] for row in rows[low:high]]
            at += len(batch)
            self.job.check_stop()
        return distinctive(found, cluster, count)


def plugged(choice: Choice, tokenizer: Tokenizer) -> TextEncoder:
    """The encoder that `choice` names, for the tokens of `tokenizer`; fresh weights come from torch's generator."""
    kind = plugin("encoders", choice.name)
    return kind.call(kind.params(**choice.params), tokenizer.vocabulary)


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
