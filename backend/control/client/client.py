"""The service's methods over HTTP: what the CLI uses while a server owns the workspace."""

from __future__ import annotations

import base64
import io
import os
import time
from typing import TYPE_CHECKING, Any

import httpx

from ...modality import Cell
from ...workspace.layout import BadInput, Workspace
from ..runs.states import ENDED

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

TOKEN = "WORKBENCH_TOKEN"  # a user's API token; needed where the workspace has accounts


class Gone(BadInput):
    """The owner of the workspace gave no answer. `again`: nothing was done, so that the next owner can be asked."""

    again = False


class Client:
    """Talks to the API of the process that owns `workspace`. Raises BadInput with its line, Gone where there is none.

    port, host: of a server. It is called with the token in WORKBENCH_TOKEN, without that with the workspace's own
    (single-user mode). socket: of another command, which only this user can open.
    """

    def __init__(self, workspace: Workspace, port: int | None, host: str = "127.0.0.1", socket: str | None = None):
        from .dossiers import DossiersClient
        from .people import PeopleClient, ReviewsClient
        from .trail import TrailClient

        self.workspace = workspace
        self.people, self.reviews, self.trail = PeopleClient(self), ReviewsClient(self), TrailClient(self)
        self.dossiers = DossiersClient(self)
        address = f"[{host}]" if ":" in host else host
        self._http = httpx.Client(
            base_url="http://nearby" if socket else f"http://{address}:{port}/api",
            headers={} if socket else {"Authorization": f"Bearer {os.environ.get(TOKEN) or workspace.token}"},
            timeout=httpx.Timeout(30, read=600),
            transport=httpx.HTTPTransport(uds=socket) if socket else None,
            trust_env=False,
        )

    def answers(self) -> bool:
        """Is the owner there, and has it finished starting?"""
        try:
            return self._http.get("/health", timeout=30).status_code == 200
        except httpx.TransportError:
            return False

    def ask_to_make_way(self) -> None:
        """Another command lets go of the workspace for a server; its run goes on."""
        self._post("/handover")

    def close(self) -> None:
        self._http.close()

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        params = {k: v for k, v in options.pop("params", {}).items() if v is not None}
        try:
            response = self._http.request(method, path, params=params, **options)
        except httpx.TransportError as error:
            gone = Gone(f"owner of {self.workspace.root}: expected an answer, found {error or type(error).__name__}")
            gone.again = isinstance(error, httpx.ConnectError) or (
                method == "GET" and not isinstance(error, httpx.TimeoutException)
            )
            raise gone from None
        if response.status_code >= 400:
            try:
                detail = response.json()["detail"]
            except (ValueError, KeyError):
                detail = response.text[:200]
            raise BadInput(detail if isinstance(detail, str) else str(detail))
        return response

    def _get(self, path: str, **params: Any) -> Any:
        return self._send("GET", path, params=params).json()

    def _post(self, path: str, body: Any = None, **params: Any) -> Any:
        return self._send("POST", path, json=body, params=params).json()

    def datasets(self) -> list[dict[str, Any]]:
        return self._get("/datasets")

    def dataset(self, name: str) -> dict[str, Any]:
        return self._get(f"/datasets/{name}")

    def sheet(self, name: str) -> dict[str, Any]:
        return self._get(f"/datasets/{name}/sheet")

    def add_data(self, spec: dict[str, Any], actor: str = "local") -> str:
        return self._post("/datasets", spec)["run"]

    def cells(
        self, dataset: str, rows: list[int], size: int | None = None, characters: int | None = None
    ) -> list[Cell]:
        asked = {"rows": list(map(int, rows)), "size": size, "characters": characters}
        found = self._get(f"/datasets/{dataset}/cells", **{k: v for k, v in asked.items() if v is not None})
        return [Cell(c["kind"], base64.b64decode(c["body"]) if c["kind"] == "png" else c["body"]) for c in found]

    def thumbnails(self, dataset: str, rows: list[int], size: int | None = None) -> list[bytes]:
        found = self._get(f"/datasets/{dataset}/thumbnails", rows=list(map(int, rows)), size=size)
        return [base64.b64decode(png) for png in found]

    def texts(self, dataset: str, rows: list[int]) -> list[str]:
        return self._get(f"/datasets/{dataset}/texts", rows=list(map(int, rows)))

    def submit(self, recipe: dict[str, Any], actor: str = "local") -> str:
        return self._post("/runs", recipe)["run"]

    def cancel(self, run: str, actor: str = "local") -> None:
        self._post(f"/runs/{run}/cancel")

    def wait(self, run: str, timeout: float | None = None) -> dict[str, Any]:
        """The run once it has ended, or as it is when `timeout` seconds have passed."""
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (found := self.run(run))["state"] not in ENDED and time.monotonic() < until:
            time.sleep(0.3)
        return found

    def runs(self) -> list[dict[str, Any]]:
        return self._get("/runs")

    def run(self, run: str) -> dict[str, Any]:
        return self._get(f"/runs/{run}")

    def log(self, run: str, tail: int = 200) -> str:
        return self._get(f"/runs/{run}/log", tail=tail)["log"]

    def events(self, run: str, kind: str | None = None, after: int = -1) -> list[dict[str, Any]]:
        return self._get(f"/runs/{run}/events", kind=kind, after=after)

    def latest(self, run: str, kind: str, key: str | None = None) -> dict[str, Any] | None:
        return self._get(f"/runs/{run}/latest", kind=kind, key=key)

    def selections(self, run: str) -> list[dict[str, Any]]:
        return self._get(f"/runs/{run}/selections")

    def save_selection(
        self, run: str, name: str, rows: list[int], view: dict[str, Any], actor: str = "local"
    ) -> dict[str, Any]:
        return self._post(f"/runs/{run}/selections", {"name": name, "rows": list(map(int, rows)), "view": view})

    def keep_report(self, run: str, format: str, payload: bytes, actor: str = "local") -> dict[str, Any]:
        return self._send("POST", f"/runs/{run}/reports/{format}", content=payload).json()

    def keep_export(self, run: str, told: dict[str, Any], actor: str = "local") -> None:
        self._post(f"/runs/{run}/exports", told)

    def ask(self, question: dict[str, Any], timeout: float = 60) -> dict[str, Any]:
        return self._post("/ask", question, timeout=timeout)

    def catalogue(self) -> dict[str, Any]:
        return self._get("/catalogue")

    def verify(self, progress: Any = None, key: str | None = None) -> dict[str, Any]:
        return self._post("/verify", key=key)

    def ledger(self, run: str | None = None, limit: int = 200, offset: int = 0) -> list[dict[str, Any]]:
        return self._get("/ledger", run=run, limit=limit, offset=offset)

    def _bytes(self, sha256: str, kind: str) -> bytes:
        return self._send("GET", f"/artefacts/{sha256}.{kind}").content

    def table(self, sha256: str, columns: list[str] | None = None) -> pa.Table:
        import pyarrow.parquet as pq

        return pq.read_table(io.BytesIO(self._bytes(sha256, "parquet")), columns=columns)

    def document(self, sha256: str) -> Any:
        return self._send("GET", f"/artefacts/{sha256}.json").json()

    def array(self, sha256: str, key: str, rows: slice | None = None) -> np.ndarray:
        from safetensors.numpy import load

        found = load(self._bytes(sha256, "safetensors"))[key]
        return found if rows is None else found[rows]
