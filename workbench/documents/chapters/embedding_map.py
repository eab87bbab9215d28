"""The map of the embedding, with what can be read off it."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from backend import exports
from backend.targets import CLASS

from ... import modality
from ...charts import embeddings as charts
from ...explorer.columns import Category, Places, Quantity
from ...modality._words import Words
from ...verdicts import embeddings as words
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    own = [m for m in facts["maps"] if m["arm"] == "ssl"] or facts["maps"]
    shown = next((m for m in own if m["method"] != "pca"), own[0])
    mine, clusters = (
        next((n for n in reversed(facts[kind]) if (n["arm"], n["seed"]) == (shown["arm"], shown["seed"])), None)
        for kind in ("neighbours", "clusters")
    )
    said = [words.flattery(shown), words.warning(shown["method"]), words.evidence(shown)]
    of = modality.shown(facts["kind"]).words
    out = Chapter(verdict=words.sentence(mine, shown, facts.get("target", CLASS)), sentences=said)
    out.figures.append(lambda: _map(shown, clusters, facts, service))
    if clusters:
        out.sentences.append(words.clustering(clusters, of))
    if clusters and clusters["clusters"]:
        title = of.clusters_titled(clusters["clusters"])
        out.tables.append(Table(title, words.cluster_rows(clusters, of)))
    return out


def _map(shown: dict[str, Any], clusters: dict[str, Any] | None, facts: dict[str, Any], service: Any) -> go.Figure:
    """The map by label; with the clusters' names on it."""
    manifest, of = service.dataset(facts["dataset"]), modality.shown(facts["kind"]).words
    table = service.table(shown["sha256"])
    rows = table["row"].to_numpy()
    at = np.column_stack([table[axis].to_numpy() for axis in "xy"]).astype(np.float32)
    colour = _colour(manifest, rows, service)
    method = exports.headed("projection", shown["method"])
    title = f"{method} of {shown['points']:,} {of.nouns}, coloured by {colour.title}"
    places = Places(rows, at, table["kept"].to_numpy().astype(np.float32))
    figure = charts.scatter(places, colour, title, words.fidelity_line(shown["fidelity"]), method)
    return charts.label(figure, _labels(clusters, places, of, service), places) if clusters else figure


def _colour(manifest: dict[str, Any], rows: np.ndarray, service: Any) -> Category | Quantity:
    """The label of each point, or the number that is predicted."""
    target = manifest.get("target") or {}
    if target.get("type") == "number":
        numbers = service.table(manifest["table"]["sha256"], ["target"])["target"].to_numpy(zero_copy_only=False)
        return Quantity(target["column"], numbers[rows].astype(np.float32))
    labels = service.table(manifest["table"]["sha256"], ["label"])["label"].to_numpy()[rows]
    names = (*manifest["classes"], *(["missing"] if (labels < 0).any() else []))
    codes = np.where(labels < 0, len(names) - 1, labels).astype(np.int16)
    return Category(manifest["label"] or "label", names, codes)


def _labels(clusters: dict[str, Any], places: Places, data: Words, service: Any) -> list[tuple[float, float, str]]:
    """(x, y, name) of each cluster at the median of its points; both tables are in the order of the rows."""
    of = service.table(clusters["sha256"], ["cluster"])["cluster"].to_numpy()
    return [
        (*map(float, np.median(places.at[of == cluster["id"]], axis=0)), words.cluster_name(cluster, data, most=2))
        for cluster in clusters["clusters"]
    ]
