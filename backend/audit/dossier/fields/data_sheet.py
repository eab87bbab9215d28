"""2(d): the data sheet: what the data are, how they were split and labelled, what was found wrong on arrival."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at, file_of, moment_of
from ..words import listed, short, target_in_words

FIELD = "2.d"


def evidence(source: Evidence) -> Iterator[Value]:
    data, sheet = source.registered, source.sheet
    yield from at(data, "name", label="Data set")
    yield from at(data, "digest", label="Digest of the data", say=short)
    yield from moment_of(data, "Registered on")
    yield from at(data, "kind", label="Kind of data")
    yield from at(data, "count", label="Examples", say="{:,}".format)
    yield from at(data, "label", label="Label", say=lambda label: label or "none")
    yield from at(data, "classes", label="Classes", say=listed)
    yield from at(data, "target", label="Target", say=target_in_words)
    yield from at(data, "sensitive", label="Sensitive attributes", say=listed)
    yield from at(data, "group", label="Examples kept together in one split by", say=lambda group: group or "nothing")
    if data:
        yield from file_of(data, "sheet", "Data sheet", lambda digest: _sheet(sheet, digest))


def _sheet(sheet: dict, digest: str) -> str:
    """What stands in the file: splits, missing values, duplicates, warnings. The ledger holds its digest."""
    parts = [", ".join(f"{split} {count:,}" for split, count in sheet["counts"].items())]
    missing = ", ".join(f"{column} {count:,}" for column, count in sheet["missing"].items() if count)
    parts.append(f"missing values: {missing or 'none'}")
    across = sum(found["count"] for found in sheet["duplicates"]["exact_across"])
    parts.append(f"exact copies across splits: {across:,}")
    parts.append(f"source {sheet['source']['name']}, {short(sheet['source']['sha256'])}")
    parts += [f"warning: {warning}" for warning in sheet["warnings"]]
    return f"{'; '.join(parts)} (from the file with {short(digest)})"
