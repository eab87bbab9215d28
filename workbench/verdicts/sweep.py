"""A sweep in words: what it searches, how far it is, what it found. Pure: sweeps as `service.sweeps.of` has them."""

from __future__ import annotations

from typing import Any

from backend import exports
from backend.recipe import PLUGGED
from backend.workspace.formats import chosen, compact, count, decimal, duration

from . import advice

RUNGS = 4  # readings of a trial (backend/control/runs/sweeps/space.py)
STATES = {
    "running": "running",
    "complete": "finished",
    "pruned": "ended early",
    "failed": "failed",
    "cancelled": "cancelled",
}
ON_VALIDATION = "The test split is not touched: a sweep trains and is scored on training and validation rows alone."
BEST_OF_MANY = (
    "The best of many scores on the same validation rows is a little too good: what it is worth says a study, whose "
    "test rows no trial has seen."
)
GAIN = (
    "The interval takes the two scores as of different rows, which makes it wider than it need be, and is wide enough "
    "for all finished trials at once, since the best of them was picked. It speaks of these two pretrainings."
)
LABELS = "at most 2,000 labelled training rows vote"  # stages/pretrain.py: KNN_BANK


LINES = (
    "A line is a trial: the darker, the higher it scored; the thick one is the best. Dotted ones were ended early. A "
    "line that passes below an axis has no such setting, or no final score."
)
NOTHING = (
    "Say for how many minutes: a sweep trains a recipe again and again with other settings, each time a little, and "
    "keeps what scores best."
)
WHOLE = 10  # trials that importance needs (backend/control/runs/sweeps/search.py)


def title(sweep: dict[str, Any]) -> str:
    """The sweep in a list."""
    told = "running" if sweep["state"] == "running" else sweep["state"]
    return " · ".join(filter(None, (sweep["title"], sweep["dataset"], sweep["sweep"], told)))


def no_importance(sweep: dict[str, Any]) -> str:
    """Why it is not said which setting decided."""
    if sweep["state"] == "running":
        return "Which setting decided is computed when the sweep has ended."
    if sweep["state"] != "finished":
        return "Which setting decided is not computed: the sweep did not come to its end."
    return f"Which setting decided cannot be said: that takes {WHOLE} finished trials whose scores differ."


def setting(name: str) -> str:
    """What a searched setting is called: "pretext.simclr.temperature" -> "simclr: temperature"."""
    section, *rest = name.split(".")
    if not rest:
        return {"pretext": "Pretext task", "encoder": "Encoder"}.get(section, section)
    if section == "train":
        return {"lr": "Learning rate"}.get(rest[0], exports.plain(rest[0]).capitalize())
    *method, field = rest
    names = [exports.called(PLUGGED.get(section, section), one) for one in method]
    return f"{'.'.join(names)}: {exports.plain(field)}" if method else exports.plain(field)


def value(found: Any) -> str:
    """A setting's value as a person writes it; a method as its own file says."""
    if not isinstance(found, str):
        return compact(found)
    return next((says["title"] for folder in PLUGGED.values() if "title" in (says := exports.says(folder, found))),
                exports.plain(found))  # fmt: skip


def measure(plan: dict[str, Any]) -> str:
    """What a trial is scored by."""
    if plan["measure"] == "knn":
        return advice.measure(plan)
    return f"{exports.title('collapse', plan['measure'])} (label-free)"


def score(plan: dict[str, Any], found: float | None) -> str:
    if found is None:
        return "no score"
    if plan["measure"] != "knn":
        return decimal(found, 1)
    return advice.figures_of(plan).amount(found)


def sentence(sweep: dict[str, Any]) -> str:
    """What the sweep came to, or how far it is."""
    plan, best, state = sweep["plan"], top(sweep), sweep["state"]
    far = (
        f"{count(sweep['done'], 'trial')} of at most {plan['most']}" if plan["most"] else count(sweep["done"], "trial")
    )
    if state == "running" and best is None:
        return f"Searching: {far} told of, no score yet."
    if best is None:
        return f"Nothing was found: {sweep['reason'].rstrip('.')}."
    start = "So far" if state == "running" else "Of what was tried,"
    own = sweep["trials"][0]
    if advised(sweep):
        return advice.sentence(sweep)
    with_ = f"{start} {described(plan, best)} scores highest, {score(plan, best['score'])} {measure(plan)}"
    if best["number"] == own["number"]:
        return f"{start} nothing scores higher than the recipe as it is, {score(plan, best['score'])} {measure(plan)}."
    if own["score"] is None:
        return f"{with_}; the recipe as it is came to no score."
    gain = sweep["outcome"].get("gain")
    if gain is None:
        return f"{with_}, against {score(plan, own['score'])} of the recipe as it is."
    by, rows = advice.figure(plan, gain, difference=True), count(gain["rows"], "validation row")
    if gain["low"] > 0:
        return f"{with_}, {by} over the recipe as it is, on {rows}."
    return (
        f"Nothing is shown to beat the recipe as it is: {described(plan, best)} scores highest, "
        f"{score(plan, best['score'])} {measure(plan)}, {by} on {rows}."
    )


