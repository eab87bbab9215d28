"""The `workbench` command: the contract of the product on the shell.

    workbench demo --headless           the whole loop on built-in data, then the path of its report
    workbench serve                     pages, API and supervisor on http://127.0.0.1:8501

While a server, or another command, is at work on the workspace they talk to it; otherwise they own it themselves.
Exit codes: 0 done, 1 the run failed or the verification found tampering, 2 wrong usage or input, 130 Ctrl-C: a run that
was waited for goes on unless it was cancelled.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from backend.workspace.layout import BadInput
from backend.workspace.private import keep_private

from . import commands
from .audit import audit_app
from .data import data_app
from .runs import runs_app
from .shell import HERE, JsonOption, WorkspaceOption, connected, ended, say
from .sweeps import sweep, sweeps_app
from .telling import tell, tell_all
from .users import users_app
from .witness import witness

# Help in plain text: frames and colours would take three fifths of what `workbench --help` takes of a CPU
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    help=__doc__.split("\n")[0],
)
app.add_typer(data_app, name="data")
app.add_typer(runs_app, name="runs")
app.add_typer(audit_app, name="audit")
app.add_typer(users_app, name="users")
app.command()(witness)
app.command()(sweep)
app.add_typer(sweeps_app, name="sweeps")


@app.command()
def serve(
    workspace: WorkspaceOption = HERE,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    host: Annotated[str, typer.Option("--host", help="Address to listen on")] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Show the workspace and write nothing; it may lie on a read-only mount")
    ] = False,
    allow_host: Annotated[
        list[str], typer.Option("--allow-host", help="Another name that browsers reach it under, any number of times")
    ] = [],  # noqa: B006
) -> None:
    """Serve pages, API and supervisor on one port."""
    commands.serve(workspace, host, port, read_only, allow_host)


@app.command()
def demo(
    workspace: WorkspaceOption = HERE,
    headless: Annotated[
        bool, typer.Option("--headless", help="No browser: run the loop and print the report's path")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    host: str = "127.0.0.1",
    json_: JsonOption = False,
) -> None:
    """The whole loop on built-in data."""
    if not headless:
        return commands.demo_served(workspace, host, port)
    with connected(workspace) as service:
        result = commands.demo_headless(service)
    say(result, json_)
    raise typer.Exit(ended(result))


@app.command("run")
def run_recipe(
    recipe: Annotated[Path, typer.Argument(help="RECIPE.toml")],
    set_: Annotated[list[str], typer.Option("--set", help="section.key=value, any number of times")] = [],  # noqa: B006
    detach: Annotated[bool, typer.Option("--detach", help="Start it and leave it running")] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Start nothing: say what it will take, and what its study will see")
    ] = False,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Submit a recipe, wait with a progress bar, print the verdicts."""
    from backend.recipe import read_toml

    raw = read_toml(recipe, set_)
    if dry:
        with connected(workspace, looks=True) as service:
            return say(commands.foresee(service, raw, recipe), json_)
    with connected(workspace) as service:
        run = commands.submit(service, raw, recipe)
        result = commands.detach(service, run) if detach else commands.follow(service, run)
    say(result, json_)
    raise typer.Exit(0 if detach and result["left"] else ended(result))


@app.command()
def report(
    run: str,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write")],
    format_: Annotated[
        str | None,
        typer.Option("--format", help="html, pdf, md, json, card, bom or croissant; else what the file's name ends in"),
    ] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", help="PKCS#12 file that signs the PDF; asks for its password")
    ] = None,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Write the dossier of a run, or a card, bill of material or data description made of it."""
    from .report import format_of, write_report

    format_ = format_ or format_of(output)
    if sign is not None and format_ != "pdf":
        raise BadInput(f"--sign: expected --format pdf, found {format_!r}")
    with connected(workspace) as service:
        size = write_report(service, run, format_, output, sign)
    tell(f"report: {output.resolve()} ({size / 1024:,.0f} kB)")
    say({"run": run, "path": str(output.resolve()), "bytes": size}, json_)


@app.command()
def export(
    run: str,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write, new or empty; NAME.zip: a zip")],
    what: Annotated[
        str | None,
        typer.Option("--what", help="readout, encoder, classifier or, of texts, language-model; else the best readout"),
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="The readout that leaves: linear, knn, lpft ..")
    ] = None,
    features: Annotated[
        bool, typer.Option("--features", help="Add features of the whole data set, as features.parquet")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Pretraining seed", min=0)] = 0,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Write a run's model as a folder: weights, code that scores new files, ONNX where it can be, and a card."""
    from ..documents.model import export_model, export_zip
    from ..verdicts.export import notes, sentence

    write = export_zip if output.suffix.lower() == ".zip" else export_model
    with connected(workspace) as service:
        result = write(service, run, output, what=what, method=method, seed=seed, features=features)
    tell(sentence(result, result["path"]))
    for line in notes(result):
        tell(f"  {line}")
    say(result, json_)


def usage_line(error: TyperException) -> str:
    """What was wrong with the words of a command, and whose --help tells more; the help itself when none were given."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is None or len(message.splitlines()) > 1:
        return message
    return f"workbench: {message.rstrip('.')}; `{context.command_path} --help` lists what it takes"


def main() -> None:
    """Console entry: a wrong usage or input is one line on stderr and exit code 2, never a traceback."""
    keep_private()
    for stream in (sys.stdout, sys.stderr):  # a terminal may lack the letters of a file or a class
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(app(prog_name="workbench", standalone_mode=False) or 0)
    except TyperException as error:
        tell_all(usage_line(error), err=True)
        sys.exit(2)
    except BadInput as error:
        tell(f"workbench: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
