"""3, limits: what the run itself found wanting: the representation, the gain, the size of groups, explanations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...health import ALL_CLEAR, doubt
from ...sections._source import LIVE
from ..evidence import Evidence
from ..value import Value, at
from .oversight import explanations

FIELD = "3.limits"


def evidence(source: Evidence) -> Iterator[Value]:
    for event in source.last_readings:
        seed = event["body"]["seed"]
        count = sum(reading["body"]["seed"] == seed for reading in source.events("collapse"))
        whole = source.latest("encoder", f"pretrain/{seed}") is not None
        why = doubt(count, source.run["state"] in LIVE, whole)
        label = f"Health of the representation at the end, seed {seed}"
        yield from at(event, "verdict", label=label, say=partial(_health, count, why))
    verdict = source.latest("study.verdict")
    yield from at(verdict, "headline", "decision", label="Does pretraining beat supervised training?", say=_gain)
    yield from at(verdict, "quick", label="Size of the study", say=_quick)
    for event in source.of_arm("fairness"):
        for i, group in enumerate(event["body"]["groups"]):
            if not group["enough"]:
                label = f"Too few to say anything: {event['body']['attribute']}, {group['group']}"
                yield from at(event, "groups", i, "n", label=label, say="n = {:,}".format)
    for event in source.of_arm("attribution.controls"):
        yield from explanations(event, source.recipe)
    for event in source.events("stage.skipped"):
        yield from at(event, "reason", label=f"Not examined: {event['body']['stage'].replace('_', ' ')}")


def _health(count: int, doubt: str | None, verdict: dict) -> str:
    if verdict["state"] == "healthy":
        told = "1 reading" if count == 1 else f"{count} readings"
        return {
            None: "healthy: no sign of collapse",
            "few": f"no verdict: {told}, {ALL_CLEAR} are needed for an all-clear",
            "cut": f"no verdict: pretraining did not come to its end; no sign of collapse in {told}",
        }[doubt]
    kind = f"{verdict['kind']} collapse" if verdict["kind"] else "collapse"
    since = f" since step {verdict['since']:,}" if verdict["since"] is not None else ""
    return f"{verdict['state']}: {kind} of the {verdict['place'] or 'representation'}{since}"


def _gain(decision: str) -> str:
    return {"gain": "yes: a gain", "loss": "no: a loss", "equivalent": "no: equivalent"}.get(decision, decision)


def _quick(quick: bool) -> str:
    return "fewer than five label subsets or three pretrainings: wide intervals" if quick else "full"
