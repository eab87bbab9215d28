"""A first look at a source, before it is registered: its columns, their kinds and a few of their values.

It runs in the server's process, so it is bounded: headers and the first rows are read, no image is decoded and nothing
is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import pandas as pd

from ..workspace.layout import BadInput
from .columns import text
from .readers import find
from .source import Glimpse

VALUES = 20
MAX_TEXT = 60
MAX_COLUMNS = 200


def preview(path: str, kind: str | None = None) -> dict[str, Any]:
    """What `service().preview` tells; raises BadInput as the reader would.

    {"of", "kind", "name", "rows": int or None, "columns": [{"name", "kind", "values": [str], "distinct": int}],
    "image", "text", "label", "split"}. of: "image" or "text", found by itself unless it is given. kind of a column:
    "number" or "text"; values: the most frequent of the rows looked at, `distinct` of them there are. image, text,
    label, split: the columns that the source itself declares, or None.
    """
    of, reader, name, glimpse = _look(path, kind)
    return {
        "of": of,
        "kind": reader.__name__.rsplit(".", 1)[-1],
        "name": name,
        "rows": glimpse.rows,
        "columns": [_column(name, glimpse.frame[name]) for name in list(glimpse.frame)[:MAX_COLUMNS]],
        "image": glimpse.image,
        "text": glimpse.text,
        "label": glimpse.label,
        "split": glimpse.split,
    }


def _look(path: str, kind: str | None) -> tuple[str, ModuleType, str, Glimpse]:
    """(kind of data, its reader, the source's name, the first rows).

    A table that readers of either kind take is one of images where it has a column of them, else one of texts.
    """
    kinds = (kind,) if kind else ("image", "text")
    known = _those_that_work(lambda of: (of, *find(path, of)), kinds)
    seen = _those_that_work(lambda found: (found[0], found[1], found[2].name, found[1].look(found[2])), known)
    table = [found for found in seen if found[1].__name__.endswith("tabular_images")]
    if len(seen) > 1 and table and table[0][3].image is None:
        return seen[-1]
    return seen[0]


def _those_that_work(call: Callable, over: Iterable) -> list:
    """What `call` gives for each; those that it refuses are left out, and the first refusal is raised when all are."""
    worked, refused = [], []
    for item in over:
        try:
            worked.append(call(item))
        except BadInput as error:
            refused.append(error)
    if not worked:
        raise refused[0]
    return worked


def _column(name: str, values: pd.Series) -> dict[str, Any]:
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    counts = text(values).value_counts()
    return {
        "name": str(name),
        "kind": "number" if number else "text",
        "values": [str(v)[:MAX_TEXT] for v in counts.index[:VALUES]],
        "distinct": len(counts),
    }
