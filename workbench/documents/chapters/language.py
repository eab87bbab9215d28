"""What the language model has learnt, a seed at a time."""

from __future__ import annotations

from typing import Any

from backend.workspace.formats import decimal

from ...charts import language as charts
from ...verdicts import language as words
from ._base import WITHHELD, Chapter, Table

SAMPLES = 3  # texts that are printed


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    counted, out = facts["baselines"], Chapter()
    for seed in sorted({one["seed"] for one in facts["metrics"]}):
        own = {kind: [b for b in facts[kind] if b["seed"] == seed] for kind in ("lm", "layers", "metrics")}
        said = words.sentence(own["lm"], counted)
        if out.verdict:
            out.sentences.append(f"Pretraining seed {seed}: {said}")
            continue
        out.verdict = said
        last = {kind: found[-1] for kind, found in own.items() if found}
        out.sentences += [words.numbers(last["lm"])] if "lm" in last else []
        out.sentences += [words.layers(last["layers"])] if "layers" in last else []
        out.figures.append(lambda own=own: charts.loss(own["metrics"], own["lm"], counted))
    if counted and counted["models"]:
        out.sentences.append(words.counted(counted))
        out.tables.append(Table("Counting n-grams on the same tokens", [_counting(m) for m in counted["models"]]))
    if facts["samples"]:
        out.tables.append(Table("What it writes", _samples(facts["samples"][0])))
    return out


def _counting(model: dict[str, Any]) -> dict[str, Any]:
    loss, right = model.get("loss"), model.get("accuracy")
    return {
        "Model": model["name"],
        "Loss (nats a token)": None if loss is None else decimal(loss, 3),
        "Tokens right (%)": None if right is None else decimal(100 * right, 1),
    }


def _samples(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The prompt and the text with what the model put there; of masked models what had stood at the masks."""
    rows = []
    for one in told["samples"][:SAMPLES]:
        shown = [one["prompt"], "".join(token["text"] for token in one["tokens"]), ", ".join(one.get("truth") or ())]
        shown = [WITHHELD] * len(shown) if words.offends(one) else shown
        rows.append(dict(zip(("Prompt", "Text", "In the text stood"), shown, strict=True)))
    return rows
