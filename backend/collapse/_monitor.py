"""The collapse monitor: streams each place's moments on the device and takes a reading every N steps.

A place is where embeddings are watched: "backbone", "projector". Between readings only sums are kept: the
mean and the mean of z z^T, averaged over the last few sampled steps with exponential weights, so that a
reading follows the training and yet rests on more rows than one batch has.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import torch
from torch import Tensor

from ..registry import names, plugin
from ._embeddings import Embeddings, moments, shares
from ._verdict import Reading, Verdict, judge

PLACE, VIEWS = "place", "views"  # what a metric is read of: every place, or the views at the judged place
SAMPLES = 3  # steps a reading whose moments are added
KEPT = 0.5  # weight that the older moments keep at each added step
SPECTRUM = 64


class Monitor:
    """`update` after every step, `read` every `every` steps. Judged by `_verdict.judge` on all readings so far.

    sphere: whether the loss compares directions; supervised: whether it reads labels (backend/pretext/_base.py).
    """

    def __init__(self, every: int, views: int, sphere: bool = True, supervised: bool = False):
        self.every, self.views, self.sphere, self.supervised = every, views, sphere, supervised
        self._stride = max(1, every // SAMPLES)
        self._mean: dict[str, Tensor] = {}
        self._second: dict[str, Tensor] = {}
        self._last: dict[str, Tensor] = {}
        self._history: list[Reading] = []
        self._verdict: Verdict | None = None
        found = [plugin("collapse", name) for name in names("collapse")]
        self._measures = {one.name: (one.call, one.params()) for one in found}
        self._of = {what: [one.name for one in found if one.says.get("of", PLACE) == what] for what in (PLACE, VIEWS)}

    def due(self, done: int) -> bool:
        """Whether a reading follows the step that makes `done` steps; the first step's is the baseline."""
        return done == 1 or done % self.every == 0

    @torch.no_grad()
    def update(self, done: int, places: dict[str, Tensor], views: int | None = None) -> None:
        """Note the embeddings of the step that makes `done` steps; places: {name: (views * B) x d}, of all the task's
        views unless their number is given."""
        self.views = views or self.views
        to_go = 0 if done == 1 else -done % self.every
        if to_go % self._stride:
            return
        for place, embeddings in places.items():
            z = embeddings.detach().float()
            mean, second = moments(z)
            if place in self._mean:
                mean, second = self._mean[place].lerp(mean, 1 - KEPT), self._second[place].lerp(second, 1 - KEPT)
            self._mean[place], self._second[place] = mean, second
            if to_go == 0:
                self._last[place] = z

    @torch.no_grad()
    def read(self, step: int, loss: float, bound: float | None) -> dict[str, Any]:
        """The body of the `collapse` event of docs/events.md, without the seed."""
        batches = {
            place: Embeddings(z, self.views, self._mean[place], self._second[place]) for place, z in self._last.items()
        }
        places = {place: self._place(batch) for place, batch in batches.items()}
        watched = batches.get("projector") or next(iter(batches.values()))
        self._history.append(Reading.of(step, loss, bound, self.sphere, places, self.supervised))
        self._verdict = judge(self._history, self._verdict)
        return {
            "step": step,
            "places": places,
            **{name: self._measure(name, watched) for name in self._of[VIEWS]},
            "loss": loss,
            "loss_bound": bound,
            "verdict": self._verdict.as_dict(),
        }

    def _place(self, batch: Embeddings) -> dict[str, Any]:
        spectrum = shares(batch.eigenvalues)
        return {
            **{name: self._measure(name, batch) for name in self._of[PLACE]},
            "spectrum": [] if spectrum is None else spectrum[:SPECTRUM].tolist(),
            "dim": batch.dim,
        }

    def _measure(self, name: str, batch: Embeddings) -> float | None:
        call, params = self._measures[name]
        value = call(batch, params)
        return value if isfinite(value) else None

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed monitor needs of the device."""
        return {
            **{f"monitor/mean/{place}": value for place, value in self._mean.items()},
            **{f"monitor/second/{place}": value for place, value in self._second.items()},
        }

    def state(self) -> dict[str, Any]:
        """The readings so far and the last verdict, as JSON."""
        verdict = self._verdict.as_dict() if self._verdict else None
        return {"readings": [reading.as_dict() for reading in self._history], "verdict": verdict}

    def load(self, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        for name, value in tensors.items():
            _, moment, place = name.split("/", 2)
            (self._mean if moment == "mean" else self._second)[place] = value.double()
        self._history = [Reading(**reading) for reading in state["readings"]]
        self._verdict = Verdict(**state["verdict"]) if state["verdict"] else None
