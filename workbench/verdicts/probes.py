"""What the probes of a language model say. Pure: `probe` event bodies (docs/events.md) -> sentences and rows."""

from __future__ import annotations

from typing import Any

from backend import exports
from backend.workspace import formats
from backend.workspace.formats import p_is, p_value

from ..frame.safe import as_html
from .bias import ALPHA

CONTROL = "random"
MODEL = {"ssl": "Pretrained", "scratch_aug": "Supervised", "random": "Untrained (control)"}
UNIT = {
    "share": "share (%)",
    "points": "change of the probability (points)",
    "correlation": "correlation",
    "d": "effect size d",
    "nats": "difference of log-probabilities (nats)",
    "auroc": "AUROC",
}
SCALE = {"share": 100, "points": 100}
DIGITS = {"points": 1, "auroc": 3}
UNNAMED = ("is above neutral", "is below neutral", "does not differ from neutral")  # where a probe exports no FINDING
EXAMPLES = 12
CONTROLLED = (
    "Every probe is repeated on the same network untrained, which cannot know any stereotype. Each is tested at 5 % "
    "without correction for the number of probes: one of them may be significant by chance."
)
KNOWS_NOTHING = (
    "The model predicts words of your held-out texts no better than their frequencies do, so its preferences mean "
    "little."
)


def name(probe: str) -> str:
    return exports.title("probes", probe)


def number(unit: str, value: float | None) -> str:
    """A value in a probe's unit: "57.5 %", "0.31"; of points the number alone; missing: "not known"."""
    return interval(unit, {"value": value, "low": None, "high": None})


def interval(unit: str, estimate: dict[str, float | None] | None) -> str:
    """ "57.5 % [52.6, 62.3]", "0.31 [0.12, 0.50]" """
    if unit == "share":
        return formats.percent_interval(estimate)
    small = unit not in SCALE and estimate and 0 < abs(estimate["value"] or 0) < 0.01
    return formats.interval(estimate, scale=SCALE.get(unit, 1), digits=DIGITS.get(unit, 3 if small else 2))


