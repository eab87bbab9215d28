"""What tables add to the report: explained rows, and what the network rests on beside boosted trees."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...documents.chapters import Chapter, Table
from ...verdicts import explain as words
from .._chapters import Chapters
from . import explain_charts as charts
from . import explain_words as own
from . import sheet_charts, sheet_words

COLUMNS, PAIRS = 40, 10  # rows of the data sheet's tables
EXAMPLES = 8  # explained rows that are printed, the first of them as a figure


class TableChapters(Chapters):
    def data_sheet(self, out: Chapter, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        if "describe" not in sheet:
            return
        found = sheet_words.leak_rows(sheet)
        out.sentences += [] if found else [sheet_words.clean(manifest)]
        out.sentences.append(sheet_words.GUARDS)
        of = " by class" if manifest["classes"] else ""
        if not of and sheet_words.predicted(manifest):
            of = f" by {sheet_words.named('class', manifest)}"
        tables = {
            "What the leakage guards found": found,
            "Columns": sheet_words.column_rows(sheet)[:COLUMNS],
            "Columns that hardly vary": sheet_words.constant_rows(sheet)[:COLUMNS],
            f"Missing values{of}": sheet_words.missing_rows(sheet, "class")[:COLUMNS],
            "Columns that go together most": sheet_words.pair_rows(sheet)[:PAIRS],
        }
        out.tables += [Table(title, rows) for title, rows in tables.items() if rows]
        if len(sheet["describe"]["correlations"]["columns"]) > 1:
            out.figures.append(partial(sheet_charts.together, sheet))

    def explanations(
        self, out: Chapter, arm: str, methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None,
        dataset: str, service: Any,
    ) -> None:  # fmt: skip
        lead = own.lead(methods, controls)
        body, manifest = methods[lead], service.dataset(dataset)
        described = service.document(manifest["features"]["sha256"])["features"]
        rows, number, target = body["rows"], words.of_number(body), manifest.get("target")
        scores = np.asarray(service.array(body["sha256"], "maps"), dtype=np.float64)
        few = rows[:EXAMPLES]
        values = service.array(manifest["records"]["sha256"], manifest["records"]["key"], list(few))
        said = [own.labels(body["columns"], described, one) for one in values]
        told = zip(*(body[key][:EXAMPLES] for key in ("label", "predicted", "probability")), strict=True)
        unit = words.unit_of(manifest)
        captions = [words.caption(*one, manifest["classes"], unit) for one in told]
        sides = ("Raises it", "Lowers it") if number else ("For it", "Against it")
        listed = []
        for at, row in enumerate(few):
            up, down = own.largest(body["columns"], said[at], scores[at])
            listed.append({"Row": row, "Prediction": captions[at], sides[0]: up, sides[1]: down})
        out.tables.append(Table(f"Columns with the largest scores ({words.name(lead)}), {arm}", listed))
        out.sentences.append(own.baseline(body, described))
        panels = [(words.name(lead), scores[0])]
        out.figures.append(partial(charts.bars, f"{arm}, row {few[0]}: {captions[0]}", said[0], panels, number, unit))
        sizes = own.mean_sizes(scores)
        out.figures.append(lambda: charts.overall(body["columns"], sizes, f"{words.name(lead)}, {arm}", number))
        if controls and controls.get("importance"):
            found = controls["importance"]
            out.sentences.append(f"{arm}: {own.importance(found, target)}")
            out.figures.append(lambda: charts.importance(found, target).update_layout(title_subtitle_text=arm))
            out.tables.append(Table(f"What shuffling a column costs, {arm}", own.importance_rows(found, target)))


CHAPTERS = TableChapters()
