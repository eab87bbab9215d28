"""A run as MLflow takes it, by the REST interface of its tracking server (mlflow.org, "REST API", version 2.0).

The folder layout `mlruns` is what MLflow refuses from version 3 on, unless it is asked not to. A server takes what is
sent here, wherever it keeps it; `as_mlflow` is JSON, which can be kept and sent later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from numbers import Real
from typing import Any

from backend.workspace.layout import BadInput

STATUS = {
    "succeeded": "FINISHED",
    "failed": "FAILED",
    "lost": "FAILED",
    "cancelled": "KILLED",
    "running": "RUNNING",
    "queued": "SCHEDULED",
}
KINDS = ("metrics", "knn", "collapse")  # readings with a step
MOST = {"metrics": 1000, "params": 100, "tags": 100}  # of one batch
LONGEST_PARAM = 6000  # characters, of a value
LONGEST_KEY = 250


def as_mlflow(run: dict[str, Any], events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """{"experiment": name, "run": body of runs/create, "batches": bodies of runs/log-batch, "end": of runs/update},
    without the identifiers that the server gives.

    Metrics: every reading of pretraining at its step ("seed 0/metrics/loss"), and the study's table
    ("study/accuracy/ssl/linear/0.1", with /low and /high). Params: the recipe. Tags: run, data set, encoders' digests.
    """
    found = list(events)
    metrics = [*_readings(found), *_study(found)]
    params = [{"key": key[:LONGEST_KEY], "value": str(value)[:LONGEST_PARAM]} for key, value in _flat(run["recipe"])]
    tags = {f"ssl-workbench.{name}": str(run[name]) for name in ("run", "dataset", "state")}
    stored = (file for event in found if event["kind"] == "encoder" for file in event["subjects"])
    tags |= {f"ssl-workbench.{file['role']}"[:LONGEST_KEY]: file["sha256"] for file in stored}
    listed = {"metrics": metrics, "params": params, "tags": [{"key": k, "value": v} for k, v in tags.items()]}
    begun = _milliseconds(run["started"] or run["created"])
    return {
        "experiment": f"ssl-workbench/{run['dataset']}",
        "run": {"run_name": run["title"] or run["run"], "start_time": begun},
        "batches": list(_batches(listed)),
        "end": {"status": STATUS[run["state"]], **({"end_time": _milliseconds(run["ended"])} if run["ended"] else {})},
    }


def send(told: dict[str, Any], address: str) -> str:
    """Send it to a tracking server ("http://127.0.0.1:5000"); returns the identifier of the run there.

    Raises BadInput with one line where the server does not answer or refuses.
    """
    import httpx

    with httpx.Client(base_url=f"{address.rstrip('/')}/api/2.0/mlflow", timeout=60, trust_env=False) as client:

        def call(method: str, path: str, **given: Any) -> httpx.Response:
            try:
                return client.request(method, path, **given)
            except httpx.HTTPError as error:
                raise BadInput(f"mlflow {address}: expected an answer, found {error or type(error).__name__}") from None

        def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = call("POST", path, json=body)
            if answer.status_code != 200:
                found = f"{answer.status_code}: {answer.text[:200]}"
                raise BadInput(f"mlflow {address}: {path}: expected 200, found {found}")
            return answer.json()

        known = call("GET", "/experiments/get-by-name", params={"experiment_name": told["experiment"]})
        if known.status_code == 200:
            experiment = known.json()["experiment"]["experiment_id"]
        else:
            experiment = post("/experiments/create", {"name": told["experiment"]})["experiment_id"]
        made = post("/runs/create", {"experiment_id": experiment, **told["run"]})["run"]["info"]["run_id"]
        for batch in told["batches"]:
            post("/runs/log-batch", {"run_id": made, **batch})
        post("/runs/update", {"run_id": made, **told["end"]})
        return made


def _readings(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in events:
        if event["kind"] in KINDS:
            body = event["body"]
            for key, value in _flat({k: v for k, v in body.items() if k not in ("seed", "step")}):
                if _number(value):
                    name = f"seed {body['seed']}/{event['kind']}/{key}"
                    yield _metric(name, value, event["time"], body["step"])


def _study(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in events:
        if event["kind"] == "study.verdict":
            for entry in event["body"]["table"]:
                place = f"study/{event['body']['metric']}/{entry['arm']}/{entry['method']}/{entry['fraction']:g}"
                for name, value in entry["mean"].items():
                    if _number(value):
                        yield _metric(place if name == "value" else f"{place}/{name}", value, event["time"], 0)


def _metric(name: str, value: float, time: str, step: int) -> dict[str, Any]:
    return {"key": name[:LONGEST_KEY], "value": float(value), "timestamp": _milliseconds(time), "step": int(step)}


def _flat(value: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """{"a": {"b": 1}} -> ("a.b", 1)"""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{before}{key}.")
        else:
            yield f"{before}{key}", inner


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and value == value


def _batches(listed: dict[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for name, values in listed.items():
        for start in range(0, len(values), MOST[name]):
            yield {name: values[start : start + MOST[name]]}


def _milliseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)
