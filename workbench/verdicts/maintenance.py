"""What alarms and remaining lives are worth to who maintains the units. Pure: the body of `maintenance.verdict`
(docs/events.md) -> sentences and rows. `of`: the words of the kind of data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from backend.statistics.costs import Costs
from backend.statistics.maintenance import Moments
from backend.workspace.formats import (
    chosen,
    compact,
    count,
    interval,
    percent,
    percent_interval,
    quantity,
    quantity_interval,
)

from .arms import method

if TYPE_CHECKING:
    from ..modality._words import Words

OURS, CLASSICAL, STRONG = "ssl", "classical", "scratch_aug"
NEVER = "never"
EVENT = "event"
METHOD = (
    "A window whose score reaches the threshold raises an alarm, unless its unit raised one less than the horizon ago. "
    "An alarm is right where the unit fails within the horizon of it. A failure is found where a window within the "
    "horizon before it reaches the threshold; its lead time is what the first such window leaves. Thresholds come from "
    "validation. Windows of which nobody knows what came, as the last ones of a unit that was followed without a "
    "failure, are left out. Means over label subsets and pretrainings; 95 % intervals resample units. No score is "
    "adjusted in hindsight: a window that alarms makes no other window right."
)
LIFE_METHOD = (
    "Errors are predicted less true. The PHM 2008 score is e^(−d/13) − 1 of an error d that is too early and "
    "e^(d/10) − 1 of one that is too late; here its mean a window. Pinball: mean loss of the 0.1, 0.5 and 0.9 "
    "quantiles. Means over label subsets and pretrainings; 95 % intervals resample units."
)
EXPLORING = (
    "Read from the curves of the test windows: for exploring. What was decided beforehand is the share above and the "
    "costs of the recipe."
)


def unit_of(body: Mapping[str, Any]) -> str:
    """What time is counted in."""
    return body["unit"] or "steps"


def per(body: Mapping[str, Any]) -> str:
    """What alarms are counted for: "a unit and week", "a unit and 100 cycles"."""
    weeks = {"seconds": 604_800, "minutes": 10_080, "hours": 168, "days": 7, "weeks": 1}
    if weeks.get(body["unit"] or "") == body["per"]:
        return "a unit and week"
    return f"a unit and {compact(body['per'])} {unit_of(body)}"


def entries(body: Mapping[str, Any], fraction: float | None = None) -> list[dict[str, Any]]:
    """The models at a fraction, by default the headline's."""
    at = body["headline_fraction"] if fraction is None else fraction
    return [one for one in body["table"] if one["fraction"] == at]


def fractions(body: Mapping[str, Any]) -> list[float]:
    return list(dict.fromkeys(one["fraction"] for one in body["table"]))


def named(entry: Mapping[str, Any], of: Words) -> str:
    """A model at the head of a row or a line."""
    if entry["arm"] != CLASSICAL:
        return f"{of.arm_names[entry['arm']]}, {method(entry['method'])}"
    said = of.rival(entry["arm"], entry["method"])
    return said[0].upper() + said[1:]


def called(entry: Mapping[str, Any], of: Words) -> str:
    """A model within a sentence: "pretraining (linear probe)"."""
    if entry["arm"] == CLASSICAL:
        return of.rival(entry["arm"], entry["method"])
    return f"{of.arms[entry['arm']]} ({method(entry['method'])})"


def best(body: Mapping[str, Any], arm: str, fraction: float | None = None) -> dict[str, Any] | None:
    """The model of an arm that validation chose."""
    return next((one for one in entries(body, fraction) if one["arm"] == arm and one["best"]), None)


def sentences(body: Mapping[str, Any], of: Words, fraction: float | None = None) -> list[str]:
    """What pretraining comes to, then the strongest model without it."""
    at = body["headline_fraction"] if fraction is None else fraction
    told = [one for arm in (OURS, CLASSICAL, STRONG) if (one := best(body, arm, fraction))]
    if body["kind"] != EVENT:
        return [_life(body, one, of, at, first=not k) for k, one in enumerate(told)]
    found = [_alarms(body, one, of, at, first=not k) for k, one in enumerate(told)]
    return [*found, accuracy(body, told[0], of)] if told else found


def _alarms(body: Mapping[str, Any], one: Mapping[str, Any], of: Words, at: float, first: bool) -> str:
    unit, of_all = unit_of(body), count(body["failures"], "failure")
    who = _begun(one, of, at, first)
    if not one["alarms"]["value"]:
        return f"{who} raises no alarm at this threshold and finds none of the {of_all}."
    found = (
        f"finds {percent_interval(one['found'])} of the {of_all} in the {compact(body['horizon'])} {unit} before them"
    )
    if not one["found"]["value"]:
        found = f"finds none of the {of_all}"
    right = f"of which {percent_interval(one['precision'])} are right"
    lead = one["lead"]
    left = "" if lead["value"] is None else f"; those found leave {quantity_interval(lead, unit)} on average"
    return f"{who} {found}{left}. It raises {interval(one['alarms'])} alarms {per(body)}, {right}."


