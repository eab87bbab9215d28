"""`workbench data`: register data sets and look at them."""

from __future__ import annotations

from typing import Annotated

import typer

from backend.modality import FIRST, names

from . import commands
from .data_words import data_spec
from .shell import HERE, JsonOption, WorkspaceOption, connected, ended, say

data_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Register data sets and look at them.")


@data_app.command("add")
def data_add(
    path: Annotated[str, typer.Argument(help="File or folder, hf:owner/name, or builtin:NAME (clinic, loans, ..)")],
    name: Annotated[str, typer.Option("--name", help="Its name in the workspace")],
    kind: Annotated[
        str | None, typer.Option("--kind", help=f"Its modality: {', '.join(names())}; none: {FIRST}, or the built-in's")
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="Column that is predicted; none: go without a label")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="What the label is: class (the default), number or event")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Of a number, or of the time until an event")] = None,
    horizon: Annotated[
        float | None, typer.Option("--horizon", help="An event within this time is class 1; in the unit")
    ] = None,
    observed: Annotated[
        str | None, typer.Option("--observed", help="Column: 1 the event was seen, 0 followed up to that time only")
    ] = None,
    positive: Annotated[
        str | None, typer.Option("--positive", help="V1,V2 or NAME=V1,V2: these values against the rest")
    ] = None,
    call: Annotated[
        list[str] | None,
        typer.Option("--call", help="COLUMN:0=NAME,1=NAME: what values are called; repeatable"),
    ] = None,
    sensitive: Annotated[
        str | None, typer.Option("--sensitive", help="A,B:40:60; cuts turn a number into bands")
    ] = None,
    split_by: Annotated[
        str | None, typer.Option("--split-by", help="Rows with one value never part (patient, engine)")
    ] = None,
    split_column: Annotated[
        str | None, typer.Option("--split-column", help="Column that names the split; none: split here")
    ] = None,
    image_column: Annotated[str | None, typer.Option("--image-column", help="Column with image bytes or paths")] = None,
    text_column: Annotated[str | None, typer.Option("--text", help="Column of the text, else the longest")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="NAME=TYPE, as often as needed: number, category, date, yes/no, leave out, .."),
    ] = None,
    split_time: Annotated[
        str | None, typer.Option("--split-time", help="Column of a time: train is earliest, then val, then test")
    ] = None,
    time: Annotated[str | None, typer.Option("--time", help="Of readings: column of when each was taken")] = None,
    window: Annotated[
        int | None, typer.Option("--window", help="Of readings: steps that an example reaches back")
    ] = None,
    stride: Annotated[int | None, typer.Option("--stride", help="Of readings: steps between two examples")] = None,
    step: Annotated[float | None, typer.Option("--step", help="Of readings: length of a step of time")] = None,
    ahead: Annotated[float | None, typer.Option("--ahead", help="Predict the label's value so much later")] = None,
    cap: Annotated[float | None, typer.Option("--cap", help="Of a number: larger values count as this")] = None,
    whole_lives: Annotated[
        bool | None, typer.Option("--whole-lives", help="Let pretraining read units up to their failure")
    ] = None,
    batch_of: Annotated[
        str | None, typer.Option("--batch-of", help="A registered table whose columns this file has: read alike")
    ] = None,
    missing: Annotated[
        str | None, typer.Option("--missing", help="NA,None: words for a missing value; '': blank cells alone")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of text files: cp1252, latin-1, utf-16-le")
    ] = None,
    separator: Annotated[str | None, typer.Option("--separator", help="comma, semicolon, tab, bar or a sign")] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether a text table's first row names its columns")
    ] = None,
    size: Annotated[int | None, typer.Option("--size", help="Resize to SIZE x SIZE pixels", min=8, max=512)] = None,
    workspace: WorkspaceOption = HERE,
    json_: JsonOption = False,
) -> None:
    """Register a data set and print what its data sheet warns of.

    A name that holds , : or = stands in double quotes, and so does a column called none: --label '"none"'.
    """
    spec = data_spec(
        path, name, kind, label=label, positive=positive, sensitive=sensitive, split_by=split_by, size=size,
        split_column=split_column, image_column=image_column, text_column=text_column, missing=missing,
        encoding=encoding, separator=separator, header=header, target=target, unit=unit, horizon=horizon,
        observed=observed, columns=column, split_time=split_time, schema_of=batch_of, time_column=time, window=window,
        stride=stride, step=step, ahead=ahead, cap=cap, whole_lives=whole_lives, value_names=call,
    )  # fmt: skip
    with connected(workspace) as service:
        result = commands.add_data(service, spec)
    say(result, json_)
    raise typer.Exit(2 if result["input"] else ended(result))


@data_app.command("list")
def data_list(workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """The registered data sets."""
    with connected(workspace, looks=True) as service:
        found = service.datasets()
    commands.print_datasets(found)
    say(found, json_)


@data_app.command("show")
def data_show(name: str, workspace: WorkspaceOption = HERE, json_: JsonOption = False) -> None:
    """One data set and the warnings of its data sheet."""
    with connected(workspace, looks=True) as service:
        manifest, sheet = service.dataset(name), service.sheet(name)
    commands.print_dataset(manifest, sheet)
    say({"manifest": manifest, "sheet": sheet}, json_)
