"""Proxies of sensitive attributes."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...charts import proxies as charts
from ...verdicts import proxies as words
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    bodies = facts["proxies"]
    first = next((body for body in bodies if words.proxies(body)), bodies[0])
    out = Chapter(verdict=words.sentence(first))
    for body in bodies:
        said = words.sentence(body)
        out.sentences += ["" if said == out.verdict else said, *words.carried(body)]
        out.figures.append(partial(charts.told, body))
        out.tables.append(Table(f"Columns that give {body['attribute']} away", words.column_rows(body, 12)))
        if rows := words.carried_rows(body):
            out.tables.append(Table(f"Gaps by {body['attribute']}, with and without these columns", rows))
    out.sentences = [*filter(None, out.sentences), words.method(first)]
    return out
