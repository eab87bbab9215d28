"""What in a recipe names a file or a folder of the machine that its run is on.

A field of a section, or a parameter of a plug-in, says so by `json_schema_extra={"place": "folder"}` ("file", or
"model" for what may also be `package:NAME` or `hf:OWNER/NAME`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..workspace.reach import is_model_path
from .check import PLUGGED
from .sections import Recipe, Section


def places(recipe: Recipe, catalogue: dict[str, Any]) -> list[tuple[str, str]]:
    """(field, path) of each, as they stand in a resolved recipe."""
    found = []
    for name in Recipe.model_fields:
        section = getattr(recipe, name)
        if name in PLUGGED and section is not None:
            schema, values = catalogue[PLUGGED[name]][section.name]["schema"], section.params
        elif isinstance(section, Section):
            schema, values = type(section).model_json_schema(), section.model_dump()
        else:
            continue
        found += [(f"recipe: {name}.{field}", value) for field, value in _places(schema, values)]
    return found


def _places(schema: dict[str, Any], values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, described in schema.get("properties", {}).items():
        value, kind = values.get(field), described.get("place")
        if kind and value and (kind != "model" or is_model_path(value)):
            yield field, value
