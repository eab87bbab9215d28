"""Which columns stand in for a sensitive attribute? Pure: bodies of the event `proxies` -> sentences and rows."""

from __future__ import annotations

from typing import Any

from backend.workspace.formats import interval, p_is, p_value

from .arms import ARM_NAME
from .bias import MODEL, apart, name, ordered, short, unit_of

ALPHA = 0.05
TOGETHER = "All columns together"
METHOD = (
    "A column gives an attribute away when its values alone tell the groups apart: cross-validated AUROC on "
    "training rows, of more than two groups each against the rest. It is called a proxy when the 95 % interval lies "
    "above {bound:g} and chance is ruled out after Holm over all columns and attributes. What it carries: on the test "
    "rows its values are replaced by those of random training rows, and the change of the gap has a 95 % interval from "
    "a bootstrap of the test rows, the same for both. The model is not trained again: one that never saw the column "
    "might find the attribute in others."
)
FINDING = {"carries": "carries part of the gap", "narrows": "narrows the gap"}


def proxies(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns that are proxies, the strongest first."""
    return [one for one in body["columns"] if one["proxy"]]


def own(body: dict[str, Any]) -> list[str]:
    """The attribute's own column, where the model reads it."""
    return [one["column"] for one in body["columns"] if one["itself"]]


def auroc(found: dict[str, Any] | None) -> str:
    return interval(found, digits=3)


def sentence(body: dict[str, Any]) -> str:
    """What gives the attribute away."""
    attribute, found = body["attribute"], proxies(body)
    seen = f"The model reads {attribute} itself. " if own(body) else ""
    together = f"all columns together: {auroc(body['together'])}"
    if not found:
        others = [one for one in body["columns"] if not one["itself"]]
        closest = f"closest: {_quoted(others[0]['column'])}, AUROC {auroc(others[0]['auroc'])}; " if others else ""
        opening = "No single column gives" if hidden(body) else "No column gives"
        end = ", so columns that say little alone give it away together" if hidden(body) else ""
        return f"{seen}{opening} {attribute} away ({closest}{together}; 0.5 is chance){end}."
    first = found[0]
    also = _further(found[1:])
    return (
        f"{seen}{_quoted(first['column'])} gives {attribute} away: from it alone the groups are told apart with AUROC "
        f"{auroc(first['auroc'])} (0.5 is chance; {p_is(first['p_holm'])} after Holm){also}; {together}."
    )


def hidden(body: dict[str, Any]) -> bool:
    """Whether columns tell the attribute together though none does alone."""
    low = body["together"]["low"]
    return not proxies(body) and low is not None and low >= body["bound"]


def _further(found: list[dict[str, Any]]) -> str:
    if not found:
        return ""
    named = ", ".join(_quoted(one["column"]) for one in found[:4])
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return f"; so {'does' if len(found) == 1 else 'do'} {named}{more}"


def carried(body: dict[str, Any]) -> list[str]:
    """What the proxies, and the attribute's own column, carry of the gaps: a sentence for each model and set of
    columns."""
    if not body["carried"]:
        if not proxies(body) and not own(body):
            return []
        return ["What they carry is not known: the run kept no network that could be asked again."]
    return [carried_sentence(body, one) for one in body["carried"]]


def foremost(body: dict[str, Any]) -> list[str]:
    """Of these sentences one a model: of all the columns together, where several were replaced."""
    most = {one["arm"]: one for one in sorted(body["carried"], key=lambda one: len(one["columns"]))}
    return [carried_sentence(body, one) for one in most.values()] if body["carried"] else carried(body)


def carried_sentence(body: dict[str, Any], one: dict[str, Any]) -> str:
    """The gap that changes most surely when these columns are replaced."""
    columns = " and ".join(_quoted(column) for column in one["columns"])
    model = MODEL.get(one["arm"], one["arm"])
    known = {m: test for m, test in one["metrics"].items() if test["p_holm"] is not None}
    if not known:
        return f"{model}: too few rows to say what {columns} carries."
    metric = decisive(known)
    test = known[metric]
    change = (
        f"{apart(metric, test['gap'], unit_of(body))} as it is, {apart(metric, test['without'], unit_of(body))} with "
        f"the values of random rows; change {apart(metric, test['difference'], unit_of(body), sign=True)}, "
        f"{p_is(test['p_holm'])} after Holm"
    )
    verb = "carry" if len(one["columns"]) > 1 else "carries"
    if test["p_holm"] >= ALPHA:
        return f"{model}: no sign that {columns} {verb} a gap (largest change, {short(metric)}: {change})."
    high, low = test["groups"]
    if test["decision"] == "narrows":
        does = "narrow" if len(one["columns"]) > 1 else "narrows"
        return f"{model}: {columns} {does} the gap in {short(metric)} between “{high}” and “{low}” ({change})."
    return f"{model}: {columns} {verb} part of the gap in {short(metric)} between “{high}” and “{low}” ({change})."


def decisive(metrics: dict[str, dict[str, Any]]) -> str:
    """The metric whose gap changes most surely, of equals the one that changes most."""
    return min(ordered(metrics), key=lambda m: (metrics[m]["p_holm"], -abs(metrics[m]["difference"]["value"] or 0)))


def method(body: dict[str, Any]) -> str:
    return METHOD.format(bound=body["bound"])


def evidence(body: dict[str, Any]) -> str:
    """What the figures rest on."""
    return (
        f"{body['of']:,} columns · {body['rows']:,} training rows of {', '.join(body['groups'])} · gaps on "
        f"{body['test_rows']:,} test rows"
    )


def column_rows(body: dict[str, Any], most: int = 20) -> list[dict[str, str]]:
    """One row a column, the ones that tell most first, and all of them together."""
    rows = [
        {
            "Column": one["column"],
            "AUROC alone": auroc(one["auroc"]),
            "After Holm": "not tested" if one["itself"] else p_value(one["p_holm"]),
            "Finding": "the attribute itself" if one["itself"] else "proxy" if one["proxy"] else "",
        }
        for one in body["columns"][:most]
    ]
    return [*rows, {"Column": TOGETHER, "AUROC alone": auroc(body["together"]), "After Holm": "", "Finding": ""}]


def carried_rows(body: dict[str, Any]) -> list[dict[str, str]]:
    """One row a model, set of columns and rate."""
    return [
        {
            "Model": ARM_NAME.get(one["arm"], one["arm"]),
            "Without": ", ".join(one["columns"]),
            "Rate": name(metric),
            "Between": " − ".join(test["groups"]) if test["groups"] else "",
            "Gap": apart(metric, test["gap"], unit_of(body)),
            "Gap without": apart(metric, test["without"], unit_of(body)),
            "Change": apart(metric, test["difference"], unit_of(body), sign=True),
            "After Holm": p_value(test["p_holm"]),
            "Finding": FINDING.get(test["decision"], test["decision"] or ""),
        }
        for one in body["carried"]
        for metric, test in ((m, one["metrics"][m]) for m in ordered(one["metrics"]))
    ]


def _quoted(column: str) -> str:
    return f"“{column}”"
