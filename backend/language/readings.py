"""What is read of a language model during pretraining, always on the same held-out blocks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from math import exp, isfinite, log
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from ..collapse._embeddings import Embeddings, exp_entropy, shares
from ..encoders._text import TextEncoder, Tokens, Vocabulary
from ..engine.corpus import Corpus, first_blocks
from ..engine.seeds import generator
from ..masking._base import SHARE
from ..masking.random import Random
from ..pretext._language import guess
from .frequency import by_frequency, entropy, stretches, token_counts
from .neighbours import Neighbours
from .ngram import NAMES, KneserNey, block_losses

HELD_OUT = 32_768  # tokens that a reading rests on, at most
COUNTED = 20_000_000  # tokens that the n-grams count, at most
PASS = 4_096  # tokens in one pass through the model
WATCHED = 2_048  # token states by which a layer is judged
LARGEST = 700.0  # nats whose exponential is still a number
FAITHFUL = 0.99  # of the held-out texts must come back from their tokens, or bits a byte would be of other texts
LOSSY = "the tokenizer gives only {share:.0%} of the held-out texts back as they were, so bits a byte are not told"
OF_TOKENS = "masked: a token is guessed from both sides, so its losses do not add up to those of a text"


@dataclass
class LanguageReadings:
    """training, held_out: the corpora; length: tokens a block; language: "causal", "masked", or None for a pretext
    task that trains no language model: then the layers alone are read."""

    training: Corpus
    held_out: Corpus
    vocabulary: Vocabulary
    length: int
    language: str | None
    seed: int
    device: torch.device
    sentences: Tokens | None = None  # some held-out texts, each by itself, for the embeddings of whole texts
    faithful: float = 1.0  # share of held-out texts that their tokens decode to exactly
    beside: list[dict[str, Any]] = field(default_factory=list)  # the models of `lm.baselines`, to compare with

    @cached_property
    def blocks(self) -> Tokens:
        return first_blocks(self.held_out, self.length, max(1, HELD_OUT // self.length), self.device)

    @cached_property
    def counts(self) -> np.ndarray:
        return token_counts(self.training, self.vocabulary.size, self.unguessed)

    @property
    def unguessed(self) -> list[int]:
        return self.vocabulary.unguessed(self.language != "masked")

    @property
    def bound(self) -> float:
        """The loss of guessing without looking: the entropy of the training tokens that are ever guessed."""
        return entropy(self.counts)

    @cached_property
    def chosen(self) -> Tensor:
        """bool N x T: the places whose tokens are guessed. Masks are drawn once, at random, whatever the training's
        masking policy; a block's first token is guessed by no causal model, nor is what opens a text."""
        if self.language == "masked":
            draw = generator(self.device, "held-out masks", self.seed)
            return Random(self.vocabulary, SHARE).choose(self.blocks, draw)
        unguessed = torch.tensor(self.unguessed, dtype=torch.int64, device=self.device)
        chosen = ~torch.isin(self.blocks.ids, unguessed)
        chosen[:, 0] = False
        return chosen

    @property
    def shown(self) -> Tokens:
        """What the model sees: every chosen token of a masked model as [MASK]."""
        if self.language != "masked":
            return self.blocks
        return self.blocks.replaced(torch.where(self.chosen, self.vocabulary.mask, self.blocks.ids))

    def lm(self, encoder: TextEncoder) -> dict[str, Any]:
        """The body of the `lm` event of docs/events.md, without seed and step."""
        truth, losses, right = self._guessed(encoder)
        loss = float(losses.mean()) if len(losses) else float("nan")
        if not isfinite(loss):
            empty = {"loss": None, "perplexity": None, "bits_per_byte": None, "by_frequency": []}
            return {"split": "val", "tokens": len(losses), **empty, "note": "the loss is no finite number"}
        masked, lossy = self.language == "masked", self.faithful < FAITHFUL
        note = LOSSY.format(share=self.faithful) if lossy else None
        return {
            "split": "val",
            "tokens": len(losses),
            "loss": loss,
            "perplexity": perplexity(loss),
            "bits_per_byte": None if masked or lossy else self._bits_per_byte(loss),
            "accuracy": float(right.mean()),
            "masked_accuracy": float(right.mean()) if masked else None,
            "by_frequency": by_frequency(self.counts, truth, losses, right),
            "against": self._against(right if masked else losses),
            "note": OF_TOKENS if masked else note,
        }

    def _against(self, values: np.ndarray) -> dict[str, Any] | None:
        """The model minus the best of the baselines: loss, or accuracy of masked models, paired block by block."""
        measure, best = ("accuracy", max) if self.language == "masked" else ("loss", min)
        if not self.beside:
            return None
        other = best(self.beside, key=lambda model: model[measure])
        differences = self._per_block(values) - np.array(other["block_sums"])
        difference = ratio_interval(differences, self.chosen.sum(dim=1).cpu().numpy())
        return {"name": other["name"], "measure": measure, "difference": difference}

    def _per_block(self, values: np.ndarray) -> np.ndarray:
        """Sums over each block of values at the chosen places, float64."""
        block = self.chosen.nonzero()[:, 0].cpu().numpy()
        return np.bincount(block, weights=values.astype(np.float64), minlength=len(self.blocks))

    def _bits_per_byte(self, loss: float) -> float | None:
        """Of the held-out texts as they were, before the tokenizer: tokens a byte over all of them; a separator's loss
        is charged to the text that it ends."""
        return loss / log(2) * self.held_out.guessed / self.held_out.bytes if self.held_out.bytes else None

    @torch.no_grad()
    def _guessed(self, encoder: TextEncoder) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(truth, nats, right) of the chosen places."""
        found: list[tuple[Tensor, Tensor]] = []
        shown = self.shown
        with reading(encoder):
            for rows in torch.arange(len(self.blocks), device=self.device).split(max(1, PASS // self.length)):
                hidden, chosen = encoder.hidden(shown[rows]), self.chosen[rows]
                if self.language == "causal":
                    hidden, chosen = hidden[:, :-1], chosen[:, 1:]
                    found.append(guess(encoder, hidden[chosen], self.blocks.ids[rows][:, 1:][chosen]))
                else:
                    found.append(guess(encoder, hidden[chosen], self.blocks.ids[rows][chosen]))
        losses, right = (torch.cat(parts).cpu().numpy() for parts in zip(*found, strict=True))
        return self.blocks.ids[self.chosen].cpu().numpy(), losses.astype(np.float64), right

    @torch.no_grad()
    def layers(self, encoder: TextEncoder) -> dict[str, Any]:
        """The body of the `layers` event: states of the first blocks' tokens, unmasked, layer by layer, 0 being the
        embedding layer; and the embeddings of whole texts."""
        some = self.blocks[torch.arange(min(len(self.blocks), -(-WATCHED // self.length)), device=self.device)]
        with reading(encoder):
            states = [layer.flatten(0, 1)[:WATCHED].float() for layer in encoder.layers(some)]
            parts = self.sentences.split(max(1, PASS // self.length)) if self.sentences else []
            whole = [encoder(part).float() for part in parts]
        found = {"layers": [{"layer": i, **of_a_layer(z)} for i, z in enumerate(states)]}
        if whole:
            found["sentences"] = {"texts": len(self.sentences), **of_a_layer(torch.cat(whole))}
        return found

    def baselines(self) -> dict[str, Any]:
        """The body of the `lm.baselines` event: what counting reaches on the same tokens."""
        began, ids = time.monotonic(), stretches(self.training, COUNTED)
        models = self._counted_masked(ids) if self.language == "masked" else self._counted_causal(ids)
        return {
            "split": "val",
            "language": self.language,
            "tokens": int(self.chosen.sum()),
            "counted": len(ids),
            "corpus": len(self.training),
            "models": models,
            "seconds": time.monotonic() - began,
        }

    def _counted_causal(self, ids: np.ndarray) -> list[dict[str, Any]]:
        models = {order: KneserNey(ids, self.vocabulary.size, order, unguessed=self.unguessed) for order in NAMES}
        blocks, chosen = self.blocks.ids.cpu().numpy(), self.chosen.cpu().numpy()
        losses = {name: block_losses(models, order, blocks)[chosen[:, 1:]] for order, name in NAMES.items()}
        return [_model(name, float(nats.mean()), None, self._per_block(nats)) for name, nats in losses.items()]

    def _counted_masked(self, ids: np.ndarray) -> list[dict[str, Any]]:
        counted = Neighbours(ids, self.vocabulary.size, self.unguessed)
        shown, chosen = self.shown.ids.cpu().numpy(), self.chosen.cpu().numpy()
        truth = self.blocks.ids.cpu().numpy()[chosen]
        losses = {name: float(nats.mean()) for name, nats in counted.losses(shown, chosen, truth).items()}
        right = {name: guessed == truth for name, guessed in counted.guesses(shown, chosen).items()}
        return [_model(name, losses.get(name), float(r.mean()), self._per_block(r)) for name, r in right.items()]


def _model(name: str, loss: float | None, accuracy: float | None, block_sums: np.ndarray) -> dict[str, Any]:
    known = None if loss is None else perplexity(loss)
    return {"name": name, "loss": loss, "perplexity": known, "accuracy": accuracy, "block_sums": block_sums.tolist()}


def ratio_interval(sums: np.ndarray, counts: np.ndarray) -> dict[str, float | None]:
    """Sum over count with its 95 % interval, blocks being what varies: Student's t on the linearised ratio.

    sums, counts: one a block. The bounds are null with fewer than two blocks.
    """
    value, n = float(sums.sum() / counts.sum()), len(sums)
    if n < 2:
        return {"value": value, "low": None, "high": None}
    error = float(np.sqrt(n / (n - 1) * ((sums - value * counts) ** 2).sum()) / counts.sum())
    reach = float(stats.t.ppf(0.975, n - 1)) * error
    return {"value": value, "low": value - reach, "high": value + reach}


@contextmanager
def reading(encoder: TextEncoder) -> Iterator[None]:
    """Without dropout; the mode is put back afterwards."""
    training = encoder.training
    encoder.eval()
    try:
        yield
    finally:
        encoder.train(training)


def perplexity(loss: float) -> float:
    return exp(min(loss, LARGEST))


def of_a_layer(z: Tensor) -> dict[str, float | None]:
    """Anisotropy and effective rank of token states n x d; null where they are no finite numbers."""
    if not torch.isfinite(z).all():
        return {"anisotropy": None, "effective_rank": None, "dim": z.shape[1]}
    spectrum = shares(Embeddings(z).eigenvalues)
    rank = None if spectrum is None else exp_entropy(spectrum)
    return {"anisotropy": anisotropy(z), "effective_rank": rank, "dim": z.shape[1]}


def anisotropy(z: Tensor) -> float | None:
    """Mean cosine of two different rows of n x d (Ethayarajh 2019, arXiv 1909.00512), over all pairs: near 0 when the
    directions are spread evenly, 1 when all rows point the same way; None with fewer than two rows."""
    n = len(z)
    if n < 2:
        return None
    total = torch.nn.functional.normalize(z.double(), dim=1).sum(dim=0).square().sum()
    return float((total - n) / (n * (n - 1)))
