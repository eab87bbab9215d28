"""Which swings does a classifier rest on? Each channel's frequencies are taken away, an octave at a time.

A window's channel is taken apart by the discrete Fourier transform; the waves of one band are left out and the rest put
together again. What changes in the model's answer is owed to that band, as far as no other channel or band says the
same. Gaps are filled for the transform by the reading before them, and are gaps again when the model looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....attribution._answers import followed
from ....attribution._windows import logits
from ....data.dataset import Dataset
from ....engine.weights import Classifier
from ....finetune._window_statistics import carried
from ....modality.series.stored import Series
from ....statistics.unit_resampling import draws, interval, quotient, sums

ROWS = 200  # test windows that are asked about
OCTAVES = 5  # bands at most; the last one holds all slower waves


@dataclass(frozen=True)
class Band:
    """Waves whose period is more than `shortest` and at most `longest` steps; bins: places of the transform."""

    shortest: float
    longest: float
    bins: np.ndarray


def bands(length: int) -> list[Band]:
    """Octaves of the frequencies of a window, the fastest first; the mean is in none of them."""
    frequency = np.arange(length // 2 + 1) / length
    found, high = [], 0.5
    for octave in range(OCTAVES):
        low = 0.0 if octave == OCTAVES - 1 else high / 2
        inside = np.flatnonzero((frequency > low + 1e-9) & (frequency <= high + 1e-9))
        if len(inside):
            found.append(Band(float(1 / frequency[inside[-1]]), float(1 / frequency[inside[0]]), inside))
        high = low
    return found


@torch.no_grad()
def without(values: Tensor, channel: int, band: Band) -> Tensor:
    """The windows (n x C x L, NaN where missing) without one band of one channel."""
    whole = carried(values[:, channel : channel + 1])[:, 0]
    waves = torch.zeros_like(there := torch.fft.rfft(whole))
    bins = torch.from_numpy(band.bins).to(values.device)
    waves[:, bins] = there[:, bins]
    changed = values.clone()
    changed[:, channel] -= torch.fft.irfft(waves, n=values.shape[-1]).to(values.dtype)
    return changed


def asked(model: Classifier, dataset: Dataset, output: int, seed: int = 0) -> dict[str, Any]:
    """{channels, bands [{shortest, longest}], output, rows, units, effect [[{value, low, high}]] channels x bands}.

    effect: mean size of the change of the probability of class `output` (of a number, of the number) over test windows
    when a band is taken away, with its interval by resampling units.
    """
    series, device = Series(dataset.artefacts, dataset.manifest), next(model.parameters()).device
    rows = dataset.rows("test")
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, ROWS, replace=False))
    values = torch.from_numpy(series.cut(rows)).to(device)
    _, unit = np.unique(series.windows[rows, 2], return_inverse=True)
    drawn, there = draws(int(unit.max()) + 1, seed), bands(series.length)
    before = _answers(model, values, output)
    effect = []
    for channel in range(len(series.channels)):
        row = []
        for band in there:
            moved = np.abs(_answers(model, without(values, channel, band), output) - before)
            told = sums(unit, np.column_stack([moved, np.ones(len(moved))]), len(drawn[0]))
            row.append(interval(told, quotient(0, 1), drawn))
        effect.append(row)
    return {
        "channels": [one["name"] for one in series.channels],
        "bands": [{"shortest": band.shortest, "longest": band.longest} for band in there],
        "step": series.step,
        "unit": series.told["time"]["unit"],
        "output": output if dataset.classes else None,
        "rows": len(rows),
        "units": len(drawn[0]),
        "effect": effect,
    }


def _answers(model: Classifier, values: Tensor, output: int) -> np.ndarray:
    """float64 n: the probability of a class, or the number in its unit."""
    index = torch.full((len(values), 1), output, device=values.device)
    return followed(model, logits(model, values).double(), index).cpu().numpy()
