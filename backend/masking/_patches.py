"""What every masking policy for images is: which patches are hidden, and what it learns from how hard they were."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..registry import plugin

SHARE = 0.75  # of the patches, as in MAE


class PatchMasking(nn.Module):
    """patches: (rows, columns) of the grid; share: of the patches that is hidden, in every image the same number: at
    least one, and at least one is seen. State that decides what is hidden lives in buffers."""

    def __init__(self, patches: tuple[int, int], share: float):
        super().__init__()
        self.rows, self.columns = patches
        self.count = self.rows * self.columns
        self.hidden = min(max(1, round(share * self.count)), self.count - 1)

    def choose(self, images: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(hidden, seen): numbers of the patches, counted row by row, int64 N x H and N x (patches - H), ascending."""
        order = self.rank(images, generator).argsort(dim=1)
        return order[:, : self.hidden].sort(dim=1).values, order[:, self.hidden :].sort(dim=1).values

    def rank(self, images: int, generator: torch.Generator) -> Tensor:
        """float N x patches: the patches with the lowest numbers are hidden."""
        raise NotImplementedError

    def observe(self, hidden: Tensor, losses: Tensor) -> None:
        """hidden: int64 N x H, the patches that were hidden; losses: float N x H, how wrong each was guessed."""


def policy(name: str, patches: tuple[int, int], share: float) -> PatchMasking:
    """The policy of that name for a grid of patches, with its own defaults and this share."""
    kind = plugin("masking", name)
    own: dict[str, Any] = {"share": share} if "share" in kind.params.model_fields else {}
    return kind.call(kind.params(**own), patches)
