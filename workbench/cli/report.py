"""`workbench report`: a document of a run as a file, signed where a certificate is given."""

from __future__ import annotations

import os
from getpass import getpass
from pathlib import Path
from typing import Any

from backend.workspace.layout import BadInput, write_atomic

ENDINGS = {".html": "html", ".htm": "html", ".pdf": "pdf", ".md": "md", ".json": "json"}


def format_of(path: Path) -> str:
    """The format that a file's ending names, html where it has none. Raises BadInput for another."""
    if not path.suffix:
        return "html"
    if (found := ENDINGS.get(path.suffix.lower())) is None:
        raise BadInput(f"-o {path}: expected an ending of {', '.join(ENDINGS)}, or --format, found {path.suffix!r}")
    return found


def write_report(service: Any, run: str, format_: str, path: Path, certificate: Path | None = None) -> int:
    """Build the report and write it whole or not at all; returns its size in bytes.

    certificate: PKCS#12 file that signs a PDF; its password comes from WORKBENCH_SIGN_PASSWORD or is asked for.
    """
    from ..documents import build

    payload = build(service, run, format_)
    if certificate is not None:
        from ..documents.sign import sign

        password = os.environ.get("WORKBENCH_SIGN_PASSWORD")
        payload = sign(payload, certificate, getpass("Password of the certificate: ") if password is None else password)
    try:
        write_atomic(Path(path), payload)
    except OSError as error:
        raise BadInput(f"-o {path}: expected a file that can be written, found {error.strerror}") from None
    return len(payload)
