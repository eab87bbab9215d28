"""What the data sheet says of texts, as table rows: lengths, scripts, who is mentioned. Pure: the sheet in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.workspace.formats import percent

CUT = 300  # characters of an example
QUANTILE = {
    "0": "Shortest",
    "0.05": "5 %",
    "0.25": "25 %",
    "0.5": "Median",
    "0.75": "75 %",
    "0.95": "95 %",
    "1": "Longest",
}
SCRIPT_NOTE = (
    "By the Unicode names of the letters. A script is not a language: Latin letters may be English or Swahili."
)
MENTION_NOTE = (
    "Texts that hold one of the words of an editable list (backend/data/identity_terms.json), whole words of any case. "
    "A mention says that a text speaks of a group, not what it says of it, nor who wrote it."
)
HIDDEN = "Hidden: it holds a slur."


def excerpt(text: str, most: int = CUT) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def length_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """Two rows, characters and words: the quantiles of their number in a text."""
    found = sheet["lengths"]
    return [
        {
            "Length in": unit,
            **{QUANTILE[q]: n for q, n in found[unit]["quantiles"].items()},
            "Mean": found[unit]["mean"],
        }
        for unit in ("characters", "words")
    ]


def script_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a script, the most common first."""
    return [
        {"Script": name, "Share of letters (%)": round(100 * of["letters"], 3), "Texts mostly in it": of["texts"]}
        for name, of in sorted(sheet["scripts"].items(), key=lambda item: -item[1]["letters"])
    ]


def mention_rows(sheet: dict[str, Any], classes: Sequence[str]) -> list[dict[str, Any]]:
    """One row a group that some text names: in how many texts, and of which classes these are."""
    count = sum(sheet["counts"].values())
    return [
        {
            "Attribute": attribute,
            "Group": group,
            "Texts": of["texts"],
            "Share (%)": round(100 * of["texts"] / count, 2),
            **{c: of["classes"].get(c, 0) for c in classes},
        }
        for attribute, groups in sheet["mentions"].items()
        for group, of in groups.items()
        if of["texts"]
    ]


def attributes(rows: list[dict[str, Any]]) -> list[str]:
    """The attributes of `mention_rows`, the one whose groups are named most first."""
    total: dict[str, int] = {}
    for row in rows:
        total[row["Attribute"]] = total.get(row["Attribute"], 0) + row["Texts"]
    return sorted(total, key=lambda attribute: -total[attribute])


def mention_line(sheet: dict[str, Any]) -> str:
    """Which groups the texts name most, in one sentence."""
    count = sum(sheet["counts"].values())
    named = sorted(
        ((of["texts"], group) for groups in sheet["mentions"].values() for group, of in groups.items() if of["texts"]),
        reverse=True,
    )
    if not named:
        return "No text names a group of the list of identity terms."
    listed = ", ".join(f"{group} ({n:,}, {percent(n / count)})" for n, group in named[:3])
    return f"{len(named)} groups are named; most often {listed}."
