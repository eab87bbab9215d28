"""What the models are worth where few rows are positive and few can be looked at. Pure: bodies of `decide.plan` and
`decide.verdict` (docs/events.md) -> sentences and rows. `of`: the words of the kind of data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.targets.figures import turned
from backend.workspace.formats import (
    chosen,
    count,
    ends,
    interval,
    p_is,
    p_value,
    percent,
    percent_interval,
    points,
    quantity,
    quantity_interval,
)

from .arms import method

if TYPE_CHECKING:
    from ..modality._words import Words

BASELINE = "scratch_aug"
ORDER = ("recall", "precision", "false_alarms", "average_precision", "cost")
LABEL = {
    "recall": "what it finds",
    "precision": "precision",
    "false_alarms": "false alarms",
    "average_precision": "average precision",
    "cost": "cost",
}
CALIBRATED = {"none": "as they are", "temperature": "temperature scaling", "isotonic": "isotonic regression"}
METHOD = (
    "Found and precision: of the rows with the highest scores that fill the budget, so every model looks at equally "
    "many. False alarms: where each model finds the stated share of the positive test rows. Costs: at the threshold "
    "that validation gave. 95 % intervals over label subsets, pretrainings and test rows, paired; p is Holm-adjusted "
    "over the figures and fractions of each rival. A change in percent stands only where the rival's own interval "
    "excludes 0."
)
OFF = (
    "Calibration error: root mean square distance between probability and share of positives, over bins of equally "
    "many rows, less what chance alone would show; a perfect model has 0. The curve is of the first label subset and "
    "pretraining."
)


def unit_of(plan: dict[str, Any]) -> str:
    """What costs are counted in."""
    return plan["unit"] or "units of cost"


def money(found: dict[str, Any] | None, plan: dict[str, Any], sign: bool = False) -> str:
    """A cost with its interval: "412 EUR [371, 455]"."""
    return quantity_interval(found, unit_of(plan), sign)


def entry(body: dict[str, Any], arm: str, fraction: float | None = None) -> dict[str, Any] | None:
    """An arm's figures at a fraction, by default the headline's."""
    at = body["headline_fraction"] if fraction is None else fraction
    return next((e for e in body["table"] if (e["arm"], e["fraction"]) == (arm, at)), None)


def contrasts(body: dict[str, Any], fraction: float | None = None) -> dict[str, dict[str, Any]]:
    """{rival: contrast} at a fraction, by default the headline's."""
    at = body["headline_fraction"] if fraction is None else fraction
    return {c["against"]: c for c in body["contrasts"] if c["fraction"] == at}


def sentences(plan: dict[str, Any], body: dict[str, Any], of: Words, fraction: float | None = None) -> list[str]:
    """What pretraining finds, how many false alarms it raises and what it costs, against the strong supervised baseline
    (or the first rival there is)."""
    rivals = contrasts(body, fraction)
    if not rivals:
        return []
    against = BASELINE if BASELINE in rivals else next(iter(rivals))
    ours, theirs = entry(body, "ssl", fraction), entry(body, against, fraction)
    rival = of.rival(against, rivals[against]["against_method"])
    told = rivals[against]["measures"], ours["measures"], theirs["measures"], rival
    return [found(plan, *told, ours["fraction"]), alarms(plan, *told), cost(plan, *told)]


def headline(plan: dict[str, Any], body: dict[str, Any], of: Words) -> str:
    """The first of them, for the shell and the front of a report; empty without a rival."""
    return next(iter(sentences(plan, body, of)), "")


def found(plan: dict[str, Any], contrast: dict[str, Any], ours: dict, theirs: dict, rival: str, fraction: float) -> str:
    """Detection at the alert budget."""
    told, budget = contrast["recall"], chosen(plan["budget"])
    both = f"{percent_interval(ours['recall'])} of the positive rows against {percent_interval(theirs['recall'])}"
    if told["decision"] in ("better", "worse"):
        more = "more" if told["decision"] == "better" else "fewer"
        by = _change(told["relative"], more) if told["relative"] else f"{more} ({points(told['difference'])})"
        return (
            f"At {chosen(fraction)} labels and the same alert budget ({budget} of the rows) pretraining finds {by} "
            f"than {rival}: {both}."
        )
    return (
        f"At {chosen(fraction)} labels and the same alert budget ({budget} of the rows) no difference to {rival} in "
        f"what is found was shown: {both} {_undecided(told, points(told['difference']))}."
    )


