"""X-rays: mild crop, small rotation, brightness, contrast, blur and detector noise; no colour, no upside down."""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ._policy import Augmentation

TITLE = "X-rays"


class Params(Strict):
    scale: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Least share of the area that a crop keeps",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.9}},
    )
    flip: float = Field(0.5, ge=0, le=1, description="Probability of a mirror image; 0 where the side matters")
    rotation: float = Field(10.0, ge=0, le=45, description="Largest rotation in degrees")
    brightness: float = Field(0.3, ge=0, le=1, description="Half-width of the brightness factor")
    contrast: float = Field(
        0.4,
        ge=0,
        le=1,
        description="Half-width of the contrast factor",
        json_schema_extra={"sweep": {"low": 0.0, "high": 0.8}},
    )
    blur: float = Field(0.2, ge=0, le=1, description="Probability of a Gaussian blur")
    blur_sigma: float = Field(
        0.02, ge=0, le=0.2, description="Largest sigma of the blur, as a share of the image's side"
    )
    noise: float = Field(0.03, ge=0, le=0.5, description="Largest standard deviation of the added noise")


def build(params: Params, image_size: int, channels: int) -> Augmentation:
    return Augmentation(
        scale=params.scale,
        aspect=0.15,
        flip=params.flip,
        rotation=params.rotation,
        brightness=params.brightness,
        contrast=params.contrast,
        jitter=0.8,
        blur=params.blur,
        blur_sigma=params.blur_sigma * image_size,
        noise=params.noise,
    )
