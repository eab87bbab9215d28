"""Time may not run backwards along the ledger.

Two clocks write times: the server's, for what it records itself, and a worker's, perhaps on another machine, for the
events of its run, which are taken in later than they were made. So each is held against its own past only: a server's
event against all earlier ones of the server; a worker's against the earlier ones of its run and against the server's
event that made the run. Clocks that are set right by less than `TOLERANCE` raise no alarm.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .ledger import Leaf

TOLERANCE = timedelta(minutes=5)


class Clock:
    def __init__(self) -> None:
        self._server = ""
        self._runs: dict[str, str] = {}

    def judge(self, leaf: Leaf) -> str | None:
        """What is wrong with this leaf's time, or None. Leaves come in their order."""
        if leaf.seq is None:
            latest, self._server = self._server, max(self._server, leaf.time)
            if leaf.run is not None:
                self._runs.setdefault(leaf.run, leaf.time)
        else:
            latest = self._runs.get(leaf.run, "")
            self._runs[leaf.run] = max(latest, leaf.time)
        # Times of one spelling sort as texts; only the rare one that looks earlier is worth reading.
        return _backwards(latest, leaf.time) if leaf.time < latest else None


def _backwards(latest: str, time: str) -> str | None:
    try:
        back = datetime.fromisoformat(latest) - datetime.fromisoformat(time)
    except (ValueError, TypeError):
        return f"its time {time[:40]!r} is none"
    if back <= TOLERANCE:
        return None
    return f"the clock was moved back by {round(back.total_seconds()):,} s: {time} comes after {latest}"
