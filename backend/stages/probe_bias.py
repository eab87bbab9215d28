"""Is the language model biased? Every probe of the recipe, on the pretrained encoder and on the same network untrained.

One `probe` event an arm and probe (docs/events.md): `ssl` is the encoder of pretraining seed 0, `random` the control,
which must find nothing. The swaps need a classifier, so their other arm is the supervised one, `scratch_aug`. What does
not apply is a `probe.skipped` event with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from ..encoders._text import TextEncoder
from ..engine.job import Job
from ..engine.seeds import derive
from ..engine.weights import load_classifier, load_encoder
from ..probes._base import Context, Skip
from ..probes._likelihood import fluency
from ..probes._swaps import read_pairs
from ..registry import Strict, plugin
from ._study_design import nearest
from .modality import data_class, data_module

TITLE = "Bias probes"
NEEDS = "pretrain"
STAGE = "probe_bias"
CONTROL = "random"
KEPT = 2_000  # items kept as a table beside an event, those with the largest scores


class Params(Strict):
    pass


def run(job: Job) -> None:
    """Write the events of every probe; those already written before a restart are left out."""
    reason = nothing_to_probe(job)
    if reason:
        job.events.append("stage.skipped", {"stage": STAGE, "reason": reason}, key=STAGE)
        return
    models = Models(job)
    todo = list(plan(job))
    for done, (arm, name) in enumerate(todo):
        job.check_stop()
        if job.events.seen("probe", f"{arm}/{name}") or job.events.seen("probe.skipped", f"{arm}/{name}"):
            continue
        one(job, models, arm, name, Steps(job, done, len(todo), f"{arm}: {name}"))


def nothing_to_probe(job: Job) -> str | None:
    if not data_class(job.dataset.kind).language_models:
        return "the probes ask language models, and this data set is of another kind"
    if not job.recipe.probes.methods:
        return "the recipe names no probe"
    if job.events.seen("encoder", "pretrain/0") is None:
        return "no pretrained encoder: the recipe leaves out pretraining, which makes it"
    return None


def plan(job: Job) -> Iterator[tuple[str, str]]:
    """(arm, probe) in order: the pretrained encoder beside its control, probe by probe."""
    for name in job.recipe.probes.methods:
        for arm in ("ssl", "scratch_aug") if of_classifiers(name) else ("ssl", CONTROL):
            yield arm, name


def of_classifiers(probe: str) -> bool:
    """Whether a probe asks the audited classifiers instead of the encoder."""
    return plugin("probes", probe).says.get("of") == "classifier"


@dataclass(frozen=True)
class Steps:
    """Tells the heartbeat how far the probes are, and stops them when asked."""

    job: Job
    done: int
    total: int
    note: str

    def __call__(self, done: int, total: int) -> None:
        self.job.check_stop()
        self.job.report(self.done + done / max(1, total), self.total, "probes", self.note)


class Models:
    """The models under probe, each loaded when it is first asked for."""

    def __init__(self, job: Job):
        self.job, self.data = job, data_module(job)
        self._fluency: dict[str, Any] = {}

    @cached_property
    def trained(self) -> TextEncoder:
        event = self.job.events.seen("encoder", "pretrain/0")
        return load_encoder(self.job.artefacts, event["subjects"][0]["sha256"])

    @cached_property
    def untrained(self) -> TextEncoder:
        return self.data.untrained(0).eval()

    def classifier(self, arm: str):
        """The arm's audited classifier, None where the study kept none."""
        recipe = self.job.recipe
        event = self.job.events.seen(
            "classifier", f"{arm}/{nearest(recipe.finetune.fractions, recipe.fairness.fraction):g}"
        )
        return load_classifier(self.job.artefacts, event["subjects"][0]["sha256"]) if event else None

    def context(self, arm: str, name: str) -> Context:
        job, plan = self.job, self.job.recipe.probes
        common = {
            "tokenizer": self.data.tokenizer,
            "device": job.torch_device,
            "dataset": job.dataset,
            "folder": Path(plan.folder).expanduser() if plan.folder else None,
            "items": plan.items,
            "permutations": plan.permutations,
            "seed": derive("probe_bias", job.recipe.seed),
        }
        if of_classifiers(name):
            classifier = self.classifier(arm)
            encoder = classifier.encoder if classifier else self.trained
            return Context(encoder=encoder, classifier=classifier, swaps=read_pairs(plan.swaps), **common)
        if arm == CONTROL:
            return Context(encoder=self.untrained, **common)
        return Context(encoder=self.trained, untrained=self.untrained, **common)

    def fluency(self, arm: str, context: Context) -> dict[str, Any] | None:
        """How well the arm's head knows the language, read once."""
        if arm not in self._fluency:
            self._fluency[arm] = fluency(context)
        return self._fluency[arm]


def one(job: Job, models: Models, arm: str, name: str, steps: Steps) -> None:
    """One probe on one model: a `probe` event with its items, or a `probe.skipped` event."""
    kind, head = plugin("probes", name), {"arm": arm, "probe": name}
    steps(0, 1)
    try:
        context = replace(models.context(arm, name), tick=steps)
        found = kind.call(context, kind.params())
    except Skip as skip:
        job.events.append("probe.skipped", {**head, "reason": str(skip)}, key=f"{arm}/{name}")
        return
    body = {**head, "seed": 0, **found.body(), "fluency": models.fluency(arm, context) if found.head else None}
    subjects = []
    if found.items is not None and len(found.items):
        table = pa.Table.from_pandas(kept(found.items), preserve_index=False)
        subjects = [job.artefacts.put_table(f"probe/{arm}/{name}", table)]
    job.events.append("probe", body, subjects, key=f"{arm}/{name}")


def kept(items: pd.DataFrame) -> pd.DataFrame:
    """The `KEPT` items with the largest |score|, the largest first, missing scores last."""
    return items.sort_values("score", key=abs, ascending=False, kind="stable").head(KEPT)
