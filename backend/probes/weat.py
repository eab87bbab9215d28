"""WEAT: associations of names and sexes with pleasant words, careers, sciences in the word embeddings.

Caliskan et al. (2017), tests 3 to 8, on the embedding layer; a word of several tokens is the mean of their embeddings.
"""

from __future__ import annotations

import numpy as np
import torch

from ..registry import Strict
from ._association import associate
from ._base import Context, Result

KINDS = ("text",)


class Params(Strict):
    pass


def probe(context: Context, params: Params) -> Result:
    """Mean effect size d of the tests, and each test's."""

    @torch.no_grad()
    def embed(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        vocabulary = context.tokenizer.vocabulary
        ids = [[i for i in row if i != vocabulary.unk] for row in context.tokenizer.ids([f" {w}" for w in words])]
        layer = context.encoder.to(context.device).embedding
        vectors = [layer(torch.tensor([row or [vocabulary.pad]], device=context.device))[0].mean(0) for row in ids]
        return torch.stack(vectors).double().cpu().numpy(), np.array([bool(row) for row in ids])

    return associate(context, embed, "mean effect size d of six tests on word embeddings", [])
