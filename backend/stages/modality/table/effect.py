"""How a classifier's answer changes with one feature of a table: of chosen rows (ICE), and on average of test rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ....attribution._answers import followed, target_of
from ....attribution._table import logits
from ....data.dataset import Dataset
from ....modality.table.features import MISSING, OTHER, raw, shown
from ....statistics import effects
from ....workspace.layout import BadInput
from .background import background, records_of

MOST_TEST = 2_000  # rows over which the effect is averaged
MOST_ROWS = 64  # whose own curves are drawn
BINS = 20
MOST_VALUES = 20  # of a category, the most frequent in the training rows


def effect(model: nn.Module, dataset: Dataset, name: Any, rows: list[int], of: Any = None) -> dict[str, Any]:
    """feature, column, kind ("number" or "category"), date (whether the number is a day), output (index of the class
    whose probability is meant; 0 of a number), tested (test rows), base (the mean answer over them), shown [str] and at
    [float, in the unit of the source, or null of a category]: the K places; share [of the test rows at each value, or
    in each bin: K - 1]; effect [{value, low, high}] at each place, of mean 0 over the rows; missing {value, low, high}:
    by how much the mean answer changes when the value is missing, or null where it never was; rows, own [str] (their
    values), said [float] (their answers), ice [[float]] (their answers at each place); note (why there is no curve) or
    null.

    Numbers: accumulated local effects (Apley & Zhu 2020), and ICE of Goldstein et al. (2015, JCGS 24:44). Raises
    BadInput with one line.
    """
    known = background(dataset)
    place = _place(name, known.described)
    one, output = known.described[place], output_of(model, dataset, of)
    if len(rows) > MOST_ROWS:
        raise BadInput(f"question.rows: expected at most {MOST_ROWS} rows, found {len(rows)}")
    test = dataset.rows("test")
    if len(test) > MOST_TEST:
        test = np.sort(np.random.default_rng(0).choice(test, MOST_TEST, replace=False))
    ask = _Asked(model, place, output)
    values, mine = records_of(dataset, test), records_of(dataset, rows)
    units = None if dataset.manifest["group"] is None else dataset.table["group"].astype(str).to_numpy()[test]
    told = {
        "feature": one["name"],
        "column": one["column"],
        "kind": one["kind"],
        "date": bool(one.get("date")),
        "output": output,
    }
    told |= {"tested": len(test), "base": float(ask(values).mean()), "rows": rows, "missing": None, "note": None}
    found = _of_number(ask, values, one, units) if one["kind"] == "number" else _of_category(ask, values, one, units)
    places = found.pop("places")
    if one["missing"] and one["kind"] == "number":
        gone = ask.at(values, np.nan) - ask(values)
        found["missing"] = effects.mean(gone, units).as_dicts()[0]
    own = {"own": [shown(float(value), one) for value in mine[:, place]], "said": ask(mine).tolist()}
    return told | found | own | {"ice": _across(ask, mine, places)}


class _Asked:
    """What the model answers: the probability of a class, or the number."""

    def __init__(self, model: nn.Module, place: int, output: int):
        self.model, self.place, self.output = model, place, output
        self.device = next(model.parameters()).device

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """float64 N"""
        if not len(values):
            return np.zeros(0)
        answers = logits(self.model, torch.from_numpy(values).to(self.device)).double()
        return (
            followed(self.model, answers, torch.full((len(values), 1), self.output, device=self.device)).cpu().numpy()
        )

    def at(self, values: np.ndarray, value: float | np.ndarray) -> np.ndarray:
        """With this value in the feature's place."""
        changed = values.copy()
        changed[:, self.place] = value
        return self(changed)


def _of_number(ask: _Asked, values: np.ndarray, one: dict[str, Any], units: np.ndarray | None) -> dict[str, Any]:
    there = ~np.isnan(values[:, ask.place])
    values, units = values[there], units if units is None else units[there]
    column = values[:, ask.place].astype(np.float64)
    edges = effects.edges_of(column, BINS) if len(column) else np.zeros(0)
    told = {"places": edges.astype(np.float32), "shown": [shown(float(at), one) for at in edges]}
    told |= {"at": raw(edges, one).tolist(), "effect": [], "share": []}
    if len(edges) < 2:
        return told | {"note": "all test rows with a value have the same one"}
    bins = effects.bin_of(column, edges)
    change = ask.at(values, edges[bins + 1]) - ask.at(values, edges[bins])
    found = effects.accumulated(change, bins, len(edges) - 1, units)
    share = np.bincount(bins, minlength=len(edges) - 1) / len(bins)
    return told | {"effect": found.as_dicts(), "share": share.tolist()}


def _of_category(ask: _Asked, values: np.ndarray, one: dict[str, Any], units: np.ndarray | None) -> dict[str, Any]:
    column = values[:, ask.place]
    codes = [float(code) for code in range(1, min(len(one["values"]), MOST_VALUES) + 1)]
    codes += [0.0] * bool((column == 0).any()) + [np.nan] * bool(one["missing"])
    own = np.full(len(column), -1)
    for i, code in enumerate(codes):
        own[np.isnan(column) if code != code else column == code] = i
    answers = np.stack([ask.at(values, code) for code in codes], axis=1)
    found = effects.by_value(answers, own, units)
    share = np.bincount(own[own >= 0], minlength=len(codes)) / max(1, len(own))
    names = [MISSING if code != code else OTHER if code == 0 else str(one["values"][int(code) - 1]) for code in codes]
    told = {"places": np.array(codes, dtype=np.float32), "shown": names, "at": None}
    return told | {"effect": found.as_dicts(), "share": share.tolist()}


def _across(ask: _Asked, mine: np.ndarray, places: np.ndarray) -> list[list[float]]:
    """Of each row the answers at all places."""
    if not len(mine):
        return []
    return np.stack([ask.at(mine, at) for at in places], axis=1).tolist()


def _place(name: Any, described: tuple[dict[str, Any], ...]) -> int:
    names = [one["name"] for one in described]
    if name not in names:
        raise BadInput(f"question.feature: expected one of {', '.join(names)[:200]}, found {str(name)[:80]!r}")
    return names.index(name)


def output_of(model: nn.Module, dataset: Dataset, asked: Any) -> int:
    """The class whose probability is meant: the one asked for, else the second of two, else the first."""
    if target_of(model) == "number":
        return 0
    count = len(dataset.classes)
    if asked is None:
        return 1 if count == 2 else 0
    if type(asked) is not int or not 0 <= asked < count:
        raise BadInput(f"question.class: expected a class from 0 to {count - 1}, found {str(asked)[:80]!r}")
    return asked
