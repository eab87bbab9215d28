"""Samples at the end of pretraining: what the model makes of the beginnings of held-out texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..encoders._text import TextEncoder
from ..engine.corpus import Corpus
from ..engine.seeds import derive
from ..tokenizers._base import Tokenizer
from .generate import MASK, fill, write

SAMPLES = 3
PROMPT, READ = 12, 28  # tokens of a held-out text: before a causal model goes on, shown to a masked one
MASKED = 3
DRAWN = {"temperature": 0.8, "top_p": 0.95, "most": 40}


def samples(encoder: TextEncoder, tokenizer: Tokenizer, held_out: Corpus, language: str, seed: int) -> dict[str, Any]:
    """The body of the `lm.samples` event: three prompts from held-out texts, evenly spread."""
    numbers = np.unique(np.linspace(0, held_out.texts - 1, SAMPLES).astype(int)) if held_out.texts else []
    if language == "causal":
        made = [_written(encoder, tokenizer, held_out, number, seed) for number in numbers]
    else:
        made = [_filled(encoder, tokenizer, held_out, number, seed) for number in numbers]
    drawn = DRAWN if language == "causal" else None
    return {"language": language, "drawn": drawn, "samples": [sample for sample in made if sample]}


def _written(encoder: TextEncoder, tokenizer: Tokenizer, held_out: Corpus, number: int, seed: int) -> dict[str, Any]:
    most = max(1, min(PROMPT, encoder.length // 4))
    prompt = tokenizer.decode(held_out.text(number, most).tolist())
    return write(encoder, tokenizer, prompt, seed=derive("sample", seed, number) % 2**31, **DRAWN)


def _filled(
    encoder: TextEncoder, tokenizer: Tokenizer, held_out: Corpus, number: int, seed: int
) -> dict[str, Any] | None:
    """With some words replaced by [MASK], and what stood there as `truth`; None for a text without enough words."""
    words = tokenizer.decode(held_out.text(number, min(READ, encoder.length // 2)).tolist()).split()
    if len(words) < 2 * MASKED:
        return None
    draw = np.random.default_rng(derive("sample", seed, number))
    places = np.sort(draw.choice(np.arange(1, len(words)), MASKED, replace=False))
    truth = [words[place] for place in places]
    for place in places:
        words[place] = MASK
    return {**fill(encoder, tokenizer, " ".join(words)), "truth": truth}
