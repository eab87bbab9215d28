"""I-JEPA: predict a slow teacher's tokens of hidden blocks from what is left (Assran et al. 2023, arXiv 2301.08243).

The defaults are for images of 28 to 96 pixels in at least 6 x 6 patches. Small sets and short trainings are not where
the authors show it: it wants many epochs, and images with more in them than one thing in the middle.
"""

from __future__ import annotations

from math import sqrt

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import Batch, Outcome, Pretext
from ._patches import MOVED, Decoder, at, expect_patches
from ._teacher import Teacher, rising

TITLE = "I-JEPA"
READS = ("patches",)
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
ASPECTS = (0.75, 1.0, 1.5)  # of the blocks, in turn: the authors draw one for a batch from 0.75 to 1.5
ADVICE = (
    "Raise the momentum: a teacher that follows at once agrees with anything.",
    "Take more or larger blocks: targets that lie beside what is seen can be copied.",
    "Train longer: prediction of tokens needs many epochs before its features help.",
)


class Params(Strict):
    blocks: int = Field(4, ge=1, le=16, description="Blocks that are predicted, each by itself")
    area: float = Field(
        0.175,
        gt=0,
        le=0.5,
        description="Share of the image that a block covers",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.2}},
    )
    momentum: float = Field(0.99, ge=0, lt=1, description="Of the teacher at the start; it rises to 1 by the end")
    width: int = Field(64, ge=8, le=1024, multiple_of=4, description="Length of the predictor's tokens")
    depth: int = Field(2, ge=1, le=12, description="Blocks of the predictor")


class IJEPA(Pretext):
    views = MOVED

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.params, self.dim = params, dim

    def prepare(self, encoder: Encoder) -> None:
        p = self.params
        self.rows, self.columns = expect_patches("ijepa", encoder)
        self.least = min(self._left(step) for step in range(len(ASPECTS)))
        if self.least < 1:
            raise BadInput(
                f"pretext ijepa: expected blocks that leave patches to be seen, found {p.blocks} blocks of "
                f"{p.area:g} of {self.rows} x {self.columns} patches; try smaller patches or a smaller area"
            )
        self.teacher = Teacher(encoder)
        self.predictor = Decoder(self.dim, p.width, p.depth, 4, self.dim, (self.rows, self.columns))

    def sides(self, step: int) -> tuple[int, int]:
        """(rows, columns) of the blocks of a step."""
        aspect, area = ASPECTS[step % len(ASPECTS)], self.params.area * self.rows * self.columns
        sides = sqrt(area * aspect), sqrt(area / aspect)
        return tuple(
            min(max(1, round(side)), most) for side, most in zip(sides, (self.rows, self.columns), strict=True)
        )

    def _left(self, step: int) -> int:
        """Patches that are in no block, wherever the blocks lie."""
        high, wide = self.sides(step)
        return self.rows * self.columns - self.params.blocks * high * wide

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        images, count = batch.only, self.params.blocks
        targets, seen = self.choose(len(images), batch.step, batch.generator)
        tokens = encoder.tokens(images, seen)
        known = self._target(encoder, images)
        asked = targets.flatten(0, 1)
        guessed = self.predictor(
            tokens.repeat_interleave(count, dim=0), seen.repeat_interleave(count, dim=0), asked
        ).float()
        truth = at(known.repeat_interleave(count, dim=0), asked)
        return Outcome(
            loss=F.smooth_l1_loss(guessed, truth),
            places={"backbone": tokens.mean(dim=1), "teacher": known.mean(dim=1)},
        )

    def _target(self, encoder: Encoder, images: Tensor) -> Tensor:
        """The teacher's tokens, each over its own mean and deviation, as the authors' code does."""
        with torch.no_grad():
            tokens = self.teacher.copies[0].tokens(images).float()
        return F.layer_norm(tokens, tokens.shape[-1:])

    def choose(self, images: int, step: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(blocks, seen): numbers of patches, int64 N x blocks x M, and N x K of those that lie in no block.

        K is as many as lie in none wherever the blocks are, the same for all images (the authors cut every image to the
        fewest of its batch, which needs a look at the batch); which of them is drawn.
        """
        (high, wide), device = self.sides(step), generator.device

        def starts(most: int) -> Tensor:
            return torch.randint(most, (images, self.params.blocks, 1, 1), generator=generator, device=device)

        down = starts(self.rows - high + 1) + torch.arange(high, device=device)[:, None]
        across = starts(self.columns - wide + 1) + torch.arange(wide, device=device)
        blocks = (down * self.columns + across).flatten(2)
        taken = torch.zeros(images, self.rows * self.columns, device=device).scatter_(1, blocks.flatten(1), 2.0)
        draw = torch.rand(taken.shape, generator=generator, device=device)
        return blocks, (taken + draw).argsort(dim=1)[:, : self._left(step)].sort(dim=1).values

    def after_step(self, encoder: Encoder, step: int, steps: int) -> None:
        self.teacher.follow((encoder,), rising(self.params.momentum, step, steps))


def build(params: Params, dim: int, classes: int) -> Pretext:
    return IJEPA(params, dim)
