"""What earlier runs took, read from their records: for what a new run will take. For page and shell."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pydantic import ValidationError

from backend.workspace.formats import aware

from .. import modality
from ..verdicts import cost as words

LOOKED = 5  # of the newest finished runs of a kind of data


def foreseen(
    service: Any, recipe: dict[str, Any], manifest: dict[str, Any], known: dict[str, Any] | None = None
) -> list[str]:
    """Sentences; none where the recipe cannot be read, which submitting it says. known: as of `paces`."""
    try:
        found = forecast(service, recipe, manifest, known)
    except ValidationError:
        return []
    return words.lines(recipe, manifest, found, modality.shown(manifest["kind"]).words.nouns)


def paces(service: Any, kind: str, known: dict[str, Any]) -> list[words.Pace]:
    """Of the newest finished runs on this kind of data. known: {run: its pace}, which is added to: a finished run
    changes no more."""
    runs = (r for r in service.runs() if r["kind"] == "run" and r["modality"] == kind and not r["sweep"])
    ended = [r for r in runs if r["state"] == "succeeded" and r["attempt"] <= 1][:LOOKED]
    for run in ended:
        if run["run"] not in known:
            known[run["run"]] = pace(service, run)
    return [known[run["run"]] for run in ended]


def pace(service: Any, run: dict[str, Any]) -> words.Pace:
    """What one run took, stage by stage and model by model."""
    recipe, name = run["recipe"], run["run"]
    finished = {e["body"]["stage"]: e["body"]["seconds"] for e in service.events(name, "stage.finished")}
    trained = [e["body"] for e in service.events(name, "encoder") if "steps" in e["body"]]
    steps = sum(body["steps"] for body in trained) / max(1, len(trained))
    return words.Pace(
        run=name,
        title=run["title"],
        dataset=run["dataset"],
        rows=service.dataset(run["dataset"])["count"],
        networks=(recipe.get("pretext", {}).get("name", ""), recipe.get("encoder", {}).get("name", "")),
        pretrainings=max(1, len(trained)),
        passes=steps * recipe.get("train", {}).get("batch_size", 0),
        stages=finished,
        models=_each(service, name),
    )


def forecast(
    service: Any, recipe: dict[str, Any], manifest: dict[str, Any], known: dict[str, Any] | None = None
) -> words.Cost:
    """Raises ValidationError where the recipe's study cannot be read."""
    rows = service.document(manifest["sheet"]["sha256"])["counts"]["train"]
    known = {} if known is None else known
    return words.forecast(recipe, manifest, rows, paces(service, manifest["kind"], known))


def _each(service: Any, run: str) -> dict[words.Place, float]:
    """{place of the study: seconds a model}, from when its models were logged: one after another, or as many at once
    as there are threads, whose mean is what counts."""
    took: dict[words.Place, list[float]] = defaultdict(list)
    started = service.latest(run, "study.started")
    before = aware(started["time"]) if started else None
    for event in service.events(run, "study.cell") if started else ():
        now, body = aware(event["time"]), event["body"]
        took[body["arm"], body["method"], body["fraction"]].append(max(0.0, (now - before).total_seconds()))
        before = now
    return {at: sum(seconds) / len(seconds) for at, seconds in took.items()}
