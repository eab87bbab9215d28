"""A folder is a registry: one file is one plug-in, the file's name is the plug-in's name.

A plug-in file defines `Params` (a pydantic model that rejects unknown keys) and one public
callable, whose name the folder fixes (`CALLABLE`). Files that begin with an underscore are helpers
of the folder and not plug-ins. Nothing else is registered anywhere: forms, the CLI, the docs and
the contract tests find a plug-in by listing its folder. A plug-in that works on other data than images
says so in `KINDS`, a tuple of the modalities that it takes (backend/modality); one that sees features or labels alone
(the folders FEATURES) takes every modality without a word. One that takes some types of target alone (backend/targets/)
names them in `TARGETS`; a method of `finetune` that does not takes classes and events. An encoder of texts that reads
one way only, and a pretext task that needs one, say so in `READS` ("causal", "bidirectional"); so do an encoder that
can read some patches of an image alone, and a task that needs that ("patches"; every other reads the "whole"). What
screens say of a plug-in, the plug-in exports itself (backend/exports.py). A parameter that names a plug-in of another
folder says so by `json_schema_extra={"plugin": FOLDER}`, one that names a file or a folder of the machine by
`{"place": "folder"}` (`backend/recipe/places.py`).

More plug-ins lie in the folders of WORKBENCH_PLUGINS (backend/plugins.py).

    python -m backend.registry        print the catalogue (JSON Schema of every Params) on stdout
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from . import exports, plugins
from .modality import names as modalities

# folder -> the callable that each of its files defines
CALLABLE = {
    "augment": "build",  # build(params, image_size, channels) -> Augmentation
    "pretext": "build",  # build(params, dim, classes) -> Pretext; text: build(params, dim, vocabulary)
    "encoders": "build",  # build(params, shape, mean, std) -> Encoder; text: build(params, vocabulary) -> TextEncoder
    "tokenizers": "train",  # train(params, texts, encoder) -> Tokenizer
    "masking": "build",  # build(params, vocabulary) -> Masking; images: build(params, patches) -> PatchMasking
    "collapse": "measure",  # measure(batch, params) -> float
    "finetune": "fit",  # fit(task, params) -> iterator of predictions
    "projection": "project",  # project(features, params, dimensions, seed, neighbours, progress, start) -> coordinates
    "attribution": "attribute",  # attribute(model, images, target, params) -> maps
    "fairness": "evaluate",  # evaluate(counts, params) -> values per group
    "fairness.numbers": "evaluate",  # evaluate(sums, params) -> values per group, of models of a number
    "probes": "probe",  # probe(context, params) -> Result
    "questions": "answer",  # answer(question, workspace) -> {"result": {...}, "subjects": [Artefact]}
    "stages": "run",  # run(job) -> None
}

WAYS = ("bidirectional", "causal", "whole")
PIXELS = ("image",)
# folders whose plug-ins see features, labels and predictions alone
FEATURES = ("collapse", "fairness", "finetune", "masking", "probes", "projection", "questions", "stages")
TARGETS = {"finetune": ("class", "event")}  # folder -> the targets that its plug-ins take unless they say more


class Strict(BaseModel):
    """Base of every `Params`: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


@dataclass(frozen=True)
class Plugin:
    folder: str
    name: str
    summary: str
    kinds: tuple[str, ...]
    reads: tuple[str, ...]
    targets: tuple[str, ...] | None
    params: type[BaseModel]
    call: Callable[..., Any]
    says: dict[str, Any]


def names(folder: str) -> tuple[str, ...]:
    """Names of the plug-ins of a folder, sorted. Imports no plug-in."""
    return plugins.files(folder)


def plugin(folder: str, name: str) -> Plugin:
    """Load one plug-in. Raises ValueError with one line that lists the known names."""
    if name not in names(folder):
        raise ValueError(f"{folder}.name: expected one of {', '.join(names(folder))}, found {name!r}")
    module = plugins.module(folder, name)
    summary = (module.__doc__ or "").strip().split("\n")[0]
    kinds = getattr(module, "KINDS", modalities() if folder.partition(".")[0] in FEATURES else PIXELS)
    reads = getattr(module, "READS", WAYS)
    targets = getattr(module, "TARGETS", TARGETS.get(folder))
    params = getattr(module, "Params", Strict)
    says = {key.lower(): getattr(module, key) for key in exports.NAMES.get(folder, ()) if hasattr(module, key)}
    return Plugin(folder, name, summary, kinds, reads, targets, params, getattr(module, CALLABLE[folder]), says)


def of_kind(folder: str, kind: str) -> tuple[str, ...]:
    """Names of the plug-ins of a folder that take this kind of data, sorted."""
    return tuple(name for name in names(folder) if kind in plugin(folder, name).kinds)


def catalogue() -> dict[str, dict[str, dict[str, Any]]]:
    """{folder: {name: {"summary": str, "kinds": [str], "reads": [str], "targets": [str] (absent: all), "says": {},
    "schema": JSON Schema}}} of all."""
    return {
        folder: {
            name: {
                "summary": p.summary,
                "kinds": list(p.kinds),
                "reads": list(p.reads),
                **({} if p.targets is None else {"targets": list(p.targets)}),
                "says": p.says,
                "schema": _schema(p.params, p.kinds),
            }
            for name in names(folder)
            for p in [plugin(folder, name)]
        }
        for folder in CALLABLE
    }


def _schema(params: type[BaseModel], kinds: tuple[str, ...]) -> dict[str, Any]:
    """The JSON Schema of a plug-in's parameters; one that names a plug-in of a folder takes those of its own kinds."""
    schema = params.model_json_schema()
    for one in schema.get("properties", {}).values():
        if folder := one.pop("plugin", None):
            one["enum"] = [name for name in names(folder) if set(kinds) & set(plugin(folder, name).kinds)]
    return schema


if __name__ == "__main__":
    json.dump(catalogue(), sys.stdout, indent=1, sort_keys=True)
