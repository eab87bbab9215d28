"""A first look at a source, before it is registered: its columns, their kinds and a few of their values.

It runs in the server's process, so it is bounded: headers and at most ROWS rows are read, no image is decoded.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from .columns import text
from .readers import find

VALUES = 20
MAX_TEXT = 60
MAX_COLUMNS = 200


def preview(path: str) -> dict[str, Any]:
    """What `service().preview` tells; raises BadInput as the reader would.

    {"kind", "name", "rows": int or None, "columns": [{"name", "kind", "values": [str], "distinct": int}],
    "image", "label", "split"}. kind of a column: "number" or "text"; values: the most frequent of the rows looked at,
    `distinct` of them there are. image, label, split: the columns that the source itself declares, or None.
    """
    reader, place = find(path)
    glimpse = reader.look(place)
    return {
        "kind": reader.__name__.rsplit(".", 1)[-1],
        "name": place.name,
        "rows": glimpse.rows,
        "columns": [_column(name, glimpse.frame[name]) for name in list(glimpse.frame)[:MAX_COLUMNS]],
        "image": glimpse.image,
        "label": glimpse.label,
        "split": glimpse.split,
    }


def _column(name: str, values: pd.Series) -> dict[str, Any]:
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    counts = text(values).value_counts()
    return {
        "name": str(name),
        "kind": "number" if number else "text",
        "values": [str(v)[:MAX_TEXT] for v in counts.index[:VALUES]],
        "distinct": len(counts),
    }
