"""What only one encoder has."""

from __future__ import annotations

import pytest
import torch

from backend.encoders import convnet, resnet18, vit
from backend.workspace.layout import BadInput

STATS = ([0.5] * 3, [0.25] * 3)


def count(encoder: torch.nn.Module) -> int:
    return sum(p.numel() for p in encoder.parameters())


def test_sizes_are_those_stated():
    assert 60_000 < count(convnet.build(convnet.Params(), (3, 32, 32), *STATS)) < 80_000
    # torchvision's ResNet-18 has 11,689,512; without its classifier and with the 3 x 3 stem:
    expected = 11_689_512 - (512 * 1000 + 1000) - 64 * 3 * 49 + 64 * 3 * 9
    assert count(resnet18.build(resnet18.Params(), (3, 32, 32), *STATS)) == expected


def test_resnet_keeps_the_full_size_through_its_stem():
    encoder = resnet18.build(resnet18.Params(width=8), (3, 32, 32), *STATS)
    assert encoder.stem(torch.rand(2, 3, 32, 32)).shape[2:] == (32, 32)


def test_vit_refuses_a_patch_that_does_not_fit():
    with pytest.raises(BadInput, match="divisor of the image's 30 x 30 pixels, found 4"):
        vit.build(vit.Params(), (3, 30, 30), *STATS)
    with pytest.raises(ValueError, match="heads to divide dim"):
        vit.Params(dim=20, heads=3)


def test_vit_positions_tell_all_patches_apart():
    positions = vit.sine_positions(8, 8, 64)
    assert positions.shape == (64, 64)
    assert torch.cdist(positions, positions).fill_diagonal_(1).min() > 0.1


def test_vit_on_an_oblong_image():
    encoder = vit.build(vit.Params(dim=32, depth=1), (3, 8, 16), *STATS)
    assert encoder.gradcam_grid == (2, 4)
    assert encoder(torch.rand(2, 3, 8, 16)).shape == (2, 32)


def test_vit_computes_the_kept_patches_alone():
    torch.manual_seed(0)
    encoder = vit.build(vit.Params(dim=32, depth=2), (3, 16, 16), *STATS).eval()
    images, seen = torch.rand(4, 3, 16, 16), []
    encoder.blocks[0].register_forward_hook(lambda module, given, out: seen.append(given[0].shape[1]))
    every = torch.arange(16).expand(4, 16)
    assert torch.allclose(encoder.tokens(images, every), encoder.tokens(images), atol=1e-5)
    assert torch.allclose(encoder(images), encoder.tokens(images).mean(dim=1))
    kept = encoder.tokens(images, torch.tensor([[3, 7, 11]] * 4))
    assert kept.shape == (4, 3, 32)
    assert seen[-1] == 3
    hidden = images.clone()
    hidden[:, :, :4, :4] = 0  # patch 0, which is not kept
    assert torch.equal(encoder.tokens(hidden, torch.tensor([[3, 7, 11]] * 4)), kept)


def test_an_encoder_without_patches_says_which_has_them():
    encoder = convnet.build(convnet.Params(), (3, 16, 16), *STATS)
    with pytest.raises(BadInput, match=r"expected one that reads patches \(vit\), found ConvNet"):
        encoder.tokens(torch.rand(1, 3, 16, 16))
