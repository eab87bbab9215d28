"""A first look at a source, before it is registered: its columns, their kinds and a few of their values.

It runs in the server's process, so it is bounded: headers and the first rows are read, no image is decoded and nothing
is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pyarrow as pa

from ..modality import modality, names
from ..workspace.layout import BadInput
from .conventions import missing
from .conventions.told import Told
from .conventions.written import text, typed
from .readers import find, image_folder, zip_folder
from .readers._described import NoImages
from .source import Glimpse

VALUES = 20
MAX_TEXT = 60
MAX_TWINS = 50  # different values of columns that are compared; an identifier goes with every other one
MAX_COLUMNS = 200


class WrongImages(BadInput):
    """A folder holds images, and something is wrong with it."""


def preview(path: str, kind: str | None = None, told: dict[str, Any] | None = None) -> dict[str, Any]:
    """What `service().preview` tells; raises BadInput as the reader would.

    {"of", "kind", "name", "rows": int or None, "looked": int, "whole": bool, "columns": [{"name", "kind", "values":
    [str], "distinct": int, "asks": {word: rows}, "twins": [names], and what the modality adds}], "image", "text",
    "label", "split", "reasons", "missing_words"}. of: its modality, found by itself unless it is given. looked: how
    many rows were looked at; whole: these are all. kind of a column: "number" or "text"; values: the most frequent
    ones, `distinct` of them there are; asks: words that stand for a missing value or for themselves; twins: columns
    whose values go one to one with its own. image, text, label, split: the columns that the source itself declares, or
    None; reasons: {role: why}. told: encoding, separator, header and missing, as a spec has them.
    """
    said = Told(**(told or {}))
    of, reader, name, glimpse = _look(path, kind, said)
    names = list(glimpse.frame)[:MAX_COLUMNS]
    more = modality(of).columns(glimpse, name, said)
    told = [_column(c, glimpse.frame[c], c in glimpse.words_only, said) | more.get(str(c), {}) for c in names]
    return {
        "of": of,
        "kind": _name(reader),
        "name": name,
        "rows": glimpse.rows,
        "looked": len(glimpse.frame),
        "whole": glimpse.whole or glimpse.rows == len(glimpse.frame),
        "columns": _paired(told, glimpse.frame),
        "image": glimpse.image,
        "text": glimpse.text,
        "label": glimpse.label,
        "split": glimpse.split,
        "reasons": dict(glimpse.reasons),
        "missing_words": list(missing.WORDS),
    }


def _look(path: str, kind: str | None, told: Told) -> tuple[str, ModuleType, str, Glimpse]:
    """(kind of data, its reader, the source's name, the first rows).

    Where readers of several kinds take it, the kind that claims it most surely (backend/modality).
    """
    kinds = (kind,) if kind else names()
    known = _those_that_work(lambda of: (of, *find(path, of)), kinds)
    seen = _those_that_work(lambda found: (found[0], found[1], found[2].name, _glimpse(*found[1:], told)), known)
    return max(seen, key=lambda found: modality(found[0]).claim(_name(found[1]), found[3]))


def _name(reader: ModuleType) -> str:
    return reader.__name__.rsplit(".", 1)[-1]


def _glimpse(reader: ModuleType, path: Path, told: Told) -> Glimpse:
    """Raises WrongImages where a folder of images cannot be read: a table beside them is no data set of texts."""
    try:
        return reader.look(path, told) if getattr(reader, "TOLD", False) else reader.look(path)
    except NoImages:
        raise
    except BadInput as error:
        images = reader is image_folder or isinstance(error, zip_folder.WrongTable)
        raise WrongImages(str(error)) if images else error from None


def _those_that_work(call: Callable, over: Iterable) -> list:
    """What `call` gives for each; those that it refuses are left out, and the first refusal is raised when all are."""
    worked, refused = [], []
    for item in over:
        try:
            worked.append(call(item))
        except WrongImages as error:
            raise BadInput(str(error)) from None
        except BadInput as error:
            refused.append(error)
    if not worked:
        raise refused[0]
    return worked


def _paired(told: list[dict[str, Any]], frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The columns with their twins among those that could be classes or groups."""
    alike: dict[bytes, list[str]] = {}
    marks = {}
    for one, column in zip(told, frame, strict=False):
        if 2 <= one["distinct"] <= MAX_TWINS:
            marks[one["name"]] = pd.factorize(text(frame[column]))[0].tobytes()
            alike.setdefault(marks[one["name"]], []).append(one["name"])
    return [{**one, "twins": [n for n in alike.get(marks.get(one["name"]), []) if n != one["name"]]} for one in told]


def _column(name: str, values: pd.Series, words_only: bool, told: Told) -> dict[str, Any]:
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    written = text(values)
    if words_only:
        number = not pa.types.is_string(typed(pa.chunked_array([pa.array(written, pa.string())]))[0].type)
    counts = written.value_counts()
    return {
        "name": str(name),
        "kind": "number" if number else "text",
        "values": [str(v)[:MAX_TEXT] for v in counts.index[:VALUES]],
        "distinct": len(counts),
        "asks": missing.asked(written, told.missing, words_only),
    }
