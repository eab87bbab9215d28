"""What texts add to the report: lengths, scripts and mentions, and the words that explain some predictions."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from backend.data.identity import holds_slur
from backend.workspace.formats import decimal

from ...documents.chapters import WITHHELD, Chapter, Table
from ...verdicts import explain
from .._chapters import Chapters
from . import charts, words

EXAMPLES, WORDS = 8, 4  # explained texts that are printed, and words of each on either side


class TextChapters(Chapters):
    def data_sheet(self, out: Chapter, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        if not sheet.get("lengths"):
            return
        lengths, scripts = words.length_rows(sheet), words.script_rows(sheet)
        out.tables += [Table("Length of the texts", lengths), Table("Scripts", scripts)]
        out.pairs += [partial(charts.lengths, sheet, unit) for unit in ("words", "characters")]
        out.sentences.append(words.mention_line(sheet))
        if named := words.mention_rows(sheet, manifest["classes"]):
            out.figures.append(partial(charts.mentions, sheet, manifest["classes"]))
            out.tables.append(Table("Texts that name a group", named))

    def explanations(
        self, out: Chapter, arm: str, methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None,
        dataset: str, service: Any,
    ) -> None:  # fmt: skip
        found = strongest(methods, controls, dataset, service)
        out.tables.append(Table(f"Words with the largest scores, {arm}", found))


def strongest(
    methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None, dataset: str, service: Any
) -> list[dict[str, Any]]:
    """One row a text, by the method that leads: what was predicted, and the words that speak most for and against."""
    lead = explain.leading(methods, controls, words.WORDS)
    body, manifest = methods[lead], service.dataset(dataset)
    classes, unit = manifest["classes"], explain.unit_of(manifest)
    table = service.table(body["sha256"], ["row", "word", "score"])
    of, spoken, scores = (table[column].to_numpy(zero_copy_only=False) for column in ("row", "word", "score"))
    told = zip(body["rows"], body["label"], body["predicted"], body["probability"], strict=True)
    rows = []
    for row, *numbers in list(told)[:EXAMPLES]:
        own, values = spoken[of == row], scores[of == row]
        sides = (_largest(own, values), _largest(own, -values, sign=-1))
        spoken_for, against = (WITHHELD, WITHHELD) if holds_slur(" ".join(own)) else sides
        told_of = {"Row": row, "Prediction": explain.caption(*numbers, classes, unit)}
        rows.append({**told_of, f"For it ({explain.name(lead)})": spoken_for, "Against it": against})
    return rows


def _largest(spoken: np.ndarray, scores: np.ndarray, sign: int = 1) -> str:
    """The words with the largest positive scores, each with its number."""
    chosen = [i for i in np.argsort(-scores, kind="stable")[:WORDS] if scores[i] > 0]
    return ", ".join(f"{spoken[i]} {decimal(sign * scores[i], sign=True)}" for i in chosen)


CHAPTERS = TextChapters()
