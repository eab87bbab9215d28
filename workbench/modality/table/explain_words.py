"""Explanations of tables in words: the values behind the scores, what the network rests on beside boosted trees, and
the effect of one column. Pure: event bodies, answers and arrays in; sentences and table rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.modality.table.features import shown
from backend.targets.figures import Figures
from backend.workspace.formats import count, decimal, percent, quantity, quantity_interval

MOST = 12  # columns of a figure
COMPARED = 5  # columns that are called the most important ones
LONG = 40  # characters of a value
SET_NOTE = (
    "Mean size of the contributions over the explained rows, with its 95 % interval over these rows. They are chosen "
    "so that classes are equally frequent and a quarter is predicted wrongly where possible: not a random sample."
)
IMPORTANCE_NOTE = (
    "Columns are shuffled among the test rows, one at a time, the same way for both models; intervals are 95 % over "
    "rows and shuffles. A column that others can replace looks unimportant to both. The trees are tuned on "
    "validation as those of the study, with all labels."
)
SWARM_NOTE = (
    "One point a row. Colour: from the lowest value among these rows (dark) to the highest (bright); grey: no order."
)
NUMBER_NOTE = (
    "Accumulated local effect (Apley & Zhu 2020): each test row is moved only within the bin of its own value. The "
    "band is a 95 % interval over test rows, place by place; it says nothing of what another training would give. "
    "Thin lines: what the model says of single rows when this column alone is changed, which may make rows that do not "
    "exist."
)
CATEGORY_NOTE = (
    "Mean answer when every test row gets this value, against the mean over the values as frequent as they are; 95 % "
    "interval over test rows. Other columns stay as they are, so rare combinations count as much as usual ones."
)


def feature_values(values: np.ndarray, described: Sequence[dict[str, Any]]) -> list[str]:
    """One stored row, float32 F -> each feature's value as a person reads it."""
    return [cut(shown(float(value), one)) for value, one in zip(values, described, strict=True)]


def cut(text: str, most: int = LONG) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def labels(columns: Sequence[str], described: Sequence[dict[str, Any]], values: np.ndarray) -> list[str]:
    """ "age = 39", a column each; of a date its day."""
    said = feature_values(values, described)
    first: dict[str, str] = {}
    for one, value in zip(described, said, strict=True):
        first.setdefault(one["column"], value)
    return [f"{cut(name)} = {first.get(name, '')}" for name in columns]


def typical_values(body: Mapping[str, Any], described: Sequence[dict[str, Any]]) -> dict[str, str]:
    """{column: its value in the typical row}"""
    bare = np.array([np.nan if value is None else value for value in body["typical"]], dtype=np.float64)
    found: dict[str, str] = {}
    for one, value in zip(described, feature_values(bare, described), strict=True):
        found.setdefault(one["column"], value)
    return found


def baseline(body: Mapping[str, Any], described: Sequence[dict[str, Any]]) -> str:
    """What the scores are measured from."""
    told = ", ".join(f"{cut(name)} {value}" for name, value in list(typical_values(body, described).items())[:MOST])
    more = len(body["columns"]) - MOST
    return (
        f"Scores say how the answer differs from the mean answer for {len(body['background'])} training rows drawn at "
        "random. The tests take a column away by its typical value, the median of a number or the most frequent value "
        f"of a category in the training rows ({told}{f' and {more:,} more' if more > 0 else ''})."
    )


def together(body: Mapping[str, Any]) -> str:
    """Which columns are taken away together; empty where none are."""
    groups = "; ".join(" + ".join(map(cut, group)) for group in body.get("together", []))
    return f"Strongly associated columns, ablated together by “Ablation of column groups”: {groups}." if groups else ""


def lead(methods: Mapping[str, Any], controls: Mapping[str, Any] | None) -> str:
    """The method that is shown first: the first of the recipe that passes the tests, else the first."""
    return next((m for m in methods if controls and controls["verdict"][m]["passes"]), next(iter(methods)))


def strongest(scores: np.ndarray, most: int = MOST) -> list[int]:
    """Columns in descending order of their size, those without any left out, at most so many."""
    size = np.abs(scores)
    return [int(i) for i in np.argsort(-size, kind="stable")[:most] if size[i] > 0]


def mean_sizes(scores: np.ndarray) -> list[dict[str, float]]:
    """N x C -> of each column the mean size of its scores with its 95 % t interval over the rows."""
    from scipy import stats

    size = np.abs(np.asarray(scores, dtype=np.float64))
    mean, n = size.mean(axis=0), len(size)
    half = stats.t.ppf(0.975, n - 1) * size.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(len(mean), np.nan)
    return [
        {"value": float(m), "low": None if h != h else float(max(0, m - h)), "high": None if h != h else float(m + h)}
        for m, h in zip(mean, half, strict=True)
    ]


