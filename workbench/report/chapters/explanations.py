"""The explanations and their controls."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ...charts import explain as charts
from ...charts.theme import ARM_NAME
from ...verdicts import explain as words
from ._base import Chapter, Table

EXAMPLES = 4  # explained images that are printed


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    out = Chapter()
    for arm in dict.fromkeys(m["arm"] for m in facts["methods"]):
        methods = {m["method"]: m for m in facts["methods"] if m["arm"] == arm}
        controls = facts["controls"].get(arm)
        said = words.sentence(methods, controls)
        if out.verdict:
            out.sentences.append(f"{ARM_NAME.get(arm, arm)}: {said}")
        out.verdict = out.verdict or said
        out.sentences.append(words.evidence(methods, controls))
        if controls:
            rows = words.table(methods, controls)
            found = [{k: _fixed(v) for k, v in row.items() if k != "Why"} for row in rows]
            out.tables.append(Table(f"Tests of the maps, {ARM_NAME.get(arm, arm)}", found))
            why = [{k: row[k] for k in ("Map", "Passes", "Why")} for row in rows]
            out.tables.append(Table(f"Why a map passes or not, {ARM_NAME.get(arm, arm)}", why))
            out.figures.append(lambda c=controls, a=arm: _of(a, charts.tests(c)))
        out.figures.append(lambda found=methods, a=arm: _of(a, _maps(found, facts["dataset"], service)))
    out.sentences += [words.RULE, words.SCALE_NOTE]
    return out


def _of(arm: str, figure: go.Figure) -> go.Figure:
    """The figure with the name of its model: on paper no control above it says which."""
    return figure.update_layout(title_subtitle_text=ARM_NAME.get(arm, arm))


def _fixed(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, int | float) else value


def _maps(methods: dict[str, dict[str, Any]], dataset: str, service: Any) -> go.Figure:
    first = next(iter(methods.values()))
    rows, classes = first["rows"][:EXAMPLES], service.dataset(dataset)["classes"]
    drawn = {m: service.array(b["sha256"], "maps", slice(0, len(rows))) for m, b in methods.items()}
    told = zip(first["label"], first["predicted"], first["probability"], strict=True)
    titles = [words.caption(*numbers, classes) for numbers in told]
    examples = [
        {"title": titles[i], "png": png, "panels": [(words.panel(m), maps[i]) for m, maps in drawn.items()]}
        for i, png in enumerate(service.thumbnails(dataset, rows))
    ]
    return charts.maps(examples)
