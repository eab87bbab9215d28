"""What a selection is made of, as tables. Pure: counts and frames in, frames with readable columns out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .facets import Made

MOST_ROWS = 500  # rows of the selection's table that travel to the browser


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
    return found.rename(columns=names | {c: c.capitalize() for c in ("label", "split", "predicted", "outcome")})


def groups(counts: pd.DataFrame) -> pd.DataFrame:
    """Class x group (facets.by_group) as it is read: points, and the share of the predicted ones that is wrong."""
    found = counts.copy()
    wrong, predicted = found.pop("Wrong"), found["Predicted"]
    found["% wrong"] = (100 * wrong / predicted.where(predicted > 0)).round(1)
    return found
