"""What is asked of other runs on the same data: a comparison, the pilots of their studies. For page and shell."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from backend.recipe import Finetune
from backend.workspace.layout import BadInput

from .. import modality
from ..verdicts import study_forecast

PILOTS = 10  # of the newest planned studies that are looked at


def question(service: Any, first: str, second: str, arm: str = "ssl") -> dict[str, Any]:
    """`compare_runs` (backend/questions/compare_runs.py) of these two. Raises BadInput where that cannot be asked."""
    if first == second:
        raise BadInput(f"runs: expected two different runs, found {first} twice")
    runs = [service.run(run) for run in (first, second)]
    manifests = [service.dataset(run["dataset"]) for run in runs]
    verdicts = [service.latest(run["run"], "study.verdict") for run in runs]
    for run, verdict in zip(runs, verdicts, strict=True):
        if verdict is None:
            raise BadInput(f"run {run['run']}: expected one with a finished study, found none")
    if manifests[0]["digest"] != manifests[1]["digest"]:
        raise BadInput(
            f"runs: expected two on the same data, found {manifests[0]['name']} and {manifests[1]['name']}, whose "
            "digests differ"
        )
    metrics = [verdict["body"]["metric"] for verdict in verdicts]
    if metrics[0] != metrics[1]:
        raise BadInput(f"runs: expected studies of the same metric, found {metrics[0]} and {metrics[1]}")
    return {
        "kind": "compare_runs",
        "dataset": manifests[0],
        "metric": metrics[0],
        "margin": min(verdict["body"]["margin"] for verdict in verdicts),
        "first": _side(service, first, arm),
        "second": _side(service, second, arm),
    }


def _side(service: Any, run: str, arm: str) -> dict[str, Any]:
    told = [e for e in service.events(run, "predictions") if e["body"]["arm"] == arm]
    if not told:
        raise BadInput(f"run {run}: expected predictions of {arm}, found none")
    keys = {f"{e['body']['subset_seed']}/{e['body']['pretrain_seed'] or 0}": e["subjects"][0]["sha256"] for e in told}
    return {"run": run, "arm": arm, "fraction": told[0]["body"]["fraction"], "predictions": keys}


def comparable(service: Any, run: str) -> list[str]:
    """The other finished runs on the same data that were asked for a study, newest first; no event is read for it."""
    own = service.run(run)["dataset"]
    others = (r for r in service.runs() if r["run"] != run and (r["kind"], r["dataset"]) == ("run", own))
    return [r["run"] for r in others if r["state"] == "succeeded" and "study" in r["recipe"].get("stages", ())]


def foreseen(
    service: Any, recipe: dict[str, Any], manifest: dict[str, Any], known: dict[str, Any] | None = None
) -> list[str]:
    """What the study of this recipe will be able to see (verdicts/study_forecast.py); nothing where it has none, or
    where its section cannot be read, which submitting it says. known: as of `pilots`."""
    if "study" not in recipe["stages"]:
        return []
    try:
        asked = Finetune.model_validate(recipe.get("finetune") or {})
    except ValidationError:
        return []
    words = modality.shown(manifest["kind"]).words
    return study_forecast.lines(recipe, asked, pilots(service, manifest["name"], known), manifest.get("target"), words)


def pilots(service: Any, dataset: str, known: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The planned studies of a data set, the newest first, as verdicts/study_forecast.py takes them. known: {run: its
    pilot} of those that were read before, which is added to: a plan is made once."""
    known = {} if known is None else known
    runs = (r for r in service.runs() if (r["kind"], r["dataset"]) == ("run", dataset))
    asked = [r for r in runs if (r["recipe"].get("finetune") or {}).get("precision")][:PILOTS]
    for run in asked:
        if run["run"] in known:
            continue
        plan, started = (service.latest(run["run"], f"study.{what}") for what in ("plan", "started"))
        if plan and started:
            told = {"run": run["run"], "title": run["title"], "recipe": run["recipe"]}
            known[run["run"]] = {**told, "started": started["body"], "plan": plan["body"]}
    return [known[run["run"]] for run in asked if run["run"] in known]
