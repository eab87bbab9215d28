"""Explaining classifiers of texts: every method scores every word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....attribution._answers import answered
from ....attribution._text import Sentences, logits, sentences
from ....attribution._text_evaluate import inverse_document_frequency, random_scores, word_rarity
from ....attribution._text_run import as_table, cut, from_table, predictions, tokenizer_of
from ....engine.weights import load_classifier
from ....tokenizers._base import Tokenizer
from ....workspace.artefacts import Artefact
from ..._examples import Arm, choose_rows, known_rows
from .._explaining import Explaining as Base

CANDIDATES = 2_000  # test texts, drawn by the seed, among which the examples are chosen: each is read by the model
COUNTED = 20_000  # training texts whose words are counted for the control


@dataclass(frozen=True)
class TextArm(Arm):
    """texts: as they stand in the data set; bare: the probability of the predicted class (or the number) when every
    word is taken away."""

    parts: Sentences
    texts: list[str]
    bare: list[float]
    tokenizer: Tokenizer


class Explaining(Base):
    def prepare(self, arm: str, sha256: str, rows: list[int] | None) -> TextArm:
        job = self.job
        model = load_classifier(job.artefacts, sha256).to(job.torch_device)
        tokenizer, _ = tokenizer_of(job.artefacts, sha256)
        every = job.dataset.texts
        if rows is None:
            drawn = self._candidates()
            tokens = tokenizer.encode([every[r] for r in drawn]).to(job.torch_device)
            said = answered(model, logits(model, tokens))
            rows = choose_rows(job.dataset, drawn, said, job.recipe.attribution.examples, job.recipe.seed)
        texts = [every[r] for r in rows]
        read = sentences(tokenizer, texts, job.torch_device)
        said, bare = predictions(model, read)
        true, index = job.dataset.true_of(rows), said.index.tolist()
        own = (read, rows, true, said.predicted, said.probability, texts, bare, tokenizer)
        return TextArm(arm, model, *own, index=index)

    def _candidates(self) -> np.ndarray:
        """Labelled test rows that hold a word, ascending, at most CANDIDATES of them."""
        data = self.job.dataset
        rows = np.array([r for r in known_rows(data) if data.texts[r].strip()], dtype=np.int64)
        if len(rows) <= CANDIDATES:
            return rows
        return np.sort(np.random.default_rng(self.job.recipe.seed).choice(rows, CANDIDATES, replace=False))

    def store(self, arm: TextArm, name: str, scores: list[np.ndarray]) -> Artefact:
        table = as_table(arm.rows, arm.texts, arm.parts, scores)
        return self.job.artefacts.put_table(f"scores/{arm.name}/{name}", table)

    def kept(self, arm: TextArm, sha256: str) -> list[np.ndarray]:
        return from_table(self.job.artefacts.table(sha256), arm.rows)

    def controls(self, arm: TextArm, seed: int) -> dict[str, list[np.ndarray]]:
        rarity = word_rarity(arm.parts, inverse_document_frequency(arm.tokenizer, self._training_texts()))
        return {"random_scores": random_scores(arm.parts, arm.rows, seed), "word_rarity": rarity}

    def remade_controls(self, arm: TextArm, few: slice, controls: dict[str, Any], seeds: list[int]) -> dict[str, list]:
        return {
            "random_scores": [random_scores(arm.parts[few], arm.rows[few], s) for s in seeds],
            "word_rarity": [controls["word_rarity"][few] for _ in seeds],
        }

    def told(self, arm: TextArm, scores: list[np.ndarray]) -> dict[str, Any]:
        return {**super().told(arm, scores), "cut": cut(arm.texts, arm.parts), "bare": arm.bare}

    def _training_texts(self) -> Iterator[list[str]]:
        """The first COUNTED texts of the training split, in batches."""
        data = self.job.dataset
        rows = data.rows("train")[:COUNTED]
        for start in range(0, len(rows), 1000):
            self.job.check_stop()
            yield [data.texts[r] for r in rows[start : start + 1000]]
