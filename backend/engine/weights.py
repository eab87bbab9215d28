"""Encoders and classifiers as self-contained safetensors artefacts.

The header's "spec" (JSON) says how to build the module again:

    {"encoder": {"name", **params}, "shape": [C, H, W], "mean": [..], "std": [..], "classes": [..]}
"""

from __future__ import annotations

import json
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from ..encoders._base import Encoder
from ..recipe import Choice
from ..registry import plugin
from ..workspace.artefacts import Artefact, Artefacts


class Classifier(nn.Module):
    """images in [0, 1], N x C x H x W -> logits, N x K"""

    def __init__(self, encoder: Encoder, head: nn.Module):
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.encoder(images))


def make_spec(encoder: Choice, manifest: dict[str, Any]) -> dict[str, Any]:
    """The spec of `encoder` for the data set of `manifest` (backend/data/dataset.py)."""
    return {
        "encoder": {"name": encoder.name, **encoder.params},
        "shape": [manifest["channels"], manifest["height"], manifest["width"]],
        "mean": manifest["pixel_mean"],
        "std": manifest["pixel_std"],
        "classes": manifest["classes"],
    }


def build_encoder(spec: dict[str, Any], seed: int) -> Encoder:
    """A freshly initialised encoder on the CPU; the same seed gives the same weights."""
    params = dict(spec["encoder"])
    kind = plugin("encoders", params.pop("name"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return kind.call(kind.params(**params), tuple(spec["shape"]), spec["mean"], spec["std"])


def build_classifier(spec: dict[str, Any], encoder: Encoder) -> Classifier:
    """`encoder` under a linear head that starts at zero: at first every class is equally likely."""
    head = nn.Linear(encoder.dim, len(spec["classes"]))
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return Classifier(encoder, head)


def save_encoder(artefacts: Artefacts, role: str, encoder: Encoder, spec: dict[str, Any]) -> Artefact:
    return _save(artefacts, role, encoder, spec)


def save_classifier(artefacts: Artefacts, role: str, classifier: Classifier, spec: dict[str, Any]) -> Artefact:
    return _save(artefacts, role, classifier, spec)


def load_encoder(artefacts: Artefacts, sha256: str) -> Encoder:
    """The encoder on the CPU, in eval mode."""
    spec, tensors = _read(artefacts, sha256)
    return _filled(build_encoder(spec, seed=0), tensors)


def load_classifier(artefacts: Artefacts, sha256: str) -> Classifier:
    """The classifier on the CPU, in eval mode."""
    spec, tensors = _read(artefacts, sha256)
    return _filled(build_classifier(spec, build_encoder(spec, seed=0)), tensors)


def _save(artefacts: Artefacts, role: str, module: nn.Module, spec: dict[str, Any]) -> Artefact:
    arrays = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    return artefacts.put_arrays(role, arrays, {"spec": json.dumps(spec, sort_keys=True)})


def _read(artefacts: Artefacts, sha256: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    with safe_open(artefacts.path(sha256, "safetensors"), framework="pt") as file:
        return json.loads(file.metadata()["spec"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _filled(module, tensors: dict[str, Tensor]):
    module.load_state_dict(tensors)
    return module.eval()
