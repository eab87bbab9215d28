"""Is the representation healthy? Readings of the collapse strip -> one sentence, what it means, what to try.

A reading is the body of a `collapse` event (docs/events.md). The judgement (state, kind, place, since) is the
engine's; here it becomes words, with the numbers it rests on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from backend.audit.health import ALL_CLEAR, doubt
from backend.control.runs.states import ENDED
from backend.exports import says
from backend.workspace.formats import compact, decimal

OVER = (*ENDED, "ended early")  # by the sweep whose trial the run is
WINDOW = 4  # readings on each side of a trend
STEADY = 0.05  # relative change below which a trend is called steady

MEANING = {
    "complete": "Every example gets nearly the same embedding. Nothing can be told apart any more.",
    "dimensional": "The embeddings lie in a subspace far smaller than the space they have. The loss can still fall "
    "while this happens, so the loss alone does not show it.",
    "cluster": "The embeddings gather in a few points, although the examples are more varied than that.",
    "stuck": "The loss is at chance level: nothing is being learned.",
}

OF_TOKENS = {
    "complete": "Every token gets nearly the same state and the loss stays at chance level: the model has learned "
    "how often tokens occur, and nothing about their context.",
    "dimensional": "The tokens' states lie in very few directions and the loss stays at chance level: too little is "
    "left to tell contexts apart.",
    "stuck": "The model had learned to use the context; its loss is back at chance level.",
    "diverged": "The loss is far above chance level and above an untrained model's: the learning rate is too high, "
    "and nothing is being learned.",
}
UNTRAINED = "The only reading was taken before training."
WHY = f"A stuck loss can only be seen over {ALL_CLEAR} readings."
STEPS = "Lower the learning rate or lengthen the warm-up: early collapse often means too high a learning rate."
# for a task that exports no ADVICE
UNADVISED = (
    "Where views are augmented, weaken or vary the augmentation: views that share nothing, or everything, leave no "
    "signal.",
    "In a method without negatives, check that the stop-gradient and the predictor are in place.",
)


@dataclass(frozen=True)
class Verdict:
    state: str  # "healthy", "watch", "collapsed" or "unknown"
    sentence: str
    meaning: str = ""
    advice: tuple[str, ...] = ()


def verdict(readings: list[dict[str, Any]], pretext: str = "", state: str = "running", whole: bool = False) -> Verdict:
    """The verdict on one pretraining seed, from its readings in the order of steps.

    state: of the run; whole: whether this seed's pretraining came to its end. An alarm counts as soon as a rule raises
    it; "healthy" is said only where every rule could speak (backend/audit/health.py).
    """
    live = state not in OVER
    if not readings:
        why = (
            " yet: the first comes after a few steps of pretraining"
            if live
            else ": pretraining ended before the first one"
        )
        return Verdict("unknown", f"No collapse reading{why}.")
    judged = readings[-1]["verdict"]
    if judged["state"] == "healthy":
        return _calm(readings, state, doubt(len(readings), live, whole))
    tokens = judged_place(readings[-1]) == "tokens"
    advice = (*says("pretext", pretext).get("advice", UNADVISED), STEPS)
    meanings = OF_TOKENS if tokens else MEANING
    meaning = meanings.get(judged["kind"], "The trend points away from a healthy representation.")
    if judged["state"] == "watch":
        kind = f" (signs of {_kind(judged['kind'])})" if judged["kind"] else ""
        return Verdict(
            "watch", f"Watch this run{kind}: {_use(readings)} and that number is {trend(readings)}.", meaning, advice
        )
    since = f" since step {judged['since']:,}" if judged["since"] is not None else ""
    seen = _what(readings, says("pretext", pretext).get("bound"))
    return Verdict("collapsed", f"Collapsed{since} ({_kind(judged['kind'])}): {seen}.", meaning, advice)


def _calm(readings: list[dict[str, Any]], state: str, doubt: str | None) -> Verdict:
    """Where no rule has raised an alarm: healthy, or what is missing for saying so."""
    if doubt is None:
        return Verdict("healthy", f"Healthy: {_use(readings)} and that number is {trend(readings)}.")
    step = readings[-1]["step"]
    seen = f"No collapse was seen up to step {step:,}." if len(readings) > 1 else UNTRAINED
    if doubt == "cut":
        how = {"failed": "failed", "ended early": "was ended by its sweep"}.get(state, "was cancelled")
        return Verdict("unknown", f"No verdict on the representation: pretraining {how} before its end.", seen)
    yet = "so far" if state not in OVER else "in all"
    few = f"Too few readings to call it healthy: {len(readings)} {yet}, {ALL_CLEAR} are needed."
    return Verdict("unknown", few, f"{seen} {WHY}")


def onset(readings: list[dict[str, Any]]) -> int | None:
    """The step since which the run counts as collapsed, or None."""
    judged = readings[-1]["verdict"] if readings else {}
    return judged.get("since") if judged.get("state") == "collapsed" else None


def judged_place(reading: dict[str, Any]) -> str:
    """The place that the sentence speaks of: where the alarm is, else the projector, else the first."""
    places = reading["places"]
    named = reading["verdict"].get("place")
    return next(p for p in (named, "projector", "tokens", *places) if p in places)


def trend(readings: list[dict[str, Any]]) -> str:
    """Where the effective rank goes, last readings against those before: rising, falling, steady or still settling."""
    place = judged_place(readings[-1])
    ranks = [r["places"][place]["effective_rank"] for r in readings if place in r["places"]]
    ranks = [rank for rank in ranks if rank is not None]
    before, after = ranks[-2 * WINDOW : -WINDOW], ranks[-WINDOW:]
    if len(before) < WINDOW:
        return "still settling"
    change = (sum(after) - sum(before)) / max(sum(before), 1e-12)
    if abs(change) < STEADY:
        return "steady"
    return "rising" if change > 0 else "falling"


def evidence(reading: dict[str, Any]) -> list[tuple[str, str]]:
    """What the judgement rests on, as (name, value) to show."""
    found = reading["verdict"].get("evidence") or {}
    return [(name.replace("_", " "), compact(value)) for name, value in found.items() if value is not None]


def _kind(kind: str | None) -> str:
    told = {"stuck": "loss stuck at chance level", "diverged": "training diverged", None: "kind unknown"}
    return told.get(kind, kind)


def _use(readings: list[dict[str, Any]]) -> str:
    place = judged_place(readings[-1])
    numbers = readings[-1]["places"][place]
    if numbers["effective_rank"] is None:
        return f"the rank of the {place} could not be computed"
    uses = "tokens' states use" if place == "tokens" else f"{place} uses"
    return f"the {uses} {compact(numbers['effective_rank'])} of {numbers['dim']} dimensions"


def _what(readings: list[dict[str, Any]], chance: str | None) -> str:
    last = readings[-1]
    place = judged_place(last)
    numbers, kind = last["places"][place], last["verdict"]["kind"]
    if kind == "complete" and numbers["feature_std"] is not None:
        healthy = 1 / math.sqrt(numbers["dim"])
        whose = "tokens'" if place == "tokens" else f"{place}'s"
        return f"the {whose} feature spread is {compact(numbers['feature_std'])}, where {compact(healthy)} is healthy"
    if kind in ("stuck", "diverged") and last["loss_bound"] is not None:
        loss, bound = decimal(last["loss"], 3), decimal(last["loss_bound"], 3)
        return f"the loss is {loss}; chance level is {bound}" + (f" ({chance})" if chance else "")
    best = max((r["places"][place]["effective_rank"] or 0.0) for r in readings if place in r["places"])
    return f"{_use(readings)}; at its best it used {compact(best)}"
