"""What a person typed stays erasable on its way from the worker's log into the ledger, and leaves that log too."""

from __future__ import annotations

import json
import os
from typing import Any

from ...workspace.events import read_events
from ...workspace.layout import RunFolder

TYPED = {"prompt", "text", "texts", "image"}  # fields of a question that a person fills in freely


def parted(kind: str, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """(public body, private fields or None) of a worker's event: typed questions and their answers are private."""
    question = body.get("question")
    if kind != "answer" or not isinstance(question, dict) or not TYPED & question.keys():
        return body, None
    private = {name: body[name] for name in ("question", "result") if name in body}
    return {name: value for name, value in body.items() if name not in private}, private


def blank(folder: RunFolder, seq: int, fields: list[str]) -> None:
    """Take these fields of event `seq` out of the worker's log. Every line keeps its length and so its place.

    Only the bodies of events that nobody reads again lose fields; those of a run that can resume are never private.
    """
    before = 0
    for event, end in read_events(folder.events):
        if event["seq"] == seq:
            event["body"] = {name: value for name, value in event["body"].items() if name not in fields}
            line = json.dumps(event, separators=(",", ":")).encode()
            with open(folder.events, "r+b") as file:
                file.seek(before)
                file.write(line + b" " * (end - before - 1 - len(line)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            return
        before = end
