"""A kept selection in words: its record, and how the model does on it. Pure: records and answers -> sentences, rows."""

from __future__ import annotations

from typing import Any

from backend.workspace.formats import p_is, p_value, points

from .bias import apart, name, of_number, ordered, rate, short, unit_of

ALPHA = 0.05
CHOSEN_BY_EYE = (
    "Read p as a description, not as a test: this slice was drawn after looking at the map, perhaps at the errors "
    "themselves, so the data chose the hypothesis. To confirm a difference, state the slice first and measure it on "
    "rows that had no part in drawing it."
)
METHOD = (
    "As in the group audit: labelled test rows only; Wilson intervals (AUROC: DeLong's; means over classes: bootstrap "
    "of the counts); p by exchanging who is in the slice, within true classes for TPR, FPR and AUROC, within "
    "predictions for precision; corrected after Holm over the rates."
)
CLUSTERED = "Rows that belong together are resampled and exchanged together; intervals are widened for them."
SELECTED, REST = "selected", "the rest"


def unknown(name: str) -> str:
    """The line for a selection that a page's address names and the run does not keep."""
    return f"selection: expected one that this run keeps, found {name[:80]!r}"


def kept(record: dict[str, Any], again: bool | None) -> str:
    """What stands in the ledger of a kept selection. again: whether its steps give its rows; None: it holds none, or
    what they were drawn on is no more."""
    head = f"Version {record['version']}, leaf {record['leaf']}, rows {record['rows_sha256'][:8]}…"
    if again is None:
        steps = record["view"].get("steps")
        why = "what it was drawn on is not here any more" if steps else "not drawn on a map alone"
        return f"{head}: {why}, so the rows themselves are the record."
    count = len(record["view"]["steps"])
    gestures = f"{count} gesture{'s' if count > 1 else ''}"
    if again:
        return f"{head}: redrawn from its {gestures} it gives the same rows."
    return f"{head}: redrawn from its {gestures} it gives different rows; the recorded rows count."


def sentence(title: str, result: dict[str, Any]) -> str:
    """Is the model worse on the slice? result: of the question `slice`."""
    counted = f"{result['tested']:,} of its {result['rows']:,} rows are labelled test rows"
    if not result["groups"]:
        why = "it holds all of them, so there is no rest" if result["tested"] else "there is nothing to compare"
        return f"“{title}” cannot be compared: {counted}; {why}."
    inside, rest = _groups(result)
    if of_number(result):
        return _of_number(title, result, inside, rest, counted)
    wrong = f"{error(inside)} wrong in “{title}” against {error(rest)} in the rest"
    test = inside["metrics"]["accuracy"]["versus_rest"]
    if test is None:
        return f"Too few to say: {wrong}; {counted}, and {result['min_group']} are needed on either side."
    by = f"difference {points(flipped(test))}, {p_is(test['p'])}"
    if test["p"] >= ALPHA:
        return f"No difference in errors found: {wrong} ({by})."
    return f"The model is wrong {'more' if test['value'] < 0 else 'less'} often here: {wrong} ({by})."


def _of_number(title: str, result: dict[str, Any], inside: dict, rest: dict, counted: str) -> str:
    """The same of a number: by the mean absolute error."""
    metric, unit = "mean_absolute_error", unit_of(result)
    off, other = (rate(metric, group["metrics"][metric], unit) for group in (inside, rest))
    said = f"off by {off} on average in “{title}” against {other} in the rest"
    test = inside["metrics"][metric]["versus_rest"]
    if test is None:
        return f"Too few to say: {said}; {counted}, and {result['min_group']} are needed on either side."
    by = f"difference {apart(metric, test, unit, sign=True)}, {p_is(test['p'])}"
    if test["p"] >= ALPHA:
        return f"No difference in errors found: {said} ({by})."
    return f"The model is {'further off' if test['value'] > 0 else 'nearer to the truth'} here: {said} ({by})."


def evidence(result: dict[str, Any]) -> str:
    """What the comparison rests on."""
    rest = sum(group["n"] for group in result["groups"]) - result["tested"] if result["groups"] else 0
    positive = f" · positive class: {result['positive']}" if result["positive"] else ""
    return f"{result['tested']:,} test rows in the slice, {rest:,} in the rest{positive}"


def rows(result: dict[str, Any]) -> list[dict[str, str]]:
    """One line a rate: in the slice, in the rest, the difference and how surprising it would be."""
    inside, rest = _groups(result)
    unit = unit_of(result)
    if of_number(result):
        return [_line(name(m), m, inside, rest, unit=unit) for m in ordered(inside["metrics"])]
    lines = [_line("Wrong answers (error rate)", "accuracy", inside, rest, turned=True)]
    lines += [_line(name(m), m, inside, rest) for m in ordered(inside["metrics"]) if m != "accuracy"]
    return lines


def summary(result: dict[str, Any]) -> str:
    """Which rates stand apart after correction, in one line."""
    inside, _ = _groups(result)
    tests = {m: found["versus_rest"] for m, found in inside["metrics"].items() if found["versus_rest"]}
    tests = {m: test for m, test in tests.items() if test["p_holm"] is not None}
    if not tests:
        return "No rate has enough rows on both sides to be tested."
    apart = [short(m) for m, test in tests.items() if test["p_holm"] < ALPHA]
    told = ", ".join(apart) if apart else "none"
    return f"Of {len(tests)} rates tested, these differ significantly after Holm: {told}."


def error(group: dict[str, Any]) -> str:
    """The error rate with its interval: 1 - accuracy."""
    return rate("accuracy", flipped(group["metrics"]["accuracy"], 1.0))


def flipped(estimate: dict[str, float | None], whole: float = 0.0) -> dict[str, float | None]:
    """`whole` - estimate: of errors instead of right answers; the ends change places."""
    ends = {"value": "value", "low": "high", "high": "low"}
    return {to: None if estimate[of] is None else whole - estimate[of] for to, of in ends.items()}


def _line(
    title: str, metric: str, inside: dict[str, Any], rest: dict[str, Any], turned: bool = False, unit: str | None = None
) -> dict[str, str]:
    rates = [group["metrics"][metric] for group in (inside, rest)]
    test = rates[0]["versus_rest"]
    shown = [flipped(one, 1.0) for one in rates] if turned else rates
    told = test and (flipped(test) if turned else test)
    return {
        "Rate": title,
        "In the slice": rate(metric, shown[0], unit),
        "In the rest": rate(metric, shown[1], unit),
        "Rests on": f"{rates[0]['trials']:,} and {rates[1]['trials']:,} rows",
        "Slice − rest": apart(metric, told, unit, sign=True) if told else "too few to say",
        "Permutation p": p_value(test["p"] if test else None),
        "After Holm": p_value(test["p_holm"] if test else None),
    }


def _groups(result: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    found = {group["group"]: group for group in result["groups"]}
    return found[SELECTED], found[REST]
