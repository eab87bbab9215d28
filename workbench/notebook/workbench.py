"""Data sets, runs and artefacts of a workspace."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.recipe import read_toml
from backend.workspace.artefacts import TYPES
from backend.workspace.layout import BadInput, given_path, write_atomic

from . import frames
from .run import Run, waited

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go

    from .reaching import Reaching


class Workbench:
    """A workspace. `service` has every method of docs/interfaces.md."""

    def __init__(self, service: Reaching):
        self.service = service

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Workbench {self.service.name}>"

    def close(self) -> None:
        """Let go of the workspace; runs go on."""
        self.service.close()

    def datasets(self) -> pd.DataFrame:
        """One row a registered data set (frames.datasets)."""
        return frames.datasets(self.service.datasets())

    def data(self, name: str) -> Dataset:
        """A data set by its name. Raises Refused for one that is not registered."""
        return Dataset(self.service, self.service.dataset(name))

    def add_data(self, path: str | Path, name: str, progress: bool = True, **spec: Any) -> Dataset:
        """Register a data set, wait for it, and return it.

        path: on the machine of the workspace; spec: kind, label, sensitive, ... (docs/interfaces.md, "spec"). Raises
        Refused with the reason where it cannot be read.
        """
        told = {"path": str(Path(path).expanduser().absolute()), "name": name, **spec}
        waited(self.service, self.service.add_data(told), progress, None)
        return self.data(name)

    def runs(self) -> pd.DataFrame:
        """One row a run, newest first (frames.runs)."""
        return frames.runs(self.service.runs())

    def run(self, run: str | None = None) -> Run:
        """A run by its identifier, or the newest. Raises Refused where there is none."""
        if run is None:
            run = next((found["run"] for found in self.service.runs() if found["kind"] == "run"), None)
            if run is None:
                raise BadInput("run: expected one in this workspace, found none yet")
        return Run(self.service, self.service.run(run)["run"])

    def submit(self, recipe: Mapping[str, Any] | str | Path, **changes: Any) -> Run:
        """Start a run.

        recipe: a dict, the path of a TOML file, or TOML text; changes: {"section.key": value}. Raises Refused with what
        is wrong with it.
        """
        return Run(self.service, self.service.submit(changed(as_recipe(recipe), changes)))

    def download(self, sha256: str, path: str | Path) -> Path:
        """Keep an artefact, by its digest, as a file whose ending says its type. Raises Refused where it is not here or
        not what its digest says."""
        target = given_path(path)
        kind = target.suffix.removeprefix(".")
        if kind not in TYPES:
            raise BadInput(f"{target.name}: expected a file that ends in .{', .'.join(TYPES)}, found .{kind}")
        payload = self.service.payload(sha256, kind)
        if (found := hashlib.sha256(payload).hexdigest()) != sha256:
            raise BadInput(f"artefact {sha256}: expected a file of this digest, found one of {found}")
        write_atomic(target, payload)
        return target

    def table(self, sha256: str) -> pd.DataFrame:
        """A Parquet artefact."""
        return self.service.table(sha256).to_pandas()

    def array(self, sha256: str, key: str) -> np.ndarray:
        """One tensor of a safetensors artefact."""
        return self.service.array(sha256, key)

    def document(self, sha256: str) -> Any:
        """A JSON artefact."""
        return self.service.document(sha256)

    def compare(self, *runs: str | Run) -> pd.DataFrame:
        """The study tables of several runs in one frame, with a column `run`."""
        import pandas as pd

        found = [run if isinstance(run, Run) else self.run(run) for run in runs]
        return pd.concat([run.study().assign(run=run.id) for run in found], ignore_index=True)

    def verify(self) -> dict[str, Any]:
        """{"ok", "events", "artefacts", "root", "findings", ..} of the whole record."""
        return self.service.verify()


class Dataset:
    """A registered data set. `manifest`: what the record says of it (backend/data/dataset.py)."""

    def __init__(self, service: Reaching, manifest: dict[str, Any]):
        self.service, self.manifest = service, manifest

    def __repr__(self) -> str:
        return f"<Dataset {self.name}: {self.manifest['count']:,} rows of kind {self.manifest['kind']}>"

    @property
    def name(self) -> str:
        return self.manifest["name"]

    def table(self) -> pd.DataFrame:
        """One row an example: row, split, label, group, sensitive attributes, the source's other columns."""
        return self.service.table(self.manifest["table"]["sha256"]).to_pandas()

    def sheet(self) -> dict[str, Any]:
        """The data sheet, as its page shows it."""
        return self.service.sheet(self.name)

    def cells(self, rows: list[int]) -> list[Any]:
        """Examples as people see them: PNG bytes, texts or records {column: value}."""
        return [cell.body for cell in self.service.cells(self.name, list(map(int, rows)))]

    def figure(self) -> go.Figure:
        """How many examples of each class the splits hold."""
        from ..charts.data import classes_by_split

        if not self.manifest["classes"]:
            raise BadInput(f"data set {self.name}: expected classes, found none")
        return classes_by_split(self.sheet(), self.manifest["classes"])


def as_recipe(recipe: Mapping[str, Any] | str | Path) -> dict[str, Any]:
    """A recipe as a dict, from what a person has of it. Raises BadInput with one line."""
    if isinstance(recipe, Mapping):
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in recipe.items()}
    if isinstance(recipe, Path) or "=" not in recipe:
        return read_toml(recipe)
    try:
        return tomllib.loads(recipe)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"recipe: expected TOML, found: {error}") from None


def changed(recipe: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe with other values: {"train.epochs": 3} or, as keyword, train__epochs=3."""
    for name, value in changes.items():
        *sections, last = name.replace("__", ".").split(".")
        place = recipe
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise BadInput(f"{name}: expected {section!r} to be a section, found a value")
        place[last] = value
    return recipe
