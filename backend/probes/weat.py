"""WEAT: associations of names and sexes with pleasant words, careers, sciences in the word embeddings.

Caliskan et al. (2017), tests 3 to 8, on the embedding layer, for the words that are one token of the model.
"""

from __future__ import annotations

import numpy as np
import torch

from ..registry import Strict
from ._association import associate, whole
from ._base import Context, Result

KINDS = ("text",)
TITLE = "Word embeddings (WEAT)"


class Params(Strict):
    pass


def probe(context: Context, params: Params) -> Result:
    """Mean effect size d of the tests, and each test's."""

    @torch.no_grad()
    def embed(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        ids = torch.tensor([(row or [0])[0] for row in context.tokenizer.ids([f" {word}" for word in words])])
        vectors = context.encoder.to(context.device).embedding(ids.to(context.device))
        return vectors.double().cpu().numpy(), whole(context, words)

    return associate(context, embed, "mean effect size d of six tests on word embeddings", [])
