"""What a selection is made of. Pure: frames in, frames with readable columns out."""

from __future__ import annotations

import pandas as pd

MOST_ROWS = 500  # rows of the selection's table that travel to the browser


def composition(table: pd.DataFrame, mapped: list[int], selected: list[int], columns: dict[str, str]) -> pd.DataFrame:
    """Counts of each value of each column in the selection, and its share there against all points of the map."""
    parts = []
    for column, title in columns.items():
        values = table[column].astype("object").where(table[column].notna(), "missing")
        whole = values.loc[mapped].value_counts()
        here = values.loc[selected].value_counts().reindex(whole.index, fill_value=0)
        parts.append(
            pd.DataFrame(
                {
                    "Column": title,
                    "Value": whole.index.astype(str),
                    "Selected": here.to_numpy(),
                    "% of selection": 100 * here.to_numpy() / max(1, len(selected)),
                    "% of map": 100 * whole.to_numpy() / max(1, len(mapped)),
                }
            ).sort_values("Value")
        )
    found = pd.concat(parts, ignore_index=True)
    found["Points apart"] = found["% of selection"] - found["% of map"]
    return found.round(1)


def listing(table: pd.DataFrame, selected: list[int], kept: pd.Series) -> pd.DataFrame:
    """The selected rows, at most MOST_ROWS, all columns; `kept`: share of true neighbours kept, by row."""
    rows = selected[:MOST_ROWS]
    found = table.loc[rows].copy()
    found.insert(1, "kept", (100 * kept.reindex(rows)).round(0))
    if "confidence" in found:
        found["confidence"] = (100 * found["confidence"]).round(1)
    names = {"row": "Row", "kept": "True neighbours kept (%)", "confidence": "Confidence (%)"}
    return found.rename(columns=names | {c: c.capitalize() for c in ("label", "split", "predicted", "outcome")})
