"""Pretraining: the loss, the online kNN and the health of the representation, for every seed."""

from __future__ import annotations

from typing import Any

from ._source import Source, bodies, section

TITLE = "Pretraining and collapse"
ORDER = 30


def collect(source: Source) -> dict[str, Any]:
    metrics, votes, readings = (source.events(kind) for kind in ("metrics", "knn", "collapse"))
    encoders = source.events("encoder")
    if not metrics:
        return section({}, gaps=[source.gap("pretrain", "Pretraining")])
    gaps = [] if encoders else [source.gap("pretrain", "The pretrained encoder")]
    if not readings:
        gaps.append(source.gap("pretrain", "Collapse readings"))
    facts = {
        "metrics": bodies(metrics),
        "knn": bodies(votes),
        "collapse": bodies(readings),
        "encoders": bodies(encoders),
        "language": source.latest("lm.baselines") is not None,
        "state": source.run["state"],
        "pretext": source.run["recipe"].get("pretext", {}).get("name", ""),
    }
    return section(facts, [*metrics, *votes, *readings, *encoders], gaps)
