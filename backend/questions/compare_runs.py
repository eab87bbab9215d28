"""Is one run better than another on the same data? Their models on the same test rows, paired."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..data.dataset import Dataset
from ..fairness._tested import tested, units_of
from ..statistics.decisions import judge
from ..statistics.paired import Estimate, collapse_groups, crossed_mean
from ..targets import target
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import needed
from ._embedding import digest


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: dataset (manifest), metric (of its target), margin (of equivalence, in the unit of the metric), first
    and second: each {run, arm, fraction, predictions: {"SUBSET/PRETRAINING": SHA-256 of a `predictions` table}}.

    The models of both runs that saw the same label subset are a pair; pretrainings are paired by their number. The
    result: metric, margin, fraction, rows (test rows), subsets, pretrainings, first and second {run, arm, mean {value,
    low, high}} and, of second minus first, what a contrast of `study.verdict` holds (docs/events.md). A p-value is of
    this one comparison: whoever looks at several pairs of runs has to correct for that. Raises BadInput.
    """
    needed(question, "dataset", "metric", "margin", "first", "second")
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    kind, metric = target(dataset.target), question["metric"]
    if metric not in kind.METRICS:
        raise BadInput(f"question.metric: expected one of {', '.join(kind.METRICS)}, found {str(metric)[:40]!r}")
    margin = question["margin"]
    if type(margin) not in (int, float) or not margin > 0:
        raise BadInput(f"question.margin: expected a number above 0, found {str(margin)[:40]}")
    first, second = (_side(question[name], name) for name in ("first", "second"))
    if first["fraction"] != second["fraction"]:
        raise BadInput(
            f"question: expected predictions at the same share of the labels, found {first['fraction']:g} and "
            f"{second['fraction']:g}"
        )
    pairs = _shared(first["predictions"], second["predictions"])
    read = {side["run"]: _Outputs(artefacts, side, dataset) for side in (first, second)}
    rows = np.intersect1d(read[first["run"]].rows, read[second["run"]].rows)
    truth = dataset.truth[rows]
    if len(rows) < 2:
        raise BadInput("question: expected test rows that both runs predicted, found fewer than two")
    units = units_of(dataset.table, rows, dataset.manifest)
    subsets, seeds = sorted({s for s, _ in pairs}), sorted({p for _, p in pairs})

    def values(side: dict[str, Any]) -> np.ndarray:
        told = [[read[side["run"]].of(s, p, rows) for p in seeds] for s in subsets]
        found = [[kind.contributions(metric, truth, one) for one in row] for row in told]
        if found[0][0] is None:
            raise BadInput(f"question.metric: {kind.monotonous(truth).format(split='the test split')}")
        y = np.array(found)
        return y if units is None else collapse_groups(y, units)

    own, other = values(first), values(second)
    of_train = dataset.truth[dataset.rows("train")]
    single = kind.least(metric, of_train[kind.known(of_train)])
    judged = judge([crossed_mean(other - own, single=single)], float(margin), kind.METRICS[metric].sign)[0]
    told = dataset.manifest.get("target")
    result = {
        "metric": metric,
        "margin": float(margin),
        **({"target": told} if told else {}),
        "fraction": first["fraction"],
        "rows": len(rows),
        "subsets": len(subsets),
        "pretrainings": len(seeds),
        "first": {"run": first["run"], "arm": first["arm"], "mean": crossed_mean(own, single=single).as_interval()},
        "second": {
            "run": second["run"],
            "arm": second["arm"],
            "mean": crossed_mean(other, single=single).as_interval(),
        },
        **judged,
    }
    return {"result": result, "subjects": []}


def _told(side: dict[str, Any], mean: Estimate) -> dict[str, Any]:
    return {"run": side["run"], "arm": side["arm"], "mean": mean.as_interval()}


class _Outputs:
    """What the models of one run said of the labelled test rows; a table is read when it is asked for."""

    def __init__(self, artefacts: Artefacts, side: dict[str, Any], dataset: Dataset):
        self.artefacts, self.side, self.dataset = artefacts, side, dataset
        self.rows = self._table(next(iter(side["predictions"]))).index.to_numpy()

    def _table(self, key: str) -> pd.DataFrame:
        sha256 = digest(self.side["predictions"][key], "predictions")
        if not self.artefacts.path(sha256, "parquet").is_file():
            raise BadInput(f"question.predictions: expected predictions of this workspace, found {sha256}")
        frame = self.artefacts.table(sha256).to_pandas()
        if not {"row", "split", "predicted", target(self.dataset.target).COLUMN} <= set(frame):
            raise BadInput(f"question.predictions: expected a table of predictions, found {sha256}")
        if frame["row"].max() >= self.dataset.manifest["count"]:
            raise BadInput("question.predictions: expected predictions of this data set, found another's")
        return tested(frame).set_index("row")

    def of(self, subset: int, seed: int, rows: np.ndarray) -> np.ndarray:
        """float64 rows x K: probabilities of the classes, or a number and its quantiles."""
        frame = self._table(f"{subset}/{seed}").loc[rows]
        shares = [name for name in frame if name.startswith("p_")]
        columns = shares or ["predicted", *(name for name in frame if name.startswith("q_"))]
        return frame[columns].to_numpy(np.float64)


def _side(given: Any, name: str) -> dict[str, Any]:
    keys = {"run", "arm", "fraction", "predictions"}
    if not isinstance(given, dict) or not keys <= given.keys() or not isinstance(given["predictions"], dict):
        raise BadInput(f"question.{name}: expected {', '.join(sorted(keys))}, found {str(given)[:60]!r}")
    if not given["predictions"]:
        raise BadInput(f"question.{name}: expected predictions, found none")
    return given


def _shared(first: dict[str, str], second: dict[str, str]) -> set[tuple[int, int]]:
    """The (subset, pretraining) that both runs have, cut to a full grid."""
    try:
        grids = [{tuple(map(int, key.split("/"))) for key in side} for side in (first, second)]
        both = {(s, p) for s, p in grids[0] & grids[1]}
    except ValueError:
        raise BadInput("question.predictions: expected keys SUBSET/PRETRAINING, found others") from None
    subsets, seeds = {s for s, _ in both}, {p for _, p in both}
    if not both or len(both) < len(subsets) * len(seeds):
        raise BadInput("question: expected label subsets that both runs have, found none")
    return both
