"""Digits and other glyphs: crop and small rotation, contrast and blur; never mirrored, for a mirrored 2 is no digit."""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ._policy import Augmentation

TITLE = "digits"


class Params(Strict):
    scale: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Least share of the area that a crop keeps",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.9}},
    )
    rotation: float = Field(15.0, ge=0, le=45, description="Largest rotation in degrees")
    contrast: float = Field(
        0.4,
        ge=0,
        le=1,
        description="Half-width of the brightness and contrast factors",
        json_schema_extra={"sweep": {"low": 0.0, "high": 0.8}},
    )
    blur: float = Field(0.3, ge=0, le=1, description="Probability of a Gaussian blur")
    blur_sigma: float = Field(
        0.04, ge=0, le=0.2, description="Largest sigma of the blur, as a share of the image's side"
    )
    noise: float = Field(0.0, ge=0, le=0.5, description="Largest standard deviation of the added noise")


def build(params: Params, image_size: int, channels: int) -> Augmentation:
    return Augmentation(
        scale=params.scale,
        aspect=0.288,
        rotation=params.rotation,
        brightness=params.contrast,
        contrast=params.contrast,
        jitter=0.8,
        blur=params.blur,
        blur_sigma=params.blur_sigma * image_size,
        noise=params.noise,
    )
