"""The feed: data on the device, which rows a step sees, as which views, and in what precision.

The rows of step t are a pure function of (seed, t): an epoch is a seeded permutation cut into whole
batches, the rest left out. A resumed run therefore needs nothing but its step number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ..pretext._base import Batch, View
from .seeds import generator

Policy = Callable[[Tensor, torch.Generator], Tensor]  # of backend/augment: uint8 N x C x H x W -> float in [0, 1]


class Sampler:
    """Whole batches of row numbers in [0, count); `batch` is cut to `count`."""

    def __init__(self, count: int, batch: int, seed: int, device: torch.device | str):
        self.count, self.batch, self.seed, self.device = count, min(batch, count), seed, device
        self.per_epoch = count // self.batch
        self._epoch, self._order = -1, torch.empty(0)

    def rows(self, step: int) -> Tensor:
        """Row numbers of step `step`, int64, `batch` of them, on the device."""
        epoch, at = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            draw = generator(self.device, "order", self.seed, epoch)
            self._order = torch.randperm(self.count, generator=draw, device=self.device)
            self._epoch = epoch
        return self._order[at * self.batch : (at + 1) * self.batch]


class Feed(Protocol):
    """What a step sees, as a function of the step alone; the loop adds which step of how many it is.
    per_epoch: steps of an epoch; size: what a step consumes, counted in `unit` ("images" or "tokens").
    """

    per_epoch: int
    size: int
    unit: str

    def at(self, step: int, views: Sequence[View]) -> Batch: ...


@dataclass
class ImageFeed:
    """Augmented views of images. images: uint8 N x C x H x W and labels: int64 N, both on one device.

    augmentation: the recipe's own policy; of: makes the policy of a view that asks for another.
    """

    images: Tensor
    labels: Tensor
    augmentation: Policy
    batch_size: int
    seed: int
    unit: str = "images"
    of: Callable[[View], Policy] | None = None

    def __post_init__(self):
        self._policies: dict[tuple, Policy] = {}
        self.sampler = Sampler(len(self.images), self.batch_size, self.seed, self.images.device)
        self.per_epoch, self.size = self.sampler.per_epoch, self.sampler.batch

    def at(self, step: int, views: Sequence[View]) -> Batch:
        rows, device = self.sampler.rows(step), self.images.device
        images, made = self.images[rows], {}
        for number, alike in enumerate(_alike(views)):
            draw = generator(device, "augment", self.seed, step, *([number] if number else []))
            augmented = self._policy(alike[0])(images.repeat(len(alike), *[1] * (images.dim() - 1)), draw)
            made |= dict(zip((view.name for view in alike), augmented.chunk(len(alike)), strict=True))
        ordered = {view.name: made[view.name] for view in views}
        return Batch(ordered, self.labels[rows], generator(device, "task", self.seed, step))

    def _policy(self, view: View) -> Policy:
        if view.made_as == View("plain").made_as:
            return self.augmentation
        if self.of is None:
            raise ValueError(f"view {view.name!r}: expected a feed that can make it, found one of a single policy")
        if view.made_as not in self._policies:
            self._policies[view.made_as] = self.of(view)
        return self._policies[view.made_as]


def _alike(views: Sequence[View]) -> list[list[View]]:
    """The views, those that are made in the same way together, in the order of their first."""
    groups: dict[tuple, list[View]] = {}
    for view in views:
        groups.setdefault(view.made_as, []).append(view)
    return list(groups.values())


def to_device(values: np.ndarray | Tensor, device: torch.device | str) -> Tensor:
    """A whole array on the device, in one copy."""
    return torch.as_tensor(values).to(device)


def mixed_precision(device: torch.device | str, encoder: nn.Module, wanted: str = "auto") -> torch.autocast:
    """bf16 autocast where `precision` says so."""
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=precision(device, encoder, wanted) == "bf16")


def precision(device: torch.device | str, encoder: nn.Module, wanted: str = "auto") -> str:
    """ "fp32" or "bf16": in what an encoder trains where a recipe wants that ("auto", "fp32", "bf16").

    auto: bf16 on CUDA, and on a CPU that multiplies bf16 itself (AVX512-BF16, AMX) for an encoder of convolutions,
    which trains there in half the time; small matrices of texts and tables would gain little or lose.
    """
    if wanted != "auto":
        return wanted
    kind = torch.device(device).type
    pays = kind == "cuda" or (kind == "cpu" and multiplies_bf16() and getattr(encoder, "convolutional", False))
    return "bf16" if pays else "fp32"


@cache
def multiplies_bf16() -> bool:
    """Whether this machine's CPU has instructions for products of bf16; elsewhere they would be emulated."""
    asked = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
    return any(supported() for supported in asked if supported is not None)
