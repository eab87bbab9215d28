"""The service's methods over HTTP: what the CLI uses while a server owns the workspace."""

from __future__ import annotations

import base64
import io
import os
import time
from typing import TYPE_CHECKING, Any

from ...modality import Cell
from ...workspace.layout import Workspace
from ..runs.states import ENDED
from .dossiers import DossiersClient
from .http import TOKEN, Http
from .people import PeopleClient, ReviewsClient
from .runs import LabelsClient, ResultsClient
from .sweeps import SweepsClient
from .trail import TrailClient

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class Client(Http):
    """The service, asked over HTTP (http.py)."""

    def __init__(self, workspace: Workspace, port: int | None, host: str = "127.0.0.1", socket: str | None = None):
        super().__init__(workspace, port, host, socket)
        self._areas()

    @classmethod
    def at(cls, url: str, token: str | None = None) -> Client:
        """A client of a server elsewhere. url: of its pages; token: of a user, else that in WORKBENCH_TOKEN."""
        client = cls.__new__(cls)
        address = url.rstrip("/").removesuffix("/api")
        client._open(None, address, f"{address}/api", token or os.environ.get(TOKEN), None)
        client._areas()
        return client

    def _areas(self) -> None:
        self.people, self.reviews, self.trail = PeopleClient(self), ReviewsClient(self), TrailClient(self)
        self.dossiers, self.sweeps = DossiersClient(self), SweepsClient(self)
        self.labels, self.results = LabelsClient(self), ResultsClient(self)

    def datasets(self) -> list[dict[str, Any]]:
        return self.get("/datasets")

    def dataset(self, name: str) -> dict[str, Any]:
        return self.get(f"/datasets/{name}")

    def sheet(self, name: str) -> dict[str, Any]:
        return self.get(f"/datasets/{name}/sheet")

    def add_data(self, spec: dict[str, Any], actor: str = "local") -> str:
        return self.post("/datasets", spec)["run"]

    def cells(
        self, dataset: str, rows: list[int], size: int | None = None, characters: int | None = None
    ) -> list[Cell]:
        asked = {"rows": list(map(int, rows)), "size": size, "characters": characters}
        found = self.get(f"/datasets/{dataset}/cells", **{k: v for k, v in asked.items() if v is not None})
        return [Cell(c["kind"], base64.b64decode(c["body"]) if c["kind"] == "png" else c["body"]) for c in found]

    def thumbnails(self, dataset: str, rows: list[int], size: int | None = None) -> list[bytes]:
        found = self.get(f"/datasets/{dataset}/thumbnails", rows=list(map(int, rows)), size=size)
        return [base64.b64decode(png) for png in found]

    def texts(self, dataset: str, rows: list[int]) -> list[str]:
        return self.get(f"/datasets/{dataset}/texts", rows=list(map(int, rows)))

    def submit(self, recipe: dict[str, Any], actor: str = "local") -> str:
        return self.post("/runs", recipe)["run"]

    def cancel(self, run: str, actor: str = "local") -> None:
        self.post(f"/runs/{run}/cancel")

    def resume(self, run: str, actor: str = "local") -> None:
        self.post(f"/runs/{run}/resume")

    def wait(self, run: str, timeout: float | None = None) -> dict[str, Any]:
        """The run once it has ended, or as it is when `timeout` seconds have passed."""
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (found := self.run(run))["state"] not in ENDED and time.monotonic() < until:
            time.sleep(0.3)
        return found

    def runs(self) -> list[dict[str, Any]]:
        return self.get("/runs")

    def run(self, run: str) -> dict[str, Any]:
        return self.get(f"/runs/{run}")

    def log(self, run: str, tail: int = 200) -> str:
        return self.get(f"/runs/{run}/log", tail=tail)["log"]

    def events(self, run: str, kind: str | None = None, after: int = -1) -> list[dict[str, Any]]:
        return self.get(f"/runs/{run}/events", kind=kind, after=after)

    def latest(self, run: str, kind: str, key: str | None = None) -> dict[str, Any] | None:
        return self.get(f"/runs/{run}/latest", kind=kind, key=key)

    def selections(self, run: str) -> list[dict[str, Any]]:
        return self.get(f"/runs/{run}/selections")

    def save_selection(
        self, run: str, name: str, rows: list[int], view: dict[str, Any], actor: str = "local"
    ) -> dict[str, Any]:
        return self.post(f"/runs/{run}/selections", {"name": name, "rows": list(map(int, rows)), "view": view})

    def keep_report(self, run: str, format: str, payload: bytes, actor: str = "local") -> dict[str, Any]:
        return self.send("POST", f"/runs/{run}/reports/{format}", content=payload).json()

    def keep_export(self, run: str, told: dict[str, Any], actor: str = "local") -> None:
        self.post(f"/runs/{run}/exports", told)

    def ask(self, question: dict[str, Any], timeout: float = 60) -> dict[str, Any]:
        return self.post("/ask", question, timeout=timeout)

    def catalogue(self) -> dict[str, Any]:
        return self.get("/catalogue")

    def verify(self, progress: Any = None, key: str | None = None) -> dict[str, Any]:
        return self.post("/verify", key=key)

    def ledger(self, run: str | None = None, limit: int = 200, offset: int = 0) -> list[dict[str, Any]]:
        return self.get("/ledger", run=run, limit=limit, offset=offset)

    def payload(self, sha256: str, kind: str) -> bytes:
        """An artefact as it is stored."""
        return self.send("GET", f"/artefacts/{sha256}.{kind}").content

    def table(self, sha256: str, columns: list[str] | None = None) -> pa.Table:
        import pyarrow.parquet as pq

        return pq.read_table(io.BytesIO(self.payload(sha256, "parquet")), columns=columns)

    def document(self, sha256: str) -> Any:
        return self.send("GET", f"/artefacts/{sha256}.json").json()

    def array(self, sha256: str, key: str, rows: slice | None = None) -> np.ndarray:
        from safetensors.numpy import load

        found = load(self.payload(sha256, "safetensors"))[key]
        return found if rows is None else found[rows]
