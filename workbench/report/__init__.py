"""The report of a run: one self-contained file that opens offline, prints on A4 and runs no script.

    build(service, "run-...", "html") -> bytes        also "json" (the collected facts) and "md"

What it says is collected by backend/audit/sections; how it looks is decided here. Every text from outside is escaped;
figures are static SVG.
"""

from __future__ import annotations

import json
from typing import Any

from backend.audit.sections import collect
from backend.workspace.layout import BadInput

from .render import html, markdown

__all__ = ["FORMATS", "build", "collect", "written"]

FORMATS = ("html", "json", "md")


def build(service: Any, run: str, format: str = "html") -> bytes:
    """The report of `run`, which the ledger then knows by its digest.

    Raises BadInput for a format that does not exist or a run that is not here.
    """
    check_format(format)
    payload = written(collect(service, run), service, format)
    service.keep_report(run, format, payload)
    return payload


def check_format(format: str) -> None:
    if format == "pdf":
        raise BadInput("pdf: not available in this version; print the HTML report to PDF")
    if format not in FORMATS:
        raise BadInput(f"format: expected one of {', '.join(FORMATS)}, found {format!r}")


def written(collected: dict[str, Any], service: Any, format: str) -> bytes:
    """What `collect` gave, as a file in one of FORMATS."""
    if format == "json":
        return json.dumps(collected, indent=1, sort_keys=True, default=str).encode()
    return (html if format == "html" else markdown)(collected, service).encode()
