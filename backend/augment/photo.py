"""Photographs: crop, flip, colour jitter with hue, greyscale and blur, as SimCLR does on small images."""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ._policy import Augmentation

TITLE = "photographs"


class Params(Strict):
    scale: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Least share of the area that a crop keeps",
        json_schema_extra={"sweep": {"low": 0.08, "high": 0.8}},
    )
    flip: float = Field(0.5, ge=0, le=1, description="Probability of a mirror image")
    flip_vertical: float = Field(0.0, ge=0, le=1, description="Probability of turning the image upside down")
    rotation: float = Field(0.0, ge=0, le=180, description="Largest rotation in degrees")
    strength: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Strength of the colour jitter; SimCLR: 0.5 small, 1 large images",
        json_schema_extra={"sweep": {"low": 0.0, "high": 1.0}},
    )
    jitter: float = Field(0.8, ge=0, le=1, description="Probability of colour jitter")
    grey: float = Field(0.2, ge=0, le=1, description="Probability of losing the colour")
    blur: float = Field(0.2, ge=0, le=1, description="Probability of a Gaussian blur")
    blur_sigma: float = Field(
        0.02, ge=0, le=0.2, description="Largest sigma of the blur, as a share of the image's side"
    )
    noise: float = Field(0.0, ge=0, le=0.5, description="Largest standard deviation of the added noise")


def build(params: Params, image_size: int, channels: int) -> Augmentation:
    strength = params.strength
    return Augmentation(
        scale=params.scale,
        aspect=0.288,
        flip=params.flip,
        flip_vertical=params.flip_vertical,
        rotation=params.rotation,
        brightness=0.8 * strength,
        contrast=0.8 * strength,
        saturation=0.8 * strength,
        hue=0.2 * strength,
        jitter=params.jitter,
        grey=params.grey,
        blur=params.blur,
        blur_sigma=params.blur_sigma * image_size,
        noise=params.noise,
    )
