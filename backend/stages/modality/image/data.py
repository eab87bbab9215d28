"""Images in the stages: uint8 on the device, augmented there."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from ....augment._policy import Augmentation as Moved
from ....encoders._examples import Pixels
from ....engine.feed import Feed, ImageFeed, Policy, to_device
from ....engine.pretrain import SMALL
from ....engine.supervised import Augmentation, recalibrate
from ....engine.weights import make_spec
from ....pretext._base import Pretext, View
from ....recipe import Choice
from ....registry import plugin
from ....workspace.layout import BadInput
from .._base import DataModule

SETTLED_ON = 2000  # images that give an untrained BatchNorm its statistics
PIXELS = 1024  # numbers an image, at most, that the classical models see


class Data(DataModule):
    noun = "images"

    @cached_property
    def spec(self) -> dict[str, Any]:
        return make_spec(self.job.recipe.encoder, self.job.dataset.manifest)

    @cached_property
    def inputs(self) -> Pixels:
        return Pixels(self.job.dataset.images).to(self.job.torch_device)

    @property
    def augmentation(self) -> Augmentation:
        return lambda examples, draw: self._policy(examples.tensor, draw)

    @cached_property
    def _policy(self) -> Policy:
        choice = self.job.recipe.augment
        channels, height, _ = self.job.dataset.shape
        policy = plugin("augment", choice.name)
        return policy.call(policy.params(**choice.params), height, channels)

    def pretext(self, encoder: nn.Module) -> Pretext:
        return self.plugged_pretext(encoder.dim, len(self.job.dataset.classes))

    def feed(self, rows: np.ndarray, pretext: Pretext, seed: int) -> Feed:
        dataset, device = self.job.dataset, self.job.torch_device
        images, labels = to_device(dataset.images[rows], device), to_device(dataset.labels[rows], device)
        batch = self.job.recipe.train.batch_size
        return ImageFeed(images, labels, self._policy, batch, seed, of=self._policy_of)

    def _policy_of(self, view: View) -> Policy:
        return policy_of(view, self.job.recipe.augment, self.job.dataset.shape)

    def settle(self, encoder: nn.Module, rows: np.ndarray) -> None:
        # an untrained BatchNorm would pass the raw scale on: give the baseline the statistics it needs
        recalibrate(encoder, Pixels(self.job.dataset.images[rows[:SETTLED_ON]]).to(self.job.torch_device))

    def seen(self, steps: int) -> int:
        views, train = self.plugged_pretext(8, len(self.job.dataset.classes)).views, self.job.recipe.train
        # a small image costs what its pixels do, and training from scratch may cost what pretraining did
        whole = sum(view.size**2 for view in views) * (1 - train.small_first * (1 - SMALL**2))
        return round(steps * train.batch_size * whole)

    def classical(self) -> Tensor:
        return pixels(self.inputs.tensor)


def policy_of(view: View, own: Choice, shape: tuple[int, int, int]) -> Policy:
    """The policy of a view that asks for another than the recipe's `own`, for other crops or another size.

    shape: (channels, height, width) of the images. Raises BadInput where the policy has no crops that can be set.
    """
    channels, height, width = shape
    name, params = (view.augment, view.params) if view.augment else (own.name, own.params)
    policy = plugin("augment", name)
    made = policy.call(policy.params(**params), height, channels)
    sides = view.sides(height, width)
    if view.crop is None and view.colours and sides == (height, width):
        return made
    if not isinstance(made, Moved):
        raise BadInput(
            f"augment.name: expected a policy whose crops the pretext task can set for its view {view.name!r}, found "
            f"{name!r}"
        )
    return made.seen(view.crop, sides, view.colours)


def pixels(images: Tensor) -> Tensor:
    """uint8 N x C x H x W -> float32 N x d in [0, 1], d <= 1,024: averaged over squares where there are more."""
    values = images.float() / 255
    side = 1
    while values[0].numel() / side**2 > PIXELS:
        side += 1
    return F.avg_pool2d(values, side, ceil_mode=True).flatten(1) if side > 1 else values.flatten(1)
