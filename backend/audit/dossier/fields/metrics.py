"""4: why these metrics: what each one measures and is blind to; a person says whether that fits the purpose."""

from __future__ import annotations

from collections.abc import Iterator

from backend import exports

from ..evidence import Evidence
from ..value import Value, at
from ..words import margin_of, metric

FIELD = "4"
OF_NUMBERS = {
    "mae": "the mean distance from the truth, in the unit of the number; large errors count no more than their size",
    "rmse": "as the mean distance, but large errors count most; one outlier can decide it",
    "pinball": "how well the 0.1, 0.5 and 0.9 quantiles hold; it judges the uncertainty that is told with a number",
    "r2": "the share of the number's spread that is explained; it depends on how far the test rows spread",
    "spearman": "whether predictions are in the right order; it does not see whether they have the right size",
    "average_precision": "the mean share of true alarms over every event that is found; made for rare events",
    "brier": "the squared distance of probabilities from what came; it judges whether probabilities can be believed",
    "recall_at_alarms": "the share of events among the 5 % of rows with the highest probability; what is missed costs",
}
BALANCED = "the mean of the classes' hit rates; every class counts alike, however rare it is"


def evidence(source: Evidence) -> Iterator[Value]:
    planned = source.latest("study.started")
    yield from at(planned, "metric", label="Metric of the comparison, named before training", say=_why)
    yield from at(planned, "margin", label="Smallest difference that counts", say=margin_of(planned))
    for event in source.of_arm("fairness")[:1]:
        yield from at(event, "gaps", label="Metrics by group", say=_all)


def _why(name: str) -> str:
    why = BALANCED if name == "balanced_accuracy" else exports.of_group_metric(name).get("why") or OF_NUMBERS.get(name)
    return f"{metric(name)}: {why}" if why else metric(name)


def _all(gaps: dict) -> str:
    return "; ".join(_why(name) for name in gaps)
