"""Recipes as TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ..workspace.layout import BadInput


def read_toml(path: str | Path, overrides: list[str] = ()) -> dict[str, Any]:
    """A recipe file as a dict, with `a.b=c` overrides (values in TOML syntax; bare words are strings)."""
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"recipe {path}: expected a TOML file, found nothing there") from None
    except OSError as error:
        raise BadInput(f"recipe {path}: expected a TOML file, found: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"recipe {path}: expected TOML, found: {error}") from None
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"--set {override}: expected section.key=value, found no '='")
        try:
            value = tomllib.loads(f"v = {text}")["v"]
        except (ValueError, RecursionError):
            value = text
        *sections, last = key.strip().split(".")
        place = raw
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise BadInput(f"--set {override}: expected {section!r} to be a section, found a value")
        place[last] = value
    return raw
