"""Where on this map, and nearest to which of its points, does a new image or text belong?"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

from ..data import decode_images
from ..data.dataset import Dataset
from ..encoders._examples import Pixels
from ..encoders._text import TextEncoder
from ..engine.features import encode
from ..engine.weights import load_encoder, read_spec
from ..projection._align import spread
from ..projection._base import unit_length
from ..projection._place import place
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import kept, needed
from ._embedding import check_texts, digest, map_table, tokenizer_of, unit_features

MOST_BYTES = 10_000_000  # of an uploaded image, before base64
NEIGHBOURS = 15


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: encoder, features and projection (SHA-256 each, of one run and seed: the weights, the features of all
    rows, the map's table) and dataset (manifest), with either texts [1 to 32] or image (an encoded picture in base64).

    The result holds, for every text or the one image, rows [[int]] on the map, nearest first, cosine [[float]], place
    [[x, y(, z)]] and scatter [float] (backend/projection/_place.py). Raises BadInput with one line.
    """
    needed(question, "encoder", "features", "projection", "dataset")
    artefacts = Artefacts(workspace.artefacts)
    encoder = kept(artefacts, digest(question["encoder"], "encoder"), load_encoder)
    examples = _examples(question, artefacts, encoder)
    known = unit_features(artefacts, question["features"], encoder.dim)
    rows, coordinates = map_table(artefacts, question["projection"], len(known))
    asked = unit_length(encode(encoder, examples, next(encoder.parameters()).device))
    cosine = asked @ known[rows].T
    near = np.argsort(-cosine, axis=1, kind="stable")[:, :NEIGHBOURS]
    cosine = np.take_along_axis(cosine, near, axis=1).clip(-1, 1)
    size = spread(coordinates)
    placed = [place(c, coordinates[n], size) for c, n in zip(cosine, near, strict=True)]
    result = {
        "rows": rows[near].tolist(),
        "cosine": cosine.tolist(),
        "place": [at for at, _ in placed],
        "scatter": [scatter for _, scatter in placed],
    }
    return {"result": result, "subjects": []}


def _examples(question: dict[str, Any], artefacts: Artefacts, encoder: Any) -> Any:
    """Tokens of the texts or uint8 1 x C x H x W of the image, as this encoder reads them."""
    if ("texts" in question) == ("image" in question):
        raise BadInput("question: expected either texts or image, found both or neither")
    if isinstance(encoder, TextEncoder) != ("texts" in question):
        wanted = "texts" if isinstance(encoder, TextEncoder) else "image"
        raise BadInput(f"question: expected {wanted} for this encoder, found the other")
    if "texts" in question:
        return tokenizer_of(artefacts, question["encoder"]).encode(check_texts(question["texts"]))
    shape = tuple(read_spec(artefacts, question["encoder"])["shape"])
    if Dataset(question["dataset"], artefacts).shape != shape:
        raise BadInput("question.dataset: expected the data set that the encoder was trained on, found another shape")
    known = question["dataset"].get("pixels")
    return Pixels(decode_images.one(_payload(question["image"]), shape, "question.image", known))


def _payload(image: Any) -> bytes:
    if not isinstance(image, str) or not image or len(image) > MOST_BYTES * 4 // 3 + 4:
        raise BadInput(f"question.image: expected a picture of at most {MOST_BYTES // 1_000_000} MB in base64")
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("question.image: expected base64, found something else") from None
