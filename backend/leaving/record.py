"""What a run has recorded, for the process that lets its model leave: its events, its data, how these were read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..data.dataset import Dataset
from ..engine.job import Job
from ..recipe import Recipe
from ..workspace.artefacts import Artefacts
from ..workspace.events import read_events
from ..workspace.layout import BadInput, RunFolder, Workspace


class Told:
    """Events as stages ask for them; nothing is appended."""

    def __init__(self, events: list[dict[str, Any]]):
        self._keyed = {(event["kind"], event["key"]): event for event in events}

    def seen(self, kind: str, key: str) -> dict[str, Any] | None:
        return self._keyed.get((kind, key))


@dataclass(frozen=True)
class Record:
    workspace: Workspace
    run: str

    @cached_property
    def artefacts(self) -> Artefacts:
        return Artefacts(self.workspace.artefacts)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        return [event for event, _ in read_events(self._folder.events)]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]

    @property
    def _folder(self) -> RunFolder:
        return self.workspace.run(self.run)

    @cached_property
    def dataset(self) -> Dataset:
        return Dataset(json.loads(self._folder.job.read_bytes())["dataset"], self.artefacts)

    @cached_property
    def job(self) -> Job:
        """As the worker had it, on the CPU."""
        recipe = Recipe.model_validate(self.of("run.started")[0]["body"]["recipe"])
        return Job(self._folder, recipe, self.dataset, "cpu", Told(self.events), self.artefacts)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """How the data set was registered (backend/data/spec.py); {} where that job is not here."""
        name, digest = self.dataset.name, self.dataset.manifest["digest"]
        for path in sorted(self.workspace.runs.glob("*/job.json")):
            told = json.loads(path.read_bytes())
            if told.get("kind") != "data" or told["spec"]["name"] != name:
                continue
            found = (event for event, _ in read_events(RunFolder(path.parent).events))
            if any(event["kind"] == "data.registered" and event["body"]["digest"] == digest for event in found):
                return told["spec"]
        return {}

    def encoder(self, seed: int) -> str:
        """SHA-256 of the encoder of a pretraining seed. Raises BadInput where there is none."""
        found = [event for event in self.of("encoder") if event["key"] == f"pretrain/{seed}"]
        return self._model(found, f"a finished pretraining of seed {seed}")

    def classifier(self, **body: Any) -> str:
        """SHA-256 of the newest classifier of the pretrained arm of which this is said. Raises BadInput."""
        wanted = {"arm": "ssl", **{key: value for key, value in body.items() if value is not None}}
        found = [event for event in self.of("classifier") if wanted.items() <= event["body"].items()]
        seed = body.get("pretrain_seed", 0)
        return self._model(found, f"a classifier of pretraining seed {seed}: the study keeps that of seed 0")

    def _model(self, found: list[dict[str, Any]], wanted: str) -> str:
        if not found:
            raise BadInput(f"export {self.run}: expected {wanted}, found none")
        return found[-1]["subjects"][0]["sha256"]
