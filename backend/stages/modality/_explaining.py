"""Explaining the classifiers of a job: what is the same in every modality, and what each of them adds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ...attribution._parts import Scores, evaluate, remake
from ...attribution._run import recorded, run_method
from ...engine.job import Job
from ...workspace.artefacts import Artefact
from .._examples import REMADE_EXAMPLES, REMADE_MODELS, Arm, examples


class Explaining(ABC):
    def __init__(self, job: Job):
        self.job = job

    @abstractmethod
    def prepare(self, arm: str, sha256: str, rows: list[int] | None) -> Arm:
        """Load a classifier and its examples; the first arm chooses the rows, the others explain the same."""

    @abstractmethod
    def store(self, arm: Arm, name: str, scores: Scores) -> Artefact:
        """Keep the scores of a method or control."""

    @abstractmethod
    def kept(self, arm: Arm, sha256: str) -> Scores:
        """Scores as they were kept."""

    @abstractmethod
    def controls(self, arm: Arm, seed: int) -> dict[str, Scores]:
        """The scores of the controls, which explain nothing and must fail the tests; one of them is `Parts.noise`."""

    @abstractmethod
    def remade_controls(self, arm: Arm, few: slice, controls: dict[str, Scores], seeds: list[int]) -> dict[str, list]:
        """What the controls become when the model is re-initialised, of the first examples."""

    def told(self, arm: Arm, scores: Scores) -> dict[str, Any]:
        """What the event of a method says beside its scores (docs/events.md)."""
        return {"planted": None, "planted_mean": None}

    def told_of_controls(self, arm: Arm, controls: dict[str, Scores]) -> dict[str, Any]:
        """What the event of the controls says beside the tests."""
        return {"planted": None, "planted_mean": None, "planted_area": None}

    def explain(self, arm: Arm, name: str) -> None:
        """One method on one arm; left out when a run before the restart did it."""
        job, key = self.job, f"{arm.name}/{name}"
        if job.events.seen("attribution", key):
            return
        found = run_method(name, arm.model, arm.parts.input, arm.target)
        scores = arm.parts.scores(found)
        body = {
            **examples(arm),
            "method": name,
            **recorded(found),
            **self.told(arm, scores),
        }
        job.events.append("attribution", body, [self.store(arm, name, scores)], key=key)

    def judge(self, arm: Arm, names: list[str], done: int, total: int) -> None:
        """The controls' scores and the tests of all scores of an arm."""
        job = self.job
        if job.events.seen("attribution.controls", arm.name):
            return
        seed, few = job.recipe.seed, slice(0, REMADE_EXAMPLES)
        seeds = [seed + 1 + k for k in range(REMADE_MODELS)]
        own = {name: self.kept(arm, self._digest(arm, name)) for name in names}
        controls = self.controls(arm, seed)
        remade = self.remade_controls(arm, few, controls, seeds)
        for k, name in enumerate(names):
            job.report(done + k, total, "maps", f"{arm.name}: {name} of re-initialised models")
            job.check_stop()
            remade[name] = remake(name, arm.model, arm.parts[few], arm.target[few], seeds)
        body = evaluate(
            arm.model, arm.parts, arm.target, {**own, **controls}, remade, seed, tick=lambda _: job.check_stop()
        )
        body |= {**examples(arm), **self.told_of_controls(arm, controls)}
        subjects = [self.store(arm, name, scores) for name, scores in controls.items()]
        job.events.append("attribution.controls", body, subjects, key=arm.name)

    def _digest(self, arm: Arm, name: str) -> str:
        return self.job.events.seen("attribution", f"{arm.name}/{name}")["subjects"][0]["sha256"]
