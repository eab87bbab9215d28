"""The data sheet of sensor series: sampling, gaps, channels, units that are the same, what gives the answer away."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
from scipy.stats import rankdata

from ...data.dataset import SPLITS
from ...workspace.formats import percent
from .channels import Chosen, Readings
from .clock import APART, Clock, Grid

UNIT = "unit"  # of the table, where no column names the units
MOST = 20_000  # windows among which leaks are looked for
TELLS = 0.995  # rank correlation from which on a channel is the target, or the time, under another name
HALF, RARE = 0.5, 0.9  # of a life, of the units: a channel that stands still so long where it hardly ever does is stuck
SHOWN = 5


def sampling(clock: Clock, grid: Grid, rows: int, said: list[str]) -> dict[str, Any]:
    """How the readings lie in time: the sheet's entries that need no channel."""
    lives = grid.time[grid.begins[1:] - 1] - grid.time[grid.begins[:-1]]
    counts = np.diff(grid.begins)
    return {
        "rows": rows,
        "readings": len(grid.first),
        "time": {"column": clock.column, "kind": clock.kind, "unit": clock.unit},
        "step": grid.step,
        "lives": np.quantile(lives, (0, 0.25, 0.5, 0.75, 1)).tolist(),
        "per_unit": np.quantile(counts, (0, 0.25, 0.5, 0.75, 1)).tolist(),
        "alone": int((counts == 1).sum()),
        "said": said,
        **grid.counts,
    }


def of_channels(held: Readings, told: list[dict[str, Any]], grid: Grid) -> list[dict[str, Any]]:
    """`told` with how each channel moves: drift (the mean of the last fifth of the lives less that of the first, in
    standard deviations) and stuck (units in which it stands still for half of their life, where that is rare)."""
    life = np.maximum(1, grid.at[grid.begins[1:] - 1])[grid.unit]
    age = grid.at / life
    early, late = age <= 0.2, age >= 0.8
    found = []
    for one, values in zip(told, held.values, strict=True):
        ends = [
            float(np.nanmean(values[side])) if np.isfinite(values[side]).any() else np.nan for side in (late, early)
        ]
        drift = (ends[0] - ends[1]) / one["std"] if one["std"] else np.nan
        found.append({**one, "drift": drift if np.isfinite(drift) else None, "stuck": _stuck(values, grid)})
    return found


def _stuck(values: np.ndarray, grid: Grid) -> int:
    """How many units a channel stands still in for half of their readings, 0 where that is usual."""
    same = np.zeros(len(values), dtype=bool)
    same[1:] = (values[1:] == values[:-1]) & (grid.unit[1:] == grid.unit[:-1])
    places = np.arange(len(values))
    run = places - np.maximum.accumulate(np.where(same, 0, places))  # readings that were the same before this one
    counts = np.diff(grid.begins)
    longest = np.maximum.reduceat(run, grid.begins[:-1]) + 1
    still = (longest >= np.maximum(2, HALF * counts)) & (counts > 4)
    return int(still.sum()) if still.mean() < 1 - RARE else 0


def same_units(digests: np.ndarray, names: list[str], unit: np.ndarray, parts: np.ndarray) -> dict[str, Any]:
    """Units with the same readings: {"groups": [[names]], "across": [{"splits", "count"}]} (windows of the second split
    whose unit has a twin in the first). digests: of each unit; unit, parts: of each window."""
    count = Counter(digests.tolist())
    groups = [[names[u] for u in np.flatnonzero(digests == one)] for one, n in count.items() if n > 1]
    members = {s: set(digests[unit[parts == s]].tolist()) for s in SPLITS}
    across = []
    for first, second in combinations(SPLITS, 2):
        twins = np.array(sorted(members[first] & members[second]), dtype=digests.dtype)
        mine = unit[parts == first]
        shared = [u for u in np.unique(unit[parts == second]) if digests[u] in twins and u not in set(mine.tolist())]
        across.append({"splits": [first, second], "count": int(np.isin(unit[parts == second], shared).sum())})
    return {"groups": groups, "across": [one for one in across if one["count"]]}


def leaks(
    held: Readings, grid: Grid, windows: np.ndarray, truth: np.ndarray | None, codes: np.ndarray, seed: int
) -> list[dict[str, Any]]:
    """[{"channel", "what", "value"}]: channels that are the target (`target`) or count with time (`time`), by rank
    correlation, or that alone tell two classes apart (`class`). truth: float64 N or None; codes: int64 N, -1."""
    rows = np.arange(len(windows))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    ends = windows[rows, 1] - 1
    asked = [("time", grid.time[ends] - grid.time[grid.begins[:-1]][windows[rows, 2]])]
    if truth is not None:
        asked.insert(0, ("target", truth[rows]))
    elif len(np.unique(codes[codes >= 0])) == 2:
        asked.insert(0, ("class", np.where(codes[rows] >= 0, codes[rows].astype(float), np.nan)))
    found = []
    for name, values in zip(held.names, held.values, strict=True):
        own = np.asarray(values[ends])
        for what, other in asked:
            value = _apart(own, other) if what == "class" else _together(own, other)
            if value >= TELLS:
                found.append({"channel": name, "what": what, "value": round(value, 4)})
                break
    return found


