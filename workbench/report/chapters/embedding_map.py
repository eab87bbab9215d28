"""The map of the embedding, with what can be read off it."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from ...charts import embeddings as charts
from ...explorer.columns import Category, Places
from ...verdicts import embeddings as words
from ._base import Chapter


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    own = [m for m in facts["maps"] if m["arm"] == "ssl"] or facts["maps"]
    shown = next((m for m in own if m["method"] == "umap"), own[0])
    mine = [n for n in facts["neighbours"] if (n["arm"], n["seed"]) == (shown["arm"], shown["seed"])]
    return Chapter(
        verdict=words.sentence(mine[-1] if mine else None, shown),
        sentences=[words.flattery(shown["fidelity"]), words.warning(shown["method"]), words.evidence(shown)],
        figures=[lambda: _map(shown, facts["dataset"], service)],
    )


def _map(shown: dict[str, Any], dataset: str, service: Any) -> go.Figure:
    manifest = service.dataset(dataset)
    table = service.table(shown["sha256"])
    rows = table["row"].to_numpy()
    at = np.column_stack([table[axis].to_numpy() for axis in "xy"]).astype(np.float32)
    labels = service.table(manifest["table"]["sha256"], ["label"])["label"].to_numpy()[rows]
    names = (*manifest["classes"], *(["missing"] if (labels < 0).any() else []))
    codes = np.where(labels < 0, len(names) - 1, labels).astype(np.int16)
    colour = Category(manifest["label"] or "label", names, codes)
    title = f"{shown['method'].upper()} of {shown['points']:,} images, coloured by {colour.title}"
    places = Places(rows, at, table["kept"].to_numpy().astype(np.float32))
    return charts.scatter(places, colour, title, words.fidelity_line(shown["fidelity"]), shown["method"].upper())
