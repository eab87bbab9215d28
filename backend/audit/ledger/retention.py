"""How long what is recorded must be kept, and what is past that (Art. 18, 19 and 26(6); the rules are dated data).

Nothing is deleted by itself, and nothing in the tree can be: a leaf that is due may have its private fields erased.
"""

from __future__ import annotations

import calendar
import tomllib
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any


@cache
def rules() -> dict[str, Any]:
    """{"as_of", "source", "rule": [{"name", "months", "basis", "kinds"}]}."""
    return tomllib.loads((resources.files(__package__) / "retention.toml").read_text(encoding="utf-8"))


def rule_of(kind: str) -> dict[str, Any]:
    """The first rule with a pattern for this kind; the last fits all."""
    return next(rule for rule in rules()["rule"] if any(fnmatchcase(kind, pattern) for pattern in rule["kinds"]))


def due(counted: list[tuple[str, str, int]], today: str) -> dict[str, Any]:
    """What the rules say of events counted as (kind, day, number), on the day `today` (YYYY-MM-DD).

    {"as_of", "source", "today", "rules": [{name, months, basis, events, oldest, due, due_before}]}: `due` events are
    older than `due_before`, the day until which the rule lets go; the oldest day is None where there are no events.
    """
    told = []
    for rule in rules()["rule"]:
        limit = _months_before(date.fromisoformat(today), rule["months"]).isoformat()
        mine = [(day, number) for kind, day, number in counted if rule_of(kind) is rule]
        told.append(
            {key: rule[key] for key in ("name", "months", "basis")}
            | {
                "events": sum(number for _, number in mine),
                "oldest": min((day for day, _ in mine), default=None),
                "due": sum(number for day, number in mine if day < limit),
                "due_before": limit,
            }
        )
    return {"as_of": rules()["as_of"].isoformat(), "source": rules()["source"], "today": today, "rules": told}


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
