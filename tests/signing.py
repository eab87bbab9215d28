"""Workspaces that are opened, written, closed and looked at again, for tests of what is signed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from backend.control.record.readonly import look
from backend.control.service import Service
from tests.tampering.hand import Hand


def opened(root: Path):
    return closing(Service.open(root, start_supervisor=False))


def log(service: Service, count: int = 3, kind: str = "noted") -> None:
    service.store.write(lambda tx: [tx.log(kind, {"n": n}, actor="anna", run="r1") for n in range(count)])


def made(root: Path, sessions: int = 2) -> Hand:
    """A workspace in whose every session something was logged; and somebody with the database in hand."""
    for _ in range(sessions):
        with opened(root) as service:
            log(service)
    return Hand(root, {})


def kinds(root: Path) -> set[str]:
    with closing(look(root)) as service:
        return {finding["kind"] for finding in service.verify()["findings"]}


def notes(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*.note"))


def seals(service: Service) -> list[int]:
    return [row["size"] for row in service.store.rows("SELECT size FROM seals ORDER BY size")]
