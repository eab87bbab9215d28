"""What every pretext task is: a batch of named views in, a loss and the embeddings to watch out.

The loop (backend/engine/pretrain.py) calls `prepare` once before the first step, also of a resumed run, whose stored
weights are filled in afterwards; then, in each step, `forward` and, behind the optimiser's step, `after_step`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from ..encoders._base import Encoder
from ..encoders._text import TextEncoder, Tokens


@dataclass(frozen=True)
class View:
    """How one view of an example is made.

    name: what the task calls it; augment: a policy of backend/augment with its `params`, None: the recipe's own; crop:
    least and largest share of the area that it keeps, None: the policy's own; colours: False leaves them as they are;
    size: its sides, as a share of the image's (multi-crop), in pixels a multiple of `multiple` (an encoder's patch).
    """

    name: str
    augment: str | None = None
    params: dict[str, float | int | str | bool] = field(default_factory=dict)
    crop: tuple[float, float] | None = None
    colours: bool = True
    size: float = 1.0
    multiple: int = 1

    @property
    def made_as(self) -> tuple:
        """Equal for views that are made in the same way, and can be made in one go."""
        return self.augment, tuple(sorted(self.params.items())), self.crop, self.colours, self.size, self.multiple

    def smaller(self, share: float, multiple: int = 1) -> View:
        """The same view at this share of its size, its sides multiples of that many pixels."""
        return replace(self, size=self.size * share, multiple=max(self.multiple, multiple))

    def sides(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) in pixels of the view of an image of that size; never larger than the image."""
        if self.size == 1:
            return height, width
        sides = (max(1, round(side * self.size / self.multiple)) * self.multiple for side in (height, width))
        return tuple(map(min, sides, (height, width)))


ONE = (View("only"),)
TWO = (View("first"), View("second"))


@dataclass
class Batch:
    """What a step sees.

    views: by name, in the order of the task's `views`: B x C x H x W in [0, 1] of images, tokens of texts; labels:
    int64 B, -1 where missing; generator: on the device, for what the task itself draws (masks); step: from 0;
    steps: of the whole training.
    """

    views: dict[str, Tensor] | dict[str, Tokens]
    labels: Tensor | None = None
    generator: torch.Generator | None = None
    step: int = 0
    steps: int = 1

    @property
    def every(self) -> list[Tensor] | list[Tokens]:
        """All views in their order."""
        return list(self.views.values())

    @property
    def only(self) -> Tensor | Tokens:
        """The view of a task that asks for one."""
        (view,) = self.views.values()
        return view

    @property
    def progress(self) -> float:
        """The share of the training that is done before this step, in [0, 1): what schedules follow."""
        return self.step / max(1, self.steps)


@dataclass
class Outcome:
    """loss: scalar; parts: its named terms; places: what the collapse monitor watches, view-major (V*B) x d;
    bound: the loss of a useless representation (ln(2B-1) for NT-Xent), None where there is none; a tensor is read from
    the device at readings alone;
    watched: the V of the places, None: all views of the task."""

    loss: Tensor
    parts: dict[str, Tensor] = field(default_factory=dict)
    places: dict[str, Tensor] = field(default_factory=dict)
    bound: float | Tensor | None = None
    watched: int | None = None


class Pretext(nn.Module):
    """views: what an example is seen as in a step; sphere: the loss compares directions, not lengths or offsets;
    supervised: the loss reads labels, so that few directions are no alarm;
    packed: of text, whether texts are joined and cut into blocks of full length instead of one text a row;
    language: "causal" or "masked" where the encoder's own head is trained to guess tokens, else None;
    bound: of a language model, the loss of guessing without looking (set by who knows how often tokens occur)."""

    views: tuple[View, ...] = TWO
    sphere: bool = False
    supervised: bool = False
    packed: bool = True
    language: str | None = None
    bound: float | None = None

    def prepare(self, encoder: Encoder | TextEncoder) -> None:
        """Settle with the encoder before training: copy it (a teacher), ask it for its patches.

        Raises BadInput with one line where the two do not fit.
        """

    def forward(self, encoder: Encoder | TextEncoder, batch: Batch) -> Outcome:
        raise NotImplementedError

    def after_step(self, encoder: Encoder | TextEncoder, step: int, steps: int) -> None:
        """Follow the encoder after the optimiser's step `step` of `steps` (from 0): a moving average, a centre."""
