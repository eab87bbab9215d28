"""Bias scenarios: records of their own, proposed from the run's findings and held against what it observed."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from backend import exports
from backend.workspace import formats

from . import words
from .evidence import Evidence
from .value import Event, Value, at

ALPHA = 0.05
OUTCOME = "selection_rate"
TRIGGER = "New data, a new run on this data, or a difference above the threshold in use."
HAZARD = "The group '{{worse}}' has a {extreme} {metric} than '{{better}}'."  # of a metric whose file names none


def proposals(source: Evidence) -> list[dict[str, Any]]:
    """Scenarios about every attribute of the audit; threshold and mitigation are a person's.

    One about its strongest gap in errors, and one about a significant gap in who is predicted positive, which may be
    right and is a person's to judge. As `Scenario` in entries.py, with "significant" (the gap's p after Holm is below
    ALPHA) and "observed".
    """
    made = []
    for event in source.of_arm("fairness"):
        gaps = event["body"]["gaps"]
        metrics = [strongest({name: gap for name, gap in gaps.items() if name != OUTCOME})]
        if OUTCOME in gaps and _significant(gaps[OUTCOME]):
            metrics.append(OUTCOME)
        made += [_proposal(event, metric) for metric in metrics if metric]
    return made


def strongest(gaps: dict[str, Any]) -> str | None:
    """The metric with the strongest evidence for a gap between groups, or None where none could be tested."""
    known = [name for name, found in gaps.items() if found["max_min"] is not None]
    return min(known, key=lambda name: (gaps[name]["p_holm"], -gaps[name]["max_min"]), default=None)


def _proposal(event: Event, metric: str) -> dict[str, Any]:
    attribute, gap = event["body"]["attribute"], event["body"]["gaps"][metric]
    own = exports.of_group_metric(metric)
    high_is_worse = own.get("high_is_worse", False)
    extreme = "higher" if high_is_worse else "lower"
    hazard = own.get("hazard") or HAZARD.format(extreme=extreme, metric=words.metric(metric))
    better, worse = reversed(gap["groups"]) if high_is_worse else gap["groups"]
    return {
        "id": f"gap-{_slug(attribute)}-{metric.replace('_', '-')}"[:60],
        "group": f"{attribute}: {worse}",
        "hazard": hazard.format(worse=worse, better=better),
        "measure": f"Largest difference in {words.metric(metric)} between groups of {attribute}, test data",
        "threshold": None,
        "mitigation": "",
        "review_trigger": TRIGGER,
        "finding": {"key": event["key"], "metric": metric},
        "significant": _significant(gap),
        "observed": words.in_its_unit(event, words.gap)(gap),
    }


def recorded(source: Evidence, told: list[Event]) -> list[dict[str, Any]]:
    """The scenarios that people recorded and neither withdrew nor had erased, the newest of an id, as a dossier prints.

    "threshold" in words; "limit" the number behind it or None; "exceeded" True, False, or None where nothing can be
    compared; "observed" {"text", "value", "leaf", "query"} or None.
    """
    standing = (event for event in _newest(told).values() if not event.get("redacted"))
    return [_printed(source, event) for event in standing if not event["body"]["withdrawn"]]


def settled(told: list[Event]) -> set[str]:
    """The ids that a person has spoken of: recorded or withdrawn. One whose text was erased is open again."""
    return {id for id, event in _newest(told).items() if event["body"]["withdrawn"] or not event.get("redacted")}


def _newest(told: list[Event]) -> dict[str, Event]:
    return {event["key"]: event for event in told}


def _printed(source: Evidence, event: Event) -> dict[str, Any]:
    body = event["body"]
    observed = _observed(source, body["finding"])
    limit = body["threshold"] if isinstance(body["threshold"], float | int) else None
    return {
        **{name: body[name] for name in ("id", "group", "hazard", "measure", "mitigation", "review_trigger")},
        "threshold": body["threshold"] or "" if limit is None else f"at most {_limit(source, body['finding'], limit)}",
        "limit": limit,
        "finding": body["finding"],
        "observed": observed and {k: getattr(observed, k) for k in ("text", "value", "leaf", "query")},
        "exceeded": observed.value["max_min"] > limit if observed and limit is not None else None,
        "by": event["actor"],
        "time": event["time"],
        "leaf": event["leaf"],
    }


def _observed(source: Evidence, finding: dict[str, Any] | None) -> Value | None:
    """The gap that a scenario watches, as the newest audit of this run found it."""
    event = source.latest("fairness", finding["key"]) if finding else None
    if event is None:
        return None
    found = list(at(event, "gaps", finding["metric"], label="observed", say=words.in_its_unit(event, words.gap)))
    return found[0] if found and found[0].value["max_min"] is not None else None


def _limit(source: Evidence, finding: dict[str, Any] | None, limit: float) -> str:
    """A threshold in points, or in the unit of the number whose errors it bounds."""
    if finding is None or not exports.of_group_metric(finding["metric"]).get("number"):
        return formats.margin(limit)
    event = source.latest("fairness", finding["key"])
    return formats.quantity(limit, ((event or {"body": {}})["body"].get("target") or {}).get("unit"))


def _significant(gap: dict[str, Any]) -> bool:
    return gap["p_holm"] is not None and gap["p_holm"] < ALPHA


def _slug(name: str) -> str:
    """`name` in letters, digits and hyphens; a name that has none is known by its digest."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain[:36] or hashlib.sha256(name.encode()).hexdigest()[:12]
