"""The verdict of a sweep that compares pretext tasks: which one suits the data, by how much, and what the scores that
know no label would have said. Of numbers in the ledger alone."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from ....statistics.ranks import spearman
from ....statistics.repeats import FEWEST, difference, mean
from ...record.swept import COMPLETE, Sweep


def advice(sweep: Sweep) -> dict[str, Any]:
    """{tasks [{task, mean {value, low, high}, seeds, params}], pairs [{first, second, difference}], best, alike [task],
    decision, ranks [{name, spearman, trials}]}, as docs/events.md says."""
    tasks = sweep.plan["tasks"]
    fresh = {task: _fresh(sweep, task) for task in tasks}
    pairs = [
        {"first": a, "second": b, "difference": difference(fresh[a], fresh[b], len(tasks) * (len(tasks) - 1) // 2)}
        for a, b in combinations(tasks, 2)
    ]
    means = [
        {"task": t, "mean": mean([*fresh[t].values()]), "seeds": len(fresh[t]), **_settled(sweep, t)} for t in tasks
    ]
    means.sort(key=lambda one: -(one["mean"]["value"] if one["seeds"] else float("-inf")))
    best = means[0]["task"] if means[0]["seeds"] >= FEWEST else None
    alike = [task for task in tasks if best not in (None, task) and not _behind(pairs, best, task)]
    decision = "not enough data" if best is None else "undecided" if alike else "decided"
    told = {"tasks": means, "pairs": pairs, "best": best, "alike": alike, "decision": decision}
    return told | {"ranks": ranks(sweep)}


def ranks(sweep: Sweep) -> list[dict[str, Any]]:
    """How far the order of the trials by each score that knows no label agrees with their order by the probe."""
    whole = [trial for trial in sweep.trials.values() if trial.state == COMPLETE and trial.phase != "confirm"]
    names = sorted({name for trial in whole for name in trial.label_free})
    found = []
    for name in names:
        own = [trial for trial in whole if name in trial.label_free]
        agreed = spearman([trial.label_free[name] for trial in own], [trial.score for trial in own])
        found.append({"name": name, "spearman": agreed, "trials": len(own)})
    return found


def _fresh(sweep: Sweep, task: str) -> dict[int, float]:
    """{seed: score} of the pretrainings that chose nothing."""
    own = [trial for trial in sweep.trials.values() if trial.phase == "confirm" and trial.state == COMPLETE]
    return {trial.seed: trial.score for trial in own if trial.params["pretext"] == task}


def _settled(sweep: Sweep, task: str) -> dict[str, Any]:
    """With which settings a task was confirmed."""
    own = [trial for trial in sweep.trials.values() if trial.phase == "confirm" and trial.params["pretext"] == task]
    return {"params": own[0].params if own else None}


def _behind(pairs: list[dict[str, Any]], best: str, task: str) -> bool:
    """Is it shown that the task is behind the best one?"""
    one = next(pair for pair in pairs if {pair["first"], pair["second"]} == {best, task})
    low, high = one["difference"]["low"], one["difference"]["high"]
    return low is not None and (low > 0 if one["first"] == best else high < 0)
