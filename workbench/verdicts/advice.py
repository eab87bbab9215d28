"""The pretext advisor in words: which task suits the data, by how much, and what scores without labels would have said.
Pure: sweeps as `service.sweeps.of` has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend import exports
from backend.targets.figures import Figures
from backend.workspace.formats import count, in_words, interval

SCOPE = (
    "Each task had the same number of trials to find its settings; the best of them were then trained again on fresh "
    "seeds, the same ones for every task, and only those are compared. The intervals speak of pretraining anew for so "
    "many minutes, on these validation rows, and hold for all pairs of tasks together."
)


def sentence(sweep: dict[str, Any]) -> str:
    """Which task suits the data, by how much."""
    told, plan = sweep["outcome"]["advice"], sweep["plan"]
    if told["decision"] == "not enough data":
        return "Not enough data to advise: too few of the fresh pretrainings came to a score."
    best, second = told["tasks"][0], told["tasks"][1]
    by = figure(plan, against(told, best["task"], second["task"]), difference=True)
    fresh = in_words(best["seeds"], "fresh pretraining")
    if told["decision"] == "decided":
        mean = figure(plan, best["mean"])
        return (
            f"{capital(name(best['task']))} suits this data best: {mean} {measure(plan)} over {fresh}, {by} over "
            f"{name(second['task'])}, the next one."
        )
    alike = " and ".join(map(name, told["alike"]))
    return (
        f"No task is shown to suit this data best: {name(best['task'])} is ahead over {fresh}, but not shown to beat "
        f"{alike} ({by} over {name(second['task'])})."
    )


def spread(sweep: dict[str, Any]) -> str:
    """How much the choice of the task matters: the best against the worst."""
    told, plan = sweep["outcome"]["advice"], sweep["plan"]
    known = [one for one in told["tasks"] if one["seeds"]]
    if len(known) < 2:
        return ""
    first, last = known[0]["task"], known[-1]["task"]
    by = figure(plan, against(told, first, last), difference=True)
    return f"The pretext task changes the score by {by.removeprefix('+')}: {name(first)} against {name(last)}."


def ranking(sweep: dict[str, Any]) -> str:
    """What the score without labels would have said of the same trials."""
    found = sweep["outcome"]["advice"]["ranks"]
    own = next((one for one in found if exports.says("collapse", one["name"]).get("scores")), None)
    if own is None or own["spearman"]["value"] is None:
        return ""
    title, value = exports.title("collapse", own["name"]), own["spearman"]
    trials = count(own["trials"], "trial")
    start = (
        f"{title}, which needs no label, orders the {trials} with a rank correlation of {interval(value)} to the probe"
    )
    if value["low"] is None:
        return f"{start}: too few trials to say more."
    if value["low"] > 0:
        return f"{start}: the two orders agree on this data."
    if value["high"] < 0:
        return f"{start}: it would have chosen the worse ones."
    return f"{start}: it is not shown to be a guide on this data."


def rows(sweep: dict[str, Any]) -> list[dict[str, str]]:
    """A row a task."""
    plan = sweep["plan"]
    return [
        {
            "Pretext task": name(one["task"]),
            f"{measure(plan)}, fresh seeds": figure(plan, one["mean"]),
            "Fresh pretrainings": str(one["seeds"]),
            "Behind the best by": _behind(sweep, one["task"]),
        }
        for one in sweep["outcome"]["advice"]["tasks"]
    ]


def rank_rows(sweep: dict[str, Any]) -> list[dict[str, str]]:
    """A row a score without labels: how far its order agrees with the probe's."""
    return [
        {
            "Without labels": exports.title("collapse", one["name"]),
            "Rank correlation with the probe": interval(one["spearman"]),
            "Trials": str(one["trials"]),
        }
        for one in sweep["outcome"]["advice"]["ranks"]
    ]


def against(told: dict[str, Any], first: str, second: str) -> Mapping[str, Any]:
    """{value, low, high}: the first task less the second."""
    for pair in told["pairs"]:
        value, low, high = (pair["difference"][key] for key in ("value", "low", "high"))
        if (pair["first"], pair["second"]) == (first, second):
            return pair["difference"]
        if (pair["first"], pair["second"]) == (second, first):
            turned = (None if one is None else -one for one in (value, high, low))
            return dict(zip(("value", "low", "high"), turned, strict=True))
    raise ValueError(f"tasks: expected two that were compared, found {first} and {second}")


def figure(plan: dict[str, Any], found: Mapping[str, Any], difference: bool = False) -> str:
    """A score or a difference with its interval."""
    figures = figures_of(plan)
    return figures.difference(found) if difference else figures.interval(found)


def figures_of(plan: dict[str, Any]) -> Figures:
    """How values of the metric are written by which the kNN is scored."""
    return Figures.of(plan["metric"], plan["target"])


def measure(plan: dict[str, Any]) -> str:
    return f"kNN {figures_of(plan).title} on validation"


def name(task: str) -> str:
    return exports.called("pretext", task)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _behind(sweep: dict[str, Any], task: str) -> str:
    told = sweep["outcome"]["advice"]
    if told["best"] is None or task == told["best"]:
        return ""
    return figure(sweep["plan"], against(told, told["best"], task), difference=True).removeprefix("+")
