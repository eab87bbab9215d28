"""Which texts of the data lie nearest to these ones, in the encoder's own space?"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..encoders._text import TextEncoder
from ..engine.features import encode
from ..engine.weights import load_encoder
from ..projection._base import unit_length
from ..tokenizers._base import Tokenizer
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import kept, needed

MOST_TEXTS, MOST_CHARACTERS, MOST_NEIGHBOURS = 32, 20_000, 200


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: encoder and features (SHA-256, of one run and seed), texts [1 to 32], k (1 to 200); tokenizer (SHA-256)
    may be named and must then be the encoder's.

    The result holds, a text each, rows [[int]] nearest first, cosine [[float]] and tokens [how many the encoder read].
    Raises BadInput with one line.
    """
    needed(question, "encoder", "features", "texts", "k")
    texts, k = _check(question["texts"], question["k"])
    artefacts = Artefacts(workspace.artefacts)
    encoder = kept(artefacts, question["encoder"], load_encoder)
    if not isinstance(encoder, TextEncoder):
        raise BadInput("question.encoder: expected an encoder of text, found one of images")
    tokenizer = _tokenizer(artefacts, question["encoder"], question.get("tokenizer"))
    known = _unit_features(str(artefacts.root), str(question["features"]))
    if known.shape[1] != encoder.dim:
        raise BadInput(
            f"question.features: expected rows of {encoder.dim} numbers as the encoder makes them, "
            f"found {known.shape[1]}"
        )
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


def _check(texts: Any, k: Any) -> tuple[list[str], int]:
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS:
        found = f"{len(texts)} of them" if isinstance(texts, list) else type(texts).__name__
        raise BadInput(f"question.texts: expected 1 to {MOST_TEXTS} texts, found {found}")
    for text in texts:
        if not isinstance(text, str) or not text.strip() or len(text) > MOST_CHARACTERS:
            raise BadInput(
                f"question.texts: expected texts of 1 to {MOST_CHARACTERS:,} characters, found {str(text)[:40]!r}"
            )
    if not isinstance(k, int) or not 1 <= k <= MOST_NEIGHBOURS:
        raise BadInput(f"question.k: expected 1 to {MOST_NEIGHBOURS} neighbours, found {k!r}")
    return texts, k


def _tokenizer(artefacts: Artefacts, encoder: str, named: str | None) -> Tokenizer:
    own = json.loads(artefacts.metadata(encoder)["spec"])["tokenizer"]
    if named not in (None, own):
        raise BadInput(f"question.tokenizer: expected the encoder's own, {own}, found {named}")
    return Tokenizer.from_dict(artefacts.json(own))


@lru_cache(maxsize=2)
def _unit_features(root: str, sha256: str) -> np.ndarray:
    """float32 N x d of unit length: the features of every row of the data set."""
    artefacts = Artefacts(Path(root))
    try:
        found = artefacts.path(sha256, "safetensors").is_file() and "features" in artefacts.array_names(sha256)
    except ValueError:
        found = False
    if not found:
        raise BadInput(f"question.features: expected features of this workspace, found {sha256[:80]}")
    return unit_length(artefacts.array(sha256, "features"))
