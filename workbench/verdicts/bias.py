"""Whom does the model treat worse? Pure: event bodies of the stage `audit_bias` (docs/events.md) -> words and rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from backend import exports
from backend.workspace.formats import (
    chosen,
    interval,
    p_is,
    p_value,
    percent_interval,
    points,
    quantity,
    quantity_interval,
    size_in_points,
)

ALPHA = 0.05
FIRST = ("tpr", "fpr", "precision", "selection_rate", "accuracy", "auroc")  # in tables; others by their names
MODEL = {"ssl": "The pretrained model", "scratch_aug": "The supervised model"}
METHOD = (
    "Rates by group have Wilson intervals (AUROC: DeLong's; means over classes: bootstrap of the counts). "
    "A gap is tested by exchanging group labels at random: within true classes for TPR, FPR and AUROC, within "
    "predictions for precision, over all rows otherwise. p-values are corrected after Holm over attributes and rates. "
    "The largest difference is never negative, so its interval does not test whether there is a gap; the "
    "permutation p does. The intervals of the parity measures allow for the errors of all groups at once and may be "
    "too wide."
)
METHOD_OF_NUMBERS = (
    "An error is what was predicted less what is true. Intervals: jackknife with Student's t, leaving out a row, or a "
    "person whose rows belong together. A gap is tested by exchanging group labels between rows or persons at random. "
    "p-values are corrected after Holm over attributes and errors. The largest difference is never negative, so its "
    "interval does not test whether there is a gap; the permutation p does."
)
PARITY = {
    "demographic_parity_difference": "Demographic parity difference",
    "demographic_parity_ratio": "Demographic parity ratio",
    "equalised_odds_difference": "Equalised odds difference",
}


def name(metric: str) -> str:
    """What a rate or error is called at the head of a chart or a column."""
    return exports.of_group_metric(metric).get("title") or exports.plain(metric).capitalize()


def short(metric: str) -> str:
    """What it is called within a sentence."""
    return exports.of_group_metric(metric).get("short") or exports.plain(metric)


def unit_of(body: dict[str, Any]) -> str | None:
    """The unit of the errors of a number, None of classes."""
    return (body.get("target") or {}).get("unit")


def of_number(body: dict[str, Any]) -> bool:
    """Whether a body of the audit speaks of a number."""
    return (body.get("target") or {}).get("type") == "number"


def ordered(metrics: Iterable[str]) -> list[str]:
    """Rates in the order in which every table has them."""
    rank = {metric: i for i, metric in enumerate(FIRST)}
    return sorted(metrics, key=lambda metric: (rank.get(metric, len(FIRST)), metric))


def in_percent(metric: str) -> bool:
    own = exports.of_group_metric(metric)
    return not own.get("number") and own.get("percent", True)


def rate(metric: str, estimate: dict[str, float | None] | None, unit: str | None = None) -> str:
    """ "71.0 % [64.0, 78.0]", of AUROC "0.831 [0.790, 0.872]", of an error "3.3 days [2.4, 4.1]"."""
    if exports.of_group_metric(metric).get("number"):
        return quantity_interval(estimate, unit)
    return percent_interval(estimate) if in_percent(metric) else interval(estimate, digits=3)


def apart(metric: str, estimate: dict[str, float | None] | None, unit: str | None = None, sign: bool = False) -> str:
    """A difference: "3.1 points [1.2, 5.0]", of errors "0.9 days [0.2, 1.6]"."""
    if exports.of_group_metric(metric).get("number"):
        return quantity_interval(estimate, unit, sign)
    return points(estimate, sign=sign)


def high_is_worse(metric: str) -> bool:
    return exports.of_group_metric(metric).get("high_is_worse", False)


def significant(gap: dict[str, Any]) -> bool:
    return gap["p_holm"] is not None and gap["p_holm"] < ALPHA


def sentence(body: dict[str, Any], metric: str) -> str:
    """What one model's `fairness` event says about one rate."""
    gap, attribute = body["gaps"][metric], body["attribute"]
    if gap["max_min"] is None:
        return (
            f"Too few rows to say: fewer than two groups of {attribute} have {body['min_group']} rows, "
            f"10 of which count for {short(metric)}."
        )
    largest = apart(metric, _largest(gap), unit_of(body))
    if not significant(gap):
        if gap["p"] < ALPHA:
            return (
                f"Not settled: {short(metric)} differs by {largest} between groups of {attribute}, but not after "
                f"correction for the number of tests ({p_is(gap['p'])}; {p_is(gap['p_holm'])} after Holm)."
            )
        return (
            f"No gap found in {short(metric)} between groups of {attribute} "
            f"(largest difference {largest}, {p_is(gap['p'])})."
        )
    better, worse = reversed(gap["groups"]) if high_is_worse(metric) else gap["groups"]
    rates = " against ".join(rate(metric, _metric_of(body, group, metric), unit_of(body)) for group in (worse, better))
    return (
        f"{MODEL.get(body['arm'], body['arm'])} {_worse(body, metric)} among {_quoted(worse)} than among "
        f"{_quoted(better)} ({short(metric)} {rates}; permutation {p_is(gap['p_holm'])} after Holm)."
    )


