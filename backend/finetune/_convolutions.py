"""Features of random convolutions, of the kind of MiniRocket (Dempster, Schmidt & Webb 2021, arXiv 2012.08791).

A kernel has nine weights, three of them 2 and six -1: there are 84, and each is used at several dilations, which grow
exponentially up to the length of the series. A feature is the share of a convolution's outputs that lie above a bias.
Biases are quantiles of the convolution's output on a training series that is drawn, at places of a sequence of low
discrepancy. Every other pair of kernel and dilation pads the series with zeros. Of several channels each pair adds up
some that are drawn: their number is 2 to a power that is drawn evenly, at most nine.

Since a convolution of weights -1 and 2 is three times the sum of three shifted series less the sum of all nine, no
multiplication by weights is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

LENGTH, HALF = 9, 4
TRIPLES = tuple(combinations(range(LENGTH), 3))  # where a kernel's weight is 2
MOST_DILATIONS = 32  # of a kernel
MOST_CHANNELS = 9  # of a pair of kernel and dilation
TOGETHER = 2**20  # numbers that are worked on at once
GOLDEN = (np.sqrt(5) + 1) / 2


@dataclass(frozen=True)
class Pair:
    """A kernel at a dilation: its place among TRIPLES, the channels that it adds up, whether series are padded, and the
    biases of its features, float32."""

    kernel: int
    dilation: int
    channels: Tensor
    padded: bool
    biases: Tensor


def dilations(length: int, of_kernel: int) -> tuple[list[int], list[int]]:
    """(dilations, how many features of a kernel each has), of series of `length` steps and `of_kernel` features a
    kernel. Raises ValueError for a series that is shorter than a kernel."""
    if length < LENGTH:
        raise ValueError(f"random convolutions: expected windows of at least {LENGTH} steps, found {length}")
    tried = min(of_kernel, MOST_DILATIONS)
    powers = np.linspace(0, np.log2((length - 1) / (LENGTH - 1)), tried)
    found, counts = np.unique(np.floor(2**powers + 1e-9).astype(int), return_counts=True)
    shares = np.floor(counts * of_kernel / tried).astype(int)
    shares[np.arange(of_kernel - shares.sum()) % len(shares)] += 1
    return found.tolist(), shares.tolist()


def drawn(examples: Tensor, features: int, seed: int) -> list[Pair]:
    """The pairs whose features together are `features` at most, a multiple of 84.

    examples: float32 n x C x L without gaps, training windows that the biases come from.
    """
    rng = np.random.default_rng(seed)
    _, channels, length = examples.shape
    of_kernel = max(1, features // len(TRIPLES))
    made, place = [], 0
    for at, (dilation, count) in enumerate(zip(*dilations(length, of_kernel), strict=True)):
        for kernel in range(len(TRIPLES)):
            power = rng.uniform(0, np.log2(min(channels, MOST_CHANNELS) + 1))
            some = np.sort(rng.choice(channels, int(2**power), replace=False))
            pair = Pair(kernel, dilation, torch.from_numpy(some).to(examples.device), (at + kernel) % 2 == 0, None)
            one = int(rng.integers(len(examples)))
            output = _convolved(_shifted(examples[one : one + 1], dilation), pair).flatten()
            quantiles = (np.arange(place + 1, place + count + 1) * GOLDEN) % 1
            levels = torch.as_tensor(quantiles, dtype=output.dtype, device=output.device)
            made.append(Pair(pair.kernel, dilation, pair.channels, pair.padded, torch.quantile(output, levels)))
            place += count
    return made


@torch.no_grad()
def transform(x: Tensor, pairs: list[Pair]) -> Tensor:
    """float32 n x C x L without gaps -> float32 n x features, each a share from 0 to 1."""
    size = max(1, TOGETHER // (x.shape[1] * x.shape[2]))
    return torch.cat([_transformed(part, pairs) for part in x.split(size)])


def _transformed(x: Tensor, pairs: list[Pair]) -> Tensor:
    found, shifted = [], None
    for pair in pairs:
        if shifted is None or shifted.dilation != pair.dilation:
            shifted = _shifted(x, pair.dilation)
        output = _convolved(shifted, pair)
        found += [(output > bias).mean(-1, dtype=torch.float32) for bias in pair.biases]
    return torch.stack(found, dim=1)


@dataclass(frozen=True)
class _Shifted:
    """padded: n x C x (L + 8 d), zeros at both ends; together: n x C x L, the sum of the nine shifted series."""

    padded: Tensor
    together: Tensor
    dilation: int

    def at(self, place: int, channels: Tensor) -> Tensor:
        """The sum of some channels, shifted to one of the nine places."""
        start, length = place * self.dilation, self.together.shape[-1]
        return _added(self.padded[:, :, start : start + length], channels)


def _shifted(x: Tensor, dilation: int) -> _Shifted:
    padded = torch.nn.functional.pad(x, (HALF * dilation, HALF * dilation))
    length = x.shape[-1]
    together = sum(padded[:, :, place * dilation : place * dilation + length] for place in range(LENGTH))
    return _Shifted(padded, together, dilation)


def _convolved(shifted: _Shifted, pair: Pair) -> Tensor:
    """n x L, of a pair that does not pad n x (L - 8 d)."""
    three = sum(shifted.at(place, pair.channels) for place in TRIPLES[pair.kernel])
    output = 3 * three - _added(shifted.together, pair.channels)
    edge = 0 if pair.padded else HALF * pair.dilation
    return output[:, edge : output.shape[1] - edge]


def _added(x: Tensor, channels: Tensor) -> Tensor:
    return x[:, 0] if x.shape[1] == 1 else x[:, channels].sum(1)
