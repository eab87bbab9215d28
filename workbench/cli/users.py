"""`workbench users`: who may use the workspace.

    workbench users add anna --role auditor                   asks for a password; the first user administers
    workbench users add bert --role scientist --email bert@example.org     signs in at the identity provider
    workbench users token bert --days 30                      an API token, for WORKBENCH_TOKEN

A password is asked for or read from a file, never taken from the command line, where other users of the machine see it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from backend.workspace.layout import BadInput

from .shell import HERE, JsonOption, WorkspaceOption, connected, say
from .telling import tell

users_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who may use the workspace, and as what.")
FileOption = Annotated[
    Path | None, typer.Option("--password-file", help="Read the password from this file (its first line)")
]


def given_password(file: Path | None, prompt: str = "Password", again: bool = True) -> str:
    """The first line of `file`, or what a person types, unseen."""
    if file is None:
        return typer.prompt(prompt, hide_input=True, confirmation_prompt=again)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"--password-file {file}: expected a readable text, found {error}") from None
    if not lines:
        raise BadInput(f"--password-file {file}: expected a password on its first line, found an empty file")
    return lines[0]


@users_app.command("add")
def add(
    name: str,
    role: Annotated[str, typer.Option("--role", help="viewer, scientist, reviewer or auditor")],
    admin: Annotated[bool, typer.Option("--admin", help="May add and disable people too; the first user may")] = False,
    email: Annotated[str | None, typer.Option("--email", help="Signs in at the identity provider as this")] = None,
    password_file: FileOption = None,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Add a user. The first one ends single-user mode."""
    if email is not None and password_file is not None:
        raise BadInput("users add: expected --email or --password-file, found both")
    password = None if email is not None else given_password(password_file)
    with connected(workspace) as service:
        made = service.people.add(name, role, admin, password, email)
    tell(line(made))
    say(made, json_)


@users_app.command("list")
def listed(workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """Everybody, with their tokens."""
    with connected(workspace, looks=True) as service:
        found = service.people.listed()
    for person in found:
        tell(line(person))
        for token in person["tokens"]:
            tell(f"  token {token['id']}…  {'revoked' if token['revoked'] else 'until ' + token['expires']}")
    if not found:
        tell("Single-user mode: `workbench users add NAME --role ROLE` adds the first user, who administers.")
    say(found, json_)


@users_app.command("role")
def role(
    name: str,
    role: Annotated[str, typer.Option("--role", help="viewer, scientist, reviewer or auditor")],
    admin: Annotated[bool | None, typer.Option("--admin/--no-admin", help="May manage people; left as it is")] = None,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Give a user another role. It counts at once."""
    with connected(workspace) as service:
        made = service.people.role(name, role, admin)
    tell(line(made))
    say(made, json_)


@users_app.command("disable")
def disable(name: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """Disable a user for good: sessions and tokens end. What they did stays."""
    with connected(workspace) as service:
        service.people.disable(name)
    tell(f"{name}: disabled")
    say({"name": name, "disabled": True}, json_)


@users_app.command("token")
def token(
    name: str,
    days: Annotated[int, typer.Option("--days", help="How long it is good for", min=1, max=366)] = 30,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Make an API token and print it, this once."""
    with connected(workspace) as service:
        made = service.people.token(name, days)
    tell(made["token"])
    tell(f"It is shown this once; good until {made['expires']}. Use it as WORKBENCH_TOKEN.")
    say(made, json_)


@users_app.command("revoke")
def revoke(
    name: str,
    id: Annotated[str, typer.Argument(help="The token's beginning, as `users list` shows it")],
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """End a token."""
    with connected(workspace) as service:
        service.people.revoke(name, id)
    tell(f"{id}…: revoked")
    say({"name": name, "id": id, "revoked": True}, json_)


@users_app.command("password")
def password(
    name: str,
    reset: Annotated[
        bool, typer.Option("--reset", help="Without the old one: an administrator's way; makes a new signing key")
    ] = False,
    password_file: FileOption = None,
    workspace: WorkspaceOption = HERE,
) -> None:
    """Change a password. It ends the user's sessions."""
    old = None if reset else given_password(None, "Old password", again=False)
    new = given_password(password_file, "New password")
    with connected(workspace) as service:
        service.people.password(name, new, old)
    tell(f"{name}: password changed" + (", with a new signing key" if reset else ""))


def line(person: dict[str, Any]) -> str:
    rights = person["role"] + (", administrator" if person["admin"] else "")
    way = person["email"] or "a password"
    state = "disabled" if person["disabled"] else f"signs in with {way}"
    return f"{person['name']:<20} {rights:<26} {state}"
