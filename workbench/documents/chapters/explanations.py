"""The explanations and their controls."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from backend.workspace.formats import decimal

from ... import modality
from ...charts import explain as charts
from ...verdicts import explain as words
from ...verdicts.arms import ARM_NAME
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    passes, out, data = "", Chapter(), modality.of(service.dataset(facts["dataset"]))
    of = data.words
    for arm in dict.fromkeys(m["arm"] for m in facts["methods"]):
        methods = {m["method"]: m for m in facts["methods"] if m["arm"] == arm}
        passes = words.rule(next(iter(methods.values())), of)
        controls = facts["controls"].get(arm)
        said = words.sentence(methods, controls, of)
        if out.verdict:
            out.sentences.append(f"{ARM_NAME.get(arm, arm)}: {said}")
        out.verdict = out.verdict or said
        out.sentences.append(words.evidence(methods, controls, of))
        if controls:
            rows = words.table(methods, controls, of)
            found = [{k: _fixed(v) for k, v in row.items() if k != "Why"} for row in rows]
            one = of.judged
            out.tables.append(Table(f"Tests of the {one}s, {ARM_NAME.get(arm, arm)}", found))
            why = [{k: row[k] for k in (one.capitalize(), "Passes", "Why")} for row in rows]
            out.tables.append(Table(f"Why a {one} passes or not, {ARM_NAME.get(arm, arm)}", why))
            out.figures.append(lambda c=controls, a=arm: _of(a, charts.tests(c, of)))
        data.chapters.explanations(out, ARM_NAME.get(arm, arm), methods, controls, facts["dataset"], service)
    out.sentences += filter(None, (passes, of.colours))
    return out


def _of(arm: str, figure: go.Figure) -> go.Figure:
    """The figure with the name of its model: on paper no control above it says which."""
    return figure.update_layout(title_subtitle_text=ARM_NAME.get(arm, arm))


def _fixed(value: Any) -> Any:
    return decimal(value) if isinstance(value, int | float) else value
