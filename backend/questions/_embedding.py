"""What questions about the embedding share: checked texts, the encoder's tokenizer, features and maps as arrays."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..projection._base import Neighbours, unit_length
from ..tokenizers._base import Tokenizer
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput

MOST_TEXTS, MOST_CHARACTERS = 32, 20_000


def check_texts(texts: Any) -> list[str]:
    """The texts of a question, or BadInput."""
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS:
        found = f"{len(texts)} of them" if isinstance(texts, list) else type(texts).__name__
        raise BadInput(f"question.texts: expected 1 to {MOST_TEXTS} texts, found {found}")
    for text in texts:
        if not isinstance(text, str) or not text.strip() or len(text) > MOST_CHARACTERS:
            raise BadInput(
                f"question.texts: expected texts of 1 to {MOST_CHARACTERS:,} characters, found {str(text)[:40]!r}"
            )
    return texts


def tokenizer_of(artefacts: Artefacts, encoder: str, named: str | None = None) -> Tokenizer:
    """The encoder's own tokenizer; one that is `named` must be that one."""
    own = json.loads(artefacts.metadata(encoder)["spec"])["tokenizer"]
    if named not in (None, own):
        raise BadInput(f"question.tokenizer: expected the encoder's own, {own}, found {named}")
    return Tokenizer.from_dict(artefacts.json(own))


def digest(value: Any, field: str) -> str:
    """A SHA-256 as a question gives it, or BadInput."""
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise BadInput(f"question.{field}: expected a SHA-256, found {str(value)[:80]!r}")
    return value


def unit_features(artefacts: Artefacts, sha256: Any, dim: int | None = None, field: str = "features") -> np.ndarray:
    """float32 N x d of unit length: the features of every row of the data set. Raises BadInput for another artefact,
    for numbers that are not finite and, where `dim` is given, for another number of columns."""
    _check_holds(artefacts, sha256, "features", field)
    found = _unit_features(str(artefacts.root), sha256)
    if not np.isfinite(found).all():
        raise BadInput(f"question.{field}: expected finite numbers, found NaN or infinity")
    if dim is not None and found.shape[1] != dim:
        raise BadInput(
            f"question.{field}: expected rows of {dim} numbers as the encoder makes them, found {found.shape[1]}"
        )
    return found


@lru_cache(maxsize=2)
def _unit_features(root: str, sha256: str) -> np.ndarray:
    return unit_length(Artefacts(Path(root)).array(sha256, "features"))


def neighbours_of(artefacts: Artefacts, sha256: Any, field: str) -> tuple[np.ndarray, Neighbours]:
    """(rows int64 P, their neighbours among them) of a `neighbours` artefact."""
    _check_holds(artefacts, sha256, "index", field)
    index, cosine, rows = (artefacts.array(sha256, name) for name in ("index", "cosine", "rows"))
    return rows, Neighbours(index, cosine)


def _check_holds(artefacts: Artefacts, sha256: Any, name: str, field: str) -> None:
    """Raises BadInput where this workspace has no such artefact or where it holds no such array."""
    path = artefacts.path(digest(sha256, field), "safetensors")
    if not path.is_file() or name not in artefacts.array_names(sha256):
        raise BadInput(f"question.{field}: expected {field.split('.')[-1]} of this workspace, found {sha256}")


def map_table(
    artefacts: Artefacts, sha256: Any, count: int | None = None, field: str = "projection"
) -> tuple[np.ndarray, np.ndarray]:
    """(rows int64 P, places float32 P x 2 or 3) of a map; of a data set of `count` rows where it is given."""
    path = artefacts.path(digest(sha256, field), "parquet")
    table = artefacts.table(sha256) if path.is_file() else None
    if table is None or not {"row", "x", "y"} <= set(table.column_names):
        raise BadInput(f"question.{field}: expected a map of this workspace, found {sha256}")
    rows = table["row"].to_numpy()
    if count is not None and rows.max() >= count:
        raise BadInput(f"question.{field}: expected a map of these {count:,} rows, found row {rows.max()}")
    axes = [table[axis].to_numpy() for axis in "xyz" if axis in table.column_names]
    return rows, np.column_stack(axes).astype(np.float32)
