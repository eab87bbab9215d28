"""The list of runs, a line a run or a sweep with what it came to; filters; what recipes differ in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend import exports
from backend.workspace.formats import aware, chosen, count, duration

from ..targets import said_of
from . import labels
from . import run as words
from .study import DECISION

NETWORKS = (("pretext", "pretext"), ("encoder", "encoders"))  # section of a recipe, folder of its methods
FIRST = ("data", "pretext", "encoder")  # of the sections of a recipe, among the differences


@dataclass(frozen=True)
class Line:
    """One line of the list. figure and gain: (value, how it is written), None where nothing was measured."""

    key: str  # the run, or the sweep whose trials it stands for
    title: str
    state: str
    data: str
    method: str
    started: str | None
    seconds: float
    figure: tuple[float, str] | None = None
    gain: tuple[float, str] | None = None
    measured: str = ""  # what the figure is of
    finding: str = ""  # what the study decided
    tags: tuple[str, ...] = ()
    note: str = ""
    archived: bool = False
    sweep: bool = False
    search: str = field(default="", repr=False)  # all that a person may look for, in small letters


def lines(
    runs: Iterable[dict[str, Any]],
    results: Mapping[str, dict[str, Any]],
    notes: Mapping[str, str],
    sweeps: Iterable[dict[str, Any]] = (),
    kinds: Iterable[str] = ("run",),
) -> list[Line]:
    """The list, newest first. A sweep stands in it once, where it began, for all its trials."""
    own = [run for run in runs if run["kind"] in kinds and not run["sweep"]]
    found = [_line(run, results.get(run["run"]), notes.get(run["run"], "")) for run in own]
    found += [_of_sweep(sweep) for sweep in sweeps]
    began = {run["run"]: run["created"] for run in own} | {sweep["sweep"]: sweep["created"] for sweep in sweeps}
    return sorted(found, key=lambda line: began[line.key], reverse=True)


def _line(run: dict[str, Any], result: dict[str, Any] | None, note: str) -> Line:
    parts = ((folder, run["recipe"].get(section)) for section, folder in NETWORKS)
    method = " · ".join(exports.called(folder, part["name"]) for folder, part in parts if part and part.get("name"))
    told = [words.name(run), run["run"], run["dataset"] or "", method, words.ended(run), note, *run["tags"]]
    return Line(
        run["run"],
        words.name(run),
        words.ended(run),
        run["dataset"] or "",
        method,
        run["started"],
        run["seconds"],
        reached(result),
        added(result),
        measured(result),
        labels.capital(DECISION[result["headline"]["decision"]]) if result and result["headline"] else "",
        tuple(run["tags"]),
        note,
        run["archived"],
        search=" ".join(told).lower(),
    )


def _of_sweep(sweep: dict[str, Any]) -> Line:
    state = labels.capital(sweep["state"])
    title = f"Sweep: {sweep['title'] or sweep['sweep']} ({count(sweep['done'], 'trial')})"
    told = (title, sweep["sweep"], sweep["dataset"], state)
    return Line(
        sweep["sweep"],
        title,
        state,
        sweep["dataset"],
        "",
        sweep["created"],
        sweep["spent"],
        sweep=True,
        search=" ".join(told).lower(),
    )


def reached(result: dict[str, Any] | None) -> tuple[float, str] | None:
    """What the pretrained model reached on test: (94.2, "94.2 % [92.0, 96.1]")."""
    if not result or not result["reached"] or result["reached"]["mean"]["value"] is None:
        return None
    figures, found = said_of(result).figures, result["reached"]["mean"]
    return figures.scale * found["value"], figures.interval(found)


def measured(result: dict[str, Any] | None) -> str:
    """What that figure is of: "accuracy at 10 % labels"."""
    if reached(result) is None:
        return ""
    return f"{said_of(result).title} at {chosen(result['reached']['fraction'])} labels"


def added(result: dict[str, Any] | None) -> tuple[float, str] | None:
    """What pretraining added over the strongest model without it: (3.1, "+3.1 points [1.2, 5.0]"). Where lower is
    better the value is turned, so that the list is sorted from worst to best."""
    contrast = result and result["headline"]
    if not contrast or contrast["difference"]["value"] is None:
        return None
    said = said_of(result)
    value = said.sign * said.figures.scale * contrast["difference"]["value"]
    return value, said.figures.difference(contrast["difference"])


def matching(
    found: Iterable[Line],
    text: str = "",
    states: Iterable[str] = (),
    data: Iterable[str] = (),
    tags: Iterable[str] = (),
    archived: bool = False,
) -> list[Line]:
    """The lines that hold every word of `text`, and one of the states, data sets and tags that are named, if any are.
    archived: also those that were put away."""
    wanted, states, data, tags = text.lower().split(), set(states), set(data), set(tags)
    return [
        line
        for line in found
        if all(word in line.search for word in wanted)
        and (not states or line.state in states)
        and (not data or line.data in data)
        and (not tags or tags & set(line.tags))
        and (archived or not line.archived)
    ]


def row(line: Line) -> str:
    """A line on the shell: run, state, data, what it took, what it came to, its title and tags."""
    figures = [one[1] for one in (line.figure, line.gain) if one]
    told = [*figures, f"({line.finding.lower()})"] if line.finding else figures
    tags = f"[{', '.join(line.tags)}]" if line.tags else ""
    own = f"{line.key}  {line.state:<11} {line.data or '-':<16} {took(line):>12}  {line.title}"
    return "  ".join(filter(None, (own, " ".join(told), tags)))


def sentence(found: list[Line], shown: list[Line]) -> str:
    """How many runs there are, and how many of them are shown."""
    own = [line for line in found if not line.sweep]
    sweeps = len(found) - len(own)
    first = count(len(own), "run") + (f" and {count(sweeps, 'sweep')}" if sweeps else "")
    done = sum(line.state == words.STATE["succeeded"] for line in own)
    measured = sum(line.gain is not None for line in own)
    told = f"{first}; {done:,} finished, {measured:,} with an answer to whether pretraining helped"
    return f"{told}." if len(shown) == len(found) else f"{told}. Shown: {len(shown):,}."


def took(line: Line) -> str:
    """How long it worked, pauses left out."""
    return duration(line.seconds) if line.seconds else ""


def minutes(line: Line) -> tuple[float, str] | None:
    """The same as a value that sorts: (minutes, words)."""
    return (line.seconds / 60, took(line)) if line.seconds else None


def when(line: Line) -> Any:
    """When it began, as a moment that sorts; None of what has not."""
    return aware(line.started)


def differences(runs: list[dict[str, Any]]) -> list[dict[str, str]]:
    """A row a setting in which the recipes of these runs differ: {"Setting", run's identifier: value}; what is learned
    from what, and by which network, comes first."""
    recipes = {run["run"]: dict(_settings(run["recipe"])) for run in runs}
    names = list(dict.fromkeys(name for told in recipes.values() for name in told if name != "title"))
    names.sort(key=lambda name: name.partition(".")[0] not in FIRST)
    rows = []
    for name in names:
        shown = {run: labels.setting_value(name, told.get(name)) for run, told in recipes.items()}
        if len(set(shown.values())) > 1:
            rows.append({"Setting": labels.setting(name), **shown})
    return rows


def _settings(recipe: Mapping[str, Any], place: str = "") -> Iterable[tuple[str, Any]]:
    for name, found in recipe.items():
        if isinstance(found, dict):
            yield from _settings(found, f"{place}{name}.")
        else:
            yield f"{place}{name}", found
