"""One run: its figures as frames, its embeddings as arrays, its charts, its files."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.control.runs.states import ENDED
from backend.workspace.layout import BadInput

from . import frames

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go

    from .reaching import Reaching

STEP = 0.3  # seconds between two looks at a run that is waited for


class Run:
    """A run by its identifier `id`. What is asked for is read from the record each time."""

    def __init__(self, service: Reaching, run: str):
        self.service, self.id = service, run

    def __repr__(self) -> str:
        found = self.info
        return f"<Run {self.id}: {found['title'] or 'untitled'}, on {found['dataset']}, {found['state']}>"

    @property
    def info(self) -> dict[str, Any]:
        """run, title, dataset, state, reason, stage, progress, recipe, ... (docs/interfaces.md)"""
        return self.service.run(self.id)

    @property
    def state(self) -> str:
        """queued, running, succeeded, failed, cancelled or lost"""
        return self.info["state"]

    @property
    def recipe(self) -> dict[str, Any]:
        """With every default written out."""
        return self.info["recipe"]

    def wait(self, progress: bool = True, timeout: float | None = None) -> Run:
        """Wait for the end, with a line of progress on stderr. Raises Refused with the reason where the run did not
        succeed, or not within `timeout` seconds; the run itself goes on then."""
        waited(self.service, self.id, progress, timeout)
        return self

    def cancel(self) -> None:
        """Ask for its end: it writes a checkpoint and stops."""
        self.service.cancel(self.id)

    def log(self, tail: int = 200) -> str:
        """The last lines that its worker printed."""
        return self.service.log(self.id, tail)

    def verdicts(self) -> list[str]:
        """What the pages say of it, a sentence each."""
        from ..verdicts.run import sentences

        return sentences(self.service, self.id)

    def events(self, kind: str | None = None) -> pd.DataFrame:
        """One row an event (docs/events.md): leaf, seq, time, actor, kind, key, body, subjects."""
        return frames.events(self.service.events(self.id, kind))

    def metrics(self) -> pd.DataFrame:
        """Readings of pretraining: seed, step, epoch, loss, lr, parts.NAME ..."""
        return frames.bodies(self.service.events(self.id, "metrics"))

    def knn(self) -> pd.DataFrame:
        """Readings of the online nearest neighbours during pretraining: seed, step, accuracy, chance ..."""
        return frames.bodies(self.service.events(self.id, "knn"))

    def collapse(self) -> pd.DataFrame:
        """Readings of the representation's health during pretraining."""
        return frames.bodies(self.service.events(self.id, "collapse"))

    def study(self) -> pd.DataFrame:
        """The learning curves: one row an arm, method and share of the labels (frames.study)."""
        return frames.study(self._verdict())

    def contrasts(self) -> pd.DataFrame:
        """The pretrained arm against every other, with intervals and corrected p."""
        return frames.contrasts(self._verdict())

    def cells(self) -> pd.DataFrame:
        """Every fitted model of the study with its validation and test metrics."""
        return self.service.table(self._latest("study.verdict")["subjects"][0]["sha256"]).to_pandas()

    def bias(self) -> pd.DataFrame:
        """Rates of groups with their intervals (frames.bias)."""
        return frames.bias(self.service.events(self.id, "fairness"))

    def gaps(self) -> pd.DataFrame:
        """How far groups lie apart (frames.gaps)."""
        return frames.gaps(self.service.events(self.id, "fairness"))

    def predictions(self, arm: str = "ssl") -> pd.DataFrame:
        """What the audited model says of validation and test rows, first label subset and seed."""
        found = [event for event in self.service.events(self.id, "predictions") if event["body"]["arm"] == arm]
        if not found:
            raise BadInput(f"run {self.id}: expected predictions of arm {arm!r}, found none")
        return self.service.table(found[0]["subjects"][0]["sha256"]).to_pandas()

    def embeddings(self, seed: int = 0) -> np.ndarray:
        """float32 N x d, every row of the data set, as the encoder of a pretraining seed sees it."""
        event = self._latest("features", f"pretrain/{seed}")
        return self.service.array(event["subjects"][0]["sha256"], "features")

    def maps(self) -> dict[str, pd.DataFrame]:
        """{ARM/METHOD/DIM/SEED: row, x, y(, z), kept} of every map of the embedding."""
        found = self.service.events(self.id, "projection")
        return {event["key"]: self.service.table(event["subjects"][0]["sha256"]).to_pandas() for event in found}

    def artefacts(self) -> pd.DataFrame:
        """Every file that the run's events name, by its digest: Workbench.download keeps one."""
        return frames.artefacts(self.service.events(self.id))

    def figures(self) -> dict[str, go.Figure]:
        """The charts of its report: {"study 1": figure, ..}, by section and place."""
        from ..documents import collect
        from ..documents.chapters import CHAPTERS

        found = {}
        for section in collect(self.service, self.id, without=("record",))["sections"]:
            chapter = CHAPTERS.get(section["name"])
            if chapter and section["facts"]:
                told = chapter(section["facts"], self.service)
                for place, made in enumerate([*told.figures, *told.pairs], 1):
                    found[f"{section['name']} {place}"] = made()
        return found

    def report(self, path: str | Path) -> Path:
        """Write the dossier; the ending says how: .html, .pdf, .md or .json."""
        from ..cli.report import format_of, write_report

        write_report(self.service, self.id, format_of(Path(path)), Path(path), None)
        return Path(path)

    def export(self, folder: str | Path, **asked: Any) -> Path:
        """Write the model into a new folder: weights, code for new files, ONNX, card.

        asked: what, method, seed, features, as `workbench export` takes them. Raises Refused where the workspace is not
        on this machine.
        """
        from ..documents.model import export_model

        if self.service.root is None:
            raise BadInput(
                "export: expected a workspace on this machine, found a server's address; use its page Report"
            )
        return Path(export_model(self.service, self.id, Path(folder), **asked)["path"])

    def mlflow(self) -> dict[str, Any]:
        """The run as MLflow takes it: {"experiment", "run", "batches"} of its REST interface, as JSON."""
        from .mlflow import as_mlflow

        return as_mlflow(self.info, self.service.events(self.id))

    def to_mlflow(self, address: str) -> str:
        """Copy recipe and metrics to an MLflow tracking server; returns the run's identifier there."""
        from .mlflow import send

        return send(self.mlflow(), address)

    def _verdict(self) -> dict[str, Any]:
        return self._latest("study.verdict")["body"]

    def _latest(self, kind: str, key: str | None = None) -> dict[str, Any]:
        found = self.service.latest(self.id, kind, key)
        if found is None:
            what = f"{kind} of {key}" if key else kind
            raise BadInput(f"run {self.id}: expected the event {what}, found none")
        return found


def waited(service: Reaching, run: str, progress: bool, timeout: float | None) -> dict[str, Any]:
    """The run once it has succeeded. Raises BadInput with the reason where it did not."""
    until = float("inf") if timeout is None else time.monotonic() + timeout
    said = ""
    while (found := service.run(run))["state"] not in ENDED:
        if time.monotonic() > until:
            raise BadInput(f"run {run}: expected its end within {timeout:g} s, found it {found['state']}")
        if progress and (line := _line(found)) != said:
            print(f"\r{line:<{len(said)}}", end="", file=sys.stderr, flush=True)
            said = line
        time.sleep(STEP)
    if said:
        print(f"\r{run}: {found['state']:<{len(said)}}", file=sys.stderr, flush=True)
    if found["state"] != "succeeded":
        raise BadInput(
            f"run {run}: expected it to succeed, found it {found['state']}: {found['reason'] or 'no reason'}"
        )
    return found


def _line(run: dict[str, Any]) -> str:
    told = run["progress"]
    if not told or not told["total"]:
        return f"{run['run']}: {run['state']}"
    return f"{run['run']}: {told['stage']}, {100 * told['done'] / told['total']:.0f} % {told['note'] or ''}".rstrip()
