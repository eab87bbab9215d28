"""TorchDR's UMAP on the workbench's terms: neighbours that are known already, and steps that are told.

It offers no public place for either (0.5), so two of its methods are overridden; the tests hold them to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torchdr import UMAP, UMAPAffinity

from ._base import Neighbours, Report

REPORTED = 10  # steps between two calls of progress


@contextmanager
def repeatable(seed: int, device: str) -> Iterator[None]:
    """The same random numbers each time, and on the CPU one thread: pieces of work of other lengths round otherwise,
    and a layout multiplies every last bit. The process's own state is as before when it ends."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[0] if device == "cuda" else []):
        torch.manual_seed(seed)
        torch.set_num_threads(1 if device == "cpu" else threads)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


class Known(UMAPAffinity):
    """UMAP's graph of the workbench's neighbours, by cosine distance."""

    def __init__(self, neighbours: Neighbours, **told):
        super().__init__(**told)
        self._neighbours = neighbours

    def _distance_matrix(self, X, k=None, return_indices=False):
        index = torch.from_numpy(self._neighbours.index[:, :k]).to(X.device, torch.int64)
        cosine = torch.from_numpy(self._neighbours.cosine[:, :k]).to(X.device)
        return (1 - cosine).clamp(min=0), index


class Told(UMAP):
    """UMAP that calls `progress` every few steps; what that raises ends it."""

    def __init__(self, progress: Report, **told):
        super().__init__(**told)
        self._progress = progress

    def on_training_step_end(self):
        done = int(self.n_iter_) + 1
        if done % REPORTED == 0 or done == self.max_iter:
            self._progress(done, self.max_iter, f"epoch {done} of {self.max_iter}")
        return super().on_training_step_end()
