"""The connection to whoever owns a workspace: requests to its API, and its answers or its line."""

from __future__ import annotations

import os
from typing import Any

import httpx

from ...workspace.layout import BadInput, Workspace

TOKEN = "WORKBENCH_TOKEN"  # a user's API token; needed where the workspace has accounts


class Gone(BadInput):
    """The owner of the workspace gave no answer. `again`: nothing was done, so that the next owner can be asked."""

    again = False


class Http:
    """Talks to the API of the process that owns `workspace`. Raises BadInput with its line, Gone where there is none.

    port, host: of a server. It is called with the token in WORKBENCH_TOKEN, without that with the workspace's own
    (single-user mode). socket: of another command, which only this user can open.
    """

    workspace: Workspace | None

    def __init__(self, workspace: Workspace, port: int | None, host: str = "127.0.0.1", socket: str | None = None):
        address = f"[{host}]" if ":" in host else host
        url = "http://nearby" if socket else f"http://{address}:{port}/api"
        token = None if socket else os.environ.get(TOKEN) or workspace.token
        self._open(workspace, f"owner of {workspace.root}", url, token, socket)

    def _open(self, workspace: Workspace | None, who: str, url: str, token: str | None, socket: str | None) -> None:
        self.workspace, self._who = workspace, who
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
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
        self.post("/handover")

    def close(self) -> None:
        self._http.close()

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        params = {k: v for k, v in options.pop("params", {}).items() if v is not None}
        try:
            response = self._http.request(method, path, params=params, **options)
        except httpx.TransportError as error:
            gone = Gone(f"{self._who}: expected an answer, found {error or type(error).__name__}")
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

    def get(self, path: str, **params: Any) -> Any:
        return self.send("GET", path, params=params).json()

    def post(self, path: str, body: Any = None, **params: Any) -> Any:
        return self.send("POST", path, json=body, params=params).json()