def _worse(body: dict[str, Any], metric: str) -> str:
    """What the model does in the group with the worse value, in the words of the metric's own file."""
    own, size = exports.of_group_metric(metric), body["gaps"][metric]["max_min"]
    size = quantity(size, unit_of(body)) if own.get("number") else size_in_points(size)
    if "worse" in own and (body["positive"] or own.get("number") or not own.get("needs_positive", True)):
        return own["worse"].format(points=size, positive=_quoted(body["positive"]))
    return f"scores {size} {'higher' if high_is_worse(metric) else 'lower'} in {short(metric)}"


def method(body: dict[str, Any]) -> str:
    """How the audit was made."""
    return METHOD_OF_NUMBERS if of_number(body) else METHOD


def evidence(body: dict[str, Any], bodies: Iterable[dict[str, Any]]) -> str:
    """How many of the model's tests found a gap, and on what the chosen table rests."""
    gaps = [gap for one in bodies if one["arm"] == body["arm"] for gap in one["gaps"].values()]
    tested = [gap for gap in gaps if gap["p_holm"] is not None]
    found = sum(map(significant, tested))
    rows = sum(g["n"] for g in body["groups"])
    positive = f" · positive class: {body['positive']}" if body["positive"] else ""
    share = f"{chosen(body['fraction'])} of the labels"
    return f"{found} of {len(tested)} tests found a gap · {rows:,} test rows · model trained on {share}{positive}"


def too_small(body: dict[str, Any]) -> str:
    """The groups about which nothing is claimed, or an empty string."""
    small = [f"{g['group']} ({g['n']})" for g in body["groups"] if not g["enough"]]
    return f"Too few to say, shown in grey and not tested: {', '.join(small)}." if small else ""


def strongest(bodies: list[dict[str, Any]]) -> tuple[str, str]:
    """(attribute, metric) with the smallest corrected p: where the page opens.

    Permutations have a smallest p, so clear gaps tie there: a single attribute then goes before a crossing of two,
    whose smaller groups differ more by chance alone, and a large gap before a small one.
    """
    names = {b["attribute"] for b in bodies}
    crossings = {f"{a} x {b}" for a in names for b in names}  # as backend/stages/audit_bias.py names them

    def rank(place: tuple[dict[str, Any], str]) -> tuple[float, bool, float]:
        body, gap = place[0], place[0]["gaps"][place[1]]
        p = 1.0 if gap["p_holm"] is None else gap["p_holm"]
        return p, body["attribute"] in crossings, -(gap["max_min"] or 0.0)

    body, metric = min(((b, m) for b in bodies for m in ordered(b["gaps"])), key=rank)
    return body["attribute"], metric


def contrast_sentence(test: dict[str, Any], metric: str = "", unit: str | None = None) -> str:
    """Does pretraining widen the gap? `test`: one metric of a `fairness.contrast` event."""
    if test["decision"] == "not enough data":
        return "Too few to say whether pretraining widens or narrows the gap."
    by = f"difference {apart(metric, test['difference'], unit, sign=True)}, {p_is(test['p_holm'])} after Holm"
    if test["decision"] == "no significant difference":
        return f"No sign that SSL widens or narrows the gap ({by})."
    verb = "widens" if test["decision"] == "ssl widens the gap" else "narrows"
    return (
        f"SSL {verb} the gap between {_quoted(test['groups'][0])} and {_quoted(test['groups'][1])}: "
        f"{apart(metric, test['ssl_gap'], unit)} against {apart(metric, test['supervised_gap'], unit)} supervised "
        f"({by})."
    )


