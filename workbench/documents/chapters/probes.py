"""The probes of a language model."""

from __future__ import annotations

from typing import Any

from ...charts import probes as charts
from ...verdicts import probes as words
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    found = words.by_probe(facts["probes"])
    made = Chapter(verdict=words.summary(found), figures=[lambda: charts.effects(found)])
    made.sentences = [words.CONTROLLED, *(words.sentence(arms) for arms in found.values())]
    unread = next(filter(None, map(words.warning, found.values())), "")
    made.sentences += [unread] if unread else []
    for arms in found.values():
        body = arms.get("ssl") or next(iter(arms.values()))
        title = words.name(body["probe"])
        if body["categories"]:
            made.tables.append(Table(f"{title} by {body['by'].lower()}", words.rows(arms)))
        if body.get("beside"):
            made.tables.append(Table(f"{title}: what else gives the attribute away", words.leakage_rows(body)))
        made.sentences += [f"{title}: {note}" for note in body["notes"]]
    return made
