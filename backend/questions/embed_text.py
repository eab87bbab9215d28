"""Which texts of the data lie nearest to these ones, in the encoder's own space?"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.features import encode
from ..engine.weights import load_encoder, read_spec
from ..modality import of_spec
from ..projection._base import unit_length
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import kept, needed
from ._embedding import check_texts, tokenizer_of, unit_features

MOST_NEIGHBOURS = 200


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: encoder and features (SHA-256, of one run and seed), texts [1 to 32], k (1 to 200); tokenizer (SHA-256)
    may be named and must then be the encoder's.

    The result holds, a text each, rows [[int]] nearest first, cosine [[float]] and tokens [how many the encoder read].
    Raises BadInput with one line.
    """
    needed(question, "encoder", "features", "texts", "k")
    texts, k = check_texts(question["texts"]), question["k"]
    if not isinstance(k, int) or not 1 <= k <= MOST_NEIGHBOURS:
        raise BadInput(f"question.k: expected 1 to {MOST_NEIGHBOURS} neighbours, found {k!r}")
    artefacts = Artefacts(workspace.artefacts)
    encoder = kept(artefacts, question["encoder"], load_encoder)
    if "tokenizer" not in (spec := read_spec(artefacts, question["encoder"])):
        raise BadInput(f"question.encoder: expected an encoder of text, found one of {of_spec(spec).nouns}")
    tokenizer = tokenizer_of(artefacts, question["encoder"], question.get("tokenizer"))
    known = unit_features(artefacts, question["features"], encoder.dim)
    tokens = tokenizer.encode(texts)
    asked = unit_length(encode(encoder, tokens, next(encoder.parameters()).device))
    cosine = asked @ known.T
    rows = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
    result = {
        "rows": rows.tolist(),
        "cosine": np.take_along_axis(cosine, rows, axis=1).clip(-1, 1).tolist(),
        "tokens": tokens.mask.sum(1).tolist(),
    }
    return {"result": result, "subjects": []}
