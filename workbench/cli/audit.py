"""`workbench audit`: can the record be trusted, and what leaves or is erased from it.

workbench audit verify --key KEY                    recompute the record, re-hash the files; exit code 1: damage
workbench audit verify --bundle FILE --key KEY      the same of an exported bundle, needs no workspace
workbench audit export -o bundle.zip                events, checkpoints, proofs and the file that checks them
workbench audit redact LEAF --reason TEXT           erase the private fields of an event
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from backend.workspace.layout import BadInput

from . import commands
from .shell import HERE, JsonOption, WorkspaceOption, connected, looking, say
from .telling import tell

audit_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, export and keep the record.")

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="WORKBENCH_VERIFIER_KEY",
        help="The ledger's public key as you were told it (ssl-workbench/...), or a file that holds it",
    ),
]


@audit_app.command("verify")
def verify(
    workspace: WorkspaceOption = HERE,
    bundle: Annotated[Path | None, typer.Option("--bundle", help="Check an exported bundle")] = None,
    key: KeyOption = None,
    witness: Annotated[
        str | None, typer.Option("--witness", help="Key of who must have cosigned, for --bundle")
    ] = None,
    leaf: Annotated[int | None, typer.Option("--leaf", help="Prove this event, for --bundle", min=0)] = None,
    json_: JsonOption = False,
) -> None:
    """Recompute every leaf and root, hold them against what was signed, and re-hash every artefact. Writes nothing."""
    from backend.audit.ledger.keys import told_key_or_file

    key = None if key is None else str(told_key_or_file(key))
    if bundle is not None:
        result = verify_bundle(bundle, key, leaf, witness)
    else:
        result = verify_workspace(workspace, key)
    say(result, json_)
    raise typer.Exit(0 if result["ok"] else 1)


def verify_workspace(workspace: Path, key: str | None = None) -> dict[str, Any]:
    """What the server finds that owns the workspace, or who reads it here; a database that does not open is a finding
    too. `key`: the public key that must speak for the record.
    """
    from backend.control.record.reading import StoreDamaged

    try:
        with looking(workspace) as service:
            result = service.verify(key=key)
    except StoreDamaged as damage:
        finding = {"leaf": None, "run": None, "kind": damage.kind, "line": str(damage)}
        result = {"ok": False, "events": 0, "artefacts": 0, "root": "", "signed": 0, "findings": [finding]}
    commands.print_verification(result, pinned=key is not None)
    for said in result.get("vouched", ()):
        if said["state"] != "refused":  # a refusal is among the findings
            tell(said["line"])
    return result


def verify_bundle(path: Path, key: str | None, leaf: int | None, witness: str | None = None) -> dict[str, Any]:
    """What verify.py of the bundle finds (backend/audit/auditor), here and now."""
    from backend.audit import auditor

    try:
        found = auditor.check(path, key, leaf, witness=witness)
    except (OSError, auditor.Usage) as wrong:
        raise BadInput(f"--bundle {path}: expected a bundle and a leaf of it, found: {wrong}") from None
    except Exception as damage:  # what cannot be read is damaged, whatever Python calls it
        line = str(damage) if isinstance(damage, auditor.Bad) else f"not a bundle that can be read ({damage})"[:300]
        tell(f"DAMAGED: {line}")
        return {"ok": False, "findings": [{"line": line}]}
    tell(f"clean: {found['events']:,} events, {found['checkpoints']} checkpoints, root {found['root']}")
    tell(f"signed by {found['key']}" + ("" if key else " (the bundle's own word: compare it, or give --key)"))
    if found["cosigned"]:
        size, time = found["cosigned"]
        tell(f"cosigned by the witness: the first {size:,} events, at {auditor.utc(time)}")
    if leaf is not None:
        tell(f"leaf {leaf}: {found['leaf']['event']}")
        tell(f"leaf hash {found['leaf']['hash']}, proof of {len(found['leaf']['proof'])} hashes")
    return {"ok": True, **found}


@audit_app.command("export")
def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write, a zip")],
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Write a bundle that checks itself elsewhere."""
    with connected(workspace) as service:
        told = service.trail.export(output.resolve())
    tell(f"bundle: {told['path']} ({told['bytes'] / 1e6:,.1f} MB); check it anywhere: python3 verify.py {output.name}")
    say(told, json_)


@audit_app.command("checkpoint")
def checkpoint(workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """Sign the tree as it is now, into the folder outside the database."""
    with connected(workspace) as service:
        told = service.trail.checkpoint()
    tell(f"checkpoint: {told['size']:,} events, {told['path']}" if told else "Nothing is logged yet.")
    say({"checkpoint": told}, json_)


@audit_app.command("redact")
def redact(
    leaf: Annotated[int, typer.Argument(help="The event's number in the ledger", min=0)],
    reason: Annotated[str, typer.Option("--reason", help="Why, kept in the ledger")],
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Erase the private fields of an event; its leaf and proof stay."""
    with connected(workspace) as service:
        told = service.trail.redact(leaf, reason)
    tell(f"erased: the private fields of event {leaf}; event {told['redaction']} says why")
    say(told, json_)


@audit_app.command("retention")
def retention(workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """How long what is recorded must be kept, and what is past that. Nothing is deleted."""
    with connected(workspace, looks=True) as service:
        told = service.trail.retention()
    for rule in told["rules"]:
        tell(
            f"{rule['name']}: {rule['events']:,} events, {rule['due']:,} past {rule['months']} months ({rule['basis']})"
        )
    say(told, json_)


@audit_app.command("rotate-key")
def rotate_key(workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """Exchange the key that signs checkpoints; the old one signs the new one."""
    with connected(workspace) as service:
        told = service.trail.rotate_key()
    tell(f"the ledger speaks with {told['key']} from event {told['leaf']} on")
    say(told, json_)
