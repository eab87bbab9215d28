"""What a study predicts: a type of target. A folder is a registry: one folder is one type, its name is the type's name.

A data set's manifest says which in `target`, {"type", ..}; where it says nothing, a data set with classes is of the
type "class" and one without labels is "none". `truth` is what a row is predicted to be, one value a row: a class
(int64, -1 where it is not known) or a number (float64, NaN where it is not known). `outputs` is what a model says of a
row, float32 N x width: the probability of each class, or the number itself and its quantiles. No file here imports
torch; losses and heads are in `backend/engine/targets/`, sentences in `workbench/targets/`.

TYPE/__init__.py is read by every command, so it imports nothing and declares

    METRICS         {name: Metric}; PRIMARY: the one that a recipe uses where it names none
    WEIGHTED        the metrics that weigh classes alike, and so may losses
    UNKNOWN         the truth of a row that is not labelled; COLUMN: of a data set's table that holds the truth
    VALUES          what a truth is one of, LACKING: what a data set without it lacks, in words
    DEFAULTS        what a recipe for this type leaves open, over the defaults of the kind of data

TYPE/measures.py repeats these but DEFAULTS and defines

    read            (column, label, where, asked) -> Answer: a source's column, checked (of types that are registered)
    truth           (table) -> truth of every row of a data set's table (pandas)
    known           (truth) -> bool N
    usable          (manifest, truth) -> whether there is anything to study
    monotonous      (truth) -> what is wrong with rows of one truth alone, "" where they differ
    strata          (truth) -> int64 N, -1 where not known: label subsets and splits hold a share of each
    conflicting     (truth) -> int64 N, -1 where not known: rows that look alike should agree in it
    score           (truth, outputs) -> {metric: float or None}
    contributions   (metric, truth, outputs) -> one number an example whose mean is the metric; None: cannot be computed
    likelihood      (truth, outputs) -> float, higher is better: decides between models that the metric cannot tell
    completed       (val outputs, val truth, test outputs) -> both as they are stored and scored
    constant        (metric, train truth, test truth) -> the metric of the best constant answer, or None
    scale           (metric, train truth) -> what margins are counted in, in the unit of the metric
    least           (metric, train truth) -> what one more test example could add to a difference at least; no error of
                    a mean is below that of one example
    columns         (outputs) -> {name: N values} of a table of predictions
"""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any

from .. import plugins

CLASS, NONE = "class", "none"


@cache  # these lie in the repository alone, and a page asks for them hundreds of times
def names() -> tuple[str, ...]:
    """The types of target, sorted. Imports none of them."""
    return plugins.folders("targets")


@cache
def declared(name: str) -> ModuleType:
    """What a type declares. Raises ValueError with one line for an unknown one."""
    if name not in names():
        raise ValueError(f"target: expected one of {', '.join(names())}, found {name!r}")
    return plugins.module("targets", name)


def target(name: str) -> ModuleType:
    """One type, with what measures it. Raises ValueError with one line for an unknown one."""
    return importlib.import_module(f"{declared(name).__name__}.measures")


def type_of(manifest: dict[str, Any]) -> str:
    """The type of target of a data set."""
    if told := manifest.get("target"):
        return told["type"]
    return CLASS if manifest.get("label") and manifest.get("classes") else NONE


def of(manifest: dict[str, Any]) -> ModuleType:
    """The target of a data set, with what measures it."""
    return target(type_of(manifest))


def metrics() -> dict[str, Any]:
    """{name: Metric} of all types."""
    return {name: metric for each in names() for name, metric in declared(each).METRICS.items()}