def evidence(sweep: dict[str, Any]) -> str:
    """What the sentence rests on."""
    plan = sweep["plan"]
    states = [one["state"] for one in sweep["trials"]]
    told = [f"{states.count(state)} {word}" for state, word in STATES.items() if states.count(state)]
    share = duration(60 * plan["share"])
    spent = f"{duration(sweep['spent'])} of {duration(60 * plan['minutes'])} spent"
    return f"data {sweep['dataset']} · {', '.join(told) or 'no trial yet'} · {share} of training a trial · {spent}"


def how(sweep: dict[str, Any]) -> list[str]:
    """How it searches and what it is scored by, one line each."""
    plan = sweep["plan"]
    lines = [f"Searched: {', '.join(searched(plan))}."]
    if plan["measure"] == "knn":
        lines.append(f"Score: nearest neighbours of the frozen features on validation rows; {LABELS}. {ON_VALIDATION}")
    else:
        lines.append(
            f"The data has no labels, so the score is {measure(plan)}, read on the training views. It tells collapse "
            "and compares settings of one pretext task; it does not say that a model will be useful, and so the "
            f"pretext task is not searched. {ON_VALIDATION}"
        )
    if plan["prunes"]:
        at = chosen(plan["sampler"]["prunes_from"] / RUNGS)
        lines.append(
            f"From {at} of its training on a trial is ended early where its score is below the median of all that came "
            "as far before it."
        )
    return lines


def searched(plan: dict[str, Any]) -> list[str]:
    """The settings of the space, each with what it may be."""
    found = []
    for one in plan["space"]:
        if "choices" in one:
            found.append(f"{setting(one['name']).lower()} ({', '.join(map(value, one['choices']))})")
        else:
            found.append(f"{_lower(setting(one['name']))} ({value(one['low'])} to {value(one['high'])})")
    return found


def not_searched(plan: dict[str, Any]) -> str:
    """Which of the usual settings a sweep of this recipe does not vary."""
    names = {one["name"].partition(".")[0] for one in plan["space"]}
    absent = [name for name in ("pretext", "encoder", "augment") if name not in names and plan["recipe"].get(name)]
    if not absent:
        return ""
    kept = [f"{PLUGGED_AS[name]} {value(plan['recipe'][name]['name'])}" for name in absent]
    return f"As in the recipe: {', '.join(kept)}."


PLUGGED_AS = {"pretext": "pretext task", "encoder": "encoder", "augment": "augmentation"}
assert set(PLUGGED_AS) <= set(PLUGGED)


def advised(sweep: dict[str, Any]) -> bool:
    """Has it come to a verdict on pretext tasks?"""
    return "advice" in sweep["outcome"]


def scope(sweep: dict[str, Any]) -> str:
    """What its interval counts in."""
    if advised(sweep):
        return advice.SCOPE
    return GAIN if sweep["outcome"].get("gain") else ""


def top(sweep: dict[str, Any]) -> dict[str, Any] | None:
    """The whole trial with the highest score that was not made to confirm one."""
    whole = [one for one in sweep["trials"] if one["state"] == "complete" and one["phase"] != "confirm"]
    return max(whole, key=lambda one: (one["score"], -one["number"]), default=None)


def described(plan: dict[str, Any], trial: dict[str, Any]) -> str:
    """What a trial changes in the recipe, in words."""
    start = {one["name"]: one["first"] for one in plan["space"]}
    changed = [f"{_lower(setting(n))} {value(v)}" for n, v in trial["params"].items() if v != start.get(n)]
    return ", ".join(changed) or "the recipe as it is"


def reached(plan: dict[str, Any], trial: dict[str, Any]) -> str:
    """A trial's score; of one that was ended early the last one that was read."""
    if trial["score"] is not None or not trial["readings"]:
        return score(plan, trial["score"])
    rung, value = trial["readings"][-1]
    return f"{score(plan, value)} after {chosen(rung / RUNGS)}"


def row(plan: dict[str, Any], trial: dict[str, Any]) -> dict[str, str]:
    """A trial in the table."""
    return {
        "Trial": f"{trial['number'] + 1}" + (f", seed {trial['seed']}" if trial["phase"] == "confirm" else ""),
        "State": STATES[trial["state"]],
        measure(plan): reached(plan, trial),
        "Time": duration(trial["seconds"]) if trial["seconds"] else "",
        **{setting(name): value(found) for name, found in trial["params"].items()},
    }


def left(sweep: dict[str, Any]) -> str:
    """The line on the progress bar."""
    plan, done = sweep["plan"], sweep["done"]
    far = f"{done} of {plan['most']} trials" if plan["most"] else count(done, "trial")
    return f"{far}, about {duration(sweep['left'])} left"


def fraction(sweep: dict[str, Any]) -> float:
    """Share of the sweep that is done, 0 to 1."""
    plan = sweep["plan"]
    time = sweep["spent"] / (60 * plan["minutes"])
    return min(1.0, max(time, sweep["done"] / plan["most"] if plan["most"] else 0.0))


def end(sweep: dict[str, Any]) -> str:
    """How it ended, for the shell: "finished: all trials are done"."""
    return f"{sweep['state']}: {sweep['reason']}" if sweep["reason"] else sweep["state"]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
