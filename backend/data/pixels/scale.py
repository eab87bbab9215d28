"""Numbers of any range to bytes: one scale for all splits, chosen from robust limits, and told.

Bytes stay as they are. Other numbers are read by the first convention that holds them: fractions of 1, -1 to 1, 0 to
255, or as many bits as they take (12 bits in a container of 16). Where none does, or where they would take no more than
DARK of the 255 steps (masks of 0 and 1), their own range becomes black and white. A convention holds numbers when only
FREAKS of them lie outside, or when they overshoot it as interpolation does (1.0000001; a bicubic resize reaches 1.03).
What lies outside the scale is cut to its ends, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from ...workspace.layout import BadInput

DARK = 32  # steps of 255: fewer would be one grey to the eye and to a network
FREAKS = 1e-4  # of the values that are not the ground: hot pixels, marks, rounding
OVER = 0.25  # of a range: how far interpolation may overshoot it
RINGING, GLARE = 0.05, 0.10  # of the values: how many may overshoot at the dark end, at the bright end
TAIL = 1e-3  # at each end, which does not stretch a range of its own by more than half its length
SAMPLE = 4_000_000  # values of one array that are looked at beyond its ends
BLOCK = 16_000_000  # values that are converted at a time
BYTES, FRACTIONS, SIGNED, OWN = "bytes", "fractions", "signed", "own"


@dataclass(frozen=True)
class Scale:
    """`low` becomes 0 and `high` 255; `kind`: bytes, fractions, signed, own, or the bits (9 to 16)."""

    low: float
    high: float
    kind: str

    @property
    def plain(self) -> bool:
        """Whether bytes stay as they are."""
        return self.low == 0 and self.high == 255

    def bytes(self, numbers: np.ndarray) -> tuple[np.ndarray, int]:
        """(uint8 of the same shape, how many values were cut to an end); monotone in the numbers."""
        if self.plain and numbers.dtype == np.uint8:
            return numbers, 0
        out, cut = np.empty(numbers.shape, dtype=np.uint8), 0
        for rows in _blocks(numbers):
            values = numbers[rows].astype(np.float64)
            cut += int(np.count_nonzero((values < self.low) | (values > self.high)))
            out[rows] = self._bytes(np.clip(values, self.low, self.high))
        return out, cut

    def _bytes(self, inside: np.ndarray) -> np.ndarray:
        low, high = self.low, self.high
        if math.isinf(high - low):  # the ends of float64
            inside, low, high = inside / 2, low / 2, high / 2
        return np.rint((inside - low) / (high - low) * 255)


@dataclass(frozen=True)
class Scaled:
    """What became of a source's numbers: `ends` are the darkest and the brightest of each image as the source has them
    (float64 N x 2); `cut` of all `values` lay outside the scale."""

    scale: Scale
    ends: np.ndarray
    cut: int = 0
    values: int = 0


@dataclass
class Seen:
    """What is known of numbers that were looked at in turn: their ends, and a sample that may be all of them."""

    low: float = math.inf
    high: float = -math.inf
    kinds: set[str] = field(default_factory=set)
    sample: list[np.ndarray] = field(default_factory=list)

    def add(self, numbers: np.ndarray, most: int = SAMPLE) -> None:
        """Looks at finite numbers of any shape."""
        if not numbers.size:
            return
        self.low, self.high = min(self.low, float(numbers.min())), max(self.high, float(numbers.max()))
        self.kinds.add(numbers.dtype.name)
        self.sample.append(_sampled(numbers, most))

    @property
    def whole(self) -> bool:
        """Whether all are whole numbers, whatever their type."""
        return all(s.dtype.kind in "iub" or bool((s == np.rint(s)).all()) for s in self.sample)

    @property
    def values(self) -> np.ndarray:
        """The sample, sorted, without the darkest value: that is the ground of masks and of sparse pictures."""
        sample = np.concatenate([s.ravel() for s in self.sample]).astype(np.float64)
        return np.sort(sample[sample > self.low])


def finite(numbers: np.ndarray, where: str) -> None:
    """Raises BadInput for numbers (N x ...) that are no pixels: NaN, infinity, text, complex ones."""
    if numbers.dtype.kind not in "iufb":
        raise BadInput(f"{where}: expected numbers, found {numbers.dtype}")
    if numbers.dtype.kind != "f":
        return
    bad = [
        at
        for rows in _blocks(numbers)
        for at in rows.start + np.flatnonzero(~_finite(numbers[rows]).reshape(rows.stop - rows.start, -1).all(axis=1))
    ]
    if bad:
        raise BadInput(f"{where}: expected finite pixels, found NaN or infinity in {len(bad):,} images, first {bad[0]}")


def decide(parts: Sequence[tuple[str, Seen]], where: str) -> Scale:
    """One scale for all parts, (a part's name, what was seen of it) each.

    Raises BadInput where the parts follow different conventions, so that no scale is right for both: fractions of 1
    in train and 0 to 255 in test.
    """
    seen = [s for _, s in parts if s.sample]
    together = Seen(
        min(s.low for s in seen), max(s.high for s in seen), set().union(*(s.kinds for s in seen)),
        [sample for s in seen for sample in s.sample],
    )  # fmt: skip
    for (first, one), (second, other) in combinations([(n, s) for n, s in parts if s.sample and s.low < s.high], 2):
        if _apart(one, other):
            raise BadInput(
                f"{where}: expected numbers of one scale in all splits, found {_ends(one)} in {first} and "
                f"{_ends(other)} in {second}; save them alike"
            )
    return _visible(together, _convention(together))


def arrays(parts: Sequence[tuple[str, np.ndarray]], where: str) -> tuple[list[np.ndarray], Scaled]:
    """(uint8 of each part, N x H x W x C, by one scale for all; what became of them). Raises BadInput as `decide`."""
    looked = []
    for name, numbers in parts:
        finite(numbers, f"{where}: {name}")
        looked.append((name, Seen()))
        looked[-1][1].add(numbers)
    scale = decide(looked, where)
    made = [scale.bytes(numbers) for _, numbers in parts]
    ends, values = np.concatenate([ends_of(n) for _, n in parts]), sum(n.size for _, n in parts)
    return [pixels for pixels, _ in made], Scaled(scale, ends, sum(cut for _, cut in made), values)


def ends_of(images: np.ndarray) -> np.ndarray:
    """float64 N x 2: the darkest and the brightest value of each image."""
    flat = images.reshape(len(images), -1)
    return np.column_stack([flat.min(axis=1), flat.max(axis=1)]).astype(np.float64)


def shown(value: float) -> str:
    """A pixel value as a person would write it."""
    plain = (float(value).is_integer() or abs(value) >= 1000) and abs(value) < 1e15
    return f"{round(value):,}" if plain else f"{value:.4g}"


def _apart(one: Seen, other: Seen) -> bool:
    """Whether two parts cannot be of one scale: fractions of 1 beside bytes, or 8 bits beside more."""
    small, large = sorted((_convention(one), _convention(other)), key=lambda scale: scale.high)
    masks = max(one.low, other.low) == 0 and min(one.high, other.high) == 1
    if (small.kind in (FRACTIONS, SIGNED) or masks) and large.high >= 255:
        return True
    return one.kinds.isdisjoint(other.kinds) and large.high >= 2 * small.high


def _convention(seen: Seen) -> Scale:
    """The convention that the numbers follow, whether or not they are dark in it."""
    if seen.kinds == {"bool"}:
        return Scale(0, 1, FRACTIONS)
    if seen.kinds == {"uint8"}:
        return Scale(0, 255, BYTES)
    values = seen.values
    if not len(values):  # one value everywhere
        return Scale(0, 1, FRACTIONS) if 0 <= seen.low <= 1 else Scale(min(seen.low, 0), max(seen.high, 255), OWN)
    low, high = _inner(values, seen)
    outer = seen.low >= 0 or _few(values, below=0)
    if seen.whole:
        if low >= 0 and outer:
            return _bits(max(high, 1)) or _own(values, seen)
        return Scale(-128, 127, SIGNED) if seen.kinds == {"int8"} else _own(values, seen)
    ringing = outer or (seen.low >= -OVER * high and np.mean(values < 0) <= RINGING)
    if ringing and high <= 1 + OVER and np.mean(values > 1) <= GLARE:
        return Scale(0, 1, FRACTIONS)
    if ringing and DARK <= high <= 255 * (1 + OVER) and np.mean(values > 255) <= GLARE:
        return Scale(0, 255, BYTES)
    if outer and high > 255:
        return _bits(math.ceil(high)) or _own(values, seen)
    if not ringing and low >= -1 - OVER and high <= 1 + OVER and np.mean(abs(values) > 1) <= GLARE:
        return Scale(-1, 1, SIGNED)
    return _own(values, seen)


def _visible(seen: Seen, scale: Scale) -> Scale:
    """The scale, or the numbers' own range where they would take no more than DARK of its 255 steps."""
    if seen.low == seen.high or scale.kind == OWN:
        return scale
    low, high = (0, seen.high) if seen.kinds == {"uint8"} else _inner(seen.values, seen)
    if (high - low) * 255 >= DARK * (scale.high - scale.low):
        return scale
    if seen.whole and seen.low >= 0 and seen.high < DARK:  # the classes of a mask: none is a freak
        return Scale(0, seen.high, FRACTIONS if seen.high == 1 else OWN)
    return _own(seen.values, seen)


def _inner(values: np.ndarray, seen: Seen) -> tuple[float, float]:
    """The ends without FREAKS; of few values only those that stand alone far out are called so."""
    if not len(values):
        return seen.low, seen.high
    freaks = max(int(FREAKS * len(values)), 1 if len(values) >= 100 else 0)
    return float(values[min(freaks, len(values) - 1)]) if seen.low < 0 else seen.low, float(values[-1 - freaks])


def _few(values: np.ndarray, below: float) -> bool:
    return int((values < below).sum()) <= max(1, int(FREAKS * len(values))) < len(values)


def _bits(high: float) -> Scale | None:
    """0 to 255 or the bits that hold `high`; None beyond 16."""
    bits = int(high).bit_length()
    if bits > 16:
        return None
    return Scale(0, 255, BYTES) if bits <= 8 else Scale(0, 2**bits - 1, str(bits))


def _own(values: np.ndarray, seen: Seen) -> Scale:
    """The numbers' own range, from 0 where that is near; lone values far outside the others do not stretch it."""
    if not len(values):
        return Scale(min(seen.low, 0), max(seen.high, 1), OWN)
    tail = int(TAIL * (len(values) - 1))
    low, high = float(values[tail]), float(values[-1 - tail])
    with np.errstate(over="ignore"):
        if low / 2 - seen.low / 2 <= high / 2 - low / 2:  # else the darkest is a mark far below the others (-9999)
            low = seen.low
        slack = high / 2 - low / 2
        within = values[(values >= low - slack) & (values <= high + slack)]
    low, high = min(low, float(within[0])), float(within[-1])
    if 0 <= low < high / 2:
        low = 0.0
    return Scale(low, high, OWN) if low < high else Scale(seen.low, seen.high, OWN)


def _ends(seen: Seen) -> str:
    return f"{shown(seen.low)} to {shown(seen.high)}"


def _sampled(numbers: np.ndarray, most: int) -> np.ndarray:
    """At most about `most` of the values, evenly from all of the array, not the same column in every row."""
    flat = numbers.reshape(-1)
    step = -(-flat.size // most)
    row = numbers.shape[-1] * (numbers.shape[-2] if numbers.ndim > 1 else 1)
    while step > 1 and math.gcd(step, row) > 1:
        step += 1
    return flat[::step].copy() if step > 1 else flat.copy()


def _finite(numbers: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.isfinite(numbers.astype(np.float64))


def _blocks(numbers: np.ndarray) -> Iterator[slice]:
    """Slices of the first axis of about BLOCK values."""
    each = max(1, BLOCK // max(1, numbers[:1].size))
    for start in range(0, len(numbers), each):
        yield slice(start, min(len(numbers), start + each))
