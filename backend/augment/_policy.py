"""What the policies share: one augmentation, described by its strengths, applied to a batch at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from . import _ops as ops


@dataclass(frozen=True)
class Augmentation:
    """uint8 (or float in [0, 1]) images N x C x H x W on a device, and a generator there -> float images in [0, 1].

    Every sample draws its own parameters. The same generator state gives the same result. The output is
    channels last. Strengths of 0 switch a step off.

    scale, most: least and largest share of the area that a crop keeps     aspect: log of the largest change of aspect
    sides: (height, width) of what comes out, None: as the images are
    flip, flip_vertical: probabilities                   rotation: largest angle, degrees
    brightness, contrast, saturation, hue: half-widths   jitter: probability of the four     grey: probability
    blur: probability, of sigma up to `blur_sigma` pixels   noise: largest standard deviation
    """

    scale: float = 1.0
    aspect: float = 0.0
    flip: float = 0.0
    flip_vertical: float = 0.0
    rotation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    jitter: float = 0.0
    grey: float = 0.0
    blur: float = 0.0
    blur_sigma: float = 0.0
    noise: float = 0.0
    most: float = 1.0
    sides: tuple[int, int] | None = None

    def seen(self, crop: tuple[float, float] | None, sides: tuple[int, int] | None, colours: bool) -> Augmentation:
        """The same policy, keeping other shares of the area (`crop`), at another size, or leaving the colours alone."""
        policy = self if colours else replace(self, jitter=0.0, grey=0.0, blur=0.0, noise=0.0)
        if crop:
            policy = replace(policy, scale=crop[0], most=crop[1])
        return replace(policy, sides=sides)

    @torch.no_grad()
    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        images = self._move(images, generator)
        images = self._colour(images, generator)
        if self.noise:
            images = ops.add_noise(images, ops.uniform(generator, len(images), 0, self.noise), generator)
        return images.contiguous(memory_format=torch.channels_last)

    def _move(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Rotate, crop, flip and blur."""
        n, _, h, w = images.shape
        unit = 1 / 255 if images.dtype == torch.uint8 else 1.0
        if self.rotation:
            images = ops.rotate(images.float(), ops.uniform(generator, n, -self.rotation, self.rotation))
        out_h, out_w = self.sides or (h, w)
        top, left, height, width = ops.crop_boxes(generator, n, (self.scale, self.most), self.aspect)
        rows = ops.resampling_matrix(h, top, height, ops.chance(generator, n, self.flip_vertical), out_h)
        columns = ops.resampling_matrix(w, left, width, ops.chance(generator, n, self.flip), out_w)
        if self.blur:
            sigma = ops.uniform(generator, n, 0, self.blur_sigma) * ops.chance(generator, n, self.blur)
            rows = ops.blurring_matrix(out_h, sigma * (out_h / h)) @ rows
            columns = ops.blurring_matrix(out_w, sigma * (out_w / w)) @ columns
        # bytes become [0, 1] in the small matrix, which saves a pass over the images
        return ops.apply_axes(images, rows * unit, columns)

    def _colour(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Jitter; images with another number of channels than three keep their hue and saturation."""
        n, c = images.shape[:2]
        on = ops.chance(generator, n, self.jitter)

        def factor(width: float) -> Tensor:
            return torch.where(on, ops.uniform(generator, n, 1 - width, 1 + width), 1.0)

        brightness, contrast = factor(self.brightness), factor(self.contrast)
        if c == 3:
            matrix = ops.colour_matrix(
                brightness,
                contrast,
                factor(self.saturation),
                factor(self.hue) - 1,
                ops.chance(generator, n, self.grey),
            )
        else:
            matrix = (brightness * contrast)[:, None, None] * torch.eye(c, device=images.device)
        return ops.jitter(images, matrix, brightness, contrast)
