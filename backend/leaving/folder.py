"""The folder of a model that leaves: weights, code, what new files have to look like, and what was checked.

model.json             what the model is and how it is put together
encoder.safetensors    the encoder (of texts: the files of Transformers)
head.safetensors       what stands on it
load.py, score.py      a model in Python; predictions for new files
requirements.txt       what these need
model_.../             their code
model.onnx             the same network for other runtimes, where it can be written so
features.parquet       features of the whole data set, where they are asked for
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from ..engine.supervised import predict
from ..engine.weights import load_classifier, load_encoder, read_spec
from ..stages._study_design import Design
from ..stages.decide import design_of
from ..stages.modality import Leaving, asking, data_module, leaving
from ..workspace.artefacts import digest_file
from ..workspace.layout import BadInput
from . import features, model, onnx
from .choice import ENCODER, LANGUAGE_MODEL, Choice
from .decision import decision
from .files import load as loader
from .model import answered
from .onnx import apart
from .record import Record
from .refit import Readout, readout
from .source import Bundle

FILES = Path(loader.__file__).parent
HEAD = "head.safetensors"
FORMAT = "ssl-workbench/model/1"
CLOSE = 1e-5  # how far the folder's answers may lie from the workbench's
CALLED = {"PIL": "pillow"}
CHECKED = 64  # rows of the data set on which the folder is checked


def write(folder: Path, record: Record, choice: Choice, with_features: bool = False) -> dict[str, Any]:
    """Write the model into `folder`; returns what the record and the card say of it. Raises BadInput with one line."""
    stands = None if choice.what in (ENCODER, LANGUAGE_MODEL) else readout(record, choice)
    sha256 = stands.weights if stands else record.encoder(choice.seed)
    spec, room = read_spec(record.artefacts, sha256), leaving(record.dataset.kind)
    encoder = stands.encoder if stands else load_encoder(record.artefacts, sha256)
    told = {"what": choice.what, "seed": choice.seed, "modality": record.dataset.kind, "weights": sha256}
    told |= {"dim": encoder.dim, "architecture": type(encoder).__name__, "parameters": parameters(encoder)}
    told |= room.facts(encoder)
    if choice.what == LANGUAGE_MODEL:
        told |= room.language_model(folder, encoder, spec, record.artefacts, record.events)
    else:
        told |= _network(folder, record, choice, room, encoder, stands, spec)
        if with_features:
            features.write(folder / features.FILE, record, encoder, choice.seed, bool(stands and stands.tuned))
    return {**told, "files": digests(folder)}


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def digests(folder: Path) -> dict[str, str]:
    """{file: SHA-256} of all files below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest_file(path)[0] for path in files}


def _network(
    folder: Path,
    record: Record,
    choice: Choice,
    room: Leaving,
    encoder: nn.Module,
    stands: Readout | None,
    spec: dict[str, Any],
) -> dict[str, Any]:
    """Encoder and head, and all that it takes to use them."""
    folder.mkdir(parents=True, exist_ok=True)
    known, decided, head, val = room.network(folder, encoder, spec, record.artefacts), None, None, None
    number = spec.get("target") == "number"
    if stands:
        head = {"kind": stands.kind, "probabilities": not number, **stands.settings}
        save_file(stands.tensors, folder / HEAD, metadata={"format": "pt"})
        design = design_of(record.job)
        val = validation(record, design, stands.weights) if stands.val is None else stands.val
        decided = decision(record, design, val)
        if not number:
            room.headed(folder, spec["classes"])
    told = {
        "format": FORMAT,
        "run": record.run,
        "what": choice.what,
        "modality": record.dataset.kind,
        "method": choice.method,
        "fraction": choice.fraction,
        "seed": choice.seed,
        "label": record.dataset.manifest["label"],
        "target": record.dataset.manifest.get("target"),
        "classes": spec["classes"],
        "dim": encoder.dim,
        "free": list(room.free),
        "encoder": {"name": spec["encoder"]["name"], **known},
        "head": head,
        "decision": decided,
        "reading": room.told(record.dataset, spec, record.asked),
    }
    packages = _code(folder, room, spec, told)
    _write(folder, told)
    told["checks"] = checked(folder, record, room, encoder, None if val is None else (design.val, val), stands)
    _write(folder, told)
    needs = sorted(map(_pinned, {"torch", "safetensors", "numpy", *packages}))
    (folder / "requirements.txt").write_text("\n".join(needs) + "\n")
    for name in ("load.py", "score.py"):
        shutil.copyfile(FILES / name, folder / name)
    kept = {"method": choice.method, "fraction": choice.fraction, "best": choice.best, "stays": list(choice.stays)}
    kept |= {"takes": room.takes, "head": head and head["kind"]}
    kept |= {"refit": stands.facts if stands else None, "decision": decided, "onnx": told["checks"]["onnx"]}
    return {**kept, "classes": spec["classes"], "difference": told["checks"]["torch"]["difference"]}


