"""What a person reads on a page, and what nobody should: keys of the record, numbers in a form of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from backend import exports, plugins

# Fields of Streamlit's messages that a person reads
READ = frozenset({"body", "label", "caption", "help", "placeholder", "options", "text", "alt", "default", "value"})
CODE = frozenset({"code", "json"})  # recipes and logs are read as they are written
OF_FIGURES = frozenset({"text", "name", "ticktext", "hovertemplate", "texttemplate", "label"})

# Names of files that are no words of a language: they are written as people write the method
FILES = [
    name
    for folder in ("pretext", "encoders", "projection")
    for name in plugins.files(folder)
    if not set(name.split("_")) <= set(exports.called(folder, name).split())
]
WRONG = {
    "the name of a file": re.compile(rf"(?<![\w./`-])(?:{'|'.join(FILES)})(?![\w./`-])"),
    "a key of the record": re.compile(
        r"(?<![\w./`-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w./`-])|(?<![\w/])(?:lpft|ssl)(?![\w/])"
    ),
    "a place in a recipe": re.compile(r"(?<![\w./`-])(?:finetune|pretext|train|encoder|projection)\.[a-z_]+(?:\.\w+)*"),
    "one of many": re.compile(
        r"(?<![\d.,])1 (?:events|rows|runs|points|models|pairs|tests|columns|examples|images|texts|files)\b"
    ),
    "a zero with a sign": re.compile(r"[-−+]0(?:\.0+)?(?![\d.,]*[1-9])(?!\d)"),
    "a hyphen for a minus": re.compile(r"(?<![\w\d.:/-])-\d+(?:\.\d+)? (?:points|%)"),
    "p to other digits": re.compile(r"\bp = 0\.(?:[1-9]\d{2,}|[1-9](?!\d)|0\d{3,}|0\d?(?!\d))"),
    "words of a library": re.compile(
        r"Input should|should have at|String should|Value error|is not of type|\bnan\b|\bNone\b"
    ),
}


def wrong(texts: Iterable[str], known: frozenset[str] = frozenset()) -> list[str]:
    """What should not be read in these texts: "a key of the record: scratch_aug in “..”". known: people's own names."""
    found = []
    for text in texts:
        for what, pattern in WRONG.items():
            for hit in pattern.finditer(text):
                if hit.group() not in known:
                    found.append(f"{what}: {hit.group()} in “{text[max(0, hit.start() - 60) : hit.end() + 60]}”")
    return list(dict.fromkeys(found))


def texts(app: AppTest) -> list[str]:
    """All that a person reads on the page, figures and tables among it."""
    found: list[str] = []
    for element in _elements(app):
        kind, proto = getattr(element, "type", ""), getattr(element, "proto", None)
        if kind in CODE or proto is None:
            continue
        if kind == "plotly_chart":
            found += _of_figure(json.loads(proto.spec))
        elif kind in ("arrow_data_frame", "arrow_table", "dataframe", "table"):
            frame = element.value
            found += [
                *map(str, frame.columns),
                *(cell for name in frame for cell in frame[name] if isinstance(cell, str)),
            ]
        else:
            found += list(_read(MessageToDict(proto)))
    return [text for text in found if text.strip()]


def _elements(app: AppTest) -> Iterator[Any]:
    todo = [app._tree]
    while todo:
        block = todo.pop()
        for child in getattr(block, "children", {}).values():
            todo.append(child)
            yield child


def _read(found: Any, name: str = "") -> Iterator[str]:
    if isinstance(found, str):
        if name in READ and not found.lstrip().startswith(("<style", "<svg", "data:")):
            yield re.sub(r"`[^`]*`|<[^>]+>", " ", found).replace("\\", "").replace("\u2060", "")
    elif isinstance(found, dict):
        for key, one in found.items():
            yield from _read(one, key)
    elif isinstance(found, list):
        for one in found:
            yield from _read(one, name)


def _of_figure(found: Any, name: str = "") -> list[str]:
    if isinstance(found, str):
        return [re.sub(r"<[^>]+>|%\{[^}]*\}", " ", found)] if name in OF_FIGURES else []
    if isinstance(found, dict):
        return [text for key, one in found.items() if key != "template" for text in _of_figure(one, key)]
    return [text for one in found for text in _of_figure(one, name)] if isinstance(found, list) else []
