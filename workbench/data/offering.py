"""Which columns of a source can be its label, its groups or its units: the others are not offered, which is said.
Pure: a preview in, names out. The bounds are those by which a registration refuses (backend/data/columns.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backend.data.columns import MAX_CLASSES, MAX_GROUPS

SAME, OWN, MANY = "one value everywhere", "a value of its own in nearly every row", "more groups than can be compared"
SHOWN = 6  # columns that are named


def label(look: dict[str, Any], column: dict[str, Any]) -> str:
    """Why a column is no label, "" where it can be one."""
    if column["kind"] == "number":
        return _constant(look, column)
    most = min(MAX_CLASSES, max(2, look["looked"] // 2))
    return OWN if column["distinct"] > most else _constant(look, column)


def group(look: dict[str, Any], column: dict[str, Any]) -> str:
    """Why a column is no sensitive attribute; numbers can be cut into bands."""
    if column["kind"] == "number":
        return _constant(look, column)
    if column["distinct"] > max(2, look["looked"] // 2):
        return OWN
    return MANY if column["distinct"] > MAX_GROUPS else _constant(look, column)


def unit(look: dict[str, Any], column: dict[str, Any]) -> str:
    """Why rows with one value of it need not be kept together."""
    alone = look["whole"] and column["distinct"] == look["looked"]
    return OWN if alone else _constant(look, column)


def offered(look: dict[str, Any], names: Sequence[str], why: Callable[[dict, dict], str]) -> list[str]:
    """Those of the columns `names` that nothing speaks against."""
    return [c["name"] for c in look["columns"] if c["name"] in names and not why(look, c)]


def left_out(look: dict[str, Any], names: Sequence[str], label_column: str | None, twins: Sequence[str]) -> str:
    """One line on the columns that are offered as neither label nor sensitive attribute, "" where none is missing."""
    told = {
        c["name"]: label(look, c) for c in look["columns"] if c["name"] in names and label(look, c) and group(look, c)
    }
    told |= dict.fromkeys(twins, f"goes one to one with {label_column}")
    listed = [f"{name} ({why})" for name, why in list(told.items())[:SHOWN]]
    more = [f"{len(told) - SHOWN:,} more"] if len(told) > SHOWN else []
    return f"Not offered: {', '.join([*listed, *more])}." if told else ""


def _constant(look: dict[str, Any], column: dict[str, Any]) -> str:
    """A file that is sorted may show one value alone in its first rows."""
    return SAME if look["whole"] and column["distinct"] < 2 else ""
