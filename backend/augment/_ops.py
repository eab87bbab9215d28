"""Batched image operations with one set of parameters a sample, all on the device.

Images are float N x C x H x W. Cropping, resizing, flipping and blurring are linear in the rows and in the
columns, so a sample's whole geometry is one H x H and one W x W matrix, applied by batched products; jitter
of brightness, contrast, saturation and hue and the loss of colour are affine in a pixel's colour, so they are
one C x C matrix and an offset. Only a rotation needs a gather (`rotate`).
"""

from __future__ import annotations

from functools import cache
from math import pi

import torch
from torch import Tensor
from torch.nn import functional as F

LUMA = (0.299, 0.587, 0.114)
YIQ = (LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


@cache
def _colour_bases(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """(luma 3 x 3, RGB to YIQ, YIQ to RGB) on the device, copied there once: a copy a step would wait for the GPU."""
    to_yiq = torch.tensor(YIQ, dtype=torch.float64)
    bases = torch.tensor(LUMA).expand(3, 3), to_yiq.float(), to_yiq.inverse().float()
    return tuple(basis.to(device) for basis in bases)


def uniform(generator: torch.Generator, count: int, low: float, high: float) -> Tensor:
    """`count` draws from U(low, high), float32, on the generator's device."""
    return torch.rand(count, generator=generator, device=generator.device) * (high - low) + low


def chance(generator: torch.Generator, count: int, probability: float) -> Tensor:
    """bool `count`: True with `probability`."""
    return torch.rand(count, generator=generator, device=generator.device) < probability


def crop_boxes(
    generator: torch.Generator, count: int, scale: tuple[float, float], log_aspect: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Random crops as shares of the image: (top, left, height, width), each `count` in [0, 1].

    The area is uniform in `scale`, the aspect log-uniform in +-`log_aspect`; a side never exceeds the image.
    """
    area = uniform(generator, count, *scale)
    aspect = uniform(generator, count, -log_aspect, log_aspect).exp()
    height, width = (area / aspect).sqrt().clamp_max(1), (area * aspect).sqrt().clamp_max(1)
    top = uniform(generator, count, 0, 1) * (1 - height)
    left = uniform(generator, count, 0, 1) * (1 - width)
    return top, left, height, width


def resampling_matrix(size: int, start: Tensor, length: Tensor, flip: Tensor, out: int | None = None) -> Tensor:
    """Bilinear resampling along one axis, N x out x size: row i holds the weights of output pixel i.

    Output pixels, as many as there are unless `out` says another number, lie evenly in [start, start + length] (shares
    of the axis), in reverse where `flip`; fewer pixels than that part holds are means over what lies between them.
    """
    pixels = torch.arange(size, device=start.device, dtype=torch.float32)
    position = (torch.arange(out or size, device=start.device, dtype=torch.float32) + 0.5) / (out or size)
    position = torch.where(flip[:, None], 1 - position, position)
    at = ((start[:, None] + length[:, None] * position) * size - 0.5).clamp(0, size - 1)
    away = (at[:, :, None] - pixels).abs()
    if out is None or out == size:
        return (1 - away).clamp_min_(0)
    weights = (1 - away / (length * (size / out)).clamp_min(1)[:, None, None]).clamp_min_(0)
    return weights / weights.sum(dim=2, keepdim=True)


def blurring_matrix(size: int, sigma: Tensor) -> Tensor:
    """Gaussian blur along one axis, N x size x size, rows sum to 1; sigma in pixels, N, 0 means none."""
    pixels = torch.arange(size, device=sigma.device, dtype=torch.float32)
    square = (pixels[:, None] - pixels).square()
    # far weights stop at e^-30: nothing to an image, and clear of the subnormal numbers that slow a CPU down
    weights = (square * (-0.5 / sigma.clamp_min(0.05).square())[:, None, None]).clamp_min_(-30).exp_()
    return weights / weights.sum(dim=2, keepdim=True)


def apply_axes(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """rows (N x h x H) @ image @ columns^T (N x W x w), for every channel: any dtype -> float32 N x C x h x w.

    Both products take the image from the left, since one matrix a sample then serves all its channels; the
    two transpositions between them bring the axes back in order, the first while reading the input.
    """
    n, c, h, w = images.shape
    across = torch.empty(n, c, w, h, device=images.device).copy_(images.transpose(2, 3))
    across = torch.bmm(across.view(n, c * w, h), rows.transpose(1, 2)).view(n, c, w, -1)
    across = across.transpose(2, 3).reshape(n, -1, w)
    return torch.bmm(across, columns.transpose(1, 2)).view(n, c, rows.shape[1], columns.shape[1])


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Rotate each image about its centre by `degrees` (N), bilinear; the edge pixels continue outside."""
    n, _, h, w = images.shape
    radians = degrees * (pi / 180)
    cos, sin = radians.cos(), radians.sin()
    zero = torch.zeros_like(cos)
    # grid_sample counts both axes from -1 to 1, so an oblong image needs the aspect in the off-diagonal
    turn = torch.stack([cos, -sin * (h / w), zero, sin * (w / h), cos, zero], dim=1).view(n, 2, 3)
    grid = F.affine_grid(turn, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def colour_matrix(brightness: Tensor, contrast: Tensor, saturation: Tensor, hue: Tensor, grey: Tensor) -> Tensor:
    """The linear part of a colour jitter on RGB, N x 3 x 3.

    brightness, contrast, saturation: factors (1: unchanged); hue: a turn in the YIQ plane in shares of a full
    turn; grey: bool. Every factor but brightness and contrast leaves greys as they are.
    """
    luma, to_yiq, from_yiq = _colour_bases(brightness.device)
    angle = hue * (2 * pi)
    turn = torch.zeros(len(hue), 3, 3, device=hue.device)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    hued = from_yiq @ turn @ to_yiq
    identity = torch.eye(3, device=hue.device)
    amount = torch.where(grey, 0.0, saturation)[:, None, None]
    saturated = amount * identity + (1 - amount) * luma
    return (brightness * contrast)[:, None, None] * (saturated @ hued)


def jitter(images: Tensor, matrix: Tensor, brightness: Tensor, contrast: Tensor) -> Tensor:
    """Colour each image by its `matrix` (N x C x C) and pull it to its mean luminance by `contrast`.

    The result is clipped to [0, 1] and lies channels last: a pixel's colour is one row of the product.
    """
    n, c, h, w = images.shape
    means = images.mean(dim=(2, 3))
    luminance = brightness * (means @ _colour_bases(images.device)[0][0] if c == 3 else means.mean(dim=1))
    offset = ((1 - contrast) * luminance)[:, None, None]
    pixels = images.reshape(n, c, h * w).transpose(1, 2)
    coloured = pixels * matrix if c == 1 else torch.bmm(pixels, matrix.transpose(1, 2))
    return coloured.add_(offset).clamp_(0, 1).view(n, h, w, c).permute(0, 3, 1, 2)


def add_noise(images: Tensor, sigma: Tensor, generator: torch.Generator) -> Tensor:
    """Add Gaussian noise of standard deviation `sigma` (N) and clip to [0, 1]."""
    noise = torch.randn(images.shape, generator=generator, device=images.device)
    return (images + noise * sigma[:, None, None, None]).clamp_(0, 1)
