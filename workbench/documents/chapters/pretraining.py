"""Pretraining: curves and the verdict on collapse, a seed at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from backend.workspace.formats import duration

from ...charts import run as run_charts
from ...verdicts import collapse
from ...verdicts import run as run_words
from ._base import Chapter


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    found = Chapter()
    seeds, whole = sorted({m["seed"] for m in facts["metrics"]}), {e["seed"] for e in facts["encoders"]}
    for seed in seeds:
        own = {kind: [b for b in facts[kind] if b["seed"] == seed] for kind in ("metrics", "knn", "collapse")}
        judged = collapse.verdict(own["collapse"], facts["pretext"], facts["state"], seed in whole)
        if seed == seeds[0]:
            found.verdict = judged.sentence
            found.pairs = _curves(own, facts["language"], facts["pretext"])
        else:
            found.sentences.append(f"Pretraining seed {seed}: {judged.sentence}")
        if judged.state == "collapsed":
            found.sentences.append(judged.meaning)
    for done in facts["encoders"]:
        took = f"{done['steps']:,} steps in {duration(done['seconds'])}, {run_words.rate(done)}"
        found.sentences.append(f"Pretraining seed {done['seed']} took {took}.")
    return found


def _curves(own: dict[str, list[dict[str, Any]]], language: bool, task: str) -> list[Callable[[], go.Figure]]:
    """The loss of a language model stands in its own chapter, against what counting reaches."""
    readings = own["collapse"]
    since, bound = collapse.onset(readings), readings[-1]["loss_bound"] if readings else None
    figures = [] if language else [lambda: run_charts.loss(own["metrics"], bound, since, task)]
    if own["knn"]:
        figures.append(lambda: run_charts.knn(own["knn"]))
    if readings:
        figures += [lambda m=metric: run_charts.strip(readings, m, since) for metric in run_charts.watched(readings)]
        figures.append(lambda: run_charts.spectrum(readings))
    return figures
