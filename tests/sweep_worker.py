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


def pretend(recipe: dict, log: EventLog, pause: float, stopped: list) -> None:
    log.append("run.started", {"recipe": recipe}, key="start")
    log.append("stage.started", {"stage": "pretrain"}, key="pretrain")
    if recipe["train"]["lr"] > 0.01:
        reason = "pretrain: expected a finite loss, found nan at step 3"
        log.append(
            "run.failed", {"reason": reason, "where": "stage pretrain", "input": True}, key="end/0", durable=True
        )
        return
    timed = {"minutes": recipe["train"]["minutes"], "seconds_per_step": 0.1, "steps": STEPS, "per_epoch": 10}
    log.append("pretrain.timed", timed, key="pretrain")
    for reading in range(1, READINGS + 1):
        if stopped:
            log.append("run.cancelled", {"reason": "stopped on request"}, key="end/0", durable=True)
            return
        step, value = STEPS * reading // READINGS, score(recipe, reading / READINGS)
        key, told = f"pretrain/0/{step}", {"seed": 0, "step": step}
        scores = {"accuracy": {"value": value, "error": 0.01}, "auroc": {"value": value / 2, "error": 0.02}}
        body = {"k": 20, "split": "val", "rows": 100, "accuracy": value, "chance": 0.5, "scores": scores}
        log.append("knn", {**told, **body}, key=key)
        rank = 10 * value * (0.5 if recipe["pretext"]["name"] == "vicreg" else 1)
        places = {"backbone": {"rankme": rank, "dim": 8, "spectrum": [1.0]}}
        log.append("collapse", {**told, "places": places, "alignment": 1.0, "uniformity": None}, key=key)
        time.sleep(pause)
    log.append("stage.finished", {"stage": "pretrain", "seconds": 0.1}, key="pretrain")
    log.append("run.finished", {"seconds": 0.1}, key="end", durable=True)


if __name__ == "__main__":
    folder, stopped = RunFolder(Path(sys.argv[1]).resolve()), []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    progress = SimpleNamespace(stage="pretrain", done=0.0, total=0.0, unit="", note="")
    heartbeat, log = Heartbeat(folder.heartbeat, progress), EventLog(folder.events)
    pretend(json.loads(folder.job.read_bytes())["recipe"], log, float([*sys.argv, "0"][2]), stopped)
    log.close()
    heartbeat.close()
