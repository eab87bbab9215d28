"""The batched operations: each against what it means on an image that shows it."""

from __future__ import annotations

import pytest
import torch

from backend.augment import _ops as ops
from backend.augment._policy import Augmentation


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int = 16, c: int = 3, h: int = 12, w: int = 12) -> torch.Tensor:
    return torch.rand(n, c, h, w, generator=generator())


def test_no_strength_changes_nothing():
    x = (images() * 255).to(torch.uint8)
    assert torch.allclose(Augmentation()(x, generator()), x / 255, atol=1e-6)


def test_a_sure_flip_mirrors_left_and_right_or_up_and_down():
    x = images()
    assert torch.allclose(Augmentation(flip=1.0)(x, generator()), x.flip(3), atol=1e-6)
    assert torch.allclose(Augmentation(flip_vertical=1.0)(x, generator()), x.flip(2), atol=1e-6)


def test_a_flip_of_a_half_flips_about_half_and_each_sample_by_itself():
    x = images(400)
    flipped = Augmentation(flip=0.5)(x, generator())
    same = torch.isclose(flipped, x, atol=1e-6).flatten(1).all(1)
    mirrored = torch.isclose(flipped, x.flip(3), atol=1e-6).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 150 < same.sum() < 250


def test_a_crop_resamples_the_box_linearly():
    # on a ramp, bilinear resampling is exact away from the border
    x = (torch.arange(16.0) / 16).expand(1, 1, 16, 16)
    start, length = torch.tensor([0.25]), torch.tensor([0.5])
    columns = ops.resampling_matrix(16, start, length, torch.tensor([False]))
    rows = torch.eye(16)[None]
    at = (0.25 + 0.5 * (torch.arange(16) + 0.5) / 16) * 16 - 0.5
    assert torch.allclose(ops.apply_axes(x, rows, columns)[0, 0, 0], at / 16, atol=1e-6)


def test_smaller_images_are_means_of_what_lies_there_and_nothing_is_left_out():
    dots = torch.zeros(16, 1, 16, 16)
    for n in range(16):
        dots[n, 0, n, 15 - n] = 1  # one bright pixel, wherever it stands, is seen
    small = Augmentation(sides=(8, 8))(dots, generator())
    assert small.shape == (16, 1, 8, 8)
    assert (small.sum(dim=(1, 2, 3)) > 0.15).all()
    flat = torch.full((2, 3, 20, 12), 0.3)
    assert torch.allclose(Augmentation(scale=0.2, sides=(10, 6))(flat, generator()), torch.tensor(0.3), atol=1e-5)


def test_crop_boxes_lie_inside_and_keep_the_asked_area():
    top, left, height, width = ops.crop_boxes(generator(), 2000, (0.3, 1.0), 0.288)
    for start, length in ((top, height), (left, width)):
        assert (start >= 0).all()
        assert (start + length <= 1 + 1e-6).all()
    assert (height * width).min() > 0.25
    assert (height * width).max() <= 1
    assert (height / width).max() > 1.2


def test_rows_and_columns_are_not_mixed_up_on_an_oblong_image():
    x = images(4, 1, 6, 10)
    out = ops.apply_axes(x, torch.eye(6).expand(4, 6, 6), torch.eye(10).flip(0).expand(4, 10, 10))
    assert torch.allclose(out, x.flip(3))


def test_blur_keeps_the_mean_of_a_flat_image_and_spreads_a_point():
    sigma = torch.tensor([0.0, 1.5])
    matrix = ops.blurring_matrix(11, sigma)
    assert torch.allclose(matrix.sum(2), torch.ones(2, 11))
    assert torch.allclose(matrix[0], torch.eye(11), atol=1e-6)
    ratio = matrix[1, 5, 6] / matrix[1, 5, 5]
    assert ratio == pytest.approx(torch.exp(torch.tensor(-0.5 / 1.5**2)).item(), rel=1e-4)


def test_a_quarter_turn_moves_right_to_top():
    x = torch.zeros(1, 1, 9, 9)
    x[0, 0, 4, 8] = 1
    turned = ops.rotate(x, torch.tensor([90.0]))[0, 0]
    assert turned[0, 4] == pytest.approx(1, abs=1e-4)
    assert torch.allclose(ops.rotate(images(2), torch.zeros(2)), images(2), atol=1e-5)


def test_rotation_keeps_shapes_on_an_oblong_image():
    """A disc stays a disc: rotation is measured in pixels and not in shares of the sides."""
    y, x = torch.meshgrid(torch.arange(31.0) - 15, torch.arange(61.0) - 30, indexing="ij")
    disc = torch.exp(-(x**2 + y**2) / 32)[None, None]
    assert torch.allclose(ops.rotate(disc, torch.tensor([45.0])), disc, atol=0.03)


def ones(n: int = 1) -> torch.Tensor:
    return torch.ones(n)


def coloured(x, brightness=1.0, contrast=1.0, saturation=1.0, hue=0.0, grey=False):
    b, c = brightness * ones(), contrast * ones()
    matrix = ops.colour_matrix(b, c, saturation * ones(), hue * ones(), torch.tensor([grey]))
    return ops.jitter(x, matrix, b, c)


def test_colour_factors_mean_what_their_names_say():
    x = 0.3 + 0.2 * images(1)
    luma = torch.tensor(ops.LUMA)
    grey = (x * luma[:, None, None]).sum(1, keepdim=True)
    assert torch.allclose(coloured(x), x, atol=1e-5)
    assert torch.allclose(coloured(x, brightness=1.3), 1.3 * x, atol=1e-5)
    assert torch.allclose(coloured(x, contrast=0.0), grey.mean().expand_as(x), atol=1e-5)
    assert torch.allclose(coloured(x, saturation=0.0), grey.expand_as(x), atol=1e-5)
    assert torch.allclose(coloured(x, grey=True, saturation=1.4, hue=0.1), coloured(x, grey=True, hue=0.1), atol=1e-5)


def test_hue_turns_colours_and_leaves_greys_and_luminance():
    flat = torch.full((1, 3, 4, 4), 0.5)
    assert torch.allclose(coloured(flat, hue=0.3), flat, atol=1e-3)
    x = 0.4 + 0.1 * images(1)
    turned = coloured(x, hue=0.5)
    luma = torch.tensor(ops.LUMA)[:, None, None]
    assert torch.allclose((turned * luma).sum(1), (x * luma).sum(1), atol=1e-3)
    assert not torch.allclose(turned, x, atol=1e-2)
    assert torch.allclose(coloured(x, hue=1.0), x, atol=1e-3)


def test_noise_has_each_samples_own_sigma():
    noisy = ops.add_noise(torch.full((2, 1, 64, 64), 0.5), torch.tensor([0.0, 0.1]), generator())
    assert noisy[0].std() == 0
    assert noisy[1].std().item() == pytest.approx(0.1, rel=0.05)


def test_the_generator_decides_and_the_global_seed_does_not():
    policy = Augmentation(
        scale=0.3, aspect=0.3, flip=0.5, rotation=10, brightness=0.4, contrast=0.4, jitter=0.8, noise=0.1
    )
    torch.manual_seed(1)
    first = policy(images(), generator(5))
    torch.manual_seed(2)
    assert torch.equal(first, policy(images(), generator(5)))
    assert not torch.equal(first, policy(images(), generator(6)))
