"""Did pretraining help? The study's verdict -> sentences and tables. Pure.

The headline holds the best use of pretraining against the strongest model that saw none (rivals.py), at the fraction
that was fixed before the study began. Behind it stands what pretraining adds over the strong supervised baseline (arm
scratch_aug), of which the headline of older records speaks. `of`: the words of the kind of data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.statistics.headline import answer, nearest
from backend.workspace.formats import chosen, in_words, moment, p_is, p_value

from ..targets import said_of
from . import rivals, study_plan
from .arms import method
from .rivals import beside, elsewhere, short, strongest

if TYPE_CHECKING:
    from ..modality._words import Words

LOSSES = {
    "balanced": "Networks learned by cross entropy in which classes weigh alike, as the recipe chose.",
    "focal": "Networks learned by focal loss, in which easy examples weigh less, as the recipe chose.",
}
DECISION = {
    "gain": "gain",
    "loss": "loss",
    "equivalent": "as good as",
    "no significant difference": "no significant difference",
    "not enough data": "not enough data",
}
QUICK = (
    "A quick study: fewer than five label subsets or three pretrainings. With fewer than three pretrainings the "
    "intervals cover these pretrainings only: another one may differ by more."
)


def sentence(verdict: dict[str, Any], of: Words) -> str:
    """The answer to "Did pretraining help?"; names its interval, and whether the study was quick."""
    contrast = answer(verdict)
    if verdict["headline"] is None:
        return _without_scratch(verdict, of)
    if said := short(verdict, of):
        return f"{said}{quick(verdict, contrast)}"
    said = f"{finding(contrast, verdict, of)} ({design(verdict)})"
    return f"{said}.{guessed(verdict, contrast['fraction'], of)}{quick(verdict, contrast)}"


def _without_scratch(verdict: dict[str, Any], of: Words) -> str:
    """What was measured where the strong supervised baseline was left out, and that it was."""
    left = f"the recipe left out {', '.join(left_out(verdict, of))}"
    first = nearest(verdict, verdict["contrasts"])
    if first is None:
        return f"Not measured: {left}, so there is nothing to compare with."
    at_it = [finding(one, verdict, of) for one in verdict["contrasts"] if one["fraction"] == first["fraction"]]
    measured = short(verdict, of) or f"{'. '.join(at_it)}."
    after = quick(verdict, answer(verdict) or first)
    return f"{measured} But {left}, so the strongest rival may be missing ({design(verdict)}).{after}"


def left_out(verdict: dict[str, Any], of: Words) -> list[str]:
    """The rivals without pretraining that suit this kind of data and that the recipe left out, by name."""
    there = {entry["arm"] for entry in verdict["table"]} | {one["against"] for one in verdict["contrasts"]}
    there -= {"scratch_aug"} if verdict["headline"] is None else set()
    missing = (arm for arm in of.baselines if arm not in there and arm != "reference")
    return [said_of(verdict).words(of.arms[arm]) for arm in missing]


def further(verdict: dict[str, Any], of: Words) -> list[str]:
    """What belongs directly below the headline: its figures, what to use at other shares of the labels, what
    pretraining adds over training from scratch, whether the embedding helps beside the raw data, and which other
    baselines beat it."""
    scratch, above = verdict["headline"], answer(verdict)
    lines = [strongest(verdict, of), elsewhere(verdict, of)]
    if scratch is not None and (scratch["against"], scratch["fraction"]) != (above["against"], above["fraction"]):
        lines.append(f"{finding(scratch, verdict, of)}.{guessed(verdict, scratch['fraction'], of)}")
    return [*filter(None, lines), *beside(verdict, of), *beaten(verdict, of)]


def guessed(verdict: dict[str, Any], fraction: float, of: Words) -> str:
    """What has to be said where the strong supervised baseline did not learn: whatever beats it beats little."""
    said = _untaught(verdict, fraction, of)
    return f" But {said}: look at the other baselines." if said else ""


def _untaught(verdict: dict[str, Any], fraction: float, of: Words) -> str:
    """That the strong supervised baseline is hardly better than guessing; else empty."""
    said, chance = said_of(verdict), verdict.get("chance")  # records before it was noted have none
    own = [e for e in verdict["table"] if (e["arm"], e["fraction"], e["best"]) == ("scratch_aug", fraction, True)]
    if not own or said.learned(own[0]["mean"]["value"], chance):
        return ""
    amount = said.figures.amount
    values = f"{said.title} {amount(own[0]['mean']['value'])}, {said.guessing} {amount(chance)}"
    return f"{of.arms['scratch_aug']} learns next to nothing from {chosen(fraction)} of the labels ({values})"


def quick(verdict: dict[str, Any], contrast: dict[str, Any]) -> str:
    """What a quick study has to add to its sentence; empty for a full one."""
    if not verdict["quick"]:
        return ""
    narrow = contrast.get("scope") == "these pretrainings" and contrast["difference"]["low"] is not None
    return " This is a quick study, of these pretrainings only." if narrow else " This is a quick study."


def finding(contrast: dict[str, Any], verdict: dict[str, Any], of: Words) -> str:
    """One contrast of a verdict in words, without the full stop."""
    said, difference, decision = said_of(verdict), contrast["difference"], contrast["decision"]
    at, against = f"{chosen(contrast['fraction'])} labels", said.words(of.arms[contrast["against"]])
    if decision == "gain":
        small = ", which is within the equivalence margin" if contrast["equivalent"] else ""
        return f"At {at} pretraining {said.gain(difference)} over {against}{small}"
    if decision == "loss":
        return f"At {at} pretraining hurts: {said.loss(difference)} against {against}"
    if decision == "equivalent":
        margin = said.figures.margin(verdict["margin"])
        return f"At {at} pretraining is as good as {against}, within {margin}: {said.undecided(difference)}"
    if decision == "no significant difference":
        p = "" if contrast["p_holm"] is None else f", {p_is(contrast['p_holm'])} after Holm's correction"
        return f"No significant gain at {at}: {said.undecided(difference)} {said.beside} {against}{p}"
    told = f"{said.undecided(difference)} {said.beside} {against}, without an interval"
    return f"Not enough data to say whether pretraining helped at {at}: {told}"


def per_fraction(verdict: dict[str, Any], of: Words) -> list[str]:
    """One sentence a fraction, against the strong supervised baseline."""
    return [f"{finding(c, verdict, of)}." for c in verdict["contrasts"] if c["against"] == "scratch_aug"]


def beaten(verdict: dict[str, Any], of: Words) -> list[str]:
    """One sentence for each other baseline that is better than pretraining at some share of the labels: whatever
    pretraining adds over training from scratch, a simpler model may do better still. Without what `strongest` says."""
    said, lost, told = said_of(verdict), dict[str, list[str]](), rivals.told(verdict)
    for contrast in verdict["contrasts"]:
        if (contrast["fraction"], contrast["against"], contrast["against_method"]) in told:
            continue
        if contrast["against"] != "scratch_aug" and contrast["decision"] == "loss":
            by = f"by {said.ahead(contrast['difference'])} at {chosen(contrast['fraction'])} labels"
            lost.setdefault(contrast["against"], []).append(by)
    named = {against: said.words(of.arms[against]) for against in lost}
    return [
        f"{named[against][0].upper()}{named[against][1:]} beats pretraining {', '.join(by)}."
        for against, by in lost.items()
    ]


def evidence(verdict: dict[str, Any], read: dict[str, Any] | None, of: Words) -> str:
    """What the answer rests on: metric, choice of method, the one reading of the test split."""
    best, metric = method(verdict["best_method"]), said_of(verdict).title
    said = f"{metric[0].upper()}{metric[1:]} on test; {best}, chosen on validation; 95 % intervals over "
    said += f"{design(verdict)} and the test {of.nouns}, which are crossed.{_scope(verdict)}{all_labels(verdict)}"
    if verdict["headline"] is not None and (missing := left_out(verdict, of)):
        said += f" The recipe left out {', '.join(missing)}, so the strongest rival may be missing."
    if read:
        models = f", after all {read['models']:,} models were fixed" if "models" in read else ""
        said += f" The test split ({read['rows']:,} rows) was read once: {moment(read['when'])}{models}."
    return said


def _scope(verdict: dict[str, Any]) -> str:
    """What the intervals speak of: pretraining anew, or the encoders at hand."""
    scope = (answer(verdict) or {}).get("scope")
    if scope is None:
        return ""
    anew = scope == "pretraining"
    return f" They speak of {'pretraining anew' if anew else 'these encoders, not of pretraining anew'}."


def all_labels(verdict: dict[str, Any]) -> str:
    """What the intervals at 100 % of the labels rest on, where it was studied: one subset."""
    if not any(entry["fraction"] == 1 for entry in verdict["table"]):
        return ""
    return (
        " All labels are one subset: at 100 % its place is taken by training seeds, and what trains without one, as "
        "nearest neighbours do, has no such spread."
    )


def record(
    verdict: dict[str, Any], started: dict[str, Any] | None, read: dict[str, Any] | None, of: Words
) -> list[str]:
    """What was fixed when, as lines: the plan, the seal on the predictions, the reading of the test labels."""
    lines = []
    if started:
        budget, said = started["budget"], said_of(started)
        lines.append(
            f"Before the study: fractions {', '.join(chosen(f) for f in started['fractions'])}; {design(started)}; "
            f"metric {said.title}; equivalence margin {said.figures.margin(started['margin'])}."
        )
        if started.get("class_weights"):
            lines.append(
                "Classes were weighted equally: in the loss of networks and trees, and in the other models where "
                "that was better on validation."
            )
        if (loss := started.get("loss", "cross_entropy")) != "cross_entropy":
            lines.append(LOSSES[loss])
        if "headline_fraction" in started:
            lines.append(
                f"The headline fraction was fixed beforehand: {chosen(started['headline_fraction'])} of the labels."
            )
        if "image_passes" in budget:
            cap = f", but at most {budget['max_steps']:,} steps" if budget.get("max_steps") else ""
            lines.append(
                f"Supervised training could see up to {budget['image_passes']:,} {of.nouns} (repeats counted){cap}."
            )
    if read:
        body = read["body"]
        digest = f"digest {body['digest'][:16]}…"
        lines.append(f"Event {read['seq']}: the test labels were read once, {moment(body['when'])}; {digest}.")
        if "predictions_digest" in body:
            lines.append(
                f"Every model's predictions were fixed before that: digest {body['predictions_digest'][:16]}…."
            )
    return lines


def underway(started: dict[str, Any], cells: int) -> str:
    """How far a study is that has no verdict yet; no test result is known before all models are fixed."""
    total = f" of {started['models']:,}" if "models" in started else ""
    return f"The study is running: {cells:,}{total} models are fitted. The test split is read when all are."


def contrast_table(verdict: dict[str, Any], against: str) -> list[dict[str, Any]]:
    """Contrasts with one baseline, a row a fraction, ready to read."""
    said = said_of(verdict)
    return [
        {
            "Labels": f"{chosen(c['fraction'])} ({c['n_labels']:,})",
            "Pretrained by": method(c["method"]),
            "Baseline by": said.words(method(c["against_method"])),
            said.column(): said.figures.plain(c["difference"], sign=True),
            "p": p_value(c["p"]),
            "p (Holm)": p_value(c["p_holm"]),
            f"Within {said.figures.margin(verdict['margin'])}": "yes" if c["equivalent"] else "not shown",
            "Decision": DECISION[c["decision"]],
        }
        for c in verdict["contrasts"]
        if c["against"] == against
    ]


def baselines(verdict: dict[str, Any], of: Words) -> list[dict[str, str]]:
    """The baselines that this study has, what each is and what beating it means."""
    present, words = {entry["arm"] for entry in verdict["table"]}, said_of(verdict).words
    return [
        {"Baseline": words(of.arm_names[arm]), "What it is": words(what), "What beating it means": means}
        for arm, (what, means) in of.baselines.items()
        if arm in present
    ]


def table_title(verdict: dict[str, Any]) -> str:
    """Over `arm_table`."""
    figures = said_of(verdict).figures
    if figures.share:
        return "All models: mean on test with 95 % interval, in percent"
    return f"All models: {figures.axis} on test, mean with 95 % interval"


def arm_table(verdict: dict[str, Any], of: Words) -> list[dict[str, Any]]:
    """Every arm and method, a column a fraction: mean test metric (in percent, or in its unit) with its interval."""
    rows, said = dict[tuple[str, str], dict[str, Any]](), said_of(verdict)
    for entry in sorted(verdict["table"], key=lambda e: e["fraction"]):
        whose, by = entry["arm"], entry["method"]
        model, means = said.words(of.arm_names.get(whose, whose)), said.words(method(by))
        row = rows.setdefault((whose, by), {"Model": model, "Method": means})
        row[f"{chosen(entry['fraction'])} ({entry['n_labels']:,})"] = said.figures.plain(entry["mean"])
    return list(rows.values())


def design(verdict: dict[str, Any]) -> str:
    """ "five subsets × three pretrainings" """
    return f"{study_plan.counted(verdict)} × {in_words(verdict['pretrain_seeds'], 'pretraining')}"
