"""Masked images: the losses against the papers' formulas patch by patch, and what an encoder never gets to see."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from backend.engine.weights import build_encoder
from backend.pretext import ijepa, mae, simmim
from backend.pretext._base import Batch
from backend.recipe import resolve
from backend.registry import catalogue
from backend.workspace.layout import BadInput

SPEC = {
    "encoder": {"name": "vit", "patch": 2, "dim": 16, "depth": 1, "heads": 2},
    "shape": [3, 12, 16], "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.2], "classes": [],
}  # fmt: skip
PATCHES = 6 * 8


def settled(module, **params):
    encoder = build_encoder(SPEC, 0)
    torch.manual_seed(0)
    task = module.build(module.Params(**params), encoder.dim, 0)
    task.prepare(encoder)
    return task, encoder


def draw():
    return torch.Generator().manual_seed(4)


def batch(images, step=0):
    return Batch({"only": images}, generator=draw(), step=step, steps=10)


def images():
    return torch.rand(5, 3, 12, 16, generator=torch.Generator().manual_seed(1))


def patch_of(pictures, number):
    """The pixels of a patch of each picture, N x C x 2 x 2, counted row by row."""
    row, column = divmod(int(number), 8)
    return pictures[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_mae_computes_no_hidden_patch(share):
    task, encoder = settled(mae, share=share)
    counts = []
    encoder.blocks[0].register_forward_hook(lambda module, given, found: counts.append(given[0].shape[1]))
    task(encoder, batch(images()))
    assert counts == [PATCHES - round(share * PATCHES)]


@torch.no_grad()
def test_mae_paints_hidden_patches_over_their_own_mean_and_deviation():
    """Section 3 of arXiv 2111.06377: the mean square over the hidden patches alone, of normalised pixels."""
    task, encoder = settled(mae)
    pictures = images()
    hidden, seen = task.masking.choose(5, draw())
    painted = task.decoder(encoder.tokens(pictures, seen), seen, hidden)
    total = 0.0
    for i in range(5):
        for j, number in enumerate(hidden[i]):
            truth = patch_of(encoder.normalise(pictures), number)[i].flatten()
            truth = (truth - truth.mean()) / (truth.var() + 1e-6).sqrt()
            total += float((painted[i, j] - truth).square().mean())
    assert task(encoder, batch(pictures)).loss.item() == pytest.approx(total / hidden.numel(), rel=1e-4)


@torch.no_grad()
def test_simmim_paints_hidden_patches_and_the_encoder_does_not_see_them():
    """Section 3 of arXiv 2111.09886: l1 over the hidden pixels, from tokens of an image with blanks in their place."""
    task, encoder = settled(simmim)
    pictures = images()
    hidden, _ = task.masking.choose(5, draw())
    blanked, other = pictures.clone(), pictures.clone()
    for i in range(5):
        for number in hidden[i]:
            patch_of(blanked, number)[i].copy_(task.blank.view(3, 2, 2))
            patch_of(other, number)[i].copy_(torch.rand(3, 2, 2))
    painted = task.paint(encoder.tokens(blanked))
    total = 0.0
    for i in range(5):
        for number in hidden[i]:
            truth = patch_of(encoder.normalise(pictures), number)[i].flatten()
            total += float((painted[i, number] - truth).abs().mean())
    outcome, unlike = task(encoder, batch(pictures)), task(encoder, batch(other))
    assert outcome.loss.item() == pytest.approx(total / hidden.numel(), rel=1e-4)
    assert torch.allclose(unlike.places["backbone"], outcome.places["backbone"], atol=1e-6)
    assert not torch.equal(unlike.loss, outcome.loss)


@pytest.mark.parametrize("step", range(3))
def test_ijepa_sees_nothing_of_what_it_predicts(step):
    task, _ = settled(ijepa)
    blocks, seen = task.choose(200, step, draw())
    high, wide = task.sides(step)
    assert blocks.shape == (200, 4, high * wide)
    assert high * wide == pytest.approx(0.175 * PATCHES, rel=0.3)
    rows, columns = blocks // 8, blocks % 8
    assert (rows.amax(2) - rows.amin(2) == high - 1).all()
    assert (columns.amax(2) - columns.amin(2) == wide - 1).all()
    assert not (blocks.flatten(1)[:, :, None] == seen[:, None, :]).any()
    assert seen.shape[1] == PATCHES - 4 * high * wide
    assert torch.bincount(blocks.flatten(), minlength=PATCHES).min() > 0


@torch.no_grad()
def test_ijepa_predicts_the_teachers_tokens_block_by_block():
    """Section 3 of arXiv 2301.08243, the loss of the authors' code: smooth l1 to the teacher's normalised tokens."""
    task, encoder = settled(ijepa)
    for p in task.teacher.parameters():
        p.add_(0.1 * torch.randn_like(p))
    pictures = images()
    blocks, seen = task.choose(5, 2, draw())
    known, tokens = task.teacher.copies[0].tokens(pictures), encoder.tokens(pictures, seen)
    losses = []
    for m in range(4):
        guessed = task.predictor(tokens, seen, blocks[:, m])
        for i in range(5):
            for j, number in enumerate(blocks[i, m]):
                variance, mean = torch.var_mean(known[i, number], correction=0)
                truth = (known[i, number] - mean) / (variance + 1e-5).sqrt()
                away = (guessed[i, j] - truth).abs()
                losses.append(float(torch.where(away < 1, 0.5 * away.square(), away - 0.5).mean()))
    assert task(encoder, batch(pictures, 2)).loss.item() == pytest.approx(sum(losses) / len(losses), rel=1e-4)


def test_ijepa_refuses_a_grid_that_its_blocks_may_cover():
    with pytest.raises(BadInput, match=r"leave patches to be seen, found 8 blocks of 0\.175 of 6 x 8"):
        settled(ijepa, blocks=8)


@pytest.mark.parametrize("task", ["mae", "simmim", "ijepa"])
def test_a_recipe_with_an_encoder_without_patches_is_refused(task):
    raw = {"data": {"name": "n"}, "pretext": {"name": task}}
    with pytest.raises(
        BadInput, match=rf"encoder\.name: expected one that pretext {task} fits \(vit\), found 'convnet'"
    ):
        resolve(raw, catalogue())
    assert resolve({**raw, "encoder": {"name": "vit"}}, catalogue()).encoder.name == "vit"


def test_a_masking_of_texts_is_no_masking_of_images():
    found = catalogue()["pretext"]
    of_images = ["block_patches", "hard_patches", "random_patches"]
    assert found["mae"]["schema"]["properties"]["masking"]["enum"] == of_images
    assert found["mlm"]["schema"]["properties"]["masking"]["enum"] == ["adaptive", "random", "span"]
    with pytest.raises(ValueError, match=f"expected one of {', '.join(of_images)}, found 'span'"):
        mae.Params(masking="span")


def test_a_vit_reads_images_of_another_size_with_its_positions_spread_over_them():
    encoder = build_encoder(SPEC, 0)
    assert encoder(torch.rand(2, 3, 6, 8)).shape == (2, 16)
    small = encoder._positions(torch.rand(1, 3, 6, 8))
    assert small.shape == (12, 16)
    means = encoder.positions.view(6, 8, 16)[:2, :2].mean(dim=(0, 1))
    assert F.cosine_similarity(small[0], means, dim=0) > 0.95
    with pytest.raises(ValueError, match=r"expected sides that 2 divides, found \(7, 8\)"):
        encoder(torch.rand(1, 3, 7, 8))
