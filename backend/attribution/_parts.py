"""Examples as explanations see them: made of parts (pixels, words, points) that can be taken away one by one.

What tests an explanation asks nothing else of a modality. A method gives every part a score; here the parts are
ranked, taken away and put back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..registry import plugin
from ._answers import followed, target_of
from ._base import at_once, batches, explaining
from ._evaluate import FRACTIONS, judged, ranks, reinitialised

Scores = Sequence[np.ndarray]  # of each example the scores of its parts, in any shape


class Parts(ABC):
    """N examples. part: what a part is called, in the plural; noise: the name of the random control."""

    part: str = "parts"
    noise: str = "random_map"

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, rows: Any) -> Parts:
        """These examples, in their order."""

    @property
    @abstractmethod
    def device(self) -> torch.device: ...

    @property
    def input(self) -> Any:
        """What an attribution method of this modality takes."""
        return self

    @property
    @abstractmethod
    def counts(self) -> np.ndarray:
        """int64 N: how many parts each example has."""

    @abstractmethod
    def places(self, per_part: list[np.ndarray]) -> Tensor:
        """One number a part -> the number of the part at each place, int64 N x P on the device; -1 where no part is."""

    @abstractmethod
    def hidden(self, gone: Tensor) -> Iterator[tuple[slice, Any]]:
        """Batches (which examples, what the model takes of them) without the parts at the places `gone`, bool N x P."""

    def scores(self, found: Any) -> Scores:
        """Of what a method gave, the scores of the parts."""
        return found.maps.numpy()

    def renewed(self, model: nn.Module, seed: int) -> nn.Module:
        """The model with every parameter drawn anew."""
        return reinitialised(model, seed)


class Pictures(Parts):
    """Images, float32 N x C x H x W in [0, 1]; their parts are pixels, and a pixel that is taken away is black."""

    part = "pixels"

    def __init__(self, images: Tensor):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Any) -> Pictures:
        return Pictures(self.images[rows])

    @property
    def device(self) -> torch.device:
        return self.images.device

    @property
    def input(self) -> Tensor:
        return self.images

    @property
    def counts(self) -> np.ndarray:
        return np.full(len(self), self.images.shape[-2] * self.images.shape[-1])

    def places(self, per_part: list[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack(per_part)).to(self.device)

    def hidden(self, gone: Tensor) -> Iterator[tuple[slice, Tensor]]:
        keep = ~gone.view(len(self), 1, *self.images.shape[-2:])
        for part in batches(self.images, at_once(self.images)):
            yield part, self.images[part] * keep[part]


@torch.no_grad()
def curves(model: nn.Module, parts: Parts, target: Tensor, scores: Scores, seed: int = 0) -> dict[str, np.ndarray]:
    """Probability of the target while parts are taken away ("deletion") or put back ("insertion"); of a number how far
    it lies from what is said without any part, in units of the mean distance that taking all of them away makes.

    Petsiuk, Das & Saenko (2018), arXiv 1806.07421, with every part away at first in both. Parts go in the order of
    the signed scores, highest first, ties in random order. -> float64 N x len(FRACTIONS) each.
    """
    place = parts.places(ranks(scores, seed))
    counts, there, index = parts.counts, place >= 0, target.view(-1, 1)
    out = {"deletion": [], "insertion": []}
    with explaining(model):
        for fraction in FRACTIONS:
            last = torch.from_numpy(np.rint(fraction * counts).astype(np.int64)).to(parts.device)[:, None]
            first = there & (place < last)
            for name, gone in (("deletion", first), ("insertion", there & ~first)):
                found = [followed(model, model(examples), index[which]) for which, examples in parts.hidden(gone)]
                out[name].append(torch.cat(found).double().cpu().numpy())
    drawn = {name: np.stack(columns, axis=1) for name, columns in out.items()}
    return _as_distance(drawn) if target_of(model) == "number" else drawn


def _as_distance(drawn: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Curves of a number, which has no scale of its own."""
    bare, whole = drawn["deletion"][:, -1:], drawn["deletion"][:, :1]
    unit = float(np.abs(whole - bare).mean()) or 1.0
    return {name: (values - bare) / unit for name, values in drawn.items()}


def remake(name: str, model: nn.Module, parts: Parts, target: Tensor, seeds: list[int]) -> list[Scores]:
    """The method's scores of re-initialised models, one a seed.

    They are only ranked, so Integrated Gradients is not driven to completeness on models that nobody uses.
    """
    method = plugin("attribution", name)
    params = method.params()
    if "max_steps" in method.params.model_fields:
        params = params.model_copy(update={"max_steps": params.steps})
    return [parts.scores(method.call(parts.renewed(model, s), parts.input, target, params)) for s in seeds]


def evaluate(
    model: nn.Module,
    parts: Parts,
    target: Tensor,
    scores: dict[str, Scores],
    remade: dict[str, list[Scores]],
    seed: int = 0,
    tick: Callable[[str], None] = lambda name: None,
) -> dict[str, dict]:
    """All tests of all scores, the controls among them: the body of `attribution.controls` (docs/events.md).

    scores: {method or control: of each example the scores of its parts}; remade: {the same: [scores of each
    re-initialised model]}, of the first examples. `tick(name)` is called before each one's curves.
    """
    found = {}
    for name, own in scores.items():
        tick(name)
        found[name] = curves(model, parts, target, own, seed)
    moved = "the predicted number" if target_of(model) == "number" else "the class's probability"
    return judged(found, scores, remade, parts.noise, parts.part, moved)