def _begun(one: Mapping[str, Any], of: Words, at: float, first: bool) -> str:
    """How a sentence on a model begins, the first with the share of the labels."""
    who = called(one, of)
    return f"With {chosen(at)} of the labels, {who}" if first else who[0].upper() + who[1:]


def accuracy(body: Mapping[str, Any], one: Mapping[str, Any], of: Words) -> str:
    """An accuracy, and what never alarming has."""
    own, never = one["accuracy"], body["never"]
    said = f"Accuracy of {called(one, of)}: {percent_interval(own)}; never alarming has {percent_interval(never)}"
    gain = own["value"] - never["value"]
    if own["low"] is not None and own["low"] > never["value"]:
        return f"{said}. So {percent(max(0.0, gain))} of the windows are what the model adds to doing nothing."
    return f"{said}. So this accuracy says nothing of the failures that are found."


def _life(body: Mapping[str, Any], one: Mapping[str, Any], of: Words, at: float, first: bool) -> str:
    unit, begins = unit_of(body), _begun(one, of, at, first)
    whole = f"is off by {quantity_interval(one['life']['rmse'], unit)} (root mean square) over the life"
    if "last" not in one:
        return f"{begins} {whole}."
    last = one["last"]
    bias = last["bias"]["value"]
    late = "too late" if bias > 0 else "too early"
    return (
        f"{begins} {whole} and by {quantity_interval(last['rmse'], unit)} at the last window of "
        f"{count(body['last'], 'unit')}, there {quantity(abs(bias), unit)} {late} on average."
    )


def evidence(body: Mapping[str, Any]) -> str:
    """What the figures rest on."""
    said = f"{count(body['windows'], 'test window')} of {count(body['units'], 'unit')}"
    if body["kind"] != EVENT:
        return f"{said}; truth and predictions above {compact(body['cap'])} {unit_of(body)} count as that."
    return f"{said} with {count(body['failures'], 'failure')}; {chosen(body['share'])} of the windows may alarm."


def table(body: Mapping[str, Any], of: Words, fraction: float | None = None) -> list[dict[str, str]]:
    """A row a model; of events never alarming last, whatever the study asked."""
    if body["kind"] != EVENT:
        return [_life_row(body, one, of) for one in entries(body, fraction)]
    unit = unit_of(body)
    rows = [
        {
            "Model": named(one, of),
            "Failures found (%)": interval(one["found"], scale=100, digits=1),
            f"Alarms {per(body)}": interval(one["alarms"]),
            "of them false": interval(one["false_alarms"]),
            "Right alarms (%)": interval(one["precision"], scale=100, digits=1),
            f"Lead time ({unit})": quantity_interval(one["lead"]),
            "Accuracy (%)": interval(one["accuracy"], scale=100, digits=1),
        }
        for one in entries(body, fraction)
        if one["method"] != NEVER
    ]
    nothing = dict.fromkeys(rows[0], "–") if rows else {}
    told = {"Model": "Never alarming", "Failures found (%)": "0.0", f"Alarms {per(body)}": "0.00"}
    return [*rows, {**nothing, **told, "Accuracy (%)": interval(body["never"], scale=100, digits=1)}]


def _life_row(body: Mapping[str, Any], one: Mapping[str, Any], of: Words) -> dict[str, str]:
    unit, row = unit_of(body), {"Model": named(one, of)}
    for part, said in (("last", "last window"), ("life", "whole life")):
        if part not in one:
            continue
        row |= {
            f"RMSE, {said} ({unit})": quantity_interval(one[part]["rmse"]),
            f"MAE, {said} ({unit})": quantity_interval(one[part]["mae"]),
            f"PHM 2008 score, {said}": quantity_interval(one[part]["score"]),
            f"Pinball, {said} ({unit})": quantity_interval(one[part]["pinball"]),
        }
    return row


def costs_at(rows: Iterable[Mapping[str, Any]], costs: Costs, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """[{arm, method, best, share, value, low, high}] of rows of `maintenance/curve`: what a unit costs for `per`."""
    found = []
    for row in rows:
        moments = Moments(_array(row["sums"]), _array(row["products"]).reshape(4, 4), int(row["units"]))
        told = moments.cost(costs, body["per"])
        found.append({**{key: row[key] for key in ("arm", "method", "best", "share")}, **told})
    return found


def cheapest(found: list[dict[str, Any]], body: Mapping[str, Any], of: Words, money: str) -> list[dict[str, str]]:
    """A row a model: the share of alarming windows at which it costs least, and what; never alarming last."""
    rows = []
    pairs = list(dict.fromkeys((one["arm"], one["method"]) for one in found))
    for arm, how in sorted(pairs, key=lambda pair: pair[1] == NEVER):
        own = min((one for one in found if (one["arm"], one["method"]) == (arm, how)), key=lambda one: one["value"])
        cost = quantity_interval(own)
        rows.append(
            {
                "Model": named({"arm": arm, "method": how}, of),
                "Costs least at": "no alarm" if how == NEVER else f"{chosen(own['share'])} of the windows",
                f"Cost {per(body)} ({money})": cost,
            }
        )
    return rows


def _array(values: Any) -> Any:
    import numpy as np

    return np.array(list(values), dtype=np.float64)
