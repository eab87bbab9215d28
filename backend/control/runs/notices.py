"""A notice to an address of the workspace's choice when a run has ended: the table [notify] of settings.toml.

    [notify]
    webhook = "https://chat.example/hooks/..."

It is a POST of JSON: text (one line, as chats take it), run, title, dataset, state, reason, seconds, ended. The address
comes from the server's settings and from nowhere else; it may hold a secret, so the record names its host alone. What
is not taken is sent again, five times within a quarter of an hour, and what became of it is an event of the run.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...audit.witness.http_post import Reply, Unreachable, one_line, post
from ...audit.witness.settings import Address
from ...workspace.events import now
from ...workspace.formats import duration
from ...workspace.settings import Strict, table
from ..record.board import FAILED, SENT, Run
from ..record.store import Store
from .runs import shown
from .states import ENDED

AGAIN = (60, 120, 240, 480)  # seconds until it is tried again
LATE = timedelta(days=1)  # of an end that nobody was told of: afterwards it is no news


class NotifySettings(Strict):
    webhook: Address | None = None


def notify_settings(root: Path) -> NotifySettings:
    """What [notify] of the workspace at `root` says. Raises BadInput."""
    return table(root, "notify", NotifySettings)


class Notices:
    def __init__(
        self, store: Store, settings: NotifySettings, send: Callable[[str, bytes, str], Reply] = post, wait=AGAIN
    ):
        self._store, self._webhook, self._send, self._wait = store, settings.webhook, send, wait
        self._tries: dict[str, tuple[int, float]] = {}  # run -> how often it was tried, not before when again
        self._thread: threading.Thread | None = None
        told = (run.ended for run in store.board.runs(*ENDED) if run.noticed)
        self._since = min(told, default=now())  # nobody wants to hear of what ended before they asked

    def turn(self) -> None:
        """Send what is due, on a thread of its own: nobody waits for somebody else's server."""
        if not self._webhook or (self._thread and self._thread.is_alive()):
            return
        if due := self._due():
            self._thread = threading.Thread(target=self._deliver, args=(due,), name="notices", daemon=True)
            self._thread.start()

    def _due(self) -> list[Run]:
        moment, late = time.monotonic(), datetime.now(UTC) - LATE
        return [
            run
            for run in self._store.board.runs(*ENDED)
            if run.kind == "run"
            and not run.noticed
            and not json.loads(run.job).get("sweep")
            and (run.ended or "") >= self._since
            and datetime.fromisoformat(run.ended) > late
            and self._tries.get(run.run, (0, 0.0))[1] <= moment
        ]

    def _deliver(self, due: list[Run]) -> None:
        with suppress(RuntimeError):  # the store has been closed meanwhile: the next owner sends it
            for run in due:
                self._try(run)

    def _try(self, run: Run) -> None:
        tries, host = self._tries.get(run.run, (0, 0.0))[0] + 1, urlsplit(self._webhook).hostname
        try:
            status = self._send(self._webhook, json.dumps(message(run)).encode(), "application/json").status
            problem = None if 200 <= status < 300 else f"expected a status of 2xx, found {status}"
        except Unreachable as error:
            problem = one_line(str(error).replace(self._webhook, str(host)))
        told = {"host": host, "tries": tries}
        if problem is None:
            self._store.write(lambda tx: tx.log(SENT, told, actor="supervisor", run=run.run))
        elif tries > len(self._wait):
            body = {**told, "reason": problem}
            self._store.write(lambda tx: tx.log(FAILED, body, actor="supervisor", run=run.run))
        else:
            self._tries[run.run] = tries, time.monotonic() + self._wait[tries - 1]


def message(run: Run) -> dict[str, Any]:
    """What is sent of a run that has ended."""
    told = shown(run, None)
    name = told["title"] or run.run
    text = f"{name}: {run.state} after {duration(run.seconds)} on {run.dataset}"
    names = ("run", "dataset", "state", "reason", "seconds", "ended")
    return {"text": f"{text}: {run.reason}" if run.reason else text, "title": name, **{n: told[n] for n in names}}
