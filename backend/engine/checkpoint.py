"""Resumable training state in one safetensors file: no pickle, whole or absent, bit for bit.

Tensors: `module/NAME/...` (weights and buffers), `optimizer/INDEX/FIELD`, `extra/NAME`, `rng/cpu` and
`rng/cuda`. The header's "state" (JSON) carries the step and whatever the caller keeps beside it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from ..workspace.layout import write_atomic
from .state import fill, unshared


def save_checkpoint(
    path: Path,
    step: int,
    modules: dict[str, nn.Module],
    optimizer: Optimizer,
    extra: dict[str, Tensor] | None = None,
    state: dict[str, Any] | None = None,
) -> None:
    """Write everything that step `step` needs to go on as if nothing had happened."""
    tensors = {f"module/{m}/{k}": v for m, module in modules.items() for k, v in unshared(module).items()}
    for index, fields in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{k}": v for k, v in fields.items()}
    tensors |= {f"extra/{k}": v for k, v in (extra or {}).items()}
    tensors["rng/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["rng/cuda"] = torch.cuda.get_rng_state()
    header = {"state": json.dumps({"step": step, **(state or {})})}
    write_atomic(path, save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, header))


def load_checkpoint(
    path: Path, modules: dict[str, nn.Module], optimizer: Optimizer
) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
    """Fill modules, optimiser and RNG from `path`; returns (state with "step", extra), or None without a file."""
    if not path.exists():
        return None
    with safe_open(path, framework="pt") as file:
        state = json.loads(file.metadata()["state"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for name, module in modules.items():
        fill(module, _below(tensors, f"module/{name}/"))
    fields: dict[int, dict[str, Tensor]] = {}
    for name, value in _below(tensors, "optimizer/").items():
        index, field = name.split("/")
        fields.setdefault(int(index), {})[field] = value
    optimizer.load_state_dict({"state": fields, "param_groups": optimizer.state_dict()["param_groups"]})
    _lay_out(optimizer)
    torch.set_rng_state(tensors["rng/cpu"])
    if "rng/cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["rng/cuda"])
    return state, _below(tensors, "extra/")


def _lay_out(optimizer: Optimizer) -> None:
    """Give the state of each parameter its parameter's order in memory, which the file does not keep.

    A fused step walks both from their first number to the last, so a moment in rows beside a kernel in channels_last
    would go to the wrong weights, without an error.
    """
    for parameter, fields in optimizer.state.items():
        for name, value in fields.items():
            if value.shape == parameter.shape and value.stride() != parameter.stride():
                fields[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
