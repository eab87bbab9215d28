"""The readout that leaves: from the store where the study kept it, else fitted once more as the study fitted it.

Fitted again, it is held against what the study sealed: the digest of what it said of the test rows, before their labels
were read, and its validation score.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .. import plugins
from ..engine.weights import load_classifier, load_encoder
from ..finetune._leaves import Left
from ..registry import plugin
from ..stages._study_arms import Arms
from ..stages._study_design import Design
from ..stages._study_store import cell_key
from ..stages.decide import design_of
from ..targets import target
from ..workspace.layout import BadInput
from .choice import CLASSIFIER, Choice
from .record import Record


@dataclass(frozen=True)
class Readout:
    """encoder: on the CPU; kind, tensors, settings: of its head (model.py); weights: SHA-256 of the artefact that it
    was made of; tuned: whether the encoder was trained on labels; val: what it says of the study's validation rows,
    None where that was not asked; facts: for the record.
    """

    encoder: nn.Module
    kind: str
    tensors: dict[str, Tensor]
    settings: dict[str, Any]
    weights: str
    tuned: bool
    val: np.ndarray | None
    facts: dict[str, Any]


def readout(record: Record, choice: Choice) -> Readout:
    """Raises BadInput with one line where there is no such model, or another than the study measured."""
    try:
        sha256 = record.classifier(method=choice.method, fraction=choice.fraction, pretrain_seed=choice.seed)
    except BadInput:
        if choice.what == CLASSIFIER:
            raise
        return fitted_again(record, choice)
    model = load_classifier(record.artefacts, sha256)
    tensors = {name: value.contiguous() for name, value in model.head.state_dict().items()}
    return Readout(model.encoder, "linear", tensors, {}, sha256, True, None, {"from": "the store"})


def fitted_again(record: Record, choice: Choice) -> Readout:
    job = record.job
    design = design_of(job)
    if choice.seed not in design.seeds("ssl"):
        raise BadInput(f"export {record.run}: expected a pretraining seed of the study, found {choice.seed}")
    cells = design.cells_of("ssl", choice.method, choice.fraction)
    cell = next(cell for cell in cells if cell.subset_seed == 0)
    then = job.events.seen("study.cell", cell_key("ssl", choice.method, cell, choice.seed))["body"]
    task = Arms(job, design).task("ssl", choice.method, choice.seed, (cell,), {cell.fraction: then["chosen"]})
    kind = plugin("finetune", choice.method)
    with as_then(record):
        left: Left = plugins.module("finetune", choice.method).leaves(replace(task, cells=cells), kind.params())
    facts = held(record, design, left, then)
    sha256 = record.encoder(choice.seed)
    encoder = load_encoder(record.artefacts, sha256) if left.encoder is None else left.encoder
    tuned, val = left.encoder is not None, left.prediction.val
    return Readout(encoder.eval(), left.kind, left.tensors, left.settings, sha256, tuned, val, facts)


def held(record: Record, design: Design, left: Left, then: dict[str, Any]) -> dict[str, Any]:
    """{"from", "sealed": whether it says of the test rows to the bit what the study sealed, "val", "val_then"}.

    Raises BadInput where its validation score is off by more than the study's own margin of equivalence.
    """
    kind, truth = target(design.target), design.labels[design.val]
    val, test = kind.completed(left.prediction.val, truth, left.prediction.test)
    metric = record.job.recipe.finetune.metric
    digest = hashlib.sha256(np.ascontiguousarray(test, dtype=np.float32).tobytes()).hexdigest()
    now, before = kind.score(truth, val)[metric], then["val"][metric]
    if abs(now - before) > design.margin:
        raise BadInput(
            f"export {record.run}: expected the model that the study measured ({metric} {before:.4g} on validation), "
            f"found another one when it was fitted again ({now:.4g}), as by code of another version; --what classifier "
            "leaves the one that was stored"
        )
    return {"from": "fitted again", "sealed": digest == then["test_digest"], "val": now, "val_then": before}


@contextmanager
def as_then(record: Record) -> Iterator[None]:
    """The threads and the arithmetic of the run, so that the same bits come out on the same machine."""
    device = record.of("run.started")[0]["body"].get("device") or {}
    threads, strict = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    torch.set_num_threads(int(device.get("threads") or threads))
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(strict)
