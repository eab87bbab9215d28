"""How a sweep spends its minutes: how many trials, how long each, which one is next, when it is over.

Two purposes. "search": the recipe as it is, then each other pretext task with its defaults, then what Optuna draws;
hopeless trials are ended early, which makes room for more. "advise": the same number of trials for every task, none
ended early, then the best settings of each task again on fresh seeds, in turn, so that the tasks are compared on
pretrainings that chose nothing.
"""

from __future__ import annotations

from typing import Any

from ....workspace.layout import BadInput
from ...record.swept import COMPLETE, RUNNING, Sweep, Trial
from . import search
from .space import firsts

OVERHEAD = 8.0  # seconds of a trial that are not training: its process starts, and ends
LEAST = 3.0  # seconds of training without which a trial tells nothing
FEWEST, MOST = 2, 200  # trials
TRIED, FRESH, FRESH_LEAST = 3, 5, 3  # of "advise": trials a task, fresh seeds a task
SEARCH, ADVISE = "search", "advise"


def planned(minutes: float, trials: int | None, purpose: str, tasks: list[str]) -> dict[str, Any]:
    """{minutes, trials, most (None: as many as there is time for), share (of a trial), prunes (, tried, fresh)}.

    Raises BadInput for minutes in which that cannot be done.
    """
    if not 0 < minutes <= 100_000:
        raise BadInput(f"minutes: expected more than 0 and at most 100000, found {minutes:g}")
    if trials is not None and not FEWEST <= trials <= MOST:
        raise BadInput(f"trials: expected {FEWEST} to {MOST}, found {trials}")
    told: dict[str, Any] = {}
    count = trials or min(40, max(6, int(minutes)))
    if purpose == ADVISE:
        if len(tasks) < 2:
            raise BadInput(f"sweep: expected several pretext tasks to choose from, found only {tasks[0]}")
        each = trials // len(tasks) if trials else TRIED + FRESH
        if each < FRESH_LEAST + 1:
            least = len(tasks) * (FRESH_LEAST + 1)
            raise BadInput(f"trials: expected at least {least} for {len(tasks)} tasks, found {trials}")
        fresh = min(FRESH, max(FRESH_LEAST, each - TRIED))
        told, count = {"tried": each - fresh, "fresh": fresh}, each * len(tasks)
    share = (60 * minutes / count - OVERHEAD) / 60
    if 60 * share < LEAST:
        least = count * (OVERHEAD + LEAST) / 60
        raise BadInput(f"minutes: expected at least {least:.1f} for {count} trials, found {minutes:g}")
    most = count if trials or purpose == ADVISE else None
    return {
        "minutes": minutes,
        "trials": count,
        "most": most,
        "share": round(share, 4),
        "prunes": purpose == SEARCH,
        **told,
    }


def spent(sweep: Sweep) -> float:
    """Seconds that the trials took which are told of."""
    return sum(trial.seconds for trial in sweep.trials.values())


def over(plan: dict[str, Any], sweep: Sweep) -> str | None:
    """Why no further trial begins, or None. The last one may run over by half of its share."""
    if len(sweep.trials) >= (plan["most"] or MOST):
        return "all trials are done"
    if spent(sweep) + 30 * plan["share"] > 60 * plan["minutes"]:
        return "its minutes are over"
    return None


def following(plan: dict[str, Any], sweep: Sweep) -> tuple[str, dict[str, Any], int]:
    """(phase, values, seed of the recipe) of the next trial: a function of what is in the ledger."""
    number, base, tasks, trials = len(sweep.trials), plan["recipe"], plan["tasks"], sweep.trials.values()
    seed = base["seed"]
    if number < len(tasks):
        return "first", firsts(plan["space"], base, tasks[number]), seed
    if plan["purpose"] == SEARCH:
        return SEARCH, search.drawn(plan, number, trials), seed
    task = tasks[number % len(tasks)]
    turn = number // len(tasks) - plan["tried"]
    if turn < 0:
        own = [trial for trial in trials if trial.params["pretext"] == task]
        return SEARCH, search.drawn(plan, number, own, {"pretext": task}), seed
    settled = best(sweep, task)
    params = settled.params if settled else firsts(plan["space"], base, task)
    return "confirm", params, (seed + 1 + turn) % 2**31


def best(sweep: Sweep, task: str | None = None) -> Trial | None:
    """The whole trial with the highest score before any was confirmed, of all or of a task; None: there is none."""
    found = [
        trial
        for trial in sweep.trials.values()
        if trial.state == COMPLETE and trial.phase != "confirm" and task in (None, trial.params.get("pretext"))
    ]
    return max(found, key=lambda trial: (trial.score, -trial.number), default=None)


def so_far(sweep: Sweep) -> dict[str, Any]:
    """What is recorded of every sweep beside its end (docs/events.md, sweep.ended)."""
    settled = best(sweep)
    return {"best": settled and settled.number, "gain": gain(sweep, settled)}


def outcome(sweep: Sweep) -> dict[str, Any]:
    """The same, and what only a finished one can say."""
    plan = sweep.plan
    told = so_far(sweep) | {"importance": search.importance(sweep, plan)}
    if plan["purpose"] == ADVISE:
        from .advice import advice

        told["advice"] = advice(sweep)
    return told


def gain(sweep: Sweep, settled: Trial | None) -> dict[str, Any] | None:
    """{value, low, high, rows}: the best score less that of the recipe as it is, where both have a standard error over
    validation rows. The interval (of accuracies Newcombe's, else the normal one) takes the two as independent, though
    they are of the same rows, and is so wide that it holds for every finished trial at once (Bonferroni): the best one
    was picked."""
    first, metric = sweep.trials.get(0), sweep.plan["metric"]
    if settled is None or settled is first or first.score is None or None in (first.error, settled.error):
        return None
    import numpy as np

    from ....statistics.proportions import newcombe, z_score

    others = sum(trial.state == COMPLETE and trial.phase != "confirm" for trial in sweep.trials.values()) - 1
    level, value = 1 - 0.05 / max(1, others), settled.score - first.score
    if metric == "accuracy":
        sides = (round(settled.score * settled.rows), settled.rows, round(first.score * first.rows), first.rows)
        return {**newcombe(*map(np.asarray, sides), level=level).as_dict(), "rows": settled.rows}
    half = z_score(level) * (settled.error**2 + first.error**2) ** 0.5
    return {"value": value, "low": value - half, "high": value + half, "rows": settled.rows}


def left(plan: dict[str, Any], sweep: Sweep, now: float) -> float:
    """Seconds that a sweep under way still takes, by its plan and what its trials took. now: of the one under way."""
    done = [trial for trial in sweep.trials.values() if trial.state != RUNNING]
    time = max(0.0, 60 * plan["minutes"] - spent(sweep) - now)
    if plan["most"] is None or not done:
        return time
    each = spent(sweep) / len(done)
    return min(time, max(0.0, (plan["most"] - len(done)) * each - now))
