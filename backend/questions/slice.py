"""Is the model worse on these rows than on all others? One selection of rows against the rest of the test split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from .. import targets
from ..data.dataset import Dataset
from ..fairness._audit import adjust_gaps
from ..fairness._errors import Errors
from ..fairness._reading import Settings
from ..fairness._tables import Predictions
from ..fairness._targets import audited
from ..fairness._tested import predictions_of, tested, units_of
from ..registry import Strict
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ..workspace.refused import line, validated
from ._common import needed
from ._embedding import digest

INSIDE, REST = "selected", "the rest"
COLUMNS = ("row", "split", "predicted")


class Asked(Strict):
    """How the audit is asked for; a person waits, so the draws are bounded lower than a run's."""

    min_group: int = Field(30, ge=2, le=1_000_000)
    resamples: int = Field(10_000, ge=200, le=20_000)
    permutations: int = Field(5_000, ge=200, le=20_000)


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: dataset (manifest), predictions (SHA-256 of a `predictions` table), rows [int] (of the data set, in any
    order) and, where they are not to be as in `Asked`, min_group, resamples, permutations.

    Only labelled test rows are counted, as in the group audit, and rows that belong together are resampled and
    exchanged together. The result holds rows (selected), tested (of them, labelled test rows), min_group, positive
    (class or null), clustered (rows that belong together were kept together) and, in the form of a `fairness` event's
    body (docs/events.md), groups, overall and gaps: the groups are "selected" and "the rest", `versus_rest` of the
    first is selected minus rest. Its p_holm, like that of the gaps, runs over the metrics. A slice without tested rows,
    or one that leaves no rest, has groups []. Raises BadInput with one line.
    """
    needed(question, "dataset", "predictions", "rows")
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    settings = _settings(question)
    chosen = _chosen(question["rows"], dataset.manifest["count"])
    frame = tested(_predictions(artefacts, question["predictions"], dataset))
    inside = chosen[frame["row"].to_numpy()]
    predictions = predictions_of(frame, dataset.manifest)
    of_class = not isinstance(predictions, Errors) and predictions.positive is not None
    positive = dataset.classes[predictions.positive] if of_class else None
    result = {"rows": int(chosen.sum()), "tested": int(inside.sum()), "min_group": settings.min_group}
    result |= {"target": told} if (told := dataset.manifest.get("target")) else {}
    result |= {"positive": positive, "groups": [], "overall": {}, "gaps": {}}
    units = units_of(dataset.table, frame["row"].to_numpy(), dataset.manifest)
    result["clustered"] = units is not None
    if inside.any() and not inside.all():
        result |= against_rest(predictions, inside, settings, units)
    return {"result": result, "subjects": []}


def against_rest(
    predictions: Predictions | Errors, inside: np.ndarray, settings: Settings, units: np.ndarray | None
) -> dict[str, Any]:
    """{groups, overall, gaps} of the rows inside (bool N, some and not all) against the others."""
    body = audited(predictions, np.where(inside, INSIDE, REST), settings, units)
    adjust_gaps([body])
    # Of two groups both comparisons are one test, so that it must be counted once: as the gap is.
    for group in body["groups"]:
        for name, metric in group["metrics"].items():
            if metric["versus_rest"]:
                metric["versus_rest"]["p_holm"] = body["gaps"][name]["p_holm"]
    return {name: body[name] for name in ("groups", "overall", "gaps")}


def _settings(question: dict[str, Any]) -> Settings:
    given = {name: question[name] for name in Asked.model_fields if name in question}
    asked = validated(Asked, given, lambda error: line(error, under=("question",)))
    return Settings(asked.min_group, asked.resamples, asked.permutations)


def _chosen(rows: Any, count: int) -> np.ndarray:
    """bool (count,): the rows of the question, or BadInput."""
    if not isinstance(rows, list) or not rows or len(rows) > count:
        found = f"{len(rows):,} of them" if isinstance(rows, list) else type(rows).__name__
        raise BadInput(f"question.rows: expected 1 to {count:,} row numbers, found {found}")
    wrong = next((row for row in rows if type(row) is not int or not 0 <= row < count), None)
    if wrong is not None:
        raise BadInput(f"question.rows: expected row numbers from 0 to {count - 1}, found {str(wrong)[:40]!r}")
    chosen = np.zeros(count, dtype=bool)
    chosen[rows] = True
    return chosen


def _predictions(artefacts: Artefacts, sha256: Any, dataset: Dataset) -> pd.DataFrame:
    """The table of predictions, or BadInput where it is none of this data set."""
    path = artefacts.path(digest(sha256, "predictions"), "parquet")
    table = artefacts.table(sha256) if path.is_file() else None
    shares = [f"p_{k}" for k in range(len(dataset.classes))]
    truth = targets.of(dataset.manifest).COLUMN
    if table is None or not {*COLUMNS, truth, *shares} <= set(table.column_names):
        raise BadInput(f"question.predictions: expected predictions of this workspace, found {sha256}")
    frame = table.to_pandas()
    if frame["row"].max() >= dataset.manifest["count"] or (shares and frame["predicted"].max() >= len(shares)):
        raise BadInput("question.predictions: expected predictions of this data set, found another's")
    return frame
