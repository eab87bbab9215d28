"""What the stage and the warm worker share: run methods and controls on examples, one number set each."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..registry import plugin
from ._base import Maps
from ._controls import input_copy, random_map

CERTIFIED_ERROR = 0.01  # relative completeness error above which a map is "not certified"


def as_input(images: np.ndarray, device: torch.device) -> Tensor:
    """uint8 N x C x H x W -> float32 in [0, 1] on the device"""
    return torch.tensor(images, device=device).float() / 255


def run_method(name: str, model: nn.Module, images: Tensor, target: Tensor, params: dict | None = None) -> Maps:
    """One method of the registry with its defaults, or with `params` over them."""
    method = plugin("attribution", name)
    return method.call(model, images, target, method.params(**(params or {})))


def control_maps(images: Tensor, rows: list[int], seed: int) -> dict[str, np.ndarray]:
    """{"random_map", "input_copy"}: float32 N x H x W each"""
    return {"random_map": random_map(images, rows, seed).numpy(), "input_copy": input_copy(images).numpy()}


def remade_controls(images: Tensor, rows: list[int], seeds: list[int]) -> dict[str, list[np.ndarray]]:
    """What the controls become when the model is re-initialised: other noise, and the same picture."""
    return {
        "random_map": [random_map(images, rows, s).numpy() for s in seeds],
        "input_copy": [input_copy(images).numpy() for _ in seeds],
    }


def recorded(found: Any) -> dict[str, Any]:
    """What is said of a method's scores (Maps or the like) wherever they are recorded or answered."""
    steps = None if found.steps is None else found.steps.tolist()
    return {"layer": found.layer, "completeness": completeness(found), "steps": steps}


def completeness(maps: Maps) -> dict | None:
    """{"errors", "certified", "worst", "tolerance"} of a method with completeness, else None."""
    if maps.errors is None:
        return None
    errors = maps.errors.double().numpy()
    return {
        "errors": errors.tolist(),
        "certified": float((errors <= CERTIFIED_ERROR).mean()),
        "worst": float(errors.max()),
        "tolerance": CERTIFIED_ERROR,
    }
