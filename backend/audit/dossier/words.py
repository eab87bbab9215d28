"""Numbers of the record as a dossier prints them: each with its interval, or with the words that it has none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from backend import exports
from backend.targets import metrics
from backend.targets.figures import Figures
from backend.workspace import formats

ARMS = {
    "ssl": "pretrained",
    "scratch_aug": "supervised from scratch, same augmentation",
    "scratch_plain": "supervised from scratch, no augmentation",
    "random": "random frozen encoder",
    "classical": "classical baseline",
    "reference": "reference model",
}
NO_INTERVAL = " (no interval)"


def metric(name: str) -> str:
    """A metric within a sentence: "balanced accuracy", of a rate by group "cases found (TPR)"."""
    known = metrics()  # of the study
    title = known[name].title if name in known else exports.of_group_metric(name).get("title") or exports.plain(name)
    return title if title[:2].isupper() else f"{title[0].lower()}{title[1:]}"


def arm(name: str) -> str:
    return ARMS.get(name, name.replace("_", " "))


def figures(body: dict[str, Any]) -> Figures:
    """How a record of the study writes its metric."""
    return Figures.of(body["metric"], body.get("target"))


def of_study(body: dict[str, Any], found: dict[str, Any]) -> str:
    """A mean metric of the study: "86.1 % [82.0, 89.3]", "3.3 days [2.4, 4.1]"."""
    told = figures(body)
    return estimate(body["metric"], found) if told.share else told.interval(found, bare=NO_INTERVAL)


def margin_of(event: Any) -> Callable[[float], str]:
    """How the margin of a record of the study (an event, or None) is said."""
    return figures(event["body"]).margin if event else str


def estimate(name: str, found: dict[str, Any], unit: str | None = None) -> str:
    """ "86.1 % [82.0, 89.3]", of errors "3.3 days [2.4, 4.1]"; without an interval "86.1 % (no interval)"."""
    if exports.of_group_metric(name).get("number"):
        return formats.quantity_interval(found, unit, bare=NO_INTERVAL)
    if exports.says("fairness", name).get("percent", True):
        return formats.percent_interval(found, bare=NO_INTERVAL)
    return formats.interval(found, digits=3, bare=NO_INTERVAL)


def difference(found: dict[str, Any], told: Figures | None = None) -> str:
    """A difference of metrics: "+4.8 points [−2.1, 11.8]", "−3.3 days [−5.7, −0.8]"."""
    return told.difference(found, bare=NO_INTERVAL) if told else formats.points(found, bare=NO_INTERVAL)


def in_its_unit(event: Any, say: Callable[..., str]) -> Callable[[Any], str]:
    """`gap` or `group`, with the unit of the number that the event's body is of."""
    target = event["body"].get("target") or {}
    return partial(say, unit=target.get("unit"), number=target.get("type") == "number")


def contrast_of_groups(event: Any, found: dict[str, Any]) -> str:
    """The difference of two gaps."""
    target = event["body"].get("target") or {}
    if target.get("type") == "number":
        return formats.quantity_interval(found["difference"], target.get("unit"), True, NO_INTERVAL)
    return difference(found["difference"])


def gap(found: dict[str, Any], unit: str | None = None, number: bool = False) -> str:
    """A `gaps` entry of the event `fairness`: how far the groups lie apart, between which, and the test."""
    if found["max_min"] is None:
        return "not known: fewer than two groups are large enough"
    apart = {"value": found["max_min"], "low": found["value_low"], "high": found["value_high"]}
    high, low = found["groups"]
    between = "no difference between groups" if high == low else f"{high} highest, {low} lowest"
    tested = f"{formats.p_is(found['p'])}, {formats.p_is(found['p_holm'])} after Holm"
    size = formats.quantity_interval(apart, unit, bare=NO_INTERVAL) if number else None
    return f"{size or formats.points(apart, sign=False, bare=NO_INTERVAL)}; {between}; {tested}"


def group(found: dict[str, Any], unit: str | None = None, number: bool = False) -> str:
    """A `groups` entry of the event `fairness`: its size and every rate; what is too small says so."""
    size = f"n = {found['n']:,}"
    if found.get("n_positive") is not None:
        size += f" ({found['n_positive']:,} positive)"
    if not found["enough"]:
        size += ", too few to take part in the tests"
    rates = [
        f"{metric(name)} {estimate(name, rate, unit)}" + ("" if rate.get("enough", True) else " (rests on too few)")
        for name, rate in found["metrics"].items()
        if rate["value"] is not None
    ]
    return "; ".join([size, *rates])


def target_in_words(target: dict[str, Any]) -> str:
    """ "the number life, in days", "whether failure comes within 30 days" """
    unit = target.get("unit")
    if target["type"] == "event":
        return f"whether {target['column']} comes within {target['horizon']:g}{f' {unit}' if unit else ''}"
    return f"the {target['type']} {target['column']}{f', in {unit}' if unit else ''}"


def listed(names: Any) -> str:
    """Names of the data, as they are written there."""
    return ", ".join(map(str, names)) or "none"


def steps(names: Any) -> str:
    """The stages of a run."""
    return listed(exports.title("stages", name).lower() for name in names)


def ways(names: Any) -> str:
    """Ways from an encoder to a classifier: "nearest neighbours, LP-FT"."""
    return listed(exports.title("finetune", name) for name in names)


def pairs(found: dict[str, Any]) -> str:
    """ "torch 2.13.0, numpy 2.4.0" """
    return ", ".join(f"{name} {value}" for name, value in sorted(found.items()))


def settings(found: dict[str, Any]) -> str:
    """A recipe's section: its name, then every setting that it has."""
    rest = [f"{key.replace('_', ' ')} {_plain(value)}" for key, value in found.items() if key != "name"]
    name = [str(found["name"]).replace("_", " ")] if "name" in found else []
    return ", ".join([*name, *rest])


def short(sha256: str) -> str:
    return f"SHA-256 {sha256}"


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    return listed(value) if isinstance(value, list) else str(value)
