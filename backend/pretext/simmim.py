"""SimMIM: a linear layer paints hidden patches, which the encoder sees as blanks (Xie et al. 2022, arXiv 2111.09886).

The defaults are for images of 28 to 96 pixels in 40 to 600 patches. The encoder computes every patch, hidden or not, so
that a step costs several times that of MAE.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import nn

from ..encoders._base import Encoder
from ..masking._patches import policy
from ._base import Batch, Outcome, Pretext
from ._patches import MOVED, Hiding, at, expect_patches, pixels
from ._watch import sample_tokens

TITLE = "SimMIM"
READS = ("patches",)
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
BOUND = "each place's median"
ADVICE = (
    "Hide more, or in blocks: what can be guessed from the next patch teaches little.",
    "Train longer: masked images need many epochs before their features help.",
)


class Params(Hiding):
    share: float = Field(
        0.6,
        gt=0,
        lt=1,
        description="Share of the patches that are hidden",
        json_schema_extra={"sweep": {"low": 0.5, "high": 0.85}},
    )


class SimMIM(Pretext):
    """blank: the pixels that stand for a hidden patch, learnt; since an embedding of patches is linear, that is the
    authors' learnt token."""

    views = MOVED

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.params, self.dim = params, dim

    def prepare(self, encoder: Encoder) -> None:
        patches = expect_patches("simmim", encoder)
        self.masking = policy(self.params.masking, patches, self.params.share)
        painted = encoder.mean.numel() * encoder.patch**2
        self.blank = nn.Parameter(encoder.mean.flatten().repeat_interleave(encoder.patch**2)[None].clone())
        self.paint = nn.Linear(self.dim, painted)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        images = batch.only
        hidden, _ = self.masking.choose(len(images), batch.generator)
        whole = pixels(encoder.normalise(images), encoder.patch)
        tokens = encoder.tokens(self._blanked(images, hidden, encoder.patch))
        errors = (self.paint(at(tokens, hidden)).float() - at(whole, hidden)).abs().mean(dim=2)
        self.masking.observe(hidden, errors.detach())
        places = {"tokens": sample_tokens(tokens), "backbone": tokens.mean(dim=1)}
        bound = (whole - whole.median(dim=0).values).abs().mean()
        return Outcome(errors.mean(), places=places, bound=bound, watched=1)

    def _blanked(self, images: torch.Tensor, hidden: torch.Tensor, patch: int) -> torch.Tensor:
        seen = pixels(images, patch)
        covered = torch.zeros(seen.shape[:2], dtype=torch.bool, device=seen.device).scatter_(1, hidden, True)
        shown = torch.where(covered[:, :, None], self.blank, seen)
        return nn.functional.fold(shown.transpose(1, 2), images.shape[2:], patch, stride=patch)


def build(params: Params, dim: int, classes: int) -> Pretext:
    return SimMIM(params, dim)
