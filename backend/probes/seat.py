"""SEAT: associations of names and sexes with pleasant words, careers, sciences in the sentence embeddings.

May et al. (2019), NAACL: every word is put into plain sentences ("This is Amy.") and these are embedded. A word's
embedding here is the mean over its sentences, so that words, not sentences, are exchanged and counted.
"""

from __future__ import annotations

import numpy as np

from ..engine.features import encode
from ..registry import Strict
from ._association import associate, whole, word_lists
from ._base import Context, Result

KINDS = ("text",)
TITLE = "Sentence embeddings (SEAT)"


class Params(Strict):
    pass


def probe(context: Context, params: Params) -> Result:
    """Mean effect size d of the tests, and each test's."""

    def embed(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        frames = word_lists()["sentences"]
        texts = [frame.format(word) for word in words for frame in frames]
        features = encode(context.encoder, context.tokenizer.encode(texts), context.device)
        means = features.astype(np.float64).reshape(len(words), len(frames), -1).mean(1)
        return means, whole(context, words, alone=True)

    note = (
        "May et al. (2019) take every sentence for a stimulus of its own; here a word counts once, whatever the number "
        "of its sentences, which leaves d about as large and p honest."
    )
    return associate(context, embed, "mean effect size d of six tests on sentence embeddings", [note])
