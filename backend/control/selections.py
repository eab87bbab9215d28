"""Saved selections as the ledger holds them: every saving is a new version of its name."""

from __future__ import annotations

from typing import Any

from ..workspace.rows import rows_sha256
from .store import Transaction


def keep(tx: Transaction, run: str, checked: dict[str, Any], actor: str) -> dict[str, Any]:
    """Log a checked selection (specs.Selection) as the next version of its name; returns it as it is listed."""
    sql = "SELECT count(*) AS made FROM ledger WHERE run = ? AND kind = 'selection' AND key = ?"
    version = 1 + tx.rows(sql, [run, checked["name"]])[0]["made"]
    body = {**checked, "version": version, "rows_sha256": rows_sha256(checked["rows"])}
    leaf = tx.log("selection", body, actor=actor, run=run, key=body["name"])
    return {**body, "run": run, "actor": actor, "leaf": leaf}


def newest(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last version of each name, of a run's `selection` events in their order."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        body = event["body"]
        before = found.get(body["name"], {"version": 0})["version"]
        if "version" not in body:  # a record older than these fields
            body = {**body, "version": before + 1, "rows_sha256": rows_sha256(body["rows"])}
        found[body["name"]] = {**body, "run": event["run"], "actor": event["actor"], "leaf": event["leaf"]}
    return list(found.values())
