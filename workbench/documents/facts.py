"""What the cards, the bill of material and the data description of a run are made of. Reads the service alone."""

from __future__ import annotations

from typing import Any

from backend.workspace.formats import chosen
from backend.workspace.layout import BadInput

from ..verdicts.run import sentences

PURPOSE, RISKS = "1.a", "3.risks"  # the fields of Annex IV in which a person says it


def gather(service: Any, run: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """JSON: run, started, manifest, sheet, verdict, audits, encoders, classifiers, sentences, persons.

    document: the dossier whose persons' texts are quoted. Raises BadInput for a run that never started.
    """
    found = service.run(run)
    name = found["run"]

    def bodies(kind: str) -> list[dict[str, Any]]:
        return [event["body"] for event in service.events(name, kind)]

    started, verdict = service.latest(name, "run.started"), service.latest(name, "study.verdict")
    if started is None:
        raise BadInput(f"{name}: expected a run that started, found {found['state']}")
    fields = [field for point in (document or {"points": []})["points"] for field in point["fields"]]
    return {
        "run": found,
        "started": started["body"],
        "time": started["time"],
        "manifest": service.dataset(found["dataset"]),
        "sheet": service.sheet(found["dataset"]),
        "verdict": verdict and verdict["body"],
        "audits": bodies("fairness"),
        "encoders": service.events(name, "encoder"),
        "classifiers": service.events(name, "classifier"),
        "sentences": sentences(service, name),
        "persons": {field["id"]: field["person"]["text"] for field in fields if field["person"]},
    }


def metrics(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Test metrics of the pretrained model: [{"metric", "slice", "value", "low", "high", "n", "unit"}]."""
    found, verdict = [], facts["verdict"]
    for entry in verdict["table"] if verdict else ():
        if entry["arm"] == "ssl" and entry["best"]:
            of = f"{chosen(entry['fraction'])} of the labels (n = {entry['n_labels']:,})"
            unit = (verdict.get("target") or {}).get("unit")
            found.append(_metric(verdict["metric"], of, entry["mean"], verdict["test_rows"], unit))
    for audit in (a for a in facts["audits"] if a["arm"] == "ssl"):
        for group in audit["groups"]:
            of = f"{audit['attribute']}: {group['group']} (n = {group['n']:,})"
            unit = (audit.get("target") or {}).get("unit")
            found += [_metric(m, of, e, e["trials"], unit) for m, e in group["metrics"].items() if e["enough"]]
    return [m for m in found if m["value"] is not None]


def _metric(name: str, of: str, estimate: dict[str, Any], n: int, unit: str | None) -> dict[str, Any]:
    return {"metric": name, "slice": of, "n": n, "unit": unit, **{k: estimate[k] for k in ("value", "low", "high")}}


def weights(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The files of the trained model: [{"role", "sha256"}]."""
    events = [*facts["encoders"], *facts["classifiers"]]
    return [{"role": s["role"], "sha256": s["sha256"]} for e in events for s in e["subjects"]]
