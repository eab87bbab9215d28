"""Explain the classifiers: every attribution method on the same test examples, tested beside two controls."""

from __future__ import annotations

from ..attribution._controls import CONTROLS
from ..engine.job import Job
from ..workspace.events import read_events
from .modality import explaining

ARMS = ("ssl", "scratch_aug")

TITLE = "Explanations"
NEEDS, NEEDS_LABELS = "study", True


def run(job: Job) -> None:
    """Write `attribution` per arm and method and `attribution.controls` per arm (docs/events.md)."""
    found = classifiers(job)
    if not found:
        reason = "no classifier to explain: the recipe leaves out the study, which trains them"
        job.events.append("stage.skipped", {"stage": "attribute", "reason": reason}, key="attribute")
        return
    room = explaining(job)
    names = job.recipe.attribution.methods
    done, total = 0, len(found) * (2 * len(names) + len(CONTROLS))
    rows: list[int] | None = None
    for arm, sha256 in found.items():
        state = room.prepare(arm, sha256, rows)
        rows = state.rows
        for name in names:
            job.report(done, total, "maps", f"{arm}: {name}")
            job.check_stop()
            room.explain(state, name)
            done += 1
        room.judge(state, names, done, total)
        done += len(names) + len(CONTROLS)
        job.report(done, total, "maps")


def classifiers(job: Job) -> dict[str, str]:
    """{arm: SHA-256 of its classifier}, in the order of ARMS."""
    found = {
        event["body"]["arm"]: event["subjects"][0]["sha256"]
        for event, _ in read_events(job.folder.events)
        if event["kind"] == "classifier"
    }
    return {arm: found[arm] for arm in ARMS if arm in found}
