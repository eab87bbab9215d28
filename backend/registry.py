"""A folder is a registry: one file is one plug-in, the file's name is the plug-in's name.

A plug-in file defines `Params` (a pydantic model that rejects unknown keys) and one public
callable, whose name the folder fixes (`CALLABLE`). Files that begin with an underscore are helpers
of the folder and not plug-ins. Nothing else is registered anywhere: forms, the CLI, the docs and
the contract tests find a plug-in by listing its folder. A plug-in that works on other data than images
says so in `KINDS`, a tuple of the kinds of data set that it takes ("image", "text"). An encoder of texts that reads one
way only, and a pretext task that needs one, say so in `READS` ("causal", "bidirectional").

    python -m backend.registry        print the catalogue (JSON Schema of every Params) on stdout
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

# folder -> the callable that each of its files defines
CALLABLE = {
    "augment": "build",  # build(params, image_size, channels) -> Augmentation
    "pretext": "build",  # build(params, dim, classes) -> Pretext; text: build(params, dim, vocabulary)
    "encoders": "build",  # build(params, shape, mean, std) -> Encoder; text: build(params, vocabulary) -> TextEncoder
    "tokenizers": "train",  # train(params, texts, encoder) -> Tokenizer
    "masking": "build",  # build(params, vocabulary) -> Masking
    "collapse": "measure",  # measure(batch, params) -> float
    "finetune": "fit",  # fit(task, params) -> iterator of predictions
    "projection": "project",  # project(features, params, dimensions, seed, neighbours, progress, start) -> coordinates
    "attribution": "attribute",  # attribute(model, images, target, params) -> maps
    "fairness": "evaluate",  # evaluate(counts, params) -> values per group
    "probes": "probe",  # probe(context, params) -> Result
    "answers": "answer",  # answer(question, workspace) -> {"result": {...}, "subjects": [Artefact]}
    "stages": "run",  # run(job) -> None
}

WAYS = ("bidirectional", "causal")


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
    params: type[BaseModel]
    call: Callable[..., Any]


def names(folder: str) -> tuple[str, ...]:
    """Names of the plug-ins in `backend/<folder>`, sorted. Imports no plug-in."""
    package = importlib.import_module(f"backend.{folder}")
    found = (m.name for m in pkgutil.iter_modules(package.__path__) if not m.ispkg)
    return tuple(sorted(n for n in found if not n.startswith("_")))


def plugin(folder: str, name: str) -> Plugin:
    """Load one plug-in. Raises ValueError with one line that lists the known names."""
    if name not in names(folder):
        raise ValueError(f"{folder}.name: expected one of {', '.join(names(folder))}, found {name!r}")
    module = importlib.import_module(f"backend.{folder}.{name}")
    summary = (module.__doc__ or "").strip().split("\n")[0]
    kinds = getattr(module, "KINDS", ("image",))
    reads = getattr(module, "READS", WAYS)
    params = getattr(module, "Params", Strict)
    return Plugin(folder, name, summary, kinds, reads, params, getattr(module, CALLABLE[folder]))


def of_kind(folder: str, kind: str) -> tuple[str, ...]:
    """Names of the plug-ins of a folder that take this kind of data, sorted."""
    return tuple(name for name in names(folder) if kind in plugin(folder, name).kinds)


def catalogue() -> dict[str, dict[str, dict[str, Any]]]:
    """{folder: {name: {"summary": str, "kinds": [str], "reads": [str], "schema": JSON Schema}}} of all registries."""
    return {
        folder: {
            name: {
                "summary": p.summary,
                "kinds": list(p.kinds),
                "reads": list(p.reads),
                "schema": p.params.model_json_schema(),
            }
            for name in names(folder)
            for p in [plugin(folder, name)]
        }
        for folder in CALLABLE
    }


if __name__ == "__main__":
    json.dump(catalogue(), sys.stdout, indent=1, sort_keys=True)