def by_probe(bodies: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """{probe: {arm: body}} in the order in which they were made."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for body in bodies:
        found.setdefault(body["probe"], {})[body["arm"]] = body
    return found


def significant(p: float | None) -> bool:
    return p is not None and p < ALPHA


def sentence(arms: dict[str, dict[str, Any]]) -> str:
    """What one probe says of the model, and whether its control says the same. arms: {arm: body}."""
    body = arms.get("ssl") or next(iter(arms.values()))
    said = f"{name(body['probe'])}: {_finding(body)}"
    control = arms.get(CONTROL)
    if control and control is not body and control["estimate"]["value"] is not None:
        said += f" Untrained: {interval(control['unit'], control['estimate'])}"
        said += (
            ", which is not neutral either: the test set or the tokenizer alone can cause this."
            if _apart(control)
            else "."
        )
    return said


def _finding(body: dict[str, Any]) -> str:
    shown = interval(body["unit"], body["estimate"])
    if body["probe"] == "counterfactual":
        return _swaps(body, shown)
    if body["probe"] in ("weat", "seat"):
        return _associations(body, shown)
    p = body["p"]
    above, below, neither = exports.says("probes", body["probe"]).get("finding", UNNAMED)
    found = (above if body["estimate"]["value"] > body["neutral"] else below) if significant(p) else neither
    neutral = f"neutral: {number(body['unit'], body['neutral'])}"
    test = p_is(p) if significant(p) else f"not significant, {p_is(p)}"
    return f"the model {found}: {shown} ({neutral}; {test}; n = {body['n']:,})."


def _associations(body: dict[str, Any], shown: str) -> str:
    told = [row for row in body["categories"] if significant(row["p_holm"])]
    tests = len(body["categories"])
    if not told:
        return (
            f"none of {tests} association tests is significant (mean d {shown}, neutral: 0; "
            f"smallest {p_is(body['p'])} after Holm)."
        )
    against = sum(row["value"] < 0 for row in told)
    along = f"{against} of them against the stereotype" if against else "all in the direction of the stereotype"
    return f"{len(told)} of {tests} association tests are significant after Holm, {along} (mean d {shown}, neutral: 0)."


def _swaps(body: dict[str, Any], shown: str) -> str:
    tested = [row for row in body["categories"] if row["p_holm"] is not None]
    told = [row for row in tested if significant(row["p_holm"])]
    said = f"{shown} of the predictions flip when a term is swapped (n = {body['n']:,}); "
    if not tested:
        return f"{said}no pair of terms is frequent enough to be tested."
    if not told:
        return f"{said}none of {len(tested)} pairs changes the probability significantly."
    top = max(told, key=lambda row: abs(row["value"]))
    changed = "1 pair changes" if len(told) == 1 else f"{len(told)} pairs change"
    return (
        f"{said}{changed} P({body['target']}) significantly after Holm, of {len(tested)} tested; the largest "
        f"change is {top['category']}, by {interval('points', top)} points."
    )


def _apart(body: dict[str, Any]) -> bool:
    return significant(body["p"])


def summary(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    """How many probes find something in the model, in one sentence. found: {probe: {arm: body}}."""
    asked = {probe: arms["ssl"] for probe, arms in found.items() if "ssl" in arms}
    if not asked:
        return "No probe could be run on the model."
    told = [name(probe) for probe, body in asked.items() if _tells(body)]
    many = f"{len(asked)} probes" if len(asked) > 1 else "the one probe"
    if not told:
        return f"None of {many} finds a bias of the model; that is no proof that there is none."
    return f"{len(told)} of {many} find{'s' * (len(told) == 1)} a bias of the model: {', '.join(told)}."


def _tells(body: dict[str, Any]) -> bool:
    """Whether the probe's own test is significant; swaps are tested pair by pair."""
    if body["probe"] == "counterfactual":
        return any(significant(row["p_holm"]) for row in body["categories"])
    return significant(body["p"])


def warning(arms: dict[str, dict[str, Any]]) -> str:
    """Why an answer of the head means little, or an empty string."""
    body = arms.get("ssl")
    told = body.get("fluency") if body else None
    return KNOWS_NOTHING if told and told["model"] >= told["frequency"] else ""


def skipped(bodies: list[dict[str, Any]]) -> list[str]:
    """One line a probe that could not be asked of the model; what its control lacked alone is not said."""
    return [f"{name(b['probe'])}: {b['reason']}." for b in bodies if b["arm"] == "ssl"]


def rows(arms: dict[str, dict[str, Any]]) -> list[dict[str, str]]:
    """The categories of one probe, a column a model, with the test of the first."""
    first = arms.get("ssl") or next(iter(arms.values()))
    others = [arm for arm in arms if arms[arm] is not first]
    unit = first["category_unit"]
    beside = {arm: {row["category"]: row for row in arms[arm]["categories"]} for arm in others}
    return [
        {
            first["by"]: row["category"],
            "n": f"{row['n']:,}",
            MODEL.get(first["arm"], first["arm"]): interval(unit, row),
            **{MODEL.get(arm, arm): interval(unit, beside[arm].get(row["category"])) for arm in others},
            "After Holm": p_value(row["p_holm"]),
            "Finding": "" if row["p_holm"] is None else "differs" if significant(row["p_holm"]) else "not significant",
        }
        for row in first["categories"]
    ]


FEATURES = {"embedding": "Embedding", "untrained": "Untrained encoder", "tfidf": "TF-IDF"}


def leakage_rows(body: dict[str, Any]) -> list[dict[str, str]]:
    """What else gives the attribute away, and by how much less."""
    return [
        {
            "Attribute": row["category"],
            "Read from": FEATURES.get(row["features"], row["features"]),
            "AUROC": interval("auroc", row),
            "Accuracy": interval("share", row["accuracy"]),
            "Always the largest group": number("share", row["most_frequent"]),
            "Embedding gives more": interval("auroc", row["difference"]) if row["difference"] else "",
            "p": p_value(row["difference"]["p"]) if row["difference"] else "",
        }
        for row in body.get("beside", ())
    ]


def blurred(examples: list[dict[str, Any]]) -> str:
    """Examples as HTML, every text blurred until it is clicked: they are offensive by design."""
    style = (
        "<style>.veiled{filter:blur(6px);cursor:pointer;border-radius:4px}"
        ".veiled:focus{filter:none;outline:1px solid #8A8F98}.veiled-row{margin:.35rem 0;font-size:.95rem}"
        ".veiled-row b{font-weight:600}</style>"
    )
    parts = []
    for row in examples:
        texts = [str(row[side]) for side in ("a", "b") if row.get(side) is not None]
        shown = "<br>".join(
            f'<span class="veiled" tabindex="0" title="Click to read">{as_html(text)}</span>' for text in texts
        )
        told = f"{row['category']} · {formats.decimal(row['score'], sign=True)}"
        parts.append(f'<div class="veiled-row"><b>{as_html(told)}</b><br>{shown}</div>')
    return style + "".join(parts)


def strongest(examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The examples with the largest scores either way."""
    return sorted(examples, key=lambda row: -abs(row["score"]))[:EXAMPLES]


def how_to_read(probe: str) -> str:
    """What an example and its number are, in the words of the probe's own file."""
    return exports.says("probes", probe).get("examples", "")
