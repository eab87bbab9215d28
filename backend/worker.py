"""A job in a process of its own: `python -m backend.worker RUN_DIR`.

Reads job.json, says what it does in events.jsonl, shows a sign of life in heartbeat.json and ends with 0 (done or
cancelled), 1 (failed; the reason is the last event) or 3 (another worker has this run). It may be killed at any moment:
started again on the same folder it leaves out what its events say is done and goes on from the checkpoints.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .data.dataset import Dataset
from .engine.job import Job, Progress, Stopped
from .modality import of
from .recipe import Recipe, known
from .registry import plugin
from .workspace import extras, memory, plain
from .workspace.artefacts import Artefacts
from .workspace.events import EventLog
from .workspace.heartbeat import Heartbeat
from .workspace.layout import BadInput, RunFolder
from .workspace.private import keep_private
from .workspace.provenance import provenance
from .workspace.reach import check_again
from .workspace.visible import visible

DONE, FAILED, BUSY = 0, 1, 3
ENDS = ("run.finished", "run.failed", "run.cancelled")


def main(folder: RunFolder) -> int:
    with only_worker(folder) as alone:
        if not alone:
            print(f"worker: another worker has {folder.name}", flush=True)
            return BUSY
        progress, stop = Progress(), threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        heartbeat = Heartbeat(folder.heartbeat, progress)
        events = EventLog(folder.events)
        try:
            return attempt(folder, events, progress, stop)
        finally:
            events.close()
            heartbeat.close()


@contextmanager
def only_worker(folder: RunFolder) -> Iterator[bool]:
    """Hold the run's lock, so that two workers never write one event log; the kernel frees it at a kill."""
    with open(folder.path / "worker.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def attempt(folder: RunFolder, events: EventLog, progress: Progress, stop: threading.Event) -> int:
    """Do the job, or what is left of it, and log how it ended."""
    todo = json.loads(folder.job.read_bytes())
    if events.count(ENDS) > todo.get("past", 0):  # `past`: ends after which somebody asked it to go on
        return DONE
    work = register_data if todo["kind"] == "data" else run_stages
    key, began = f"end/{todo['attempt']}", time.monotonic()
    try:
        work(todo, folder, events, progress, stop)
    except Stopped:
        events.append("run.cancelled", {"reason": "stopped on request"}, key=key, durable=True)
        return DONE
    except Exception as problem:
        error = extras.told(problem)
        wrong_input = isinstance(error, BadInput)
        reason = one_line(error) if wrong_input else f"{type(error).__name__}: {one_line(error)}"
        print(visible(reason if wrong_input else traceback.format_exc(), lines=True), file=sys.stderr)
        body = {"reason": reason, "where": f"stage {progress.stage}", "input": wrong_input}
        events.append("run.failed", body, key=key, durable=True)
        return FAILED
    events.append("run.finished", {"seconds": round(time.monotonic() - began, 3)}, key="end", durable=True)
    shutil.rmtree(folder.checkpoints, ignore_errors=True)
    return DONE


def say_started(events: EventLog, todo: dict[str, Any], body: dict[str, Any]) -> None:
    """Log `run.started`, or `run.resumed` with the last key that an earlier attempt logged."""
    if events.last is None:
        events.append("run.started", {**body, **provenance()}, key="start", durable=True)
    else:
        resumed = {"attempt": todo["attempt"], "from": events.last["key"]}
        events.append("run.resumed", resumed, key=f"resume/{todo['attempt']}", durable=True)


def run_stages(
    todo: dict[str, Any], folder: RunFolder, events: EventLog, progress: Progress, stop: threading.Event
) -> None:
    """The stages of the recipe in their order, each between stage.started and stage.finished."""
    recipe = Recipe.model_validate(todo["recipe"])
    device = use_device(todo["device"])
    artefacts = Artefacts(folder.path.parent.parent / "artefacts")
    data = {"name": todo["dataset"]["name"], "digest": todo["dataset"]["digest"]}
    seeds = {"seed": recipe.seed, "pretrain_seeds": recipe.finetune.pretrain_seeds}
    seeds["subset_seeds"] = recipe.finetune.subset_seeds
    say_started(
        events, todo, {"recipe": recipe.model_dump(mode="json"), "dataset": data, "device": device, "seeds": seeds}
    )
    check_again(todo.get("reach"), folder.workspace.root)
    folder.checkpoints.mkdir(exist_ok=True)
    if (modality := of(todo["dataset"])).extra:
        extras.need(modality.extra, f"a run on {modality.nouns}")
    dataset = Dataset(todo["dataset"], artefacts)
    job = Job(folder, recipe, dataset, device["type"], events, artefacts, stop, progress)
    for stage in (s for s in known() if s in recipe.stages and not job.finished(s)):
        job.check_stop()
        with stage_events(events, progress, stage):
            plugin("stages", stage).call(job)


def register_data(
    todo: dict[str, Any], folder: RunFolder, events: EventLog, progress: Progress, stop: threading.Event
) -> None:
    """Read a source into a registered data set. Imports no torch."""
    from .data.register import register

    if todo.get("memory"):
        memory.hold(todo["memory"])

    def report(done: float, total: float, unit: str = "", note: str = "") -> None:
        if stop.is_set():
            raise Stopped
        progress.done, progress.total, progress.unit, progress.note = done, total, unit, note

    device = {"type": "cpu", "name": "cpu", "threads": 1}
    say_started(events, todo, {"spec": todo["spec"], "device": device})
    with stage_events(events, progress, "register"):
        check_again(todo.get("reach"), folder.workspace.root)
        manifest, subjects = register(todo["spec"], Artefacts(folder.path.parent.parent / "artefacts"), report)
        events.append("data.registered", manifest, subjects, key="registered", durable=True)


@contextmanager
def stage_events(events: EventLog, progress: Progress, stage: str) -> Iterator[None]:
    progress.stage = stage
    progress.done, progress.total, progress.unit, progress.note = 0.0, 0.0, "", ""
    began = time.monotonic()
    events.append("stage.started", {"stage": stage}, key=stage)
    yield
    seconds = round(time.monotonic() - began, 3)
    events.append("stage.finished", {"stage": stage, "seconds": seconds}, key=stage, durable=True)


def use_device(wanted: str) -> dict[str, Any]:
    """Settle on the device and make its arithmetic repeatable; returns {"type", "name", "threads"}."""
    import torch

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or threads))
    if wanted == "cuda" and torch.cuda.is_available():
        return {"type": "cuda", "name": torch.cuda.get_device_name(0), "threads": torch.get_num_threads()}
    torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms imports torch's compiler, 1.8 s
    return {"type": "cpu", "name": processor(), "threads": torch.get_num_threads()}


def processor() -> str:
    """The processor's name, for the record."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        import platform

        return platform.processor() or platform.machine()


def one_line(error: BaseException) -> str:
    return plain.cleaned(" ".join(str(error).split())[:400]) or "no message"


if __name__ == "__main__":
    keep_private()
    sys.exit(main(RunFolder(Path(sys.argv[1]).resolve())))
