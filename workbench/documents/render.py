"""Collected facts -> HTML and Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import plotly.graph_objects as go
from markupsafe import Markup

from ..frame.safe import fenced, flat, visible
from ..verdicts import run as run_words
from . import svg
from .chapters import CHAPTERS, Chapter

HERE = Path(__file__).parent
ABSENT = "–"


@dataclass
class Printed:
    """A section ready to print."""

    name: str
    title: str
    chapter: Chapter
    figures: list[Markup]
    pairs: list[Markup]
    gaps: list[str]
    sources: list[str]


def html(collected: dict[str, Any], service: Any) -> str:
    return template("report.html").render(_content(collected, service, figures=True))


def template(name: str) -> jinja2.Template:
    """A page's template; every text from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"cell": cell, "whole": whole}
    return environment.get_template(name)


def _shown(value: Any) -> Any:
    """A text without what would act on its reader; drawings as they are."""
    return visible(value, lines=True) if isinstance(value, str) and not isinstance(value, Markup) else value


def markdown(collected: dict[str, Any], service: Any) -> str:
    return "\n".join(_markdown(_content(collected, service, figures=False)))


def cell(value: Any) -> str:
    """A table's value: thousands apart, nothing as a dash."""
    if value is None or value == "":
        return ABSENT
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def whole(text: str) -> str:
    """`text` whose intervals, p-values and percentages no line break divides."""
    return re.sub(r"\[[^\[\]]{1,30}\]|p [=<] [\d.]+|\d %", lambda found: found[0].replace(" ", "\u00a0"), text)


def _content(collected: dict[str, Any], service: Any, figures: bool) -> dict[str, Any]:
    printed = sections(collected, service, figures)
    record = next(s for s in collected["sections"] if s["name"] == "record")
    return {
        "title": run_words.name(collected["run"]),
        "run": collected["run"],
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "root": record["facts"]["verification"]["root"],
        "sections": printed,
        "gaps": [gap for section in printed for gap in section.gaps],
    }


def sections(collected: dict[str, Any], service: Any, figures: bool) -> list[Printed]:
    """The report's sections, ready to print; `figures`: with their drawings."""
    return [_printed(section, service, figures) for section in collected["sections"]]


def _printed(section: dict[str, Any], service: Any, figures: bool) -> Printed:
    present = CHAPTERS.get(section["name"])
    chapter = present(section["facts"], service) if present and section["facts"] else Chapter()
    gaps = list(section["gaps"])

    def drawn(made: list[Callable[[], go.Figure]], width: int) -> list[Markup]:
        found = []
        for figure in made if figures else []:
            try:
                found.append(Markup(svg.draw(figure(), width)))  # svg.draw escapes every text
            except svg.Unsupported as error:
                gaps.append(f"A figure of “{section['title']}” is not printed: {error}.")
        return found

    wide, pairs = drawn(chapter.figures, svg.WIDTH), drawn(chapter.pairs, svg.HALF)
    sources = [_source(cite) for cite in section["cites"]]
    return Printed(section["name"], section["title"], chapter, wide, pairs, gaps, sources)


def _source(cite: dict[str, Any]) -> str:
    """ "study.cell: leaves 900–1,203" and the digests of its files, the first few by name."""
    spans = ", ".join(ranges(cite["leaves"]))
    word = "leaf" if len(cite["leaves"]) == 1 else "leaves"
    files = [f"{f['role']} {f['sha256'][:16]}…" for f in cite["files"][:4]]
    more = len(cite["files"]) - len(files)
    listed = f"; files {', '.join(files)}" + (f" and {more} more" if more else "") if files else ""
    return f"{cite['kind']} ({cite['run']}): {word} {spans}{listed}"


def ranges(numbers: list[int]) -> Iterator[str]:
    """Ascending numbers as spans: [3, 4, 5, 9] -> "3–5", "9"."""
    start = previous = None
    for number in [*numbers, None]:
        if start is not None and (number is None or number != previous + 1):
            yield f"{start:,}" if start == previous else f"{start:,}–{previous:,}"
            start = None
        start = number if start is None else start
        previous = number


def _markdown(content: dict[str, Any]) -> Iterator[str]:
    yield f"# {flat(content['title'])}\n"
    yield f"Made {content['made']} from run `{content['run']['run']}`. Ledger root `{content['root']}`.\n"
    yield "## What is missing\n"
    yield from (f"- {flat(gap)}" for gap in content["gaps"] or ["Nothing that this version can fill."])
    yield from markdown_sections(content["sections"])


def markdown_sections(printed: list[Printed]) -> Iterator[str]:
    for section in printed:
        yield f"\n## {section.title}\n"
        if section.chapter.verdict:
            yield f"**{flat(section.chapter.verdict)}**\n"
        yield from (f"{flat(sentence)}\n" for sentence in section.chapter.sentences)
        for table in section.chapter.tables:
            yield from markdown_table(table)
        if section.chapter.code:
            yield fenced(section.chapter.code, "toml")
        yield from (f"- Missing: {flat(gap)}" for gap in section.gaps)
        yield from (f"- Rests on {flat(source)}" for source in section.sources)


def markdown_table(table: Any) -> Iterator[str]:
    columns = list(dict.fromkeys(column for row in table.rows for column in row))
    yield f"{flat(table.title)}\n"
    yield "| " + " | ".join(map(flat, columns)) + " |"
    yield "|" + " --- |" * len(columns)
    for row in table.rows:
        yield "| " + " | ".join(flat(cell(row.get(column))) for column in columns) + " |"
    yield ""
