"""`workbench sweep` and `workbench sweeps`: many short pretrainings of one recipe, followed on the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from backend.workspace.layout import BadInput

from .following import chosen, interrupts
from .shell import HERE, JsonOption, WorkspaceOption, connected, say
from .telling import tell

sweeps_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, show, follow and cancel sweeps.")


def sweep(
    recipe: Annotated[Path, typer.Argument(help="RECIPE.toml")],
    minutes: Annotated[float, typer.Option("--minutes", help="Minutes that all trials may take together")],
    trials: Annotated[
        int | None, typer.Option("--trials", help="So many trials; else as many as there is time for")
    ] = None,
    advise: Annotated[
        bool, typer.Option("--advise", help="Compare the pretext tasks: which one suits this data, and by how much")
    ] = False,
    set_: Annotated[list[str], typer.Option("--set", help="section.key=value, any number of times")] = [],  # noqa: B006
    detach: Annotated[bool, typer.Option("--detach", help="Begin it and leave it to whoever serves")] = False,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Search settings of a recipe on validation: which augmentation, learning rate, task and encoder suit the data."""
    from backend.recipe import read_toml

    raw = read_toml(recipe, set_)
    with connected(workspace) as service:
        try:
            name = service.sweeps.begin(raw, minutes, trials, "advise" if advise else "search")
        except BadInput as error:
            raise BadInput(f"{recipe}: {str(error).removeprefix('recipe: ')}") from None
        found, left = _left(service, name) if detach else follow(service, name)
    say(found, json_)
    raise typer.Exit(_code(found, left, detach))


@sweeps_app.command("list")
def sweeps_list(workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """All sweeps, newest first."""
    with connected(workspace, looks=True) as service:
        found = service.sweeps.listed()
    for one in found:
        tell(f"{one['sweep']}  {one['state']:<10} {one['dataset']:<16} {one['done']:>3} trials  {one['title']}")
    if not found:
        tell("No sweep yet: `workbench sweep RECIPE.toml --minutes M` begins one.")
    say(found, json_)


@sweeps_app.command("show")
def sweeps_show(sweep: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """One sweep: what it found, and its trials."""
    with connected(workspace, looks=True) as service:
        found = service.sweeps.of(sweep)
    tell(f"{found['sweep']}: {found['state']}" + (f": {found['reason']}" if found["reason"] else ""))
    told(found)
    say(found, json_)


@sweeps_app.command("follow")
def sweeps_follow(sweep: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """Wait for a sweep that is under way, and carry it on where nobody else does."""
    with connected(workspace) as service:
        found, left = follow(service, sweep)
    say(found, json_)
    raise typer.Exit(_code(found, left))


@sweeps_app.command("cancel")
def sweeps_cancel(sweep: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """End a sweep: its trial writes a checkpoint and ends; what was found stays."""
    with connected(workspace) as service:
        service.sweeps.cancel(sweep)
        found = service.sweeps.of(sweep)
    tell(f"{sweep}: {found['state']}")
    say(found, json_)


@sweeps_app.command("recipe")
def sweeps_recipe(
    sweep: str,
    trial: Annotated[int | None, typer.Option("--trial", min=1, help="Number of the trial; else the best one")] = None,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Print the recipe with the settings of a trial as TOML."""
    from ..recipes import in_order, to_toml
    from ..verdicts.sweep import top

    with connected(workspace, looks=True) as service:
        found = service.sweeps.of(sweep)
        best = top(found)
        if trial is None and best is None:
            raise BadInput(f"sweep {sweep}: expected a trial with a score, found none")
        recipe = service.sweeps.recipe(sweep, best["number"] if trial is None else trial - 1)
    for line in to_toml(in_order(recipe)).splitlines():
        tell(line)
    say(recipe, json_)


def follow(service: Any, name: str) -> tuple[dict[str, Any], bool]:
    """Wait for a sweep with a progress bar on stderr, and print what it found. (the sweep, was it left under way?)"""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from ..verdicts import sweep as words

    console, said = Console(stderr=True), service.sweeps.of(name)["done"]
    columns = (BarColumn(), TextColumn("{task.fields[what]}", markup=False), TimeElapsedColumn())
    with interrupts() as asked, Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tell(f"sweep {name}")
        task = bar.add_task("", total=1.0, what="")
        while (found := service.sweeps.of(name))["state"] == "running":
            for one in [one for one in found["trials"] if one["state"] != "running"][said:]:
                tell(f"  {line(found['plan'], one)}")
            said = found["done"]
            if asked.is_set():
                bar.stop()
                choice = chosen(name)
                if choice == "cancel":
                    service.sweeps.cancel(name)
                if choice != "watch":
                    break
                asked.clear()
                bar.start()
            bar.update(task, completed=words.fraction(found), what=words.left(found))
            asked.wait(0.3)
    found = service.sweeps.of(name)
    if found["state"] == "running":
        return _left(service, name)
    for one in found["trials"][said:]:
        tell(f"  {line(found['plan'], one)}")
    tell(f"{name}: {words.end(found)}", err=found["state"] != "finished")
    told(found, trials=False)
    return found, False


def told(found: dict[str, Any], trials: bool = True) -> None:
    """Print a sweep: its trials, what was searched, what it found."""
    from ..verdicts import advice
    from ..verdicts import sweep as words

    for one in found["trials"] if trials else []:
        tell(f"  {line(found['plan'], one)}")
    more = [advice.spread(found), advice.ranking(found)] if words.advised(found) else []
    more += [words.scope(found), *words.how(found), words.not_searched(found["plan"]), words.BEST_OF_MANY]
    for text in (words.sentence(found), *more):
        if text:
            tell(f"  {text}")


def line(plan: dict[str, Any], trial: dict[str, Any]) -> str:
    """A trial in one line."""
    from ..verdicts import sweep as words

    state, reason = words.STATES[trial["state"]], f" ({trial['reason']})" if trial["state"] == "failed" else ""
    again = f", again with seed {trial['seed']}" if trial["phase"] == "confirm" else ""
    score = words.reached(plan, trial)
    return f"trial {trial['number'] + 1}: {state}, {score}: {words.described(plan, trial)}{again}{reason}"


def _left(service: Any, name: str) -> tuple[dict[str, Any], bool]:
    tell(
        f"{name}: left under way; it goes on while somebody is at work here, such as `workbench serve` or "
        f"`workbench sweeps follow {name}`; `workbench sweeps cancel {name}` ends it",
        err=True,
    )
    return service.sweeps.of(name), True


def _code(found: dict[str, Any], left: bool, detached: bool = False) -> int:
    if left:
        return 0 if detached else 130
    return 0 if found["state"] == "finished" else 1
