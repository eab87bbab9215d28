"""`workbench runs`: list, show, label, compare, cancel and resume runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import commands
from .following import follow
from .shell import HERE, JsonOption, WorkspaceOption, connected, ended, say
from .telling import tell

runs_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, show, label, compare, cancel and resume runs."
)


@runs_app.command("list")
def runs_list(
    workspace: WorkspaceOption = HERE,
    every: Annotated[
        bool, typer.Option("--all", help="Also what was archived, data jobs, and the trials of sweeps one by one")
    ] = False,
    search: Annotated[str, typer.Option("--search", help="Words of the title, data, method, tags or note")] = "",
    json_: JsonOption = False,
) -> None:
    """All runs, newest first, with what each came to; the trials of a sweep are one line."""
    from ..verdicts import runs as words

    with connected(workspace, looks=True) as service:
        found = service.runs()
        results, notes = service.results.of_all(), service.labels.notes()
        sweeps = service.sweeps.listed() if any(run["sweep"] for run in found) else []
    loose = [{**run, "sweep": None} for run in found] if every else found
    lines = words.lines(loose, results, notes, [] if every else sweeps, ("run", "data") if every else ("run",))
    shown = words.matching(lines, search, archived=every)
    for line in shown:
        tell(words.row(line))
    if not lines:
        tell("No run yet: `workbench run RECIPE.toml` starts one.")
    elif len(shown) < len(lines):
        tell(f"{len(lines) - len(shown):,} more: archived, or without these words; --all lists every run")
    say(found, json_)


@runs_app.command("show")
def runs_show(run: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """One run: its state, its verdicts and, when it did not end well, the end of its log."""
    with connected(workspace, looks=True) as service:
        found = commands.show_run(service, run)
    say(found, json_)


@runs_app.command("label")
def runs_label(
    run: str,
    title: Annotated[
        str | None, typer.Option("--title", help="What to call it; '' is its recipe's title again")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="A tag, any number of times; --tag '' takes all away")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="What to remember of it; '' takes the note away")] = None,
    archive: Annotated[
        bool | None, typer.Option("--archive/--unarchive", help="Leave it out of lists; the record keeps it")
    ] = None,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Rename, tag, annotate or put away a run; what is not named stays as it is."""
    tags = None if tag is None else [one for one in tag if one]
    with connected(workspace) as service:
        found = service.labels.set(run, title=title, tags=tags, note=note, archived=archive)
    tell(f"{run}: {found['title']}" + (f" [{', '.join(found['tags'])}]" if found["tags"] else ""))
    say(found, json_)


@runs_app.command("cancel")
def runs_cancel(run: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """Stop a run: it writes a checkpoint and ends."""
    with connected(workspace) as service:
        service.cancel(run)
        found = service.wait(run, timeout=30)
    tell(f"{run}: {found['state']}")
    say(found, json_)


@runs_app.command("resume")
def runs_resume(
    run: str,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and leave it running")] = False,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Let a run that failed or was cancelled go on from its last checkpoint, and wait for it."""
    with connected(workspace) as service:
        service.resume(run)
        result = commands.detach(service, run) if detach else follow(service, run)
    say(result, json_)
    raise typer.Exit(0 if detach and result["left"] else ended(result))


@runs_app.command("compare")
def runs_compare(first: str, second: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """Which of two runs on the same data is better, by a paired test on the same test rows; and what they differ in."""
    with connected(workspace) as service:
        found = compare(service, first, second)
    say(found, json_)


def compare(service: Any, first: str, second: str) -> dict[str, Any]:
    """Ask the warm worker which of two runs is better, and print its answer. Raises BadInput."""
    from ..study.asking import question
    from ..verdicts import compare_runs as words
    from ..verdicts.runs import differences

    asked = question(service, first, second)
    for row in differences([service.run(first), service.run(second)]):
        tell(f"  {row['Setting']}: {row[first]} against {row[second]}")
    found = service.ask(asked, timeout=300)["result"]
    tell(words.sentence(found, (first, second)))
    tell(f"  {words.evidence(found)}")
    return found
