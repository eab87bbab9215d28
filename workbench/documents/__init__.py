"""The documents of a run: files that open offline, print on A4 and run no script.

    build(service, "run-...", "pdf") -> bytes        a format of FORMATS

A dossier (schema "ssl-workbench/report/1") is put together by backend/audit/dossier, the facts of a run by
backend/audit/sections; how they look is decided here. Every text from outside is escaped; figures are static SVG.
"""

from __future__ import annotations

import json
from typing import Any

from backend.audit.sections import collect
from backend.workspace.layout import BadInput

from ..verdicts.run import sentences
from . import dossier, dossier_text
from .render import html, markdown, sections, template

__all__ = ["FORMATS", "build", "collect", "written"]

# format: (label, media type, extension)
FORMATS = {
    "html": ("HTML", "text/html", "html"),
    "pdf": ("PDF/A with the evidence attached", "application/pdf", "pdf"),
    "md": ("Markdown", "text/markdown", "md"),
    "json": ("JSON", "application/json", "json"),
    "card": ("Model card and data sheet", "text/markdown", "card.md"),
    "bom": ("CycloneDX bill of material", "application/vnd.cyclonedx+json", "cdx.json"),
    "croissant": ("Croissant description of the data", "application/ld+json", "croissant.json"),
}
PRINTED = ("study", "decide", "pretraining", "language", "groups", "probes")  # sections whose figures go on paper


def build(service: Any, run: str, format: str = "html") -> bytes:
    """A document of `run`, made of the current version of its dossier: that version, which the ledger holds, is the
    record, and its files follow from it.

    Raises BadInput for a format that does not exist or a run that is not here.
    """
    check_format(format)
    return written(service.dossiers.current(run), service, format)


def check_format(format: str) -> None:
    if format not in FORMATS:
        raise BadInput(f"format: expected one of {', '.join(FORMATS)}, found {format!r}")


def written(found: dict[str, Any], service: Any, format: str) -> bytes:
    """A dossier document, or what `collect` gave, as a file in one of FORMATS. Only a dossier has a PDF."""
    if dossier.is_dossier(found):
        return _dossier(found, service, format)
    if format not in ("html", "md", "json"):
        raise BadInput(f"format: expected html, md or json of a run's facts, found {format!r}")
    if format == "json":
        return json.dumps(found, indent=1, sort_keys=True, default=str).encode()
    return (html if format == "html" else markdown)(found, service).encode()


def _dossier(document: dict[str, Any], service: Any, format: str) -> bytes:
    if format == "json":
        return dossier.evidence(document)
    if format in ("card", "bom", "croissant"):
        return _card(document, service, format)
    content = dossier.content(document, sentences(service, document["run"]))
    # The record stands in the document: verifying it again here would speak of another, later tree.
    printed = sections(collect(service, document["run"], without=("record",)), service, figures=format != "md")
    if format == "md":
        return dossier_text.markdown(content, printed).encode()
    if format == "html":
        return template("dossier.html").render(**content, sections=printed).encode()
    from .pdf import pdf

    figures = [
        {
            "title": p.title,
            "sentence": p.chapter.verdict,
            "drawings": list(map(str, p.figures)),
            "pairs": list(map(str, p.pairs)),
        }
        for p in printed
        if p.name in PRINTED and (p.figures or p.pairs)
    ]
    return pdf(document, content, figures)


def _card(document: dict[str, Any], service: Any, format: str) -> bytes:
    """What describes the run's model or its data in a form of the field's own."""
    from .bom import bom
    from .card import card
    from .croissant import croissant
    from .facts import gather

    if format in ("card", "bom"):
        return (card if format == "card" else bom)(gather(service, document["run"], document))
    manifest = service.dataset(service.run(document["run"])["dataset"])
    registered = service.latest(manifest["id"], "data.registered")
    schema = service.table(manifest["table"]["sha256"]).schema
    columns = {field.name: str(field.type) for field in schema}
    return croissant(manifest, service.sheet(manifest["name"]), columns, registered["time"])
