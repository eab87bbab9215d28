"""The warm worker, `python -m backend.interactive RUN_DIR`: questions on stdin, answers on stdout, as JSON lines.

    {"id", "actor", "question": {"kind": "attribute" | "embed" | "predict", ...}}
    {"id", "answer": {...}}  or  {"id", "error": one line, "input": true when the person's input is at fault}

Every answer is an event of its own run before it is given. The process ends with its input, that is, with the server.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

from .worker import one_line, use_device
from .workspace import extras
from .workspace.events import EventLog
from .workspace.layout import BadInput, RunFolder, Workspace
from .workspace.private import keep_private
from .workspace.provenance import provenance
from .workspace.rows import rows_sha256
from .workspace.visible import visible

MOST_LISTED = 1_000  # rows of a slice that the record lists one by one


def main(folder: RunFolder) -> int:
    answers = private_stdout()
    workspace = Workspace(folder.path.parent.parent)
    events = EventLog(folder.events)
    device = use_device("cuda")
    events.append("run.started", {"device": device, **provenance()}, key="start")
    try:
        for line in sys.stdin:
            request = json.loads(line)
            reply = {"id": request["id"], **reply_to(request, workspace, events)}
            answers.write(json.dumps(reply, allow_nan=False) + "\n")
            answers.flush()
    finally:
        events.append("run.finished", {}, key="end", durable=True)
        events.close()
    return 0


def private_stdout() -> TextIO:
    """The answers' channel; whatever else is printed goes to stderr and so into the log."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return channel


def reply_to(request: dict[str, Any], workspace: Workspace, events: EventLog) -> dict[str, Any]:
    began = time.monotonic()
    try:
        found = answer(request["question"], workspace)
        seconds = round(time.monotonic() - began, 3)
        body = {"question": brief(request["question"]), "actor": request["actor"], "seconds": seconds}
        events.append("answer", {**body, "result": found["result"]}, found["subjects"], key=request["id"], durable=True)
        subjects = [subject.as_dict() for subject in found["subjects"]]
        return {"answer": {"id": request["id"], "seconds": seconds, "result": found["result"], "subjects": subjects}}
    except Exception as problem:
        error = extras.told(problem)
        if isinstance(error, BadInput):
            return {"error": one_line(error), "input": True}
        print(visible(traceback.format_exc(), lines=True), file=sys.stderr)
        return {"error": f"{type(error).__name__}: {one_line(error)}", "input": False}


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """Let the plug-in of the question's kind answer it. Raises BadInput with one line."""
    from .registry import names, plugin

    known = names("questions")
    if question.get("kind") not in known:
        raise BadInput(f"question.kind: expected one of {', '.join(known)}, found {question.get('kind')!r}")
    return plugin("questions", question["kind"]).call(question, workspace)


def brief(question: dict[str, Any]) -> dict[str, Any]:
    """The question as it is recorded: a data set by name and digest instead of its whole manifest, an uploaded image
    by the digest of what was sent, the many rows of a slice by theirs."""
    data, image = question.get("dataset"), question.get("image")
    if isinstance(data, dict):
        question = {**question, "dataset": {"name": data.get("name"), "digest": data.get("digest")}}
    if isinstance(image, str):
        question = {**question, "image": {"sha256": hashlib.sha256(image.encode()).hexdigest()}}
    if question.get("kind") == "slice" and len(question["rows"]) > MOST_LISTED:
        question = {**question, "rows": {"count": len(question["rows"]), "sha256": rows_sha256(question["rows"])}}
    return question


if __name__ == "__main__":
    keep_private()
    sys.exit(main(RunFolder(Path(sys.argv[1]).resolve())))