def _together(a: np.ndarray, b: np.ndarray) -> float:
    """The size of the rank correlation over the rows that have both; 0 of too few."""
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 30 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return 0.0
    return float(abs(np.corrcoef(rankdata(a[both]), rankdata(b[both]))[0, 1]))


def _apart(values: np.ndarray, classes: np.ndarray) -> float:
    """The share of pairs of the two classes that a value puts in one order (AUROC, or 1 less it)."""
    both = np.isfinite(values) & np.isfinite(classes)
    ones = int(classes[both].sum())
    if not 8 <= ones <= both.sum() - 8:
        return 0.0
    rank = rankdata(values[both])[classes[both] == 1].sum() - ones * (ones + 1) / 2
    share = rank / (ones * (both.sum() - ones))
    return float(max(share, 1 - share))


def left_out(chosen: Chosen, told: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Columns that are no channel, and channels that do not vary in the training readings."""
    dead = [{"name": one["name"], "why": "does not vary in the training readings"} for one in told if not one["std"]]
    return [*chosen.left_out, *dead]


def warnings(told: dict[str, Any], label: str | None) -> list[str]:
    """Plain sentences on what was read otherwise than it may have been meant, and on what gives the answer away."""
    said = [_leak(one, label) for one in told["leaks"]]
    time = told["time"]["unit"] or "steps of time"
    if told["same_units"]["groups"]:
        listed = "; ".join(" = ".join(names[:3]) for names in told["same_units"]["groups"][:SHOWN])
        said.append(f"{len(told['same_units']['groups']):,} groups of units have the same readings: {listed}.")
    if told["near"]:
        listed = "; ".join(" and ".join(pair) for pair in told["near_units"][:SHOWN])
        said.append(f"{told['near']:,} pairs of units have nearly the same readings: {listed}.")
    if told["back"]:
        said.append(
            f"{told['back']:,} rows stood behind a later one of their unit: readings were put in order of time."
        )
    if told["same_time"]:
        said.append(f"{told['same_time']:,} rows have the same time as the one before: such readings were averaged.")
    if (more := told["merged"] - told["same_time"]) > 0:
        said.append(f"{more:,} rows fell into the same step of {told['step']:g} {time} as another: they were averaged.")
    least, most = told["least_interval"], told["most_interval"]
    if least is not None and most > APART * least:
        said.append(f"Units are sampled differently, from every {least:g} to every {most:g} {time}; a step is "
                    f"{told['step']:g}.")  # fmt: skip
    if told["gaps"]:
        said.append(
            f"{told['gaps']:,} gaps, the longest of {told['longest_gap']:g} {time}: what lies there is missing."
        )
    if told["alone"]:
        said.append(f"{told['alone']:,} units have one reading: their windows are missing values but for it.")
    if told["short"]:
        said.append(f"{told['short']:,} units are shorter than a window: what lies before their beginning is missing.")
    if told["divided"]:
        said.append(f"{told['divided']:,} windows lay across the border of two splits, or their target did: left out.")
    if (seen := told["pretraining"])["windows"] < seen["of"]:
        said.append(f"Pretraining sees {seen['windows']:,} of the {seen['of']:,} training windows: units that come to "
                    "the event are followed up to a drawn age alone, as if it had not come yet.")  # fmt: skip
    if told["left_out"]:
        listed = "; ".join(f"{one['name']} ({one['why']})" for one in told["left_out"][:SHOWN])
        more = ", .." if len(told["left_out"]) > SHOWN else ""
        said.append(f"{len(told['left_out']):,} columns are no channels: {listed}{more}.")
    for one in told["channels"]:
        if one["stuck"]:
            said.append(f"{one['name']} stands still for half of the life of {one['stuck']:,} units: it may be stuck.")
        if one["missing"] > HALF:
            said.append(f"{one['name']} has no value in {percent(one['missing'], 0)} of the readings.")
    return said + told["said"]


def _leak(one: dict[str, Any], label: str | None) -> str:
    if one["what"] == "time":
        return f"{one['channel']} counts up or down with time: from it a model can read how old a unit is."
    what = label or "the target"
    if one["what"] == "class":
        return f"{one['channel']} alone tells the classes of {what} apart: is it known when the answer is asked for?"
    return f"{one['channel']} is {what} under another name (rank correlation {one['value']:.3f}): leave it out."
