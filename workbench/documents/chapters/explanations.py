"""The explanations and their controls."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from backend.data.identity import holds_slur
from backend.workspace.formats import decimal

from ...charts import explain as charts
from ...charts.theme import ARM_NAME
from ...verdicts import explain as words
from ._base import WITHHELD, Chapter, Table

EXAMPLES = 4  # explained images that are printed
TEXTS, WORDS = 8, 4  # explained texts that are printed, and words of each on either side


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    out, text = Chapter(), words.of_text({m["method"]: m for m in facts["methods"]})
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
            one = "method" if text else "map"
            out.tables.append(Table(f"Tests of the {one}s, {ARM_NAME.get(arm, arm)}", found))
            why = [{k: row[k] for k in (one.capitalize(), "Passes", "Why")} for row in rows]
            out.tables.append(Table(f"Why a {one} passes or not, {ARM_NAME.get(arm, arm)}", why))
            out.figures.append(lambda c=controls, a=arm: _of(a, charts.tests(c)))
        if text:
            largest = _words(methods, controls, facts["dataset"], service)
            out.tables.append(Table(f"Words with the largest scores, {ARM_NAME.get(arm, arm)}", largest))
        else:
            out.figures.append(lambda found=methods, a=arm: _of(a, _maps(found, facts["dataset"], service)))
    out.sentences += [words.TEXT_RULE] if text else [words.RULE, words.SCALE_NOTE]
    return out


def _of(arm: str, figure: go.Figure) -> go.Figure:
    """The figure with the name of its model: on paper no control above it says which."""
    return figure.update_layout(title_subtitle_text=ARM_NAME.get(arm, arm))


def _fixed(value: Any) -> Any:
    return decimal(value) if isinstance(value, int | float) else value


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


def _words(
    methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None, dataset: str, service: Any
) -> list[dict[str, Any]]:
    """One row a text, by the method that leads: what was predicted, and the words that speak most for and against."""
    lead = words.leading(methods, controls)
    body, classes = methods[lead], service.dataset(dataset)["classes"]
    table = service.table(body["sha256"], ["row", "word", "score"])
    of, spoken, scores = (table[column].to_numpy(zero_copy_only=False) for column in ("row", "word", "score"))
    told = zip(body["rows"], body["label"], body["predicted"], body["probability"], strict=True)
    rows = []
    for row, *numbers in list(told)[:TEXTS]:
        own, values = spoken[of == row], scores[of == row]
        sides = (_largest(own, values), _largest(own, -values, sign=-1))
        spoken_for, against = (WITHHELD, WITHHELD) if holds_slur(" ".join(own)) else sides
        told_of = {"Row": row, "Prediction": words.caption(*numbers, classes)}
        rows.append({**told_of, f"For it ({words.name(lead)})": spoken_for, "Against it": against})
    return rows


def _largest(spoken: np.ndarray, scores: np.ndarray, sign: int = 1) -> str:
    """The words with the largest positive scores, each with its number."""
    chosen = [i for i in np.argsort(-scores, kind="stable")[:WORDS] if scores[i] > 0]
    return ", ".join(f"{spoken[i]} {decimal(sign * scores[i], sign=True)}" for i in chosen)