def validation(record: Record, design: Design, sha256: str) -> np.ndarray:
    """What a stored classifier says of the validation rows."""
    rows = data_module(record.job).inputs[torch.as_tensor(design.val)]
    return predict(load_classifier(record.artefacts, sha256), rows, "cpu")


def checked(
    folder: Path,
    record: Record,
    room: Leaving,
    encoder: nn.Module,
    said: tuple[np.ndarray, np.ndarray] | None,
    stands: Readout | None,
) -> dict[str, Any]:
    """{"torch": {"difference", "rows"}, "onnx"}: the folder, loaded as a stranger would, against the workbench itself
    on rows of the data set. said: (rows, what the workbench's model says of them), None of an encoder alone.

    Raises BadInput where they are not the same.
    """
    rows = record.dataset.rows("val") if said is None else said[0]
    rows = (rows if len(rows) else np.arange(record.dataset.manifest["count"]))[:CHECKED]
    sha256 = record.encoder(0) if stands is None else stands.weights
    examples = asking(record.dataset.kind).rows(record.artefacts, record.dataset, rows.tolist(), sha256)
    inputs = tuple(one.contiguous() for one in room.inputs(examples))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loaded = loader.load(folder)
    finally:
        sys.dont_write_bytecode = before
    found, answers = answered(loaded, inputs)
    with torch.no_grad():
        difference = apart(found.numpy(), encoder.eval()(examples.input).numpy())
    if said is not None:
        difference = max(difference, apart(answers.numpy(), said[1][:CHECKED]))
    if not difference <= CLOSE:
        raise BadInput(
            f"export {record.run}: expected the exported model to answer as the workbench's does, found answers "
            f"{difference:.3g} apart"
        )
    return {"torch": {"difference": difference, "rows": len(rows)}, "onnx": onnx.written(folder, loaded, inputs)}


def _code(folder: Path, room: Leaving, spec: dict[str, Any], told: dict[str, Any]) -> set[str]:
    """Write the code, under a name that tells it from that of other models; returns the packages that it imports."""
    entries = [room.build(spec), (room.reading, "read"), (model.__name__, "assembled")]
    bundle = Bundle(entries)
    files = bundle.files()
    digest = hashlib.sha256("".join(f"{name}\n{text}\n" for name, text in files.items()).encode()).hexdigest()
    told["code"] = f"model_{digest[:12]}"
    (folder / told["code"]).mkdir()
    for name, text in files.items():
        (folder / told["code"] / name).write_text(text, encoding="utf-8")
    return bundle.packages


def _write(folder: Path, told: dict[str, Any]) -> None:
    (folder / "model.json").write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")


def _pinned(package: str) -> str:
    """A package as pip names it, no older than the one that was here."""
    package = CALLED.get(package, package)
    try:
        name, found = package, version(package)
    except PackageNotFoundError:  # called otherwise than what is imported; to look that up reads every package's list
        name = packages_distributions()[package][0]
        found = version(name)
    return f"{name}>={found.partition('+')[0]}"
