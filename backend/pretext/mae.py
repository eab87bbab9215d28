"""MAE: paint the patches that were hidden from those that are seen (He et al. 2022, arXiv 2111.06377).

The defaults are for images of 28 to 96 pixels in 40 to 600 patches: a decoder of one narrow block, the authors' has
eight. It learns more slowly than tasks that compare views and needs many epochs; hidden patches are never computed, so
that an epoch is cheap. Read it fine-tuned: its frozen features are weaker than its fine-tuned network.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from ..encoders._base import Encoder
from ..masking._patches import policy
from ._base import Batch, Outcome, Pretext
from ._patches import MOVED, Decoder, Hiding, at, expect_patches, pixels
from ._watch import sample_tokens

TITLE = "MAE"
READS = ("patches",)
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
BOUND = "each place's mean"
EPSILON = 1e-6  # of the variance, as the authors'
ADVICE = (
    "Hide more: what can be guessed from the next patch teaches little.",
    "Train longer: a masked autoencoder needs many epochs before its features help.",
)


class Params(Hiding):
    normalise: bool = Field(True, description="Paint each patch's pixels over their own mean and deviation")
    width: int = Field(64, ge=8, le=1024, multiple_of=4, description="Length of the decoder's tokens")
    depth: int = Field(1, ge=1, le=12, description="Blocks of the decoder")


class MAE(Pretext):
    views = MOVED

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.params, self.dim = params, dim

    def prepare(self, encoder: Encoder) -> None:
        patches, p = expect_patches("mae", encoder), self.params
        self.masking = policy(p.masking, patches, p.share)
        painted = encoder.mean.numel() * encoder.patch**2
        self.decoder = Decoder(self.dim, p.width, p.depth, 4, painted, patches)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        images = batch.only
        hidden, seen = self.masking.choose(len(images), batch.generator)
        tokens = encoder.tokens(images, seen)
        whole = pixels(encoder.normalise(images), encoder.patch)
        whole = normalised(whole) if self.params.normalise else whole
        errors = (self.decoder(tokens, seen, hidden).float() - at(whole, hidden)).square().mean(dim=2)
        self.masking.observe(hidden, errors.detach())
        places = {"tokens": sample_tokens(tokens), "backbone": tokens.mean(dim=1)}
        return Outcome(errors.mean(), places=places, bound=whole.var(dim=0, correction=0).mean(), watched=1)


def normalised(patches: Tensor) -> Tensor:
    """The pixels of each patch, last axis, over their own mean and (unbiased) deviation."""
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    return (patches - mean) / (variance + EPSILON).sqrt()


def build(params: Params, dim: int, classes: int) -> Pretext:
    return MAE(params, dim)