def alarms(plan: dict[str, Any], contrast: dict[str, Any], ours: dict, theirs: dict, rival: str) -> str:
    """False alarms at equal detection."""
    told, at = contrast["false_alarms"], f"At the same detection ({chosen(plan['detection'])} of the positive rows)"
    both = f"{_count(ours['false_alarms'])} per 1,000 rows against {_count(theirs['false_alarms'])}"
    if told["decision"] in ("better", "worse"):
        more = "fewer" if told["decision"] == "better" else "more"
        by = _change(told["relative"], more) if told["relative"] else more
        return f"{at} it raises {by} false alarms than {rival}: {both}."
    return f"{at} no difference in false alarms was shown: {both} {_undecided(told, _count(told['difference'], True))}."


def cost(plan: dict[str, Any], contrast: dict[str, Any], ours: dict, theirs: dict, rival: str) -> str:
    """Costs at the threshold of validation."""
    told = contrast["cost"]
    both = f"{money(ours['cost'], plan)} per 1,000 rows against {money(theirs['cost'], plan)}"
    if told["decision"] in ("better", "worse"):
        less = "less" if told["decision"] == "better" else "more"
        by = _change(told["relative"], less) if told["relative"] else less
        return f"At the stated costs its decisions cost {by} than those of {rival}: {both}."
    by = money(told["difference"], plan, True)
    return f"At the stated costs no difference was shown: {both} {_undecided(told, by)}."


def others(
    plan: dict[str, Any], body: dict[str, Any], of: Words, fraction: float | None = None
) -> list[tuple[str, bool]]:
    """One sentence for each other rival, and whether it decides better than pretraining somewhere."""
    said, rivals = [], contrasts(body, fraction)
    spoken = BASELINE if BASELINE in rivals else next(iter(rivals), "")
    for rival, contrast in rivals.items():
        if rival == spoken:
            continue
        told = contrast["measures"]
        by = f"found {points(told['recall']['difference'])}"
        by += f", false alarms {_count(told['false_alarms']['difference'], True)}"
        by += f" and cost {money(told['cost']['difference'], plan, True)} per 1,000 rows"
        verdicts = {d: [LABEL[name] for name in ORDER if told[name]["decision"] == d] for d in ("better", "worse")}
        parts = [f"pretraining is {d} in {_listed(names)}" for d, names in verdicts.items() if names]
        few = any(one["decision"] == "not enough data" for one in told.values())
        nothing = "too few label subsets for a test" if few else "no difference shown"
        name = of.rival(rival, contrast["against_method"])
        said.append((f"Pretraining less {name}: {by}; {' and '.join(parts) or nothing}.", bool(verdicts["worse"])))
    return said


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def evidence(plan: dict[str, Any], body: dict[str, Any]) -> str:
    """What the figures rest on, and that nothing was chosen on test rows."""
    test, val = body["test"], plan["validation"]
    return (
        f"Positive: {plan['positive']} in {plan['label']}, {test['positive']:,} of {test['rows']:,} test rows. "
        f"Thresholds and calibration were fixed on {val['rows']:,} validation rows ({val['positive']:,} positive), and "
        "costs and budget before any test figure of this section was computed."
    )


def stated(plan: dict[str, Any]) -> str:
    """The costs and the threshold that follows from them."""
    costs, unit = plan["costs"], unit_of(plan)
    told = f"{quantity(costs['miss'])} for a missed positive row, {quantity(costs['false_alarm'])} for a false alarm"
    told += f", {quantity(costs['inspection'])} for each alert that is looked at"
    pays = f"So an alert pays from a calibrated probability of {percent(plan['threshold'])} on."
    return f"Stated costs ({unit}): {told}. {pays}"


def calibration(one: dict[str, Any], of: Words) -> str:
    """How far an arm's probabilities are off, before and after."""
    told = one["calibration"]
    name = of.arms[one["arm"]]
    methods = ", ".join(f"{CALIBRATED[m]} for {n}" for m, n in told["chosen"].items())
    before, after = (points(told[when], sign=False) for when in ("before", "after"))
    models = count(one["models"], "model")
    return (
        f"Probabilities of {name} are off by {before} as they are and by {after} as they are used; of its {models}, "
        f"validation chose {methods}."
    )


