"""A worker for tests of sweeps: logs what a pretraining logs, at once, with scores that its recipe decides.

    python tests/sweep_worker.py RUN_DIR [PAUSE]       PAUSE: seconds between two readings

The score is highest at a learning rate of 0.002; one of more than 0.01 fails, as a training that diverges does. VICReg
scores four points higher than SimCLR, but for the luck of a seed; its RankMe is lower. It
imports no more than it must (backend.worker takes a second): a sweep starts many.
"""

import json
import math
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.workspace.events import EventLog
from backend.workspace.heartbeat import Heartbeat
from backend.workspace.layout import RunFolder

STEPS, READINGS = 40, 4


def command(pause: float = 0.0) -> tuple[str, ...]:
    """For a launcher: this worker with so many seconds between two readings."""
    start = f"import runpy, sys; sys.argv += ['{pause}']; runpy.run_path({str(Path(__file__))!r}, None, '__main__')"
    return (sys.executable, "-c", start)


def score(recipe: dict, share: float = 1.0) -> float:
    """Of a recipe, after a share of its training."""
    apart, task = abs(math.log10(recipe["train"]["lr"] / 2e-3)), recipe["pretext"]["name"]
    luck = 0.004 * ((recipe["seed"] * 7 + ord(task[0])) % 5)
    return round((0.9 - 0.2 * apart + 0.04 * (task == "vicreg") - luck) * (0.5 + 0.5 * share), 6)


def pretend(job: dict, log: EventLog, pause: float, stopped: list) -> None:
    """Log a whole pretraining; of a run that was begun before, what is missing of it."""
    recipe, attempt = job["recipe"], job["attempt"]

    def say(kind: str, body: dict, key: str, durable: bool = False) -> None:
        if not log.seen(kind, key):
            log.append(kind, body, key=key, durable=durable)

    if log.last and log.last["kind"] in ("run.finished", "run.failed", "run.cancelled"):
        return
    say("run.started", {"recipe": recipe}, "start")
    say("stage.started", {"stage": "pretrain"}, "pretrain")
    if recipe["train"]["lr"] > 0.01:
        reason = "pretrain: expected a finite loss, found nan at step 3"
        say("run.failed", {"reason": reason, "where": "stage pretrain", "input": True}, f"end/{attempt}", durable=True)
        return
    timed = {"minutes": recipe["train"]["minutes"], "seconds_per_step": 0.1, "steps": STEPS, "per_epoch": 10}
    say("pretrain.timed", timed, "pretrain")
    for reading in range(1, READINGS + 1):
        if stopped:
            say("run.cancelled", {"reason": "stopped on request"}, f"end/{attempt}", durable=True)
            return
        step, value = STEPS * reading // READINGS, score(recipe, reading / READINGS)
        key, told = f"pretrain/0/{step}", {"seed": 0, "step": step}
        scores = {"accuracy": {"value": value, "error": 0.01}, "auroc": {"value": value / 2, "error": 0.02}}
        body = {"k": 20, "split": "val", "rows": 100, "accuracy": value, "chance": 0.5, "scores": scores}
        say("knn", {**told, **body}, key)
        rank = 10 * value * (0.5 if recipe["pretext"]["name"] == "vicreg" else 1)
        places = {"backbone": {"rankme": rank, "dim": 8, "spectrum": [1.0]}}
        say("collapse", {**told, "places": places, "alignment": 1.0, "uniformity": None}, key)
        time.sleep(pause)
    say("stage.finished", {"stage": "pretrain", "seconds": 0.1}, "pretrain")
    say("run.finished", {"seconds": 0.1}, "end", durable=True)


if __name__ == "__main__":
    folder, stopped = RunFolder(Path(sys.argv[1]).resolve()), []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    progress = SimpleNamespace(stage="pretrain", done=0.0, total=0.0, unit="", note="")
    heartbeat, log = Heartbeat(folder.heartbeat, progress), EventLog(folder.events)
    pretend(json.loads(folder.job.read_bytes()), log, float([*sys.argv, "0"][2]), stopped)
    log.close()
    heartbeat.close()
