"""Explanations in words. Pure: event bodies of the stage `attribute` (docs/events.md) -> sentences and table rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..modality._words import Words

from backend import exports
from backend.workspace.formats import chosen, decimal, ends, percent, percent_interval, quantity

# the order of methods; others follow by name
FIRST = (
    *("integrated_gradients", "saliency", "input_x_gradient", "layer_gradcam", "occlusion"),
    *("layer_integrated_gradients", "token_occlusion", "attention"),
)
CONTROL = {
    "random_map": "Random map",
    "input_copy": "Input copy",
    "random_scores": "Random scores",
    "word_rarity": "Rarity of the word",
}
COMPARED = ("attention",)  # tested like the others, never offered as the model's reasons
UNSIGNED = ("attention", "word_rarity")
FACTOR = {"signal": "planted sign", "shortcut": "scanner shortcut"}
TOLERANCE = 0.01


def name(method: str) -> str:
    """What a method or control is called: a method may say so itself (TITLE, backend/exports.py)."""
    return CONTROL.get(method) or exports.title("attribution", method)


def ordered(names: Iterable[str], of: Words) -> list[str]:
    """Methods in the order of FIRST, then the others, then the controls: the same in every figure."""
    known = [*FIRST, *sorted(set(names) - {*FIRST, *of.controls}), *of.controls]
    return [n for n in known if n in set(names)]


def interval(estimate: dict[str, float | None]) -> str:
    """A share with its interval, which ends at 0 % and 100 %: "71.0 % [64.0, 78.0]"."""
    if estimate["low"] is None:
        return percent(estimate["value"])
    return percent_interval({**estimate, "low": max(0, estimate["low"]), "high": min(1, estimate["high"])})


def sentence(methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None, of: Words) -> str:
    """The page's answer: what may be believed, and on planted data how much lies on the planted pixels.

    methods: {method: body of `attribution`} of one arm; controls: body of `attribution.controls`, None until written.
    """
    if controls is None:
        return f"{len(methods)} of the methods have {of.made}; the controls have not been tested yet."
    methods = {m: body for m, body in methods.items() if m not in COMPARED}
    passed = [m for m in methods if controls["verdict"][m]["passes"]]
    if not passed:
        return f"No method passes the tests: none of these {of.makes} may be read as the model's reasons."
    lead = _lead(methods, passed)
    planted = (methods[lead].get("planted_mean") or {}).get("signal")
    if planted and planted["value"] is not None:
        beside = ", ".join(
            f"{name(c).lower()} {percent(controls['planted_mean'][c]['signal']['value'])}"
            for c in of.controls
            if c in controls["planted_mean"]
        )
        there = f"{interval(planted)} of its attribution lies on the planted sign"
        return f"{name(lead)} passes both controls: {there} ({beside})."
    failed = [m for m in methods if m not in passed]
    if not failed:
        one = "passes both controls; it may be read as a hint"
        many = "pass both controls; they may be read as hints"
        return f"{_listed(passed)} {one if len(passed) == 1 else many} at the model's reasons."
    return (
        f"{_listed(passed)} {'passes' if len(passed) == 1 else 'pass'} both controls; "
        f"{_listed(failed)} {'does' if len(failed) == 1 else 'do'} not."
    )


def evidence(methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None, of: Words) -> str:
    """What the sentence rests on: how many examples, of which kind, and what is not certified."""
    body = controls or next(iter(methods.values()))
    wrong = sum(label != guess for label, guess in zip(body["label"], body["predicted"], strict=True))
    some = "" if of_number(body) else f", {wrong} of them predicted wrongly"
    said = [f"{len(body['rows'])} test examples{some}; intervals are 95 % over examples"]
    said += [certification(m, b["completeness"], of.certified) for m, b in methods.items() if b["completeness"]]
    said += [compared(m, controls) for m in methods if m in COMPARED and controls]
    shortcut = shortcut_sentence(methods, controls)
    return ". ".join([*said, *([shortcut] if shortcut else [])]) + "."


def of_number(body: dict[str, Any]) -> bool:
    """Whether the models that were explained predict a number: it has no probability."""
    return body["probability"][:1] == [None]


def sure(shares: list[float] | None, guess: Any) -> float | None:
    """The probability of the predicted class; None of a number."""
    return None if shares is None else shares[guess]


def rule(body: dict[str, Any], of: Words) -> str:
    """How a method passes; body: of `attribution` or of the controls."""
    if of_number(body):
        return of.passes.replace("the class's probability", "the predicted number")
    return of.passes


def unit_of(manifest: dict[str, Any]) -> str | None:
    """The unit of the number that is predicted, None of classes."""
    return (manifest.get("target") or {}).get("unit")


def compared(method: str, controls: dict[str, Any]) -> str:
    """How a method fares that is shown for comparison alone."""
    passes = controls["verdict"][method]["passes"]
    return f"{name(method)}, shown for comparison, {'passes' if passes else 'does not pass'} the tests"


def certification(method: str, completeness: dict[str, Any], noun: str) -> str:
    """How many of what a method explains (`noun`: maps, texts) have scores that add up to what they explain."""
    errors = completeness["errors"]
    missed = sum(e > completeness["tolerance"] for e in errors)
    limit = chosen(completeness["tolerance"])
    if missed == 0:
        return f"{name(method)}: all {len(errors)} {noun}s are certified (completeness error at most {limit})"
    verb = "is" if missed == 1 else "are"
    return f"{name(method)}: {missed} of {len(errors)} {noun}s {verb} not certified (completeness error above {limit})"


def shortcut_sentence(methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None) -> str:
    """How much lies on a planted shortcut against its area; empty when none was planted."""
    if controls is None or not (controls.get("planted_area") or {}).get("shortcut"):
        return ""
    lead = _lead(methods, [m for m in methods if controls["verdict"][m]["passes"]] or list(methods))
    found, area = methods[lead]["planted_mean"]["shortcut"], controls["planted_area"]["shortcut"]
    if found["value"] is None:
        return ""
    above = found["low"] is not None and found["low"] > area
    much = "more than" if above else "not provably more than"
    return f"{interval(found)} lies on the scanner shortcut, {much} the {percent(area)} of the image that it covers"


def caption(label: Any, predicted: Any, probability: float | None, classes: list[str], unit: str | None = None) -> str:
    """ "melanoma, predicted nevus (83 %)", "nevus, predicted rightly (97 %)", of a number (without a probability)
    "118 days, predicted 104 days"."""
    if probability is None:
        truth = "not known" if label is None or (not classes and label == -1) else quantity(label, unit)
        return f"{truth}, predicted {quantity(predicted, unit)}"
    truth = classes[label] if label >= 0 else "no label"
    if label == predicted:
        return f"{truth}, predicted rightly ({percent(probability)})"
    return f"{truth}, predicted {classes[predicted]} ({percent(probability)})"


def leading(methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None, of: Words) -> str:
    """The method that is shown first: one that passes where there is one, never one that is there for comparison."""
    offered = [m for m in ordered(methods, of) if m not in COMPARED] or list(methods)
    return next((m for m in offered if controls and controls["verdict"][m]["passes"]), offered[0])


def choices(names: Iterable[str], controls: dict[str, Any] | None, of: Words) -> dict[str, str]:
    """{method: its name, and whether it passes the tests}"""
    judged = controls["verdict"] if controls else {}
    return {n: name(n) + _beside(n, of) + (" ✓" if judged.get(n, {}).get("passes") else "") for n in names}


def completeness_notes(done: dict[str, dict[str, Any] | None], at: Iterable[int]) -> list[str]:
    """Under the maps: the completeness error of each drawn map whose method has one, and whether it is certified."""
    at = list(at)
    return [
        f"{name(m)}: completeness error "
        + ", ".join(percent(c["errors"][i]) + ("" if c["errors"][i] <= TOLERANCE else " (not certified)") for i in at)
        for m, c in done.items()
        if c
    ]


def panel(method: str, error: float | None = None) -> str:
    """Title over a map: the method, and "not certified" where its completeness error is too large."""
    return name(method) + (" (not certified)" if error is not None and error > TOLERANCE else "")


def table(methods: dict[str, dict[str, Any]], controls: dict[str, Any], of: Words) -> list[dict[str, Any]]:
    """One row per method and control with readable columns, rounded numbers and the verdict's reason."""
    rows = []
    for m in ordered(controls["verdict"], of):
        lead = controls["faithfulness"][m]
        shares = (methods[m]["planted_mean"] if m in methods else (controls["planted_mean"] or {}).get(m)) or {}
        done = methods[m]["completeness"] if m in methods else None
        rows.append(
            {
                of.judged.capitalize(): name(m) + _beside(m, of),
                "Passes": "yes" if controls["verdict"][m]["passes"] else "no",
                "Same as re-initialised model (rank correlation)": _figure(controls["randomisation"][m]),
                "Faithfulness above random (AUC)": _figure(lead["value"]),
                "95 % interval": ends(lead),
                "Deletion AUC": _figure(controls["deletion"][m]),
                "Insertion AUC": _figure(controls["insertion"][m]),
                **{f"On the {FACTOR[f]}": interval(s) for f, s in shares.items() if s["value"] is not None},
                f"Certified {of.certified}s": percent(done["certified"]) if done else "no such test",
                "Why": controls["verdict"][m]["why"],
            }
        )
    return rows


def _beside(method: str, of: Words) -> str:
    if method in COMPARED:
        return " (for comparison)"
    return " (control)" if method in of.controls else ""


def _lead(methods: dict[str, Any], passed: list[str]) -> str:
    return "integrated_gradients" if "integrated_gradients" in passed else passed[0]


def _listed(methods: list[str]) -> str:
    named = [name(m) for m in methods]
    return named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]


def _figure(value: float | None) -> str:
    return "" if value is None else decimal(value)