def importance(body: Mapping[str, Any] | None, told: Mapping[str, Any] | None) -> str:
    """What the network and the boosted trees rest on. body: `importance` of `attribution.controls`; told: `target` of
    the manifest."""
    if not body:
        return "What shuffling a column costs could not be computed: the metric has no value on these rows."
    figures = Figures.of(body["metric"], told)
    ranks = {name: _ranked(body, name) for name in ("network", "boosting")}
    firm = {name: [i for i in order if body[name]["columns"][i]["low"] > 0][:COMPARED] for name, order in ranks.items()}
    scores = " and ".join(
        f"{figures.amount(body[name]['score'])} {who}"
        for name, who in (("network", "of the network"), ("boosting", "of the boosted trees"))
    )
    head = f"{figures.title[0].upper()}{figures.title[1:]} on {count(body['rows'], 'test row')}: {scores}."
    if not firm["network"]:
        return f"{head} No single column is provably needed by the network: every interval includes 0."
    first = firm["network"][0]
    cost = figures.difference(body["network"]["columns"][first], sign=False)
    said = f"Shuffling “{cut(body['columns'][first])}” costs the network most: {cost}."
    both = len(set(firm["network"]) & set(firm["boosting"]))
    of = f"of the {len(firm['network'])} columns that it needs most, {both} {'is' if both == 1 else 'are'} also among "
    return f"{head} {said} {of[0].upper()}{of[1:]}the {len(firm['boosting'])} that the boosted trees need most."


def importance_rows(body: Mapping[str, Any], told: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """One line a column, the one that costs the network most first."""
    figures = Figures.of(body["metric"], told)
    unit = f" ({figures.of_difference})" if figures.of_difference else ""
    return [
        {
            "Column": body["columns"][i],
            f"Network loses{unit}": figures.plain(body["network"]["columns"][i], sign=True),
            f"Boosted trees lose{unit}": figures.plain(body["boosting"]["columns"][i], sign=True),
        }
        for i in _ranked(body, "network")
    ]


def _ranked(body: Mapping[str, Any], name: str) -> list[int]:
    return sorted(range(len(body["columns"])), key=lambda i: -body[name]["columns"][i]["value"])


def effect(told: Mapping[str, Any], what: str, unit: str | None, number: bool) -> str:
    """The answer to the question `effect` in a sentence. what: whose amount it is: "the probability of “yes”"."""
    name = cut(told["feature"])
    if told["note"]:
        return f"No curve for “{name}”: {told['note']}."
    found = told["effect"]
    high, low = (pick(range(len(found)), key=lambda i: found[i]["value"]) for pick in (max, min))
    ends = [quantity_interval(found[i], unit, sign=True) if number else _points(found[i]) for i in (high, low)]
    sure = found[high]["low"] > found[low]["high"]
    says = "changes" if sure else "does not provably change"
    where = "at" if told["kind"] == "number" else "with"
    return (
        f"“{name}” by itself {says} {what}. Against the mean answer: {ends[0]} {where} {cut(told['shown'][high])}, the "
        f"highest, and {ends[1]} {where} {cut(told['shown'][low])}, the lowest."
    )


def effect_missing(told: Mapping[str, Any], unit: str | None, number: bool) -> str:
    """What a missing value does to the mean answer; empty where none was missing."""
    if not told["missing"]:
        return ""
    found = told["missing"]
    size = quantity_interval(found, unit, sign=True) if number else _points(found)
    return f"Without a value the answer changes by {size} on average."


def _points(found: Mapping[str, float]) -> str:
    ends = ", ".join(decimal(100 * found[end], 1) for end in ("low", "high"))
    return f"{decimal(100 * found['value'], 1, sign=True)} points [{ends}]"


def effect_evidence(told: Mapping[str, Any], unit: str | None, number: bool) -> str:
    base = quantity(told["base"], unit) if number else percent(told["base"])
    return f"{count(told['tested'], 'test row')}; the mean answer is {base}"


def largest(columns: Sequence[str], said: Sequence[str], scores: np.ndarray, most: int = 4) -> tuple[str, str]:
    """(what speaks for, what against): the columns with the largest scores, each with its number. For print."""
    told = []
    for sign in (1, -1):
        order = [i for i in np.argsort(-sign * scores, kind="stable")[:most] if sign * scores[i] > 0]
        told.append(", ".join(f"{said[i]} {decimal(float(scores[i]), sign=True)}" for i in order) or "none")
    return told[0], told[1]
