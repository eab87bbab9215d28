"""What the stage and the warm worker share on text: scores as tables, and which texts were cut."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
from torch import nn

from ..tokenizers._base import Tokenizer
from ..workspace.artefacts import Artefacts
from ._answers import Answered, answered
from ._text import Sentences, logits

SCHEMA = pa.schema(
    {"row": pa.int64(), "word": pa.string(), "start": pa.int64(), "end": pa.int64(), "score": pa.float64()}
)


def tokenizer_of(artefacts: Artefacts, sha256: str) -> tuple[Tokenizer, dict[str, Any]]:
    """(the tokenizer that a stored text model was made with, the model's spec)"""
    spec = json.loads(artefacts.metadata(sha256)["spec"])
    return Tokenizer.from_dict(artefacts.json(spec["tokenizer"])), spec


def predictions(model: nn.Module, read: Sentences) -> tuple[Answered, list[float]]:
    """What the model says of each text, and the probability of that class (or the number) when every word is taken
    away."""
    whole, bare = (answered(model, logits(model, tokens)) for tokens in (read.tokens, read.bare))
    return whole, bare.outputs.gather(1, whole.index[:, None]).squeeze(1).tolist()


def as_table(rows: list[int], texts: list[str], read: Sentences, scores: list[np.ndarray]) -> pa.Table:
    """One row a word: row, word (as it stands in the text), start and end (characters), score."""
    words = [
        {"row": row, "word": text[start:end], "start": start, "end": end, "score": float(score)}
        for row, text, places, own in zip(rows, texts, read.spans, scores, strict=True)
        for (start, end), score in zip(places, own, strict=True)
    ]
    return pa.Table.from_pylist(words, schema=SCHEMA)


def from_table(table: pa.Table, rows: list[int]) -> list[np.ndarray]:
    """The words' scores of each of `rows`, in their order."""
    of, scores = table["row"].to_numpy(), table["score"].to_numpy()
    return [scores[of == row] for row in rows]


def cut(texts: list[str], read: Sentences) -> list[bool]:
    """Whether a text goes on behind the last word that the model read."""
    return [
        bool(text[places[-1][1] if places else 0 :].strip()) for text, places in zip(texts, read.spans, strict=True)
    ]
