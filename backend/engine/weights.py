"""Encoders and classifiers as self-contained safetensors artefacts.

The header's "spec" (JSON) says how to build the module again:

    {"encoder": {"name", **params}, "shape": [C, H, W], "mean": [..], "std": [..], "classes": [..]}          images
    {"encoder": {"name", **params}, "config": {...}, "length": T, "tokenizer": sha256, "classes": [..]}      text
    {"encoder": {"name", **params}, "modality": NAME, "arguments": [..], "classes": [..]}                    any other

where `config` is the configuration of Transformers, complete: a model that came from a folder needs it no more, and
`arguments` is what the plug-in's `build` takes behind its parameters. The type of target stands beside them as "target"
where it is no class (backend/targets/); of a number `classes` is empty.
"""

from __future__ import annotations

import json
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from ..encoders._base import Encoder
from ..encoders._text import TextEncoder
from ..recipe import Choice
from ..registry import plugin
from ..targets import CLASS, NONE, type_of
from ..workspace.artefacts import Artefact, Artefacts
from .seeds import seed_all
from .state import fill, unshared
from .targets import blank, head_width


class Classifier(nn.Module):
    """What its encoder takes (images in [0, 1], N x C x H x W, or tokens) -> logits, N x K, or numbers, N x 1

    target: the type of target (backend/targets/), which says what the answers mean.
    """

    def __init__(self, encoder: Encoder | TextEncoder, head: nn.Module, target: str = "class"):
        super().__init__()
        self.target = target
        self.encoder = encoder
        self.head = head

    def forward(self, examples: Any) -> Tensor:
        return self.head(self.encoder(examples))


def make_spec(encoder: Choice, manifest: dict[str, Any]) -> dict[str, Any]:
    """The spec of `encoder` for the data set of `manifest` (backend/data/dataset.py)."""
    return {
        "encoder": {"name": encoder.name, **encoder.params},
        "shape": [manifest["channels"], manifest["height"], manifest["width"]],
        "mean": manifest["pixel_mean"],
        "std": manifest["pixel_std"],
        **answered(manifest["classes"], type_of(manifest)),
    }


def answered(classes: list[str], target: str) -> dict[str, Any]:
    """What every spec says of the target: the classes, and the type where it is another (`Dataset.classes`,
    `.target`)."""
    return {"classes": classes} | ({} if target in (CLASS, NONE) else {"target": target})


def text_spec(
    encoder: Choice, model: TextEncoder, tokenizer: str, classes: list[str], target: str = CLASS
) -> dict[str, Any]:
    """The spec of a text encoder built by the plug-in of `encoder`; tokenizer: SHA-256 of its artefact."""
    return {
        "encoder": {"name": encoder.name, **encoder.params},
        "config": model.config.to_dict(),
        "length": model.length,
        "tokenizer": tokenizer,
        **answered(classes, target),
    }


def build_encoder(spec: dict[str, Any], seed: int) -> Encoder | TextEncoder:
    """A freshly initialised encoder on the CPU; the same seed gives the same weights."""
    if "config" in spec:
        return _text_encoder(spec, seed)
    params = dict(spec["encoder"])
    kind = plugin("encoders", params.pop("name"))
    told = arguments_of(spec)
    with torch.random.fork_rng(devices=[]):
        seed_all(seed)
        return kind.call(kind.params(**params), *told)


def arguments_of(spec: dict[str, Any]) -> list[Any]:
    """What an encoder's `build` takes behind its parameters; not of a text's."""
    return spec["arguments"] if "arguments" in spec else [tuple(spec["shape"]), spec["mean"], spec["std"]]


def _text_encoder(spec: dict[str, Any], seed: int) -> TextEncoder:
    from transformers import AutoConfig

    config = AutoConfig.for_model(**spec["config"])
    with torch.random.fork_rng(devices=[]):
        seed_all(seed)
        return TextEncoder(config, spec["length"])


def build_classifier(spec: dict[str, Any], encoder: Encoder | TextEncoder) -> Classifier:
    """`encoder` under a linear head that starts at zero: at first every class is equally likely."""
    return Classifier(encoder, blank(encoder.dim, head_width(spec)), spec.get("target", "class"))


def save_encoder(artefacts: Artefacts, role: str, encoder: Encoder, spec: dict[str, Any]) -> Artefact:
    return _save(artefacts, role, encoder, spec)


def save_classifier(artefacts: Artefacts, role: str, classifier: Classifier, spec: dict[str, Any]) -> Artefact:
    return _save(artefacts, role, classifier, spec)


def read_spec(artefacts: Artefacts, sha256: str) -> dict[str, Any]:
    """The spec of a stored encoder or classifier; its tensors are not read."""
    return json.loads(artefacts.metadata(sha256)["spec"])


def load_encoder(artefacts: Artefacts, sha256: str) -> Encoder | TextEncoder:
    """The encoder on the CPU, in eval mode."""
    spec, tensors = _read(artefacts, sha256)
    return _filled(build_encoder(spec, seed=0), tensors)


def load_classifier(artefacts: Artefacts, sha256: str) -> Classifier:
    """The classifier on the CPU, in eval mode."""
    spec, tensors = _read(artefacts, sha256)
    return _filled(build_classifier(spec, build_encoder(spec, seed=0)), tensors)


def _save(artefacts: Artefacts, role: str, module: nn.Module, spec: dict[str, Any]) -> Artefact:
    arrays = {name: value.detach().cpu().numpy() for name, value in unshared(module).items()}
    return artefacts.put_arrays(role, arrays, {"spec": json.dumps(spec, sort_keys=True)})


def _read(artefacts: Artefacts, sha256: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    with safe_open(artefacts.path(sha256, "safetensors"), framework="pt") as file:
        return json.loads(file.metadata()["spec"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _filled(module, tensors: dict[str, Tensor]):
    return fill(module, tensors).eval()
