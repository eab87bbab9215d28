"""Kinds of data, one folder each. `backend/modality/NAME/` holds what the server's side knows of a modality:

    __init__.py   `MODALITY`, a Modality (_base.py): what its examples are called, what a recipe leaves open, how a
                  source of it is registered and how a row of it is shown
    register.py   `register`, which reads a source, checks, describes and stores it
    and what these need, under any names (describe.py, cell.py)

Nothing here imports torch. What the stages need lies in `backend/stages/modality/NAME/`, what a person sees in
`workbench/modality/NAME/`. A folder of WORKBENCH_PLUGINS can hold the same three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from .. import plugins
from ..workspace.layout import BadInput
from ._base import Cell, Modality, Progress, Third

FIRST = "image"  # what a spec is of that names none

__all__ = [
    "DEFAULTS",
    "FIRST",
    "Cell",
    "Modality",
    "Progress",
    "Third",
    "modality",
    "names",
    "of",
    "of_recipe",
    "of_spec",
]


def names() -> tuple[str, ...]:
    """The modalities that there are, sorted. Imports none of them."""
    return plugins.folders("modality")


def modality(name: str) -> Modality:
    """One modality. Raises BadInput with one line that lists the known ones."""
    if name not in names():
        raise BadInput(f"kind: expected one of {', '.join(names())}, found {str(name)[:80]!r}")
    return _loaded(name)


@cache
def _loaded(name: str) -> Modality:
    found = plugins.module("modality", name).MODALITY
    found.name = name
    return found


def of(manifest: dict[str, Any]) -> Modality:
    """The modality of a registered data set: its manifest says so."""
    return modality(manifest["kind"])


def of_spec(spec: dict[str, Any]) -> Modality:
    """The modality that an encoder of this spec reads (backend/engine/weights.py). Raises BadInput."""
    if "modality" in spec:
        return modality(spec["modality"])
    found = next((m for m in map(modality, names()) if m.mark and m.mark in spec), None)
    if found is None:
        raise BadInput(f"spec: expected that of an encoder, found the keys {', '.join(sorted(spec))[:80]}")
    return found


def of_recipe(recipe: Any) -> Modality:
    """The modality that a recipe can only be meant for, where its data set is not there to ask: the one that alone has
    a section which the recipe names, else FIRST."""
    known = map(modality, names()) if isinstance(recipe, dict) else ()
    return next((m for m in known if m.third and m.third.section in recipe), modality(FIRST))


class _Defaults(Mapping):
    """{modality: what its recipes leave open}"""

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in names():
            raise KeyError(name)
        return modality(name).recipe

    def __iter__(self) -> Iterator[str]:
        return iter(names())

    def __len__(self) -> int:
        return len(names())


DEFAULTS: Mapping[str, dict[str, Any]] = _Defaults()
