"""The dossier as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..frame.safe import fenced, flat
from .chapters import Table
from .render import Printed, markdown_sections, markdown_table


def markdown(content: dict[str, Any], printed: list[Printed]) -> str:
    """content: of dossier.content; printed: the run's sections, their figures left out."""
    return "\n".join(
        [*_front(content), *_points(content), *_people(content), *markdown_sections(printed), *_end(content)]
    )


def _front(content: dict[str, Any]) -> Iterator[str]:
    yield f"# {flat(content['title'])}\n"
    yield f"Dossier of run `{content['run']}`, version {content['version']}, built {content['made']}.\n"
    yield f"**{flat(content['sentence'])}**\n"
    yield f"{content['what']}\n"
    yield from (f"- {flat(verdict)}" for verdict in content["verdicts"])
    yield "\n## The text that it follows\n"
    yield from (f"- {flat(line)}" for line in content["statute"]["lines"])
    yield "\n## The record\n"
    yield from (f"- {row['what']}: {flat(row['value'])}" for row in content["record"])
    if content["checkpoint"]:
        yield "\n" + fenced(content["checkpoint"].strip())
    columns = {"point": "Point", "title": "Title", "filled": "Filled", "prefilled": "Prefilled"}
    columns |= {"completed": "Completed", "gap": "Open", "of": "Of"}
    yield from markdown_table(
        Table("How far it stands", [{v: r[k] for k, v in columns.items()} for r in content["progress"]])
    )
    yield "## What is open\n"
    yield from (f"- {flat(line)}" for line in content["open"] or ["Nothing."])


def _points(content: dict[str, Any]) -> Iterator[str]:
    for point in content["points"]:
        yield f"\n## Point {flat(point['id'])}: {flat(point['title'])}\n\n{point['line']}\n"
        for field in point["fields"]:
            yield f"### {flat(field['id'])} {flat(field['title'])}\n\n{flat(field['asks'])}\n"
            if field["gap"]:
                yield f"> **{flat(field['gap'])}**\n"
            if field["person"]:
                yield from (f"> {flat(text)}\n>" for text in field["person"]["paragraphs"])
                yield f"> {flat(field['person']['by'])}\n"
            if field["state"] == "prefilled":
                yield "> Prefilled from the record. **A person has to complete it.**\n"
            rows = [
                {"What": v["label"], "Value": v["text"], "Source": f"{v['cite']}, Q{v['query']}"}
                for v in field["values"]
            ]
            yield from markdown_table(Table("From the record", rows)) if rows else ()


def _people(content: dict[str, Any]) -> Iterator[str]:
    yield "\n## Bias scenarios\n"
    for scenario in content["scenarios"]:
        rows = [{"What": row["what"], "Value": row["value"]} for row in scenario["rows"]]
        yield from markdown_table(Table(f"{scenario['id']}: {scenario['by']}, {scenario['cite']}", rows))
    if not content["scenarios"]:
        yield "> **Not filled: no bias scenario has been recorded.**\n"
    yield "## Approvals\n"
    if content["approvals"]:
        yield from markdown_table(Table("Who decided what", content["approvals"]))
    else:
        yield "> **Not filled: nobody has reviewed the run, its findings or this document.**\n"


def _end(content: dict[str, Any]) -> Iterator[str]:
    yield "\n## Crosswalk\n"
    yield from (
        markdown_table(Table("Where other frameworks ask for it", content["crosswalk"])) if content["crosswalk"] else ()
    )
    yield "## The query behind every value\n"
    for query in content["queries"]:
        of = f"{flat(query['field'])}, {flat(query['label'])}"
        yield f"Q{query['number']}: {of} (leaf {query['leaf']}, hash `{query['hash']}`)\n"
        yield fenced(query["sql"], "sql")
