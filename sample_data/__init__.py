"""Built-in data sets. A folder is a registry: one file is one data set, the file's name is its name.

Each file defines `Params` (unknown keys are errors) and `make(params) -> Sample`; its docstring opens with a summary.
One of another modality than images says so: `KIND = "table"`.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict


class SampleParams(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Sample:
    """images: uint8 N x H x W x C; columns: N values each; label, split, group: names among the columns;
    sensitive: what to audit, as in a data spec; masks: uint8 N x H x W a planted factor; truth: what is known.

    kind: the modality, as `KIND` of the file. Of a table there are no images, and column_types says the type of columns
    that shall not be guessed, as `columns` of a data spec does; target and unit: as in a data spec. Of series, a row is
    a reading; group names whose, time when. spec: further fields of a data spec, where nobody says otherwise.
    """

    images: np.ndarray | None
    columns: dict[str, np.ndarray]
    label: str
    split: str | None = None
    group: str | None = None
    sensitive: list[dict[str, Any]] = field(default_factory=list)
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)
    kind: str = "image"
    column_types: dict[str, str] = field(default_factory=dict)
    target: str = "class"
    unit: str | None = None
    time: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """The columns as a table: CSV or Parquet, by how the name ends. Raises ValueError for another ending."""
        import pandas as pd

        frame = pd.DataFrame(self.columns)
        match path.suffix:
            case ".csv":
                frame.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%S")
            case ".parquet":
                frame.to_parquet(path, index=False)
            case other:
                raise ValueError(f"path: expected a name that ends in .csv or .parquet, found {other!r}")

    def digest(self) -> str:
        """SHA-256 over the pixels and the labels; where there are none, over all columns."""
        if self.images is None:
            told = (f"{name}\0" + "\0".join(map(str, values)) for name, values in self.columns.items())
            return hashlib.sha256("\1".join(told).encode()).hexdigest()
        labels = "\0".join(map(str, self.columns[self.label]))
        return hashlib.sha256(self.images.tobytes() + labels.encode()).hexdigest()


def names() -> tuple[str, ...]:
    """The built-in data sets, sorted. Imports none of them."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def kind(name: str) -> str:
    """The modality of a built-in data set: `KIND` of its file, images where that says nothing."""
    return getattr(importlib.import_module(f"{__name__}.{name}"), "KIND", "image")


def make(name: str, params: dict[str, Any]) -> Sample:
    """Raises KeyError for an unknown name, ValidationError for wrong params, ImportError with a line to act on."""
    if name not in names():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name}")
    return module.make(module.Params(**params))


def catalogue() -> dict[str, dict[str, Any]]:
    """{name: {"summary", "schema", "kind"}}"""
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names()}
    return {
        name: {
            "summary": module.__doc__.strip().split("\n")[0],
            "schema": module.Params.model_json_schema(),
            "kind": kind(name),
        }
        for name, module in modules.items()
    }
