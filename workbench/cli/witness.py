"""`workbench witness`: cosign the checkpoints of other workbenches, from a machine that is not theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.workspace.layout import BadInput, given_path

from .telling import tell

if TYPE_CHECKING:
    from backend.audit.ledger.notes import VerifierKey


def witness(
    state: Annotated[Path, typer.Option("--state", help="Folder of its memory and its key; never restore it")],
    origin_key: Annotated[
        list[str], typer.Option("--origin-key", help="Verifier key of a log to witness, any number of times")
    ],
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8600,
    host: Annotated[str, typer.Option("--host", help="Address to listen on")] = "127.0.0.1",
    name: Annotated[str | None, typer.Option("--name", help="Its name, on the first start; else HOST/witness")] = None,
) -> None:
    """Cosign the checkpoints of a workbench on another machine (C2SP tlog-witness)."""
    from backend.audit.witness.app import serve_witness
    from backend.audit.witness.witness import Witness

    from ..serve.server import check_port

    keys = [_key(text) for text in origin_key]
    check_port(host, port)
    running = Witness(given_path(state, "--state"), keys, name)
    origins = ", ".join(sorted({key.name for key in keys}))
    tell(f"Witness of {origins} on http://{host}:{port}; its key:")
    tell(str(running.key.verifier))
    serve_witness(running, host, port)


def _key(text: str) -> VerifierKey:
    from backend.audit.ledger.notes import BadNote, VerifierKey

    try:
        return VerifierKey.parse(text)
    except BadNote as error:
        raise BadInput(f"--origin-key: {error}") from None
