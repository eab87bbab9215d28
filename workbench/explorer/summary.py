"""What a selection is made of, as tables. Pure: counts and frames in, frames with readable columns out."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .columns import Places
from .facets import Made

MOST_ROWS = 500  # rows of the selection's table that travel to the browser
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # how a cell begins that a spreadsheet takes for more than text


def composition(made: list[Made]) -> pd.DataFrame:
    """Counts of each value of each category in the selection, and its share there against all points of the map."""
    parts = [_shares(one) for one in made if one.facet.names]
    return pd.concat(parts, ignore_index=True).round(1)


def _shares(one: Made) -> pd.DataFrame:
    here, every = (100 * counts / max(1, counts.sum()) for counts in (one.chosen, one.every))
    shares = {
        "Column": one.facet.title,
        "Value": list(one.facet.names),
        "Selected": one.chosen,
        "% of selection": here,
        "% of map": every,
        "Points apart": here - every,
    }
    return pd.DataFrame(shares)


def listing(table: pd.DataFrame, rows: np.ndarray, kept: np.ndarray) -> pd.DataFrame:
    """The first MOST_ROWS of these rows, all columns; `kept`: float, the share of true neighbours kept of each."""
    rows, kept = rows[:MOST_ROWS], kept[:MOST_ROWS]
    found = table.loc[rows].copy()
    found.insert(1, "kept", (100 * kept).round(0))
    if "confidence" in found:
        found["confidence"] = (100 * found["confidence"]).round(1)
    names = {"row": "Row", "kept": "True neighbours kept (%)", "confidence": "Confidence (%)"}
    names |= {c: c.capitalize() for c in ("label", "split", "predicted", "outcome")}
    taken = set(found.columns)  # a data set's own `Label` keeps its name, and ours stays `label`
    return found.rename(columns={name: told for name, told in names.items() if told not in taken})


def groups(counts: pd.DataFrame) -> pd.DataFrame:
    """Class x group (facets.by_group) as it is read: points, and the share of the predicted ones that is wrong."""
    found = counts.copy()
    wrong, predicted = found.pop("Wrong"), found["Predicted"]
    found["% wrong"] = (100 * wrong / predicted.where(predicted > 0)).round(1)
    return found


def exported(
    table: pd.DataFrame, places: Places, points: np.ndarray, more: dict[str, list[Any]] | None = None
) -> pd.DataFrame:
    """The points (bool P) of a map with all columns, to be taken away: the row, where it lies on the map (map_x, map_y,
    map_z), `kept`, the share of its true neighbours kept there, and `more` columns, as its text."""
    rows = places.rows[points]
    ours = {"row": rows} | {f"map_{axis}": at for axis, at in zip("xyz", places.at[points].T, strict=False)}
    ours["kept"] = places.kept[points]
    ours |= more or {}
    found = table.loc[rows].reset_index(drop=True).drop(columns="row")
    for name in [name for name in found if name in ours]:
        apart = f"source_{name}"
        while apart in found or apart in ours:
            apart = f"source_{apart}"
        found = found.rename(columns={name: apart})
    return pd.concat([pd.DataFrame(ours), found], axis=1)


def as_csv(table: pd.DataFrame, told: dict[str, str]) -> bytes:
    """UTF-8, without `told`, for which CSV has no place.

    A text that a spreadsheet would run as a formula has an apostrophe before it (OWASP, CSV injection).
    """
    safe = table.rename(columns={name: _harmless(str(name)) for name in table.columns})
    for name in safe.select_dtypes(exclude=["number", "bool"]).columns:
        safe[name] = safe[name].map(_harmless, na_action="ignore")
    return safe.to_csv(index=False, lineterminator="\r\n").encode()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_parquet(table: pd.DataFrame, told: dict[str, str]) -> bytes:
    """The same columns with their types, for tools that read tables; told: the file's metadata, under `workbench`."""
    made, held = pa.Table.from_pandas(table, preserve_index=False), io.BytesIO()
    pq.write_table(made.replace_schema_metadata({**made.schema.metadata, "workbench": json.dumps(told)}), held)
    return held.getvalue()