def amplification_sentence(body: dict[str, Any], attribute: str) -> str:
    """Does the model lean on the attribute more than the labels do? `body`: a measure of `fairness.amplification`."""
    if body["difference"] is None or body["difference"]["value"] is None:
        return f"Bias amplification by {attribute} could not be computed."
    change = ""
    if body["percent"]:
        change = f"; {interval(body['percent'], ' %', digits=1, sign=True)}"
    told = body["difference"]["low"] is not None and (body["difference"]["low"] > 0 or body["difference"]["high"] < 0)
    opening = "Pretraining changes" if told else "No sign that pretraining changes"
    return (
        f"{opening} how much the model amplifies the link between {attribute} and the label: "
        f"{points(body['ssl'])} pretrained, {points(body['scratch_aug'])} supervised, "
        f"difference {points(body['difference'])}{change}."
    )


def group_rows(body: dict[str, Any]) -> list[dict[str, str]]:
    """The group table: one row a group and one over all, every rate with its interval."""
    metrics, unit = ordered(body["overall"]), unit_of(body)
    rows = [
        {
            "Group": g["group"] if g["enough"] else f"{g['group']} (too few to say)",
            "Rows": f"{g['n']:,}",
            **({} if of_number(body) else {"Positive": "" if g["n_positive"] is None else f"{g['n_positive']:,}"}),
            **{name(m): rate(m, g["metrics"].get(m), unit) for m in metrics},
        }
        for g in body["groups"]
    ]
    total = {"Group": "All", "Rows": f"{sum(g['n'] for g in body['groups']):,}"}
    positive = [g["n_positive"] for g in body["groups"]]
    if not of_number(body):
        total["Positive"] = "" if None in positive else f"{sum(positive):,}"
    return [*rows, {**total, **{name(m): rate(m, body["overall"][m], unit) for m in metrics}}]


def gap_rows(body: dict[str, Any]) -> list[dict[str, str]]:
    """The gaps table: largest difference of every rate, where, and how surprising it would be without a gap."""
    rows = []
    for metric in ordered(body["gaps"]):
        gap = body["gaps"][metric]
        known = gap["max_min"] is not None
        rows.append(
            {
                "Error" if of_number(body) else "Rate": name(metric),
                "Largest difference": apart(metric, _largest(gap), unit_of(body)) if known else "too few to say",
                "Highest": gap["groups"][0] if known else "",
                "Lowest": gap["groups"][1] if known else "",
                "Permutation p": p_value(gap["p"]),
                "After Holm": p_value(gap["p_holm"]),
                "Finding": _finding(gap),
            }
        )
    return rows


def parity_rows(bodies: dict[str, dict[str, Any]], arm_name: dict[str, str]) -> list[dict[str, str]]:
    """Fairlearn's disparities, one row a measure, one column an arm; none of numbers. bodies: {arm: body}."""
    if any(map(of_number, bodies.values())):
        return []
    return [
        {
            "Measure": label,
            **{
                arm_name.get(arm, arm): interval(body[key], digits=3)
                if key.endswith("ratio")
                else points(body[key], sign=False)
                for arm, body in bodies.items()
            },
        }
        for key, label in PARITY.items()
    ]


def contrast_rows(body: dict[str, Any]) -> list[dict[str, str]]:
    """Pretrained against supervised, one row a rate."""
    return [
        {
            "Error" if of_number(body) else "Rate": name(metric),
            "Between": " − ".join(test["groups"]) if test["groups"] else "",
            "Gap, pretrained": apart(metric, test["ssl_gap"], unit_of(body)),
            "Gap, supervised": apart(metric, test["supervised_gap"], unit_of(body)),
            "Difference": apart(metric, test["difference"], unit_of(body), sign=True),
            "After Holm": p_value(test["p_holm"]),
            "Finding": test["decision"].replace("ssl", "SSL"),
        }
        for metric, test in ((m, body["metrics"][m]) for m in ordered(body["metrics"]))
    ]


def _finding(gap: dict[str, Any]) -> str:
    if gap["p"] is None:
        return ""
    return "gap" if significant(gap) else "not settled" if gap["p"] < ALPHA else "no gap found"


def _largest(gap: dict[str, Any]) -> dict[str, float | None]:
    return {"value": gap["max_min"], "low": gap["value_low"], "high": gap["value_high"]}


def _metric_of(body: dict[str, Any], group: str, metric: str) -> dict[str, Any]:
    return next(g["metrics"][metric] for g in body["groups"] if g["group"] == group)


def _quoted(group: str | None) -> str:
    return f"“{group}”"
