"""Which model of a run leaves: the readout of the pretrained encoder that did best on validation, or what is named."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import plugins
from ..registry import names
from ..targets import target
from ..workspace.layout import BadInput
from .record import Record

READOUT, ENCODER, LANGUAGE_MODEL, CLASSIFIER = WHAT = ("readout", "encoder", "language-model", "classifier")


@dataclass(frozen=True)
class Choice:
    """method: of backend/finetune; fraction: of the labels; best: whether validation chose the method; stays:
    methods that did better there and cannot leave, the best first."""

    what: str
    seed: int
    method: str | None = None
    fraction: float | None = None
    stays: tuple[str, ...] = ()
    best: bool = False


def choose(record: Record, what: str | None, seed: int, method: str | None = None) -> Choice:
    """what: of WHAT; None: the readout where there was a study, else the encoder alone. method: the readout that is
    named. Raises BadInput with one line for what the run has not."""
    if what is not None and what not in WHAT:
        raise BadInput(f"--what: expected one of {', '.join(WHAT)}, found {what!r}")
    if method is not None and what not in (None, READOUT):
        raise BadInput(f"--method: expected it with --what readout alone, found --what {what}")
    judged = record.of("study.verdict")
    if what is None and method is None and not judged:
        return Choice(ENCODER, seed)
    if what in (ENCODER, LANGUAGE_MODEL):
        return Choice(what, seed)
    if what == CLASSIFIER:
        record.classifier(pretrain_seed=seed)
        body = [e["body"] for e in record.of("classifier") if e["body"]["arm"] == "ssl"][-1]
        return Choice(CLASSIFIER, seed, body["method"], body.get("fraction"))
    if not judged:
        raise BadInput(f"export {record.run}: expected a study, whose readout leaves, found none; use --what encoder")
    return _readout(record, seed, method, judged[-1]["body"])


def _readout(record: Record, seed: int, method: str | None, judged: dict[str, Any]) -> Choice:
    fraction = nearest_audited(record)
    ranked = _ranked(record, judged, fraction)
    able = [name for name in ranked if leaves(name)]
    if method is not None and method not in able:
        found = f"{method!r}, which stays" if method in ranked else repr(method)
        raise BadInput(f"--method: expected a readout that can leave ({', '.join(able) or 'none'}), found {found}")
    if not able:
        raise BadInput(
            f"export {record.run}: expected a readout that is a network, found {', '.join(ranked)} alone; use --what "
            "encoder"
        )
    chosen = method or able[0]
    stays = tuple(ranked[: ranked.index(chosen)]) if method is None else ()
    return Choice(READOUT, seed, chosen, fraction, stays, best=method is None)


def nearest_audited(record: Record) -> float:
    """The share of the labels at which models were explained and audited: all of them, unless the recipe says less."""
    from ..stages._study_design import nearest

    recipe = record.job.recipe
    return nearest(recipe.finetune.fractions, recipe.fairness.fraction)


def _ranked(record: Record, judged: dict[str, Any], fraction: float) -> list[str]:
    """The methods of the pretrained arm by their mean metric on validation, the best first."""
    metric = judged["metric"]
    sign = target(record.dataset.target).METRICS[metric].sign
    values: dict[str, list[float]] = defaultdict(list)
    for body in (event["body"] for event in record.of("study.cell")):
        if body["arm"] == "ssl" and body["fraction"] == fraction and body["val"][metric] is not None:
            values[body["method"]].append(sign * body["val"][metric])
    return sorted(values, key=lambda name: -float(np.mean(values[name])))


def leaves(method: str) -> bool:
    """Whether its models are networks on the encoder, which can leave."""
    return method in names("finetune") and hasattr(plugins.module("finetune", method), "leaves")
