"""A generated table as the leakage guards and the search for proxies see it, without registering it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from backend.fairness import _proxies
from backend.modality.table import describe, leakage
from backend.statistics import alone
from sample_data import Sample

NO_FEATURES = ("identifier", "leave out")


def typed(sample: Sample) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The columns of a sample in their types, and what they are, but for the split."""
    frame, columns = {}, []
    for name, values in sample.columns.items():
        if name == sample.split:
            continue
        text = pd.Series(values, dtype=object)
        numbers = pd.to_numeric(text, errors="coerce")
        if (numbers.notna() == text.notna()).all():
            kind, frame[name] = "number", numbers.astype("float64")
        elif str(values[0])[:4].isdigit() and str(values[0])[4:5] == "-":
            kind, frame[name] = "date", pd.to_datetime(text)
        else:
            kind = "identifier" if text.nunique() == len(text) else "category"
            frame[name] = text
        kind = sample.column_types.get(name, kind)
        columns.append({"name": name, "type": kind, "feature": kind not in NO_FEATURES and name != sample.label})
    return pd.DataFrame(frame), columns


def found_in(sample: Sample) -> list[dict[str, Any]]:
    """What the leakage guards find."""
    frame, columns = typed(sample)
    label = frame[sample.label]
    if sample.target == "number":
        known = describe.Known(np.full(len(frame), -1), [], label.to_numpy(), label=sample.label)
    else:
        codes = label.map({"no": 0, "yes": 1}).fillna(-1).to_numpy(dtype=np.int64)
        known = describe.Known(codes, ["no", "yes"], label=sample.label)
    return leakage.find(frame, columns, sample.columns[sample.split], known)


def matrix_of(sample: Sample) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """(float64 N x F, NaN where missing, categories as codes from 0; what each feature is) of the columns that a model
    reads."""
    frame, columns = typed(sample)
    values, described = [], []
    for one in columns:
        if not one["feature"]:
            continue
        column = frame[one["name"]]
        category = one["type"] == "category"
        read = pd.factorize(column)[0] if category else describe.as_numbers(column)
        values.append(read.astype(np.float64))
        described.append({"column": one["name"], "kind": "category" if category else "number"})
    return np.stack(values, axis=1), described


def told_apart_in(sample: Sample, attribute: str = "sex") -> list[dict[str, Any]]:
    """Which columns give an attribute away, of the training rows."""
    values, described = matrix_of(sample)
    rows = sample.columns[sample.split] == "train"
    group = np.unique(sample.columns[attribute].astype(str), return_inverse=True)[1][rows]
    fold = alone.folds(int(rows.sum()))
    found = _proxies.alone_of(values[rows], described, group, int(group.max()) + 1, attribute, fold)
    _proxies.judge([{"columns": found}])
    return found
