"""What sensor series add to the report: sampling and channels of the data, explained windows and ranked channels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from backend.modality.series.stored import Series

from ...documents.chapters import Chapter, Table
from ...verdicts import explain as words
from .._chapters import Chapters
from . import explain_charts as charts
from . import explain_words as own
from . import sheet_charts, sheet_words
from .words import WORDS

CHANNELS = 40  # rows of the data sheet's table


class SeriesChapters(Chapters):
    def data_sheet(self, out: Chapter, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        told = sheet["series"]
        found = sheet_words.leak_rows(told)
        out.sentences += [] if found else [sheet_words.clean(told)]
        out.sentences += [sheet_words.GUARDS, sheet_words.CHANNELS]
        tables = {
            "What gives the answer away": found,
            "How the readings were taken": sheet_words.sampling_rows(told),
            "Channels": sheet_words.channel_rows(told)[:CHANNELS],
        }
        out.tables += [Table(title, rows) for title, rows in tables.items() if rows]
        out.figures.append(partial(sheet_charts.drift, told))

    def explanations(
        self, out: Chapter, arm: str, methods: dict[str, dict[str, Any]], controls: dict[str, Any] | None,
        dataset: str, service: Any,
    ) -> None:  # fmt: skip
        lead = words.leading(methods, controls, WORDS)
        lead = lead if lead in methods else next(iter(methods))
        body, manifest = methods[lead], service.dataset(dataset)
        scores, series = np.asarray(service.array(body["sha256"], "maps")), Series(service, manifest)
        units = [series.unit(row) for row in body["rows"]]
        found = own.ranked(scores, body["channels"], units)
        out.sentences += [f"{arm}: {own.ranking(found, len(units), len(set(units)))}", own.RANKED, own.BLANK]
        out.tables.append(Table(f"Channels by how much they say ({words.name(lead)}), {arm}", own.ranked_rows(found)))
        number, row = words.of_number(body), body["rows"][0]
        out.figures.append(partial(charts.ranking, found, f"{words.name(lead)}, {arm}", number))
        told = (body[key][0] for key in ("label", "predicted", "probability"))
        title = f"{arm}, row {row}: {words.caption(*told, manifest['classes'], words.unit_of(manifest))}"
        one = scores[0].reshape(len(body["channels"]), body["pieces"])
        values, ages = series.raw([row])[0], series.ages([row])[0]
        unit = series.told["time"]["unit"] or "steps"
        out.figures.append(
            partial(charts.under, title, values, one, body["channels"], body["piece"], ages, number, unit)
        )


CHAPTERS = SeriesChapters()
