"""Alarms over time and remaining life."""

from __future__ import annotations

from typing import Any

from backend.statistics.costs import Costs

from ... import modality
from ...charts import maintenance as charts
from ...verdicts import maintenance as words
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    body, of = facts["verdict"], modality.shown(facts["kind"]).words
    first, *rest = words.sentences(body, of) or [""]
    events = body["kind"] == words.EVENT
    out = Chapter(
        verdict=first,
        sentences=[*rest, words.evidence(body), words.METHOD if events else words.LIFE_METHOD],
        tables=[Table("Every model", words.table(body, of))],
    )
    if not events:
        return out
    fraction = body["headline_fraction"]

    def drawn() -> Any:
        return service.table(facts["curve"]).to_pandas()

    out.figures.append(lambda: charts.found(drawn(), body, fraction, of))
    if facts["costs"]:
        curve = drawn()
        here = curve[curve["fraction"] == fraction].to_dict("records")
        told = words.costs_at(here, Costs(**facts["costs"]), body)
        out.tables.append(Table("At the costs of the recipe", words.cheapest(told, body, of, "units of cost")))
        out.figures.append(lambda: charts.costs(told, body, "units of cost", of))
    return out
