"""Where on this map, and nearest to which of its points, does a new example belong?"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..encoders._examples import Examples
from ..engine.features import encode
from ..engine.weights import load_encoder, read_spec
from ..modality import names, of_spec
from ..projection._align import spread
from ..projection._base import unit_length
from ..projection._place import place
from ..stages.modality import asking
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import kept, needed
from ._embedding import digest, map_table, unit_features

NEIGHBOURS = 15


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: encoder, features and projection (SHA-256 each, of one run and seed: the weights, the features of all
    rows, the map's table) and dataset (manifest), and an example of the person's own in the field of its modality:
    texts [1 to 32], or image (an encoded picture in base64).

    The result holds, for every example, rows [[int]] on the map, nearest first, cosine [[float]], place
    [[x, y(, z)]] and scatter [float] (backend/projection/_place.py). Raises BadInput with one line.
    """
    needed(question, "encoder", "features", "projection", "dataset")
    artefacts = Artefacts(workspace.artefacts)
    encoder = kept(artefacts, digest(question["encoder"], "encoder"), load_encoder)
    examples = _examples(question, artefacts)
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


def _examples(question: dict[str, Any], artefacts: Artefacts) -> Examples:
    """The example that the question holds, as its encoder reads it."""
    here = asking(of_spec(read_spec(artefacts, question["encoder"])).name)
    fields = [field for name in reversed(names()) if (field := asking(name).field)]
    given = [field for field in fields if field in question]
    if len(given) != 1:
        raise BadInput(f"question: expected either {' or '.join(fields)}, found {', '.join(given) or 'none of them'}")
    if here.field not in given:
        raise BadInput(f"question: expected {here.field} for this encoder, found {given[0]}")
    return here.own(question, artefacts, question["encoder"])