def table(plan: dict[str, Any], body: dict[str, Any], of: Words, fraction: float | None = None) -> list[dict[str, str]]:
    """Every arm's figures, a row an arm."""
    at = body["headline_fraction"] if fraction is None else fraction
    return [
        {
            "Model": of.arm_names[e["arm"]],
            "Method": method(e["method"]),
            **{title(name, plan): value(name, e["measures"][name], plan) for name in ORDER},
        }
        for e in body["table"]
        if e["fraction"] == at
    ]


def contrast_rows(
    plan: dict[str, Any], body: dict[str, Any], of: Words, fraction: float | None = None
) -> list[dict[str, str]]:
    """Pretraining less each rival, a row a figure."""
    return [
        {
            "Against": of.arm_names[rival],
            "Figure": title(name, plan),
            "Difference": difference(name, told),
            "Change": _relative(told["relative"]),
            "p": p_value(told["p"]),
            "p (Holm)": p_value(told["p_holm"]),
            "Decision": told["decision"],
        }
        for rival, contrast in contrasts(body, fraction).items()
        for name, told in ((name, contrast["measures"][name]) for name in ORDER)
    ]


def confusion(plan: dict[str, Any], body: dict[str, Any], of: Words, fraction: float | None = None) -> list[dict]:
    """Outcomes of 1,000 rows at the thresholds of validation, and what each of them costs."""
    at = body["headline_fraction"] if fraction is None else fraction
    costs, unit = plan["costs"], unit_of(plan)
    each = {"missed": costs["miss"], "false_alarms": costs["false_alarm"] + costs["inspection"]}
    each["detected"] = costs["inspection"]
    names = {"missed": "Missed", "false_alarms": "False alarms", "detected": "Found"}
    rows = []
    for e in (e for e in body["table"] if e["fraction"] == at):
        for policy, said in (("at_cost", "for the costs"), ("at_budget", f"for {chosen(plan['budget'])} alerts")):
            told = e[policy]
            row = {"Model": of.arm_names[e["arm"]], "Threshold": said, "Alerts": percent_interval(told["alerts"])}
            row |= {"Precision": percent_interval(told["precision"]) if told["precision"] else "no alert"}
            for name, heading in names.items():
                spent = {end: None if x is None else x * each[name] for end, x in told[name].items()}
                row[f"{heading} per 1,000"] = f"{_count(told[name])}: {quantity_interval(spent, unit)}"
            rows.append({**row, "Cost per 1,000": money(told["cost"], plan)})
    return rows


def references(plan: dict[str, Any], body: dict[str, Any]) -> str:
    """What deciding without a model costs."""
    never, always = (money(body["references"][name], plan) for name in ("never", "always"))
    return f"Without a model 1,000 rows cost {never} where nothing raises an alert, {always} where everything does."


def title(name: str, plan: dict[str, Any]) -> str:
    """A figure at the head of a column."""
    titles = {
        "recall": f"Found at {chosen(plan['budget'])} alerts",
        "precision": f"Precision at {chosen(plan['budget'])} alerts",
        "false_alarms": f"False alarms per 1,000 at {chosen(plan['detection'])} found",
        "average_precision": "Average precision",
        "cost": f"Cost per 1,000 rows ({unit_of(plan)})",
    }
    return titles[name]


def value(name: str, found: dict[str, Any], plan: dict[str, Any]) -> str:
    """A figure with its interval."""
    if name in ("false_alarms", "cost"):
        return _count(found)
    return percent_interval(found)


def difference(name: str, told: dict[str, Any]) -> str:
    """Pretraining less a rival, in the unit of its column."""
    if name in ("false_alarms", "cost"):
        return _count(told["difference"], True)
    return points(told["difference"])


def _count(found: dict[str, Any], sign: bool = False) -> str:
    return quantity_interval(found, None, sign)


def _relative(found: dict[str, Any] | None) -> str:
    return interval(found, " %", 100, 0, True) if found else "not known"


def _change(found: dict[str, Any], word: str) -> str:
    """ "33 % more [12, 58]", "27 % fewer [9, 41]": the size of a change, its ends in the same direction."""
    size = turned(found) if word in ("fewer", "less") else found
    return f"{percent(size['value'], 0)} {word} {ends(size, 100, 0)}"


def _undecided(told: dict[str, Any], by: str) -> str:
    """The difference that was not decided, in brackets."""
    if told["p_holm"] is None:
        return f"(difference {by}; too few label subsets for a test)"
    return f"(difference {by}, {p_is(told['p_holm'])} after Holm's correction)"
